//! Recording whom teams helped, month by month.

use std::collections::{BTreeSet, HashMap};

use registry_domain::community::{CommunityRule, Entry, HelpKind, NewActivity, Team};
use registry_domain::fault::{Faults, Rule};
use registry_domain::tally::{Tally, TallyChanges};
use registry_domain::time::{Date, YearMonth};
use registry_domain::unit::{Level, UnitId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::change::locked;
use super::{activity::activity, hamlet_on, require_unit, stored_number, team};
use crate::entity::community::activity::{Column, Entity, Model};
use crate::writer::{Command, Row, Writer, bounded};
use crate::{StoreError, WriteError, rollup};

/// Records counts, all or none.
#[derive(Debug)]
pub struct RecordActivity(pub Vec<Row<NewActivity>>);

/// The rows that join the records and those whose place they take.
#[derive(Debug)]
pub struct ActivityPlan(Vec<(Model, Option<Model>)>);

/// What a count is about: team, month, hamlet, kind.
type Place = (i32, i32, i32, HelpKind);

impl Command for RecordActivity {
    const ACTION: &'static str = "team.activity";
    type Plan = ActivityPlan;
    /// How many were recorded.
    type Outcome = usize;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        // What is about one team happens one after the other.
        let teams = locked(writer, self.0.iter().map(|row| row.value.team)).await?;
        let mut recorded = recorded(writer, &self.0).await?;
        let mut faults = Faults::default();
        let mut first_with = HashMap::new();
        let mut plan = Vec::with_capacity(self.0.len());
        for (row, Row { at, value: new }) in self.0.iter().enumerate() {
            let Some(known) = teams.get(&new.team).map(team).transpose()? else {
                let rule = CommunityRule::UnknownTeam { team: new.team };
                faults.push(at.field("team"), rule.into());
                continue;
            };
            faults.keep(at.field("team"), require_unit(writer, known.unit, known.founded_on));
            faults.keep(at.field("month"), month_allowed(writer, &known, new.month));
            let hamlet = faults.keep(at.field("hamlet"), place_of_help(writer, &known, new));
            let Some(hamlet) = hamlet else { continue };
            let place = (stored_number(new.team), new.month.index(), hamlet.get(), new.kind);
            let first = *first_with.entry(place).or_insert(row);
            if first != row {
                faults.push(at.field("kind"), Rule::DuplicateInBatch { first });
                continue;
            }
            let earlier = recorded.remove(&place);
            if let (Some(earlier), Entry::First) = (&earlier, new.entry) {
                let people = activity(earlier)?.people;
                faults.push(at.field("people"), CommunityRule::ActivityRecorded { people }.into());
            }
            plan.push((stored(writer, new, hamlet, earlier.as_ref()), earlier));
        }
        faults.or(Some(ActivityPlan(plan))).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let changes = plan.changes();
        let (new, earlier): (Vec<Model>, Vec<Option<Model>>) = plan.0.into_iter().unzip();
        let superseded_at = Some(writer.now);
        let ended = earlier.into_iter().flatten().map(|row| Model { superseded_at, ..row });
        let ended: Vec<Model> = ended.collect();
        writer.rewrite::<Entity>(&ended, &[Column::SupersededAt]).await?;
        writer.record::<Entity>(&new).await?;
        rollup::apply_tallies(writer, changes)?;
        Ok(new.len())
    }
}

impl ActivityPlan {
    /// What the tallies of hamlets change by.
    fn changes(&self) -> TallyChanges {
        let mut changes = TallyChanges::new();
        for (new, earlier) in &self.0 {
            let month = YearMonth::from_index(new.month);
            let place = (UnitId::new(new.hamlet_id), month, Tally::Helped);
            let before = earlier.as_ref().map_or(0, |row| row.people);
            *changes.entry(place).or_default() += i64::from(new.people) - i64::from(before);
        }
        changes
    }
}

/// The counts that rows may be about and that count now.
async fn recorded(
    writer: &Writer,
    rows: &[Row<NewActivity>],
) -> Result<HashMap<Place, Model>, StoreError> {
    let teams: BTreeSet<i32> = rows.iter().map(|row| stored_number(row.value.team)).collect();
    let months: BTreeSet<i32> = rows.iter().map(|row| row.value.month.index()).collect();
    let found = Entity::find()
        .filter(Column::Team.is_in(teams))
        .filter(Column::Month.is_in(months))
        .filter(Column::SupersededAt.is_null())
        .all(&writer.transaction)
        .await?;
    let keyed = found.into_iter().map(|row| {
        let kind = activity(&row)?.kind;
        Ok(((row.team, row.month, row.hamlet_id, kind), row))
    });
    keyed.collect()
}

fn month_allowed(writer: &Writer, team: &Team, month: YearMonth) -> Result<(), Rule> {
    let newest = YearMonth::of(writer.today());
    if month > newest {
        return Err(CommunityRule::FutureMonth { newest }.into());
    }
    if team.exists_in(month) {
        return Ok(());
    }
    let (from, until) = team.span();
    Err(CommunityRule::OutsideTeamTime { from, until }.into())
}

/// The hamlet that help is counted in: it lies within the team's unit at the end of the month or, if one of
/// them ends before, on the last day of both.
fn place_of_help(writer: &Writer, team: &Team, new: &NewActivity) -> Result<UnitId, Rule> {
    let (units, month) = (writer.units(), new.month);
    let last_day = |unit: UnitId, until: Date| {
        let nearest = units.get(unit).map(|unit| unit.validity.nearest(until));
        nearest.filter(|day| YearMonth::of(*day) == month).unwrap_or(until)
    };
    let unit = units.get(team.unit);
    let mut on = last_day(team.unit, month.last_day());
    let outside = || {
        let unit = unit.map(|unit| unit.name.clone()).unwrap_or_default();
        Rule::from(CommunityRule::OutsideTeam { unit })
    };
    let hamlet = match new.hamlet {
        Some(hamlet) => {
            on = last_day(hamlet, on);
            hamlet_on(writer, hamlet, on)?;
            hamlet
        }
        None if unit.is_some_and(|unit| unit.level() == Level::Hamlet) => team.unit,
        // A commune's team has to say where.
        None => return Err(outside()),
    };
    if units.tree(on).is_within(hamlet, team.unit) { Ok(hamlet) } else { Err(outside()) }
}

fn stored(writer: &Writer, new: &NewActivity, hamlet: UnitId, earlier: Option<&Model>) -> Model {
    Model {
        team: stored_number(new.team),
        month: new.month.index(),
        hamlet_id: hamlet.get(),
        kind: new.kind.code().to_owned(),
        revision: earlier.map_or(1, |row| row.revision + 1),
        people: new.people.get().cast_signed(),
        recorded_at: writer.now,
        actor: writer.principal.actor().to_owned(),
        superseded_at: None,
    }
}
