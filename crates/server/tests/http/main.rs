//! The registry as its clients see it: a server over HTTP on a database of either engine.
#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it must be")]

mod access;
mod connectivity;
mod documents;
mod forge;
mod harness;
mod households;
mod indicators;
mod outside_issuers;
mod privacy;
mod protocol;
mod tokens;
mod units;
