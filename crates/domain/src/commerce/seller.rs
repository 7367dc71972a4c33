//! Sellers: households, cooperatives and enterprises of the province that sell online.

use crate::code::{Code, CodeKind};
use crate::connectivity::coded;
use crate::fault::{Expected, Rule};
use crate::household::HouseholdCode;
use crate::text::Label;
use crate::time::Date;
use crate::unit::UnitId;

use super::CommerceRule;

/// Marks codes of sellers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SellerMark {}

impl CodeKind for SellerMark {
    const PREFIX: &'static str = "NB";
    const EXPECTED: Expected =
        Expected { english: "NB and 8 digits", vietnamese: "NB và 8 chữ số" };
}

/// A seller's code: `NB` (người bán), six digits, two check digits.
pub type SellerCode = Code<SellerMark>;

/// The name that customers see.
pub type SellerName = Label<200>;

/// What a seller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SellerKind {
    /// A household that is registered here.
    Household,
    /// A cooperative or a cooperative group.
    Cooperative,
    /// An enterprise.
    Enterprise,
}

coded!(SellerKind {
    Household = "HOUSEHOLD",
    Cooperative = "COOPERATIVE",
    Enterprise = "ENTERPRISE",
});

/// A seller to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSeller {
    /// What it is.
    pub kind: SellerKind,
    /// The name that customers see.
    pub name: SellerName,
    /// The hamlet it sells from.
    pub hamlet: UnitId,
    /// The household that it is, if it is one.
    pub household: Option<HouseholdCode>,
    /// Since when it sells; not in the future.
    pub registered_on: Date,
}

impl NewSeller {
    /// Checks that a household is named by household sellers, and by nobody else.
    pub fn household_of(
        kind: SellerKind,
        household: Option<HouseholdCode>,
    ) -> Result<Option<HouseholdCode>, Rule> {
        match (kind, household) {
            (SellerKind::Household, None) => Err(CommerceRule::HouseholdMissing.into()),
            (SellerKind::Cooperative | SellerKind::Enterprise, Some(_)) => {
                Err(CommerceRule::HouseholdUnexpected.into())
            }
            (_, household) => Ok(household),
        }
    }
}

/// A change to a seller; `None` leaves a part as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SellerChange {
    /// Which one.
    pub code: SellerCode,
    /// The version that the change is meant for.
    pub version: u32,
    /// The name that customers see now.
    pub name: Option<SellerName>,
    /// The hamlet it sells from now.
    pub hamlet: Option<UnitId>,
}

/// A seller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seller {
    /// Its code.
    pub code: SellerCode,
    /// What it is.
    pub kind: SellerKind,
    /// The name that customers see.
    pub name: String,
    /// The hamlet it sells from.
    pub hamlet: UnitId,
    /// The household that it is, if it is one.
    pub household: Option<HouseholdCode>,
    /// Since when it sells.
    pub registered_on: Date,
    /// Counts the changes from 1.
    pub version: u32,
}
