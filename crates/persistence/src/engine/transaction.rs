//! How transactions begin and end, so that none stays open on a connection that others get next.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    IsolationLevel, QueryResult, Statement, TransactionTrait as _,
};
use tokio::sync::Mutex;
use tracing::Instrument as _;

use super::at_hand::{AtHand, Taken};
use crate::StoreError;

/// Lets work go on to its end even if nobody waits for it any more.
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

/// A transaction over a connection kept at hand; taken back if it is dropped.
#[derive(Debug)]
pub(crate) struct Transaction {
    backend: DbBackend,
    taken: Mutex<Taken>,
}

impl Transaction {
    async fn begin(at_hand: &AtHand, begin: &str) -> Result<Self, StoreError> {
        let mut taken = at_hand.take().await?;
        taken.in_transaction = true;
        taken.line()?.execute_unprepared(begin).await?;
        Ok(Self { backend: at_hand.get_database_backend(), taken: Mutex::new(taken) })
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        self.end("COMMIT").await
    }

    pub(crate) async fn rollback(self) -> Result<(), StoreError> {
        self.end("ROLLBACK").await
    }

    async fn end(self, word: &str) -> Result<(), StoreError> {
        let mut taken = self.taken.into_inner();
        taken.line()?.execute_unprepared(word).await?;
        Ok(taken.give_back(Ok(()))?)
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        self.backend
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.taken.lock().await.line()?.execute(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.taken.lock().await.line()?.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.taken.lock().await.line()?.query_one(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.taken.lock().await.line()?.query_all(statement).await
    }
}

/// A transaction that writes. Taking SQLite's write lock at once avoids failing half-way for another
/// process.
pub(crate) async fn begin_writing(writers: &AtHand) -> Result<Transaction, StoreError> {
    let begin = match writers.get_database_backend() {
        DbBackend::Sqlite => "BEGIN IMMEDIATE",
        _ => "BEGIN",
    };
    Transaction::begin(writers, begin).await
}

/// A transaction that only reads.
pub(crate) async fn begin_reading(readers: &AtHand) -> Result<Transaction, StoreError> {
    Transaction::begin(readers, "BEGIN").await
}

/// One state of the database, for many statements and for what is read row by row.
pub(crate) async fn snapshot(
    readers: &DatabaseConnection,
) -> Result<DatabaseTransaction, StoreError> {
    let level = match readers.get_database_backend() {
        DbBackend::Postgres => Some(IsolationLevel::RepeatableRead),
        // SQLite's transactions always see one state.
        _ => None,
    };
    let readers = readers.clone();
    // Given up while it begins, it would stay open on a connection that others get next.
    Ok(to_the_end(async move { readers.begin_with_config(level, None).await }.boxed()).await?)
}
