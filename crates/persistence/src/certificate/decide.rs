//! Decisions on reports that were taken: withdrawal by the partner, review by an administrator.

use registry_domain::certificate::{
    CertificateRule, Decision, NotAllowed, ReportAction, ReportKey, ReportState,
};
use registry_domain::fault::Rule;
use sea_orm::sea_query::Expr;

use super::submit::is_closed;
use super::{ended, find_report, state, stored_revision, update};
use crate::entity::certificate_report::Column;
use crate::writer::{Command, Writer, refuse};
use crate::{StoreError, WriteError};

/// Takes a report back; nothing counts for its month until another is sent.
#[derive(Debug)]
pub struct WithdrawReport {
    /// Which one.
    pub report: ReportKey,
    /// Why.
    pub reason: String,
}

/// Lets a report count that came after its period was closed, or not.
#[derive(Debug)]
pub struct ReviewReport {
    /// Which one.
    pub report: ReportKey,
    /// Whether it counts.
    pub decision: Decision,
    /// Why; a rejection needs a reason.
    pub reason: Option<String>,
}

impl Command for WithdrawReport {
    const ACTION: &'static str = "certificate.withdraw";
    type Plan = Self;
    /// The report's name.
    type Outcome = String;

    fn subjects(&self) -> usize {
        1
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        let (row, _) = find_report(writer, &self.report).await?;
        let state = state(&row)?;
        allowed(state.after(ReportAction::Withdraw))?;
        // What is final changes by review only.
        if state.counts() && is_closed(writer, self.report.period).await? {
            return Err(refuse("report", CertificateRule::PeriodClosed.into()));
        }
        Ok(self)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let Self { report, reason } = plan;
        let change = writer.count_change(report.partner.as_str()).await?;
        let revision = stored_revision(report.revision);
        let withdrawn = [
            (Column::WithdrawnBy, Expr::value(writer.principal.actor())),
            (Column::WithdrawalReason, Expr::value(reason)),
        ];
        let ended = ended(writer, ReportState::Withdrawn, change);
        update(writer, (&report, revision), ended.into_iter().chain(withdrawn)).await?;
        Ok(report.to_string())
    }
}

/// A decision that nothing stands against.
#[derive(Debug)]
pub struct ReviewPlan {
    review: ReviewReport,
    state: ReportState,
    /// The revision that stops counting.
    corrected: Option<i32>,
}

impl Command for ReviewReport {
    const ACTION: &'static str = "certificate.review";
    type Plan = ReviewPlan;
    /// The report's name.
    type Outcome = String;

    fn subjects(&self) -> usize {
        1
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        let (row, others) = find_report(writer, &self.report).await?;
        let action = match self.decision {
            Decision::Approve => ReportAction::Approve,
            Decision::Reject => ReportAction::Reject,
        };
        let next = allowed(state(&row)?.after(action))?;
        if self.decision == Decision::Reject && self.reason.is_none() {
            return Err(refuse("reason", Rule::TextEmpty));
        }
        let counting = others.into_iter().find(|row| row.state == ReportState::Accepted.code());
        Ok(ReviewPlan { review: self, state: next, corrected: counting.map(|row| row.revision) })
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let ReviewPlan { review: ReviewReport { report, decision, reason }, state, corrected } =
            plan;
        let change = writer.count_change(report.partner.as_str()).await?;
        if let Some(corrected) = corrected.filter(|_| decision == Decision::Approve) {
            let ended = ended(writer, ReportState::Superseded, change);
            update(writer, (&report, corrected), ended).await?;
        }
        let stands = match decision {
            Decision::Approve => [
                (Column::State, Expr::value(state.code())),
                (Column::AcceptedAt, Expr::value(writer.now)),
                (Column::Change, Expr::value(change)),
            ],
            Decision::Reject => ended(writer, state, change),
        };
        let decided = [
            (Column::DecidedAt, Expr::value(writer.now)),
            (Column::DecidedBy, Expr::value(writer.principal.actor())),
            (Column::DecisionReason, Expr::value(reason)),
        ];
        let revision = stored_revision(report.revision);
        update(writer, (&report, revision), stands.into_iter().chain(decided)).await?;
        Ok(report.to_string())
    }
}

fn allowed(next: Result<ReportState, NotAllowed>) -> Result<ReportState, WriteError> {
    next.map_err(|refused| refuse("report", CertificateRule::ReportState { refused }.into()))
}
