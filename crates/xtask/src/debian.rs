//! Programs that Debian has and the tests need.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use crate::{TaskError, answers, run};

pub(crate) fn is_root() -> Result<bool, TaskError> {
    Ok(fs::metadata("/proc/self")?.uid() == 0)
}

/// As root, installs Debian's packages of a program that is missing; else says how to.
pub(crate) fn install(program: &str, packages: &str) -> Result<(), TaskError> {
    let command =
        format!("apt-get update && apt-get install --yes --no-install-recommends {packages}");
    if !is_root()? {
        return Err(TaskError::Missing(format!("{program} is missing; as root: {command}")));
    }
    println!("   {program} is missing; installing Debian's package");
    run(Command::new("sh").args(["-c", &command]).env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Sees to it that the npm clients can be run.
pub(crate) fn require_node() -> Result<(), TaskError> {
    if answers("node", "--version") && answers("npm", "--version") {
        return Ok(());
    }
    install("Node.js or npm", "nodejs npm")
}

/// Sees to it that instructions can be counted.
pub(crate) fn require_valgrind() -> Result<(), TaskError> {
    if answers("valgrind", "--version") { Ok(()) } else { install("valgrind", "valgrind") }
}

/// Sees to it that a partner's kit in `examples/partner` can be run.
pub(crate) fn require_kit_tools() -> Result<(), TaskError> {
    // Unlike the others, openssl only knows `version`.
    let tools = [
        ("curl", "--version"),
        ("openssl", "version"),
        ("jq", "--version"),
        ("python3", "--version"),
    ];
    if tools.iter().all(|(tool, argument)| answers(tool, argument)) {
        return Ok(());
    }
    install("curl, openssl, jq or python3", "curl openssl jq python3")
}

/// Sees to it that the auditors' verifier in `examples/auditor` can be run.
pub(crate) fn require_verifier_tools() -> Result<(), TaskError> {
    let imports = Command::new("python3").args(["-c", "import cryptography"]).output();
    if imports.is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    install("python3 or its cryptography", "python3 python3-cryptography")
}
