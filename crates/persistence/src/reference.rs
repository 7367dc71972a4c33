//! Reference data of this build: the real units of both eras, what was published about them, marketplaces.
//!
//! Parsed from `seeds/`, loaded once into an empty database. Keys of units are their places in the
//! files, so that a unit has the same id in every installation.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate};
use registry_domain::commerce::{MarketplaceCode, MarketplaceName};
use registry_domain::fault::Language;
use registry_domain::indicator::IndicatorCode;
use registry_domain::unit::{Title, UnitCode};
use sea_orm::{DatabaseConnection, EntityTrait, PaginatorTrait, TransactionTrait};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::entity::marketplace;
use crate::entity::unit::{parentage, published_figure, row, succession, target};
use crate::{StoreError, bulk};

const UNITS_2024: File = File("units_2024.csv", include_str!("../../../seeds/units_2024.csv"));
const UNITS_2025: File = File("units_2025.csv", include_str!("../../../seeds/units_2025.csv"));
const SUCCESSIONS: File =
    File("unit_successions.csv", include_str!("../../../seeds/unit_successions.csv"));
const HAMLETS: File = File("hamlets.csv", include_str!("../../../seeds/hamlets.csv"));
const PUBLISHED: File =
    File("published_indicators.csv", include_str!("../../../seeds/published_indicators.csv"));
const TARGETS: File =
    File("indicator_targets.csv", include_str!("../../../seeds/indicator_targets.csv"));

const MARKETPLACES: File =
    File("marketplaces.csv", include_str!("../../../seeds/marketplaces.csv"));

/// The first key of a hamlet; leaves room for units above.
const FIRST_HAMLET: i32 = 1_001;

struct File(&'static str, &'static str);

impl File {
    fn rows<T: DeserializeOwned>(&self) -> Result<Vec<T>, StoreError> {
        csv::Reader::from_reader(self.1.as_bytes())
            .into_deserialize()
            .collect::<Result<_, _>>()
            .map_err(|error| self.damaged(&error.to_string()))
    }

    fn damaged(&self, what: &str) -> StoreError {
        StoreError::Reference { what: format!("{}: {what}", self.0) }
    }
}

#[derive(Deserialize)]
struct UnitRow {
    code: String,
    kind: String,
    name: String,
    parent_code: String,
    valid_from: Option<NaiveDate>,
    valid_to: Option<NaiveDate>,
}

#[derive(Deserialize)]
struct SuccessionRow {
    old_code: String,
    new_code: String,
    share: String,
    effective_on: NaiveDate,
    legal_act: String,
}

#[derive(Deserialize)]
struct HamletRow {
    code: String,
    kind: String,
    name: String,
    commune_code: String,
}

#[derive(Deserialize)]
struct PublishedRow {
    code: String,
    unit_code: String,
    value: f64,
    comparison: String,
    as_of: NaiveDate,
    source: String,
}

#[derive(Deserialize)]
struct TargetRow {
    code: String,
    value: f64,
    due_on: NaiveDate,
    source: String,
}

#[derive(Deserialize)]
struct MarketplaceRow {
    code: String,
    name: String,
    valid_from: Option<NaiveDate>,
    valid_to: Option<NaiveDate>,
}

/// All reference rows, ready to be stored.
#[derive(Default)]
struct Reference {
    units: Vec<row::Model>,
    parentages: Vec<parentage::Model>,
    successions: Vec<succession::Model>,
    published: Vec<published_figure::Model>,
    targets: Vec<target::Model>,
}

/// Loads the reference data into a database that has none.
pub(crate) async fn load_into_empty(connection: &DatabaseConnection) -> Result<(), StoreError> {
    load_units(connection).await?;
    load_marketplaces(connection).await
}

