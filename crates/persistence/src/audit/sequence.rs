//! Giving events their places: which were committed, in the order of their numbers, many at a time.
//!
//! Writers never wait for each other because of the log: they only add rows. Afterwards one
//! instance at a time takes what waits, gives it the next places, adds it to the tree and signs a
//! checkpoint, in one transaction. Events about one record are numbered while it is locked, so
//! their places are in the order in which they happened.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use registry_domain::audit::{
    Checkpoint, Digest, NoteFault, TileFault, TileId, Tiles, leaf_hash, tiles_to_append,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::change::Lines;
use super::event::entry;
use super::key::signing_key;
use super::mention::Mentions;
use crate::engine::Transaction;
use crate::entity::audit::{checkpoint, event, mention, place, tile, waiting};
use crate::store::Inner;
use crate::{Store, StoreError, bulk, engine};

/// Any number; the same in every version, so that all instances agree who sequences.
const LEASE: i64 = 93_093;

/// The most events that get their places at once.
const EVENTS_AT_ONCE: u64 = 2_000;

/// The most lines of changes that they may have together, if it is more than one event.
const LINES_AT_ONCE: i64 = 20_000;

/// How often checkpoints may follow each other.
const AT_MOST_EVERY: Duration = Duration::from_secs(1);

/// How often the database is asked for what other processes wrote.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Wakes whoever gives events their places.
#[derive(Debug, Default)]
pub(crate) struct Sequencing {
    noted: Notify,
    task: OnceLock<AbortHandle>,
}

impl Sequencing {
    /// This process noted an event.
    pub(crate) fn wake(&self) {
        self.noted.notify_one();
    }

    /// Ends the work in the background, if there is any.
    pub(crate) fn stop(&self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }
}

impl Store {
    /// Gives events their places from now on, in the background, until the store is closed.
    pub fn keep_sequencing(&self) {
        let sequencing = &self.inner.sequencing;
        sequencing.task.get_or_init(|| {
            tokio::spawn(keep_sequencing(Arc::downgrade(&self.inner))).abort_handle()
        });
    }

    /// Gives all waiting events their places and signs a checkpoint; how many there were.
    pub async fn sequence(&self) -> Result<u64, StoreError> {
        self.inner.sequence_all().await
    }
}

async fn keep_sequencing(store: Weak<Inner>) {
    loop {
        let Some(inner) = store.upgrade() else { return };
        if let Err(error) = inner.sequence_all().await {
            tracing::error!(code = error.code(), %error, "the audit log can't go on");
        }
        drop(inner);
        tokio::time::sleep(AT_MOST_EVERY).await;
        let Some(inner) = store.upgrade() else { return };
        // Whether this process wrote or the time is over: either way it is time to look.
        _ = tokio::time::timeout(LOOK_EVERY, inner.sequencing.noted.notified()).await;
    }
}

impl Inner {
    pub(crate) async fn sequence_all(&self) -> Result<u64, StoreError> {
        if !is_any_waiting(&self.connections.readers).await? {
            return Ok(0);
        }
        let mut sequenced = 0;
        loop {
            let (events, are_all) = self.sequence_some().await?;
            sequenced += events;
            // Whatever was noted meanwhile can wait: writers may never come to an end.
            if are_all {
                return Ok(sequenced);
            }
        }
    }

    /// One transaction's worth, and whether nothing waited besides; none if another instance is at it.
    async fn sequence_some(&self) -> Result<(u64, bool), StoreError> {
        let transaction = engine::begin_writing(&self.connections.writers).await?;
        if !take_lease(&transaction).await? {
            transaction.rollback().await?;
            return Ok((0, true));
        }
        let (events, are_all) = waiting(&transaction).await?;
        let size = size(&transaction).await?;
        if !events.is_empty() {
            give_places(&transaction, size, &events).await?;
            let mentions = self.mentions(size, &events)?;
            bulk::insert::<mention::Entity>(&transaction, &mentions, "").await?;
            let leaves: Vec<Digest> = events.iter().map(|event| leaf_hash(&entry(event))).collect();
            let root = grow(&transaction, size, &leaves).await?;
            self.sign(&transaction, size + leaves.len() as u64, root).await?;
        }
        transaction.commit().await?;
        Ok((events.len() as u64, are_all))
    }

