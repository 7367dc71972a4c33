//! Reading rows by the places of their cells, since names would be looked up anew for every cell. Knows rows
//! as the drivers have them, no table.

use sea_orm::QueryResult;
use sea_orm::sqlx::postgres::{PgRow, Postgres};
use sea_orm::sqlx::sqlite::{Sqlite, SqliteRow};
use sea_orm::sqlx::{Decode, Row as _};

use crate::StoreError;

/// The cells of a row, in the order in which they were selected.
pub(crate) struct Cells<'a> {
    row: Row<'a>,
    next: usize,
}

enum Row<'a> {
    Postgres(&'a PgRow),
    Sqlite(&'a SqliteRow),
}

impl<'a> Cells<'a> {
    pub(crate) fn of(row: &'a QueryResult) -> Result<Self, StoreError> {
        let postgres = row.try_as_pg_row().map(Row::Postgres);
        let row = postgres.or_else(|| row.try_as_sqlite_row().map(Row::Sqlite));
        Ok(Self { row: row.ok_or_else(|| StoreError::damaged("row"))?, next: 0 })
    }

    /// Leaves out so many.
    pub(crate) const fn skip(mut self, cells: usize) -> Self {
        self.next += cells;
        self
    }

    /// The next one. Texts can be borrowed; the columns' types are those of this build's tables.
    pub(crate) fn read<T>(&mut self) -> Result<T, StoreError>
    where
        T: Decode<'a, Postgres> + Decode<'a, Sqlite>,
    {
        let at = self.next;
        self.next += 1;
        let read = match self.row {
            Row::Postgres(row) => row.try_get_unchecked(at),
            Row::Sqlite(row) => row.try_get_unchecked(at),
        };
        read.map_err(|_| StoreError::damaged(format!("cell {at} of a row")))
    }
}
