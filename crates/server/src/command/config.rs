//! `registry config show`.

use super::tell;
use crate::config::Loaded;
use crate::error::ServerError;
use crate::start::{DATA_KEY_FILE, DATA_KEY_VARIABLE};

pub(super) fn show(loaded: &Loaded) -> Result<(), ServerError> {
    tell(format!("{:<36} {}", "data folder", loaded.data.display()));
    for [key, value, origin] in loaded.settings()? {
        tell(format!("{key:<36} {value:<40} ({origin})"));
    }
    let file = loaded.data.join(DATA_KEY_FILE);
    let origin = match std::env::var_os(DATA_KEY_VARIABLE) {
        Some(_) => DATA_KEY_VARIABLE.to_owned(),
        None if file.exists() => file.display().to_string(),
        None => "none yet".to_owned(),
    };
    tell(format!("{:<36} {:<40} ({origin})", "data key", "…"));
    Ok(())
}
