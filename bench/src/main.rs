//! `cargo xtask bench`: how fast and how large the registry is, measured from outside.
//!
//! Drives release builds with `wrk` and `curl` and prints the tables that README shows. Knows the
//! registry's command line, API and names of tables; nothing of its code.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints tables")]

mod audit;
mod growth;
mod peers;
mod posting;
mod program;
mod province;
mod server;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::program::{Engine, Program, need};

/// Measures the registry on both engines.
#[derive(Parser)]
struct Arguments {
    /// The registry.
    #[arg(long)]
    registry: PathBuf,
    /// The registry built with `--features registry-persistence/unaudited`; needed for `audit`.
    #[arg(long)]
    unaudited: Option<PathBuf>,
    /// An empty database on a PostgreSQL server where more may be made.
    #[arg(long)]
    postgres: String,
    #[command(flatten)]
    peers: peers::Settings,
    #[command(flatten)]
    growth: growth::Settings,
    /// What to measure [default: province and audit].
    what: Vec<What>,
}

/// A table.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// The province: seeding, reading, posting.
    Province,
    /// The audit log: what it costs a write, and what proofs cost.
    Audit,
    /// The registry beside what a user would pick instead; takes half an hour and writes `RESULTS.md`.
    Peers,
    /// Provinces of different sizes beside each other; fills gigabytes and writes `GROWTH.md`.
    Growth,
}

fn main() -> ExitCode {
    match measure(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> Result<(), BenchError> {
    need("wrk")?;
    need("curl")?;
    let Arguments { registry, unaudited, postgres, peers, growth, what } = arguments;
    let is_asked = |table| what.is_empty() || what.contains(&table);
    let engines = [Engine::Sqlite, Engine::Postgres(postgres.clone())];
    if is_asked(What::Province) {
        province::run(&Program::new(registry), &engines)?;
    }
    if is_asked(What::Audit) {
        let Some(unaudited) = unaudited else {
            return Err(BenchError::Missing(
                "audit needs --unaudited, a build of the registry".into(),
            ));
        };
        audit::run(&Program::new(registry), &Program::new(unaudited), &engines)?;
    }
    // Never by default: it downloads PostGraphile.
    if what.contains(&What::Peers) {
        peers::run(&Program::new(registry), postgres, peers)?;
    }
    // Nor this: the largest takes a long time to seed.
    if what.contains(&What::Growth) {
        growth::run(&Program::new(registry), postgres, growth, peers.rounds)?;
    }
    Ok(())
}

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
enum BenchError {
    /// A program said no, or told what it must not.
    #[error("{0}")]
    Failed(String),
    /// Something is missing; the text says how to get it.
    #[error("{0}")]
    Missing(String),
    /// A file, folder or program could not be used.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A database could not be prepared.
    #[error(transparent)]
    Database(#[from] sea_orm::DbErr),
    /// A contestant's database could not be used.
    #[error("{0:?}")]
    Peers(#[from] tokio_postgres::Error),
}

impl BenchError {
    fn failed(what: impl Into<String>) -> Self {
        Self::Failed(what.into())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Arguments;

    #[test]
    fn arguments_fit_together() {
        Arguments::command().debug_assert();
    }
}
