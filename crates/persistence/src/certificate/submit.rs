//! Taking a report: all rules, then the report, its lines and its receipt at once.

use std::sync::Arc;
use std::{fmt, slice};

use registry_domain::access::{Partner, PartnerCode, SignaturePolicy};
use registry_domain::certificate::{
    CertificateRule, ControlTotal, DetachedSignature, HistoryState, Line, NewReport, NotAllowed,
    Notary, Receipt, Report, ReportAction, ReportKey, ReportState, ReportingRules, Revision,
    Submission, Warning, check_communes,
};
use registry_domain::fault::{Faults, Path, Rule};
use registry_domain::time::YearMonth;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::month::Month;
use super::{ended, key, not_suspended, report as taken, state, stored_revision, update};
use crate::entity::certificate_report::{Entity, Model, closing, line};
use crate::personal::hex;
use crate::writer::{Command, Writer};
use crate::{StoreError, WriteError};

/// Takes a partner's report about one month: a first statement or a correction.
pub struct SubmitReport {
    /// What it says.
    pub report: NewReport,
    /// By what rules.
    pub rules: ReportingRules,
    /// Whether the request was signed by the partner.
    pub signature: BodySignature,
    /// Who signs the receipt.
    pub notary: Arc<dyn Notary>,
}

impl fmt::Debug for SubmitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubmitReport").field("report", &self.report).finish_non_exhaustive()
    }
}

/// A partner's signature of the request that a report came by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum BodySignature {
    /// There is none.
    #[default]
    Missing,
    /// It is not one by a key of the partner.
    Wrong,
    /// It is.
    Verified(DetachedSignature),
}

/// A report that nothing stands against.
pub struct ReportPlan {
    command: SubmitReport,
    revision: Revision,
    state: ReportState,
    /// The revision that stops counting when this one begins.
    corrected: Option<i32>,
    expected_issued: u64,
    /// The number of this change of the partner's reports.
    change: i64,
}

impl fmt::Debug for ReportPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportPlan").field("state", &self.state).finish_non_exhaustive()
    }
}

impl ReportPlan {
    /// Where the report would stand.
    #[must_use]
    pub const fn state(&self) -> ReportState {
        self.state
    }

    /// What its partner should know, where the period has so many `communes`.
    #[must_use]
    pub fn warnings(&self, communes: usize) -> Vec<Warning> {
        let report = &self.command.report;
        let totals = (report.cumulative_issued, self.expected_issued);
        Warning::all(totals, self.state, (report.lines.len(), communes))
    }
}

/// A report that was taken.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TakenReport {
    /// Its name, like `VNPT/2024-05/1`.
    pub name: String,
    /// What stands there now; unknown to a retry of what an earlier attempt has done.
    #[serde(skip)]
    pub report: Option<Report>,
}

impl Command for SubmitReport {
    const ACTION: &'static str = "certificate.report";
    type Plan = ReportPlan;
    type Outcome = TakenReport;

