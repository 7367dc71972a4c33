//! The registry as its clients see it: a server over HTTP on a database of either engine.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is not as it must be"
)]

mod access;
mod access_log;
mod as_of;
mod at_once;
mod audit;
mod certificate_totals;
mod clients;
mod commerce;
mod community;
mod connections;
mod connectivity;
mod coverage;
mod documents;
mod erasure;
mod events;
mod forge;
mod harness;
mod hostile;
mod households;
mod indicators;
mod institution_rules;
mod institutions;
mod kept;
mod outside_issuers;
mod privacy;
mod protocol;
mod reorganisations;
mod report_rules;
mod reporting;
mod reports;
mod single_certificates;
mod sockets;
mod team_help;
mod tokens;
mod trainings;
mod units;
mod write_only;
