//! Reports: the object, its lines and revisions, and the list of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use registry_domain::access::PartnerCode;
use registry_domain::certificate::{
    self as domain, CertificateRule, Report, ReportKey, ReportState,
};
use registry_domain::time;
use registry_domain::unit::UnitId;
use registry_persistence::{self as store, ReportPosition};

use super::{ReportingPartner, readers};
use crate::access::{list_size, needs};
use crate::at_once::AtOnce;
use crate::audit::Audited;
use crate::cursor::List;
use crate::error::ApiError;
use crate::in_order::One;
use crate::loader::{ReportLinesKey, ReportRevisionsKey};
use crate::node::GlobalId;
use crate::page::{Connection, PageArguments, connection};
use crate::scalar::{DateTime, Total, YearMonth};
use crate::session::Session;
use crate::unit::{AdministrativeUnit, UnitRef};

/// Where a report stands (trạng thái báo cáo).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "ReportState")]
pub(crate) enum CertificateReportState {
    /// It counts (được tính).
    Accepted,
    /// It came after its period was closed, and waits for an administrator (chờ duyệt).
    PendingReview,
    /// An administrator did not let it count (bị từ chối).
    Rejected,
    /// A correction counts in its place (đã được đính chính).
    Superseded,
    /// Its partner took it back (đã rút lại).
    Withdrawn,
}

/// The counts of one commune (một dòng báo cáo).
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial, directive = needs::apply(readers()))]
pub(crate) struct CertificateLine {
    /// The commune (đơn vị cấp xã), on the period's boundaries.
    unit: AdministrativeUnit,
    /// Issued for the first time (cấp mới).
    issued: u32,
    /// Renewed (gia hạn).
    renewed: u32,
    /// Revoked (thu hồi).
    revoked: u32,
}

/// What a correction changes in one commune (khác biệt giữa hai lần báo cáo).
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial, directive = needs::apply(readers()))]
pub(crate) struct CertificateLineDifference {
    /// The commune (đơn vị cấp xã).
    unit: AdministrativeUnit,
    /// The counts before (trước); null if it had no line.
    before: Option<CertificateLine>,
    /// The counts after (sau); null if it has no line any more.
    after: Option<CertificateLine>,
}

/// A decision on a report, or its withdrawal (quyết định).
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial, directive = needs::apply(readers()))]
pub(crate) struct CertificateReportDecision {
    /// When (thời điểm).
    at: DateTime,
    /// By whom (người quyết định).
    by: String,
    /// Why (lý do).
    reason: Option<String>,
}

impl From<domain::Decided> for CertificateReportDecision {
    fn from(decided: domain::Decided) -> Self {
        Self { at: DateTime(decided.at), by: decided.by, reason: decided.reason }
    }
}

/// The partner's own signature of a report (chữ ký của đối tác): a JWS apart from what it signs (RFC 7797).
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial, directive = needs::apply(readers()))]
pub(crate) struct CertificateReportSignature {
    /// Header and signature (tiêu đề và chữ ký), `header..signature`.
    jws: String,
    /// What was signed (nội dung được ký): the body of the request as it was sent.
    body: String,
}

/// A report, and the moment as of which it is told.
#[derive(Debug, Clone)]
pub(crate) struct CertificateReport(pub(crate) Arc<Report>, pub(crate) Option<time::Instant>);

impl AtOnce for CertificateReport {}

fn line(unit: AdministrativeUnit, counts: &domain::Counts) -> CertificateLine {
    CertificateLine {
        unit,
        issued: counts.issued.get(),
        renewed: counts.renewed.get(),
        revoked: counts.revoked.get(),
    }
}

impl CertificateReport {
    async fn recorded_lines(
        context: &Context<'_>,
        key: &ReportKey,
    ) -> Result<Vec<domain::Line>, ApiError> {
        let lines = Session::of(context).records().load_one(ReportLinesKey(key.clone())).await?;
        Ok(lines.unwrap_or_default())
    }

    /// A commune on the period's boundaries.
    fn unit(&self, id: UnitId) -> AdministrativeUnit {
        AdministrativeUnit { id, on: self.0.key.period.last_day(), as_of: self.1 }
    }

    async fn statements(&self, context: &Context<'_>) -> Result<Vec<Report>, ApiError> {
        let ReportKey { partner, period, .. } = &self.0.key;
        let key = ReportRevisionsKey(partner.clone(), *period);
        let statements = Session::of(context).records().load_one(key).await?.unwrap_or_default();
        let known = |report: Report| match self.1 {
            Some(moment) => report.known_at(moment),
            None => Some(report),
        };
        Ok(statements.into_iter().filter_map(known).collect())
    }
}

/// One partner's statement about one month (báo cáo chứng thư số), accepted or refused whole. What
/// it says never changes: a correction is a report of its own.
#[Object(directive = needs::apply(readers()))]
impl CertificateReport {
    /// The global id (định danh toàn cục).
    pub(crate) async fn id(&self) -> ID {
        GlobalId::Report(self.0.key.clone()).write()
    }

    #[graphql(flatten)]
    async fn audited(&self) -> Audited {
        Audited(GlobalId::Report(self.0.key.clone()))
    }

