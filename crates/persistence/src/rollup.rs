//! Rollups: applied in the writing transaction, kept in memory for reading, checked against the records.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use registry_domain::rollup::{Changes, Measure, Measures, RollupCube, Sign, accumulate, changes};
use registry_domain::time::YearMonth;
use registry_domain::unit::UnitId;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, IdenStatic, IsolationLevel, Iterable,
    ModelTrait, QueryFilter, QueryOrder, QuerySelect, TransactionTrait, Value,
};
use tokio::sync::Mutex;

use crate::entity::household;
use crate::entity::rollup::{Column, Entity, Model, version};
use crate::household::dossiers_between;
use crate::store::Inner;
use crate::writer::Writer;
use crate::{StoreError, bulk};

/// Households recomputed at a time.
const CHECKED_AT_A_TIME: i32 = 5_000;

/// Adds `changes` to the kept rollups and counts up the version of every hamlet they touch.
pub(crate) async fn apply(writer: &Writer, mut changes: Changes) -> Result<(), StoreError> {
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
    bulk::insert::<Entity>(&writer.transaction, &rows, &on_conflict).await?;

    let mut hamlets: Vec<version::Model> =
        rows.iter().map(|row| version::Model { hamlet_id: row.hamlet_id, version: 1 }).collect();
    hamlets.dedup();
    let count_up = "ON CONFLICT (hamlet_id) DO UPDATE SET version = rollup_version.version + 1";
    bulk::insert::<version::Entity>(&writer.transaction, &hamlets, count_up).await
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

/// The rollups in memory, and which state of the database they show.
#[derive(Debug, Default)]
pub(crate) struct RollupCache {
    shown: ArcSwap<Shown>,
    /// Held while reading again, so that many requests don't read the same.
    versions: Mutex<HashMap<i32, i64>>,
}

#[derive(Debug, Default)]
struct Shown {
    /// The sum of all hamlets' versions. Every committed change counts one up, so an equal sum
    /// means an equal state, whichever process wrote.
    versions: i64,
    cube: Arc<RollupCube>,
}

impl RollupCache {
    /// The figures of the `newest` state, or of one still newer; reads the rows of hamlets that changed.
    pub(crate) async fn at(
        &self,
        newest: i64,
        connection: &impl ConnectionTrait,
    ) -> Result<Arc<RollupCube>, StoreError> {
        let shown = self.shown.load();
        if shown.versions == newest {
            return Ok(Arc::clone(&shown.cube));
        }
        let mut known = self.versions.lock().await;
        let shown = self.shown.load_full();
        if shown.versions >= newest {
            return Ok(Arc::clone(&shown.cube));
        }
        let versions = version::Entity::find().all(connection).await?;
        let changed: Vec<i32> = versions
            .iter()
            .filter(|row| known.get(&row.hamlet_id) != Some(&row.version))
            .map(|row| row.hamlet_id)
            .collect();
        let mut cube = RollupCube::clone(&shown.cube);
        for (hamlet, rows) in rows_of(connection, changed).await? {
            let monthly = rows.iter().map(|row| (YearMonth::from_index(row.month), measures(row)));
            cube.replace(UnitId::new(hamlet), monthly);
        }
        // Rows may be newer than the versions read before them; then the next reader reads them again.
        let sum = versions.iter().map(|row| row.version).sum();
        *known = versions.into_iter().map(|row| (row.hamlet_id, row.version)).collect();
        let cube = Arc::new(cube);
        self.shown.store(Arc::new(Shown { versions: sum, cube: Arc::clone(&cube) }));
        Ok(cube)
    }
}

async fn rows_of(
    connection: &impl ConnectionTrait,
    hamlets: Vec<i32>,
) -> Result<HashMap<i32, Vec<Model>>, StoreError> {
    let rows = Entity::find()
        .filter(Column::HamletId.is_in(hamlets))
        .order_by_asc(Column::Month)
        .all(connection)
        .await?;
    let mut by_hamlet: HashMap<i32, Vec<Model>> = HashMap::new();
    for row in rows {
        by_hamlet.entry(row.hamlet_id).or_default().push(row);
    }
    Ok(by_hamlet)
}

/// A place where the kept rollups differ from the records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollupDifference {
    /// The hamlet, by name and code.
    pub hamlet: String,
    /// The month of the change.
    pub month: YearMonth,
    /// The measure, as the column is called.
    pub measure: String,
    /// The change that is kept.
    pub kept: i32,
    /// The change that follows from the records.
    pub recomputed: i32,
}

impl fmt::Display for RollupDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hamlet, month, measure, kept, recomputed } = self;
        write!(f, "{hamlet} {month} {measure}: kept {kept}, records say {recomputed}")
    }
}

/// Recomputes everything from the records, in one state of the database.
pub(crate) async fn check(store: &Inner) -> Result<Vec<RollupDifference>, StoreError> {
    let readers = &store.connections.readers;
    let snapshot = match readers.get_database_backend() {
        DbBackend::Postgres => {
            readers.begin_with_config(Some(IsolationLevel::RepeatableRead), None).await?
        }
        // SQLite's transactions always see one state.
        _ => readers.begin().await?,
    };
    let last: Option<Option<i32>> = household::Entity::find()
        .select_only()
        .column_as(household::Column::Number.max(), "last")
        .into_tuple()
        .one(&snapshot)
        .await?;
    let last = last.flatten().unwrap_or_default();
    let mut recomputed = Changes::new();
    for first in (0..=last).step_by(CHECKED_AT_A_TIME.unsigned_abs() as usize) {
        for dossier in
            dossiers_between(&snapshot, first, first + CHECKED_AT_A_TIME - 1).await?.values()
        {
            accumulate(&mut recomputed, changes(&dossier.history()), Sign::Plus);
        }
    }
    let mut kept = Changes::new();
    for row in Entity::find().all(&snapshot).await? {
        kept.insert((UnitId::new(row.hamlet_id), YearMonth::from_index(row.month)), measures(&row));
    }
    snapshot.rollback().await?;
    Ok(differences(store, &kept, &recomputed))
}

fn differences(store: &Inner, kept: &Changes, recomputed: &Changes) -> Vec<RollupDifference> {
    let mut places: Vec<_> = kept.keys().chain(recomputed.keys()).copied().collect();
    places.sort_unstable();
    places.dedup();
    let mut found = Vec::new();
    for place in places {
        let at = |changes: &Changes| changes.get(&place).copied().unwrap_or_default();
        let (kept, recomputed) = (at(kept), at(recomputed));
        let pairs = kept.as_array().iter().zip(recomputed.as_array());
        for (column, (kept, recomputed)) in measure_columns().zip(pairs) {
            if kept != recomputed {
                let (hamlet, month) = place;
                let named =
                    store.units.get(hamlet).map(|unit| format!("{} ({})", unit.name, unit.code));
                found.push(RollupDifference {
                    hamlet: named.unwrap_or_else(|| hamlet.get().to_string()),
                    month,
                    measure: column.as_str().to_owned(),
                    kept: *kept,
                    recomputed: *recomputed,
                });
            }
        }
    }
    found
}
