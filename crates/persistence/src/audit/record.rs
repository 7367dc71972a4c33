//! Which tables hold records, and how a row of them stands in the log.
//!
//! What is not listed here follows from these rows (rollups, words, versions), is spent (assertions,
//! answers to retries), or is the log itself.

use std::borrow::Cow;
use std::fmt::Write as _;

use registry_domain::time::Instant;
use sea_orm::{EntityTrait, IdenStatic, Iterable, ModelTrait, PrimaryKeyToColumn, Value};
use sha2::{Digest as _, Sha256};

use crate::StoreError;
use crate::entity::{
    certificate, certificate_report, community, connectivity_survey, coverage, household,
    household_version, institution, listing, marketplace, partner, product, seller, signing_key,
    token, trusted_document, unit,
};
use crate::personal::{Sealer, digits, hex};

/// A table whose rows are records: nothing of them changes without an event.
pub(crate) trait Recorded: EntityTrait {
    /// Columns of text that may name a person: the log keeps a keyed hash of them.
    const PERSONAL: &'static [&'static str] = &[];
}

/// Something to be done with each table of records.
pub(crate) trait EachTable {
    async fn table<E: Recorded>(&mut self) -> Result<(), StoreError>;
}

/// Lists the tables of records, once for their trait and once for whoever goes through all.
macro_rules! records {
    ($($table:path $(: $personal:expr)?),+ $(,)?) => {
        $(impl Recorded for $table { $(const PERSONAL: &'static [&'static str] = &$personal;)? })+

        /// Does it with all tables of records, in order.
        pub(crate) async fn each_table(each: &mut impl EachTable) -> Result<(), StoreError> {
            $(each.table::<$table>().await?;)+
            Ok(())
        }
    };
}

records![
    unit::row::Entity,
    unit::parentage::Entity,
    unit::succession::Entity,
    unit::published_figure::Entity,
    unit::target::Entity,
    household::Entity,
    household_version::Entity,
    connectivity_survey::Entity,
    certificate_report::Entity,
    certificate_report::line::Entity,
    certificate_report::closing::Entity,
    certificate::Entity,
    certificate::status_change::Entity,
    marketplace::Entity,
    marketplace::version::Entity,
    seller::Entity: ["name", "folded_name"],
    seller::version::Entity: ["name"],
    product::Entity,
    product::version::Entity,
    product::rating::Entity,
    listing::Entity,
    listing::version::Entity,
    listing::sales::Entity,
    coverage::Entity,
    institution::Entity,
    institution::version::Entity,
    institution::feature::Entity,
    community::Entity,
    community::version::Entity,
    community::activity::Entity,
    community::training::Entity,
    partner::row::Entity,
    partner::key::Entity,
    partner::authority::Entity,
    token::Entity,
    signing_key::Entity,
    trusted_document::Entity,
];

/// Writes rows of one table as canonical JSON (RFC 8785).
pub(crate) struct RowWriter<'a, E: EntityTrait> {
    /// In the order of their names.
    columns: Vec<(E::Column, &'static str)>,
    personal: &'static [&'static str],
    sealer: &'a Sealer,
}

impl<'a, E: Recorded> RowWriter<'a, E> {
    pub(crate) fn new(sealer: &'a Sealer) -> Self {
        let mut columns: Vec<_> =
            E::Column::iter().map(|column| (column, column.as_str())).collect();
        columns.sort_unstable_by_key(|(_, name)| *name);
        Self { columns, personal: E::PERSONAL, sealer }
    }

    /// The row as a JSON object: bytes as their SHA-256, text about persons as its keyed hash.
    pub(crate) fn write(&self, row: &E::Model, out: &mut Vec<u8>) -> Result<(), StoreError> {
        out.push(b'{');
        for (at, (column, name)) in self.columns.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.push(b'"');
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b"\":");
            let value = row.get(*column);
            match value {
                Value::String(Some(text)) if self.personal.contains(name) => {
                    let hash = hex(&self.sealer.hash(name, text.as_bytes()));
                    write_text(&format!("hmac:{hash}"), out);
                }
                value => write_value(value, out)?,
            }
        }
        out.push(b'}');
        Ok(())
    }
}

