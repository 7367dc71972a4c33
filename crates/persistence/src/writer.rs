//! The writing door: one command, one transaction. What can be written stands in the file of its noun.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use chrono::SubsecRound as _;
use futures_util::FutureExt as _;
use registry_domain::access::WritingPrincipal;
use registry_domain::fault::{Expected, Fault, Faults, Path, Rule};
use registry_domain::time::{Date, Instant};
use registry_domain::unit::{UnitId, Units};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait as _, DatabaseTransaction, DeleteMany, EntityTrait, QueryFilter,
    QuerySelect, UpdateMany,
    sea_query::{Expr, ExprTrait as _, OnConflict, Query},
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::audit::{self, Changes, Deed, Occasion, Outcome, Recorded};
use crate::entity::record::idempotency_key;
use crate::personal::{Sealer, hex};
use crate::store::Inner;
use crate::{Store, StoreError, WriteError, bulk, engine};

/// The most rows one command may have.
pub(crate) const ROWS_LIMIT: usize = 5_000;

/// A change to the records. First planned, which finds all faults and writes nothing, then carried out.
pub trait Command: Sized + Send + 'static {
    /// What the record calls it.
    const ACTION: &'static str;
    /// Whether it changes who is let in; this instance then looks again at once.
    const CHANGES_STANDING: bool = false;
    /// Whether it changes the units; this instance then reads them again at once.
    const CHANGES_UNITS: bool = false;
    /// Whether it erases personal data; nothing of it may stay in the engine's files then.
    const ERASES: bool = false;
    /// All that carrying out needs.
    type Plan: Send;
    /// What the caller is told, and told again on a retry. No personal data.
    type Outcome: Serialize + DeserializeOwned + Send + Sync + 'static;

    /// How many records it is about.
    fn subjects(&self) -> usize;

    /// Checks every rule against the records and locks those it will change.
    fn plan(self, writer: &Writer) -> impl Future<Output = Result<Self::Plan, WriteError>> + Send;

    /// Writes. Nothing can be refused any more.
    fn carry_out(
        plan: Self::Plan,
        writer: &Writer,
    ) -> impl Future<Output = Result<Self::Outcome, StoreError>> + Send;
}

/// A value and where it stands in the input, so that faults can name the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<T> {
    /// The place.
    pub at: Path,
    /// The value.
    pub value: T,
}

/// What comes with a command.
#[derive(Debug, Clone, Default)]
pub struct WriteRequest {
    /// Makes a retry safe.
    pub idempotency: Option<Idempotency>,
    /// The request that it came by.
    pub request_id: Option<String>,
}

/// A key under which a command is carried out at most once.
#[derive(Debug, Clone)]
pub struct Idempotency {
    /// The key, 1…200 characters, unique per actor, and per partner for its machines.
    pub key: String,
    /// What the key stands for; only a keyed hash of it is stored.
    pub content: Vec<u8>,
}

/// The longest idempotency key, in characters.
const KEY_LIMIT: usize = 200;

/// What came of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written<T> {
    /// What the command tells.
    pub outcome: T,
    /// Whether an earlier attempt with the same key had done it.
    pub replayed: bool,
}

/// A transaction on behalf of one principal. Only commands hold one.
#[derive(Debug)]
pub struct Writer {
    pub(crate) transaction: DatabaseTransaction,
    pub(crate) principal: WritingPrincipal,
    pub(crate) now: Instant,
    store: Arc<Inner>,
    units: Arc<Units>,
    mode: Mode,
    /// What the event that records this write will list.
    changes: Mutex<Changes>,
    /// The number of that event, once anything has asked for it.
    event: OnceLock<i32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Write,
    Rehearse,
}

impl Store {
    /// The writing door: carries out `command` in one transaction, or nothing of it. Once begun it
    /// goes on to its end even if nobody waits for it any more.
    pub async fn write<C: Command>(
        &self,
        principal: &WritingPrincipal,
        command: C,
        request: WriteRequest,
    ) -> Result<Written<C::Outcome>, WriteError> {
        let (store, principal) = (self.clone(), principal.clone());
        let writing = async move { store.write_to_the_end(&principal, command, request).await };
        engine::to_the_end(writing.boxed()).await
    }

