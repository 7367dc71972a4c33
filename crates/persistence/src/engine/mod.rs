//! The two engines: how each is opened, and what one may rely on. Everything above is written once.

mod at_hand;
mod counted;
mod limit;
mod line;
#[cfg(test)]
mod tests;
mod transaction;
mod url;

use std::path::Path;
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use registry_domain::access::{Mode, Principal};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sea_orm::sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sea_orm::sqlx::{ConnectOptions, Connection as _, Error as SqlxError};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, SqlxPostgresConnector, SqlxSqliteConnector,
    Statement,
};

pub(crate) use at_hand::AtHand;
pub(crate) use counted::Counted;
pub(crate) use transaction::{Transaction, begin_reading, begin_writing, snapshot, to_the_end};
pub use url::{DatabaseUrl, NotADatabaseUrl};

use crate::StoreError;
use line::LineOptions;

/// How to reach the database and how much of it to use.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// Which database.
    pub database: DatabaseUrl,
    /// Connections for single statements that read, 1 and up; half as many again for what takes several.
    pub reader_connections: u32,
    /// Connections for writing, 1 and up; SQLite always has one.
    pub writer_connections: u32,
    /// Connections for principals that can only read, 1 and up: they hold up nobody else.
    pub auditor_connections: u32,
    /// How long one statement may take (PostgreSQL) and how long to wait for a lock or connection.
    pub statement_timeout: Duration,
    /// How long one statement of a principal that can only read may take.
    pub auditor_statement_timeout: Duration,
    /// When what was committed is safe from a loss of power.
    pub durability: Durability,
}

/// When what was committed is safe from a loss of power. Nothing is ever left half written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Once it is acknowledged.
    #[default]
    Acknowledged,
    /// Once the store is closed; for what can be made again.
    Closed,
}

impl StoreConfig {
    /// `database` with the defaults: 8 readers, on SQLite 4; 4 writers, 2 auditors; 30 seconds, 10 for
    /// auditors.
    #[must_use]
    pub const fn new(database: DatabaseUrl) -> Self {
        let reader_connections = match database {
            DatabaseUrl::Postgres(_) => 8,
            // Each is a thread that works itself, with pages and statements of its own.
            DatabaseUrl::Sqlite(_) => 4,
        };
        Self {
            database,
            reader_connections,
            writer_connections: 4,
            auditor_connections: 2,
            statement_timeout: Duration::from_secs(30),
            auditor_statement_timeout: Duration::from_secs(10),
            durability: Durability::Acknowledged,
        }
    }
}

/// What is read and written by.
#[derive(Debug, Clone)]
pub(crate) struct Connections {
    pub(crate) reading: AtHand,
    pub(crate) writers: AtHand,
    /// For what is read row by row, and for the registry's own reading.
    pub(crate) readers: DatabaseConnection,
    /// For principals that can only read.
    pub(crate) auditors: DatabaseConnection,
}

/// What a connection will be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Read,
    /// Reading by a principal that can do nothing else.
    Audit,
    Write,
}

impl Connections {
    /// Opens what a store goes on with; whoever set up the database still has it open.
    pub(crate) async fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        Ok(Self {
            reading: at_hand(config, Purpose::Read)?,
            writers: at_hand(config, Purpose::Write)?,
            readers: connect(config, Purpose::Read).await?,
            auditors: connect(config, Purpose::Audit).await?,
        })
    }

    /// What reads on behalf of a principal.
    pub(crate) fn counted(&self, principal: &Principal) -> Counted {
        match principal.grant().mode() {
            Mode::ReadOnly if !principal.is_anonymous() => {
                Counted::new(self.auditors.clone(), None)
            }
            Mode::ReadOnly | Mode::ReadWrite => {
                Counted::new(self.readers.clone(), Some(self.reading.clone()))
            }
        }
    }

    pub(crate) async fn close(&self) {
        // Readers first, so that SQLite's last connection is the one that may tidy the file.
        self.reading.close().await;
        for pool in [&self.readers, &self.auditors] {
            if let Err(error) = pool.clone().close().await {
                tracing::warn!(%error, "closing the database failed");
            }
        }
        self.writers.close().await;
    }
}

/// Opens a pool; a SQLite file is made if missing.
pub(crate) async fn connect(
    config: &StoreConfig,
    purpose: Purpose,
) -> Result<DatabaseConnection, StoreError> {
    let opened = match &config.database {
        DatabaseUrl::Sqlite(path) => sqlite(path, config, purpose).await,
        DatabaseUrl::Postgres(url) => postgres(url, config, purpose).await,
    };
    opened.map_err(|error| cannot_open(config, &error))
}

fn cannot_open(config: &StoreConfig, error: &SqlxError) -> StoreError {
    StoreError::CannotOpen { url: config.database.to_string(), reason: error.to_string() }
}

