//! Certificates: taking reports and deciding on them, what counts, and the single ones.
//!
//! Everything that changes a partner's reports locks the partner first, so that what is about one
//! partner happens one after the other, and its changes are numbered without gaps.

mod decide;
mod ledger;
mod month;
mod period;
mod read;
mod reconcile;
mod register;
mod single;
mod submit;

use registry_domain::access::{Partner, PartnerCode, Scope};
use registry_domain::certificate::{
    CertificateRule, Counts, Decided, DetachedSignature, Line, Report, ReportKey, ReportState,
    Revision,
};
use registry_domain::fault::{Fault, Path, Rule};
use registry_domain::time::YearMonth;
use registry_domain::unit::UnitId;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, Statement,
};

use crate::entity::certificate_report::{Column, Entity, Model, line, version};
use crate::partner::{self, stored_partner};
use crate::writer::{Writer, refuse};
use crate::{Reader, StoreError, WriteError, engine};

pub use decide::{ReviewReport, WithdrawReport};
pub(crate) use ledger::LedgerCache;
pub use ledger::{CertificateSums, LedgerSnapshot};
pub use period::{ClosePeriod, PeriodState, ReopenPeriod};
pub use read::{ReportFilter, ReportPosition};
pub use reconcile::Reconciliation;
pub use register::RegisterCertificates;
pub use single::{CertificateFilter, ChangeCertificateStatus};
pub use submit::{BodySignature, ReportPlan, SubmitReport, TakenReport};

/// The subject under which the closing of periods is counted.
const PERIODS: &str = "periods";

impl Reader {
    /// The one partner whose reports may be seen; all may with `registry:read`, and by whoever
    /// decides on them.
    pub(crate) fn only_partner(&self) -> Result<Option<&PartnerCode>, StoreError> {
        let scopes = self.principal().grant().scopes();
        if scopes.has(Scope::RegistryRead) || scopes.has(Scope::Admin) {
            return Ok(None);
        }
        self.require(Scope::CertificatesReport)?;
        Ok(self.principal().grant().partner())
    }
}

impl Writer {
    /// Locks a partner until the end, so that others wait who write its reports.
    async fn lock_partner(&self, code: &PartnerCode, at: &Path) -> Result<Partner, WriteError> {
        if self.principal.partner().is_some_and(|own| own != code) {
            let rule = CertificateRule::NotOwnPartner.into();
            return Err(WriteError::Refused(Fault { path: at.clone(), rule }.into()));
        }
        let row = partner::locked(self, code, at).await?;
        Ok(stored_partner(row)?)
    }

    /// All statements of a partner about a month, by revision. The partner is locked.
    async fn statements(
        &self,
        partner: &PartnerCode,
        period: YearMonth,
    ) -> Result<Vec<Model>, StoreError> {
        Ok(Entity::find()
            .filter(Column::Partner.eq(partner.as_str()))
            .filter(Column::Month.eq(period.index()))
            .order_by_asc(Column::Revision)
            .all(&self.transaction)
            .await?)
    }

    /// Counts one change of what counts, in `certificate_version`, when all of it is locked; its number.
    /// Draws the event's number with it: receipts tell that as well.
    async fn count_change(&self, subject: &str) -> Result<i64, StoreError> {
        let backend = self.transaction.get_database_backend();
        let subject_place = if backend == DbBackend::Postgres { "$1" } else { "?" };
        let count_up = format!(
            "INSERT INTO certificate_version (subject, version) VALUES ({subject_place}, 1) \
             ON CONFLICT (subject) DO UPDATE SET version = certificate_version.version + 1 \
             RETURNING version, {} AS event",
            engine::event_number(backend)
        );
        let count_up = Statement::from_sql_and_values(backend, count_up, [subject.into()]);
        let counted = self.transaction.query_one_raw(count_up).await?;
        let counted = counted.ok_or_else(|| StoreError::damaged("the versions of certificates"))?;
        self.number_event(counted.try_get("", "event")?);
        Ok(counted.try_get("", "version")?)
    }

    /// Counts the change that follows on those known of a partner, which is locked, when all else is done.
    fn count_at_end(&self, partner: &PartnerCode, change: i64) -> Result<(), StoreError> {
        let version = version::Model { subject: partner.to_string(), version: change };
        let counted = "ON CONFLICT (subject) DO UPDATE SET version = excluded.version";
        self.at_end().insert::<version::Entity>(&[version], counted)
    }
}

