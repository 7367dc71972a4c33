//! What counts, kept in memory for reading: all lines in force, seen on any boundaries.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use futures_util::TryStreamExt as _;
use registry_domain::access::PartnerCode;
use registry_domain::certificate::{Ledger, LedgerView, ReportState, Statement, Sum, SumQuery};
use registry_domain::time::{Date, Instant, YearMonth};
use registry_domain::unit::Units;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
    RelationDef, Select, StreamTrait,
};
use tokio::sync::Mutex as AsyncMutex;

use super::line;
use crate::entity::certificate_report::{self as report, closing, line as lines};
use crate::figures::Versions;
use crate::moment::standing;
use crate::{Reader, StoreError};

/// A ledger, and its views on the boundaries that were asked for.
pub struct LedgerSnapshot {
    ledger: Ledger,
    views: Mutex<HashMap<Date, Arc<LedgerView>>>,
}

impl fmt::Debug for LedgerSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LedgerSnapshot").finish_non_exhaustive()
    }
}

impl LedgerSnapshot {
    fn new(ledger: Ledger) -> Self {
        Self { ledger, views: Mutex::default() }
    }

    /// The reports in force.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What counts on the boundaries of `on`; made once for each span of unchanged boundaries.
    #[must_use]
    pub fn view(&self, units: &Units, on: Date) -> Arc<LedgerView> {
        let mut views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || Arc::new(LedgerView::new(&self.ledger, units, on));
        Arc::clone(views.entry(units.span(on)).or_insert_with(made))
    }
}

/// The ledger in memory, and which state of the database it shows.
pub(crate) struct LedgerCache {
    shown: ArcSwap<(i64, Arc<LedgerSnapshot>)>,
    /// Held while reading again, so that many requests don't read the same.
    reading: AsyncMutex<()>,
}

impl Default for LedgerCache {
    fn default() -> Self {
        let nothing = Arc::new(LedgerSnapshot::new(Ledger::default()));
        Self { shown: ArcSwap::from_pointee((0, nothing)), reading: AsyncMutex::default() }
    }
}

impl LedgerCache {
    /// What counts in the `newest` state, or in one still newer; reads all lines if anything changed.
    pub(crate) async fn at(
        &self,
        newest: i64,
        connection: &(impl ConnectionTrait + StreamTrait),
    ) -> Result<Arc<LedgerSnapshot>, StoreError> {
        if let Some(known) = self.known(newest) {
            return Ok(known);
        }
        let _reading = self.reading.lock().await;
        if let Some(known) = self.known(newest) {
            return Ok(known);
        }
        // Read before the lines: what is written in between is read again by the next reader.
        let version = Versions::read(connection).await?.ledger;
        let snapshot = Arc::new(LedgerSnapshot::new(read(connection, None).await?));
        self.shown.store(Arc::new((version, Arc::clone(&snapshot))));
        Ok(snapshot)
    }

    /// What is known counts no more.
    pub(crate) fn forget(&self) {
        let nothing = Arc::new(LedgerSnapshot::new(Ledger::default()));
        self.shown.store(Arc::new((0, nothing)));
    }

    fn known(&self, newest: i64) -> Option<Arc<LedgerSnapshot>> {
        let shown = self.shown.load();
        (shown.0 >= newest).then(|| Arc::clone(&shown.1))
    }
}

/// What counts now, or counted at a past moment.
async fn read(
    connection: &(impl ConnectionTrait + StreamTrait),
    as_of: Option<Instant>,
) -> Result<Ledger, StoreError> {
    let mut select = lines::Entity::find()
        .join(JoinType::InnerJoin, reports())
        .order_by_asc(lines::Column::Partner)
        .order_by_asc(lines::Column::Month)
        .order_by_asc(lines::Column::Revision)
        .order_by_asc(lines::Column::UnitId);
    let mut closings = closing::Entity::find();
    match as_of {
        None => {
            select = select.filter(report::Column::State.eq(ReportState::Accepted.code()));
            closings = closings.filter(closing::Column::ReopenedAt.is_null());
        }
        Some(moment) => {
            use {closing::Column as Closing, report::Column as Report};
            select = select.filter(standing(Report::AcceptedAt, Report::EndedAt, Some(moment)));
            closings =
                closings.filter(standing(Closing::ClosedAt, Closing::ReopenedAt, Some(moment)));
        }
    }
    let closed: HashSet<YearMonth> = closings
        .all(connection)
        .await?
        .into_iter()
        .map(|row| YearMonth::from_index(row.month))
        .collect();
    Ok(Ledger { statements: statements(connection, select).await?, closed })
}

/// The report that a line belongs to.
fn reports() -> RelationDef {
    lines::Entity::belongs_to(report::Entity)
        .from((lines::Column::Partner, lines::Column::Month, lines::Column::Revision))
        .to((report::Column::Partner, report::Column::Month, report::Column::Revision))
        .into()
}

async fn statements(
    connection: &(impl ConnectionTrait + StreamTrait),
    select: Select<lines::Entity>,
) -> Result<Vec<Statement>, StoreError> {
    let mut found: Vec<Statement> = Vec::new();
    // One by one: all rows at once would take many times what is made of them.
    let mut rows = select.stream(connection).await?;
    while let Some(row) = rows.try_next().await? {
        let period = YearMonth::from_index(row.month);
        let continues = found
            .last()
            .is_some_and(|last| last.partner.as_str() == row.partner && last.period == period);
        if !continues {
            let partner: Result<PartnerCode, _> = row.partner.parse();
            let partner = partner.map_err(|_| StoreError::damaged("the partner of a line"))?;
            found.push(Statement { partner, period, lines: Vec::new() });
        }
        if let Some(statement) = found.last_mut() {
            statement.lines.push(line(&row)?);
        }
    }
    Ok(found)
}

/// Sums of certificates, and the date on whose boundaries they stand.
#[derive(Debug, Clone)]
pub struct CertificateSums<'asked> {
    /// What is to be added up; of a partner's token, only its own counts.
    pub query: SumQuery<'asked>,
    /// On whose boundaries.
    pub on: Date,
}

impl Reader {
    /// What counted at a past moment, read from the records.
    pub async fn ledger_at(&self, moment: Instant) -> Result<Arc<LedgerSnapshot>, StoreError> {
        self.only_partner()?;
        Ok(Arc::new(LedgerSnapshot::new(read(&self.connection, Some(moment)).await?)))
    }

    /// Adds up what a ledger counts. Needs `registry:read`, or a partner's token for its own.
    pub fn certificate_sums(
        &self,
        ledger: &LedgerSnapshot,
        asked: &CertificateSums<'_>,
    ) -> Result<Vec<Sum>, StoreError> {
        let only = self.only_partner()?;
        let mut query = asked.query.clone();
        if let Some(only) = only {
            if query.partner.is_some_and(|asked| asked != only) {
                return Ok(Vec::new());
            }
            query.partner = Some(only);
        }
        let units = self.units();
        Ok(ledger.view(&units, asked.on).sums(&units, asked.on, &query))
    }
}
