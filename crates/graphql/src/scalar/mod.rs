//! Scalars: texts that are checked at the edge, one file for each family.

mod code;
mod count;
mod time;
mod told;

pub(crate) use code::{HouseholdCode, RegistryCode, UnitCode};
pub(crate) use count::{CertificateCount, Total, Vnd};
pub(crate) use time::{Date, DateTime, YearMonth};
pub(crate) use told::Told;
