//! Connections kept at hand. sqlx's pool asks the database after each use whether a connection still lives,
//! which costs a statement by its key as much again; here only what was given up or failed is looked at.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement,
};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::line::{Line, LineOptions, is_down};

/// So many connections at most, for single statements and for transactions; opened when they are first
/// needed. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct AtHand(Arc<Lines>);

#[derive(Debug)]
struct Lines {
    options: LineOptions,
    limit: u32,
    /// How long to wait for one.
    patience: Duration,
    idle: Mutex<Vec<Line>>,
    /// As many as are not in use, open or not.
    free: Semaphore,
}

impl AtHand {
    pub(super) fn new(options: LineOptions, limit: u32, patience: Duration) -> Self {
        let free = Semaphore::new(usize::try_from(limit).unwrap_or(Semaphore::MAX_PERMITS));
        Self(Arc::new(Lines { options, limit, patience, idle: Mutex::default(), free }))
    }

    pub(super) async fn take(&self) -> Result<Taken, DbErr> {
        self.0.permit().await.map_err(DbErr::ConnectionAcquire)?.forget();
        let idle = self.0.idle().pop();
        let mut taken = Taken { line: idle, in_transaction: false, from: self.0.clone() };
        if taken.line.is_none() {
            taken.line = Some(self.0.options.connect().await?);
        }
        Ok(taken)
    }

    /// Closes them once what they are used for has ended.
    pub(super) async fn close(&self) {
        // Those in use come back first; nobody gets one any more.
        _ = self.0.free.acquire_many(self.0.limit).await;
        self.0.free.close();
        let idle = std::mem::take(&mut *self.0.idle());
        for line in idle {
            line.close().await;
        }
    }
}

impl Lines {
    fn idle(&self) -> MutexGuard<'_, Vec<Line>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn permit(&self) -> Result<SemaphorePermit<'_>, ConnAcquireErr> {
        if let Ok(permit) = self.free.try_acquire() {
            return Ok(permit);
        }
        let waited = timeout(self.patience, self.free.acquire()).await;
        let permit = waited.map_err(|_| ConnAcquireErr::Timeout)?;
        permit.map_err(|_| ConnAcquireErr::ConnectionClosed)
    }
}

/// A connection in use, and where it belongs.
#[derive(Debug)]
pub(super) struct Taken {
    /// There until it is given back.
    line: Option<Line>,
    /// Whether a transaction may be open on it.
    pub(super) in_transaction: bool,
    from: Arc<Lines>,
}

impl Taken {
    pub(super) fn line(&mut self) -> Result<&mut Line, DbErr> {
        let closed = DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed);
        self.line.as_mut().ok_or(closed)
    }

    /// Hands it on, unless the line itself failed: then those that are idle most likely lead nowhere either.
    pub(super) fn give_back<T>(mut self, came: Result<T, DbErr>) -> Result<T, DbErr> {
        let line = self.line.take();
        match &came {
            Err(error) if is_down(error) => self.from.idle().clear(),
            _ => self.from.idle().extend(line),
        }
        came
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let from = Arc::clone(&self.from);
        let Some(mut line) = self.line.take() else {
            return from.free.add_permits(1);
        };
        // Nobody waits any more for what it was used for; that must have ended before it is used again.
        let in_transaction = self.in_transaction;
        let ending = async move {
            if line.end(in_transaction).await.is_ok() {
                from.idle().push(line);
            }
            from.free.add_permits(1);
        };
        // Without a runtime the program is at its end, and the line ends with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(ending);
        }
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for AtHand {
    fn get_database_backend(&self) -> DbBackend {
        self.0.options.backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let mut taken = self.take().await?;
        let done = taken.line()?.execute(statement).await;
        taken.give_back(done)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let mut taken = self.take().await?;
        let done = taken.line()?.execute_unprepared(sql).await;
        taken.give_back(done)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let mut taken = self.take().await?;
        let found = taken.line()?.query_one(statement).await;
        taken.give_back(found)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let mut taken = self.take().await?;
        let found = taken.line()?.query_all(statement).await;
        taken.give_back(found)
    }
}
