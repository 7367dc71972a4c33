//! `registry schema`: the contract as text, and whether a file still says the same.

use std::path::Path;

use super::tell;
use crate::error::ServerError;

pub(super) fn run(check: Option<&Path>) -> Result<(), ServerError> {
    let current = registry_graphql::sdl();
    let Some(file) = check else {
        tell(current.trim_end());
        return Ok(());
    };
    let written = std::fs::read_to_string(file).map_err(ServerError::file(file))?;
    if written == current {
        return Ok(());
    }
    let differs =
        written.lines().zip(current.lines()).position(|(written, current)| written != current);
    let at = differs.unwrap_or_else(|| written.lines().count().min(current.lines().count()));
    let line = |text: &str| text.lines().nth(at).unwrap_or("(end)").to_owned();
    Err(ServerError::Found(format!(
        "{} differs from the code at line {}:\n- {}\n+ {}\nrun: registry schema > {}",
        file.display(),
        at + 1,
        line(&written),
        line(&current),
        file.display()
    )))
}
