//! All that is recorded of a household and that its figures follow from.

use std::collections::BTreeMap;

use registry_domain::household::Composition;
use registry_domain::rollup::{History, Measures, Stay};
use registry_domain::time::{Date, Instant};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::{abode, composition};
use crate::connectivity::survey;
use crate::entity::{connectivity_survey, household_version};
use crate::{StoreError, moment};

/// The versions and surveys of one household.
#[derive(Debug, Default)]
pub(crate) struct Dossier {
    stays: Vec<Stay>,
    compositions: Vec<Composition>,
    pub(crate) surveys: Vec<(Date, Measures)>,
}

impl Dossier {
    pub(crate) fn history(&self) -> History {
        History { stays: self.stays.clone(), surveys: self.surveys.clone() }
    }

    /// The composition in force on `date`; the first one before that.
    pub(crate) fn composition_on(&self, date: Date) -> Option<Composition> {
        let newest = self.stays.iter().rposition(|stay| stay.from <= date).unwrap_or_default();
        self.compositions.get(newest).copied()
    }
}

/// The dossiers of these households, by number.
pub(crate) async fn dossiers(
    connection: &impl ConnectionTrait,
    numbers: &[i32],
) -> Result<BTreeMap<i32, Dossier>, StoreError> {
    if numbers.is_empty() {
        return Ok(BTreeMap::new());
    }
    let versions =
        Condition::all().add(household_version::Column::Number.is_in(numbers.iter().copied()));
    let surveys =
        Condition::all().add(connectivity_survey::Column::Number.is_in(numbers.iter().copied()));
    load(connection, versions, surveys).await
}

/// The dossiers of all households with numbers from `first` to `last`, of what was recorded by a moment
/// or by now.
pub(crate) async fn dossiers_between(
    connection: &impl ConnectionTrait,
    first: i32,
    last: i32,
    as_of: Option<Instant>,
) -> Result<BTreeMap<i32, Dossier>, StoreError> {
    use {connectivity_survey::Column as Survey, household_version::Column as Version};
    let versions =
        moment::recorded(Version::RecordedAt, as_of).add(Version::Number.between(first, last));
    let surveys =
        moment::recorded(Survey::RecordedAt, as_of).add(Survey::Number.between(first, last));
    load(connection, versions, surveys).await
}

async fn load(
    connection: &impl ConnectionTrait,
    versions: Condition,
    surveys: Condition,
) -> Result<BTreeMap<i32, Dossier>, StoreError> {
    use household_version::Column;
    let mut found: BTreeMap<i32, Dossier> = BTreeMap::new();
    let versions: Vec<(i32, Date, i32, i16, i16, i16, String)> = household_version::Entity::find()
        .select_only()
        .columns([Column::Number, Column::EffectiveOn, Column::HamletId])
        .columns([Column::Members, Column::Adults, Column::WorkingAge, Column::Status])
        .filter(versions)
        .order_by_asc(Column::Number)
        .order_by_asc(Column::Version)
        .into_tuple()
        .all(connection)
        .await?;
    for (number, from, hamlet_id, members, adults, working_age, status) in versions {
        let dossier = found.entry(number).or_default();
        dossier.stays.push(Stay { from, hamlet: abode(hamlet_id, &status) });
        dossier.compositions.push(composition(members, adults, working_age)?);
    }
    for row in connectivity_survey::Entity::find().filter(surveys).all(connection).await? {
        let dossier = found.entry(row.number).or_default();
        dossier.surveys.push((row.surveyed_on, Measures::of(&survey(&row)?)));
    }
    Ok(found)
}
