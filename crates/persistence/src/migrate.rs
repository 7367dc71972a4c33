//! Bringing a database to this version and back. One process at a time, under a lock.

use std::fs::File;

use registry_migrations::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, EntityTrait};
use sea_orm_migration::SchemaManager;

use crate::engine::{DatabaseUrl, Purpose, connect};
use crate::entity::record::data_key;
use crate::{StoreConfig, StoreError, reference};

/// Any number; the same in every version, so that all instances wait for each other.
const ADVISORY_LOCK: i64 = 93_092;

/// A migration and whether the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationState {
    /// Its name.
    pub name: String,
    /// Whether it is applied.
    pub applied: bool,
}

/// Applies what is missing and loads the reference data into an empty database; the names of what was applied.
pub async fn up(config: &StoreConfig) -> Result<Vec<String>, StoreError> {
    let locked = Locked::acquire(config).await?;
    let pending: Vec<String> = states(&locked.connection)
        .await?
        .into_iter()
        .filter(|state| !state.applied)
        .map(|state| state.name)
        .collect();
    Migrator::up(&locked.connection, None).await?;
    reference::load_into_empty(&locked.connection).await?;
    locked.release().await;
    Ok(pending)
}

/// Takes back the newest `steps` migrations, data included; their names, newest first.
pub async fn down(config: &StoreConfig, steps: u32) -> Result<Vec<String>, StoreError> {
    let locked = Locked::acquire(config).await?;
    let applied = states(&locked.connection).await?.into_iter().filter(|state| state.applied);
    let applied: Vec<String> = applied.map(|state| state.name).collect();
    let undone = applied.into_iter().rev().take(steps as usize).collect();
    Migrator::down(&locked.connection, Some(steps)).await?;
    locked.release().await;
    Ok(undone)
}

/// Every migration of this version, in order.
pub async fn status(config: &StoreConfig) -> Result<Vec<MigrationState>, StoreError> {
    let connection = connect(config, Purpose::Write).await?;
    let found = states(&connection).await;
    close(connection).await;
    found
}

/// Whether the database belongs to a data key; one that nothing was stored in does not.
pub async fn is_sealed(config: &StoreConfig) -> Result<bool, StoreError> {
    if let DatabaseUrl::Sqlite(path) = &config.database
        && !path.exists()
    {
        return Ok(false);
    }
    let connection = connect(config, Purpose::Write).await?;
    let found = has_data_key(&connection).await;
    close(connection).await;
    found
}

async fn has_data_key(connection: &DatabaseConnection) -> Result<bool, StoreError> {
    let known = SchemaManager::new(connection).has_table("data_key").await?;
    Ok(known && data_key::Entity::find().one(connection).await?.is_some())
}

pub(crate) async fn close(connection: DatabaseConnection) {
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "closing the database failed");
    }
}

/// Fails unless the database has exactly the migrations of this version.
pub(crate) async fn require_current(connection: &impl ConnectionTrait) -> Result<(), StoreError> {
    let pending = states(connection).await?.iter().filter(|state| !state.applied).count();
    if pending == 0 { Ok(()) } else { Err(StoreError::SchemaOutdated { pending }) }
}

async fn states(connection: &impl ConnectionTrait) -> Result<Vec<MigrationState>, StoreError> {
    let migrations = Migrator::get_migration_with_status_read_only(connection).await.map_err(
        |error| match error {
            // The one thing the migrator has words of its own for: an applied step that is not in this build.
            DbErr::Custom(unknown) => StoreError::SchemaNewer { unknown },
            other => other.into(),
        },
    )?;
    let state = |migration: &sea_orm_migration::Migration| MigrationState {
        name: migration.name().to_owned(),
        applied: migration.status() == sea_orm_migration::MigrationStatus::Applied,
    };
    Ok(migrations.iter().map(state).collect())
}

/// A connection that alone may change tables.
struct Locked {
    connection: DatabaseConnection,
    /// Held for SQLite; the lock ends with the file handle.
    _file: Option<File>,
}

impl Locked {
    async fn acquire(config: &StoreConfig) -> Result<Self, StoreError> {
        // PostgreSQL's advisory lock belongs to a session, so the pool has just one.
        let single = StoreConfig { writer_connections: 1, ..config.clone() };
        let file = match &config.database {
            DatabaseUrl::Sqlite(path) => {
                let mut beside = path.clone().into_os_string();
                beside.push(".lock");
                let url = config.database.to_string();
                let taken = tokio::task::spawn_blocking(move || {
                    let file = File::create(beside)?;
                    file.lock().map(|()| file)
                });
                let refused = |reason: String| StoreError::CannotOpen { url, reason };
                match taken.await {
                    Ok(Ok(file)) => Some(file),
                    Ok(Err(error)) => return Err(refused(error.to_string())),
                    Err(error) => return Err(refused(error.to_string())),
                }
            }
            DatabaseUrl::Postgres(_) => None,
        };
        let connection = connect(&single, Purpose::Write).await?;
        if matches!(config.database, DatabaseUrl::Postgres(_)) {
            connection
                .execute_unprepared(&format!("SELECT pg_advisory_lock({ADVISORY_LOCK})"))
                .await?;
        }
        Ok(Self { connection, _file: file })
    }

    /// Ends the session and with it the lock.
    async fn release(self) {
        close(self.connection).await;
    }
}
