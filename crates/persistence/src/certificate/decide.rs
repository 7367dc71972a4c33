//! Decisions on reports that were taken: withdrawal by the partner, review by an administrator.

use registry_domain::certificate::{
    CertificateRule, Decision, NotAllowed, ReportAction, ReportKey, ReportState,
};
use registry_domain::fault::Rule;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::submit::{end, is_closed};
use super::{find_report, state, stored_revision};
use crate::entity::certificate_report::{Column, Entity};
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
        let row = find_report(writer, &self.report).await?;
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
        end(writer, (&report, revision), ReportState::Withdrawn, change).await?;
        Entity::update_many()
            .col_expr(Column::WithdrawnBy, Expr::value(writer.principal.actor()))
            .col_expr(Column::WithdrawalReason, Expr::value(reason))
            .filter(Column::Partner.eq(report.partner.as_str()))
            .filter(Column::Month.eq(report.period.index()))
            .filter(Column::Revision.eq(revision))
            .exec(&writer.transaction)
            .await?;
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
        let row = find_report(writer, &self.report).await?;
        let action = match self.decision {
            Decision::Approve => ReportAction::Approve,
            Decision::Reject => ReportAction::Reject,
        };
        let next = allowed(state(&row)?.after(action))?;
        if self.decision == Decision::Reject && self.reason.is_none() {
            return Err(refuse("reason", Rule::TextEmpty));
        }
        let statements = writer.statements(&self.report.partner, self.report.period).await?;
        let counting = { statements }.into_iter().find(|row| row.state == "ACCEPTED");
        Ok(ReviewPlan { review: self, state: next, corrected: counting.map(|row| row.revision) })
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let ReviewPlan { review: ReviewReport { report, decision, reason }, state, corrected } =
            plan;
        let change = writer.count_change(report.partner.as_str()).await?;
        match decision {
            Decision::Reject => {
                end(writer, (&report, stored_revision(report.revision)), state, change).await?;
            }
            Decision::Approve => {
                if let Some(corrected) = corrected {
                    end(writer, (&report, corrected), ReportState::Superseded, change).await?;
                }
                accept(writer, &report, change).await?;
            }
        }
        note_decision(writer, &report, reason).await?;
        Ok(report.to_string())
    }
}

fn allowed(next: Result<ReportState, NotAllowed>) -> Result<ReportState, WriteError> {
    next.map_err(|refused| refuse("report", CertificateRule::ReportState { refused }.into()))
}

async fn accept(writer: &Writer, key: &ReportKey, change: i64) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(ReportState::Accepted.code()))
        .col_expr(Column::AcceptedAt, Expr::value(writer.now))
        .col_expr(Column::Change, Expr::value(change))
        .filter(Column::Partner.eq(key.partner.as_str()))
        .filter(Column::Month.eq(key.period.index()))
        .filter(Column::Revision.eq(stored_revision(key.revision)))
        .exec(&writer.transaction)
        .await?;
    Ok(())
}

async fn note_decision(
    writer: &Writer,
    key: &ReportKey,
    reason: Option<String>,
) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::DecidedAt, Expr::value(writer.now))
        .col_expr(Column::DecidedBy, Expr::value(writer.principal.actor()))
        .col_expr(Column::DecisionReason, Expr::value(reason))
        .filter(Column::Partner.eq(key.partner.as_str()))
        .filter(Column::Month.eq(key.period.index()))
        .filter(Column::Revision.eq(stored_revision(key.revision)))
        .exec(&writer.transaction)
        .await?;
    Ok(())
}
