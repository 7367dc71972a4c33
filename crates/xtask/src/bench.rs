//! Builds what is to be measured, and lets `bench/` measure it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::postgres::{Cluster, Durability};
use crate::{TaskError, inner, run as run_program};

/// Leaves the audit log out, so that its cost can be told.
const UNAUDITED: &str = "registry-persistence/unaudited";

pub(crate) fn run(what: &[String]) -> Result<(), TaskError> {
    match what {
        [first, settings @ ..] if first == "inner" => inner::run(settings),
        what => from_outside(what),
    }
}

/// Measures whole programs.
fn from_outside(what: &[String]) -> Result<(), TaskError> {
    let is_asked = |table: &str| what.iter().any(|asked| asked == table);
    let mut bench = vec!["build", "--package", "registry-bench"];
    let mut folder = "debug";
    // What stands beside the registry is measured like it.
    if is_asked("peers") {
        bench.push("--release");
        folder = "release";
    }
    let folder = target().join(folder);
    let mut arguments = Vec::new();
    if what.is_empty() || is_asked("audit") {
        let unaudited = built("registry-unaudited", &["--features", UNAUDITED])?;
        arguments.extend(["--unaudited".into(), unaudited]);
    }
    arguments.extend(["--registry".into(), built("registry", &[])?]);
    run_program(Command::new("cargo").args(bench))?;
    arguments.extend(["--floor".into(), folder.join("floor")]);
    let cluster = Cluster::start(Durability::On)?;
    let mut bench = Command::new(folder.join("registry-bench"));
    run_program(bench.args(arguments).arg("--postgres").arg(cluster.url()).args(what))
}

/// Builds the registry and puts it where the next build leaves it alone.
fn built(name: &str, features: &[&str]) -> Result<PathBuf, TaskError> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--package", "registry-server"]).args(features);
    run_program(&mut cargo)?;
    let folder = target().join("bench");
    fs::create_dir_all(&folder)?;
    let program = folder.join(name);
    fs::copy(target().join("release/registry"), &program)?;
    Ok(program)
}

/// The folder that cargo builds in.
pub(crate) fn target() -> PathBuf {
    let asked = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    asked.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"))
}