/// The name of a row in the log: its table and its key. JSON writes it as it is.
pub(crate) fn record_name<E: EntityTrait>(row: &E::Model) -> Result<String, StoreError> {
    let mut name = Vec::with_capacity(64);
    write_record_name::<E>(row, &mut name)?;
    String::from_utf8(name).map_err(|_| StoreError::damaged("a record's name"))
}

/// Writes what [`record_name`] gives.
pub(super) fn write_record_name<E: EntityTrait>(
    row: &E::Model,
    out: &mut Vec<u8>,
) -> Result<(), StoreError> {
    out.extend_from_slice(E::default().table_name().as_bytes());
    for key in E::PrimaryKey::iter() {
        out.push(b'/');
        match row.get(key.into_column()) {
            Value::String(Some(text)) => out.extend_from_slice(key_text(&text).as_bytes()),
            Value::ChronoDate(Some(date)) => write_plain(date, out),
            Value::ChronoDateTimeUtc(Some(at)) => write_plain(instant(at), out),
            value => write_value(value, out)?,
        }
    }
    Ok(())
}

/// A part of a key, so that it ends nothing: neither itself nor the JSON text that it stands in.
pub(super) fn key_text(text: &str) -> Cow<'_, str> {
    let is_plain = |character: char| !matches!(character, '%' | '/' | '"' | '\\' | '\0'..' ');
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_plain(character) {
            escaped.push(character);
        } else {
            // Writing to a string can't fail; all that is escaped is ASCII.
            _ = write!(escaped, "%{:02X}", u32::from(character));
        }
    }
    Cow::Owned(escaped)
}

fn write_value(value: Value, out: &mut Vec<u8>) -> Result<(), StoreError> {
    match value {
        Value::Bool(Some(value)) => write_plain(value, out),
        Value::SmallInt(Some(value)) => write_json(&value, out),
        Value::Int(Some(value)) => write_json(&value, out),
        Value::BigInt(Some(value)) => write_json(&value, out),
        // As text: the digits of a fraction are each language's own affair.
        Value::Double(Some(value)) => write_text(&value.to_string(), out),
        Value::String(Some(text)) => write_text(&text, out),
        Value::ChronoDate(Some(date)) => write_plain(format_args!("\"{date}\""), out),
        Value::ChronoDateTimeUtc(Some(at)) => write_text(&instant(at), out),
        Value::Bytes(Some(bytes)) if bytes.is_empty() => write_text("", out),
        Value::Bytes(Some(bytes)) => {
            out.extend_from_slice(b"\"sha256:");
            out.extend(digits(&Sha256::digest(&bytes)));
            out.push(b'"');
        }
        Value::Bool(None)
        | Value::SmallInt(None)
        | Value::Int(None)
        | Value::BigInt(None)
        | Value::Double(None)
        | Value::String(None)
        | Value::ChronoDate(None)
        | Value::ChronoDateTimeUtc(None)
        | Value::Bytes(None) => write_plain("null", out),
        _ => return Err(StoreError::damaged("a column of a kind that the log doesn't know")),
    }
    Ok(())
}

fn write_plain(value: impl std::fmt::Display, out: &mut Vec<u8>) {
    use std::io::Write as _;
    // Writing to memory can't fail.
    _ = write!(out, "{value}");
}

/// A JSON string; escapes as RFC 8785 wants them, which is how `serde_json` writes them.
pub(super) fn write_text(text: &str, out: &mut Vec<u8>) {
    write_json(text, out);
}

fn write_json(value: &(impl serde::Serialize + ?Sized), out: &mut Vec<u8>) {
    // Writing to memory can't fail.
    _ = serde_json::to_writer(out, value);
}

/// An instant to the microsecond, as both engines keep it.
pub(super) fn instant(at: Instant) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entity::certificate_report::closing;

    #[test]
    fn a_name_needs_no_escape_in_json() {
        let closed_at = Instant::from_timestamp(1_700_000_000, 0).unwrap();
        let row = closing::Model {
            month: 24_292,
            closed_at,
            closed_by: String::new(),
            reopened_at: None,
            reopened_by: None,
        };
        let name = record_name::<closing::Entity>(&row).unwrap();
        assert_eq!(name, "period_closing/24292/2023-11-14T22:13:20.000000Z");
        assert_eq!(key_text("a\"/\\%\n"), "a%22%2F%5C%25%0A");
    }
}
