//! Changing and dissolving teams: two ways to a next version.

use std::collections::{BTreeSet, HashMap};

use registry_domain::community::{
    CommunityRule, Team, TeamChange, TeamCode, TeamDissolution, presence,
};
use registry_domain::fault::{Faults, Path, Rule};
use registry_domain::household::past_date;
use registry_domain::rollup::Sign;
use registry_domain::tally::{Span, TallyChanges, accumulate};
use registry_domain::time::{Date, YearMonth};
use registry_domain::unit::UnitId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::register::teams_of;
use super::{require_unit, stored_number};
use crate::entity::community::{Column, Entity, Model, activity, version};
use crate::writer::{Command, Row, Writer, bounded};
use crate::{StoreError, WriteError, rollup};

/// Changes teams; at most one change each.
#[derive(Debug)]
pub struct ChangeTeams(pub Vec<Row<TeamChange>>);

/// Dissolves teams.
#[derive(Debug)]
pub struct DissolveTeams(pub Vec<Row<TeamDissolution>>);

/// A team before and after.
#[derive(Debug)]
pub struct TeamAmendment {
    before: Model,
    after: Model,
}

/// The rows are known whole; a team's unit and first day never change.
const STATE: [Column; 4] =
    [Column::Members, Column::DissolvedOn, Column::EffectiveOn, Column::Version];

impl Command for ChangeTeams {
    const ACTION: &'static str = "team.change";
    type Plan = Vec<TeamAmendment>;
    /// The numbers of the teams.
    type Outcome = Vec<u32>;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let mut current = Current::lock(writer, self.0.iter().map(|row| row.value.team)).await?;
        let mut faults = Faults::default();
        let mut plan = Vec::with_capacity(self.0.len());
        for Row { at, value: TeamChange { team, version, effective_on, members } } in self.0 {
            let date = ("effectiveOn", effective_on);
            let Some(before) = current.take(writer, &at, (team, version), date, &mut faults) else {
                continue;
            };
            let members = i16::from(members.get());
            if members == before.members {
                faults.push(at, Rule::NothingToChange);
            }
            let after =
                Model { members, effective_on, version: before.version + 1, ..before.clone() };
            plan.push(TeamAmendment { before, after });
        }
        faults.or(Some(plan)).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        carry_out(plan, writer).await
    }
}

impl Command for DissolveTeams {
    const ACTION: &'static str = "team.dissolve";
    type Plan = Vec<TeamAmendment>;
    /// The numbers of the teams.
    type Outcome = Vec<u32>;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let teams = || self.0.iter().map(|row| row.value.team);
        let mut current = Current::lock(writer, teams()).await?;
        let busy = last_help(writer, teams().map(stored_number)).await?;
        let mut faults = Faults::default();
        let mut plan = Vec::with_capacity(self.0.len());
        for Row { at, value: TeamDissolution { team, version, dissolved_on } } in self.0 {
            let date = ("dissolvedOn", dissolved_on);
            let Some(before) = current.take(writer, &at, (team, version), date, &mut faults) else {
                continue;
            };
            // A team that helped somebody existed on some day of that month.
            let earliest = busy.get(&before.number).and_then(|month| month.first_day().succ_opt());
            if let Some(earliest) = earliest.filter(|earliest| dissolved_on < *earliest) {
                faults.push(at.field("dissolvedOn"), Rule::DateTooEarly { earliest });
            }
            let after = Model {
                dissolved_on: Some(dissolved_on),
                effective_on: dissolved_on,
                version: before.version + 1,
                ..before.clone()
            };
            plan.push(TeamAmendment { before, after });
        }
        faults.or(Some(plan)).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        carry_out(plan, writer).await
    }
}

/// Locks teams, in order of number, so that two batches can't wait for each other.
pub(super) async fn locked(
    writer: &Writer,
    codes: impl Iterator<Item = TeamCode>,
) -> Result<HashMap<TeamCode, Model>, StoreError> {
    let codes: BTreeSet<TeamCode> = codes.collect();
    let select = Entity::find()
        .filter(Column::Number.is_in(codes.iter().copied().map(stored_number)))
        .order_by_asc(Column::Number);
    let found = writer.locking(select).all(&writer.transaction).await?;
    found.into_iter().map(|row| Ok((super::code(row.number)?, row))).collect()
}

