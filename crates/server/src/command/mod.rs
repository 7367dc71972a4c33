//! The commands, one file each. Each prints for people; what fails is a [`ServerError`].

mod audit;
mod config;
mod documents;
mod export;
mod import;
mod key;
mod migrate;
mod partner;
mod progress;
mod rollup;
mod schema;
mod seed;
mod serve;
mod token;

use std::fmt::Display;
use std::io::{self, Write as _};

use registry_domain::access::{Principal, Scope};
use registry_domain::fault::{Faults, Language, Step};
use registry_persistence::{Store, StoreError, WriteError, WriteRequest};

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
        Command::Audit(what) => audit::run(&loaded, what).await,
        Command::Import(what) => import::run(&loaded, what).await,
        Command::Export(what) => export::run(&loaded, &what).await,
        Command::Documents(what) => documents::run(&loaded, &what).await,
        Command::Config(ConfigCommand::Show) => config::show(&loaded),
        Command::Token(what) => token::run(&loaded, what).await,
        Command::Key(what) => key::run(&loaded, &what).await,
        Command::Partner(what) => partner::run(&loaded, what).await,
    }
}

/// Carries out one command as an administrator, which whoever runs the machine is.
async fn write<C: registry_persistence::Command>(
    store: &Store,
    command: C,
) -> Result<C::Outcome, ServerError> {
    let writer = administrator().writer(Scope::Admin).map_err(StoreError::from)?;
    match store.write(&writer, command, WriteRequest::default()).await {
        Ok(written) => Ok(written.outcome),
        Err(WriteError::Refused(faults)) => Err(refused(&faults)),
        Err(WriteError::Store(error)) => Err(error.into()),
    }
}

fn administrator() -> Principal {
    Principal::internal("command line", [Scope::Admin])
}

/// What is wrong with what was asked for.
fn refused(faults: &Faults) -> ServerError {
    let told = faults.as_slice().iter().map(|fault| {
        let message = fault.rule.message(Language::English);
        // The input has no name on the command line, its parts are flags.
        match fault.path.steps().last() {
            Some(Step::Field(name)) => format!("{name}: {message}"),
            _ => message,
        }
    });
    ServerError::Found(told.collect::<Vec<_>>().join("; "))
}

/// Prints a line for people. A reader that left early is no failure.
fn tell(line: impl Display) {
    _ = writeln!(io::stdout().lock(), "{line}");
}

/// Prints why a command failed.
pub fn tell_error(error: &ServerError) {
    _ = writeln!(io::stderr().lock(), "registry: {error} [{}]", error.code());
}
