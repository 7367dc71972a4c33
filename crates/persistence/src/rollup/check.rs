//! Recomputes all rollups from the records, and tells where those that are kept differ.

use std::collections::BTreeMap;
use std::fmt;

use registry_domain::rollup::{Changes, Sign, accumulate, changes};
use registry_domain::tally::{Tally, TallyChanges, accumulate as accumulate_tallies};
use registry_domain::time::{Instant, YearMonth};
use registry_domain::unit::UnitId;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, IdenStatic, QuerySelect};

use super::{measure_columns, measures};
use crate::StoreError;
use crate::community;
use crate::coverage;
use crate::engine::snapshot;
use crate::entity::rollup::Entity;
use crate::entity::{household, tally};
use crate::household::dossiers_between;
use crate::institution;
use crate::store::Inner;

/// Households recomputed at a time.
const CHECKED_AT_A_TIME: i32 = 5_000;

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
    pub kept: i64,
    /// The change that follows from the records.
    pub recomputed: i64,
}

impl fmt::Display for RollupDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hamlet, month, measure, kept, recomputed } = self;
        write!(f, "{hamlet} {month} {measure}: kept {kept}, records say {recomputed}")
    }
}

/// Recomputes everything from the records, in one state of the database.
pub(crate) async fn check(store: &Inner) -> Result<Vec<RollupDifference>, StoreError> {
    let snapshot = snapshot(&store.connections.readers).await?;
    let (kept, recomputed) = (kept(&snapshot).await?, recomputed(&snapshot, None).await?);
    let (kept_tallies, tallies) = (kept_tallies(&snapshot).await?, tallies(&snapshot, None).await?);
    snapshot.rollback().await?;
    let mut found = differences(store, &by_column(&kept), &by_column(&recomputed));
    found.extend(differences(store, &by_name(&kept_tallies), &by_name(&tallies)));
    Ok(found)
}

async fn kept(snapshot: &DatabaseTransaction) -> Result<Changes, StoreError> {
    let rows = Entity::find().all(snapshot).await?.into_iter();
    let keyed = rows.map(|row| {
        ((UnitId::new(row.hamlet_id), YearMonth::from_index(row.month)), measures(&row))
    });
    Ok(keyed.collect())
}

/// What the households and surveys say that were recorded by a moment, or by now.
pub(super) async fn recomputed(
    snapshot: &DatabaseTransaction,
    as_of: Option<Instant>,
) -> Result<Changes, StoreError> {
    let last: Option<Option<i32>> = household::Entity::find()
        .select_only()
        .column_as(household::Column::Number.max(), "last")
        .into_tuple()
        .one(snapshot)
        .await?;
    let last = last.flatten().unwrap_or_default();
    let mut found = Changes::new();
    for first in (0..=last).step_by(CHECKED_AT_A_TIME.unsigned_abs() as usize) {
        let last = first + CHECKED_AT_A_TIME - 1;
        let dossiers = dossiers_between(snapshot, first, last, as_of).await?;
        for dossier in dossiers.values() {
            accumulate(&mut found, changes(&dossier.history()), Sign::Plus);
        }
    }
    Ok(found)
}

async fn kept_tallies(snapshot: &DatabaseTransaction) -> Result<TallyChanges, StoreError> {
    let rows = tally::Entity::find().all(snapshot).await?.into_iter();
    let keyed = rows.map(|row| {
        let tally = Tally::from_code(&row.tally);
        let tally = tally.ok_or_else(|| StoreError::damaged(format!("tally {}", row.tally)))?;
        let place = (UnitId::new(row.hamlet_id), YearMonth::from_index(row.month), tally);
        Ok((place, row.change))
    });
    keyed.collect()
}

/// What the records of each noun say that were recorded by a moment, or by now.
pub(super) async fn tallies(
    snapshot: &DatabaseTransaction,
    as_of: Option<Instant>,
) -> Result<TallyChanges, StoreError> {
    let mut found = TallyChanges::new();
    let counted = [
        community::tallies(snapshot, as_of).await?,
        coverage::tallies(snapshot, as_of).await?,
        institution::tallies(snapshot, as_of).await?,
    ];
    for changes in counted {
        accumulate_tallies(&mut found, changes, Sign::Plus);
    }
    Ok(found)
}

/// Changes by place and by the name of what changed.
type Named = BTreeMap<Place, i64>;

type Place = (UnitId, YearMonth, &'static str);

fn by_column(changes: &Changes) -> Named {
    let named = changes.iter().flat_map(|((hamlet, month), measures)| {
        let pairs = measure_columns().zip(measures.as_array());
        pairs.map(|(column, count)| ((*hamlet, *month, column.as_str()), i64::from(*count)))
    });
    named.collect()
}

fn by_name(changes: &TallyChanges) -> Named {
    changes
        .iter()
        .map(|((hamlet, month, tally), change)| ((*hamlet, *month, tally.code()), *change))
        .collect()
}

fn differences(store: &Inner, kept: &Named, recomputed: &Named) -> Vec<RollupDifference> {
    let mut places: Vec<_> = kept.keys().chain(recomputed.keys()).copied().collect();
    places.sort_unstable();
    places.dedup();
    let units = store.units.load();
    let at = |changes: &Named, place: &Place| changes.get(place).copied().unwrap_or_default();
    let differs = |place: &Place| {
        let (kept, recomputed) = (at(kept, place), at(recomputed, place));
        (kept != recomputed).then(|| {
            let (hamlet, month, measure) = *place;
            let named = units.get(hamlet).map(|unit| format!("{} ({})", unit.name, unit.code));
            RollupDifference {
                hamlet: named.unwrap_or_else(|| hamlet.get().to_string()),
                month,
                measure: measure.to_owned(),
                kept,
                recomputed,
            }
        })
    };
    places.iter().filter_map(differs).collect()
}
