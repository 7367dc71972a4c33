//! One connection to either engine, without the pool: how a statement goes over it.

use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection};
use sea_orm::sqlx::query::Query;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sea_orm::sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Database, Error as SqlxError,
    IntoArguments, query_with, raw_sql,
};
use sea_orm::{DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement, Values};
use sea_query_sqlx::SqlxValues;

use super::limit;

/// How to open one.
#[derive(Debug)]
pub(super) enum LineOptions {
    Postgres(Box<PgConnectOptions>),
    Sqlite(Box<SqliteConnectOptions>),
}

impl LineOptions {
    pub(super) const fn backend(&self) -> DbBackend {
        match self {
            Self::Postgres(_) => DbBackend::Postgres,
            Self::Sqlite(_) => DbBackend::Sqlite,
        }
    }

    pub(super) async fn connect(&self) -> Result<Line, DbErr> {
        let opened = match self {
            Self::Postgres(options) => options.connect().await.map(Line::Postgres),
            Self::Sqlite(options) => options.connect().await.map(Line::Sqlite),
        };
        opened.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error.into())))
    }
}

/// A connection.
#[derive(Debug)]
pub(super) enum Line {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

/// Does the same over a line of either engine.
macro_rules! over {
    ($line:expr, $connection:ident => $does:expr) => {
        match $line {
            Line::Postgres($connection) => $does,
            Line::Sqlite($connection) => $does,
        }
    };
}

impl Line {
    pub(super) async fn query_all(
        &mut self,
        statement: Statement,
    ) -> Result<Vec<QueryResult>, DbErr> {
        over!(self, connection => {
            let found = query(statement).fetch_all(connection).await.map_err(not_asked)?;
            Ok(found.into_iter().map(QueryResult::from).collect())
        })
    }

    pub(super) async fn query_one(
        &mut self,
        statement: Statement,
    ) -> Result<Option<QueryResult>, DbErr> {
        over!(self, connection => {
            let found = query(statement).fetch_optional(connection).await.map_err(not_asked)?;
            Ok(found.map(QueryResult::from))
        })
    }

    pub(super) async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        over!(self, connection => {
            query(statement).execute(connection).await.map(ExecResult::from).map_err(not_done)
        })
    }

    pub(super) async fn execute_unprepared(&mut self, sql: &str) -> Result<ExecResult, DbErr> {
        let sql = raw_sql(AssertSqlSafe(sql));
        over!(self, connection => {
            sql.execute(connection).await.map(ExecResult::from).map_err(not_done)
        })
    }

    /// Ends what was given up: a statement is waited for, a transaction taken back.
    pub(super) async fn end(&mut self, in_transaction: bool) -> Result<(), DbErr> {
        over!(self, connection => connection.ping().await.map_err(not_done))?;
        if in_transaction {
            // SQLite knows none if it never began, which is as well.
            _ = self.execute_unprepared("ROLLBACK").await;
        }
        Ok(())
    }

    pub(super) async fn close(self) {
        let closed = over!(self, connection => connection.close().await);
        if let Err(error) = closed {
            tracing::warn!(%error, "closing a connection failed");
        }
    }
}

/// Whether it is the line that failed, not the statement.
pub(super) fn is_down(error: &DbErr) -> bool {
    match error {
        DbErr::Query(RuntimeErr::SqlxError(error)) | DbErr::Exec(RuntimeErr::SqlxError(error)) => {
            let SqlxError::Database(told) = &**error else { return true };
            // "Operator intervention": PostgreSQL says so and hangs up.
            told.code().is_some_and(|code| code.starts_with("57P"))
        }
        _ => false,
    }
}

fn query<DB: Database>(statement: Statement) -> Query<'static, DB, SqlxValues>
where
    SqlxValues: IntoArguments<DB>,
{
    let statement = match statement.db_backend {
        DbBackend::Postgres => limit::written(statement),
        _ => statement,
    };
    let Statement { sql, values, .. } = statement;
    let values = values.unwrap_or_else(|| Values(Vec::new()));
    query_with(AssertSqlSafe(sql), SqlxValues(values))
}

fn not_asked(error: SqlxError) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

fn not_done(error: SqlxError) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}
