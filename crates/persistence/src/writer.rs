//! The writing door: one command, one transaction. What can be written stands in the file of its noun.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use chrono::SubsecRound as _;
use futures_util::FutureExt as _;
use registry_domain::access::WritingPrincipal;
use registry_domain::fault::{Fault, Faults, Path, Rule};
use registry_domain::time::{Date, Instant};
use registry_domain::unit::{UnitId, Units};
use sea_orm::{ConnectionTrait as _, DeleteMany, QuerySelect, UpdateMany};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::audit::{self, Changes, Deed, Occasion, Outcome, Recorded};
use crate::bulk::{self, Writes};
use crate::engine::Transaction;
use crate::personal::Sealer;
use crate::retry::{Claim, Idempotency};
use crate::store::Inner;
use crate::{Store, StoreError, WriteError, engine};

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
    pub(crate) transaction: Transaction,
    pub(crate) principal: WritingPrincipal,
    pub(crate) now: Instant,
    store: Arc<Inner>,
    units: Arc<Units>,
    mode: Mode,
    /// What the event that records this write will list.
    changes: Mutex<Changes>,
    /// The number of that event, once anything has asked for it.
    event: OnceLock<i32>,
    /// What else is written with it.
    at_end: Mutex<Writes>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
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
}

impl Writer {
    pub(crate) async fn begin(
        store: &Store,
        principal: &WritingPrincipal,
        mode: Mode,
    ) -> Result<Self, StoreError> {
        let connections = &store.inner.connections;
        let transaction = match mode {
            Mode::Write => engine::begin_writing(&connections.writers).await?,
            Mode::Rehearse => engine::begin_reading(&connections.reading).await?,
        };
        let at_end = Mutex::new(Writes::new(transaction.get_database_backend()));
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
            at_end,
        })
    }

    async fn attempt<C: Command>(
        &self,
        command: C,
        request: &WriteRequest,
    ) -> Result<Written<C::Outcome>, WriteError> {
        let claim = match &request.idempotency {
            None => None,
            Some(idempotency) => match self.claim(idempotency).await? {
                Claim::Made(row) => Some(row),
                Claim::CarriedOut(outcome) => return Ok(Written { outcome, replayed: true }),
            },
        };
        let subjects = command.subjects();
        let plan = command.plan(self).await?;
        let outcome = C::carry_out(plan, self).await?;
        if !audit::IS_LEFT_OUT {
            self.note((C::ACTION, subjects), request)?;
        }
        if let Some(claim) = claim {
            self.keep_outcome(claim, &outcome)?;
        }
        let last = self.at_end().take();
        last.write(&self.transaction).await?;
        Ok(Written { outcome, replayed: false })
    }

    fn note(
        &self,
        (action, subjects): (&str, usize),
        request: &WriteRequest,
    ) -> Result<(), StoreError> {
        let occasion = Occasion {
            at: self.now,
            actor: self.principal.actor(),
            token: self.principal.token(),
            request_id: request.request_id.as_deref(),
        };
        let (number, changes) = (self.event.get().copied(), self.changes().pack());
        let outcome = Outcome::Written { number, changes };
        audit::add_note(&mut self.at_end(), &occasion, Deed { action, subjects, outcome })
    }

    /// Writes new rows.
    pub(crate) async fn record<E: Recorded>(&self, rows: &[E::Model]) -> Result<(), StoreError> {
        bulk::insert::<E>(&self.transaction, rows, "").await?;
        self.written::<E>(rows)
    }

    /// Writes new rows when all else is done, in one statement with the event and whatever else is
    /// written at the end. The command may neither read them nor write the same rows otherwise.
    pub(crate) fn record_at_end<E: Recorded>(&self, rows: &[E::Model]) -> Result<(), StoreError> {
        self.at_end().insert::<E>(rows, "")?;
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

    /// Writes columns as [`Self::rewrite`] does, at the end like [`Self::record_at_end`].
    pub(crate) fn rewrite_at_end<E: Recorded>(
        &self,
        rows: &[E::Model],
        columns: &[E::Column],
    ) -> Result<(), StoreError> {
        self.at_end().update::<E>(rows, columns)?;
        self.written::<E>(rows)
    }

    /// Writes rows in place of those with the same keys.
    pub(crate) async fn replace<E: Recorded>(&self, rows: &[E::Model]) -> Result<(), StoreError> {
        self.rewrite::<E>(rows, &bulk::columns_beside_key::<E>()).await
    }

    /// Writes rows as [`Self::replace`] does, at the end like [`Self::record_at_end`].
    pub(crate) fn replace_at_end<E: Recorded>(&self, rows: &[E::Model]) -> Result<(), StoreError> {
        self.rewrite_at_end::<E>(rows, &bulk::columns_beside_key::<E>())
    }

    /// What is written when the command has done all else.
    pub(crate) fn at_end(&self) -> MutexGuard<'_, Writes> {
        self.at_end.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// The expression that draws the event's number with something else, by [`Self::event`]'s rules; a
    /// rehearsal leaves no event.
    pub(crate) fn draw_event(&self) -> Option<&'static str> {
        let backend = self.transaction.get_database_backend();
        (self.mode == Mode::Write).then(|| engine::event_number(backend))
    }

    /// Gives the event the number that was drawn so, unless it has one.
    pub(crate) fn number_event(&self, drawn: i32) {
        self.event.get_or_init(|| drawn);
    }

    /// Locks the selected rows until the end, unless this is a rehearsal. SQLite has one writer anyway.
    pub(crate) fn locking<S: QuerySelect>(&self, select: S) -> S {
        match self.mode {
            Mode::Write => select.lock_exclusive(),
            Mode::Rehearse => select,
        }
    }

    /// Takes `count` free numbers for records of a kind, in ascending order.
    pub(crate) async fn take_numbers(
        &self,
        kind: &'static str,
        count: usize,
    ) -> Result<Vec<u32>, StoreError> {
        let numbers = engine::take_numbers(&self.transaction, kind, count).await?;
        let numbers = numbers.into_iter().map(u32::try_from).collect::<Result<_, _>>();
        numbers.map_err(|_| StoreError::damaged(format!("the numbers of {kind}")))
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
