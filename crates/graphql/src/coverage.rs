//! Mobile coverage: the records, what they say of a unit, recording and ending.

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use registry_domain::access::Scope;
use registry_domain::coverage::{self as domain, CoverageKey};
use registry_domain::fault::{Faults, Path, Rule};
use registry_domain::text::Label;
use registry_domain::time;
use registry_persistence::{self as store, EndCoverage, RecordCoverage, Row};

use crate::access::{AccessScope, list_size, needs, open};
use crate::at_once::AtOnce;
use crate::connectivity::MobileGeneration;
use crate::cursor::List;
use crate::error::ApiError;
use crate::fault::UserError;
use crate::in_order::One;
use crate::loader::{ReachedKey, answered};
use crate::mutation::{Attempt, is_shown, rows, write};
use crate::page::{Connection, PageArguments, connection};
use crate::scalar::{Date, DateTime};
use crate::session::Session;
use crate::unit::{AdministrativeUnit, UnitRef};

/// Who runs a mobile network (nhà mạng di động).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::MobileOperator")]
pub(crate) enum MobileOperator {
    /// Viettel.
    Viettel,
    /// `VinaPhone`.
    #[graphql(name = "VINAPHONE")]
    VinaPhone,
    /// MobiFone.
    #[graphql(name = "MOBIFONE")]
    MobiFone,
    /// Vietnamobile.
    Vietnamobile,
    /// Gmobile.
    Gmobile,
}

#[derive(Debug, Clone)]
pub(crate) struct CoverageRecord(domain::Coverage);

impl AtOnce for CoverageRecord {}

/// That a mobile network reaches a commune over a time (bản ghi phủ sóng di động).
#[Object(directive = needs::apply(vec![AccessScope::RegistryRead]))]
impl CoverageRecord {
    /// The commune as it was on the first day (xã, phường, thị trấn).
    async fn commune(&self) -> One<AdministrativeUnit> {
        One(AdministrativeUnit { id: self.0.key.commune, on: self.0.key.from, as_of: None })
    }

    /// Who runs the network (nhà mạng).
    async fn operator(&self) -> MobileOperator {
        self.0.key.network.operator.into()
    }

    /// Its generation (thế hệ mạng).
    async fn generation(&self) -> MobileGeneration {
        self.0.key.network.generation.into()
    }

    /// The first day (từ ngày).
    async fn from(&self) -> Date {
        Date(self.0.key.from)
    }

    /// The day after the last (đến trước ngày); null while it goes on.
    async fn until(&self) -> Option<Date> {
        self.0.until.map(Date)
    }

    /// Why it ended (lý do kết thúc); null while it goes on, and where the end was recorded at once.
    async fn end_reason(&self) -> Option<&str> {
        self.0.end_reason.as_deref()
    }

    /// When the registry learned of it (thời điểm ghi nhận).
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.0.recorded_at)
    }

    /// When the registry learned of its end (thời điểm ghi nhận kết thúc), if that came later.
    async fn ended_at(&self) -> Option<DateTime> {
        self.0.ended_at.map(DateTime)
    }
}

/// How much of a unit a mobile network covers (phủ sóng của một mạng trong đơn vị).
#[derive(SimpleObject)]
#[graphql(serial, directive = open::apply())]
pub(crate) struct NetworkCoverage {
    /// Who runs the network (nhà mạng).
    operator: MobileOperator,
    /// Its generation (thế hệ mạng).
    generation: MobileGeneration,
    /// Communes that it covers whole (số xã, phường, thị trấn được phủ sóng trọn): those all of whose
    /// hamlets lie in communes it was recorded for. For a hamlet, 1: the hamlet itself.
    communes_covered: usize,
    /// Out of how many (tổng số xã, phường, thị trấn), 1 for a commune or hamlet.
    communes: usize,
}

/// The networks that reach anything of a unit, by operator and generation.
pub(crate) async fn mobile_coverage(
    session: &Session,
    unit: AdministrativeUnit,
    on: Option<Date>,
) -> Result<Vec<NetworkCoverage>, ApiError> {
    let day = on.map_or(unit.on, |on| on.0);
    let key = ReachedKey(day, unit.as_of);
    let reached = answered(session.records().load_one(key).await?)?;
    let units = session.reader.units();
    let networks = reached.within(&units, &units.tree(unit.on), unit.id).into_iter();
    let told = networks.map(|reach| NetworkCoverage {
        operator: reach.network.operator.into(),
        generation: reach.network.generation.into(),
        communes_covered: reach.communes,
        communes: reach.all,
    });
    Ok(told.collect())
}

