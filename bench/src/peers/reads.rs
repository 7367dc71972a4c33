//! Works that read, with parameters by chance.

use chrono::{Datelike as _, Days, NaiveDate};
use serde_json::{Value, json};

use super::contestant::Who;
use super::cursors::Cursors;
use super::facts::{Chance, Facts};
use super::work::{Entry, GRAPHQL, Requests, Work, document, operation};

/// Requests of a work that differ.
pub(crate) const MANY: usize = 500;

/// Those that take each contestant a while.
pub(crate) const FEW: usize = 40;

/// A day on the boundaries before the reform, and the last month that was reported on them.
const BEFORE_REFORM: &str = "2024-06-30";
const LAST_MONTH: i32 = 2025 * 12 + 5;

/// The first month that both partners reported.
const FIRST_MONTH: i32 = 2021 * 12 + 6;

/// The indicators that surveys alone tell.
pub(crate) const INDICATORS: [&str; 15] = [
    "ADULT_SMARTPHONE",
    "HOUSEHOLD_FIBRE",
    "DIGITAL_SKILLS",
    "PUBLIC_SERVICE_ACCOUNT",
    "VNEID_LEVEL_2",
    "CASHLESS_PAYMENT",
    "SERVICE_HAUGIANG_APP",
    "SERVICE_VSSID",
    "SERVICE_ZALO",
    "SERVICE_BANK_APP",
    "SERVICE_MOBILE_MONEY",
    "SERVICE_VIETTEL_MONEY",
    "SERVICE_CASHLESS_ELECTRICITY",
    "SERVICE_CASHLESS_WATER",
    "SERVICE_CASHLESS_TELECOM",
];

/// The same request for each kind of contestant.
struct Asked {
    registry: Value,
    floor: Value,
    postgraphile: Value,
}

/// All works that read; so many requests of those that take a while.
pub(crate) fn works(facts: &Facts, cursors: &Cursors, slow: usize) -> Vec<Work> {
    vec![
        household(facts),
        households(facts, cursors),
        communes(slow),
        indicators(facts, slow),
        totals(facts),
        listings(facts),
        screen(facts, slow),
    ]
}

/// Asks every contestant its way.
fn work(
    name: &'static str,
    told: &'static str,
    path: &'static str,
    documents: [&str; 2],
    asked: &[Asked],
) -> Work {
    let [registry, postgraphile] = documents;
    let bodies =
        |body: &dyn Fn(&Asked) -> String| Requests::Cycle(asked.iter().map(body).collect());
    let of_registry = || bodies(&|asked| operation(registry, &asked.registry));
    Work {
        name,
        told,
        entries: vec![
            Entry::new(Who::Registry, GRAPHQL, of_registry()),
            Entry::new(Who::Keeping, GRAPHQL, of_registry()),
            Entry::new(Who::Floor, path, bodies(&|asked| asked.floor.to_string())),
            Entry::new(
                Who::PostGraphile,
                GRAPHQL,
                bodies(&|asked| operation(postgraphile, &asked.postgraphile)),
            ),
            Entry::new(Who::Sqlite, GRAPHQL, of_registry()),
        ],
    }
}

/// The floor once more, reading what the registry keeps added up.
fn with_rollups(mut work: Work, path: &'static str, asked: &[Asked]) -> Work {
    let bodies = asked.iter().map(|asked| asked.floor.to_string()).collect();
    let floor = Entry::new(Who::Floor, path, Requests::Cycle(bodies));
    work.entries.insert(3, Entry { variant: Some("from the rollups"), ..floor });
    work
}

fn household(facts: &Facts) -> Work {
    let mut chance = Chance::new(1);
    let asked: Vec<Asked> = (0..MANY).map(|_| one_household(facts, &mut chance)).collect();
    work(
        "household",
        "W1: a household by its code, with hamlet, commune and province",
        "/household",
        [document!("registry", "household"), document!("postgraphile", "household")],
        &asked,
    )
}

fn one_household(facts: &Facts, chance: &mut Chance) -> Asked {
    let number = *chance.of(&facts.households);
    let code = code(number);
    Asked {
        registry: json!({ "code": code }),
        floor: json!({ "code": code }),
        postgraphile: json!({ "number": number }),
    }
}

fn households(facts: &Facts, cursors: &Cursors) -> Work {
    let mut work = work(
        "households",
        "W2: fifty households without fibre, with hamlet and commune, at any depth of the list",
        "/households",
        [document!("registry", "households"), document!("postgraphile", "households")],
        &[],
    );
    for entry in &mut work.entries {
        let mut chance = Chance::new(2);
        let mut body = |_| {
            let page = chance.below(facts.page_starts.len());
            match entry.who {
                Who::Floor => json!({ "after": facts.page_starts[page] }).to_string(),
                Who::PostGraphile => operation(
                    document!("postgraphile", "households"),
                    &json!({ "after": cursors.of(entry.who, page) }),
                ),
                Who::Registry | Who::Keeping | Who::Sqlite => operation(
                    document!("registry", "households"),
                    &json!({ "after": cursors.of(entry.who, page) }),
                ),
            }
        };
        entry.requests = Requests::Cycle((0..MANY).map(&mut body).collect());
    }
    work
}

