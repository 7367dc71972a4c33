//! Writing rows in few statements, in the way that costs each engine least.
//!
//! SQLite binds every value. PostgreSQL gets an array a column: so many values that it had to plan
//! for anew cost more than writing them, and the statement is the same however many rows there are.
//! Both carry out several statements at once, which saves the ways there and back: PostgreSQL as parts
//! of one, SQLite one after the other.

use std::fmt::Write as _;
use std::io::Write as _;

use chrono::{Datelike as _, NaiveDate};
use registry_domain::digits::{write_day, write_time};
use sea_orm::{
    ConnectionTrait, DbBackend, EntityTrait, IdenStatic, Iterable, ModelTrait, PrimaryKeyToColumn,
    Statement, Value,
};

use crate::StoreError;
use crate::personal::write_hex;

/// Values that SQLite binds per statement; it allows 32,766.
const VALUES_LIMIT: usize = 32_000;

/// Rows that are written at once, unless one statement has more; bounds what is held as text.
const ROWS_LIMIT: usize = 10_000;

/// Inserts the rows, as many per statement as fit. `on_conflict` is what follows the values; it must
/// leave out no row.
pub(crate) async fn insert<E: EntityTrait>(
    connection: &impl ConnectionTrait,
    rows: &[E::Model],
    on_conflict: &str,
) -> Result<(), StoreError> {
    let mut writes = Writes::new(connection.get_database_backend());
    writes.insert::<E>(rows, on_conflict)?;
    writes.write(connection).await
}

/// Changes these columns, at least one, of rows known by their keys; all of them must be there, each once.
pub(crate) async fn update<E: EntityTrait>(
    connection: &impl ConnectionTrait,
    rows: &[E::Model],
    changed: &[E::Column],
) -> Result<(), StoreError> {
    let mut writes = Writes::new(connection.get_database_backend());
    writes.update::<E>(rows, changed)?;
    writes.write(connection).await
}

/// All columns but those of the key.
pub(crate) fn columns_beside_key<E: EntityTrait>() -> Vec<E::Column> {
    let keys = keys::<E>();
    let is_key = |column: &E::Column| keys.iter().any(|key| key.as_str() == column.as_str());
    E::Column::iter().filter(|column| !is_key(column)).collect()
}

/// The first column of the key.
fn key<E: EntityTrait>() -> &'static str {
    keys::<E>().first().map_or("", IdenStatic::as_str)
}

fn keys<E: EntityTrait>() -> Vec<E::Column> {
    E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect()
}

/// Writes that don't depend on each other, to be carried out together: none of them sees what
/// another does, but for the key that [`Writes::insert_last_key`] takes from the one before it, and no
/// two may be about the same row.
#[derive(Debug)]
pub(crate) struct Writes {
    backend: DbBackend,
    parts: Vec<Part>,
}

/// One of them: SQL around the rows.
#[derive(Debug)]
struct Part {
    table: String,
    before: String,
    source: Source,
    after: String,
    /// The column that PostgreSQL tells of each written row: its key.
    key: &'static str,
    values: Vec<Value>,
    rows: usize,
}

/// How the rows stand in the statement.
#[derive(Debug)]
enum Source {
    /// So many rows of so many values.
    Values { rows: usize, columns: usize },
    /// An array a column, of these types.
    Arrays(Vec<&'static str>),
    /// The key of the row that the part before inserted.
    LastKey,
}

impl Writes {
    pub(crate) const fn new(backend: DbBackend) -> Self {
        Self { backend, parts: Vec::new() }
    }

    /// All that was put here, and nothing is left.
    pub(crate) fn take(&mut self) -> Self {
        Self { backend: self.backend, parts: std::mem::take(&mut self.parts) }
    }

    /// Inserts rows as [`insert`] does.
    pub(crate) fn insert<E: EntityTrait>(
        &mut self,
        rows: &[E::Model],
        on_conflict: &str,
    ) -> Result<(), StoreError> {
        self.insert_columns::<E>(rows, &E::Column::iter().collect::<Vec<_>>(), on_conflict)
    }

    /// Inserts these columns of rows; the database sees to the others.
    pub(crate) fn insert_columns<E: EntityTrait>(
        &mut self,
        rows: &[E::Model],
        columns: &[E::Column],
        on_conflict: &str,
    ) -> Result<(), StoreError> {
        let table = E::default().table_name().to_owned();
        let names = names(columns);
        let before = format!("INSERT INTO \"{table}\" ({names}) ");
        let after = format!(" {on_conflict}");
        self.add::<E>(rows, columns, (table, before, after))
    }