/// Conditions on records of coverage (điều kiện lọc phủ sóng); all of those given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct CoverageFilter {
    /// Of a commune that shares hamlets with this unit (thuộc đơn vị), whatever the boundaries were.
    within: Option<UnitRef>,
    /// Of this operator (nhà mạng).
    operator: Option<MobileOperator>,
    /// Of this generation (thế hệ mạng).
    generation: Option<MobileGeneration>,
    /// In force on this day (có hiệu lực vào ngày).
    on: Option<Date>,
}

impl CoverageFilter {
    fn conditions(self, session: &Session) -> Result<store::CoverageFilter, ApiError> {
        let units = session.reader.units();
        let within = self.within.map(|within| within.require(session, "within")).transpose()?;
        Ok(store::CoverageFilter {
            communes: within.map(|unit| units.communes_meeting(unit.id, unit.on)),
            operator: self.operator.map(Into::into),
            generation: self.generation.map(Into::into),
            on: self.on.map(|on| on.0),
        })
    }
}

pub(crate) type CoverageConnection = One<Connection<CoverageKey, CoverageRecord, CoverageCount>>;

/// How many records the whole list has; counted only if selected.
pub(crate) struct CoverageCount(store::CoverageFilter);

impl AtOnce for CoverageCount {}

#[Object(directive = needs::apply(vec![AccessScope::RegistryRead]))]
impl CoverageCount {
    /// The number of records in the whole list (tổng số bản ghi); costs a statement.
    async fn total_count(&self, context: &Context<'_>) -> Result<u64> {
        Ok(Session::of(context).reader.coverage_count(&self.0).await.map_err(ApiError::from)?)
    }
}

/// A page of records, by commune, operator, generation and first day.
pub(crate) async fn coverage_page(
    session: &Session,
    filter: Option<CoverageFilter>,
    page: PageArguments,
) -> Result<CoverageConnection, ApiError> {
    let filter = filter.unwrap_or_default().conditions(session)?;
    let list = List::of(("coverage", &filter));
    let request = page.request::<CoverageKey>(list, session)?;
    let page = session.reader.coverage_page(&filter, &request).await?;
    let page = page.map(|record| (record.key, CoverageRecord(record)));
    Ok(connection(page, list, CoverageCount(filter)))
}

/// Coverage to be recorded (phủ sóng cần ghi nhận).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct CoverageInput {
    /// The commune (xã, phường, thị trấn); a bare code is read on `from`.
    commune: UnitRef,
    /// Who runs the network (nhà mạng).
    operator: MobileOperator,
    /// Its generation (thế hệ mạng).
    generation: MobileGeneration,
    /// The first day (từ ngày), 1993-01-01 up to today.
    from: Date,
    /// The day after the last (đến trước ngày), up to today; left out while it goes on.
    until: Option<Date>,
}

/// Much coverage to be recorded (lô phủ sóng): all or none.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct RecordCoverageInput {
    /// The records (các bản ghi), 1…1,000.
    coverages: Vec<CoverageInput>,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// Coverage that ended (phủ sóng đã kết thúc).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct EndCoverageInput {
    /// The commune as it was when coverage began (xã, phường, thị trấn); a bare code is read on the last day.
    commune: UnitRef,
    /// Who runs the network (nhà mạng).
    operator: MobileOperator,
    /// Its generation (thế hệ mạng).
    generation: MobileGeneration,
    /// The day after the last (đến trước ngày), after the first day and up to today.
    until: Date,
    /// Why (lý do), 1…500 characters.
    reason: String,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What came of recording coverage (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::Admin]))]
pub(crate) struct RecordCoveragePayload {
    /// How many records were made (số bản ghi): all of them, or 0.
    recorded: usize,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with any row (các lỗi theo dòng); empty if all were recorded.
    errors: Vec<UserError>,
}

