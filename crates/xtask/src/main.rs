//! `cargo xtask`: the project's own tools. Knows the workspace and Debian; ships nothing.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a tool for a developer's terminal")]

mod bench;
mod campaign;
mod debian;
mod inner;
mod postgres;
mod supply_chain;
mod test;

use std::process::{Command, ExitCode, ExitStatus, Stdio};

use clap::{Parser, Subcommand};

/// The registry's development tools.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Format, lints, all tests on SQLite and PostgreSQL, the schema's drift, and the instructions
    /// of the inner works.
    Test {
        /// Handed to the test runner, after `--`.
        #[arg(last = true)]
        filter: Vec<String>,
    },
    /// Starts the tests' PostgreSQL and keeps it until Ctrl-C.
    Postgres,
    /// Measures release builds on both engines and prints the tables of README.
    Bench {
        /// What to measure: `province`, `audit` (both by default), `peers`, `growth` or `inner`, with
        /// its settings.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        what: Vec<String>,
    },
    /// Lets clients write while the server is killed again and again, on both engines; fails on any loss.
    #[command(subcommand)]
    Campaign(campaign::Campaign),
    /// Checks licences, bans and sources of all dependencies by `deny.toml`.
    SupplyChain,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Test { filter } => test::run(&filter),
        Task::Postgres => postgres::keep(),
        Task::Bench { what } => bench::run(&what),
        Task::Campaign(campaign) => campaign::run(&campaign),
        Task::SupplyChain => supply_chain::check(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Why a task failed.
#[derive(Debug, thiserror::Error)]
enum TaskError {
    /// A program could not be started.
    #[error("cannot run {program}: {source}")]
    CannotRun {
        program: String,
        #[source]
        source: std::io::Error,
    },
    /// A program said no.
    #[error("{0} failed")]
    Failed(String),
    /// Something takes more than it did; the text says what to do.
    #[error("{0}")]
    Regressed(String),
    /// Something is missing; the text says how to get it.
    #[error("{0}")]
    Missing(String),
    /// A file or folder could not be used.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Runs a program to its end.
fn run(command: &mut Command) -> Result<(), TaskError> {
    let status = command.status();
    judge(command, status, ExitStatus::success).map(|_| ())
}

/// Runs a program to its end and gives what it wrote to its standard output.
fn output(command: &mut Command) -> Result<String, TaskError> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = judge(command, output, |output| output.status.success())?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn judge<T>(
    command: &Command,
    ended: std::io::Result<T>,
    is_success: fn(&T) -> bool,
) -> Result<T, TaskError> {
    let program = command.get_program().to_string_lossy();
    let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
    let program = format!("{program} {}", arguments.join(" "));
    match ended {
        Ok(ended) if is_success(&ended) => Ok(ended),
        Ok(_) => Err(TaskError::Failed(program)),
        Err(source) => Err(TaskError::CannotRun { program, source }),
    }
}

/// Whether a program answers to `--version` or the like.
fn answers(program: &str, argument: &str) -> bool {
    let asked = Command::new(program).arg(argument).output();
    asked.is_ok_and(|output| output.status.success())
}
