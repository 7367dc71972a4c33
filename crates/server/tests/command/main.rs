//! The registry as its operators see it: the binary, its exit codes, and what it leaves behind.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is not as it must be"
)]

mod access_log;
mod audit;
mod certificates;
mod commerce_import;
mod configuration;
mod documents;
mod edge;
mod examples;
mod export;
mod failures;
mod handbook;
mod harness;
mod import;
mod maintenance;
mod pages;
mod partner_kit;
mod proofs;
mod served_log;
mod tokens;
