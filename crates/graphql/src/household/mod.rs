//! Households: the object, its lists, and what changes it.

mod filter;
mod input;
mod object;

pub(crate) use filter::{HouseholdArguments, HouseholdFilter, HouseholdOrder, OrderDirection};
pub(crate) use input::HouseholdMutation;
pub(crate) use object::{Household, HouseholdConnection, extent, household_page, one};
