//! The store: what both doors share, and opening it.

use std::fmt;
use std::sync::{Arc, OnceLock};

use registry_domain::access::Principal;
use registry_domain::indicator::{PublishedFigure, Target};
use registry_domain::time::{Clock, Date, Instant};
use registry_domain::unit::Units;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, PaginatorTrait};
use tokio::task::AbortHandle;

use crate::audit::{self, Sequencing};
use crate::certificate::LedgerCache;
use crate::changes::Changes;
use crate::commerce::MarketplaceCache;
use crate::engine::{Connections, Purpose, connect};
use crate::entity::household;
use crate::entity::record::data_key;
use crate::household::Together;
use crate::personal::Sealer;
use crate::rollup::{self, PastRollups, RollupCache};
use crate::standing::StandingCache;
use crate::unit::UnitCache;
use crate::{
    DataKey, ReadRequest, Reader, RollupDifference, StoreConfig, StoreError, engine, migrate, unit,
};

/// An open database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) connections: Connections,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sealer: Sealer,
    pub(crate) units: UnitCache,
    pub(crate) together: Together,
    pub(crate) published: Vec<PublishedFigure>,
    pub(crate) targets: Vec<Target>,
    pub(crate) rollups: RollupCache,
    pub(crate) past: PastRollups,
    pub(crate) ledger: LedgerCache,
    pub(crate) marketplaces: MarketplaceCache,
    pub(crate) standing: StandingCache,
    pub(crate) changes: Changes,
    pub(crate) sequencing: Sequencing,
    /// Looks for reorganisations until the store is closed.
    looking: OnceLock<AbortHandle>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").field("connections", &self.connections).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens a database whose migrations are all applied, with the data key it was made with.
    pub async fn open(
        config: &StoreConfig,
        key: DataKey,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        if audit::IS_LEFT_OUT {
            tracing::warn!("this build keeps no audit log; it is for measuring alone");
        }
        // The writer comes first: a read-only connection can't set up SQLite's journal.
        let opening = connect(config, Purpose::Write).await?;
        migrate::require_current(&opening).await?;
        let sealer = Sealer::new(&key)?;
        claim_data_key(&opening, &sealer, clock.as_ref()).await?;
        audit::begin(&opening, &sealer, clock.as_ref()).await?;
        let units = UnitCache::open(&opening).await?;
        let connections = Connections::open(config).await?;
        migrate::close(opening).await;
        let inner = Inner {
            published: unit::load_published(&connections.readers).await?,
            targets: unit::load_targets(&connections.readers).await?,
            connections,
            clock,
            sealer,
            units,
            together: Together::default(),
            rollups: RollupCache::default(),
            past: PastRollups::default(),
            ledger: LedgerCache::default(),
            marketplaces: MarketplaceCache::default(),
            standing: StandingCache::default(),
            changes: Changes::default(),
            sequencing: Sequencing::default(),
            looking: OnceLock::new(),
        };
        let store = Self { inner: Arc::new(inner) };
        store.inner.figures(&store.inner.connections.readers).await?;
        let looking = tokio::spawn(unit::keep_current(Arc::downgrade(&store.inner)));
        store.inner.looking.get_or_init(|| looking.abort_handle());
        Ok(store)
    }

    /// The reading door.
    #[must_use]
    pub fn read(&self, principal: &Principal, request: ReadRequest) -> Reader {
        Reader::new(Arc::clone(&self.inner), principal.clone(), request)
    }

    /// All units of all times; in memory.
    #[must_use]
    pub fn units(&self) -> Arc<Units> {
        self.inner.units.load()
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.inner.clock.now()
    }

    /// The present day in the province.
    #[must_use]
    pub fn today(&self) -> Date {
        self.inner.clock.today()
    }

    /// Whether the database answers and has the tables of this version.
    pub async fn is_ready(&self) -> Result<(), StoreError> {
        migrate::require_current(&self.inner.connections.readers).await
    }

    /// How many households are recorded.
    pub async fn household_count(&self) -> Result<u64, StoreError> {
        Ok(household::Entity::find().count(&self.inner.connections.readers).await?)
    }

    /// Makes the numbers that no record got free again: what goes on with a history whose records
    /// know each other's codes needs them without a gap. Nobody may be writing without a retry's key.
    pub async fn take_back_numbers(&self) -> Result<(), StoreError> {
        engine::take_back_numbers(&self.inner.connections.writers).await
    }

    /// Readies the database for reading, after much was written at once.
    pub async fn settle(&self) -> Result<(), StoreError> {
        engine::settle(&self.inner.connections.writers).await
    }

    /// Recomputes all rollups from the records and tells where the kept ones differ.
    pub async fn check_rollups(&self) -> Result<Vec<RollupDifference>, StoreError> {
        rollup::check(&self.inner).await
    }

    /// Gives this process's last events their places and closes all connections; running statements
    /// end first.
    pub async fn close(&self) {
        self.inner.sequencing.stop();
        if let Err(error) = self.inner.sequence_all().await {
            tracing::warn!(code = error.code(), "the last events wait for their places");
        }
        if let Some(looking) = self.inner.looking.get() {
            looking.abort();
        }
        self.inner.connections.close().await;
    }
}

impl Inner {
    /// After an erasure, which stands whether or not a reader still needs the old pages: the next
    /// one, or the end of the process, empties the journal then.
    pub(crate) async fn forget_journal(&self) {
        match engine::forget_journal(&self.connections.writers).await {
            Ok(true) => {}
            Ok(false) => tracing::warn!("a reader keeps the journal from being emptied"),
            Err(error) => tracing::warn!(code = error.code(), "the journal can't be emptied"),
        }
    }
}

/// Notes the key's id in a new database; refuses another key later.
async fn claim_data_key(
    connection: &impl ConnectionTrait,
    sealer: &Sealer,
    clock: &dyn Clock,
) -> Result<(), StoreError> {
    match data_key::Entity::find().one(connection).await? {
        Some(known) if known.key_id == sealer.key_id() => Ok(()),
        Some(known) => Err(StoreError::WrongDataKey { expected: known.key_id }),
        None => {
            let claim = data_key::ActiveModel {
                key_id: Set(sealer.key_id()),
                recorded_at: Set(clock.now()),
            };
            data_key::Entity::insert(claim).exec_without_returning(connection).await?;
            Ok(())
        }
    }
}
