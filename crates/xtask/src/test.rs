//! The one test command: everything that must hold before a change lands.

use std::process::Command;

use crate::debian::{require_kit_tools, require_node, require_verifier_tools};
use crate::postgres::{Cluster, Durability};
use crate::{TaskError, answers, inner, run as run_program};

pub(crate) fn run(filter: &[String]) -> Result<(), TaskError> {
    step("format");
    run_cargo(&["fmt", "--all", "--check"])?;
    step("lints");
    run_cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    step("Node.js for the clients' tests");
    require_node()?;
    step("curl, openssl, jq and Python for the tests of the partner's kit");
    require_kit_tools()?;
    require_verifier_tools()?;
    step("PostgreSQL for the tests");
    let cluster = Cluster::start(Durability::Off)?;
    step("tests on SQLite and PostgreSQL");
    tests(&cluster, filter)?;
    // Whoever picks tests waits for those only.
    if filter.is_empty() {
        step("instructions of the inner works");
        inner::check()?;
    }
    Ok(())
}

fn step(name: &str) {
    println!("── {name}");
}

fn run_cargo(arguments: &[&str]) -> Result<(), TaskError> {
    run_program(Command::new("cargo").args(arguments))
}

fn tests(cluster: &Cluster, filter: &[String]) -> Result<(), TaskError> {
    let mut command = Command::new("cargo");
    if answers("cargo-nextest", "--version") {
        command.args(["nextest", "run", "--workspace", "--no-fail-fast"]);
    } else {
        command.args(["test", "--workspace", "--no-fail-fast"]);
    }
    run_program(command.args(filter).env("REGISTRY_TEST_POSTGRES_URL", cluster.url()))
}
