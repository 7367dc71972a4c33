//! Whether all answers say the same.
//!
//! This is evened out: cursors are left out, since each server writes its own; 0 and 0.0 are the same; communes
//! with as many listings as others are put in the order of their names. `PostGraphile`'s
//! answers get the registry's shape: names of fields, codes from numbers, months from their index, the
//! order of groups, and what its users would compute from its sums: the province from its communes,
//! and ratios.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

use super::contestant::{Contestant, Who};
use super::http::Connection;
use super::reads::{INDICATORS, code, month};
use super::work::Work;
use crate::BenchError;

/// How much of an answer is shown.
const SHOWN: usize = 600;

/// Requests that write and are compared.
const WRITTEN: usize = 2;

/// The order in which groups of products are told.
const CATEGORIES: [&str; 9] = [
    "FRESH_FOOD",
    "RAW_FOOD",
    "PROCESSED_FOOD",
    "SEASONING",
    "DRINK",
    "HERBAL",
    "HANDICRAFT",
    "ORNAMENTAL",
    "TOURISM",
];

/// What each of [`INDICATORS`] is counted by and out of, in `PostGraphile`'s names.
const COUNTED: [(&str, &str); 15] = [
    ("smartphone", "adults"),
    ("fibre", "households"),
    ("trained", "workingAge"),
    ("publicServiceAccount", "adults"),
    ("vneidLevel2", "adults"),
    ("cashless", "adults"),
    ("haugiangApp", "adults"),
    ("vssid", "adults"),
    ("zalo", "adults"),
    ("bankApp", "adults"),
    ("mobileMoney", "adults"),
    ("viettelMoney", "adults"),
    ("cashlessElectricity", "adults"),
    ("cashlessWater", "adults"),
    ("cashlessTelecom", "adults"),
];

/// Sends every request of a work, or the first ones if it writes, to all contestants and compares.
pub(crate) fn check(
    work: &mut Work,
    contestants: &[(Who, Contestant)],
    runtime: &Runtime,
) -> Result<(), BenchError> {
    let mut first: Vec<Value> = Vec::new();
    let name = work.name;
    for entry in &mut work.entries {
        let host = contestants.iter().find(|(who, _)| *who == entry.who);
        let (_, contestant) = host.ok_or_else(|| BenchError::failed(entry.label()))?;
        let bodies = entry.requests.next(WRITTEN);
        let answers = runtime.block_on(answers(&contestant.host, entry.path, &bodies))?;
        entry.requests.sent(bodies.len());
        for (place, answer) in answers.into_iter().enumerate() {
            let answer = normalised(name, entry.who, answer);
            match first.get(place) {
                None => first.push(answer),
                Some(expected) if *expected == answer => {}
                Some(expected) => {
                    return Err(BenchError::failed(format!(
                        "{name}: {} answers otherwise\nasked: {}\n{}",
                        entry.label(),
                        shown(&bodies[place]),
                        difference("", expected, &answer).unwrap_or_default(),
                    )));
                }
            }
        }
    }
    Ok(())
}

