//! Long campaigns against a registry whose lines break and whose server is killed.
//!
//! A campaign is a test of the server crate, short in `cargo xtask test`; here it is built for
//! release and runs as long and by as many clients as asked.

use std::process::Command;

use clap::{Args, Subcommand};

use crate::postgres::{Cluster, Durability};
use crate::{TaskError, run as run_program};

/// Which campaign.
#[derive(Subcommand)]
pub(crate) enum Campaign {
    /// 64 clients post the same certificate reports and hang up, while the server is killed every
    /// 5 s.
    Posting(Length),
    /// 16 officers write as fast as they can while the server is killed every 5 s; then the audit
    /// log must hold what was acknowledged.
    Auditing(Length),
}

/// How long and by how many.
#[derive(Args)]
pub(crate) struct Length {
    /// How long on each engine.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// How many clients at once, if not as many as usual.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    clients: Option<u32>,
}

pub(crate) fn run(campaign: &Campaign) -> Result<(), TaskError> {
    match campaign {
        Campaign::Posting(Length { seconds, clients }) => {
            test("posting", *seconds, clients.unwrap_or(64))
        }
        Campaign::Auditing(Length { seconds, clients }) => {
            test("auditing", *seconds, clients.unwrap_or(16))
        }
    }
}

fn test(name: &str, seconds: u32, clients: u32) -> Result<(), TaskError> {
    // Servers are killed: what they acknowledged must be as safe as in production.
    let cluster = Cluster::start(Durability::On)?;
    let mut test = Command::new("cargo");
    // As fast as in production, too: more is under way whenever a kill comes.
    test.args(["test", "--release", "-p", "registry-server", "--test", "campaign", name]);
    // One engine after the other, so that neither takes the other's time.
    test.args(["--", "--nocapture", "--test-threads=1"]);
    test.env("REGISTRY_TEST_POSTGRES_URL", cluster.url());
    test.env("REGISTRY_CAMPAIGN_SECONDS", seconds.to_string());
    test.env("REGISTRY_CAMPAIGN_CLIENTS", clients.to_string());
    run_program(&mut test)
}
