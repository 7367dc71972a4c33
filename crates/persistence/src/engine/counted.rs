//! Reading on behalf of one request.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement,
    StreamTrait,
};

use super::at_hand::AtHand;

/// A reading connection that counts its statements: how many there are per request is a promise.
#[derive(Debug, Clone)]
pub(crate) struct Counted {
    pool: DatabaseConnection,
    /// What single statements are read by, if not by the pool.
    at_hand: Option<AtHand>,
    statements: Arc<AtomicU32>,
}

impl Counted {
    pub(super) fn new(pool: DatabaseConnection, at_hand: Option<AtHand>) -> Self {
        Self { pool, at_hand, statements: Arc::default() }
    }

    pub(crate) fn statements(&self) -> u32 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Counts a statement that is shared with others; false if this one shares none.
    pub(crate) fn share(&self) -> bool {
        let shares = self.at_hand.is_some();
        self.statements.fetch_add(u32::from(shares), Ordering::Relaxed);
        shares
    }

    fn count(&self) -> &DatabaseConnection {
        self.statements.fetch_add(1, Ordering::Relaxed);
        &self.pool
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Counted {
    fn get_database_backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.count().execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.count().execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let pool = self.count();
        match &self.at_hand {
            Some(at_hand) => at_hand.query_one_raw(statement).await,
            None => pool.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let pool = self.count();
        match &self.at_hand {
            Some(at_hand) => at_hand.query_all_raw(statement).await,
            None => pool.query_all_raw(statement).await,
        }
    }
}

impl StreamTrait for Counted {
    type Stream<'a> = <DatabaseConnection as StreamTrait>::Stream<'a>;

    fn get_database_backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    fn stream_raw<'a>(
        &'a self,
        statement: Statement,
    ) -> Pin<Box<dyn Future<Output = Result<Self::Stream<'a>, DbErr>> + 'a + Send>> {
        self.count().stream_raw(statement)
    }
}
