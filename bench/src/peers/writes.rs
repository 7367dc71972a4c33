//! Works that write; every request once.

use std::fs;

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use super::contestant::Who;
use super::facts::{Chance, Facts};
use super::homes::PARTNERS;
use super::reads::{code, month};
use super::work::{Entry, GRAPHQL, Requests, Work, document, operation};
use crate::BenchError;
use crate::program::file;

/// Months that partners report of: 2021-07…2025-06.
const FIRST_MONTH: i32 = 2021 * 12 + 6;
const MONTHS: usize = 48;

/// Certificates issued in each commune and month.
const ISSUED: i64 = 10;

/// Whom a batch of surveys finds: each household the same.
const FOUND: [(&str, u8); 14] = [
    ("smartphone", 1),
    ("trained", 0),
    ("public_service_account", 1),
    ("vneid_level_2", 1),
    ("cashless", 1),
    ("haugiang_app", 0),
    ("vssid", 0),
    ("zalo", 1),
    ("bank_app", 0),
    ("mobile_money", 0),
    ("viettel_money", 0),
    ("cashless_electricity", 0),
    ("cashless_water", 0),
    ("cashless_telecom", 0),
];

/// All works that write.
pub(crate) fn works(facts: &Facts) -> Result<Vec<Work>, BenchError> {
    Ok(vec![report()?, surveys(facts)?])
}

fn report() -> Result<Work, BenchError> {
    let units = fs::read_to_string(file("../seeds/units_2024.csv"))?;
    let is_commune =
        |cell: &&str| cell.len() == 5 && cell.bytes().all(|byte| byte.is_ascii_digit());
    let codes = units.lines().filter_map(|line| line.split(',').find(is_commune));
    let line = |unit| json!({ "unit": unit, "issued": ISSUED, "renewed": 1, "revoked": 0 });
    let lines: Vec<Value> = codes.map(line).collect();
    let entry = |who: Who| {
        let lines = lines.clone();
        let path = if who == Who::Floor { "/report" } else { GRAPHQL };
        let body = Box::new(move |place| one_report(who, place, &lines));
        Entry::new(who, path, Requests::Once { used: 0, count: PARTNERS * MONTHS, body })
    };
    Ok(Work {
        name: "report",
        told: "M1: a certificate report of 75 lines taken",
        entries: Who::ALL.into_iter().map(entry).collect(),
    })
}

/// Month by month, in each month all partners, so that neighbours don't wait for each other.
fn one_report(who: Who, place: usize, lines: &[Value]) -> String {
    let partner = format!("P{:05}", place % PARTNERS);
    let months = i32::try_from(place / PARTNERS).unwrap_or_default();
    let at = FIRST_MONTH + months;
    let total = i64::from(months + 1) * ISSUED * i64::try_from(lines.len()).unwrap_or_default();
    let key = format!("{partner}-{}", month(at));
    match who {
        Who::Registry | Who::Keeping | Who::Sqlite => {
            let input = json!({
                "partner": partner, "period": month(at), "cumulativeIssued": total,
                "idempotencyKey": key, "lines": lines,
            });
            operation(document!("registry", "report"), &json!({ "input": input }))
        }
        Who::Floor => {
            json!({ "partner": partner, "month": at, "total": total, "key": key, "lines": lines })
                .to_string()
        }
        Who::PostGraphile => operation(
            document!("postgraphile", "report"),
            &json!({
                "partner": partner, "month": at, "total": total.to_string(), "key": key,
                "lines": lines,
            }),
        ),
    }
}

fn surveys(facts: &Facts) -> Result<Work, BenchError> {
    let days = (facts.today - facts.first_free_day).num_days();
    let days = usize::try_from(days).unwrap_or_default();
    if days == 0 {
        return Err(BenchError::failed(
            "the newest survey is of today; no later one can be recorded",
        ));
    }
    let mut batches = facts.neighbours.clone();
    shuffle(&mut batches);
    let first = facts.first_free_day;
    let entry = |who: Who| {
        let batches = batches.clone();
        let count = batches.len() * days;
        let path = if who == Who::Floor { "/surveys" } else { GRAPHQL };
        let body = Box::new(move |place: usize| {
            let day = first + Days::new((place / batches.len()) as u64);
            one_batch(who, &batches[place % batches.len()], day)
        });
        Entry::new(who, path, Requests::Once { used: 0, count, body })
    };
    Ok(Work {
        name: "surveys",
        told: "M2: a batch of 100 surveys recorded",
        entries: Who::ALL.into_iter().map(entry).collect(),
    })
}

/// So that batches of one hamlet, which wait for each other, aren't sent at once.
fn shuffle(batches: &mut [Vec<i32>]) {
    let mut chance = Chance::new(8);
    for place in (1..batches.len()).rev() {
        batches.swap(place, chance.below(place + 1));
    }
}

fn one_batch(who: Who, households: &[i32], day: NaiveDate) -> String {
    let surveys = households.iter().map(|number| one_survey(who, *number, day));
    let surveys = Value::from(surveys.collect::<Vec<_>>());
    match who {
        Who::Registry | Who::Keeping | Who::Sqlite => {
            let variables = json!({ "input": { "surveys": surveys } });
            operation(document!("registry", "surveys"), &variables)
        }
        Who::Floor => json!({ "surveys": surveys }).to_string(),
        Who::PostGraphile => {
            operation(document!("postgraphile", "surveys"), &json!({ "surveys": surveys }))
        }
    }
}

fn one_survey(who: Who, number: i32, day: NaiveDate) -> Value {
    if who.is_registry() {
        return json!({
            "household": code(number),
            "surveyedOn": day,
            "fixedLine": { "technology": "FIBRE", "provider": "VNPT" },
            "mobileGeneration": "G4",
            "adultsWithSmartphone": 1,
            "workingAgeTrained": 0,
            "adultsWithPublicServiceAccount": 1,
            "adultsWithVneidLevel2": 1,
            "adultsPayingCashless": 1,
            "services": [{ "service": "ZALO", "adults": 1 }],
        });
    }
    let mut survey = json!({
        "number": number,
        "surveyed_on": day,
        "fixed_technology": "FIBRE",
        "fixed_provider": "VNPT",
        "mobile_generation": "G4",
    });
    for (column, count) in FOUND {
        survey[column] = count.into();
    }
    survey
}
