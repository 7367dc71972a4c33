//! What the project depends on: licences, bans, sources. Rules stand in `deny.toml`.

use std::process::Command;

use crate::{TaskError, answers, run};

pub(crate) fn check() -> Result<(), TaskError> {
    if !answers("cargo-deny", "--version") {
        let how = "cargo-deny is missing; get it by `cargo install cargo-deny --locked`";
        return Err(TaskError::Missing(how.into()));
    }
    run(Command::new("cargo").args(["deny", "check", "licenses", "bans", "sources"]))
}
