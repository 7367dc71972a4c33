//! Changing and closing households: two ways to a next version.

use std::collections::{HashMap, HashSet};

use registry_domain::fault::{Faults, Path, Rule};
use registry_domain::household::{
    HouseholdChange, HouseholdClosure, HouseholdCode, Status, past_date,
};
use registry_domain::rollup::{Changes, Sign, Stay, accumulate, changes};
use registry_domain::time::Date;
use registry_domain::unit::UnitId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::register::{active_heads, check_hamlet, phone_hash};
use super::{Registered, abode, dossiers, number, status, stored_number};
use crate::entity::{household, household_version};
use crate::personal::KeyedHash;
use crate::writer::{Command, Row, Writer, bounded};
use crate::{StoreError, WriteError, rollup};

/// Changes households; at most one change each.
#[derive(Debug)]
pub struct ChangeHouseholds(pub Vec<Row<HouseholdChange>>);

/// Closes households.
#[derive(Debug)]
pub struct CloseHouseholds(pub Vec<Row<HouseholdClosure>>);

/// A household before and after.
#[derive(Debug)]
pub struct Amendment {
    before: household::Model,
    after: household::Model,
}

impl Command for ChangeHouseholds {
    const ACTION: &'static str = "household.change";
    type Plan = Vec<Amendment>;
    type Outcome = Vec<Registered>;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let mut current = Current::lock(writer, self.0.iter().map(|row| row.value.code)).await?;
        let heads: Vec<_> = self.0.iter().map(|row| new_citizen_hash(writer, &row.value)).collect();
        let registered = active_heads(writer, heads.iter().flatten()).await?;
        let mut faults = Faults::default();
        let mut plan = Vec::with_capacity(self.0.len());
        for (place, (Row { at, value: change }, head)) in self.0.iter().zip(heads).enumerate() {
            let HouseholdChange { code, version, effective_on, .. } = *change;
            let date = ("effectiveOn", effective_on);
            let Some(before) =
                current.take(writer, (place, at), code, version, date, &mut faults)?
            else {
                continue;
            };
            if change.hamlet.is_none() && change.composition.is_none() && change.head.is_none() {
                faults.push(at.clone(), Rule::NothingToChange);
            }
            if let Some(hamlet) = change.hamlet {
                faults.keep(at.field("hamlet"), writer.require_within(hamlet));
                check_hamlet(writer, hamlet, effective_on, at.field("hamlet"), &mut faults);
            }
            let other = head.and_then(|head| registered.get(&head));
            if let Some(other) = other.filter(|other| other.code() != code) {
                let rule = Rule::DuplicateHousehold { code: other.code() };
                faults.push(at.field("head").field("citizenNumber"), rule);
            }
            let after = amended(writer, &before, change, head)?;
            plan.push(Amendment { before, after });
        }
        faults.or(Some(plan)).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        carry_out(plan, writer).await
    }
}

impl Command for CloseHouseholds {
    const ACTION: &'static str = "household.close";
    type Plan = Vec<Amendment>;
    type Outcome = Vec<Registered>;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let mut current = Current::lock(writer, self.0.iter().map(|row| row.value.code)).await?;
        let mut faults = Faults::default();
        let mut plan = Vec::with_capacity(self.0.len());
        for (place, Row { at, value }) in self.0.into_iter().enumerate() {
            let HouseholdClosure { code, version, reason, closed_on } = value;
            let date = ("closedOn", closed_on);
            let Some(before) =
                current.take(writer, (place, &at), code, version, date, &mut faults)?
            else {
                continue;
            };
            let mut after = next_version(&before, closed_on);
            reason.status().code().clone_into(&mut after.status);
            plan.push(Amendment { before, after });
        }
        faults.or(Some(plan)).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        carry_out(plan, writer).await
    }
}

pub(super) fn next_version(before: &household::Model, effective_on: Date) -> household::Model {
    household::Model { version: before.version + 1, effective_on, ..before.clone() }
}

fn amended(
    writer: &Writer,
    before: &household::Model,
    change: &HouseholdChange,
    citizen_hash: Option<KeyedHash>,
) -> Result<household::Model, StoreError> {
    let mut after = next_version(before, change.effective_on);
    if let Some(hamlet) = change.hamlet {
        after.hamlet_id = hamlet.get();
    }
    if let Some(composition) = change.composition {
        after.set_composition(composition);
    }
    if let Some(head) = &change.head {
        after.head = writer.sealer().seal(number(before.number), head)?;
        after.citizen_hash = citizen_hash.map(|hash| hash.to_vec());
        after.phone_hash = phone_hash(writer, head);
    }
    Ok(after)
}