    /// Its name (tên báo cáo): partner, month and revision, `VNPT/2024-05/1`.
    async fn name(&self) -> String {
        self.0.key.to_string()
    }

    /// Whose (đối tác).
    async fn partner(&self, context: &Context<'_>) -> Result<One<ReportingPartner>> {
        Ok(One(ReportingPartner::of(Session::of(context), &self.0.key.partner).await?))
    }

    /// The month it is about (kỳ báo cáo).
    async fn period(&self) -> YearMonth {
        YearMonth(self.0.key.period)
    }

    /// Which statement about the month it is (lần báo cáo), from 1.
    async fn revision(&self) -> u32 {
        self.0.key.revision.get()
    }

    /// Where it stands (trạng thái).
    async fn state(&self) -> CertificateReportState {
        self.0.state.into()
    }

    /// When it was taken (nhận lúc).
    async fn submitted_at(&self) -> DateTime {
        DateTime(self.0.submitted_at)
    }

    /// Who sent it (người gửi).
    async fn submitted_by(&self) -> &str {
        &self.0.submitted_by
    }

    /// Since when it counts or counted (được tính từ); null if it never did.
    async fn accepted_at(&self) -> Option<DateTime> {
        self.0.accepted_at.map(DateTime)
    }

    /// When it stopped counting, or waiting (hết giá trị lúc).
    async fn ended_at(&self) -> Option<DateTime> {
        self.0.ended_at.map(DateTime)
    }

    /// The partner's own total up to the end of the month (luỹ kế do đối tác báo).
    async fn cumulative_issued(&self) -> Total {
        Total(self.0.cumulative_issued)
    }

    /// What the registry counted when it was taken, its lines included (luỹ kế theo hệ thống).
    async fn expected_issued(&self) -> Total {
        Total(self.0.expected_issued)
    }

    /// Issued for the first time, all lines (tổng cấp mới).
    async fn issued(&self) -> u64 {
        self.0.totals[0]
    }

    /// Renewed, all lines (tổng gia hạn).
    async fn renewed(&self) -> u64 {
        self.0.totals[1]
    }

    /// Revoked, all lines (tổng thu hồi).
    async fn revoked(&self) -> u64 {
        self.0.totals[2]
    }

    /// The counts by commune (các dòng).
    #[graphql(directive = list_size::apply(Some(75), None))]
    async fn lines(&self, context: &Context<'_>) -> Result<Vec<CertificateLine>> {
        let lines = Self::recorded_lines(context, &self.0.key).await?;
        Ok(lines.iter().map(|told| line(self.unit(told.unit), &told.counts)).collect())
    }

    /// What it corrects (báo cáo được đính chính), if it is a correction.
    async fn supersedes(&self, context: &Context<'_>) -> Result<Option<Self>> {
        let Some(revision) = self.0.supersedes else { return Ok(None) };
        let mut statements = self.statements(context).await?.into_iter();
        let known = statements.find(|report| report.key.revision == revision);
        Ok(known.map(|report| Self(Arc::new(report), self.1)))
    }

    /// Why it corrects (lý do đính chính).
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// All statements of the partner about the month, by revision (các lần báo cáo).
    #[graphql(directive = list_size::apply(Some(5), None))]
    async fn revisions(&self, context: &Context<'_>) -> Result<Vec<Self>> {
        let statements = self.statements(context).await?.into_iter();
        Ok(statements.map(|report| Self(Arc::new(report), self.1)).collect())
    }

    /// What it changes, commune by commune, against what it corrects, or against another revision
    /// (khác biệt so với lần trước). A first statement changes everything it says.
    #[graphql(directive = list_size::apply(Some(75), None))]
    async fn differences(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Against this revision of the same month (so với lần báo cáo).")]
        revision: Option<u32>,
    ) -> Result<Vec<CertificateLineDifference>> {
        let own = Self::recorded_lines(context, &self.0.key).await?;
        let other = match revision {
            None => self.0.supersedes,
            Some(asked) => {
                let mut known = self.statements(context).await?.into_iter();
                let known = known.find(|report| report.key.revision.get() == asked);
                let rule = CertificateRule::UnknownReport.into();
                let unknown = ApiError::Argument { name: "revision", rule };
                Some(known.ok_or(unknown)?.key.revision)
            }
        };
        let before = match other {
            None => Vec::new(),
            Some(revision) => {
                let key = ReportKey { revision, ..self.0.key.clone() };
                Self::recorded_lines(context, &key).await?
            }
        };
        let told = |difference: domain::LineDifference| {
            let unit = self.unit(difference.unit);
            let counts = |counts| line(unit, &counts);
            CertificateLineDifference {
                unit,
                before: difference.before.map(counts),
                after: difference.after.map(counts),
            }
        };
        Ok(domain::differences(&before, &own).into_iter().map(told).collect())
    }

    /// SHA-256 of the canonical content (mã băm nội dung), in hexadecimal.
    async fn content_sha256(&self) -> &str {
        &self.0.content_sha256
    }