/// What came of ending coverage (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::Admin]))]
pub(crate) struct EndCoveragePayload {
    /// The record as it stands now (bản ghi sau khi kết thúc); null if the input was refused.
    coverage: Option<CoverageRecord>,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with the input (các lỗi); empty if it was ended.
    errors: Vec<UserError>,
}

/// Mutations of coverage.
#[derive(Default)]
pub(crate) struct CoverageMutation;

#[Object]
impl CoverageMutation {
    /// Records which mobile networks reach which communes (ghi nhận phủ sóng di động), up to 1,000
    /// records, all or none. Needs `admin`.
    #[graphql(
        directive = needs::apply(vec![AccessScope::Admin]),
        directive = list_size::apply(None, Some(vec!["input.coverages".into()]))
    )]
    async fn record_coverage(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The records (các bản ghi).")] input: RecordCoverageInput,
    ) -> Result<RecordCoveragePayload> {
        let session = Session::of(context);
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let at = Path::root().field("input").field("coverages");
        let command = rows(&input.coverages, &at, |row, at| row.parse(session, at));
        let command = command.map(RecordCoverage);
        Ok(match write(session, Scope::Admin, command, attempt).await? {
            Ok(written) => RecordCoveragePayload {
                recorded: written.outcome,
                replayed: written.replayed,
                errors: Vec::new(),
            },
            Err(errors) => RecordCoveragePayload { recorded: 0, replayed: false, errors },
        })
    }

    /// Ends coverage that goes on (kết thúc phủ sóng). Needs `admin`.
    #[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
    async fn end_coverage(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What ended (phủ sóng kết thúc).")] input: EndCoverageInput,
    ) -> Result<EndCoveragePayload> {
        let session = Session::of(context);
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let command = input.parse(session).map(|row| EndCoverage(vec![row]));
        Ok(match write(session, Scope::Admin, command, attempt).await? {
            Ok(written) => EndCoveragePayload {
                coverage: match written.outcome.first().filter(|_| is_shown(context, "coverage")) {
                    Some(from) => input.ended(session, *from).await?,
                    None => None,
                },
                replayed: written.replayed,
                errors: Vec::new(),
            },
            Err(errors) => EndCoveragePayload { coverage: None, replayed: false, errors },
        })
    }
}

impl CoverageInput {
    fn parse(&self, session: &Session, at: &Path) -> Result<domain::NewCoverage, Faults> {
        let mut faults = Faults::default();
        // A mistyped date is told at its own place; the code is still worth checking.
        let on = self.from.0.min(session.reader.today());
        let network = network(self.operator, self.generation);
        let commune = faults.keep(at.field("commune"), self.commune.on(session, on));
        let (from, until) = (self.from.0, self.until.map(|until| until.0));
        let key = commune.map(|commune| CoverageKey { commune, network, from });
        faults.or(key.map(|key| domain::NewCoverage { key, until }))
    }
}

impl EndCoverageInput {
    fn parse(&self, session: &Session) -> Result<Row<domain::CoverageEnd>, Faults> {
        let at = Path::root().field("input");
        let mut faults = Faults::default();
        let commune = faults.keep(at.field("commune"), self.commune(session));
        let reason = faults.keep(at.field("reason"), Label::parse(&self.reason));
        let network = network(self.operator, self.generation);
        let until = self.until.0;
        let end = commune.zip(reason).map(|(commune, reason)| domain::CoverageEnd {
            commune,
            network,
            until,
            reason,
        });
        faults.or(end).map(|value| Row { at, value })
    }

    fn commune(&self, session: &Session) -> Result<registry_domain::unit::UnitId, Rule> {
        let last = self.until.0.pred_opt().unwrap_or(self.until.0);
        self.commune.on(session, last.min(session.reader.today()))
    }

    /// The record that was ended, by its first day.
    async fn ended(
        &self,
        session: &Session,
        from: time::Date,
    ) -> Result<Option<CoverageRecord>, ApiError> {
        let Ok(commune) = self.commune(session) else { return Ok(None) };
        let network = network(self.operator, self.generation);
        let key = CoverageKey { commune, network, from };
        Ok(session.reader.coverage(&key).await?.map(CoverageRecord))
    }
}

fn network(operator: MobileOperator, generation: MobileGeneration) -> domain::Network {
    domain::Network { operator: operator.into(), generation: generation.into() }
}
