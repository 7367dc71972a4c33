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
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr};
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
    /// Takes the database off the tests' server when the test is over.
    _server: Option<ServerDatabase>,
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
        let (database, server) = match engine {
            Engine::Sqlite => (DatabaseUrl::Sqlite(folder.path().join("registry.sqlite")), None),
            Engine::Postgres => {
                let made = ServerDatabase::create(None).await;
                (made.url(), Some(made))
            }
        };
        let mut config = StoreConfig::new(database);
        (config.reader_connections, config.writer_connections) = (3, 2);
        let now: Instant = Self::NOW.parse().expect("an instant");
        let clock = Arc::new(SimulatedClock::at(now));
        Self { config, key: DataKey::generate(), clock, folder, _server: server }
    }

    /// Another database with all that this one holds. Nobody may be connected to it.
    pub async fn copy(&self) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let (database, server) = match &self.config.database {
            DatabaseUrl::Sqlite(path) => {
                let copy = folder.path().join("registry.sqlite");
                // The last connection that was closed has tidied up what lay beside the file.
                std::fs::copy(path, &copy).expect("the file is copied");
                (DatabaseUrl::Sqlite(copy), None)
            }
            DatabaseUrl::Postgres(url) => {
                let (_, name) = url.rsplit_once('/').expect("a database in the URL");
                let name = name.split_once('?').map_or(name, |(name, _)| name);
                let made = ServerDatabase::create(Some(name)).await;
                (made.url(), Some(made))
            }
        };
        let config = StoreConfig { database, ..self.config.clone() };
        let clock = Arc::clone(&self.clock);
        Self { config, key: self.key.clone(), clock, folder, _server: server }
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

/// A database of its own on the tests' PostgreSQL server. Disappears when dropped: the hundreds of
/// a whole run would fill a small disk.
#[derive(Debug)]
struct ServerDatabase {
    server: String,
    name: String,
}

impl ServerDatabase {
    async fn create(template: Option<&str>) -> Self {
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
        let template = template.map(|name| format!(" TEMPLATE {name}")).unwrap_or_default();
        tell(&server, &format!("CREATE DATABASE {name}{template}")).await.expect("a new database");
        Self { server, name }
    }

    fn url(&self) -> DatabaseUrl {
        let (address, query) =
            self.server.split_once('?').map_or((self.server.as_str(), None), |(a, q)| (a, Some(q)));
        let (host, _) = address.rsplit_once('/').expect("a database in the URL");
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        format!("{host}/{}{query}", self.name).parse().expect("a database URL")
    }
}

impl Drop for ServerDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A thread of its own: the test's runtime may be blocked by this very drop. Connections
        // that the test left open are ended with the database.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            runtime.is_ok_and(|runtime| runtime.block_on(tell(&server, &drop)).is_ok())
        })
        .join();
        let stays = !matches!(dropped, Ok(true)) && !std::thread::panicking();
        assert!(!stays, "the database {} of this test stays on the server", self.name);
    }
}

/// One statement for the server as a whole.
async fn tell(server: &str, statement: &str) -> Result<(), DbErr> {
    let admin = connect(server).await;
    let told = admin.execute_unprepared(statement).await;
    admin.close().await?;
    told.map(|_| ())
}