    async fn write_to_the_end<C: Command>(
        &self,
        principal: &WritingPrincipal,
        command: C,
        request: WriteRequest,
    ) -> Result<Written<C::Outcome>, WriteError> {
        let writer = Writer::begin(self, principal, Mode::Write).await?;
        let subjects = command.subjects();
        match writer.attempt(command, &request).await {
            Ok(written) => {
                writer.transaction.commit().await?;
                if C::CHANGES_STANDING {
                    self.inner.standing.forget();
                }
                if C::CHANGES_UNITS {
                    self.inner.notice_units().await;
                }
                self.inner.changes.committed();
                self.inner.sequencing.wake();
                if C::ERASES {
                    self.inner.forget_journal().await;
                }
                Ok(written)
            }
            Err(error) => {
                writer.transaction.rollback().await?;
                if let WriteError::Refused(faults) = &error {
                    self.note_refused(principal, (C::ACTION, subjects), &request, faults).await?;
                }
                Err(error)
            }
        }
    }

    /// Checks `command` by the same rules as [`Store::write`], on a reading connection; what it
    /// would do.
    pub async fn rehearse<C: Command>(
        &self,
        principal: &WritingPrincipal,
        command: C,
    ) -> Result<C::Plan, WriteError> {
        let writer = Writer::begin(self, principal, Mode::Rehearse).await?;
        let planned = command.plan(&writer).await;
        writer.transaction.rollback().await?;
        planned
    }

    /// Whether this very content was carried out under its key.
    pub async fn was_carried_out(
        &self,
        principal: &WritingPrincipal,
        idempotency: &Idempotency,
    ) -> Result<bool, StoreError> {
        let writer = Writer::begin(self, principal, Mode::Rehearse).await?;
        let kept = writer.kept(idempotency).await;
        let hash = writer.content_hash(idempotency);
        writer.transaction.rollback().await?;
        Ok(kept?.is_some_and(|kept| kept.content_hash == hash))
    }
}

impl Writer {
    async fn begin(
        store: &Store,
        principal: &WritingPrincipal,
        mode: Mode,
    ) -> Result<Self, StoreError> {
        let connections = &store.inner.connections;
        let transaction = match mode {
            Mode::Write => engine::begin_writing(&connections.writers).await?,
            Mode::Rehearse => engine::begin_reading(&connections.readers).await?,
        };
        Ok(Self {
            transaction,
            principal: principal.clone(),
            // What both engines keep of an instant.
            now: store.inner.clock.now().trunc_subsecs(6),
            store: Arc::clone(&store.inner),
            units: store.inner.units.load(),
            mode,
            changes: Mutex::default(),
            event: OnceLock::new(),
        })
    }

    async fn attempt<C: Command>(
        &self,
        command: C,
        request: &WriteRequest,
    ) -> Result<Written<C::Outcome>, WriteError> {
        if let Some(idempotency) = &request.idempotency
            && !self.claim(idempotency).await?
            && let Some(outcome) = self.earlier(idempotency).await?
        {
            return Ok(Written { outcome, replayed: true });
        }
        let subjects = command.subjects();
        let plan = command.plan(self).await?;
        let outcome = C::carry_out(plan, self).await?;
        self.note(C::ACTION, subjects, request).await?;
        if let Some(idempotency) = &request.idempotency {
            self.keep_outcome(idempotency, &outcome).await?;
        }
        Ok(Written { outcome, replayed: false })
    }

