//! What a report is judged beside: what its partner has said of the month and before it, and whether the
//! month is closed. One statement, since each is a way to PostgreSQL and back while the partner is locked.

use registry_domain::access::PartnerCode;
use registry_domain::certificate::ReportState;
use registry_domain::time::YearMonth;
use sea_orm::sea_query::{Asterisk, Expr, ExprTrait, JoinType, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, FromQueryResult};

use crate::StoreError;
use crate::entity::certificate_report::{Column, Entity, Model, closing, version};
use crate::writer::Writer;

/// A partner's month and what came before.
pub(super) struct Month {
    /// All statements about the month, by revision.
    pub(super) statements: Vec<Model>,
    /// Of how many earlier months, from the agreement on, a report counts.
    pub(super) months_before: i64,
    /// What counts of all earlier months.
    pub(super) issued_before: u64,
    /// Whether only an administrator can let it count.
    pub(super) is_closed: bool,
    /// How often the partner's reports have changed.
    pub(super) changes: i64,
}

const MONTHS: &str = "months_before";
const ISSUED: &str = "issued_before";
const CLOSINGS: &str = "closings";
const CHANGES: &str = "changes";
const EVENT: &str = "event";

impl Month {
    /// Reads it, and draws the event's number with it, which receipts tell; the partner, whose agreement
    /// holds from the month `since` on, is locked.
    pub(super) async fn load(
        writer: &Writer,
        partner: &PartnerCode,
        period: YearMonth,
        since: Option<YearMonth>,
    ) -> Result<Self, StoreError> {
        let said = Query::select()
            .column(Asterisk)
            .from(Entity)
            .and_where(Column::Partner.eq(partner.as_str()))
            .and_where(Column::Month.eq(period.index()))
            .to_owned();
        let select = Query::select()
            .column(Asterisk)
            .from_subquery(before(partner, period, since), "before")
            .join_subquery(
                JoinType::InnerJoin,
                closings(writer, period),
                "closing",
                Expr::cust("1 = 1"),
            )
            .join_subquery(JoinType::LeftJoin, changes(partner), "changed", Expr::cust("1 = 1"))
            .join_subquery(JoinType::LeftJoin, said, "said", Expr::cust("1 = 1"))
            .order_by(Column::Revision, sea_orm::Order::Asc)
            .to_owned();
        let rows = writer.transaction.query_all(&select).await?;
        // What came before is told beside every statement, and alone if there is none.
        let first = rows.first().ok_or_else(|| StoreError::damaged("the sum of reports"))?;
        let issued: Option<i64> = first.try_get("", ISSUED)?;
        if let Some(event) = first.try_get("", EVENT)? {
            writer.number_event(event);
        }
        let mut month = Self {
            statements: Vec::new(),
            months_before: first.try_get::<Option<i64>>("", MONTHS)?.unwrap_or_default(),
            issued_before: issued.unwrap_or_default().cast_unsigned(),
            is_closed: first.try_get::<i64>("", CLOSINGS)? > 0,
            changes: first.try_get::<Option<i64>>("", CHANGES)?.unwrap_or_default(),
        };
        for row in &rows {
            if row.try_get::<Option<i32>>("", "revision")?.is_some() {
                month.statements.push(Model::from_query_result(row, "")?);
            }
        }
        Ok(month)
    }
}

fn before(partner: &PartnerCode, period: YearMonth, since: Option<YearMonth>) -> SelectStatement {
    let since = since.map_or(0, YearMonth::index);
    let within = format!("CAST(SUM(CASE WHEN month >= {since} THEN 1 ELSE 0 END) AS BIGINT)");
    Query::select()
        .expr_as(Expr::cust(within), MONTHS)
        .expr_as(Expr::cust("CAST(SUM(issued) AS BIGINT)"), ISSUED)
        .from(Entity)
        .and_where(Column::Partner.eq(partner.as_str()))
        .and_where(Column::Month.lt(period.index()))
        .and_where(Column::State.eq(ReportState::Accepted.code()))
        .to_owned()
}

fn changes(partner: &PartnerCode) -> SelectStatement {
    Query::select()
        .expr_as(Expr::col(version::Column::Version), CHANGES)
        .from(version::Entity)
        .and_where(version::Column::Subject.eq(partner.as_str()))
        .to_owned()
}

/// One row in any case, so it is the one to draw a number with.
fn closings(writer: &Writer, period: YearMonth) -> SelectStatement {
    let event = writer.draw_event().unwrap_or("CAST(NULL AS INTEGER)");
    Query::select()
        .expr_as(Expr::col(Asterisk).count(), CLOSINGS)
        .expr_as(Expr::cust(event), EVENT)
        .from(closing::Entity)
        .and_where(closing::Column::Month.eq(period.index()))
        .and_where(closing::Column::ReopenedAt.is_null())
        .to_owned()
}
