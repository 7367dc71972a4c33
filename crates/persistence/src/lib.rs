//! Where the registry's records live: SQLite or PostgreSQL behind two doors.
//!
//! The only crate that knows SQL. [`Store::read`] gives a [`Reader`]; [`Store::write`] carries out
//! one command in one transaction: it checks the idempotency key, applies the change, adjusts the
//! rollups, notes the event and commits, or does none of it. Domain types come in and go out;
//! rows stay inside.

mod bulk;
mod changes;
mod connectivity;
mod engine;
mod entity;
mod error;
mod household;
pub mod migrate;
mod page;
mod personal;
mod reader;
mod reference;
mod rollup;
mod store;
mod unit;
mod writer;

pub use connectivity::{RecordConnectivity, RecordedSurvey, SurveyKey};
pub use engine::{DatabaseUrl, NotADatabaseUrl, StoreConfig};
pub use error::{StoreError, WriteError};
pub use household::{
    ChangeHouseholds, CloseHouseholds, Direction, Heads, HouseholdFilter, HouseholdKey,
    HouseholdOrder, HouseholdQuery, HouseholdScope, HouseholdSort, RegisterHouseholds, Registered,
};
pub use personal::{DataKey, NotADataKey};
pub use reader::Reader;
pub use rollup::RollupDifference;
pub use store::Store;
pub use writer::{Command, Idempotency, Row, WriteRequest, Written};
