//! Sending a report: the input, judged row by row, and what comes of it.

use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject, Value};
use registry_domain::access::Scope;
use registry_domain::certificate::{
    CertificateRule, Counts, Line, NewReport, ReportKey, Submission, Warning, check_communes,
};
use registry_domain::fault::{Faults, Language, Path, Rule};
use registry_domain::time;
use registry_domain::unit::UnitId;
use registry_persistence::{SubmitReport, TakenReport};

use super::acting_partner;
use super::report::{CertificateReport, communes, one_report};
use crate::access::{AccessScope, list_size, needs};
use crate::error::ApiError;
use crate::fault::UserError;
use crate::mutation::{Attempt, rehearse, write};
use crate::scalar::{CertificateCount, Told, Total, UnitCode, YearMonth};
use crate::session::Session;

/// The most lines of a report.
const LINES_LIMIT: usize = 1_000;

/// The counts of one commune (một dòng báo cáo).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct CertificateLineInput {
    /// The commune's code on the period's boundaries (mã xã, phường, thị trấn).
    unit: Told<UnitCode>,
    /// Issued for the first time (cấp mới), 0…1,000,000.
    issued: Told<CertificateCount>,
    /// Renewed (gia hạn), 0…1,000,000.
    renewed: Told<CertificateCount>,
    /// Revoked (thu hồi), 0…1,000,000.
    revoked: Told<CertificateCount>,
}

/// A partner's statement about one month (báo cáo một kỳ).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct SubmitCertificateReportInput {
    /// Whose (mã đối tác); the token's partner if not given.
    partner: Option<String>,
    /// The month (kỳ báo cáo), at most the present one.
    period: YearMonth,
    /// One line per commune (các dòng); communes without one count 0.
    lines: Vec<CertificateLineInput>,
    /// The partner's own total of certificates issued up to the end of the month (luỹ kế đã cấp), as a control.
    cumulative_issued: Told<Total>,
    /// Makes a retry safe (khoá chống trùng), 1…200 characters: the same key with the same content gives the same receipt.
    idempotency_key: String,
    /// Checks everything and writes nothing (chạy thử).
    #[graphql(default)]
    dry_run: bool,
    /// The report that this one corrects (báo cáo được đính chính), by name: `VNPT/2024-05/1`.
    supersedes: Option<String>,
    /// Why it is corrected (lý do đính chính), 1…500 characters; needed with `supersedes`.
    reason: Option<String>,
}

/// Things that a partner should know (loại cảnh báo).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum CertificateWarningCode {
    /// The partner's own total differs from what the registry counts (luỹ kế không khớp).
    ControlTotalDiffers,
    /// The period was closed; the report waits for an administrator (kỳ đã khoá, chờ duyệt).
    PeriodClosed,
    /// Communes of the period have no line and count 0 (thiếu xã, phường, thị trấn).
    CommunesMissing,
}

/// Something that a partner should know of a report that was taken all the same (cảnh báo).
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::CertificatesReport]))]
pub(crate) struct CertificateWarning {
    /// What about (loại).
    code: CertificateWarningCode,
    /// What it is and what to do (thông báo), in the language of the request.
    message: String,
}

impl CertificateWarning {
    fn new(warning: Warning, language: Language) -> Self {
        let pick = |vietnamese: String, english: String| match language {
            Language::Vietnamese => vietnamese,
            Language::English => english,
        };
        let (code, message) = match warning {
            Warning::ControlTotalDiffers { told, expected } => (
                CertificateWarningCode::ControlTotalDiffers,
                pick(
                    format!(
                        "luỹ kế {told} khác {expected} là số hệ thống tính được; hãy đối chiếu"
                    ),
                    format!(
                        "the total {told} differs from {expected}, which the registry counts; compare"
                    ),
                ),
            ),
            Warning::PeriodClosed => (
                CertificateWarningCode::PeriodClosed,
                pick(
                    "kỳ báo cáo đã khoá; báo cáo được tính sau khi quản trị viên duyệt".into(),
                    "the period is closed; the report counts once an administrator approves it"
                        .into(),
                ),
            ),
            Warning::CommunesMissing { count } => (
                CertificateWarningCode::CommunesMissing,
                pick(
                    format!("{count} xã, phường, thị trấn không có dòng nào và được tính là 0"),
                    format!("{count} communes have no line and count 0"),
                ),
            ),
        };
        Self { code, message }
    }

