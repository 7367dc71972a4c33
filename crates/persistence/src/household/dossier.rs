//! All that is recorded of a household and that its figures follow from.

use std::collections::{BTreeMap, HashMap};

use registry_domain::household::Composition;
use registry_domain::rollup::{History, Measures, Stay};
use registry_domain::time::{Date, Instant};
use sea_orm::sea_query::{Expr, ExprTrait as _, JoinType, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};

use super::{abode, composition, stored_number};
use crate::cells::Cells;
use crate::entity::{connectivity_survey, household, household_version};
use crate::{StoreError, moment};

/// The versions and surveys of one household.
#[derive(Debug, Default)]
pub(crate) struct Dossier {
    stays: Vec<Stay>,
    compositions: Vec<Composition>,
    pub(crate) surveys: Vec<(Date, Measures)>,
}

impl Dossier {
    /// That of a household in its first version, without surveys.
    fn first(household: &household::Model) -> Result<Self, StoreError> {
        let household::Model { members, adults, working_age, .. } = *household;
        let hamlet = abode(household.hamlet_id, &household.status);
        Ok(Self {
            stays: vec![Stay { from: household.effective_on, hamlet }],
            compositions: vec![composition(members, adults, working_age)?],
            surveys: Vec::new(),
        })
    }

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

/// What of the dossiers of these households surveys can touch that were made on or after the first day given
/// with each: of what was found before, only the newest counts then.
pub(crate) async fn dossiers_from(
    connection: &impl ConnectionTrait,
    households: &BTreeMap<i32, household::Model>,
    first_days: &HashMap<i32, Date>,
) -> Result<BTreeMap<i32, Dossier>, StoreError> {
    use {connectivity_survey::Column as Survey, household::Column as Household};
    let mut found: BTreeMap<i32, Dossier> = BTreeMap::new();
    // The first version is the present state.
    let (unchanged, changed): (Vec<_>, Vec<_>) =
        households.values().partition(|household| household.version == 1);
    for household in unchanged {
        found.insert(household.number, Dossier::first(household)?);
    }
    if !changed.is_empty() {
        let changed = changed.into_iter().map(|household| household.number);
        let versions = Condition::all().add(household_version::Column::Number.is_in(changed));
        add_versions(connection, versions, &mut found).await?;
    }
    let late = |household: &&household::Model| {
        let first = first_days.get(&household.number);
        household.surveyed_on.is_some_and(|newest| first.is_none_or(|first| *first <= newest))
    };
    let late: Vec<i32> =
        households.values().filter(late).map(|household| household.number).collect();
    let survey = |column| Expr::col((connectivity_survey::Entity, column));
    let household = |column| Expr::col((household::Entity, column));
    let newest = survey(Survey::SurveyedOn).gte(household(Household::SurveyedOn));
    let wanted =
        if late.is_empty() { newest } else { newest.or(household(Household::Number).is_in(late)) };
    let same = survey(Survey::Number).equals((household::Entity, Household::Number));
    let mut surveys = connectivity_survey::Entity::find().into_query();
    surveys.join(JoinType::InnerJoin, household::Entity, same.and(wanted));
    surveys.and_where(household(Household::Number).is_in(households.keys().copied()));
    add_surveys(connection, &surveys, &mut found).await?;
    Ok(found)
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
    let mut found: BTreeMap<i32, Dossier> = BTreeMap::new();
    add_versions(connection, versions, &mut found).await?;
    let surveys = connectivity_survey::Entity::find().filter(surveys).into_query();
    add_surveys(connection, &surveys, &mut found).await?;
    Ok(found)
}

async fn add_versions(
    connection: &impl ConnectionTrait,
    versions: Condition,
    found: &mut BTreeMap<i32, Dossier>,
) -> Result<(), StoreError> {
    use household_version::Column;
    let versions = household_version::Entity::find()
        .select_only()
        .columns([Column::Number, Column::EffectiveOn, Column::HamletId])
        .columns([Column::Members, Column::Adults, Column::WorkingAge, Column::Status])
        .filter(versions)
        .order_by_asc(Column::Number)
        .order_by_asc(Column::Version)
        .into_query();
    for row in connection.query_all(&versions).await? {
        let mut cells = Cells::of(&row)?;
        let dossier = found.entry(cells.read()?).or_default();
        let (from, hamlet) = (cells.read()?, cells.read()?);
        let composition = composition(cells.read()?, cells.read()?, cells.read()?)?;
        dossier.stays.push(Stay { from, hamlet: abode(hamlet, cells.read()?) });
        dossier.compositions.push(composition);
    }
    Ok(())
}

async fn add_surveys(
    connection: &impl ConnectionTrait,
    surveys: &SelectStatement,
    found: &mut BTreeMap<i32, Dossier>,
) -> Result<(), StoreError> {
    for row in connection.query_all(surveys).await? {
        let survey = Cells::of(&row)?.read_survey()?.survey;
        let dossier = found.entry(stored_number(survey.household)).or_default();
        dossier.surveys.push((survey.surveyed_on, Measures::of(&survey)));
    }
    Ok(())
}