    fn subjects(&self) -> usize {
        self.report.lines.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        let at = Path::root().field("input");
        let NewReport { partner, period, .. } = &self.report;
        let known = writer.lock_partner(partner, &at.field("partner")).await?;
        let mut faults = Faults::default();
        faults.keep(at.field("partner"), not_suspended(&known));
        faults.keep(at.field("period"), period_allowed(&known, *period, writer));
        faults.keep(at.clone(), signed_enough(&self.signature, known.signatures));
        if self.report.lines.is_empty() {
            faults.push(at.field("lines"), Rule::BatchEmpty);
        }
        let named = self.report.lines.iter().map(|(at, line)| (at, line.unit));
        faults.extend(check_communes(named.enumerate(), *period, writer.units()));

        let since = known.agreement.as_ref().map(|agreement| YearMonth::of(agreement.from));
        let month = Month::load(writer, partner, *period, since).await?;
        let corrected = predecessor(&self.report, &month.statements, &at)?;
        let corrected = corrected.map_err(|found| faults.extend(found)).ok().flatten();

        let (expected_issued, history) = expected(&self.report, &month, since);
        let told = self.report.cumulative_issued;
        // A total can only contradict lines that are right.
        if faults.is_empty() {
            let judged = ControlTotal::judge(told, expected_issued, history, self.rules.tolerance);
            faults.keep(at.field("cumulativeIssued"), judged);
        }
        let last = month.statements.last().map(|row| Revision::new(row.revision.cast_unsigned()));
        let state =
            if month.is_closed { ReportState::PendingReview } else { ReportState::Accepted };
        let plan = ReportPlan {
            revision: last.flatten().map_or(Revision::FIRST, Revision::next),
            state,
            corrected,
            expected_issued,
            change: month.changes + 1,
            command: self,
        };
        faults.or(Some(plan)).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let ReportPlan { command, revision, state, corrected, expected_issued, change } = plan;
        let SubmitReport { report, signature, notary, .. } = command;
        let key = ReportKey { partner: report.partner.clone(), period: report.period, revision };
        if let Some(corrected) = corrected.filter(|_| state == ReportState::Accepted) {
            let ended = ended(writer, ReportState::Superseded, change);
            update(writer, (&key, corrected), ended).await?;
        }
        let content = report.content(writer.units());
        let content_sha256 = hex(&Sha256::digest(content.canonical().as_bytes()));
        let receipt = Receipt {
            audit_position: writer.event().await?,
            content_sha256: content_sha256.clone(),
            iat: writer.now.timestamp(),
            partner: report.partner.to_string(),
            period: report.period.to_string(),
            report: key.to_string(),
            revision: revision.get(),
        };
        let receipt = notary.attest(&receipt).ok_or_else(|| StoreError::damaged("signing key"))?;
        let lines: Vec<Line> = report.lines.iter().map(|(_, line)| *line).collect();
        let row = Model {
            partner: report.partner.to_string(),
            month: report.period.index(),
            revision: stored_revision(revision),
            state: state.code().to_owned(),
            change,
            submitted_at: writer.now,
            submitted_by: writer.principal.actor().to_owned(),
            cumulative_issued: report.cumulative_issued.cast_signed(),
            expected_issued: expected_issued.cast_signed(),
            issued: total(&lines, |line| line.counts.issued.get()),
            renewed: total(&lines, |line| line.counts.renewed.get()),
            revoked: total(&lines, |line| line.counts.revoked.get()),
            line_count: i32::try_from(lines.len()).unwrap_or(i32::MAX),
            content_sha256,
            receipt,
            supersedes: corrected,
            reason: match report.submission {
                Submission::First => None,
                Submission::Correction { reason, .. } => Some(reason),
            },
            accepted_at: state.counts().then_some(writer.now),
            ended_at: None,
            decided_at: None,
            decided_by: None,
            decision_reason: None,
            withdrawn_by: None,
            withdrawal_reason: None,
            signature: None,
            signed_body: None,
        };
        let row = match signature {
            BodySignature::Verified(DetachedSignature { jws, body }) => {
                Model { signature: Some(jws), signed_body: Some(body), ..row }
            }
            BodySignature::Missing | BodySignature::Wrong => row,
        };
        let lines: Vec<_> = lines.iter().map(|line| stored_line(&key, line)).collect();
        writer.record_at_end::<Entity>(slice::from_ref(&row))?;
        writer.record_at_end::<line::Entity>(&lines)?;
        writer.count_at_end(&report.partner, change)?;
        Ok(TakenReport { name: key.to_string(), report: Some(taken(row)?) })
    }
}

fn period_allowed(partner: &Partner, period: YearMonth, writer: &Writer) -> Result<(), Rule> {
    let newest = YearMonth::of(writer.today());
    if period > newest {
        return Err(CertificateRule::FuturePeriod { newest }.into());
    }
    match &partner.agreement {
        None => Err(CertificateRule::NoAgreement.into()),
        Some(agreement) if agreement.covers(period) => Ok(()),
        Some(agreement) => {
            let (from, until) = (agreement.from, agreement.until);
            Err(CertificateRule::OutsideAgreement { from, until }.into())
        }
    }
}

