//! What all lists share: which way they run, what begins a word of a name, and many small queries in one
//! statement: a union whose rows say which query they answer.

use registry_domain::page::Take;
use sea_orm::sea_query::{
    Asterisk, Expr, ExprTrait as _, Order, Query, SelectStatement, SimpleExpr, UnionType,
};
use sea_orm::{ConnectionTrait, QueryResult};

use crate::StoreError;
use crate::cells::Cells;

/// Which way a list runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Smallest or oldest first.
    Ascending,
    /// Largest or newest first.
    Descending,
}

impl Direction {
    /// The other way.
    pub(crate) const fn reversed(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }

    /// Which way the rows of a page are read: the last of a list from its end.
    pub(crate) const fn of_rows(self, take: Take) -> Self {
        match take {
            Take::First(_) => self,
            Take::Last(_) => self.reversed(),
        }
    }

    pub(crate) const fn order(self) -> Order {
        match self {
            Self::Ascending => Order::Asc,
            Self::Descending => Order::Desc,
        }
    }
}

/// Whether `words` begin a word of a folded name.
pub(crate) fn begins_word(name: &SimpleExpr, words: &str) -> SimpleExpr {
    name.clone().like(format!("{words}%")).or(name.clone().like(format!("% {words}%")))
}

/// Queries per statement; SQLite allows 500 parts.
const PARTS_LIMIT: usize = 400;

const TAG: &str = "part";

/// Joins `selects` into as few statements as fit; each row carries the place of its select.
pub(crate) fn one_statement_each(mut selects: Vec<SelectStatement>) -> Vec<SelectStatement> {
    if let [only] = selects.as_mut_slice() {
        tag(only, 0);
        return selects;
    }
    let mut parts = selects.into_iter().enumerate().map(|(place, select)| {
        let mut part = Query::select();
        // Limits inside a union need a subquery on SQLite.
        part.column(Asterisk).from_subquery(select, format!("part_{place}"));
        tag(&mut part, place);
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

/// Marks the rows of a part of a union, last of all their columns.
pub(crate) fn tag(part: &mut SelectStatement, place: usize) {
    part.expr_as(Expr::cust(place.to_string()), TAG);
}

/// The place of the select that a row answers.
pub(crate) fn tagged(row: &QueryResult) -> Result<usize, StoreError> {
    // SQLite tells every integer as 64 bits, PostgreSQL a literal as 32.
    let place = row.try_get::<i32>("", TAG)?;
    usize::try_from(place).map_err(|_| StoreError::damaged("page"))
}

/// The place of the select that a row answers, when all cells before are read.
pub(crate) fn read_tag(cells: &mut Cells<'_>) -> Result<usize, StoreError> {
    usize::try_from(cells.read::<i32>()?).map_err(|_| StoreError::damaged("page"))
}

/// How many rows each of `selects` finds, in their order; none of them may name columns.
pub(crate) async fn counts(
    connection: &impl ConnectionTrait,
    mut selects: Vec<SelectStatement>,
) -> Result<Vec<u64>, StoreError> {
    for select in &mut selects {
        select.expr_as(Expr::col(Asterisk).count(), "count");
    }
    let mut counts = vec![0; selects.len()];
    for statement in one_statement_each(selects) {
        for row in connection.query_all(&statement).await? {
            counts[tagged(&row)?] = row.try_get::<i64>("", "count")?.cast_unsigned();
        }
    }
    Ok(counts)
}
