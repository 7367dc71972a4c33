//! How transactions begin, so that none stays open on a connection that others get next.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbBackend, IsolationLevel, SqliteTransactionMode,
    TransactionOptions, TransactionTrait as _,
};
use tracing::Instrument as _;

use crate::StoreError;

/// Lets work go on to its end even if nobody waits for it any more. A transaction that is given up
/// while it begins would otherwise stay open on a connection that others get next.
pub(crate) async fn to_the_end<T: Send + 'static>(work: BoxFuture<'static, T>) -> T {
    match tokio::spawn(work.in_current_span()).await {
        Ok(done) => done,
        // Nobody aborts it; and when the whole process ends, nobody waits.
        Err(stopped) => match stopped.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => std::future::pending().await,
        },
    }
}

/// A transaction that writes. Taking SQLite's write lock at once avoids failing half-way for another
/// process. Whoever begins one must go on to the end: the writing door does by [`to_the_end`], the
/// sequencer by a task of its own.
pub(crate) async fn begin_writing(
    writers: &DatabaseConnection,
) -> Result<DatabaseTransaction, StoreError> {
    let sqlite_transaction_mode = Some(SqliteTransactionMode::Immediate);
    let options = TransactionOptions { sqlite_transaction_mode, ..TransactionOptions::default() };
    Ok(writers.begin_with_options(options).await?)
}

/// A transaction that only reads.
pub(crate) async fn begin_reading(
    readers: &DatabaseConnection,
) -> Result<DatabaseTransaction, StoreError> {
    let readers = readers.clone();
    Ok(to_the_end(async move { readers.begin().await }.boxed()).await?)
}

/// One state of the database, for many statements.
pub(crate) async fn snapshot(
    readers: &DatabaseConnection,
) -> Result<DatabaseTransaction, StoreError> {
    let DbBackend::Postgres = readers.get_database_backend() else {
        // SQLite's transactions always see one state.
        return begin_reading(readers).await;
    };
    let readers = readers.clone();
    let level = Some(IsolationLevel::RepeatableRead);
    Ok(to_the_end(async move { readers.begin_with_config(level, None).await }.boxed()).await?)
}
