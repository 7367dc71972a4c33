//! The reading door: one reader per request. What can be read stands in the file of its noun.

use std::sync::Arc;

use arc_swap::ArcSwap;
use registry_domain::access::{Principal, Purpose, Scope};
use registry_domain::indicator::{PublishedFigure, Target};
use registry_domain::time::Date;
use registry_domain::unit::Units;

use crate::StoreError;
use crate::engine::Counted;
use crate::personal::Sealer;
use crate::store::Inner;

/// What comes with reading.
#[derive(Debug, Clone, Default)]
pub struct ReadRequest {
    /// Why personal data is read in clear; without it there is none.
    pub purpose: Option<Purpose>,
    /// The request that it came by.
    pub request_id: Option<String>,
}

/// Reads on behalf of one principal, on connections that the engine itself holds read-only.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(crate) connection: Counted,
    pub(crate) store: Arc<Inner>,
    pub(crate) request: ReadRequest,
    /// One state of them for all that a request reads.
    units: Arc<ArcSwap<Units>>,
    principal: Principal,
}

impl Reader {
    pub(crate) fn new(store: Arc<Inner>, principal: Principal, request: ReadRequest) -> Self {
        let connection = store.connections.counted(&principal);
        let units = Arc::new(ArcSwap::new(store.units.load()));
        Self { connection, store, request, units, principal }
    }

    /// On whose behalf.
    #[must_use]
    pub const fn principal(&self) -> &Principal {
        &self.principal
    }

    /// How many SQL statements this reader and its clones have sent.
    #[must_use]
    pub fn statements(&self) -> u32 {
        self.connection.statements()
    }

    /// All units of all times; in memory.
    #[must_use]
    pub fn units(&self) -> Arc<Units> {
        self.units.load_full()
    }

    /// Takes the units as they are now: the request itself has reorganised them.
    pub fn see_units_anew(&self) {
        self.units.store(self.store.units.load());
    }

    /// The present day in the province.
    #[must_use]
    pub fn today(&self) -> Date {
        self.store.clock.today()
    }

    /// All figures that were stated in public; in memory.
    #[must_use]
    pub fn published_figures(&self) -> &[PublishedFigure] {
        &self.store.published
    }

    /// What plans want; in memory.
    #[must_use]
    pub fn targets(&self) -> &[Target] {
        &self.store.targets
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.store.sealer
    }

    pub(crate) fn require(&self, scope: Scope) -> Result<(), StoreError> {
        Ok(self.principal.require(scope)?)
    }
}