fn at_hand(config: &StoreConfig, purpose: Purpose) -> Result<AtHand, StoreError> {
    let options = match &config.database {
        DatabaseUrl::Sqlite(path) => {
            LineOptions::Sqlite(Box::new(sqlite_options(path, config, purpose)))
        }
        DatabaseUrl::Postgres(url) => {
            let options = postgres_options(url, config, purpose);
            let options = options.map_err(|error| cannot_open(config, &error))?;
            LineOptions::Postgres(Box::new(options))
        }
    };
    let limit = match (purpose, options.backend()) {
        (Purpose::Read, _) => config.reader_connections,
        (Purpose::Audit, _) => config.auditor_connections,
        (Purpose::Write, DbBackend::Sqlite) => 1,
        (Purpose::Write, _) => config.writer_connections,
    };
    Ok(AtHand::new(options, limit, config.statement_timeout))
}

fn sqlite_options(path: &Path, config: &StoreConfig, purpose: Purpose) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(purpose == Purpose::Write)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(match config.durability {
            Durability::Acknowledged => SqliteSynchronous::Full,
            Durability::Closed => SqliteSynchronous::Normal,
        })
        .foreign_keys(true)
        .busy_timeout(config.statement_timeout)
        .statement_cache_capacity(match purpose {
            Purpose::Read | Purpose::Audit => 256,
            // Those that write many rows are hundreds of kilobytes each, and differ by how many.
            Purpose::Write => 32,
        })
        // A page of the usual size fits, so that the thread that reads it waits for nobody.
        .row_buffer_size(256)
        .pragma("temp_store", "memory")
        .disable_statement_logging();
    match purpose {
        // The file is not mapped into memory: every reader would map it anew, and the system's page
        // cache holds it once for all of them.
        Purpose::Read | Purpose::Audit => {
            options.pragma("query_only", "on").pragma("cache_size", "-2048")
        }
        // Checkpoints of 32 MiB write a page that many batches touch once instead of each time.
        Purpose::Write => {
            let options = options.pragma("cache_size", writer_cache(config.durability));
            // What is erased must not stay in the free space of pages.
            options.pragma("secure_delete", "on").pragma("wal_autocheckpoint", "8192")
        }
    }
}

async fn sqlite(
    path: &Path,
    config: &StoreConfig,
    purpose: Purpose,
) -> Result<DatabaseConnection, SqlxError> {
    let options = sqlite_options(path, config, purpose);
    let connections = match purpose {
        Purpose::Read => beside_at_hand(config),
        Purpose::Audit => config.auditor_connections,
        Purpose::Write => 1,
    };
    let pool = SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(config.statement_timeout)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None);
    let pool = match purpose {
        Purpose::Audit => limited(pool, config.auditor_statement_timeout),
        Purpose::Read | Purpose::Write => pool,
    };
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool.connect_with(options).await?))
}

/// The pages that a writer holds, in SQLite's terms: enough for what a batch touches until its commit.
const fn writer_cache(durability: Durability) -> &'static str {
    match durability {
        Durability::Acknowledged => "-8192",
        // A whole province is written, and little else is in memory.
        Durability::Closed => "-65536",
    }
}

/// Interrupts statements that run for longer than `limit` after their connection was taken.
fn limited(pool: SqlitePoolOptions, limit: Duration) -> SqlitePoolOptions {
    /// Steps of SQLite's virtual machine between two looks at the clock; a fraction of a millisecond.
    const STEPS: i32 = 10_000;
    async fn begin(connection: &mut SqliteConnection, limit: Duration) -> Result<(), SqlxError> {
        let end = Instant::now() + limit;
        connection.lock_handle().await?.set_progress_handler(STEPS, move || Instant::now() < end);
        Ok(())
    }
    pool.after_connect(move |connection, _| Box::pin(begin(connection, limit))).before_acquire(
        move |connection, _| Box::pin(async move { begin(connection, limit).await.map(|()| true) }),
    )
}

/// Connections for what takes several statements, or is the registry's own: half as many again.
const fn beside_at_hand(config: &StoreConfig) -> u32 {
    config.reader_connections.div_ceil(2)
}

fn postgres_options(
    url: &str,
    config: &StoreConfig,
    purpose: Purpose,
) -> Result<PgConnectOptions, SqlxError> {
    let timeout = match purpose {
        Purpose::Audit => config.auditor_statement_timeout,
        Purpose::Read | Purpose::Write => config.statement_timeout,
    };
    let timeout = timeout.as_millis().to_string();
    let mut settings =
        vec![("statement_timeout", timeout.as_str()), ("lock_timeout", timeout.as_str())];
    if purpose != Purpose::Write {
        settings.push(("default_transaction_read_only", "on"));
    }
    Ok(PgConnectOptions::from_str(url)?
        .application_name("registry")
        .statement_cache_capacity(256)
        .options(settings)
        .disable_statement_logging())
}

