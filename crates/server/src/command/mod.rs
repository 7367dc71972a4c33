//! The commands, one file each. Each prints for people; what fails is a [`ServerError`].

mod config;
mod documents;
mod import;
mod migrate;
mod progress;
mod rollup;
mod schema;
mod seed;
mod serve;

use std::fmt::Display;
use std::io::{self, Write as _};

use crate::arguments::{Arguments, Command, ConfigCommand, Rollup};
use crate::config::{DevelopmentAccess, Loaded, Overrides};
use crate::error::ServerError;
use crate::telemetry;

/// Runs one command to its end.
pub async fn run(arguments: Arguments) -> Result<(), ServerError> {
    if let Command::Schema { check } = &arguments.command {
        return schema::run(check.as_deref());
    }
    let overrides = match &arguments.command {
        Command::Serve { demo, listen } => {
            Overrides { listen: *listen, development: demo.then_some(DevelopmentAccess) }
        }
        _ => Overrides::default(),
    };
    let loaded = Loaded::load(&arguments.common, overrides)?;
    telemetry::start_logging(&loaded.config.log)?;
    match arguments.command {
        Command::Serve { demo, .. } => serve::run(&loaded, demo.then_some(serve::Demo)).await,
        Command::Migrate(what) => migrate::run(&loaded, &what).await,
        Command::Seed { scale } => seed::run(&loaded, scale).await,
        Command::Schema { check } => schema::run(check.as_deref()),
        Command::Rollup(Rollup::Check) => rollup::check(&loaded).await,
        Command::Import(what) => import::run(&loaded, what).await,
        Command::Documents(what) => documents::run(&loaded, &what).await,
        Command::Config(ConfigCommand::Show) => config::show(&loaded),
    }
}

/// Prints a line for people. A reader that left early is no failure.
fn tell(line: impl Display) {
    _ = writeln!(io::stdout().lock(), "{line}");
}

/// Prints why a command failed.
pub fn tell_error(error: &ServerError) {
    _ = writeln!(io::stderr().lock(), "registry: {error} [{}]", error.code());
}
