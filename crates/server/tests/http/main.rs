//! The registry as its clients see it: a server over HTTP on a database of either engine.
#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

mod connectivity;
mod forge;
mod harness;
mod hostile;
mod households;
mod indicators;
mod outside_issuers;
mod protocol;
mod tokens;
mod units;