/// The first place at which two answers differ.
fn difference(at: &str, expected: &Value, answer: &Value) -> Option<String> {
    let of = |key: &str, expected: &Value, answer: Option<&Value>| {
        difference(&format!("{at}/{key}"), expected, answer.unwrap_or(&Value::Null))
    };
    let deeper = match (expected, answer) {
        _ if expected == answer => return None,
        (Value::Object(left), Value::Object(right)) => {
            left.iter().find_map(|(key, value)| of(key, value, right.get(key)))
        }
        (Value::Array(left), Value::Array(right)) => {
            let mut items = left.iter().enumerate();
            items.find_map(|(at, value)| of(&at.to_string(), value, right.get(at)))
        }
        _ => None,
    };
    let (expected, answer) = (expected.to_string(), answer.to_string());
    Some(deeper.unwrap_or_else(|| {
        format!("at: {at}\nexpected: {}\nanswered: {}", shown(&expected), shown(&answer))
    }))
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

async fn answers(host: &str, path: &str, bodies: &[String]) -> Result<Vec<Value>, BenchError> {
    let mut connection = Connection::open(host).await?;
    let mut answers = Vec::with_capacity(bodies.len());
    for body in bodies {
        answers.push(connection.ask(path, body).await?);
    }
    Ok(answers)
}

fn normalised(work: &str, who: Who, mut data: Value) -> Value {
    if who == Who::PostGraphile {
        data = match work {
            "household" => json!({ "household": household(&data) }),
            "households" => households(&data["allHouseholds"]),
            "communes" => communes(&data["communes"]["nodes"]),
            "indicators" => indicators(&data),
            "totals" => json!({ "certificateTotals": totals(&data) }),
            "listings" => listings(&data["searchListings"]),
            "screen" => {
                let mut screen = indicators(&data);
                screen["household"] = household(&data);
                screen["certificateTotals"] = totals(&data);
                screen
            }
            "report" => data["submitReport"]["result"].take(),
            _ => data["recordSurveys"]["result"].take(),
        };
    }
    if let Some(Value::Array(units)) = data.pointer_mut("/listings/facets/unit") {
        // By name: PostGraphile does not know their Vietnamese order.
        units.sort_by_key(|unit| (-whole(&unit["count"]), unit["unit"]["name"].to_string()));
    }
    even_out(&mut data);
    data
}

/// Leaves cursors out, and writes 0.0 and 0 alike.
fn even_out(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("endCursor");
            fields.values_mut().for_each(even_out);
        }
        Value::Array(items) => items.iter_mut().for_each(even_out),
        Value::Number(number) if !number.is_f64() => *value = json!(number.as_f64()),
        _ => {}
    }
}

/// The nodes of a list, each as `told`.
fn each(nodes: &Value, told: impl Fn(&Value) -> Value) -> Value {
    nodes.as_array().map(|nodes| nodes.iter().map(told).collect()).unwrap_or_default()
}

fn household(data: &Value) -> Value {
    let found = &data["householdByNumber"];
    let commune = &found["hamlet"]["within"]["parent"];
    json!({
        "code": code_of(found),
        "status": found["status"],
        "members": found["members"],
        "adults": found["adults"],
        "workingAge": found["workingAge"],
        "hamlet": {
            "name": found["hamlet"]["name"],
            "parent": {
                "name": commune["name"],
                "parent": { "name": commune["within"]["parent"]["name"] },
            },
        },
    })
}

fn households(list: &Value) -> Value {
    let node = |node: &Value| {
        let hamlet = &node["hamlet"];
        json!({
            "code": code_of(node),
            "surveyedOn": node["surveyedOn"],
            "hamlet": {
                "name": hamlet["name"],
                "parent": { "name": hamlet["within"]["parent"]["name"] },
            },
        })
    };
    let nodes = each(&list["nodes"], node);
    json!({ "households": { "pageInfo": list["pageInfo"], "nodes": nodes } })
}

fn communes(nodes: &Value) -> Value {
    let line = |line: &Value| {
        json!({
            "partner": { "code": line["partner"] },
            "period": month(whole(&line["month"])),
            "issued": line["issued"],
            "renewed": line["renewed"],
            "revoked": line["revoked"],
        })
    };
    let node = |node: &Value| {
        json!({
            "code": node["code"],
            "name": node["name"],
            "children": node["children"],
            "certificates": each(&node["countedLines"]["nodes"], line),
        })
    };
    json!({ "units": { "nodes": each(nodes, node) } })
}