    /// Inserts into `Q`, a table of keys, the key of the one row that was put here last, which the
    /// database may make.
    pub(crate) fn insert_last_key<Q: EntityTrait>(&mut self) {
        let table = Q::default().table_name().to_owned();
        self.parts.push(Part {
            before: format!("INSERT INTO \"{table}\" "),
            table,
            source: Source::LastKey,
            after: String::new(),
            key: key::<Q>(),
            values: Vec::new(),
            rows: 1,
        });
    }

    /// Changes rows as [`update`] does.
    pub(crate) fn update<E: EntityTrait>(
        &mut self,
        rows: &[E::Model],
        changed: &[E::Column],
    ) -> Result<(), StoreError> {
        let keys = keys::<E>();
        let columns = [&keys[..], changed].concat();
        let table = E::default().table_name().to_owned();
        let each = |columns: &[E::Column], separator, write: &dyn Fn(&str) -> String| {
            let written: Vec<String> =
                columns.iter().map(|column| write(column.as_str())).collect();
            written.join(separator)
        };
        let set = each(changed, ", ", &|name| format!("\"{name}\" = new.\"{name}\""));
        let same = each(&keys, " AND ", &|name| format!("\"{table}\".\"{name}\" = new.\"{name}\""));
        let names = names(&columns);
        let before = format!("WITH new ({names}) AS (");
        let after = format!(") UPDATE \"{table}\" SET {set} FROM new WHERE {same}");
        self.add::<E>(rows, &columns, (table, before, after))
    }

    fn add<E: EntityTrait>(
        &mut self,
        rows: &[E::Model],
        columns: &[E::Column],
        (table, before, after): (String, String, String),
    ) -> Result<(), StoreError> {
        let chunk = match self.backend {
            DbBackend::Sqlite => VALUES_LIMIT / columns.len(),
            _ => ROWS_LIMIT,
        };
        for rows in rows.chunks(chunk) {
            let (source, values) = if self.backend == DbBackend::Sqlite || rows.len() == 1 {
                let values =
                    rows.iter().flat_map(|row| columns.iter().map(|column| row.get(*column)));
                (Source::Values { rows: rows.len(), columns: columns.len() }, values.collect())
            } else {
                arrays(rows, columns)?
            };
            let (table, before, after) = (table.clone(), before.clone(), after.clone());
            let (key, rows) = (key::<E>(), rows.len());
            self.parts.push(Part { table, before, source, after, key, values, rows });
        }
        Ok(())
    }

    /// Carries them out; every row must be written.
    pub(crate) async fn write(self, connection: &impl ConnectionTrait) -> Result<(), StoreError> {
        let mut parts = self.parts.into_iter().peekable();
        while let Some(first) = parts.next() {
            let mut rows = first.rows;
            let mut together = vec![first];
            while let Some(next) = parts.next_if(|next| next.fits(rows)) {
                rows += next.rows;
                together.push(next);
            }
            if write_together(connection, &mut together).await? != rows as u64 {
                let tables: Vec<_> = together.iter().map(|part| part.table.as_str()).collect();
                let what = format!("rows of {} that were to be changed", tables.join(", "));
                return Err(StoreError::damaged(what));
            }
        }
        Ok(())
    }
}

/// Carries them out at once; how many rows were written.
async fn write_together(
    connection: &impl ConnectionTrait,
    parts: &mut [Part],
) -> Result<u64, StoreError> {
    let backend = connection.get_database_backend();
    let values: Vec<Value> =
        parts.iter_mut().flat_map(|part| std::mem::take(&mut part.values)).collect();
    let mut bound = 0;
    if backend == DbBackend::Sqlite || parts.len() == 1 {
        let last_key = "SELECT last_insert_rowid()";
        let statements = parts.iter().map(|part| part.sql(backend, &mut bound, last_key));
        let sql = statements.collect::<Vec<_>>().join(";\n");
        let statement = Statement::from_sql_and_values(backend, sql, values);
        return Ok(connection.execute_raw(statement).await?.rows_affected());
    }
    let (mut with, mut sum) = (String::new(), String::new());
    let mut last_key = String::new();
    for (at, part) in parts.iter().enumerate() {
        let (sql, Part { table, key, .. }) = (part.sql(backend, &mut bound, &last_key), part);
        let (comma, plus) = if at > 0 { (", ", " + ") } else { ("", "") };
        // Writing to a string can't fail.
        _ = write!(with, "{comma}w{at} AS ({sql} RETURNING \"{table}\".\"{key}\")");
        _ = write!(sum, "{plus}(SELECT COUNT(*) FROM w{at})");
        last_key = format!("SELECT \"{key}\" FROM w{at}");
    }
    let sql = format!("WITH {with} SELECT {sum} AS written");
    let statement = Statement::from_sql_and_values(backend, sql, values);
    let counted = connection.query_one_raw(statement).await?;
    let written = counted.map(|row| row.try_get::<i64>("", "written")).transpose()?;
    Ok(written.unwrap_or_default().cast_unsigned())
}

impl Part {
    /// Whether it is carried out together with those before, which have so many rows.
    fn fits(&self, rows: usize) -> bool {
        matches!(self.source, Source::LastKey) || rows + self.rows <= ROWS_LIMIT
    }

