//! The log's own key and its first event: what the registry held when the log began.

use chrono::SubsecRound as _;
use registry_domain::audit::{KeyName, SignatureType, SigningKey, VerifierKey};
use registry_domain::time::{Clock, Instant};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, EntityTrait,
    IsolationLevel, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

use super::change::Changes;
use super::event::{Deed, Occasion, Outcome, note};
use super::record::{EachTable, Recorded, each_table};
use crate::engine::{Purpose, connect};
use crate::entity::audit::log_key::{Entity, Model};
use crate::personal::Sealer;
use crate::{StoreConfig, StoreError, bulk};

const PURPOSE: &str = "log key";

/// There is one.
const ID: i32 = 1;

/// The most records that an event of the beginning lists.
const RECORDS_AT_ONCE: usize = 5_000;

/// Who brings in what was there before the log.
const ACTOR: &str = "registry";

/// Begins the log, if it has not begun: with a key of its own, and with events that list every
/// record there is, so that all that comes later follows from events.
pub(crate) async fn begin(
    writers: &DatabaseConnection,
    sealer: &Sealer,
    clock: &dyn Clock,
) -> Result<(), StoreError> {
    if has_begun(writers).await? {
        return Ok(());
    }
    match begin_now(writers, sealer, clock).await {
        // Another instance was faster.
        Err(StoreError::Contention) if has_begun(writers).await? => Ok(()),
        begun => begun,
    }
}

async fn has_begun(writers: &DatabaseConnection) -> Result<bool, StoreError> {
    Ok(Entity::find_by_id(ID).one(writers).await?.is_some())
}

async fn begin_now(
    writers: &DatabaseConnection,
    sealer: &Sealer,
    clock: &dyn Clock,
) -> Result<(), StoreError> {
    let options = TransactionOptions {
        isolation_level: match writers.get_database_backend() {
            DbBackend::Postgres => Some(IsolationLevel::RepeatableRead),
            // SQLite's transactions always see one state.
            _ => None,
        },
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = writers.begin_with_options(options).await?;
    let now = clock.now().trunc_subsecs(6);
    bulk::insert::<Entity>(&transaction, &[new_key(sealer, now)?], "").await?;
    let mut beginning =
        Beginning { transaction: &transaction, sealer, now, changes: Changes::default() };
    each_table(&mut beginning).await?;
    beginning.note().await?;
    transaction.commit().await?;
    Ok(())
}

/// Lists the records of the beginning.
struct Beginning<'a> {
    transaction: &'a DatabaseTransaction,
    sealer: &'a Sealer,
    now: Instant,
    changes: Changes,
}

impl EachTable for Beginning<'_> {
    async fn table<E: Recorded>(&mut self) -> Result<(), StoreError> {
        let rows = E::find().all(self.transaction).await?;
        for rows in rows.chunks(RECORDS_AT_ONCE) {
            self.changes.written::<E>(rows, self.sealer)?;
            if self.changes.size() >= RECORDS_AT_ONCE {
                self.note().await?;
            }
        }
        Ok(())
    }
}

impl Beginning<'_> {
    async fn note(&mut self) -> Result<(), StoreError> {
        let changes = std::mem::take(&mut self.changes);
        let occasion = Occasion { at: self.now, actor: ACTOR, token: None, request_id: None };
        let deed = Deed {
            action: "log.begin",
            subjects: changes.size(),
            outcome: Outcome::Written { number: None, changes: changes.pack() },
        };
        note(self.transaction, &occasion, deed).await
    }
}

fn new_key(sealer: &Sealer, now: Instant) -> Result<Model, StoreError> {
    let damaged = |_| StoreError::damaged(PURPOSE);
    let name = format!("haugiang.registry/{}", sealer.key_id());
    let name: KeyName = name.parse().map_err(damaged)?;
    let key = SigningKey::generate(name, SignatureType::Signature).map_err(damaged)?;
    Ok(Model {
        id: ID,
        verifier: key.verifier().to_string(),
        sealed_signer: sealer.seal_secret(PURPOSE, "1", key.to_text().as_bytes())?,
        recorded_at: now,
    })
}

/// The key that signs checkpoints.
pub(super) async fn signing_key(
    connection: &impl ConnectionTrait,
    sealer: &Sealer,
) -> Result<SigningKey, StoreError> {
    let damaged = || StoreError::damaged(PURPOSE);
    let row = Entity::find_by_id(ID).one(connection).await?.ok_or_else(damaged)?;
    let text = sealer.open_secret(PURPOSE, "1", &row.sealed_signer)?;
    std::str::from_utf8(&text)
        .ok()
        .and_then(|text| SigningKey::from_text(text).ok())
        .ok_or_else(damaged)
}

/// The public half, as the database has it; whoever doubts the database brings their own.
pub(super) async fn verifier_key(
    connection: &impl ConnectionTrait,
) -> Result<VerifierKey, StoreError> {
    let damaged = || StoreError::damaged(PURPOSE);
    let row = Entity::find_by_id(ID).one(connection).await?.ok_or_else(damaged)?;
    row.verifier.parse().map_err(|_| damaged())
}

/// The public half of a database that is not opened as a registry, for verifying it.
pub async fn stored_log_key(config: &StoreConfig) -> Result<VerifierKey, StoreError> {
    let connection = connect(config, Purpose::Read).await?;
    let key = verifier_key(&connection).await;
    connection.close().await?;
    key
}
