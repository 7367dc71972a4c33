//! Reporting periods: closing and reopening them, and how they stand.

use std::collections::{BTreeMap, HashMap};

use registry_domain::access::{Partner, PartnerCode};
use registry_domain::certificate::{CertificateRule, ReportKey, ReportState};
use registry_domain::time::{Instant, YearMonth};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::submit::is_closed;
use super::{PERIODS, state};
use crate::entity::certificate_report::{Column, Entity, closing};
use crate::entity::partner::row;
use crate::writer::{Command, Writer, refuse};
use crate::{Reader, StoreError, WriteError, partner};

/// Closes a period: reports about it that come later wait for an administrator.
#[derive(Debug)]
pub struct ClosePeriod(pub YearMonth);

/// Opens a closed period again.
#[derive(Debug)]
pub struct ReopenPeriod(pub YearMonth);

/// Locks all partners, in order: what is being taken ends before, what comes later waits.
async fn lock_partners(writer: &Writer) -> Result<(), StoreError> {
    let partners = row::Entity::find().order_by_asc(row::Column::Code);
    writer.locking(partners).all(&writer.transaction).await?;
    Ok(())
}

impl Command for ClosePeriod {
    const ACTION: &'static str = "period.close";
    type Plan = YearMonth;
    /// The period, as [`YearMonth::index`].
    type Outcome = i32;

    fn subjects(&self) -> usize {
        1
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        let Self(period) = self;
        lock_partners(writer).await?;
        if period >= YearMonth::of(writer.today()) {
            return Err(refuse("period", CertificateRule::PeriodNotOver.into()));
        }
        if is_closed(writer, period).await? {
            return Err(refuse("period", CertificateRule::PeriodClosed.into()));
        }
        Ok(period)
    }

    async fn carry_out(period: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let row = closing::Model {
            month: period.index(),
            closed_at: writer.now,
            closed_by: writer.principal.actor().to_owned(),
            reopened_at: None,
            reopened_by: None,
        };
        writer.record::<closing::Entity>(&[row]).await?;
        writer.count_change(PERIODS).await?;
        Ok(period.index())
    }
}

impl Command for ReopenPeriod {
    const ACTION: &'static str = "period.reopen";
    type Plan = YearMonth;
    /// The period, as [`YearMonth::index`].
    type Outcome = i32;

    fn subjects(&self) -> usize {
        1
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        let Self(period) = self;
        lock_partners(writer).await?;
        if is_closed(writer, period).await? {
            Ok(period)
        } else {
            Err(refuse("period", CertificateRule::PeriodOpen.into()))
        }
    }

    async fn carry_out(period: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let reopened = closing::Entity::update_many()
            .col_expr(closing::Column::ReopenedAt, Expr::value(writer.now))
            .col_expr(closing::Column::ReopenedBy, Expr::value(writer.principal.actor()))
            .filter(closing::Column::Month.eq(period.index()))
            .filter(closing::Column::ReopenedAt.is_null());
        writer.update(reopened).await?;
        writer.count_change(PERIODS).await?;
        Ok(period.index())
    }
}

/// How one period stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodState {
    /// The month.
    pub period: YearMonth,
    /// When and by whom it was closed, if it is.
    pub closed: Option<(Instant, String)>,
    /// The reports about it, by partner and revision.
    pub reports: BTreeMap<PartnerCode, Vec<(ReportKey, ReportState, Instant)>>,
}

impl Reader {
    /// The partners whose reports may be seen, and how the periods of `from…to` stand.
    pub async fn periods(
        &self,
        from: YearMonth,
        to: YearMonth,
    ) -> Result<(Vec<Partner>, Vec<PeriodState>), StoreError> {
        let only = self.only_partner()?;
        let mut partners = partner::all(&self.connection).await?;
        partners.retain(|partner| only.is_none_or(|only| *only == partner.code));
        let span = from.index()..=to.index();
        let closings = closing::Entity::find()
            .filter(closing::Column::Month.between(*span.start(), *span.end()))
            .filter(closing::Column::ReopenedAt.is_null())
            .all(&self.connection)
            .await?;
        let mut closed: HashMap<i32, (Instant, String)> =
            closings.into_iter().map(|row| (row.month, (row.closed_at, row.closed_by))).collect();
        let mut reports: HashMap<i32, BTreeMap<PartnerCode, Vec<_>>> = HashMap::new();
        let mut select = Entity::find()
            .filter(Column::Month.between(*span.start(), *span.end()))
            .order_by_asc(Column::Revision);
        if let Some(only) = only {
            select = QueryFilter::filter(select, Column::Partner.eq(only.as_str()));
        }
        for row in select.all(&self.connection).await? {
            let key = super::key(&row)?;
            let stated = (key.clone(), state(&row)?, row.submitted_at);
            reports.entry(row.month).or_default().entry(key.partner).or_default().push(stated);
        }
        let states = span.map(|month| PeriodState {
            period: YearMonth::from_index(month),
            closed: closed.remove(&month),
            reports: reports.remove(&month).unwrap_or_default(),
        });
        Ok((partners, states.collect()))
    }
}