    fn mentions(
        &self,
        size: u64,
        events: &[event::Model],
    ) -> Result<Vec<mention::Model>, StoreError> {
        let units = self.units.load();
        let mut mentions = Mentions::new(&units);
        let mut rows = BTreeSet::new();
        for (event, sequence) in events.iter().zip(stored(size)?..) {
            let damaged = || StoreError::damaged(format!("the changes of event no. {}", event.id));
            let Some(packed) = &event.changes else { continue };
            let lines = Lines::unpack(packed).ok_or_else(damaged)?;
            let subjects = mentions.of(&lines, event.recorded_at).ok_or_else(damaged)?;
            rows.extend(subjects.into_iter().map(|subject| (subject, sequence)));
        }
        Ok(rows
            .into_iter()
            .map(|(subject, sequence)| mention::Model { subject, sequence })
            .collect())
    }

    async fn sign(
        &self,
        transaction: &Transaction,
        size: u64,
        root: Digest,
    ) -> Result<(), StoreError> {
        let key = signing_key(transaction, &self.sealer).await?;
        let origin = key.verifier().name().to_string();
        let damaged = |fault: NoteFault| StoreError::damaged(format!("a checkpoint: {fault}"));
        let checkpoint = Checkpoint::new(origin, size, root).map_err(damaged)?;
        let note = key.sign_note(&checkpoint.to_string()).map_err(damaged)?;
        let row = checkpoint::Model {
            size: stored(size)?,
            recorded_at: self.clock.now(),
            note: note.to_string(),
        };
        bulk::insert::<checkpoint::Entity>(transaction, &[row], "").await
    }
}

/// Until the end of the transaction, on PostgreSQL. SQLite has one writer anyway.
pub(super) async fn take_lease(transaction: &Transaction) -> Result<bool, StoreError> {
    let DbBackend::Postgres = transaction.get_database_backend() else { return Ok(true) };
    let sql = format!("SELECT pg_try_advisory_xact_lock({LEASE}) AS taken");
    let statement = sea_orm::Statement::from_string(DbBackend::Postgres, sql);
    let row = transaction.query_one_raw(statement).await?;
    Ok(row.map(|row| row.try_get("", "taken")).transpose()?.unwrap_or_default())
}

async fn is_any_waiting(connection: &impl ConnectionTrait) -> Result<bool, StoreError> {
    Ok(waiting::Entity::find().limit(1).one(connection).await?.is_some())
}

/// Committed events without a place, by number, no more than memory likes; and whether these are all.
async fn waiting(transaction: &Transaction) -> Result<(Vec<event::Model>, bool), StoreError> {
    let waiting = waiting::Entity::find()
        .order_by_asc(waiting::Column::Event)
        .limit(EVENTS_AT_ONCE)
        .all(transaction)
        .await?;
    let waited = waiting.len();
    let sizes: Vec<(i32, Option<i32>)> = event::Entity::find()
        .select_only()
        .columns([event::Column::Id, event::Column::ChangesSize])
        .filter(event::Column::Id.is_in(waiting.into_iter().map(|waiting| waiting.event)))
        .order_by_asc(event::Column::Id)
        .into_tuple()
        .all(transaction)
        .await?;
    if sizes.len() != waited {
        return Err(StoreError::damaged("events that wait for their places"));
    }
    let mut lines = 0;
    let mut numbers = Vec::with_capacity(sizes.len());
    let mut are_all = (sizes.len() as u64) < EVENTS_AT_ONCE;
    for (number, size) in sizes {
        lines += i64::from(size.unwrap_or_default());
        if lines > LINES_AT_ONCE && !numbers.is_empty() {
            are_all = false;
            break;
        }
        numbers.push(number);
    }
    let events = event::Entity::find()
        .filter(event::Column::Id.is_in(numbers))
        .order_by_asc(event::Column::Id)
        .all(transaction)
        .await?;
    Ok((events, are_all))
}