    /// Reserves the key; false if it is taken. Waits for another transaction that is just taking it.
    async fn claim(&self, idempotency: &Idempotency) -> Result<bool, WriteError> {
        let length = idempotency.key.chars().count();
        if length == 0 || length > KEY_LIMIT || idempotency.key.chars().any(char::is_control) {
            let expected = Expected {
                english: "1 to 200 characters without control characters",
                vietnamese: "1 đến 200 ký tự, không có ký tự điều khiển",
            };
            return Err(refuse("idempotencyKey", Rule::Malformed { expected }));
        }
        let claim = idempotency_key::ActiveModel {
            actor: Set(self.claimant()),
            key: Set(idempotency.key.clone()),
            recorded_at: Set(self.now),
            content_hash: Set(self.content_hash(idempotency)),
            outcome: Set(String::new()),
        };
        let inserted = idempotency_key::Entity::insert(claim)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&self.transaction)
            .await?;
        Ok(inserted > 0)
    }

    async fn earlier<T: DeserializeOwned>(
        &self,
        idempotency: &Idempotency,
    ) -> Result<Option<T>, WriteError> {
        let Some(kept) = self.kept(idempotency).await? else { return Ok(None) };
        if kept.content_hash != self.content_hash(idempotency) {
            return Err(refuse("idempotencyKey", Rule::IdempotencyConflict));
        }
        let outcome = serde_json::from_str(&kept.outcome);
        Ok(Some(outcome.map_err(|_| StoreError::damaged("outcome under an idempotency key"))?))
    }

    async fn kept(
        &self,
        idempotency: &Idempotency,
    ) -> Result<Option<idempotency_key::Model>, StoreError> {
        let id = (self.claimant(), idempotency.key.clone());
        Ok(idempotency_key::Entity::find_by_id(id).one(&self.transaction).await?)
    }

    async fn keep_outcome(
        &self,
        idempotency: &Idempotency,
        outcome: &impl Serialize,
    ) -> Result<(), StoreError> {
        let outcome = serde_json::to_string(outcome).map_err(|_| StoreError::damaged("outcome"))?;
        idempotency_key::Entity::update_many()
            .col_expr(idempotency_key::Column::Outcome, Expr::value(outcome))
            .filter(idempotency_key::Column::Actor.eq(self.claimant()))
            .filter(idempotency_key::Column::Key.eq(&idempotency.key))
            .exec(&self.transaction)
            .await?;
        Ok(())
    }

    async fn note(
        &self,
        action: &str,
        subjects: usize,
        request: &WriteRequest,
    ) -> Result<(), StoreError> {
        if audit::IS_LEFT_OUT {
            return Ok(());
        }
        let occasion = Occasion {
            at: self.now,
            actor: self.principal.actor(),
            token: self.principal.token(),
            request_id: request.request_id.as_deref(),
        };
        let (number, changes) = (self.event.get().copied(), self.changes().pack());
        let outcome = Outcome::Written { number, changes };
        audit::note(&self.transaction, &occasion, Deed { action, subjects, outcome }).await
    }

    /// Writes new rows.
    pub(crate) async fn record<E: Recorded>(&self, rows: &[E::Model]) -> Result<(), StoreError> {
        bulk::insert::<E>(&self.transaction, rows, "").await?;
        self.written::<E>(rows)
    }

    /// Writes these columns of rows that are there already; the others must be as they are there.
    pub(crate) async fn rewrite<E: Recorded>(
        &self,
        rows: &[E::Model],
        columns: &[E::Column],
    ) -> Result<(), StoreError> {
        bulk::update::<E>(&self.transaction, rows, columns).await?;
        self.written::<E>(rows)
    }

    /// Writes rows in place of those with the same keys.
    pub(crate) async fn replace<E: Recorded>(&self, rows: &[E::Model]) -> Result<(), StoreError> {
        self.rewrite::<E>(rows, &bulk::columns_beside_key::<E>()).await
    }

    fn written<E: Recorded>(&self, rows: &[E::Model]) -> Result<(), StoreError> {
        if audit::IS_LEFT_OUT {
            return Ok(());
        }
        self.changes().written::<E>(rows, self.sealer())
    }

    /// Changes the rows that a statement finds.
    pub(crate) async fn update<E: Recorded>(
        &self,
        statement: UpdateMany<E>,
    ) -> Result<(), StoreError> {
        if audit::IS_LEFT_OUT {
            statement.exec(&self.transaction).await?;
            return Ok(());
        }
        let rows = statement.exec_with_returning(&self.transaction).await?;
        self.written::<E>(&rows)
    }

    /// Removes the rows that a statement finds.
    pub(crate) async fn delete<E: Recorded>(
        &self,
        statement: DeleteMany<E>,
    ) -> Result<(), StoreError> {
        let rows = statement.exec_with_returning(&self.transaction).await?;
        self.changes().removed::<E>(&rows)
    }

    /// Notes that a record is no longer in a hamlet.
    pub(crate) fn left<E: Recorded>(&self, number: i32, hamlet: i32) {
        self.changes().left::<E>(number, hamlet);
    }

    fn changes(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the event that will record this write. To be asked for when everything that
    /// the write depends on is locked: numbers of events about one record are in the order of time.
    pub(crate) async fn event(&self) -> Result<i64, StoreError> {
        if let Some(drawn) = self.event.get() {
            return Ok(i64::from(*drawn));
        }
        let drawn = engine::next_event_number(&self.transaction).await?;
        Ok(i64::from(*self.event.get_or_init(|| drawn)))
    }

    /// Whose keys for retries these are: a partner's machines share theirs, whatever token they show.
    fn claimant(&self) -> String {
        match self.principal.partner() {
            Some(partner) => format!("partner {partner}"),
            None => self.principal.actor().to_owned(),
        }
    }

    fn content_hash(&self, idempotency: &Idempotency) -> String {
        hex(&self.sealer().hash("content", &idempotency.content))
    }

    /// Locks the selected rows until the end, unless this is a rehearsal. SQLite has one writer anyway.
    pub(crate) fn locking<S: QuerySelect>(&self, select: S) -> S {
        match self.mode {
            Mode::Write => select.lock_exclusive(),
            Mode::Rehearse => select,
        }
    }

    /// Takes the next `count` numbers of the counter `name`; the first of them.
    pub(crate) async fn reserve_numbers(
        &self,
        name: &'static str,
        count: usize,
    ) -> Result<u32, StoreError> {
        let damaged = || StoreError::damaged(format!("counter {name}"));
        let count = i32::try_from(count).map_err(|_| StoreError::NumbersUsedUp)?;
        let update = Query::update()
            .table("counter")
            .value("next", Expr::col("next").add(count))
            .and_where(Expr::col("name").eq(name))
            .returning_col("next")
            .to_owned();
        let row = self.transaction.query_one(&update).await?.ok_or_else(damaged)?;
        u32::try_from(row.try_get::<i32>("", "next")? - count).map_err(|_| damaged())
    }

    /// Checks that the principal may change records of `hamlet`: by today's tree, for a token that
    /// is for one unit.
    pub(crate) fn require_within(&self, hamlet: UnitId) -> Result<(), Rule> {
        let Some(unit) = self.principal.unit() else { return Ok(()) };
        if self.units().tree(self.today()).is_within(hamlet, unit) {
            return Ok(());
        }
        let name = self.units().get(unit).map(|unit| unit.name.clone());
        Err(Rule::OutsideUnit { unit: name.unwrap_or_default() })
    }

    pub(crate) fn units(&self) -> &Units {
        &self.units
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.store.sealer
    }

    pub(crate) fn today(&self) -> Date {
        registry_domain::time::local_date(self.now)
    }
}

pub(crate) fn refuse(field: &'static str, rule: Rule) -> WriteError {
    WriteError::Refused(Faults::from(Fault {
        path: Path::root().field("input").field(field),
        rule,
    }))
}

/// Checks the number of rows of a batch.
pub(crate) fn bounded<T>(rows: &[T]) -> Result<(), WriteError> {
    let rule = match rows.len() {
        0 => Rule::BatchEmpty,
        rows if rows > ROWS_LIMIT => Rule::BatchTooLarge { rows, limit: ROWS_LIMIT },
        _ => return Ok(()),
    };
    Err(WriteError::Refused(Faults::from(Fault { path: Path::root(), rule })))
}
