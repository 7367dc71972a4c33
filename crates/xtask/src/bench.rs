//! Builds what is to be measured, and lets `bench/` measure it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::postgres::{Cluster, Durability};
use crate::{TaskError, run as run_program};

/// Leaves the audit log out, so that its cost can be told.
const UNAUDITED: &str = "registry-persistence/unaudited";

pub(crate) fn run(what: &[String]) -> Result<(), TaskError> {
    let unaudited = built("registry-unaudited", &["--features", UNAUDITED])?;
    let registry = built("registry", &[])?;
    run_program(Command::new("cargo").args(["build", "--release", "--package", "registry-bench"]))?;
    let cluster = Cluster::start(Durability::On)?;
    let mut bench = Command::new(target().join("release/registry-bench"));
    bench.arg("--registry").arg(registry).arg("--unaudited").arg(unaudited);
    run_program(bench.arg("--postgres").arg(cluster.url()).args(what))
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

fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target")
}
