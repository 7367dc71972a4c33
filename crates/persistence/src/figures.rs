//! All figures as of one moment: what they show is told by versions, read in one small statement.

use std::sync::Arc;

use registry_domain::access::Scope;
use registry_domain::rollup::RollupCube;
use registry_domain::time::Instant;
use sea_orm::{ConnectionTrait, Statement, StreamTrait};

use crate::certificate::LedgerSnapshot;
use crate::store::Inner;
use crate::{Reader, StoreError};

/// All figures, in memory.
#[derive(Debug, Clone)]
pub struct Figures {
    /// What is counted in households, by hamlet and month.
    pub rollups: Arc<RollupCube>,
    /// The certificate reports that count.
    pub ledger: Arc<LedgerSnapshot>,
}

/// Count up with every committed change of a figure, whichever process wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Versions {
    pub(crate) rollups: i64,
    pub(crate) ledger: i64,
}

impl Versions {
    pub(crate) async fn read(connection: &impl ConnectionTrait) -> Result<Self, StoreError> {
        // PostgreSQL sums 64-bit integers into a decimal.
        let sql = "SELECT \
            (SELECT CAST(COALESCE(SUM(version), 0) AS BIGINT) FROM rollup_version) AS rollups, \
            (SELECT CAST(COALESCE(SUM(version), 0) AS BIGINT) FROM certificate_version) AS ledger";
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let row = connection.query_one_raw(statement).await?;
        let row = row.ok_or_else(|| StoreError::damaged("versions of figures"))?;
        Ok(Self { rollups: row.try_get("", "rollups")?, ledger: row.try_get("", "ledger")? })
    }
}

impl Inner {
    /// The figures as committed now.
    pub(crate) async fn figures(
        &self,
        connection: &(impl ConnectionTrait + StreamTrait),
    ) -> Result<Figures, StoreError> {
        let Versions { rollups, ledger } = Versions::read(connection).await?;
        Ok(Figures {
            rollups: self.rollups.at(rollups, connection).await?,
            ledger: self.ledger.at(ledger, connection).await?,
        })
    }
}

impl Reader {
    /// The figures of all units and months, as committed now; open to everyone. One small
    /// statement, and the rows of what changed if anything did.
    pub async fn figures(&self) -> Result<Figures, StoreError> {
        self.store.figures(&self.connection).await
    }

    /// What was counted in hamlets, as it was known at a past moment. Needs `registry:read`: from moment to
    /// moment figures differ by single households. Recomputed from the records for all who ask and
    /// then kept for a while; the statements of that are not the reader's.
    pub async fn rollups_at(&self, moment: Instant) -> Result<Arc<RollupCube>, StoreError> {
        self.require(Scope::RegistryRead)?;
        self.store.past_rollups(moment).await
    }
}
