//! Works that read.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chrono::NaiveDate;
use serde::Deserialize;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::connections::{Asked, Text};
use crate::{Data, Floor, FloorError};

const HOUSEHOLD: (&str, &[Type]) =
    (include_str!("../../../sql/floor/household.sql"), &[Type::TEXT, Type::INT4]);
const HOUSEHOLDS: (&str, &[Type]) =
    (include_str!("../../../sql/floor/households.sql"), &[Type::INT4]);
const COMMUNES: (&str, &[Type]) =
    (include_str!("../../../sql/floor/communes.sql"), &[Type::DATE, Type::INT4, Type::INT4]);
const INDICATORS: (&str, &[Type]) =
    (include_str!("../../../sql/floor/indicators.sql"), &[Type::DATE]);
const ROLLUPS: (&str, &[Type]) = (include_str!("../../../sql/floor/rollups.sql"), &[Type::DATE]);
const TOTALS: (&str, &[Type]) =
    (include_str!("../../../sql/floor/totals.sql"), &[Type::TEXT, Type::DATE, Type::INT4]);
const LISTINGS: (&str, &[Type]) =
    (include_str!("../../../sql/floor/listings.sql"), &[Type::TEXT_ARRAY, Type::TEXT, Type::DATE]);
const SCREEN: &[Type] = &[Type::TEXT, Type::INT4, Type::DATE, Type::TEXT, Type::DATE, Type::INT4];

/// Places in [`statements`].
const AT_SCREEN: usize = 7;
const AT_SCREEN_OF_ROLLUPS: usize = 8;

pub(crate) fn statements() -> Vec<Text> {
    let single = [HOUSEHOLD, HOUSEHOLDS, COMMUNES, INDICATORS, ROLLUPS, TOTALS, LISTINGS];
    let mut all: Vec<Text> =
        single.into_iter().map(|(text, types)| (text.to_owned(), types)).collect();
    all.extend([(screen_over(INDICATORS.0), SCREEN), (screen_over(ROLLUPS.0), SCREEN)]);
    all
}

/// Three works in one statement, a column each.
fn screen_over(indicators: &str) -> String {
    let indicators = shifted(indicators, 2);
    let totals = shifted(TOTALS.0, 3);
    format!("SELECT ({}), ({indicators}), ({totals})", HOUSEHOLD.0)
}

/// A statement whose parameters come after `others` more.
fn shifted(statement: &str, others: usize) -> String {
    // From the last on, so that none is shifted twice.
    (1..=3).rev().fold(statement.to_owned(), |text, place| {
        text.replace(&format!("${place}"), &format!("${}", place + others))
    })
}

#[derive(Deserialize)]
pub(crate) struct Household {
    code: String,
}

pub(crate) async fn household(
    State(floor): State<Arc<Floor>>,
    Json(asked): Json<Household>,
) -> Result<Data, FloorError> {
    told(
        &floor
            .readers
            .ask(Asked { statement: 0, parameters: &[&asked.code, &number(&asked.code)?] })
            .await?,
    )
}

#[derive(Deserialize)]
pub(crate) struct Households {
    after: i32,
}

pub(crate) async fn households(
    State(floor): State<Arc<Floor>>,
    Json(asked): Json<Households>,
) -> Result<Data, FloorError> {
    told(&floor.readers.ask(Asked { statement: 1, parameters: &[&asked.after] }).await?)
}

#[derive(Deserialize)]
pub(crate) struct Communes {
    day: NaiveDate,
    from: i32,
    to: i32,
}

pub(crate) async fn communes(
    State(floor): State<Arc<Floor>>,
    Json(asked): Json<Communes>,
) -> Result<Data, FloorError> {
    told(
        &floor
            .readers
            .ask(Asked { statement: 2, parameters: &[&asked.day, &asked.from, &asked.to] })
            .await?,
    )
}

#[derive(Deserialize)]
pub(crate) struct Indicators {
    day: NaiveDate,
}

pub(crate) async fn indicators(
    State(floor): State<Arc<Floor>>,
    Json(asked): Json<Indicators>,
) -> Result<Data, FloorError> {
    told(&floor.readers.ask(Asked { statement: 3, parameters: &[&asked.day] }).await?)
}

pub(crate) async fn rollups(
    State(floor): State<Arc<Floor>>,
    Json(asked): Json<Indicators>,
) -> Result<Data, FloorError> {
    told(&floor.readers.ask(Asked { statement: 4, parameters: &[&asked.day] }).await?)
}

#[derive(Deserialize)]
pub(crate) struct Totals {
    unit: String,
    on: NaiveDate,
    last: i32,
}

pub(crate) async fn totals(
    State(floor): State<Arc<Floor>>,
    Json(asked): Json<Totals>,
) -> Result<Data, FloorError> {
    told(
        &floor
            .readers
            .ask(Asked { statement: 5, parameters: &[&asked.unit, &asked.on, &asked.last] })
            .await?,
    )
}

#[derive(Deserialize)]
pub(crate) struct Listings {
    search: String,
    today: NaiveDate,
}

pub(crate) async fn listings(
    State(floor): State<Arc<Floor>>,
    Json(asked): Json<Listings>,
) -> Result<Data, FloorError> {
    let words: Vec<&str> = asked.search.split(' ').collect();
    told(
        &floor
            .readers
            .ask(Asked { statement: 6, parameters: &[&words, &asked.search, &asked.today] })
            .await?,
    )
}

#[derive(Deserialize)]
pub(crate) struct Screen {
    code: String,
    day: NaiveDate,
    unit: String,
    on: NaiveDate,
    last: i32,
}

pub(crate) async fn screen(
    State(floor): State<Arc<Floor>>,
    Json(asked): Json<Screen>,
) -> Result<Data, FloorError> {
    all_of(&floor, AT_SCREEN, &asked).await
}

pub(crate) async fn screen_of_rollups(
    State(floor): State<Arc<Floor>>,
    Json(asked): Json<Screen>,
) -> Result<Data, FloorError> {
    all_of(&floor, AT_SCREEN_OF_ROLLUPS, &asked).await
}

async fn all_of(floor: &Floor, statement: usize, asked: &Screen) -> Result<Data, FloorError> {
    let Screen { code, day, unit, on, last } = asked;
    let row = floor
        .readers
        .ask(Asked { statement, parameters: &[code, &number(code)?, day, unit, on, last] })
        .await?;
    let mut parts = Vec::with_capacity(row.len());
    for place in 0..row.len() {
        let part: &str = row.try_get(place)?;
        parts.push(part.trim_start_matches('{').strip_suffix('}').unwrap_or(part));
    }
    Ok(Data(format!("{{{}}}", parts.join(","))))
}

fn told(row: &Row) -> Result<Data, FloorError> {
    Ok(Data(row.try_get(0)?))
}

/// The number in a household's code; its check digits are left to whoever wrote it.
fn number(code: &str) -> Result<i32, FloorError> {
    let digits = code.strip_prefix("HG").and_then(|digits| digits.get(..6));
    digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| FloorError::Code(code.to_owned()))
}
