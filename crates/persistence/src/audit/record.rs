//! Which tables hold records, and how a row of them stands in the log.
//!
//! What is not listed here follows from these rows (rollups, words, versions), is spent (assertions,
//! answers to retries), or is the log itself.

use std::borrow::Cow;
use std::fmt::Write as _;

use sea_orm::{EntityTrait, IdenStatic, Iterable, ModelTrait, PrimaryKeyToColumn, Value};

use super::canonical::{write_date, write_instant, write_keyed_hash, write_value};
use crate::StoreError;
use crate::entity::{
    certificate, certificate_report, community, connectivity_survey, coverage, household,
    household_version, institution, listing, marketplace, partner, product, seller, signing_key,
    token, trusted_document, unit,
};
use crate::personal::Sealer;

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
    members: Vec<Member<E>>,
    sealer: &'a Sealer,
}

/// A column, as a member of the object.
struct Member<E: EntityTrait> {
    column: E::Column,
    name: &'static str,
    /// All that stands before the value.
    before: String,
    is_personal: bool,
}

impl<'a, E: Recorded> RowWriter<'a, E> {
    pub(crate) fn new(sealer: &'a Sealer) -> Self {
        let mut columns: Vec<_> =
            E::Column::iter().map(|column| (column, column.as_str())).collect();
        columns.sort_unstable_by_key(|(_, name)| *name);
        let member = |(at, (column, name)): (usize, (E::Column, &'static str))| Member {
            column,
            name,
            before: format!("{}\"{name}\":", if at == 0 { '{' } else { ',' }),
            is_personal: E::PERSONAL.contains(&name),
        };
        Self { members: columns.into_iter().enumerate().map(member).collect(), sealer }
    }

    /// The row as a JSON object: bytes as their SHA-256, text about persons as its keyed hash.
    pub(crate) fn write(&self, row: &E::Model, out: &mut Vec<u8>) -> Result<(), StoreError> {
        for Member { column, name, before, is_personal } in &self.members {
            out.extend_from_slice(before.as_bytes());
            match row.get(*column) {
                Value::String(Some(text)) if *is_personal => {
                    write_keyed_hash(&self.sealer.hash(name, text.as_bytes()), out);
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
            Value::ChronoDate(Some(date)) => write_date(date, out),
            Value::ChronoDateTimeUtc(Some(at)) => write_instant(at, out),
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

#[cfg(test)]
mod tests {
    use registry_domain::time::Instant;

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
