//! Households: reading, registering, changing, closing.

mod change;
mod dossier;
mod erase;
mod past;
mod read;
mod register;
mod together;

use registry_domain::household::{Composition, HouseholdNumber, Status};
use registry_domain::unit::UnitId;
use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::cells::Cells;
use crate::entity::{household, household_version};
use crate::writer::Writer;

pub use change::{ChangeHouseholds, CloseHouseholds};
pub(crate) use dossier::{Dossier, dossiers, dossiers_between, dossiers_from};
pub use erase::EraseHousehold;
pub use read::{
    HouseholdExtent, HouseholdFilter, HouseholdKey, HouseholdOrder, HouseholdQuery, HouseholdScope,
    HouseholdSort,
};
pub use register::RegisterHouseholds;
pub(crate) use register::check_hamlet;
pub(crate) use together::Together;

/// A household as it stands after a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "(u32, u32)", try_from = "(u32, u32)")]
pub struct Registered {
    /// Its number, and so its code.
    pub number: HouseholdNumber,
    /// Its version now.
    pub version: u32,
}

impl From<Registered> for (u32, u32) {
    fn from(registered: Registered) -> Self {
        (registered.number.get(), registered.version)
    }
}

impl TryFrom<(u32, u32)> for Registered {
    type Error = &'static str;

    fn try_from((number, version): (u32, u32)) -> Result<Self, Self::Error> {
        let number = HouseholdNumber::new(number).ok_or("household number out of range")?;
        Ok(Self { number, version })
    }
}

impl From<&household::Model> for Registered {
    fn from(row: &household::Model) -> Self {
        Self { number: number(row.number), version: row.version.cast_unsigned() }
    }
}

impl Cells<'_> {
    /// Reads all columns of a household, as they are stored.
    pub(crate) fn read_household_row(&mut self) -> Result<household::Model, StoreError> {
        Ok(household::Model {
            number: self.read()?,
            hamlet_id: self.read()?,
            members: self.read()?,
            adults: self.read()?,
            working_age: self.read()?,
            status: self.read()?,
            registered_on: self.read()?,
            effective_on: self.read()?,
            version: self.read()?,
            head: self.read()?,
            citizen_hash: self.read()?,
            phone_hash: self.read()?,
            surveyed_on: self.read()?,
            has_fibre: self.read()?,
            fixed_provider: self.read()?,
        })
    }
}

/// A stored number; the table holds only numbers that were valid when they were given.
pub(crate) fn number(stored: i32) -> HouseholdNumber {
    u32::try_from(stored).ok().and_then(HouseholdNumber::new).unwrap_or_else(|| {
        debug_assert!(false, "household number {stored}");
        HouseholdNumber::ZERO
    })
}

pub(crate) fn stored_number(number: HouseholdNumber) -> i32 {
    number.get().cast_signed()
}

fn stored_count(count: u16) -> i16 {
    i16::try_from(count).unwrap_or(i16::MAX)
}

fn status(stored: &str) -> Result<Status, StoreError> {
    let known = Status::ALL.into_iter().find(|status| status.code() == stored);
    known.ok_or_else(|| StoreError::damaged("household status"))
}

fn composition(members: i16, adults: i16, working_age: i16) -> Result<Composition, StoreError> {
    Composition::of(members.into(), adults.into(), working_age.into())
        .ok_or_else(|| StoreError::damaged("household composition"))
}

impl household::Model {
    fn set_composition(&mut self, composition: Composition) {
        self.members = stored_count(composition.members());
        self.adults = stored_count(composition.adults());
        self.working_age = stored_count(composition.working_age());
    }

    /// The version that this state is.
    fn as_version(&self, writer: &Writer) -> household_version::Model {
        household_version::Model {
            number: self.number,
            version: self.version,
            recorded_at: writer.now,
            actor: writer.principal.actor().to_owned(),
            effective_on: self.effective_on,
            hamlet_id: self.hamlet_id,
            members: self.members,
            adults: self.adults,
            working_age: self.working_age,
            status: self.status.clone(),
            head: self.head.clone(),
        }
    }
}

/// The hamlet a household lives in by its stored state; none once it is closed.
fn abode(hamlet_id: i32, stored_status: &str) -> Option<UnitId> {
    (stored_status == Status::Active.code()).then(|| UnitId::new(hamlet_id))
}
