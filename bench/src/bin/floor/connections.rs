//! A fixed set of connections, each with all statements prepared; who finds none free waits.

use std::sync::{Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, NoTls, Row, Statement};

use crate::FloorError;

/// Plans are made once: parameters differ little here, and planning takes longer than most statements.
const SETTINGS: &str = "SET plan_cache_mode = force_generic_plan; SET jit = off";

/// A statement and the types of its parameters.
pub(crate) type Text = (String, &'static [Type]);

pub(crate) struct Connections {
    free: Mutex<Vec<Connection>>,
    waiting: Semaphore,
}

struct Connection {
    client: Client,
    statements: Vec<Statement>,
}

impl Connections {
    /// Opens so many, each with these statements prepared.
    pub(crate) async fn open(
        database: &str,
        number: usize,
        statements: &[Text],
    ) -> Result<Self, FloorError> {
        let mut free = Vec::with_capacity(number);
        for _ in 0..number {
            let (client, connection) = tokio_postgres::connect(database, NoTls).await?;
            // It ends with its client.
            tokio::spawn(connection);
            client.batch_execute(SETTINGS).await?;
            let mut prepared = Vec::with_capacity(statements.len());
            for (text, types) in statements {
                prepared.push(client.prepare_typed(text, types).await?);
            }
            free.push(Connection { client, statements: prepared });
        }
        Ok(Self { free: Mutex::new(free), waiting: Semaphore::new(number) })
    }

    /// The one row that a statement finds.
    pub(crate) async fn ask(&self, asked: Asked<'_>) -> Result<Row, FloorError> {
        let taken = self.free().await?;
        let Connection { client, statements } = taken.connection()?;
        Ok(client.query_one(&statements[asked.statement], asked.parameters).await?)
    }

    /// The same in one transaction after a statement that locks. All is sent at once.
    pub(crate) async fn ask_after(
        &self,
        lock: Asked<'_>,
        asked: Asked<'_>,
    ) -> Result<Row, FloorError> {
        let taken = self.free().await?;
        let Connection { client, statements } = taken.connection()?;
        let (begun, locked, row, ended) = tokio::join!(
            biased;
            client.batch_execute("BEGIN"),
            client.query_one(&statements[lock.statement], lock.parameters),
            client.query_one(&statements[asked.statement], asked.parameters),
            // Ends a transaction that failed, too.
            client.batch_execute("COMMIT"),
        );
        begun?;
        locked?;
        ended?;
        Ok(row?)
    }

    async fn free(&self) -> Result<Taken<'_>, FloorError> {
        // It is only closed with the floor.
        let turn = self.waiting.acquire().await.map_err(std::io::Error::other)?;
        Ok(Taken { from: self, connection: self.take(), _turn: turn })
    }

    fn take(&self) -> Option<Connection> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// One of the statements, by its place in the list, and its parameters.
pub(crate) struct Asked<'a> {
    pub(crate) statement: usize,
    pub(crate) parameters: &'a [&'a (dyn ToSql + Sync)],
}

/// A connection in use; goes back even if the client has gone away meanwhile.
struct Taken<'a> {
    from: &'a Connections,
    connection: Option<Connection>,
    /// Given back after the connection.
    _turn: SemaphorePermit<'a>,
}

impl Taken<'_> {
    fn connection(&self) -> Result<&Connection, FloorError> {
        let none = || std::io::Error::other("no free connection").into();
        self.connection.as_ref().ok_or_else(none)
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut free = self.from.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.extend(self.connection.take());
    }
}
