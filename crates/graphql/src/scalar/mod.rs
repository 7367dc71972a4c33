//! Scalars: texts that are checked at the edge, one file for each family.

mod code;
mod time;

pub(crate) use code::{HouseholdCode, UnitCode};
pub(crate) use time::{Date, DateTime, YearMonth};