    /// The proof that the registry took it (biên nhận): a JWS that anyone verifies by the keys at `/.well-known/jwks.json`.
    async fn receipt(&self) -> &str {
        &self.0.receipt
    }

    /// The partner's own signature (chữ ký của đối tác), if it was sent with one.
    async fn signature(&self) -> Option<CertificateReportSignature> {
        let signature = self.0.signature.clone()?;
        Some(CertificateReportSignature { jws: signature.jws, body: signature.body })
    }

    /// The administrator's decision (quyết định), if there was one.
    async fn decision(&self) -> Option<CertificateReportDecision> {
        self.0.decision.clone().map(Into::into)
    }

    /// That its partner took it back (việc rút lại), if it did.
    async fn withdrawal(&self) -> Option<CertificateReportDecision> {
        self.0.withdrawal.clone().map(Into::into)
    }
}

/// Conditions on reports (điều kiện lọc báo cáo); all of those given must hold.
#[derive(Debug, Default, InputObject)]
#[graphql(name = "CertificateReportFilter")]
pub(crate) struct ReportFilter {
    /// Whose (mã đối tác).
    partner: Option<String>,
    /// About this month or later (từ kỳ).
    from: Option<YearMonth>,
    /// About this month or earlier (đến kỳ).
    to: Option<YearMonth>,
    /// In one of these states (trạng thái).
    states: Option<Vec<CertificateReportState>>,
    /// With a line of a commune in this unit (thuộc đơn vị), whatever the boundaries were.
    within: Option<UnitRef>,
    /// Taken at this moment or later (nhận từ).
    submitted_from: Option<DateTime>,
    /// Taken before this moment (nhận trước).
    submitted_before: Option<DateTime>,
}

/// What the list of reports is asked with.
pub(crate) struct ReportArguments {
    pub(crate) filter: Option<ReportFilter>,
    pub(crate) as_of: Option<DateTime>,
    pub(crate) page: PageArguments,
}

impl ReportFilter {
    fn conditions(
        self,
        session: &Session,
        as_of: Option<time::Instant>,
    ) -> Result<store::ReportFilter, ApiError> {
        let units = session.reader.units();
        let within = self.within.map(|within| within.require(session, "within")).transpose()?;
        Ok(store::ReportFilter {
            partner: partner_argument(self.partner.as_deref())?,
            from: self.from.map(|month| month.0),
            to: self.to.map(|month| month.0),
            states: self
                .states
                .unwrap_or_default()
                .into_iter()
                .map(Into::into)
                .collect::<BTreeSet<_>>(),
            communes: within.map(|unit| units.communes_meeting(unit.id, unit.on)),
            submitted_from: self.submitted_from.map(|moment| moment.0),
            submitted_before: self.submitted_before.map(|moment| moment.0),
            as_of,
        })
    }
}

/// A partner that an argument names.
pub(crate) fn partner_argument(named: Option<&str>) -> Result<Option<PartnerCode>, ApiError> {
    let code = named.map(str::parse).transpose();
    code.map_err(|rule| ApiError::Argument { name: "partner", rule })
}

pub(crate) type ReportConnection = One<Connection<ReportPosition, CertificateReport, ReportCount>>;

/// How many reports the whole list has; counted only if selected.
pub(crate) struct ReportCount(store::ReportFilter);

impl AtOnce for ReportCount {}

#[Object(name = "CertificateReportCount", directive = needs::apply(readers()))]
impl ReportCount {
    /// The number of reports in the whole list (tổng số báo cáo); costs a statement.
    async fn total_count(&self, context: &Context<'_>) -> Result<u64> {
        Ok(Session::of(context).reader.report_count(&self.0).await.map_err(ApiError::from)?)
    }
}

/// A page of reports, the newest first.
pub(crate) async fn report_page(
    session: &Session,
    arguments: ReportArguments,
) -> Result<ReportConnection, ApiError> {
    let ReportArguments { filter, as_of, page } = arguments;
    let as_of = session.as_of(as_of)?;
    let filter = filter.unwrap_or_default().conditions(session, as_of)?;
    let list = List::of(("reports", &filter));
    let request = page.request::<ReportPosition>(list, session)?;
    let page = session.reader.report_page(&filter, &request).await?;
    let page = page.map(|report| {
        let position =
            ReportPosition { submitted_at: report.submitted_at, key: report.key.clone() };
        (position, CertificateReport(Arc::new(report), filter.as_of))
    });
    Ok(connection(page, list, ReportCount(filter)))
}

/// One report by its key; none if it may not be seen.
pub(crate) async fn one_report(
    session: &Session,
    key: &ReportKey,
) -> Result<Option<CertificateReport>, ApiError> {
    Ok(session.reader.report(key).await?.map(|report| CertificateReport(Arc::new(report), None)))
}

/// How many communes there are on a period's boundaries.
pub(super) fn communes(session: &Session, period: time::YearMonth) -> usize {
    use registry_domain::unit::Level;
    let (units, on) = (session.reader.units(), period.last_day());
    let tree = units.tree(on);
    let communes = units.all().iter().filter(|unit| unit.level() == Level::Commune);
    communes.filter(|unit| tree.contains(unit.id)).count()
}