fn indicators(data: &Value) -> Value {
    let groups = data["surveyedOn"]["groupedAggregates"].as_array();
    let mut sums: BTreeMap<i32, &Map<String, Value>> = BTreeMap::new();
    let mut all: BTreeMap<&str, i64> = BTreeMap::new();
    for group in groups.into_iter().flatten() {
        let Some(sum) = group["sum"].as_object() else { continue };
        sums.insert(whole(&group["keys"][0]), sum);
        for (name, value) in sum {
            *all.entry(name).or_default() += i64::from(whole(value));
        }
    }
    let told = |count: &dyn Fn(&str) -> i64| -> Value {
        let figure = |(code, (numerator, denominator)): (&&str, (&str, &str))| {
            let (numerator, denominator) = (count(numerator), count(denominator));
            json!({
                "code": code,
                "numerator": numerator,
                "denominator": denominator,
                "value": ratio(numerator, denominator),
            })
        };
        INDICATORS.iter().zip(COUNTED).map(figure).collect()
    };
    let node = |node: &Value| {
        let sum = sums.get(&whole(&node["rowId"]));
        let count =
            |name: &str| sum.map_or(0, |sum| sum.get(name).map_or(0, |count| whole(count).into()));
        json!({ "code": node["code"], "name": node["name"], "indicators": told(&count) })
    };
    json!({
        "indicators": told(&|name| all.get(name).copied().unwrap_or_default()),
        "units": { "nodes": each(&data["communes"]["nodes"], node) },
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts of people are far below 2^52")]
fn ratio(numerator: i64, denominator: i64) -> Option<f64> {
    (denominator != 0).then(|| numerator as f64 / denominator as f64)
}

fn totals(data: &Value) -> Value {
    let groups = data["linesWithin"]["groupedAggregates"].as_array();
    let mut sums: BTreeMap<(String, i32), &Value> = BTreeMap::new();
    for group in groups.into_iter().flatten() {
        let partner = group["keys"][0].as_str().unwrap_or_default();
        sums.insert((partner.to_owned(), whole(&group["keys"][1])), &group["sum"]);
    }
    let told = |((partner, at), sum): (&(String, i32), &&Value)| {
        json!({
            "partner": { "code": partner },
            "period": month(*at),
            "issued": whole(&sum["issued"]),
            "renewed": whole(&sum["renewed"]),
            "revoked": whole(&sum["revoked"]),
        })
    };
    sums.iter().map(told).collect()
}

fn listings(list: &Value) -> Value {
    let node = |node: &Value| {
        json!({
            "code": registry_code("LS", 2_128_000_000, whole(&node["number"])),
            "priceVnd": whole(&node["price"]),
            "product": { "name": node["name"], "category": node["category"] },
            "seller": { "name": node["seller"] },
            "marketplace": { "code": node["marketplace"], "name": node["marketplaceName"] },
        })
    };
    let category = |group: &Group| {
        let place = CATEGORIES.iter().position(|category| group.key.as_str() == Some(category));
        (-group.count, place)
    };
    let by_count = |group: &Group| (-group.count, group.key.to_string());
    let mut stars = groups(&list["stars"], by_count);
    stars.sort_by_key(|group| -group.key.as_str().map_or(0, |stars| stars.parse().unwrap_or(0)));
    let told = |groups: Vec<Group>, told: &dyn Fn(Value) -> Value| -> Value {
        let facet = |Group { key, count }| {
            let mut facet = told(key);
            facet["count"] = count.into();
            facet
        };
        groups.into_iter().map(facet).collect()
    };
    let number = |key: Value| key.as_str().and_then(|stars| stars.parse::<i32>().ok());
    json!({ "listings": {
        "totalCount": list["totalCount"],
        "nodes": each(&list["nodes"], node),
        "facets": {
            "marketplace": told(groups(&list["marketplace"], by_count), &|key| {
                json!({ "marketplace": { "code": key } })
            }),
            "category": told(groups(&list["category"], category), &|key| json!({ "category": key })),
            "stars": told(stars, &|key| json!({ "stars": number(key) })),
            "unit": told(groups(&list["unit"], by_count), &|key| json!({ "unit": { "name": key } })),
        },
    }})
}

/// One group of a facet.
struct Group {
    key: Value,
    count: i32,
}

fn groups<K: Ord>(groups: &Value, order: impl Fn(&Group) -> K) -> Vec<Group> {
    let group = |group: &Value| Group {
        key: group["keys"][0].clone(),
        count: whole(&group["sum"]["listings"]),
    };
    let mut found: Vec<Group> =
        groups.as_array().map(|groups| groups.iter().map(group).collect()).unwrap_or_default();
    found.sort_by_key(order);
    found
}

/// A whole number, as such or as text.
fn whole(value: &Value) -> i32 {
    let number = value.as_i64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    number.and_then(|number| i32::try_from(number).ok()).unwrap_or_default()
}

fn code_of(household: &Value) -> String {
    code(whole(&household["number"]))
}

fn registry_code(letters: &str, letters_read: i64, number: i32) -> String {
    let checked = letters_read + i64::from(number);
    format!("{letters}{number:06}{:02}", 98 - checked * 100 % 97)
}