/// How many events have their places. Refuses to go on if the newest checkpoint says otherwise.
async fn size(transaction: &Transaction) -> Result<u64, StoreError> {
    let newest: Option<Option<i64>> = place::Entity::find()
        .select_only()
        .column_as(place::Column::Sequence.max(), "newest")
        .into_tuple()
        .one(transaction)
        .await?;
    let signed: Option<Option<i64>> = checkpoint::Entity::find()
        .select_only()
        .column_as(checkpoint::Column::Size.max(), "newest")
        .into_tuple()
        .one(transaction)
        .await?;
    let events = newest.flatten().map_or(0, |newest| newest + 1);
    let signed = signed.flatten().unwrap_or_default();
    if events != signed {
        let what = format!("the audit log: {events} events, but a checkpoint says {signed}");
        return Err(StoreError::damaged(what));
    }
    u64::try_from(events).map_err(|_| StoreError::damaged("the places of events"))
}

async fn give_places(
    transaction: &Transaction,
    size: u64,
    events: &[event::Model],
) -> Result<(), StoreError> {
    let numbers = events.iter().map(|event| event.id);
    let waited = waiting::Entity::delete_many().filter(waiting::Column::Event.is_in(numbers));
    if waited.exec(transaction).await?.rows_affected != events.len() as u64 {
        return Err(StoreError::damaged("the numbers of events"));
    }
    let place = |(event, sequence): (&event::Model, i64)| place::Model {
        sequence,
        event: event.id,
        actor: event.actor.clone(),
        action: event.action.clone(),
        token: event.token.clone(),
    };
    let places: Vec<_> = events.iter().zip(stored(size)?..).map(place).collect();
    bulk::insert::<place::Entity>(transaction, &places, "").await
}

/// Adds leaves to the tree; its root.
async fn grow(
    transaction: &Transaction,
    size: u64,
    leaves: &[Digest],
) -> Result<Digest, StoreError> {
    let mut tiles = load_tiles(transaction, &tiles_to_append(size)).await?;
    let rows = tiles.append(size, leaves)?.into_iter().map(|id| {
        let hashes = tiles.bytes(id).ok_or(TileFault::Missing { tile: id })?;
        Ok(tile::Model { level: i16::from(id.level), place: stored(id.index)?, hashes })
    });
    let rows: Vec<_> = rows.collect::<Result<_, StoreError>>()?;
    let replace = "ON CONFLICT (level, place) DO UPDATE SET hashes = excluded.hashes";
    bulk::insert::<tile::Entity>(transaction, &rows, replace).await?;
    // What the root needs was here before or has just been made.
    Ok(tiles.root(size + leaves.len() as u64)?)
}

/// The stored tiles with these names; what is missing is missed by whoever needs it.
pub(crate) async fn load_tiles(
    connection: &impl ConnectionTrait,
    ids: &[TileId],
) -> Result<Tiles, StoreError> {
    let mut tiles = Tiles::default();
    if ids.is_empty() {
        return Ok(tiles);
    }
    let mut named = Condition::any();
    for id in ids {
        let level = tile::Column::Level.eq(i16::from(id.level));
        let place = tile::Column::Place.eq(stored(id.index)?);
        named = named.add(Condition::all().add(level).add(place));
    }
    for row in tile::Entity::find().filter(named).all(connection).await? {
        let (Ok(level), Ok(index)) = (u8::try_from(row.level), u64::try_from(row.place)) else {
            continue;
        };
        tiles.insert(TileId { level, index }, &row.hashes)?;
    }
    Ok(tiles)
}

pub(super) fn stored(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::NumbersUsedUp)
}
