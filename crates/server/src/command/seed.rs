//! `registry seed`: a generated province, written through the same door as everything else.

use std::sync::Arc;

use registry_demo::{Demo, Scale, Work};
use registry_domain::access::{Principal, Scope, WritingPrincipal};
use registry_domain::fault::{Language, Path};
use registry_domain::time::SimulatedClock;
use registry_persistence::{
    ChangeHouseholds, CloseHouseholds, Idempotency, RecordConnectivity, RegisterHouseholds, Row,
    Store, StoreError, WriteError, WriteRequest,
};
use tokio::sync::mpsc;

use super::{progress, tell};
use crate::arguments;
use crate::config::Loaded;
use crate::error::ServerError;
use crate::start;

/// Steps made ahead of the one being written.
const AHEAD: usize = 4;

pub(super) async fn run(loaded: &Loaded, scale: arguments::Scale) -> Result<(), ServerError> {
    let scale = match scale {
        arguments::Scale::Small => Scale::Small,
        arguments::Scale::Province => Scale::Province,
    };
    fill(loaded, scale).await
}

/// Fills an empty registry, or goes on where an earlier attempt was interrupted; the clock goes
/// through the years as the generated history says.
pub(super) async fn fill(loaded: &Loaded, scale: Scale) -> Result<(), ServerError> {
    let clock = Arc::new(SimulatedClock::at(chrono::DateTime::UNIX_EPOCH));
    let store = start::migrate_and_open(loaded, clock.clone()).await?;
    let filled = match Seeding::new(store.clone(), scale) {
        Ok(seeding) => seeding.run(&clock).await,
        Err(error) => Err(error),
    };
    store.close().await;
    filled
}

/// Whether the registry is empty, or was left half filled.
pub(super) async fn is_due(store: &Store, scale: Scale) -> Result<bool, ServerError> {
    let seeding = Seeding::new(store.clone(), scale)?;
    let begun = seeding.is_written(Turn::Step(0)).await?;
    let empty = store.household_count().await? == 0;
    Ok(empty || begun && !seeding.is_written(Turn::Last).await?)
}

/// A province on its way into one store.
struct Seeding {
    store: Store,
    actor: WritingPrincipal,
    scale: Scale,
}

/// Which step of the history; the last one is known by name, so that one look-up tells the end.
#[derive(Debug, Clone, Copy)]
enum Turn {
    Step(usize),
    Last,
}

impl Seeding {
    fn new(store: Store, scale: Scale) -> Result<Self, ServerError> {
        let demo = Principal::internal("demo", [Scope::HouseholdsWrite]);
        let actor = demo.writer(Scope::HouseholdsWrite).map_err(StoreError::from)?;
        Ok(Self { store, actor, scale })
    }

    async fn run(&self, clock: &SimulatedClock) -> Result<(), ServerError> {
        if !is_due(&self.store, self.scale).await? {
            let recorded = self.store.household_count().await?;
            return Err(ServerError::Found(format!(
                "the registry already has {recorded} households; seeding is for an empty one / đã có dữ liệu, chỉ sinh mẫu vào cơ sở dữ liệu rỗng"
            )));
        }
        let demo = Demo::new(&self.store.units(), self.scale);
        let bar = progress::bar(demo.rows());
        let (ahead, mut steps) = mpsc::channel(AHEAD);
        // Making a step and writing another go on at once.
        let maker = tokio::task::spawn_blocking(move || {
            let mut steps = demo.steps().enumerate().peekable();
            while let Some((number, step)) = steps.next() {
                let turn = if steps.peek().is_some() { Turn::Step(number) } else { Turn::Last };
                if ahead.blocking_send((turn, step)).is_err() {
                    break;
                }
            }
        });
        let mut written = 0;
        while let Some((turn, step)) = steps.recv().await {
            clock.set(step.at);
            let rows = step.work.rows();
            self.write(turn, step.work).await?;
            written += rows;
            bar.inc(rows as u64);
        }
        drop(steps);
        if maker.await.is_err() {
            return Err(ServerError::Found("the generator failed".into()));
        }
        bar.finish_and_clear();
        let households = self.store.household_count().await?;
        tell(format!("{households} households, {written} rows / {households} hộ, {written} dòng"));
        Ok(())
    }

    /// Writes a step, unless an earlier attempt did.
    async fn write(&self, turn: Turn, work: Work) -> Result<(), ServerError> {
        let (store, actor) = (&self.store, &self.actor);
        let request = WriteRequest { idempotency: Some(self.key(turn)), request_id: None };
        let done = match work {
            Work::Register(rows) => {
                store.write(actor, RegisterHouseholds(numbered(rows)), request).await.map(drop)
            }
            Work::Survey(rows) => {
                store.write(actor, RecordConnectivity(numbered(rows)), request).await.map(drop)
            }
            Work::Change(rows) => {
                store.write(actor, ChangeHouseholds(numbered(rows)), request).await.map(drop)
            }
            Work::Close(rows) => {
                store.write(actor, CloseHouseholds(numbered(rows)), request).await.map(drop)
            }
        };
        done.map_err(|error| match error {
            WriteError::Store(error) => error.into(),
            WriteError::Refused(faults) => {
                let first = faults.into_iter().next();
                let told = first.map(|fault| {
                    format!("{}: {}", fault.path, fault.rule.message(Language::English))
                });
                ServerError::Found(format!(
                    "a generated row was refused: {}",
                    told.unwrap_or_default()
                ))
            }
        })
    }

    async fn is_written(&self, turn: Turn) -> Result<bool, ServerError> {
        Ok(self.store.was_carried_out(&self.actor, &self.key(turn)).await?)
    }

    fn key(&self, turn: Turn) -> Idempotency {
        let scale = match self.scale {
            Scale::Small => "small",
            Scale::Province => "province",
        };
        let key = match turn {
            Turn::Step(number) => format!("demo:{scale}:{number}"),
            Turn::Last => format!("demo:{scale}:last"),
        };
        Idempotency { content: key.clone().into_bytes(), key }
    }
}

fn numbered<T>(rows: Vec<T>) -> Vec<Row<T>> {
    let numbered = rows.into_iter().enumerate();
    numbered
        .map(|(index, value)| Row { at: Path::root().field("rows").index(index), value })
        .collect()
}
