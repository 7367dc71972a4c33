//! Rollups: applied in the writing transaction, kept in memory for reading, checked against the records.

mod cache;
mod check;
mod past;

use registry_domain::rollup::{Changes, Measure, Measures};
use registry_domain::tally::TallyChanges;
use registry_domain::time::YearMonth;
use registry_domain::unit::UnitId;
use sea_orm::{IdenStatic, Iterable, ModelTrait, Value};

use crate::StoreError;
use crate::bulk::Writes;
use crate::entity::rollup::{Column, Entity, Model, version};
use crate::entity::tally;
use crate::writer::Writer;

pub(crate) use cache::RollupCache;
pub use check::RollupDifference;
pub(crate) use check::check;
pub(crate) use past::PastRollups;

/// Adds `changes` to the kept rollups and counts up the version of every hamlet they touch, when the
/// command has done all else; once a command.
pub(crate) fn apply(writer: &Writer, mut changes: Changes) -> Result<(), StoreError> {
    changes.retain(|_, measures| !measures.is_zero());
    if changes.is_empty() {
        return Ok(());
    }
    // Changes are in order of hamlet and month, so that two batches can't wait for each other.
    let rows: Vec<Model> =
        changes.iter().map(|((hamlet, month), measures)| row(*hamlet, *month, measures)).collect();
    let add =
        measure_columns().map(|column| format!("{0} = rollup.{0} + excluded.{0}", column.as_str()));
    let add = add.collect::<Vec<_>>().join(", ");
    let on_conflict = format!("ON CONFLICT (hamlet_id, month) DO UPDATE SET {add}");
    let mut writes = writer.at_end();
    writes.insert::<Entity>(&rows, &on_conflict)?;
    count_up(&mut writes, rows.iter().map(|row| row.hamlet_id))
}

/// Adds `changes` to the kept tallies in the same way.
pub(crate) fn apply_tallies(writer: &Writer, mut changes: TallyChanges) -> Result<(), StoreError> {
    const ADD: &str = "ON CONFLICT (hamlet_id, month, tally) \
                       DO UPDATE SET change = tally_rollup.change + excluded.change";
    changes.retain(|_, change| *change != 0);
    if changes.is_empty() {
        return Ok(());
    }
    let row = |((hamlet, month, tally), change): (&(UnitId, YearMonth, _), &i64)| tally::Model {
        hamlet_id: hamlet.get(),
        month: month.index(),
        tally: registry_domain::tally::Tally::code(*tally).to_owned(),
        change: *change,
    };
    let rows: Vec<_> = changes.iter().map(row).collect();
    let mut writes = writer.at_end();
    writes.insert::<tally::Entity>(&rows, ADD)?;
    count_up(&mut writes, rows.iter().map(|row| row.hamlet_id))
}

/// Tells readers to read these hamlets again; given in order.
fn count_up(writes: &mut Writes, hamlets: impl Iterator<Item = i32>) -> Result<(), StoreError> {
    const COUNT_UP: &str =
        "ON CONFLICT (hamlet_id) DO UPDATE SET version = rollup_version.version + 1";
    let mut hamlets: Vec<_> =
        hamlets.map(|hamlet_id| version::Model { hamlet_id, version: 1 }).collect();
    hamlets.dedup();
    writes.insert::<version::Entity>(&hamlets, COUNT_UP)
}

fn measure_columns() -> impl Iterator<Item = Column> {
    Column::iter().filter(|column| !matches!(column, Column::HamletId | Column::Month))
}

fn row(hamlet: UnitId, month: YearMonth, measures: &Measures) -> Model {
    let [
        households_surveyed,
        households_with_fibre,
        adults,
        adults_with_smartphone,
        working_age,
        working_age_trained,
        adults_with_public_service_account,
        adults_with_vneid_level_2,
        adults_paying_cashless,
        adults_using_haugiang_app,
        adults_using_vssid,
        adults_using_zalo,
        adults_using_bank_app,
        adults_using_mobile_money,
        adults_using_viettel_money,
        adults_using_cashless_electricity,
        adults_using_cashless_water,
        adults_using_cashless_telecom,
    ] = *measures.as_array();
    Model {
        hamlet_id: hamlet.get(),
        month: month.index(),
        households_surveyed,
        households_with_fibre,
        adults,
        adults_with_smartphone,
        working_age,
        working_age_trained,
        adults_with_public_service_account,
        adults_with_vneid_level_2,
        adults_paying_cashless,
        adults_using_haugiang_app,
        adults_using_vssid,
        adults_using_zalo,
        adults_using_bank_app,
        adults_using_mobile_money,
        adults_using_viettel_money,
        adults_using_cashless_electricity,
        adults_using_cashless_water,
        adults_using_cashless_telecom,
    }
}

/// The measures of a row, in the order of the columns, which is the order of [`Measures`].
fn measures(row: &Model) -> Measures {
    let mut counts = [0; Measure::COUNT];
    for (count, column) in counts.iter_mut().zip(measure_columns()) {
        if let Value::Int(Some(stored)) = row.get(column) {
            *count = stored;
        }
    }
    Measures::from_array(counts)
}