const fn signed_enough(signature: &BodySignature, policy: SignaturePolicy) -> Result<(), Rule> {
    match (signature, policy) {
        (BodySignature::Wrong, _) => Err(Rule::Certificate(CertificateRule::SignatureWrong)),
        (BodySignature::Missing, SignaturePolicy::Required) => {
            Err(Rule::Certificate(CertificateRule::SignatureMissing))
        }
        _ => Ok(()),
    }
}

/// The revision that a correction corrects; a first statement needs that there is none.
fn predecessor(
    report: &NewReport,
    statements: &[Model],
    at: &Path,
) -> Result<Result<Option<i32>, Faults>, StoreError> {
    let mut faults = Faults::default();
    let in_state = |wanted: ReportState| statements.iter().find(|row| row.state == wanted.code());
    let accepted = in_state(ReportState::Accepted).map(key).transpose()?;
    if let Some(pending) = in_state(ReportState::PendingReview) {
        let rule = CertificateRule::ReportPending { report: key(pending)? };
        faults.push(at.field("period"), rule.into());
    }
    let of = match &report.submission {
        Submission::First => {
            if let Some(report) = accepted {
                let rule = CertificateRule::ReportExists { report };
                faults.push(at.field("period"), rule.into());
            }
            return Ok(faults.or(Some(None)));
        }
        Submission::Correction { of, .. } => of,
    };
    let at = at.field("supersedes");
    let revision = stored_revision(of.revision);
    let known = statements.iter().find(|row| row.revision == revision);
    let rule = match known {
        _ if of.partner != report.partner => Some(CertificateRule::NotOwnPartner),
        Some(row) if of.period == report.period => match state(row)? {
            // That it waits is told at the period.
            ReportState::Accepted | ReportState::PendingReview => None,
            ReportState::Superseded => Some(CertificateRule::ReportSuperseded { by: accepted }),
            state @ (ReportState::Rejected | ReportState::Withdrawn) => {
                let refused = NotAllowed { action: ReportAction::Supersede, state };
                Some(CertificateRule::ReportState { refused })
            }
        },
        _ => Some(CertificateRule::UnknownReport),
    };
    if let Some(rule) = rule {
        faults.push(at, rule.into());
    }
    Ok(faults.or(Some(Some(revision))))
}

/// The total that earlier reports and these lines make, and whether no earlier report is missing of a
/// partner whose agreement holds from the month `since` on.
fn expected(report: &NewReport, month: &Month, since: Option<YearMonth>) -> (u64, HistoryState) {
    let owed = since.map_or(0, |since| report.period.index() - since.index());
    let is_complete = month.months_before >= i64::from(owed);
    let history = if is_complete { HistoryState::Complete } else { HistoryState::Gaps };
    let lines = report.lines.iter().map(|(_, line)| u64::from(line.counts.issued.get()));
    (month.issued_before + lines.sum::<u64>(), history)
}

pub(super) async fn is_closed(writer: &Writer, period: YearMonth) -> Result<bool, StoreError> {
    let open_end = closing::Entity::find()
        .filter(closing::Column::Month.eq(period.index()))
        .filter(closing::Column::ReopenedAt.is_null());
    Ok(open_end.one(&writer.transaction).await?.is_some())
}

fn total(lines: &[Line], count: impl Fn(&Line) -> u32) -> i64 {
    lines.iter().map(|line| i64::from(count(line))).sum()
}

fn stored_line(key: &ReportKey, line: &Line) -> line::Model {
    let ReportKey { partner, period, revision } = key;
    line::Model {
        partner: PartnerCode::to_string(partner),
        month: period.index(),
        revision: stored_revision(*revision),
        unit_id: line.unit.get(),
        issued: line.counts.issued.get().cast_signed(),
        renewed: line.counts.renewed.get().cast_signed(),
        revoked: line.counts.revoked.get().cast_signed(),
    }
}