fn new_citizen_hash(writer: &Writer, change: &HouseholdChange) -> Option<KeyedHash> {
    let head = change.head.as_ref()?;
    writer.sealer().citizen_hash(head.citizen_number.as_ref())
}

/// The households that a command is about, locked, each to be taken once.
struct Current {
    households: HashMap<i32, household::Model>,
    taken: HashMap<HouseholdCode, usize>,
}

impl Current {
    async fn lock(
        writer: &Writer,
        codes: impl Iterator<Item = HouseholdCode>,
    ) -> Result<Self, StoreError> {
        let numbers: HashSet<i32> = codes.map(|code| stored_number(code.number())).collect();
        // In order of number, so that two batches can't wait for each other.
        let select = household::Entity::find()
            .filter(household::Column::Number.is_in(numbers))
            .order_by_asc(household::Column::Number);
        let found = writer.locking(select).all(&writer.transaction).await?;
        let households = found.into_iter().map(|row| (row.number, row)).collect();
        Ok(Self { households, taken: HashMap::new() })
    }

    /// The household, if it may be amended as of the date.
    fn take(
        &mut self,
        writer: &Writer,
        (place, at): (usize, &Path),
        code: HouseholdCode,
        version: u32,
        (date_name, date): (&'static str, Date),
        faults: &mut Faults,
    ) -> Result<Option<household::Model>, StoreError> {
        let first = *self.taken.entry(code).or_insert(place);
        if first != place {
            faults.push(at.field("household"), Rule::DuplicateInBatch { first });
            return Ok(None);
        }
        let Some(household) = self.households.remove(&stored_number(code.number())) else {
            faults.push(at.field("household"), Rule::UnknownHousehold { code });
            return Ok(None);
        };
        let here = writer.require_within(UnitId::new(household.hamlet_id));
        if faults.keep(at.field("household"), here).is_none() {
            return Ok(None);
        }
        let current = household.version.cast_unsigned();
        if current != version {
            faults.push(at.field("version"), Rule::StaleVersion { given: version, current });
            return Ok(None);
        }
        let status = status(&household.status)?;
        if status != Status::Active {
            let rule = Rule::HouseholdClosed { status, since: household.effective_on };
            faults.push(at.field("household"), rule);
            return Ok(None);
        }
        let dated = past_date(date, household.effective_on, writer.today());
        Ok(faults.keep(at.field(date_name), dated).map(|_| household))
    }
}

async fn carry_out(plan: Vec<Amendment>, writer: &Writer) -> Result<Vec<Registered>, StoreError> {
    rollup::apply(writer, moves(&plan, writer).await?)?;
    for Amendment { before, after } in &plan {
        if before.hamlet_id != after.hamlet_id {
            writer.left::<household::Entity>(before.number, before.hamlet_id);
        }
    }
    let after: Vec<_> = plan.into_iter().map(|amendment| amendment.after).collect();
    let versions: Vec<_> = after.iter().map(|household| household.as_version(writer)).collect();
    writer.replace_at_end::<household::Entity>(&after)?;
    writer.record_at_end::<household_version::Entity>(&versions)?;
    Ok(after.iter().map(Registered::from).collect())
}

/// What the figures of hamlets change by because households moved or were closed.
async fn moves(plan: &[Amendment], writer: &Writer) -> Result<Changes, StoreError> {
    let abodes = |row: &household::Model| abode(row.hamlet_id, &row.status);
    let moved = plan.iter().filter(|change| abodes(&change.before) != abodes(&change.after));
    let moved: HashMap<i32, &household::Model> =
        moved.map(|change| (change.after.number, &change.after)).collect();
    let numbers: Vec<i32> = moved.keys().copied().collect();
    let mut sum = Changes::new();
    for (number, dossier) in dossiers(&writer.transaction, &numbers).await? {
        let mut history = dossier.history();
        accumulate(&mut sum, changes(&history), Sign::Minus);
        let after = moved[&number];
        history.stays.push(Stay { from: after.effective_on, hamlet: abodes(after) });
        accumulate(&mut sum, changes(&history), Sign::Plus);
    }
    Ok(sum)
}
