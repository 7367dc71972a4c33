//! Recording training sessions, and cancelling those that were recorded by mistake.

use std::collections::{BTreeSet, HashMap};

use registry_domain::community::{
    CommunityRule, NewTraining, TrainingAudience, TrainingCancellation, TrainingCode,
    TrainingStatus, TrainingTopic,
};
use registry_domain::fault::{Faults, Path, Rule};
use registry_domain::household::{earliest_date, past_date};
use registry_domain::tally::{Tally, TallyChanges};
use registry_domain::time::{Date, YearMonth};
use registry_domain::unit::UnitId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::session::training;
use super::{hamlet_on, stored_number};
use crate::entity::community::training::{Column, Entity, Model};
use crate::writer::{Command, Row, Writer, bounded};
use crate::{StoreError, WriteError, rollup};

/// Records sessions, in the order of the rows; each gets the next free number.
#[derive(Debug)]
pub struct RecordTrainings(pub Vec<Row<NewTraining>>);

/// Cancels sessions.
#[derive(Debug)]
pub struct CancelTrainings(pub Vec<Row<TrainingCancellation>>);

/// The sessions and why each is cancelled.
#[derive(Debug)]
pub struct CancellationPlan(Vec<(TrainingCancellation, Model)>);

/// The rows are known whole; only the cancellation is new.
const CANCELLATION: [Column; 3] =
    [Column::CancelledAt, Column::CancelledBy, Column::CancellationReason];

/// What makes two sessions the same.
type Place = (UnitId, Date, TrainingTopic, TrainingAudience);

impl Command for RecordTrainings {
    const ACTION: &'static str = "training.record";
    type Plan = Vec<NewTraining>;
    /// The numbers of the sessions.
    type Outcome = Vec<u32>;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let known = held(writer, &self.0).await?;
        let mut faults = Faults::default();
        let mut first_with = HashMap::new();
        for (row, Row { at, value: new }) in self.0.iter().enumerate() {
            let today = writer.today();
            let held_on = past_date(new.held_on, earliest_date(), today);
            faults.keep(at.field("heldOn"), held_on);
            let hamlet = hamlet_on(writer, new.hamlet, new.held_on.min(today));
            faults.keep(at.field("hamlet"), hamlet);
            faults.keep(at.field("hamlet"), writer.require_within(new.hamlet));
            let first = *first_with.entry(place(new)).or_insert(row);
            if first != row {
                faults.push(at.clone(), Rule::DuplicateInBatch { first });
            }
            if let Some(session) = known.get(&place(new)).copied() {
                faults.push(at.clone(), CommunityRule::DuplicateTraining { session }.into());
            }
        }
        let sessions = self.0.into_iter().map(|row| row.value).collect();
        faults.or(Some(sessions)).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let numbers = writer.take_numbers("training_session", plan.len()).await?;
        let numbered = plan.iter().zip(numbers);
        let rows = numbered.map(|(new, number)| stored(writer, new, number));
        let rows: Vec<Model> = rows.collect::<Result<_, _>>()?;
        let mut changes = TallyChanges::new();
        for row in &rows {
            *changes.entry(attendance(row)).or_default() += i64::from(row.attendees);
        }
        writer.record::<Entity>(&rows).await?;
        rollup::apply_tallies(writer, changes)?;
        Ok(rows.iter().map(|row| row.number.cast_unsigned()).collect())
    }
}

