//! The rules of the registry: plain types, no I/O, no SQL, no GraphQL, no async.
//!
//! Whatever the province's law, statistics office or common sense says about units, households,
//! surveys and indicators is said here once, and every other crate asks here. Values are parsed at
//! the edge into types that can't be wrong; a refusal is a [`fault::Fault`] that names the path, the
//! rule and the mend.

pub mod access;
pub mod audit;
pub mod certificate;
pub mod code;
pub mod commerce;
pub mod community;
pub mod connectivity;
pub mod coverage;
pub mod cursor;
pub mod digits;
pub mod fault;
pub mod household;
pub mod indicator;
pub mod institution;
pub mod page;
pub mod personal;
pub mod rollup;
pub mod search;
pub mod spreadsheet;
pub mod tally;
pub mod text;
pub mod time;
pub mod unit;