fn communes(count: usize) -> Work {
    let mut chance = Chance::new(3);
    let months = usize::try_from(LAST_MONTH - FIRST_MONTH).unwrap_or_default();
    let asked = |_| {
        let from = FIRST_MONTH + i32::try_from(chance.below(months)).unwrap_or_default();
        Asked {
            registry: json!({ "day": BEFORE_REFORM, "from": month(from), "to": month(from + 1) }),
            floor: json!({ "day": BEFORE_REFORM, "from": from, "to": from + 1 }),
            postgraphile: json!({ "day": BEFORE_REFORM, "from": from, "to": from + 1 }),
        }
    };
    let asked: Vec<Asked> = (0..count).map(asked).collect();
    work(
        "communes",
        "W3: all 75 communes with their hamlets and their lines in the four newest reports up to a month",
        "/communes",
        [document!("registry", "communes"), document!("postgraphile", "communes")],
        &asked,
    )
}

fn indicators(facts: &Facts, count: usize) -> Work {
    let mut chance = Chance::new(4);
    let asked = |_| {
        let day = any_day(facts, &mut chance);
        Asked {
            registry: json!({ "province": province(day), "day": day, "codes": INDICATORS }),
            floor: json!({ "day": day }),
            postgraphile: json!({ "day": day }),
        }
    };
    let asked: Vec<Asked> = (0..count).map(asked).collect();
    let work = work(
        "indicators",
        "W4: fifteen indicators of the province and all its communes, on the boundaries of any day",
        "/indicators",
        [document!("registry", "indicators"), document!("postgraphile", "indicators")],
        &asked,
    );
    with_rollups(work, "/rollups", &asked)
}

fn totals(facts: &Facts) -> Work {
    let mut chance = Chance::new(5);
    let asked = |_| {
        let unit = chance.of(&facts.units);
        Asked {
            registry: json!({ "within": unit_before(unit), "last": month(LAST_MONTH) }),
            floor: json!({ "unit": unit, "on": BEFORE_REFORM, "last": LAST_MONTH }),
            postgraphile: json!({ "code": unit, "day": BEFORE_REFORM, "last": LAST_MONTH }),
        }
    };
    let asked: Vec<Asked> = (0..MANY).map(asked).collect();
    work(
        "totals",
        "W5: certificates of a district or commune by partner and month, over four years",
        "/totals",
        [document!("registry", "totals"), document!("postgraphile", "totals")],
        &asked,
    )
}

fn listings(facts: &Facts) -> Work {
    let mut chance = Chance::new(6);
    let asked = |_| {
        let search = chance.of(&facts.phrases);
        Asked {
            registry: json!({ "search": search }),
            floor: json!({ "search": search, "today": facts.today }),
            postgraphile: json!({ "search": search, "today": facts.today }),
        }
    };
    let asked: Vec<Asked> = (0..MANY).map(asked).collect();
    work(
        "listings",
        "W6: listings on sale found by words, with facets by marketplace, category, stars and commune",
        "/listings",
        [document!("registry", "listings"), document!("postgraphile", "listings")],
        &asked,
    )
}

fn screen(facts: &Facts, count: usize) -> Work {
    let mut chance = Chance::new(7);
    let asked = |_| {
        let household = one_household(facts, &mut chance);
        let (code, number) = (&household.registry["code"], &household.postgraphile["number"]);
        let (day, unit) = (any_day(facts, &mut chance), chance.of(&facts.units));
        Asked {
            registry: json!({
                "code": code, "province": province(day), "day": day, "codes": INDICATORS,
                "within": unit_before(unit), "last": month(LAST_MONTH),
            }),
            floor: json!({
                "code": code, "day": day, "unit": unit, "on": BEFORE_REFORM, "last": LAST_MONTH,
            }),
            postgraphile: json!({
                "number": number, "day": day, "code": unit, "codeOn": BEFORE_REFORM,
                "last": LAST_MONTH,
            }),
        }
    };
    let asked: Vec<Asked> = (0..count).map(asked).collect();
    let work = work(
        "screen",
        "W7: W1, W4 and W5 in one request",
        "/screen",
        [document!("registry", "screen"), document!("postgraphile", "screen")],
        &asked,
    );
    with_rollups(work, "/screen-rollups", &asked)
}

/// A day whose boundaries are known: from 2021 to today.
fn any_day(facts: &Facts, chance: &mut Chance) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(2021, 1, 1).unwrap_or_default();
    let days = usize::try_from((facts.today - first).num_days()).unwrap_or_default();
    first + Days::new(chance.below(days.max(1)) as u64)
}

/// The province by the code that it has on a day.
fn province(day: NaiveDate) -> Value {
    let is_before = (day.year(), day.month()) < (2025, 7);
    json!({ "codeOn": { "code": if is_before { "93" } else { "92" }, "on": day } })
}

fn unit_before(code: &str) -> Value {
    json!({ "codeOn": { "code": code, "on": BEFORE_REFORM } })
}

/// A month as the API writes it.
pub(crate) fn month(index: i32) -> String {
    format!("{}-{:02}", index / 12, index % 12 + 1)
}

/// A household's code: its number in six digits, or seven from a million on, with two check digits.
pub(crate) fn code(number: i32) -> String {
    // The letters are read as 17 and 16.
    let letters = if number < 1_000_000 { 1_716_000_000 } else { 17_160_000_000 };
    let checked = letters + i64::from(number);
    format!("HG{number:06}{:02}", 98 - checked * 100 % 97)
}
