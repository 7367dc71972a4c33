//! Writing many rows in few statements, within each engine's limit on bound values.

use std::fmt::Write as _;

use sea_orm::{
    ConnectionTrait, DbBackend, EntityTrait, IdenStatic, Iterable, ModelTrait, Statement, Value,
};

use crate::StoreError;

/// Bound values per statement: SQLite allows 32,766, PostgreSQL 65,535.
const VALUES_LIMIT: usize = 32_000;

/// Inserts the rows, as many per statement as fit. `on_conflict` is what follows the values.
pub(crate) async fn insert<E>(
    connection: &impl ConnectionTrait,
    rows: &[E::Model],
    on_conflict: &str,
) -> Result<(), StoreError>
where
    E: EntityTrait,
{
    let columns: Vec<E::Column> = E::Column::iter().collect();
    let names: Vec<&str> = columns.iter().map(IdenStatic::as_str).collect();
    let table = E::default();
    let backend = connection.get_database_backend();
    for chunk in rows.chunks(VALUES_LIMIT / columns.len()) {
        let mut sql =
            format!("INSERT INTO \"{}\" (\"{}\") VALUES ", table.table_name(), names.join("\",\""));
        push_placeholders(&mut sql, backend, chunk.len(), columns.len());
        sql.push(' ');
        sql.push_str(on_conflict);
        let values: Vec<Value> =
            chunk.iter().flat_map(|row| columns.iter().map(|column| row.get(*column))).collect();
        connection.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    }
    Ok(())
}

fn push_placeholders(sql: &mut String, backend: DbBackend, rows: usize, columns: usize) {
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { "),(" });
        for column in 0..columns {
            if column > 0 {
                sql.push(',');
            }
            match backend {
                // Writing to a string can't fail.
                DbBackend::Postgres => _ = write!(sql, "${}", row * columns + column + 1),
                _ => sql.push('?'),
            }
        }
    }
    sql.push(')');
}