/// Loads marketplaces unless there are any: they came after the units.
async fn load_marketplaces(connection: &DatabaseConnection) -> Result<(), StoreError> {
    if marketplace::Entity::find().count(connection).await? > 0 {
        return Ok(());
    }
    let (rows, states) = marketplaces()?;
    let transaction = connection.begin().await?;
    bulk::insert::<marketplace::Entity>(&transaction, &rows, "").await?;
    bulk::insert::<marketplace::version::Entity>(&transaction, &states, "").await?;
    Ok(transaction.commit().await?)
}

/// The marketplaces, and the state that each begins in.
fn marketplaces() -> Result<(Vec<marketplace::Model>, Vec<marketplace::version::Model>), StoreError>
{
    let mut all = (Vec::new(), Vec::new());
    for MarketplaceRow { code, name, valid_from, valid_to } in MARKETPLACES.rows()? {
        code.parse::<MarketplaceCode>()
            .and_then(|_| MarketplaceName::parse(&name))
            .map_err(|rule| MARKETPLACES.damaged(&rule.message(Language::English)))?;
        all.1.push(marketplace::version::Model {
            code: code.clone(),
            version: 1,
            recorded_at: DateTime::UNIX_EPOCH,
            actor: "reference".into(),
            name: name.clone(),
            valid_from,
            valid_until: valid_to,
        });
        let valid_until = valid_to;
        all.0.push(marketplace::Model { code, name, valid_from, valid_until, version: 1 });
    }
    Ok(all)
}

/// Loads units and what was published about them unless there are units already.
async fn load_units(connection: &DatabaseConnection) -> Result<(), StoreError> {
    if row::Entity::find().count(connection).await? > 0 {
        return Ok(());
    }
    let reference = Reference::parse()?;
    let transaction = connection.begin().await?;
    bulk::insert::<row::Entity>(&transaction, &reference.units, "").await?;
    bulk::insert::<parentage::Entity>(&transaction, &reference.parentages, "").await?;
    bulk::insert::<succession::Entity>(&transaction, &reference.successions, "").await?;
    bulk::insert::<published_figure::Entity>(&transaction, &reference.published, "").await?;
    bulk::insert::<target::Entity>(&transaction, &reference.targets, "").await?;
    Ok(transaction.commit().await?)
}

impl Reference {
    fn parse() -> Result<Self, StoreError> {
        let mut all = Self::default();
        let before = all.add_era(&UNITS_2024)?;
        let after = all.add_era(&UNITS_2025)?;
        let went_to = all.add_successions(&before, &after)?;
        all.add_hamlets(&before, &went_to)?;
        all.add_statements(&before)?;
        Ok(all)
    }

    /// Adds the units of one era; their keys by code.
    fn add_era(&mut self, file: &File) -> Result<HashMap<String, i32>, StoreError> {
        let rows: Vec<UnitRow> = file.rows()?;
        let first = key(self.units.len()) + 1;
        let ids: HashMap<_, _> = rows
            .iter()
            .enumerate()
            .map(|(at, unit)| (unit.code.clone(), first + key(at)))
            .collect();
        for (at, unit) in rows.into_iter().enumerate() {
            let id = first + key(at);
            if !unit.parent_code.is_empty() {
                let parent = ids.get(&unit.parent_code);
                let parent = *parent
                    .ok_or_else(|| file.damaged(&format!("no parent {}", unit.parent_code)))?;
                self.add_parentage(id, parent, unit.valid_from, unit.valid_to);
            }
            check(file, &unit.code, &unit.kind)?;
            self.units.push(row::Model {
                id,
                code: unit.code,
                title: unit.kind,
                name: unit.name,
                valid_from: unit.valid_from,
                valid_until: unit.valid_to,
            });
        }
        Ok(ids)
    }