    fn all(warnings: Vec<Warning>, language: Language) -> Vec<Self> {
        warnings.into_iter().map(|warning| Self::new(warning, language)).collect()
    }
}

/// What came of sending a report (kết quả).
#[derive(Default, SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::CertificatesReport]))]
pub(crate) struct SubmitCertificateReportPayload {
    /// The report as recorded (báo cáo đã ghi); null if it was refused or only rehearsed.
    report: Option<CertificateReport>,
    /// The proof that it was taken (biên nhận): a JWS. Keep it.
    receipt: Option<String>,
    /// Whether an earlier attempt with the same key had done it (đã nhận ở lần gửi trước).
    replayed: bool,
    /// What its partner should know all the same (các cảnh báo).
    warnings: Vec<CertificateWarning>,
    /// Everything that is wrong with it (các lỗi), every row at once; empty if it was taken.
    errors: Vec<UserError>,
}

/// Sending reports.
#[derive(Default)]
pub(crate) struct SubmissionMutation;

#[Object]
impl SubmissionMutation {
    /// Sends a partner's counts of one month (gửi báo cáo chứng thư số), accepted or refused whole.
    /// Needs `certificates:report`.
    #[graphql(
        directive = needs::apply(vec![AccessScope::CertificatesReport]),
        directive = list_size::apply(None, Some(vec!["input.lines".into()]))
    )]
    async fn submit_certificate_report(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The report (báo cáo).")] input: SubmitCertificateReportInput,
    ) -> Result<SubmitCertificateReportPayload> {
        let session = Session::of(context);
        let (language, scope) = (session.language, Scope::CertificatesReport);
        let command = match input.parse(session) {
            Ok(report) => Ok(SubmitReport {
                report,
                rules: session.reporting,
                signature: session.signature.clone(),
                notary: session.issuer.notary().await.map_err(ApiError::from)?,
            }),
            Err(faults) => Err(faults),
        };
        let refused = |errors| SubmitCertificateReportPayload {
            errors: UserError::with_values(errors, &input),
            ..SubmitCertificateReportPayload::default()
        };
        if input.dry_run {
            return Ok(match rehearse(session, scope, command).await? {
                Ok(plan) => SubmitCertificateReportPayload {
                    warnings: CertificateWarning::all(
                        plan.warnings(communes(session, input.period.0)),
                        language,
                    ),
                    ..SubmitCertificateReportPayload::default()
                },
                Err(errors) => refused(errors),
            });
        }
        // Without a report there is nothing to be tried.
        let attempt = command.as_ref().map_or_else(
            |_| Attempt::default(),
            |command| {
                let content = command.report.content(&session.reader.units());
                Attempt::of(&input.idempotency_key, Value::String(content.canonical()))
            },
        );
        Ok(match write(session, scope, command, attempt).await? {
            Ok(written) => {
                let TakenReport { name, report } = written.outcome;
                let report = match report {
                    Some(report) => Arc::new(report),
                    None => match one_report(session, &named(&name)?).await? {
                        Some(CertificateReport(report, _)) => report,
                        None => return Ok(SubmitCertificateReportPayload::default()),
                    },
                };
                SubmitCertificateReportPayload {
                    receipt: Some(report.receipt.clone()),
                    replayed: written.replayed,
                    warnings: CertificateWarning::all(
                        report.warnings(communes(session, report.key.period)),
                        language,
                    ),
                    report: Some(CertificateReport(report, None)),
                    errors: Vec::new(),
                }
            }
            Err(errors) => refused(errors),
        })
    }
}