    /// The statement, where so many values of others are bound before; `last_key` tells the key of the
    /// row before.
    fn sql(&self, backend: DbBackend, bound: &mut usize, last_key: &str) -> String {
        let Self { before, source, after, .. } = self;
        let mut sql = before.clone();
        let mut place = || {
            *bound += 1;
            if backend == DbBackend::Postgres { format!("${bound}") } else { "?".to_owned() }
        };
        match source {
            Source::Values { rows, columns } => {
                let mut row = || (0..*columns).map(|_| place()).collect::<Vec<_>>().join(",");
                let rows: Vec<_> = (0..*rows).map(|_| format!("({})", row())).collect();
                // Writing to a string can't fail.
                _ = write!(sql, "VALUES {}", rows.join(","));
            }
            Source::Arrays(kinds) => {
                let arrays: Vec<_> =
                    kinds.iter().map(|kind| format!("{}::text::{kind}[]", place())).collect();
                _ = write!(sql, "SELECT * FROM unnest({})", arrays.join(","));
            }
            Source::LastKey => sql.push_str(last_key),
        }
        sql.push_str(after);
        sql
    }
}

fn names(columns: &[impl IdenStatic]) -> String {
    let names: Vec<String> =
        columns.iter().map(|column| format!("\"{}\"", column.as_str())).collect();
    names.join(", ")
}

/// An array per column, as text.
fn arrays<M: ModelTrait>(
    rows: &[M],
    columns: &[<M::Entity as EntityTrait>::Column],
) -> Result<(Source, Vec<Value>), StoreError> {
    let mut kinds = Vec::with_capacity(columns.len());
    let mut literals = Vec::with_capacity(columns.len());
    for column in columns {
        let mut literal = b"{".to_vec();
        let mut kind = "";
        for row in rows {
            if literal.len() > 1 {
                literal.push(b',');
            }
            kind = push_element(&mut literal, row.get(*column))?;
        }
        literal.push(b'}');
        let literal = String::from_utf8(literal).map_err(|_| StoreError::damaged("an array"))?;
        literals.push(Value::from(literal));
        kinds.push(kind);
    }
    Ok((Source::Arrays(kinds), literals))
}

/// Adds a value to an array literal; the type of its column.
fn push_element(literal: &mut Vec<u8>, value: Value) -> Result<&'static str, StoreError> {
    fn push(literal: &mut Vec<u8>, value: Option<impl std::fmt::Display>) {
        // Writing to memory can't fail.
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
        Value::ChronoDate(Some(day)) => {
            push_day(literal, day)?;
            "date"
        }
        Value::ChronoDateTimeUtc(Some(at)) => {
            literal.push(b'"');
            push_day(literal, at.date_naive())?;
            literal.push(b' ');
            write_time(at.time(), literal);
            literal.extend_from_slice(b"Z\"");
            "timestamptz"
        }
        Value::String(Some(text)) => {
            push_text(literal, &text);
            "text"
        }
        Value::Bytes(Some(bytes)) => {
            literal.extend_from_slice(b"\"\\\\x");
            write_hex(&bytes, literal);
            literal.push(b'"');
            "bytea"
        }
        nothing => {
            literal.extend_from_slice(b"NULL");
            kind_of(&nothing)?
        }
    })
}

/// The type of a column of which there is no value.
fn kind_of(nothing: &Value) -> Result<&'static str, StoreError> {
    Ok(match nothing {
        Value::ChronoDate(None) => "date",
        Value::ChronoDateTimeUtc(None) => "timestamptz",
        Value::String(None) => "text",
        Value::Bytes(None) => "bytea",
        _ => return Err(StoreError::damaged("a column of a kind that is not written in bulk")),
    })
}

/// A day as PostgreSQL reads it: without a sign, however far it is.
fn push_day(literal: &mut Vec<u8>, day: NaiveDate) -> Result<(), StoreError> {
    match day.year() {
        1..10_000 => write_day(day, literal),
        // Writing to memory can't fail.
        year @ 10_000.. => _ = write!(literal, "{year}-{:02}-{:02}", day.month(), day.day()),
        _ => return Err(StoreError::damaged("a day before the first year")),
    }
    Ok(())
}

fn push_text(literal: &mut Vec<u8>, text: &str) {
    literal.push(b'"');
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') {
            literal.push(b'\\');
        }
        literal.push(byte);
    }
    literal.push(b'"');
}