async fn postgres(
    url: &str,
    config: &StoreConfig,
    purpose: Purpose,
) -> Result<DatabaseConnection, SqlxError> {
    let options = postgres_options(url, config, purpose)?;
    let connections = match purpose {
        Purpose::Read => beside_at_hand(config),
        Purpose::Audit => config.auditor_connections,
        Purpose::Write => config.writer_connections,
    };
    // The pool would try again until its time is over; whoever starts the registry wants to know now.
    PgConnection::connect_with(&options).await?.close().await?;
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(config.statement_timeout)
        .test_before_acquire(false)
        // The pool's own maintenance can fall into an endless loop (sqlx 3645); so there is none.
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(options);
    Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
}

/// Empties SQLite's journal, in which pages stay as they were before an erasure; false if a reader
/// still needs them. PostgreSQL's own journal and dead rows are its operator's to keep for as long as
/// recovery needs them.
pub(crate) async fn forget_journal(connection: &impl ConnectionTrait) -> Result<bool, StoreError> {
    let backend = connection.get_database_backend();
    if backend != DbBackend::Sqlite {
        return Ok(true);
    }
    let checkpoint = Statement::from_string(backend, "PRAGMA wal_checkpoint(TRUNCATE)");
    let told = connection.query_one_raw(checkpoint).await?;
    Ok(told.map(|row| row.try_get::<i32>("", "busy")).transpose()? == Some(0))
}

/// Lets PostgreSQL do at once what it does by itself in time: count what there is, and note which pages need no
/// second look. SQLite has nothing like it.
pub(crate) async fn settle(writers: &AtHand) -> Result<(), StoreError> {
    const TABLES: &str =
        "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = current_schema()";
    if writers.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let tables = Statement::from_string(DbBackend::Postgres, TABLES);
    for table in writers.query_all_raw(tables).await? {
        // One by one: each has the time of a statement.
        let table: String = table.try_get("", "name")?;
        writers.execute_unprepared(&format!("VACUUM (ANALYZE) {table}")).await?;
    }
    Ok(())
}

/// Draws the number of an event that is written later in the same transaction.
pub(crate) async fn next_event_number(
    connection: &impl ConnectionTrait,
) -> Result<i32, StoreError> {
    let backend = connection.get_database_backend();
    let draw = format!("SELECT {} AS number", event_number(backend));
    let drawn = connection.query_one_raw(Statement::from_string(backend, draw)).await?;
    let drawn = drawn.ok_or_else(|| StoreError::damaged("the numbers of events"))?;
    Ok(drawn.try_get("", "number")?)
}

/// The expression that draws the number of an event, for statements that do something else as well.
pub(crate) const fn event_number(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "nextval(pg_get_serial_sequence('audit_event', 'id'))::int",
        // Whoever asks is the only writer.
        _ => "(SELECT COALESCE(MAX(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'audit_event')",
    }
}

/// Takes `count` numbers for records of a kind that nobody else gets, in ascending order. On
/// PostgreSQL no other transaction waits meanwhile, and numbers of writes that fail stay unused.
pub(crate) async fn take_numbers(
    connection: &impl ConnectionTrait,
    kind: &str,
    count: usize,
) -> Result<Vec<i32>, StoreError> {
    let damaged = || StoreError::damaged(format!("the numbers of {kind}"));
    let backend = connection.get_database_backend();
    let bound = i32::try_from(count).map_err(|_| StoreError::NumbersUsedUp)?;
    if backend == DbBackend::Postgres {
        let draw = "SELECT nextval($1::text::regclass)::int AS number FROM generate_series(1, $2)";
        let values = [format!("{kind}_numbers").into(), bound.into()];
        let draw = Statement::from_sql_and_values(backend, draw, values);
        let drawn = connection.query_all_raw(draw).await?;
        return Ok(drawn.iter().map(|row| row.try_get("", "number")).collect::<Result<_, _>>()?);
    }
    let draw = "UPDATE counter SET next = next + ? WHERE name = ? RETURNING next";
    let draw = Statement::from_sql_and_values(backend, draw, [bound.into(), kind.into()]);
    let drawn = connection.query_one_raw(draw).await?.ok_or_else(damaged)?;
    let next: i32 = drawn.try_get("", "next")?;
    Ok((next - bound..next).collect())
}

/// What PostgreSQL numbers from a sequence, named as its table.
const NUMBERED: [&str; 7] = [
    "household",
    "seller",
    "product",
    "listing",
    "institution",
    "community_team",
    "training_session",
];

/// Makes the numbers that no record got free again, once those who are writing under a retry's key
/// have ended: they hold it before they draw. Nobody may be writing without one.
pub(crate) async fn take_back_numbers(writers: &AtHand) -> Result<(), StoreError> {
    // SQLite's are taken by the transaction that uses them.
    if writers.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let transaction = begin_writing(writers).await?;
    transaction.execute_unprepared("LOCK TABLE idempotency_key IN EXCLUSIVE MODE").await?;
    for kind in NUMBERED {
        let take_back = format!(
            "SELECT setval('{kind}_numbers', COALESCE(MAX(number), 0) + 1, false) FROM {kind}"
        );
        transaction.execute_unprepared(&take_back).await?;
    }
    transaction.commit().await
}