fn named(report: &str) -> Result<ReportKey, ApiError> {
    report.parse().map_err(|rule| ApiError::Argument { name: "input", rule })
}

impl SubmitCertificateReportInput {
    fn parse(&self, session: &Session) -> Result<NewReport, Faults> {
        let at = Path::root().field("input");
        let mut faults = Faults::default();
        let named = acting_partner(session, self.partner.as_deref());
        let partner = faults.keep(at.field("partner"), named);
        let rows = self.lines.len();
        if rows > LINES_LIMIT {
            let rule = Rule::BatchTooLarge { rows, limit: LINES_LIMIT };
            faults.push(at.field("lines"), rule);
            return Err(faults);
        }
        let total = self.cumulative_issued.understood().ok_or(Total::RANGE);
        let total = faults.keep(at.field("cumulativeIssued"), total);
        let mut communes = Vec::with_capacity(rows);
        let mut lines = Vec::with_capacity(rows);
        for (index, line) in self.lines.iter().enumerate() {
            let at = at.field("lines").index(index);
            let unit = faults.keep(at.field("unit"), line.commune(session, self.period.0));
            let counts = line.counts(&at).map_err(|found| faults.extend(found)).ok();
            communes.extend(unit.map(|unit| (index, at.clone(), unit)));
            lines.extend(unit.zip(counts).map(|(unit, counts)| (at, Line { unit, counts })));
        }
        // With a fault the report won't be judged as a whole; its rows are, all of them at once.
        if !faults.is_empty() {
            let named = communes.iter().map(|(index, at, unit)| (*index, (at, *unit)));
            let units = session.reader.units();
            faults.extend(check_communes(named, self.period.0, &units));
        }
        let submission = self.submission(&at).map_err(|found| faults.extend(found)).ok();
        let report = partner.zip(total).zip(submission);
        let report = report.map(|((partner, total), submission)| NewReport {
            partner,
            period: self.period.0,
            lines,
            cumulative_issued: total.0,
            submission,
        });
        faults.or(report)
    }

    fn submission(&self, at: &Path) -> Result<Submission, Faults> {
        let mut faults = Faults::default();
        let missing = |missing| Rule::from(CertificateRule::NeededTogether { missing });
        let submission = match (&self.supersedes, &self.reason) {
            (None, None) => Some(Submission::First),
            (Some(of), Some(reason)) => {
                let of = faults.keep(at.field("supersedes"), of.parse());
                let reason = faults.keep(at.field("reason"), Submission::reason(reason));
                of.zip(reason).map(|(of, reason)| Submission::Correction { of, reason })
            }
            (Some(_), None) => faults.keep(at.field("reason"), Err(missing("reason"))),
            (None, Some(_)) => faults.keep(at.field("supersedes"), Err(missing("supersedes"))),
        };
        faults.or(submission)
    }
}

impl CertificateLineInput {
    fn counts(&self, at: &Path) -> Result<Counts, Faults> {
        let mut faults = Faults::default();
        let mut count = |told: &Told<CertificateCount>, field| {
            let count = told.understood().map(|count| count.0);
            let count = count.ok_or(registry_domain::certificate::CertificateCount::RANGE);
            faults.keep(at.field(field), count)
        };
        let counts = (
            count(&self.issued, "issued"),
            count(&self.renewed, "renewed"),
            count(&self.revoked, "revoked"),
        );
        let counts = match counts {
            (Some(issued), Some(renewed), Some(revoked)) => {
                Some(Counts { issued, renewed, revoked })
            }
            _ => None,
        };
        faults.or(counts)
    }

    fn commune(&self, session: &Session, period: time::YearMonth) -> Result<UnitId, Rule> {
        let Some(code) = self.unit.understood() else {
            // Says how a code is written.
            return "".parse::<registry_domain::unit::UnitCode>().map(|_| UnitId::new(0));
        };
        Ok(session.reader.units().resolve(code.0, period.last_day())?.id)
    }
}
