//! The registry as its clients see it: a server over HTTP on a database of either engine.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is not as it must be"
)]

mod access;
mod certificate_totals;
mod clients;
mod connections;
mod connectivity;
mod documents;
mod events;
mod forge;
mod harness;
mod hostile;
mod households;
mod indicators;
mod outside_issuers;
mod privacy;
mod protocol;
mod report_rules;
mod reporting;
mod reports;
mod single_certificates;
mod sockets;
mod tokens;
mod units;
