//! Works that write: the rows that the registry writes, in one transaction that is sent at once.
//!
//! Of the audit log the event is written, with prepared bytes in place of its packed changes. Giving
//! events their places in the tree, which the registry does in the background, is left out.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chrono::Utc;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio_postgres::types::{ToSql, Type};

use crate::connections::{Asked, Text};
use crate::{Data, Floor, FloorError};

const REPORT: (&str, &[Type]) = (
    include_str!("../../../sql/floor/report.sql"),
    &[
        Type::TEXT,
        Type::INT4,
        Type::INT8,
        Type::TEXT,
        Type::TEXT,
        Type::BYTEA,
        Type::BYTEA,
        Type::TEXT,
        Type::TIMESTAMPTZ,
    ],
);
const LOCK: (&str, &[Type]) = (include_str!("../../../sql/floor/lock.sql"), &[Type::TEXT]);
const SURVEYS: (&str, &[Type]) = (
    include_str!("../../../sql/floor/surveys.sql"),
    &[Type::TEXT, Type::BYTEA, Type::BYTEA, Type::TIMESTAMPTZ],
);

pub(crate) fn statements() -> Vec<Text> {
    [REPORT, LOCK, SURVEYS].into_iter().map(|(text, types)| (text.to_owned(), types)).collect()
}

/// What the registry would compute.
pub(crate) struct Prepared {
    report: Vec<u8>,
    surveys: Vec<u8>,
    receipt: String,
}

impl Prepared {
    pub(crate) fn new(report: usize, surveys: usize, receipt: usize) -> Self {
        Self { report: noise(report), surveys: noise(surveys), receipt: "r".repeat(receipt) }
    }
}

/// Bytes that PostgreSQL can't make smaller; the registry's are packed already.
fn noise(bytes: usize) -> Vec<u8> {
    let chance = RandomState::new();
    (0..bytes).flat_map(|at| chance.hash_one(at).to_le_bytes()).take(bytes).collect()
}

/// In place of a hash of the content.
fn root() -> [u8; 32] {
    let mut root = [0; 32];
    root.copy_from_slice(&noise(32));
    root
}

#[derive(Deserialize)]
pub(crate) struct Report {
    partner: String,
    month: i32,
    total: i64,
    key: String,
    lines: Box<RawValue>,
}

pub(crate) async fn report(
    State(floor): State<Arc<Floor>>,
    Json(asked): Json<Report>,
) -> Result<Data, FloorError> {
    let Report { partner, month, total, key, lines } = asked;
    let Prepared { report, receipt, .. } = &floor.prepared;
    let (lines, root) = (lines.get(), root());
    let root = root.as_slice();
    let parameters: &[&(dyn ToSql + Sync)] =
        &[&partner, &month, &total, &key, &lines, report, &root, receipt, &Utc::now()];
    let row = floor.writers.ask(Asked { statement: 0, parameters }).await?;
    Ok(Data(row.try_get(0)?))
}

#[derive(Deserialize)]
pub(crate) struct Surveys {
    surveys: Box<RawValue>,
}

pub(crate) async fn surveys(
    State(floor): State<Arc<Floor>>,
    Json(asked): Json<Surveys>,
) -> Result<Data, FloorError> {
    let (surveys, root) = (asked.surveys.get(), root());
    let changes = &floor.prepared.surveys;
    let lock = Asked { statement: 1, parameters: &[&surveys] };
    let root = root.as_slice();
    let parameters: &[&(dyn ToSql + Sync)] = &[&surveys, changes, &root, &Utc::now()];
    let row = floor.writers.ask_after(lock, Asked { statement: 2, parameters }).await?;
    Ok(Data(row.try_get(0)?))
}
