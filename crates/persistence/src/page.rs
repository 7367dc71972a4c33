//! Many small queries in one statement: a union whose rows say which query they answer.

use sea_orm::QueryResult;
use sea_orm::sea_query::{Asterisk, Expr, Query, SelectStatement, UnionType};

use crate::StoreError;

/// Queries per statement; SQLite allows 500 parts.
const PARTS_LIMIT: usize = 400;

const TAG: &str = "part";

/// Joins `selects` into as few statements as fit; each row carries the place of its select.
pub(crate) fn one_statement_each(selects: Vec<SelectStatement>) -> Vec<SelectStatement> {
    let mut parts = selects.into_iter().enumerate().map(|(place, select)| {
        let mut part = Query::select();
        // Limits inside a union need a subquery on SQLite.
        part.column(Asterisk).expr_as(Expr::cust(place.to_string()), TAG);
        part.from_subquery(select, format!("part_{place}"));
        part
    });
    let mut statements = Vec::new();
    while let Some(mut statement) = parts.next() {
        for part in parts.by_ref().take(PARTS_LIMIT - 1) {
            statement.union(UnionType::All, part);
        }
        statements.push(statement);
    }
    statements
}

/// The place of the select that a row answers.
pub(crate) fn tagged(row: &QueryResult) -> Result<usize, StoreError> {
    // SQLite tells every integer as 64 bits, PostgreSQL a literal as 32.
    let place = row.try_get::<i32>("", TAG)?;
    usize::try_from(place).map_err(|_| StoreError::damaged("page"))
}
