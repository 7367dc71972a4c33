//! Writing many rows in few statements, in the way that costs each engine least.
//!
//! SQLite binds every value. PostgreSQL gets an array a column: so many values that it had to plan
//! for anew cost more than writing them, and the statement is the same however many rows there are.

use std::fmt::Write as _;

use chrono::{Datelike as _, NaiveDate};
use sea_orm::{
    ConnectionTrait, DbBackend, EntityTrait, IdenStatic, Iterable, ModelTrait, PrimaryKeyToColumn,
    Statement, Value,
};

use crate::StoreError;
use crate::personal::hex;

/// Values that SQLite binds per statement; it allows 32,766.
const VALUES_LIMIT: usize = 32_000;

/// Rows per statement on PostgreSQL; bounds what is held as text at once.
const ROWS_LIMIT: usize = 10_000;

/// Inserts the rows, as many per statement as fit. `on_conflict` is what follows the values.
pub(crate) async fn insert<E: EntityTrait>(
    connection: &impl ConnectionTrait,
    rows: &[E::Model],
    on_conflict: &str,
) -> Result<(), StoreError> {
    let columns: Vec<E::Column> = E::Column::iter().collect();
    let table = E::default().table_name().to_owned();
    let names = names(&columns);
    each_chunk::<E>(connection, rows, &columns, |source| match source {
        Source::Values(values) => {
            format!("INSERT INTO \"{table}\" ({names}) {values} {on_conflict}")
        }
        Source::Arrays(arrays) => {
            format!("INSERT INTO \"{table}\" ({names}) SELECT * FROM {arrays} {on_conflict}")
        }
    })
    .await?;
    Ok(())
}

/// All columns but those of the key.
pub(crate) fn columns_beside_key<E: EntityTrait>() -> Vec<E::Column> {
    let keys = keys::<E>();
    let is_key = |column: &E::Column| keys.iter().any(|key| key.as_str() == column.as_str());
    E::Column::iter().filter(|column| !is_key(column)).collect()
}

fn keys<E: EntityTrait>() -> Vec<E::Column> {
    E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect()
}

/// Changes these columns, at least one, of rows known by their keys; all of them must be there, each once.
pub(crate) async fn update<E: EntityTrait>(
    connection: &impl ConnectionTrait,
    rows: &[E::Model],
    changed: &[E::Column],
) -> Result<(), StoreError> {
    let keys = keys::<E>();
    let columns = [&keys[..], changed].concat();
    let table = E::default().table_name().to_owned();
    let each = |columns: &[E::Column], separator, write: &dyn Fn(&str) -> String| {
        let written: Vec<String> = columns.iter().map(|column| write(column.as_str())).collect();
        written.join(separator)
    };
    let set = each(changed, ", ", &|name| format!("\"{name}\" = new.\"{name}\""));
    let same = each(&keys, " AND ", &|name| format!("\"{table}\".\"{name}\" = new.\"{name}\""));
    let names = names(&columns);
    let found = each_chunk::<E>(connection, rows, &columns, |source| {
        let (with, source) = match source {
            Source::Values(values) => (format!("WITH new ({names}) AS ({values}) "), "new".into()),
            Source::Arrays(arrays) => (String::new(), format!("{arrays} AS new ({names})")),
        };
        format!("{with}UPDATE \"{table}\" SET {set} FROM {source} WHERE {same}")
    })
    .await?;
    if found == rows.len() as u64 {
        Ok(())
    } else {
        Err(StoreError::damaged(format!("rows of {table} that were to be changed")))
    }
}

