//! What tests of several crates share: a fresh database of either engine and a clock that stands.
//!
//! For tests only; nothing that ships may depend on it.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a test that can't be set up must stop at once"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use registry_domain::time::{Instant, SimulatedClock};
use registry_persistence::{DataKey, DatabaseUrl, Store, StoreConfig, migrate};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;

/// The two engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file of its own.
    Sqlite,
    /// A database of its own on the tests' PostgreSQL server.
    Postgres,
}

/// Makes a test on each engine out of one async function that takes an [`Engine`].
#[macro_export]
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name($crate::Engine::Sqlite).await; })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name($crate::Engine::Postgres).await; })+
        }
    };
}

/// An empty database with all migrations and the reference data.
#[derive(Debug)]
pub struct TestDatabase {
    /// How to open it.
    pub config: StoreConfig,
    /// The key it is opened with.
    pub key: DataKey,
    /// The time in it; stands at [`TestDatabase::NOW`] until set.
    pub clock: Arc<SimulatedClock>,
    /// A folder of its own, for files.
    pub folder: TempDir,
}

static DATABASES: AtomicU32 = AtomicU32::new(0);

impl TestDatabase {
    /// The present in tests: noon of 1 November 2026 in the province.
    pub const NOW: &'static str = "2026-11-01T05:00:00Z";

    /// Makes one. Stops the test if the engine can't be had.
    pub async fn create(engine: Engine) -> Self {
        let database = Self::bare(engine).await;
        migrate::up(&database.config).await.expect("migrations apply");
        database
    }

    /// Makes one without any table.
    pub async fn bare(engine: Engine) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let url = match engine {
            Engine::Sqlite => format!("sqlite:{}", folder.path().join("registry.sqlite").display()),
            Engine::Postgres => new_postgres_database().await,
        };
        let database: DatabaseUrl = url.parse().expect("a database URL");
        let mut config = StoreConfig::new(database);
        (config.reader_connections, config.writer_connections) = (3, 2);
        let now: Instant = Self::NOW.parse().expect("an instant");
        Self { config, key: DataKey::generate(), clock: Arc::new(SimulatedClock::at(now)), folder }
    }

    /// Another database with all that this one holds. Nobody may be connected to it.
    pub async fn copy(&self) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let database: DatabaseUrl = match &self.config.database {
            DatabaseUrl::Sqlite(path) => {
                let copy = folder.path().join("registry.sqlite");
                // The last connection that was closed has tidied up what lay beside the file.
                std::fs::copy(path, &copy).expect("the file is copied");
                DatabaseUrl::Sqlite(copy)
            }
            DatabaseUrl::Postgres(url) => {
                let (_, name) = url.rsplit_once('/').expect("a database in the URL");
                let name = name.split_once('?').map_or(name, |(name, _)| name);
                let made = new_postgres_database_from(Some(name)).await;
                made.parse().expect("a database URL")
            }
        };
        let config = StoreConfig { database, ..self.config.clone() };
        Self { config, key: self.key.clone(), clock: Arc::clone(&self.clock), folder }
    }

    /// A connection beside the store, for looking into its tables.
    pub async fn beside(&self) -> DatabaseConnection {
        match &self.config.database {
            DatabaseUrl::Sqlite(path) => connect(&format!("sqlite:{}", path.display())).await,
            DatabaseUrl::Postgres(url) => connect(url).await,
        }
    }

    /// Opens the store.
    pub async fn open(&self) -> Store {
        Store::open(&self.config, self.key.clone(), self.clock.clone())
            .await
            .expect("the store opens")
    }
}

/// A connection to a database beside the store, for looking into its tables.
pub async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    // Without these the pool looks after itself, and may do so for ever (sqlx 3645).
    options.idle_timeout(None).max_lifetime(None);
    Database::connect(options).await.expect("the database answers")
}

async fn new_postgres_database() -> String {
    new_postgres_database_from(None).await
}

async fn new_postgres_database_from(template: Option<&str>) -> String {
    let server = std::env::var("REGISTRY_TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!(
            "tests need a PostgreSQL server: run them by `cargo xtask test`, or start one by \
             `cargo xtask postgres` and set REGISTRY_TEST_POSTGRES_URL to the address it prints"
        )
    });
    let number = DATABASES.fetch_add(1, Ordering::Relaxed);
    // Processes come and go under the same number while the server stays.
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let name = format!("test_{}_{started}_{number}", std::process::id());
    let admin = connect(&server).await;
    let template = template.map(|name| format!(" TEMPLATE {name}")).unwrap_or_default();
    let create = format!("CREATE DATABASE {name}{template}");
    admin.execute_unprepared(&create).await.expect("a new database");
    admin.close().await.expect("the connection closes");
    let (address, query) =
        server.split_once('?').map_or((server.as_str(), None), |(a, q)| (a, Some(q)));
    let (host, _) = address.rsplit_once('/').expect("a database in the URL");
    query.map_or_else(|| format!("{host}/{name}"), |query| format!("{host}/{name}?{query}"))
}
