//! Campaigns: what partners and auditors rely on, while lines break and the server is killed again
//! and again.
//!
//! Short unless the environment says otherwise; `cargo xtask campaign` runs the long forms.
//! `REGISTRY_CAMPAIGN_SECONDS` and `REGISTRY_CAMPAIGN_CLIENTS` say how long and by how many,
//! `REGISTRY_CAMPAIGN_SEED` lets the clients choose as they did before.
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is not as it must be; this one tells what it saw"
)]

mod auditing;
mod chance;
#[expect(dead_code, reason = "the tests of the commands need the rest")]
#[path = "../command/harness.rs"]
mod harness;
mod plan;
mod posting;
mod registry;

use registry_testing::on_both_engines;

use crate::auditing::auditing;
use crate::posting::posting;

on_both_engines!(auditing, posting);