/// The rows of a statement, as SQL.
enum Source<'a> {
    Values(&'a str),
    Arrays(&'a str),
}

/// How many rows were written.
async fn each_chunk<E: EntityTrait>(
    connection: &impl ConnectionTrait,
    rows: &[E::Model],
    columns: &[E::Column],
    sql: impl Fn(Source<'_>) -> String + Send,
) -> Result<u64, StoreError> {
    let backend = connection.get_database_backend();
    let mut written = 0;
    let chunk = match backend {
        DbBackend::Postgres => ROWS_LIMIT,
        _ => VALUES_LIMIT / columns.len(),
    };
    for rows in rows.chunks(chunk) {
        let (sql, values) = if backend == DbBackend::Postgres {
            let (arrays, literals) = arrays(rows, columns)?;
            (sql(Source::Arrays(&arrays)), literals)
        } else {
            let values = placeholders(rows.len(), columns.len());
            (sql(Source::Values(&values)), values_of(rows, columns))
        };
        let statement = Statement::from_sql_and_values(backend, sql, values);
        written += connection.execute_raw(statement).await?.rows_affected();
    }
    Ok(written)
}

fn names(columns: &[impl IdenStatic]) -> String {
    let names: Vec<String> =
        columns.iter().map(|column| format!("\"{}\"", column.as_str())).collect();
    names.join(", ")
}

fn placeholders(rows: usize, columns: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(","));
    format!("VALUES {}", vec![row; rows].join(","))
}

fn values_of<M: ModelTrait>(
    rows: &[M],
    columns: &[<M::Entity as EntityTrait>::Column],
) -> Vec<Value> {
    rows.iter().flat_map(|row| columns.iter().map(|column| row.get(*column))).collect()
}

/// `unnest` of an array per column, and the arrays as text.
fn arrays<M: ModelTrait>(
    rows: &[M],
    columns: &[<M::Entity as EntityTrait>::Column],
) -> Result<(String, Vec<Value>), StoreError> {
    let mut sql = "unnest(".to_owned();
    let mut literals = Vec::with_capacity(columns.len());
    for (at, column) in columns.iter().enumerate() {
        let mut literal = "{".to_owned();
        let mut kind = "";
        for row in rows {
            if literal.len() > 1 {
                literal.push(',');
            }
            kind = push_element(&mut literal, row.get(*column))?;
        }
        literal.push('}');
        literals.push(Value::from(literal));
        let comma = if at > 0 { ", " } else { "" };
        // Writing to a string can't fail.
        _ = write!(sql, "{comma}${}::text::{kind}[]", at + 1);
    }
    sql.push(')');
    Ok((sql, literals))
}

/// Adds a value to an array literal; the type of its column.
fn push_element(literal: &mut String, value: Value) -> Result<&'static str, StoreError> {
    fn push(literal: &mut String, value: Option<impl std::fmt::Display>) {
        // Writing to a string can't fail.
        _ = match value {
            Some(value) => write!(literal, "{value}"),
            None => write!(literal, "NULL"),
        };
    }
    Ok(match value {
        Value::Bool(value) => {
            push(literal, value);
            "boolean"
        }
        Value::SmallInt(value) => {
            push(literal, value);
            "smallint"
        }
        Value::Int(value) => {
            push(literal, value);
            "integer"
        }
        Value::BigInt(value) => {
            push(literal, value);
            "bigint"
        }
        Value::Double(value) => {
            push(literal, value);
            "double precision"
        }
        Value::ChronoDate(value) => {
            push(literal, value.map(day).transpose()?);
            "date"
        }
        Value::ChronoDateTimeUtc(value) => {
            let day = value.map(|at| day(at.date_naive())).transpose()?;
            let time = value.map(|at| at.format("%H:%M:%S%.6fZ"));
            push(literal, day.zip(time).map(|(day, time)| format!("\"{day} {time}\"")));
            "timestamptz"
        }
        Value::String(value) => {
            push_text(literal, value.as_deref());
            "text"
        }
        Value::Bytes(value) => {
            push(literal, value.map(|bytes| format!("\"\\\\x{}\"", hex(&bytes))));
            "bytea"
        }
        _ => return Err(StoreError::damaged("a column of a kind that is not written in bulk")),
    })
}

/// A day as PostgreSQL reads it: without a sign, however far it is.
fn day(day: NaiveDate) -> Result<String, StoreError> {
    match day.year() {
        year @ 1.. => Ok(format!("{year:04}-{:02}-{:02}", day.month(), day.day())),
        _ => Err(StoreError::damaged("a day before the first year")),
    }
}

fn push_text(literal: &mut String, text: Option<&str>) {
    let Some(text) = text else { return literal.push_str("NULL") };
    literal.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            literal.push('\\');
        }
        literal.push(character);
    }
    literal.push('"');
}
