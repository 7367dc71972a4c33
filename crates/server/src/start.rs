//! What all commands share at the start: configuration, data folder, data key, store.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;

use registry_domain::time::{Clock, SystemClock};
use registry_persistence::{DataKey, DatabaseUrl, Durability, Store, StoreConfig, migrate};

use crate::config::Loaded;
use crate::error::ServerError;

/// The environment variable that holds the data key.
pub const DATA_KEY_VARIABLE: &str = "REGISTRY_DATA_KEY";

/// The file that holds the data key, in the data folder.
pub const DATA_KEY_FILE: &str = "data.key";

/// Opens the store on the machine's clock; its migrations must be applied.
pub async fn open_store(loaded: &Loaded) -> Result<Store, ServerError> {
    open_store_at(loaded, Arc::new(SystemClock)).await
}

/// Opens the store on a clock of the caller's.
pub async fn open_store_at(loaded: &Loaded, clock: Arc<dyn Clock>) -> Result<Store, ServerError> {
    let config = loaded.config.store()?;
    let key = data_key(loaded, &config).await?;
    Ok(Store::open(&config, key, clock).await?)
}

/// Brings the database to this version and opens it. A new database gets a new data key.
pub async fn migrate_and_open(
    loaded: &Loaded,
    clock: Arc<dyn Clock>,
    durability: Durability,
) -> Result<Store, ServerError> {
    let config = StoreConfig { durability, ..loaded.config.store()? };
    make_folder(loaded, &config)?;
    let key = data_key(loaded, &config).await?;
    migrate::up(&config).await?;
    Ok(Store::open(&config, key, clock).await?)
}

/// Makes the folders that a new registry needs, and finds out early whether they can be written.
pub fn make_folder(loaded: &Loaded, config: &StoreConfig) -> Result<(), ServerError> {
    let mut folders = vec![loaded.data.clone()];
    if let DatabaseUrl::Sqlite(file) = &config.database {
        folders
            .extend(file.parent().map(Path::to_path_buf).filter(|folder| folder != Path::new("")));
    }
    for folder in folders {
        fs::create_dir_all(&folder).map_err(ServerError::file(&folder))?;
        tempfile_probe(&folder)?;
    }
    Ok(())
}

/// Permission bits tell little (root, read-only mounts): only writing shows that one can write.
fn tempfile_probe(folder: &Path) -> Result<(), ServerError> {
    let probe = folder.join(format!(".probe-{}", std::process::id()));
    let written = fs::write(&probe, []).and_then(|()| fs::remove_file(&probe));
    written.map_err(ServerError::file(folder))
}

/// The key from the environment or the key file; a new one for a new database.
async fn data_key(loaded: &Loaded, config: &StoreConfig) -> Result<DataKey, ServerError> {
    if let Some(key) = key_from_environment()? {
        return Ok(key);
    }
    let file = loaded.data.join(DATA_KEY_FILE);
    if file.exists() {
        return read_key(&file);
    }
    if migrate::is_sealed(config).await? {
        Err(ServerError::MissingDataKey(file))
    } else {
        write_key(&file)
    }
}

/// The key of a database that is there already.
pub fn existing_data_key(loaded: &Loaded) -> Result<DataKey, ServerError> {
    if let Some(key) = key_from_environment()? {
        return Ok(key);
    }
    let file = loaded.data.join(DATA_KEY_FILE);
    if file.exists() { read_key(&file) } else { Err(ServerError::MissingDataKey(file)) }
}

fn key_from_environment() -> Result<Option<DataKey>, ServerError> {
    let Ok(text) = std::env::var(DATA_KEY_VARIABLE) else { return Ok(None) };
    let origin = DATA_KEY_VARIABLE.to_owned();
    let key = DataKey::from_text(&text);
    key.map(Some).map_err(|reason| ServerError::MalformedDataKey { origin, reason })
}

fn read_key(file: &Path) -> Result<DataKey, ServerError> {
    let metadata = fs::metadata(file).map_err(ServerError::file(file))?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(ServerError::OpenDataKey(file.to_owned()));
    }
    let text = fs::read_to_string(file).map_err(ServerError::file(file))?;
    let origin = file.display().to_string();
    DataKey::from_text(&text).map_err(|reason| ServerError::MalformedDataKey { origin, reason })
}

fn write_key(file: &Path) -> Result<DataKey, ServerError> {
    let key = DataKey::generate();
    write_secret(file, &key.to_text())?;
    Ok(key)
}

/// Writes a secret to a new file that only its owner reads.
pub fn write_secret(file: &Path, secret: &str) -> Result<(), ServerError> {
    let mut options = OpenOptions::new();
    let written =
        options.write(true).create_new(true).mode(0o600).open(file).and_then(|mut open| {
            open.write_all(secret.as_bytes())?;
            open.write_all(b"\n")?;
            open.sync_all()
        });
    written.map_err(ServerError::file(file))
}
