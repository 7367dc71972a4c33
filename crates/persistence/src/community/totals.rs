//! What teams and sessions add up to: for a unit by kind and topic, and for hamlets as tallies.

use std::collections::HashMap;

use registry_domain::community::{HelpKind, Sums, TrainingTopic, add_up, presence};
use registry_domain::rollup::Sign;
use registry_domain::tally::{Span, Tally, TallyChanges, accumulate};
use registry_domain::time::{Date, Instant, YearMonth};
use registry_domain::unit::{Portion, UnitId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entity::community::{Column, Entity, activity, training, version};
use crate::moment::{recorded, standing};
use crate::{Reader, StoreError};

impl Reader {
    /// How many people were helped in the hamlets of a unit, by kind, in months from `from` to `to`; open
    /// to everyone.
    pub async fn help_sums(
        &self,
        portions: &[Portion],
        from: Option<YearMonth>,
        to: Option<YearMonth>,
    ) -> Result<Sums<HelpKind, 1>, StoreError> {
        use activity::{Column, Entity};
        let mut select = Entity::find()
            .select_only()
            .column(Column::HamletId)
            .column(Column::Kind)
            .column_as(Column::People.sum(), "people")
            .filter(Column::SupersededAt.is_null())
            .filter(Column::HamletId.is_in(hamlets(portions)))
            .group_by(Column::HamletId)
            .group_by(Column::Kind);
        if let Some(from) = from {
            select = select.filter(Column::Month.gte(from.index()));
        }
        if let Some(to) = to {
            select = select.filter(Column::Month.lte(to.index()));
        }
        let rows: Vec<(i32, String, i64)> = select.into_tuple().all(&self.connection).await?;
        let counted = rows.into_iter().map(|(hamlet, kind, people)| {
            let kind = HelpKind::from_code(&kind);
            let kind = kind.ok_or_else(|| StoreError::damaged("kind of help"))?;
            Ok((UnitId::new(hamlet), kind, [people.cast_unsigned()]))
        });
        Ok(add_up(portions, counted.collect::<Result<Vec<_>, StoreError>>()?))
    }

    /// How many sessions were held in the hamlets of a unit and how many people came, by topic, in months
    /// from `from` to `to`; open to everyone.
    pub async fn training_sums(
        &self,
        portions: &[Portion],
        from: Option<YearMonth>,
        to: Option<YearMonth>,
    ) -> Result<Sums<TrainingTopic, 2>, StoreError> {
        use training::{Column, Entity};
        let mut select = Entity::find()
            .select_only()
            .column(Column::HamletId)
            .column(Column::Topic)
            .column_as(Column::Number.count(), "sessions")
            .column_as(Column::Attendees.sum(), "attendees")
            .filter(Column::CancelledAt.is_null())
            .filter(Column::HamletId.is_in(hamlets(portions)))
            .group_by(Column::HamletId)
            .group_by(Column::Topic);
        if let Some(from) = from {
            select = select.filter(Column::HeldOn.gte(from.first_day()));
        }
        if let Some(to) = to {
            select = select.filter(Column::HeldOn.lte(to.last_day()));
        }
        let rows: Vec<(i32, String, i64, i64)> = select.into_tuple().all(&self.connection).await?;
        let counted = rows.into_iter().map(|(hamlet, topic, sessions, attendees)| {
            let topic = TrainingTopic::from_code(&topic);
            let topic = topic.ok_or_else(|| StoreError::damaged("topic of a session"))?;
            Ok((UnitId::new(hamlet), topic, [sessions, attendees].map(i64::cast_unsigned)))
        });
        Ok(add_up(portions, counted.collect::<Result<Vec<_>, StoreError>>()?))
    }
}

fn hamlets(portions: &[Portion]) -> impl Iterator<Item = i32> {
    portions.iter().map(|portion| portion.hamlet.get())
}

/// What the records of teams and sessions say of all tallies, those by a moment or by now.
pub(crate) async fn tallies(
    connection: &impl ConnectionTrait,
    as_of: Option<Instant>,
) -> Result<TallyChanges, StoreError> {
    let mut changes = TallyChanges::new();
    for (hamlet, spans) in spans(connection, as_of).await? {
        accumulate(&mut changes, presence(hamlet, &spans), Sign::Plus);
    }
    let helped: Vec<(i32, i32, i64)> = activity::Entity::find()
        .select_only()
        .column(activity::Column::HamletId)
        .column(activity::Column::Month)
        .column_as(activity::Column::People.sum(), "people")
        .filter(standing(activity::Column::RecordedAt, activity::Column::SupersededAt, as_of))
        .group_by(activity::Column::HamletId)
        .group_by(activity::Column::Month)
        .into_tuple()
        .all(connection)
        .await?;
    for (hamlet, month, people) in helped {
        let place = (UnitId::new(hamlet), YearMonth::from_index(month), Tally::Helped);
        *changes.entry(place).or_default() += people;
    }
    let trained: Vec<(i32, Date, i64)> = training::Entity::find()
        .select_only()
        .column(training::Column::HamletId)
        .column(training::Column::HeldOn)
        .column_as(training::Column::Attendees.sum(), "attendees")
        .filter(standing(training::Column::RecordedAt, training::Column::CancelledAt, as_of))
        .group_by(training::Column::HamletId)
        .group_by(training::Column::HeldOn)
        .into_tuple()
        .all(connection)
        .await?;
    for (hamlet, held_on, attendees) in trained {
        let place = (UnitId::new(hamlet), YearMonth::of(held_on), Tally::Trained);
        *changes.entry(place).or_default() += attendees;
    }
    Ok(changes)
}

/// When each hamlet had teams of its own.
async fn spans(
    connection: &impl ConnectionTrait,
    as_of: Option<Instant>,
) -> Result<HashMap<UnitId, Vec<Span>>, StoreError> {
    let teams: Vec<(i32, i32, Date)> = Entity::find()
        .select_only()
        .columns([Column::Number, Column::UnitId, Column::FoundedOn])
        .filter(Column::IsHamlet.eq(true))
        .into_tuple()
        .all(connection)
        .await?;
    let states: Vec<(i32, Option<Date>)> = version::Entity::find()
        .select_only()
        .columns([version::Column::Number, version::Column::DissolvedOn])
        .filter(recorded(version::Column::RecordedAt, as_of))
        .order_by_asc(version::Column::Number)
        .order_by_asc(version::Column::Version)
        .into_tuple()
        .all(connection)
        .await?;
    // Of each team the newest state, which comes last.
    let ends: HashMap<i32, Option<Date>> = states.into_iter().collect();
    let mut found: HashMap<UnitId, Vec<Span>> = HashMap::new();
    for (team, hamlet, founded_on) in teams {
        let Some(dissolved_on) = ends.get(&team).copied() else { continue };
        found.entry(UnitId::new(hamlet)).or_default().push((founded_on, dissolved_on));
    }
    Ok(found)
}