    /// Adds what became of each unit; by old key, the new key and since when.
    fn add_successions(
        &mut self,
        before: &HashMap<String, i32>,
        after: &HashMap<String, i32>,
    ) -> Result<HashMap<i32, (i32, NaiveDate)>, StoreError> {
        let mut went_to = HashMap::new();
        for SuccessionRow { old_code, new_code, share, effective_on, legal_act } in
            SUCCESSIONS.rows()?
        {
            let (Some(&old_id), Some(&new_id), "whole") =
                (before.get(&old_code), after.get(&new_code), share.as_str())
            else {
                return Err(SUCCESSIONS.damaged(&format!("{old_code} → {new_code}, {share}")));
            };
            went_to.insert(old_id, (new_id, effective_on));
            self.successions.push(succession::Model {
                id: key(self.successions.len()) + 1,
                old_id,
                new_id,
                share_millionths: 1_000_000,
                effective_on,
                legal_act,
            });
        }
        Ok(went_to)
    }

    /// Adds the hamlets: each went over whole with its commune.
    fn add_hamlets(
        &mut self,
        before: &HashMap<String, i32>,
        went_to: &HashMap<i32, (i32, NaiveDate)>,
    ) -> Result<(), StoreError> {
        for (at, HamletRow { code, kind, name, commune_code }) in
            HAMLETS.rows()?.into_iter().enumerate()
        {
            let id = FIRST_HAMLET + key(at);
            let commune =
                before.get(&commune_code).and_then(|old| Some((*old, *went_to.get(old)?)));
            let (old, (new, since)) =
                commune.ok_or_else(|| HAMLETS.damaged(&format!("no commune {commune_code}")))?;
            self.add_parentage(id, old, None, Some(since));
            self.add_parentage(id, new, Some(since), None);
            check(&HAMLETS, &code, &kind)?;
            self.units.push(row::Model {
                id,
                code,
                title: kind,
                name,
                valid_from: None,
                valid_until: None,
            });
        }
        Ok(())
    }

    fn add_statements(&mut self, before: &HashMap<String, i32>) -> Result<(), StoreError> {
        let indicator = |file: &File, code: String| match IndicatorCode::from_code(&code) {
            Some(_) => Ok(code),
            None => Err(file.damaged(&format!("no indicator {code}"))),
        };
        for row in PUBLISHED.rows::<PublishedRow>()? {
            let unit_id = before.get(&row.unit_code);
            self.published.push(published_figure::Model {
                id: key(self.published.len()) + 1,
                indicator: indicator(&PUBLISHED, row.code)?,
                unit_id: *unit_id
                    .ok_or_else(|| PUBLISHED.damaged(&format!("no unit {}", row.unit_code)))?,
                value: row.value,
                comparison: row.comparison,
                as_of: row.as_of,
                source: row.source,
            });
        }
        for row in TARGETS.rows::<TargetRow>()? {
            self.targets.push(target::Model {
                id: key(self.targets.len()) + 1,
                indicator: indicator(&TARGETS, row.code)?,
                value: row.value,
                due_on: row.due_on,
                source: row.source,
            });
        }
        Ok(())
    }

    fn add_parentage(
        &mut self,
        unit_id: i32,
        parent_id: i32,
        valid_from: Option<NaiveDate>,
        valid_until: Option<NaiveDate>,
    ) {
        let id = key(self.parentages.len()) + 1;
        self.parentages.push(parentage::Model { id, unit_id, parent_id, valid_from, valid_until });
    }
}

/// A place in a file as a key; the files are far shorter than any key's range.
fn key(place: usize) -> i32 {
    i32::try_from(place).unwrap_or(i32::MAX)
}

fn check(file: &File, code: &str, kind: &str) -> Result<(), StoreError> {
    let level = code
        .parse::<UnitCode>()
        .map_err(|rule| file.damaged(&rule.message(Language::English)))?
        .level();
    match Title::from_vietnamese(kind) {
        Some(title) if title.level() == level => Ok(()),
        _ => Err(file.damaged(&format!("{code} is no {kind}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_data_is_whole() {
        let reference = Reference::parse().unwrap();
        let hamlets = reference.units.iter().filter(|unit| unit.code.len() == 8).count();
        assert_eq!(hamlets, 525);
        assert_eq!(reference.units.len(), 84 + 29 + 525);
        assert_eq!(reference.successions.len(), 76);
        assert_eq!(marketplaces().unwrap().0.len(), 9);
    }
}