/// The last month in which each of these teams helped anybody, if it did.
async fn last_help(
    writer: &Writer,
    teams: impl Iterator<Item = i32>,
) -> Result<HashMap<i32, YearMonth>, StoreError> {
    let found: Vec<(i32, i32)> = activity::Entity::find()
        .select_only()
        .column(activity::Column::Team)
        .column_as(activity::Column::Month.max(), "last")
        .filter(activity::Column::Team.is_in(teams))
        .filter(activity::Column::SupersededAt.is_null())
        .filter(activity::Column::People.gt(0))
        .group_by(activity::Column::Team)
        .into_tuple()
        .all(&writer.transaction)
        .await?;
    Ok(found.into_iter().map(|(team, last)| (team, YearMonth::from_index(last))).collect())
}

/// The teams that a command is about, locked, each to be taken once.
struct Current {
    teams: HashMap<TeamCode, Model>,
    taken: HashMap<TeamCode, usize>,
    rows: usize,
}

impl Current {
    async fn lock(
        writer: &Writer,
        codes: impl Iterator<Item = TeamCode>,
    ) -> Result<Self, StoreError> {
        Ok(Self { teams: locked(writer, codes).await?, taken: HashMap::new(), rows: 0 })
    }

    /// The team, if it may be amended as of the date.
    fn take(
        &mut self,
        writer: &Writer,
        at: &Path,
        (team, version): (TeamCode, u32),
        (date_name, date): (&'static str, Date),
        faults: &mut Faults,
    ) -> Option<Model> {
        let place = self.rows;
        self.rows += 1;
        let first = *self.taken.entry(team).or_insert(place);
        if first != place {
            faults.push(at.field("team"), Rule::DuplicateInBatch { first });
            return None;
        }
        let Some(row) = self.teams.remove(&team) else {
            faults.push(at.field("team"), CommunityRule::UnknownTeam { team }.into());
            return None;
        };
        let here = require_unit(writer, UnitId::new(row.unit_id), row.founded_on);
        faults.keep(at.field("team"), here)?;
        let current = row.version.cast_unsigned();
        if current != version {
            faults.push(at.field("version"), Rule::StaleVersion { given: version, current });
            return None;
        }
        if let Some(since) = row.dissolved_on {
            faults.push(at.field("team"), CommunityRule::TeamDissolved { since }.into());
            return None;
        }
        let dated = past_date(date, row.effective_on, writer.today());
        faults.keep(at.field(date_name), dated).map(|_| row)
    }
}

async fn carry_out(plan: Vec<TeamAmendment>, writer: &Writer) -> Result<Vec<u32>, StoreError> {
    rollup::apply_tallies(writer, endings(&plan, writer).await?)?;
    let after: Vec<Model> = plan.into_iter().map(|amendment| amendment.after).collect();
    let versions: Vec<_> = after.iter().map(|row| row.as_version(writer)).collect();
    writer.rewrite::<Entity>(&after, &STATE).await?;
    writer.record::<version::Entity>(&versions).await?;
    Ok(after.iter().map(|row| row.number.cast_unsigned()).collect())
}

/// What the tallies of hamlets change by because their teams ended.
async fn endings(plan: &[TeamAmendment], writer: &Writer) -> Result<TallyChanges, StoreError> {
    let ended = plan.iter().filter(|TeamAmendment { before, after }| {
        before.is_hamlet && before.dissolved_on != after.dissolved_on
    });
    let ended: HashMap<UnitId, &Model> =
        ended.map(|change| (UnitId::new(change.after.unit_id), &change.after)).collect();
    let mut changes = TallyChanges::new();
    if ended.is_empty() {
        return Ok(changes);
    }
    let teams = teams_of(writer, ended.keys().map(|unit| unit.get())).await?;
    for (hamlet, teams) in teams {
        let Some(after) = ended.get(&hamlet) else { continue };
        let spans: Vec<Span> = teams.iter().map(Team::span).collect();
        accumulate(&mut changes, presence(hamlet, &spans), Sign::Minus);
        let span = |team: &Team| {
            if stored_number(team.code) == after.number {
                (team.founded_on, after.dissolved_on)
            } else {
                team.span()
            }
        };
        let spans: Vec<Span> = teams.iter().map(span).collect();
        accumulate(&mut changes, presence(hamlet, &spans), Sign::Plus);
    }
    Ok(changes)
}
