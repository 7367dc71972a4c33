//! `registry seed`: a generated province, written through the same door as everything else.

use std::sync::Arc;

use registry_demo::{Demo, Scale, Work};
use registry_domain::access::{Principal, Scope, WritingPrincipal};
use registry_domain::fault::{Language, Path};
use registry_domain::time::SimulatedClock;
use registry_persistence::{
    ChangeHouseholds, CloseHouseholds, RecordConnectivity, RegisterHouseholds, Row, Store,
    WriteError, WriteRequest,
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

/// Fills an empty registry; the clock goes through the years as the generated history says.
pub(super) async fn fill(loaded: &Loaded, scale: Scale) -> Result<(), ServerError> {
    let clock = Arc::new(SimulatedClock::at(chrono::DateTime::UNIX_EPOCH));
    let store = start::migrate_and_open(loaded, clock.clone()).await?;
    let filled = fill_store(&store, &clock, scale).await;
    store.close().await;
    filled
}

async fn fill_store(
    store: &Store,
    clock: &SimulatedClock,
    scale: Scale,
) -> Result<(), ServerError> {
    let recorded = store.household_count().await?;
    if recorded > 0 {
        return Err(ServerError::Found(format!(
            "the registry already has {recorded} households; seeding is for an empty one / đã có dữ liệu, chỉ sinh mẫu vào cơ sở dữ liệu rỗng"
        )));
    }
    let actor = Principal::known("demo", [Scope::HouseholdsWrite]).writer(Scope::HouseholdsWrite);
    let actor = actor.map_err(registry_persistence::StoreError::from)?;
    let demo = Demo::new(&store.units(), scale);
    let bar = progress::bar(demo.rows());
    let (ahead, mut steps) = mpsc::channel(AHEAD);
    // Making a step and writing another go on at once.
    let maker = tokio::task::spawn_blocking(move || {
        for step in demo.steps() {
            if ahead.blocking_send(step).is_err() {
                break;
            }
        }
    });
    let mut written = 0;
    while let Some(step) = steps.recv().await {
        clock.set(step.at);
        let rows = step.work.rows();
        write(store, &actor, step.work).await?;
        written += rows;
        bar.inc(rows as u64);
    }
    drop(steps);
    if maker.await.is_err() {
        return Err(ServerError::Found("the generator failed".into()));
    }
    bar.finish_and_clear();
    let households = store.household_count().await?;
    tell(format!("{households} households, {written} rows / {households} hộ, {written} dòng"));
    Ok(())
}

async fn write(store: &Store, actor: &WritingPrincipal, work: Work) -> Result<(), ServerError> {
    let request = WriteRequest::default();
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
            let told = first
                .map(|fault| format!("{}: {}", fault.path, fault.rule.message(Language::English)));
            ServerError::Found(format!("a generated row was refused: {}", told.unwrap_or_default()))
        }
    })
}

fn numbered<T>(rows: Vec<T>) -> Vec<Row<T>> {
    let numbered = rows.into_iter().enumerate();
    numbered
        .map(|(index, value)| Row { at: Path::root().field("rows").index(index), value })
        .collect()
}