impl Command for CancelTrainings {
    const ACTION: &'static str = "training.cancel";
    type Plan = CancellationPlan;
    /// The numbers of the sessions.
    type Outcome = Vec<u32>;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let mut known = locked(writer, &self.0).await?;
        let mut faults = Faults::default();
        let mut first_with = HashMap::new();
        let mut plan = Vec::with_capacity(self.0.len());
        for (place, Row { at, value }) in self.0.into_iter().enumerate() {
            let first = *first_with.entry(value.session).or_insert(place);
            if first != place {
                faults.push(at.field("session"), Rule::DuplicateInBatch { first });
                continue;
            }
            let Some(row) = known.remove(&value.session) else {
                let rule = CommunityRule::UnknownTraining { session: value.session };
                faults.push(at.field("session"), rule.into());
                continue;
            };
            match cancellable(writer, &row, value.version, &at)? {
                Ok(()) => plan.push((value, row)),
                Err(found) => faults.extend(found),
            }
        }
        faults.or(Some(CancellationPlan(plan))).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let (mut rows, mut changes) = (Vec::with_capacity(plan.0.len()), TallyChanges::new());
        for (cancellation, row) in plan.0 {
            *changes.entry(attendance(&row)).or_default() -= i64::from(row.attendees);
            rows.push(Model {
                cancelled_at: Some(writer.now),
                cancelled_by: Some(writer.principal.actor().to_owned()),
                cancellation_reason: Some(cancellation.reason.into()),
                ..row
            });
        }
        writer.rewrite::<Entity>(&rows, &CANCELLATION).await?;
        rollup::apply_tallies(writer, changes)?;
        Ok(rows.iter().map(|row| row.number.cast_unsigned()).collect())
    }
}

const fn place(new: &NewTraining) -> Place {
    (new.hamlet, new.held_on, new.topic, new.audience)
}

/// Where the attendances of a session are counted.
fn attendance(row: &Model) -> (UnitId, YearMonth, Tally) {
    (UnitId::new(row.hamlet_id), YearMonth::of(row.held_on), Tally::Trained)
}

/// The sessions that rows may repeat.
async fn held(
    writer: &Writer,
    rows: &[Row<NewTraining>],
) -> Result<HashMap<Place, TrainingCode>, StoreError> {
    let hamlets: BTreeSet<i32> = rows.iter().map(|row| row.value.hamlet.get()).collect();
    let days: BTreeSet<Date> = rows.iter().map(|row| row.value.held_on).collect();
    let found = Entity::find()
        .filter(Column::HamletId.is_in(hamlets))
        .filter(Column::HeldOn.is_in(days))
        .filter(Column::CancelledAt.is_null())
        .all(&writer.transaction)
        .await?;
    let keyed = found.iter().map(|row| {
        let session = training(row)?;
        Ok((place(&session.content), session.code))
    });
    keyed.collect()
}

/// The sessions, locked in order of number, so that two batches can't wait for each other.
async fn locked(
    writer: &Writer,
    rows: &[Row<TrainingCancellation>],
) -> Result<HashMap<TrainingCode, Model>, StoreError> {
    let numbers: BTreeSet<i32> = rows.iter().map(|row| stored_number(row.value.session)).collect();
    let select = Entity::find().filter(Column::Number.is_in(numbers)).order_by_asc(Column::Number);
    let found = writer.locking(select).all(&writer.transaction).await?;
    found.into_iter().map(|row| Ok((super::code(row.number)?, row))).collect()
}

fn cancellable(
    writer: &Writer,
    row: &Model,
    version: u32,
    at: &Path,
) -> Result<Result<(), Faults>, StoreError> {
    let session = training(row)?;
    let mut faults = Faults::default();
    let here = writer.require_within(session.content.hamlet);
    if faults.keep(at.field("session"), here).is_some() {
        let current = session.version;
        if current != version {
            faults.push(at.field("version"), Rule::StaleVersion { given: version, current });
        } else if session.status() == TrainingStatus::Cancelled {
            faults.push(at.field("session"), CommunityRule::TrainingCancelled.into());
        }
    }
    Ok(faults.or(Some(())))
}

fn stored(writer: &Writer, new: &NewTraining, number: u32) -> Result<Model, StoreError> {
    let code = TrainingCode::new(number).ok_or(StoreError::NumbersUsedUp)?;
    Ok(Model {
        number: stored_number(code),
        hamlet_id: new.hamlet.get(),
        held_on: new.held_on,
        topic: new.topic.code().to_owned(),
        audience: new.audience.code().to_owned(),
        attendees: new.attendees.get().into(),
        title: new.title.clone().map(String::from),
        recorded_at: writer.now,
        actor: writer.principal.actor().to_owned(),
        cancelled_at: None,
        cancelled_by: None,
        cancellation_reason: None,
    })
}
