//! Registering households.

use std::collections::HashMap;

use registry_domain::fault::{Faults, Rule};
use registry_domain::household::{HouseholdNumber, NewHousehold, Status, earliest_date, past_date};
use registry_domain::unit::UnitId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::{Registered, number, stored_count, stored_number};
use crate::entity::{household, household_version};
use crate::personal::KeyedHash;
use crate::writer::{Command, Row, Writer, bounded};
use crate::{StoreError, WriteError};

/// Registers households, in the order of the rows; each gets the next free number.
#[derive(Debug)]
pub struct RegisterHouseholds(pub Vec<Row<NewHousehold>>);

impl Command for RegisterHouseholds {
    const ACTION: &'static str = "household.register";
    type Plan = Vec<NewHousehold>;
    type Outcome = Vec<Registered>;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let heads = self.0.iter().map(|row| citizen_hash(writer, &row.value));
        let heads: Vec<Option<KeyedHash>> = heads.collect();
        let registered = active_heads(writer, heads.iter().flatten()).await?;
        let mut first_with = HashMap::new();
        let mut faults = Faults::default();
        for (at, (row, head)) in self.0.iter().zip(&heads).enumerate() {
            let NewHousehold { hamlet, registered_on, .. } = row.value;
            faults.keep(
                row.at.field("registeredOn"),
                past_date(registered_on, earliest_date(), writer.today()),
            );
            faults.keep(row.at.field("hamlet"), writer.require_within(hamlet));
            check_hamlet(writer, hamlet, registered_on, row.at.field("hamlet"), &mut faults);
            let Some(head) = head else { continue };
            let citizen_number = || row.at.field("head").field("citizenNumber");
            if let Some(other) = registered.get(head) {
                faults.push(citizen_number(), Rule::DuplicateHousehold { code: other.code() });
            }
            if let Some(first) = first_with.insert(*head, at) {
                first_with.insert(*head, first);
                faults.push(citizen_number(), Rule::DuplicateInBatch { first });
            }
        }
        let rows = self.0.into_iter().map(|row| row.value).collect();
        faults.or(Some(rows)).map_err(WriteError::Refused)
    }

    async fn carry_out(rows: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let numbers = writer.take_numbers("household", rows.len()).await?;
        let mut households = Vec::with_capacity(rows.len());
        for (household, number) in rows.into_iter().zip(numbers) {
            let number = HouseholdNumber::new(number).ok_or(StoreError::NumbersUsedUp)?;
            households.push(stored(writer, number, &household)?);
        }
        let versions: Vec<_> =
            households.iter().map(|household| household.as_version(writer)).collect();
        writer.record_at_end::<household::Entity>(&households)?;
        writer.record_at_end::<household_version::Entity>(&versions)?;
        Ok(households.iter().map(Registered::from).collect())
    }
}

fn stored(
    writer: &Writer,
    number: HouseholdNumber,
    household: &NewHousehold,
) -> Result<household::Model, StoreError> {
    Ok(household::Model {
        number: stored_number(number),
        hamlet_id: household.hamlet.get(),
        members: stored_count(household.composition.members()),
        adults: stored_count(household.composition.adults()),
        working_age: stored_count(household.composition.working_age()),
        status: Status::Active.code().to_owned(),
        registered_on: household.registered_on,
        effective_on: household.registered_on,
        version: 1,
        head: writer.sealer().seal(number, &household.head)?,
        citizen_hash: citizen_hash(writer, household).map(|hash| hash.to_vec()),
        phone_hash: phone_hash(writer, &household.head),
        surveyed_on: None,
        has_fibre: None,
        fixed_provider: None,
    })
}

fn citizen_hash(writer: &Writer, household: &NewHousehold) -> Option<KeyedHash> {
    writer.sealer().citizen_hash(household.head.citizen_number.as_ref())
}

pub(super) fn phone_hash(
    writer: &Writer,
    head: &registry_domain::personal::Head,
) -> Option<Vec<u8>> {
    let phone = head.phone.as_ref()?;
    Some(writer.sealer().hash("phone", phone.reveal().as_bytes()).to_vec())
}

/// Checks that `hamlet` is a hamlet of the province on the date.
pub(crate) fn check_hamlet(
    writer: &Writer,
    hamlet: UnitId,
    on: registry_domain::time::Date,
    at: registry_domain::fault::Path,
    faults: &mut Faults,
) {
    let units = writer.units();
    let unknown = || Rule::UnknownUnit { asked: hamlet.get().to_string(), on, hint: None };
    let found = units.get(hamlet).ok_or_else(unknown);
    faults.keep(at, found.and_then(|unit| units.hamlet(unit, on)));
}

/// Which active households have one of these heads.
pub(super) async fn active_heads(
    writer: &Writer,
    heads: impl Iterator<Item = &KeyedHash>,
) -> Result<HashMap<KeyedHash, HouseholdNumber>, StoreError> {
    let heads: Vec<Vec<u8>> = heads.map(|hash| hash.to_vec()).collect();
    if heads.is_empty() {
        return Ok(HashMap::new());
    }
    let found: Vec<(i32, Vec<u8>)> = household::Entity::find()
        .select_only()
        .columns([household::Column::Number, household::Column::CitizenHash])
        .filter(household::Column::Status.eq(Status::Active.code()))
        .filter(household::Column::CitizenHash.is_in(heads))
        .into_tuple()
        .all(&writer.transaction)
        .await?;
    let known = |(stored, hash): (i32, Vec<u8>)| Some((hash.try_into().ok()?, number(stored)));
    Ok(found.into_iter().filter_map(known).collect())
}
