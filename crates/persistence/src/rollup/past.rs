//! The figures as they were known at past moments, recomputed from the records and kept for the moments
//! asked about last.

use std::sync::Arc;

use quick_cache::sync::Cache;
use registry_domain::rollup::RollupCube;
use registry_domain::time::Instant;
use registry_domain::unit::Units;
use tokio::sync::Mutex;

use super::check::{recomputed, tallies};
use crate::StoreError;
use crate::engine::snapshot;
use crate::figures::Versions;
use crate::store::Inner;

/// How many moments are kept: some megabytes each.
const MOMENTS: usize = 8;

/// How long, in minutes, what was recorded at a moment may still be on its way into the database: a write
/// bears the moment it began at and is seen once it is committed.
const SETTLED_MINUTES: i64 = 10;

/// The figures of the moments asked about last.
pub(crate) struct PastRollups {
    known: Cache<Instant, Known>,
    /// Held while recomputing: one moment at a time, and none twice.
    computing: Mutex<()>,
}

/// What was found out about a moment.
#[derive(Clone)]
struct Known {
    cube: Arc<RollupCube>,
    /// Hamlets are counted in communes as they are known now.
    units: Arc<Units>,
    /// The state of the database that it follows from, if more about the moment may yet come.
    unsettled: Option<i64>,
}

impl Default for PastRollups {
    fn default() -> Self {
        Self { known: Cache::new(MOMENTS), computing: Mutex::default() }
    }
}

impl Inner {
    /// What was known of all hamlets and months at a past moment.
    pub(crate) async fn past_rollups(
        &self,
        moment: Instant,
    ) -> Result<Arc<RollupCube>, StoreError> {
        if let Some(known) = self.known_rollups(moment).await? {
            return Ok(known);
        }
        let _computing = self.past.computing.lock().await;
        if let Some(known) = self.known_rollups(moment).await? {
            return Ok(known);
        }
        let units = self.units.load();
        // Read before the records: what is written in between makes it be recomputed.
        let version = Versions::read(&self.connections.readers).await?.rollups;
        let age = self.clock.now() - moment;
        let unsettled = (age.num_minutes() < SETTLED_MINUTES).then_some(version);
        let snapshot = snapshot(&self.connections.readers).await?;
        let changes = recomputed(&snapshot, Some(moment)).await?;
        let tallies = tallies(&snapshot, Some(moment)).await?;
        snapshot.rollback().await?;
        let cube = Arc::new(RollupCube::of(&changes, &tallies));
        self.past.known.insert(moment, Known { cube: Arc::clone(&cube), units, unsettled });
        Ok(cube)
    }

    async fn known_rollups(&self, moment: Instant) -> Result<Option<Arc<RollupCube>>, StoreError> {
        let Some(known) = self.past.known.get(&moment) else { return Ok(None) };
        let is_current = match known.unsettled {
            _ if !Arc::ptr_eq(&known.units, &self.units.load()) => false,
            None => true,
            Some(version) => version == Versions::read(&self.connections.readers).await?.rollups,
        };
        Ok(is_current.then_some(known.cube))
    }
}
