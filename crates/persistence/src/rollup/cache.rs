//! The rollups in memory: read again, hamlet by hamlet, when their versions say so.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwap;
use futures_util::TryStreamExt as _;
use registry_domain::rollup::{Measures, RollupCube};
use registry_domain::tally::{Tallies, Tally};
use registry_domain::time::YearMonth;
use registry_domain::unit::UnitId;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, StreamTrait};
use tokio::sync::Mutex;

use super::measures;
use crate::StoreError;
use crate::entity::rollup::{Column, Entity, version};
use crate::entity::tally;

/// The rollups in memory, and which state of the database they show.
#[derive(Debug, Default)]
pub(crate) struct RollupCache {
    shown: ArcSwap<Shown>,
    /// Held while reading again, so that many requests don't read the same.
    versions: Mutex<HashMap<i32, i64>>,
}

#[derive(Debug, Default)]
struct Shown {
    /// The sum of all hamlets' versions. Every committed change counts one up, so an equal sum
    /// means an equal state, whichever process wrote.
    versions: i64,
    cube: Arc<RollupCube>,
}

impl RollupCache {
    /// The figures of the `newest` state, or of one still newer; reads the rows of hamlets that changed.
    pub(crate) async fn at(
        &self,
        newest: i64,
        connection: &(impl ConnectionTrait + StreamTrait),
    ) -> Result<Arc<RollupCube>, StoreError> {
        let shown = self.shown.load();
        if shown.versions == newest {
            return Ok(Arc::clone(&shown.cube));
        }
        let mut known = self.versions.lock().await;
        let shown = self.shown.load_full();
        if shown.versions >= newest {
            return Ok(Arc::clone(&shown.cube));
        }
        let versions = version::Entity::find().all(connection).await?;
        let changed: Vec<i32> = versions
            .iter()
            .filter(|row| known.get(&row.hamlet_id) != Some(&row.version))
            .map(|row| row.hamlet_id)
            .collect();
        let mut cube = RollupCube::clone(&shown.cube);
        for (hamlet, changes) in changes_of(connection, changed).await? {
            cube.replace(UnitId::new(hamlet), changes.measures, changes.tallies);
        }
        // Rows may be newer than the versions read before them; then the next reader reads them again.
        let sum = versions.iter().map(|row| row.version).sum();
        *known = versions.into_iter().map(|row| (row.hamlet_id, row.version)).collect();
        let cube = Arc::new(cube);
        self.shown.store(Arc::new(Shown { versions: sum, cube: Arc::clone(&cube) }));
        Ok(cube)
    }
}

/// The monthly changes of one hamlet, in order of month.
#[derive(Default)]
struct HamletChanges {
    measures: Vec<(YearMonth, Measures)>,
    tallies: BTreeMap<YearMonth, Tallies>,
}

async fn changes_of(
    connection: &(impl ConnectionTrait + StreamTrait),
    hamlets: Vec<i32>,
) -> Result<HashMap<i32, HamletChanges>, StoreError> {
    let mut found: HashMap<i32, HamletChanges> = HashMap::new();
    // One by one: all rows at once would take many times what is made of them.
    let mut rows = Entity::find()
        .filter(Column::HamletId.is_in(hamlets.iter().copied()))
        .order_by_asc(Column::Month)
        .stream(connection)
        .await?;
    while let Some(row) = rows.try_next().await? {
        let changes = found.entry(row.hamlet_id).or_default();
        changes.measures.push((YearMonth::from_index(row.month), measures(&row)));
    }
    // The stream holds a connection, of which there may be no other.
    drop(rows);
    let tallies = tally::Entity::find().filter(tally::Column::HamletId.is_in(hamlets));
    let mut tallies = tallies.stream(connection).await?;
    while let Some(row) = tallies.try_next().await? {
        let tally = Tally::from_code(&row.tally);
        let tally = tally.ok_or_else(|| StoreError::damaged(format!("tally {}", row.tally)))?;
        let changes = found.entry(row.hamlet_id).or_default();
        changes.tallies.entry(YearMonth::from_index(row.month)).or_default().add(tally, row.change);
    }
    Ok(found)
}