/// Nothing is taken from a partner that is suspended; what was taken can still be decided on.
fn not_suspended(partner: &Partner) -> Result<(), Rule> {
    let code = partner.code.clone();
    if partner.suspended { Err(Rule::PartnerSuspended { code }) } else { Ok(()) }
}

/// One report, and the others about its month; locked with their partner.
async fn find_report(writer: &Writer, key: &ReportKey) -> Result<(Model, Vec<Model>), WriteError> {
    let at = Path::root().field("input").field("report");
    writer.lock_partner(&key.partner, &at).await?;
    let mut statements = writer.statements(&key.partner, key.period).await?;
    let revision = stored_revision(key.revision);
    match statements.iter().position(|row| row.revision == revision) {
        Some(place) => Ok((statements.remove(place), statements)),
        None => Err(refuse("report", CertificateRule::UnknownReport.into())),
    }
}

/// What changes of a report that stops counting, or waiting.
fn ended(writer: &Writer, state: ReportState, change: i64) -> [(Column, Expr); 3] {
    [
        (Column::State, Expr::value(state.code())),
        (Column::EndedAt, Expr::value(writer.now)),
        (Column::Change, Expr::value(change)),
    ]
}

/// Changes one statement of the partner and month that `key` names.
async fn update(
    writer: &Writer,
    (key, revision): (&ReportKey, i32),
    values: impl IntoIterator<Item = (Column, Expr)>,
) -> Result<(), StoreError> {
    let mut update = Entity::update_many();
    for (column, value) in values {
        update = update.col_expr(column, value);
    }
    let statement = update
        .filter(Column::Partner.eq(key.partner.as_str()))
        .filter(Column::Month.eq(key.period.index()))
        .filter(Column::Revision.eq(revision));
    writer.update(statement).await
}

fn stored_revision(revision: Revision) -> i32 {
    revision.get().cast_signed()
}

fn state(row: &Model) -> Result<ReportState, StoreError> {
    ReportState::from_code(&row.state).ok_or_else(|| damaged(row))
}

fn damaged(row: &Model) -> StoreError {
    let period = YearMonth::from_index(row.month);
    StoreError::damaged(format!("report {}/{period}/{}", row.partner, row.revision))
}

fn key(row: &Model) -> Result<ReportKey, StoreError> {
    let revision = Revision::new(row.revision.cast_unsigned()).ok_or_else(|| damaged(row))?;
    let partner = row.partner.parse().map_err(|_| damaged(row))?;
    Ok(ReportKey { partner, period: YearMonth::from_index(row.month), revision })
}

fn report(row: Model) -> Result<Report, StoreError> {
    let signature = row.signature.clone().zip(row.signed_body.clone());
    let decision = row.decided_at.zip(row.decided_by.clone());
    let withdrawal = row.ended_at.zip(row.withdrawn_by.clone());
    Ok(Report {
        key: key(&row)?,
        state: state(&row)?,
        supersedes: row.supersedes.and_then(|revision| Revision::new(revision.cast_unsigned())),
        change: row.change,
        submitted_at: row.submitted_at,
        submitted_by: row.submitted_by,
        cumulative_issued: row.cumulative_issued.cast_unsigned(),
        expected_issued: row.expected_issued.cast_unsigned(),
        totals: [row.issued, row.renewed, row.revoked].map(i64::cast_unsigned),
        line_count: usize::try_from(row.line_count).unwrap_or_default(),
        content_sha256: row.content_sha256,
        receipt: row.receipt,
        reason: row.reason,
        signature: signature.map(|(jws, body)| DetachedSignature { jws, body }),
        accepted_at: row.accepted_at,
        ended_at: row.ended_at,
        decision: decision.map(|(at, by)| Decided { at, by, reason: row.decision_reason }),
        withdrawal: withdrawal.map(|(at, by)| Decided { at, by, reason: row.withdrawal_reason }),
    })
}

fn line(row: &line::Model) -> Result<Line, StoreError> {
    let damaged = || StoreError::damaged(format!("a line of {}/{}", row.partner, row.month));
    let count = |count: i32| {
        registry_domain::certificate::CertificateCount::parse(count.into()).map_err(|_| damaged())
    };
    let counts = Counts {
        issued: count(row.issued)?,
        renewed: count(row.renewed)?,
        revoked: count(row.revoked)?,
    };
    Ok(Line { unit: UnitId::new(row.unit_id), counts })
}
