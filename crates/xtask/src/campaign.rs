//! Long campaigns against a registry whose lines break and whose server is killed.
//!
//! A campaign is a test of the server crate, short in `cargo xtask test`; here it runs as long and
//! by as many clients as asked.

use std::process::Command;

use clap::Subcommand;

use crate::postgres::{Cluster, Durability};
use crate::{TaskError, run as run_program};

/// Which campaign.
#[derive(Subcommand)]
pub(crate) enum Campaign {
    /// Clients post the same certificate reports and hang up, while the server is killed every 5 s.
    Posting {
        /// How long on each engine.
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
        seconds: u32,
        /// How many post at once.
        #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
        clients: u32,
    },
}

pub(crate) fn run(campaign: &Campaign) -> Result<(), TaskError> {
    let Campaign::Posting { seconds, clients } = campaign;
    // Servers are killed: what they acknowledged must be as safe as in production.
    let cluster = Cluster::start(Durability::On)?;
    let mut test = Command::new("cargo");
    test.args(["test", "-p", "registry-server", "--test", "campaign", "posting"]);
    // One engine after the other, so that neither takes the other's time.
    test.args(["--", "--nocapture", "--test-threads=1"]);
    test.env("REGISTRY_TEST_POSTGRES_URL", cluster.url());
    test.env("REGISTRY_CAMPAIGN_SECONDS", seconds.to_string());
    test.env("REGISTRY_CAMPAIGN_CLIENTS", clients.to_string());
    run_program(&mut test)
}
