//! Deciding on reports and periods: withdrawing, reviewing, closing, reopening.

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use registry_domain::access::Scope;
use registry_domain::certificate::{self as domain, ReportKey, Submission};
use registry_domain::fault::{Faults, Path};
use registry_domain::time;
use registry_persistence::{ClosePeriod, ReopenPeriod, ReviewReport, WithdrawReport, Written};

use super::period::{ReportingPeriod, reporting_periods};
use super::report::{CertificateReport, one_report};
use crate::access::{AccessScope, needs};
use crate::error::ApiError;
use crate::fault::UserError;
use crate::mutation::{Attempt, write};
use crate::scalar::YearMonth;
use crate::session::Session;

/// What an administrator decides on a report (quyết định).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Decision")]
pub(crate) enum CertificateReportVerdict {
    /// It counts (duyệt).
    Approve,
    /// It does not (từ chối); needs a reason.
    Reject,
}

/// A report to be taken back (báo cáo cần rút lại).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct WithdrawCertificateReportInput {
    /// The report's name (tên báo cáo): `VNPT/2024-05/1`.
    report: String,
    /// Why (lý do), 1…500 characters.
    reason: String,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// A report to be decided on (báo cáo cần duyệt).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct ReviewCertificateReportInput {
    /// The report's name (tên báo cáo): `VNPT/2024-05/1`.
    report: String,
    /// The decision (quyết định).
    decision: CertificateReportVerdict,
    /// Why (lý do), 1…500 characters; a rejection needs it.
    reason: Option<String>,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What came of a decision on a report (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::CertificatesReport, AccessScope::Admin]))]
pub(crate) struct CertificateReportPayload {
    /// The report as it stands now (báo cáo); null if the input was refused.
    report: Option<CertificateReport>,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with the input (các lỗi); empty if it was done.
    errors: Vec<UserError>,
}

/// A period to be closed or reopened (kỳ báo cáo).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct ReportingPeriodInput {
    /// The month (tháng).
    period: YearMonth,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What came of closing or reopening a period (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::Admin]))]
pub(crate) struct ReportingPeriodPayload {
    /// The period as it stands now (kỳ báo cáo); null if the input was refused.
    period: Option<ReportingPeriod>,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with the input (các lỗi); empty if it was done.
    errors: Vec<UserError>,
}

/// Decisions on reports and periods.
#[derive(Default)]
pub(crate) struct DecisionMutation;

#[Object]
impl DecisionMutation {
    /// Takes a report back (rút lại báo cáo): nothing counts for its month until another is sent.
    /// Needs `certificates:report`.
    #[graphql(directive = needs::apply(vec![AccessScope::CertificatesReport]))]
    async fn withdraw_certificate_report(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The report (báo cáo).")] input: WithdrawCertificateReportInput,
    ) -> Result<CertificateReportPayload> {
        let session = Session::of(context);
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let at = Path::root().field("input");
        let mut faults = Faults::default();
        let report = faults.keep(at.field("report"), input.report.parse::<ReportKey>());
        let reason = faults.keep(at.field("reason"), Submission::reason(&input.reason));
        let command = report.zip(reason);
        let command = faults.or(command.map(|(report, reason)| WithdrawReport { report, reason }));
        let done = write(session, Scope::CertificatesReport, command, attempt).await?;
        Ok(decided(session, done).await?)
    }

    /// Lets a report count that came after its period was closed, or not (duyệt báo cáo). Needs `admin`.
    #[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
    async fn review_certificate_report(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The report and the decision (báo cáo và quyết định).")]
        input: ReviewCertificateReportInput,
    ) -> Result<CertificateReportPayload> {
        let session = Session::of(context);
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let at = Path::root().field("input");
        let mut faults = Faults::default();
        let report = faults.keep(at.field("report"), input.report.parse::<ReportKey>());
        let reason = input.reason.as_deref().map(Submission::reason).transpose();
        let reason = faults.keep(at.field("reason"), reason);
        let decision = input.decision.into();
        let command = report.zip(reason);
        let command =
            faults.or(command.map(|(report, reason)| ReviewReport { report, decision, reason }));
        let done = write(session, Scope::Admin, command, attempt).await?;
        Ok(decided(session, done).await?)
    }

    /// Closes a period (khoá kỳ báo cáo): reports about it that come later wait for review. Needs `admin`.
    #[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
    async fn close_reporting_period(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The period (kỳ báo cáo).")] input: ReportingPeriodInput,
    ) -> Result<ReportingPeriodPayload> {
        let session = Session::of(context);
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let done = write(session, Scope::Admin, Ok(ClosePeriod(input.period.0)), attempt).await?;
        Ok(changed(session, done).await?)
    }

    /// Opens a closed period again (mở lại kỳ báo cáo). Needs `admin`.
    #[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
    async fn reopen_reporting_period(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The period (kỳ báo cáo).")] input: ReportingPeriodInput,
    ) -> Result<ReportingPeriodPayload> {
        let session = Session::of(context);
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let done = write(session, Scope::Admin, Ok(ReopenPeriod(input.period.0)), attempt).await?;
        Ok(changed(session, done).await?)
    }
}

async fn decided(
    session: &Session,
    done: Result<Written<String>, Vec<UserError>>,
) -> Result<CertificateReportPayload, ApiError> {
    Ok(match done {
        Ok(Written { outcome, replayed }) => {
            let key: Result<ReportKey, _> = outcome.parse();
            let key = key.map_err(|rule| ApiError::Argument { name: "input", rule })?;
            let report = one_report(session, &key).await?;
            CertificateReportPayload { report, replayed, errors: Vec::new() }
        }
        Err(errors) => CertificateReportPayload { report: None, replayed: false, errors },
    })
}

async fn changed(
    session: &Session,
    done: Result<Written<i32>, Vec<UserError>>,
) -> Result<ReportingPeriodPayload, ApiError> {
    Ok(match done {
        Ok(Written { outcome, replayed }) => {
            let month = time::YearMonth::from_index(outcome);
            let period = reporting_periods(session, Some(month), Some(month)).await?.pop();
            ReportingPeriodPayload { period, replayed, errors: Vec::new() }
        }
        Err(errors) => ReportingPeriodPayload { period: None, replayed: false, errors },
    })
}
