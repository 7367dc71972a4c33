//! Registering teams.

use std::collections::{BTreeSet, HashMap};

use registry_domain::community::{CommunityRule, NewTeam, Team, TeamCode, presence};
use registry_domain::fault::{Faults, Rule};
use registry_domain::household::{earliest_date, past_date};
use registry_domain::rollup::Sign;
use registry_domain::tally::{Span, TallyChanges, accumulate};
use registry_domain::time::Date;
use registry_domain::unit::{Level, UnitId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{hamlet_on, require_unit, stored_number, team};
use crate::entity::community::{Column, Entity, Model, version};
use crate::entity::unit::row as unit_row;
use crate::writer::{Command, Row, Writer, bounded};
use crate::{StoreError, WriteError, rollup};

/// Registers teams, in the order of the rows; each gets the next free number.
#[derive(Debug)]
pub struct RegisterTeams(pub Vec<Row<NewTeam>>);

/// The teams, and when their units had others.
#[derive(Debug)]
pub struct TeamPlan {
    new: Vec<(NewTeam, Level)>,
    others: HashMap<UnitId, Vec<Team>>,
}

impl Command for RegisterTeams {
    const ACTION: &'static str = "team.register";
    type Plan = TeamPlan;
    /// The numbers of the teams.
    type Outcome = Vec<u32>;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let others = lock_units(writer, self.0.iter().map(|row| row.value.unit)).await?;
        let mut faults = Faults::default();
        let mut first_with = HashMap::new();
        let mut new = Vec::with_capacity(self.0.len());
        for (place, Row { at, value }) in self.0.iter().enumerate() {
            let NewTeam { unit, founded_on, .. } = *value;
            let today = writer.today();
            faults.keep(at.field("foundedOn"), past_date(founded_on, earliest_date(), today));
            let on = founded_on.min(today);
            let level = faults.keep(at.field("unit"), team_level(writer, unit, on));
            let first = *first_with.entry(unit).or_insert(place);
            if first != place {
                faults.push(at.field("unit"), Rule::DuplicateInBatch { first });
            }
            let Some(level) = level else { continue };
            faults.keep(at.field("unit"), require_unit(writer, unit, on));
            let of_unit = others.get(&unit).map_or(&[][..], Vec::as_slice);
            let lasting = |other: &&Team| other.dissolved_on.is_none_or(|until| founded_on < until);
            if let Some(other) = of_unit.iter().find(lasting) {
                let rule = CommunityRule::TeamExists { team: other.code };
                faults.push(at.field("unit"), rule.into());
            }
            new.push((*value, level));
        }
        faults.or(Some(TeamPlan { new, others })).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let numbers = writer.take_numbers("community_team", plan.new.len()).await?;
        let (mut rows, mut changes) = (Vec::with_capacity(plan.new.len()), TallyChanges::new());
        for ((new, level), number) in plan.new.iter().zip(numbers) {
            let row = stored(new, *level, number)?;
            if row.is_hamlet {
                let others = plan.others.get(&new.unit).map_or(&[][..], Vec::as_slice);
                let mut spans: Vec<Span> = others.iter().map(Team::span).collect();
                accumulate(&mut changes, presence(new.unit, &spans), Sign::Minus);
                spans.push((new.founded_on, None));
                accumulate(&mut changes, presence(new.unit, &spans), Sign::Plus);
            }
            rows.push(row);
        }
        let versions: Vec<_> = rows.iter().map(|row| row.as_version(writer)).collect();
        writer.record::<Entity>(&rows).await?;
        writer.record::<version::Entity>(&versions).await?;
        rollup::apply_tallies(writer, changes)?;
        Ok(rows.iter().map(|row| row.number.cast_unsigned()).collect())
    }
}

fn stored(new: &NewTeam, level: Level, number: u32) -> Result<Model, StoreError> {
    let code = TeamCode::new(number).ok_or(StoreError::NumbersUsedUp)?;
    Ok(Model {
        number: stored_number(code),
        unit_id: new.unit.get(),
        is_hamlet: level == Level::Hamlet,
        members: new.members.get().into(),
        founded_on: new.founded_on,
        dissolved_on: None,
        effective_on: new.founded_on,
        version: 1,
    })
}

/// The level of a unit that may have a team on the date.
fn team_level(writer: &Writer, unit: UnitId, on: Date) -> Result<Level, Rule> {
    let units = writer.units();
    let unknown = || Rule::UnknownUnit { asked: unit.get().to_string(), on, hint: None };
    let found = units.get(unit).filter(|unit| unit.validity.holds(on)).ok_or_else(unknown)?;
    match found.level() {
        Level::Hamlet => hamlet_on(writer, unit, on).map(|()| Level::Hamlet),
        Level::Commune => Ok(Level::Commune),
        Level::Province | Level::District => {
            Err(CommunityRule::NotATeamUnit { name: found.name.clone() }.into())
        }
    }
}

/// Locks the units, in order, so that what is about one unit's teams happens one after the other; all
/// teams they ever had.
async fn lock_units(
    writer: &Writer,
    units: impl Iterator<Item = UnitId>,
) -> Result<HashMap<UnitId, Vec<Team>>, StoreError> {
    let units: BTreeSet<i32> = units.map(UnitId::get).collect();
    let select = unit_row::Entity::find()
        .filter(unit_row::Column::Id.is_in(units.iter().copied()))
        .order_by_asc(unit_row::Column::Id);
    writer.locking(select).all(&writer.transaction).await?;
    teams_of(writer, units).await
}

/// All teams that these units ever had.
pub(super) async fn teams_of(
    writer: &Writer,
    units: impl IntoIterator<Item = i32>,
) -> Result<HashMap<UnitId, Vec<Team>>, StoreError> {
    let select = Entity::find().filter(Column::UnitId.is_in(units));
    let mut found: HashMap<UnitId, Vec<Team>> = HashMap::new();
    for row in select.all(&writer.transaction).await? {
        found.entry(UnitId::new(row.unit_id)).or_default().push(team(&row)?);
    }
    Ok(found)
}
