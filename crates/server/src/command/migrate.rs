//! `registry migrate`: the database's version.

use registry_persistence::migrate;

use super::tell;
use crate::arguments::Migrate;
use crate::config::Loaded;
use crate::error::ServerError;
use crate::start::make_folder;

pub(super) async fn run(loaded: &Loaded, what: &Migrate) -> Result<(), ServerError> {
    let config = loaded.config.store()?;
    make_folder(loaded, &config)?;
    match what {
        Migrate::Up => list("applied", migrate::up(&config).await?),
        Migrate::Down { steps } => list("taken back", migrate::down(&config, *steps).await?),
        Migrate::Status => {
            for migration in migrate::status(&config).await? {
                let state = if migration.applied { "applied" } else { "pending" };
                tell(format!("{state:<8} {}", migration.name));
            }
        }
    }
    Ok(())
}

fn list(what: &str, names: Vec<String>) {
    if names.is_empty() {
        tell("nothing to do / không có gì để làm");
    }
    for name in names {
        tell(format!("{what} {name}"));
    }
}
