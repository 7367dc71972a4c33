//! Mobile coverage over HTTP: recorded by commune, told on the boundaries of either era.

use crate::harness::TestApp;
use crate::reporting::{faults, with};
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    coverage_is_told_on_the_boundaries_of_either_era,
    coverage_ends_and_stays_on_record,
    every_faulty_record_is_told_at_once,
    an_end_is_refused_with_its_reason,
    records_are_listed_page_by_page,
    all_communes_cost_one_statement,
);

const RECORD: &str = "mutation($input: RecordCoverageInput!) {
    recordCoverage(input: $input) { recorded replayed errors { code path message } } }";
const END: &str = "mutation($input: EndCoverageInput!) { endCoverage(input: $input) {
    coverage { commune { name } from until endReason endedAt } replayed errors { code path message } } }";

/// Viettel's 4G in a commune, since 2020.
fn viettel(code: &str) -> Value {
    json!({ "commune": { "code": code }, "operator": "VIETTEL", "generation": "G4", "from": "2020-01-01" })
}

async fn record(app: &TestApp, coverages: &[Value]) -> Value {
    let input = json!({ "coverages": coverages });
    app.data(RECORD, json!({ "input": input })).await["recordCoverage"].clone()
}

async fn recorded(app: &TestApp, coverages: &[Value]) {
    let told = record(app, coverages).await;
    let expected = json!({ "recorded": coverages.len(), "replayed": false, "errors": [] });
    assert_eq!(told, expected);
}

/// The three communes that became Xã Vị Thủy (31441) on 2025-07-01.
const PARTS: [&str; 3] = ["31441", "31444", "31450"];

fn in_2024(code: &str) -> Value {
    json!({ "codeOn": { "code": code, "on": "2024-06-30" } })
}

/// Networks as operator, generation, communes covered and communes.
async fn networks(app: &TestApp, unit: Value, on: Option<&str>) -> Vec<String> {
    let query = "query($unit: UnitRef!, $on: Date) { unit(ref: $unit) {
        mobileCoverage(on: $on) { operator generation communesCovered communes } } }";
    let data = app.data(query, json!({ "unit": unit, "on": on })).await;
    let network = |network: &Value| {
        let [operator, generation] =
            ["operator", "generation"].map(|field| network[field].as_str().unwrap().to_owned());
        format!("{operator} {generation} {}/{}", network["communesCovered"], network["communes"])
    };
    data["unit"]["mobileCoverage"].as_array().unwrap().iter().map(network).collect()
}

async fn indicator(app: &TestApp, unit: Value, on: &str) -> (Value, Value) {
    let query = "query($unit: UnitRef!, $on: Date) {
        indicators(unit: $unit, on: $on, codes: [MOBILE_COVERAGE]) { numerator denominator } }";
    let data = app.data(query, json!({ "unit": unit, "on": on })).await;
    let told = &data["indicators"][0];
    (told["numerator"].clone(), told["denominator"].clone())
}

async fn coverage_is_told_on_the_boundaries_of_either_era(engine: Engine) {
    let app = TestApp::start(engine).await;
    assert_eq!(networks(&app, in_2024("93"), None).await, Vec::<String>::new());
    let mut rows: Vec<Value> = PARTS.into_iter().map(viettel).collect();
    rows.push(with(
        viettel("31441"),
        json!({ "operator": "VINAPHONE", "generation": "G5", "from": "2024-03-01" }),
    ));
    recorded(&app, &rows).await;

    assert_eq!(networks(&app, in_2024("93"), None).await, ["VIETTEL G4 3/75", "VINAPHONE G5 1/75"]);
    assert_eq!(networks(&app, in_2024("93"), Some("2020-01-01")).await, ["VIETTEL G4 3/75"]);
    assert_eq!(networks(&app, in_2024("93"), Some("2019-12-31")).await, Vec::<String>::new());
    assert_eq!(networks(&app, in_2024("31447"), None).await, Vec::<String>::new());
    assert_eq!(
        networks(&app, json!({ "code": "92" }), None).await,
        ["VIETTEL G4 1/28", "VINAPHONE G5 0/28"]
    );
    let now = json!({ "code": "31441" });
    assert_eq!(networks(&app, now.clone(), None).await, ["VIETTEL G4 1/1", "VINAPHONE G5 0/1"]);
    assert_eq!(networks(&app, json!({ "code": "31444001" }), None).await, ["VIETTEL G4 1/1"]);

    let count = |covered: u32, all: u32| (json!(covered), json!(all));
    assert_eq!(indicator(&app, in_2024("93"), "2024-06-30").await, count(3, 75));
    assert_eq!(indicator(&app, json!({ "code": "92" }), "2019-12-31").await, count(0, 28));
    assert_eq!(indicator(&app, json!({ "code": "92" }), "2026-10-31").await, count(1, 28));
    assert_eq!(indicator(&app, now, "2024-06-30").await, count(1, 1));
    assert_eq!(app.store.check_rollups().await.unwrap(), []);
}

async fn coverage_ends_and_stays_on_record(engine: Engine) {
    let app = TestApp::start(engine).await;
    recorded(&app, &PARTS.map(viettel)).await;
    let end = json!({ "commune": in_2024("31444"), "operator": "VIETTEL", "generation": "G4",
        "until": "2026-01-01", "reason": "tháo dỡ trạm", "idempotencyKey": "a" });
    let told = app.data(END, json!({ "input": end })).await["endCoverage"].clone();
    assert_eq!(told["errors"], json!([]));
    assert_eq!(
        told["coverage"],
        json!({ "commune": { "name": "Xã Vị Trung" }, "from": "2020-01-01", "until": "2026-01-01",
            "endReason": "tháo dỡ trạm", "endedAt": "2026-11-01T05:00:00.000Z" })
    );
    let again = app.data(END, json!({ "input": end })).await["endCoverage"].clone();
    assert_eq!((&again["replayed"], &again["coverage"]), (&json!(true), &told["coverage"]));

    let now = json!({ "code": "31441" });
    assert_eq!(networks(&app, now.clone(), None).await, ["VIETTEL G4 0/1"]);
    assert_eq!(networks(&app, now.clone(), Some("2025-12-31")).await, ["VIETTEL G4 1/1"]);
    assert_eq!(indicator(&app, now.clone(), "2025-12-31").await.0, json!(1));
    assert_eq!(indicator(&app, now.clone(), "2026-01-31").await.0, json!(0));

    // The same commune from a later day on, and the new commune beside what its parts still have.
    recorded(
        &app,
        &[with(viettel("31441"), json!({ "operator": "MOBIFONE", "from": "2026-02-01" }))],
    )
    .await;
    assert_eq!(networks(&app, now.clone(), None).await, ["VIETTEL G4 0/1", "MOBIFONE G4 1/1"]);
    assert_eq!(indicator(&app, now, "2026-02-28").await.0, json!(1));
    assert_eq!(app.store.check_rollups().await.unwrap(), []);
}

async fn every_faulty_record_is_told_at_once(engine: Engine) {
    let app = TestApp::start(engine).await;
    let told = record(&app, &[viettel("31333"), viettel("99999")]).await;
    assert_eq!(faults(&told), ["UNKNOWN_UNIT input.coverages.1.commune"]);
    recorded(
        &app,
        &[with(viettel("31333"), json!({ "from": "2010-01-01", "until": "2020-01-01" }))],
    )
    .await;
    let other = |members: Value| with(viettel("31441"), members);
    let told = record(
        &app,
        &[
            viettel("930"),
            other(json!({ "from": "2026-11-02" })),
            other(json!({ "generation": "G2", "from": "1992-12-31" })),
            other(json!({ "generation": "G3", "until": "2020-01-01" })),
            other(json!({ "generation": "G5", "until": "2026-11-02" })),
            viettel("31444"),
            viettel("31444"),
            with(viettel("31444"), json!({ "from": "2021-01-01" })),
            with(viettel("31333"), json!({ "from": "2019-12-31" })),
            viettel("31333"),
        ],
    )
    .await;
    assert_eq!(
        faults(&told),
        [
            "NOT_A_COMMUNE input.coverages.0.commune",
            "FUTURE_DATE input.coverages.1.from",
            "DATE_TOO_EARLY input.coverages.2.from",
            "DATE_TOO_EARLY input.coverages.3.until",
            "FUTURE_DATE input.coverages.4.until",
            "DUPLICATE_IN_BATCH input.coverages.6.from",
            "COVERAGE_OVERLAP input.coverages.7.from",
            "COVERAGE_OVERLAP input.coverages.8.from",
            "COVERAGE_OVERLAP input.coverages.9.from",
        ]
    );
    let message = told["errors"][7]["message"].as_str().unwrap();
    assert!(message.contains("from 2010-01-01 until before 2020-01-01"), "{message}");
    assert_eq!(faults(&record(&app, &[]).await), ["BATCH_EMPTY input.coverages"]);
    let many: Vec<Value> = std::iter::repeat_n(viettel("31333"), 1_001).collect();
    assert_eq!(faults(&record(&app, &many).await), ["BATCH_TOO_LARGE input.coverages"]);
    let list = "{ coverageRecords { totalCount } }";
    let count = app.data(list, json!({})).await["coverageRecords"]["totalCount"].clone();
    assert_eq!(count, json!(1), "nothing of a refused batch was written");
}

async fn an_end_is_refused_with_its_reason(engine: Engine) {
    let app = TestApp::start(engine).await;
    recorded(&app, &[viettel("31333")]).await;
    let end = async |members: Value| {
        let input = json!({ "commune": in_2024("31333"), "operator": "VIETTEL", "generation": "G4",
            "until": "2024-01-01", "reason": "tháo dỡ trạm" });
        let input = with(input, members);
        faults(&app.data(END, json!({ "input": input })).await["endCoverage"])
    };
    assert_eq!(end(json!({ "reason": " " })).await, ["TEXT_EMPTY input.reason"]);
    assert_eq!(end(json!({ "until": "2020-01-01" })).await, ["DATE_TOO_EARLY input.until"]);
    assert_eq!(end(json!({ "until": "2026-11-02" })).await, ["FUTURE_DATE input.until"]);
    assert_eq!(end(json!({ "generation": "G5" })).await, ["COVERAGE_NOT_OPEN input.commune"]);
    // Today's Phường Vị Tân is another unit than the commune that is on record.
    let renamed = json!({ "commune": { "code": "31333" }, "until": "2026-01-01" });
    assert_eq!(end(renamed).await, ["COVERAGE_NOT_OPEN input.commune"]);
    // A bare code is read on the last day.
    assert_eq!(
        end(json!({ "commune": { "code": "31333" }, "until": "2025-07-01" })).await,
        Vec::<String>::new()
    );
    assert_eq!(end(json!({})).await, ["COVERAGE_NOT_OPEN input.commune"]);
}

async fn records_are_listed_page_by_page(engine: Engine) {
    let app = TestApp::start(engine).await;
    let mut rows: Vec<Value> = PARTS.into_iter().map(viettel).collect();
    rows.push(with(
        viettel("31441"),
        json!({ "operator": "GMOBILE", "generation": "G2", "until": "2021-01-01" }),
    ));
    rows.push(viettel("31333"));
    recorded(&app, &rows).await;
    let query = "query($filter: CoverageFilter, $first: Int, $after: String, $last: Int, $before: String) {
        coverageRecords(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
            totalCount nodes { commune { name } operator generation from until recordedAt }
            pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }";
    let list = async |variables: Value| app.data(query, variables).await["coverageRecords"].clone();
    let names = |page: &Value| -> Vec<String> {
        let nodes = page["nodes"].as_array().unwrap().iter();
        nodes.map(|node| format!("{} {}", node["commune"]["name"], node["operator"])).collect()
    };
    let all = list(json!({})).await;
    assert_eq!(all["totalCount"], json!(5));
    let (mut walked, mut after) = (Vec::new(), json!(null));
    loop {
        let page = list(json!({ "first": 2, "after": after })).await;
        walked.extend(names(&page));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
    }
    assert_eq!(walked, names(&all));
    let last = list(json!({ "last": 2 })).await;
    let before = list(json!({ "last": 2, "before": last["pageInfo"]["startCursor"] })).await;
    assert_eq!([names(&before), names(&last)].concat(), names(&all)[1..]);
    for (filter, count) in [
        (json!({ "within": { "code": "31441" } }), 4),
        (json!({ "within": in_2024("31441") }), 2),
        (json!({ "within": { "code": "31333" } }), 1),
        (json!({ "operator": "GMOBILE" }), 1),
        (json!({ "generation": "G4" }), 4),
        (json!({ "on": "2021-01-01" }), 4),
        (json!({ "on": "2020-12-31" }), 5),
        (json!({ "on": "2019-12-31" }), 0),
    ] {
        let page = list(json!({ "filter": filter })).await;
        assert_eq!(page["totalCount"], json!(count), "{filter}");
        assert_eq!(names(&page).len(), count, "{filter}");
    }
    let stray =
        app.answer(query, json!({ "filter": { "operator": "VIETTEL" }, "after": after })).await;
    assert_eq!(stray["errors"][0]["extensions"]["code"], json!("BAD_USER_INPUT"));
}

async fn all_communes_cost_one_statement(engine: Engine) {
    let app = TestApp::start(engine).await;
    recorded(&app, &PARTS.map(viettel)).await;
    let one = r#"{ unit(ref: { code: "31441" }) { mobileCoverage { operator } } }"#;
    let (_, statements) = app.counted(one, json!({})).await;
    assert_eq!(statements, 1);
    let many = r#"{ unit(ref: { codeOn: { code: "93", on: "2024-06-30" } }) { mobileCoverage { communesCovered } }
        units(filter: { level: COMMUNE, on: "2024-06-30" }, first: 100) { nodes {
            then: mobileCoverage { operator } now: mobileCoverage(on: "2026-11-01") { operator } } } }"#;
    let (data, statements) = app.counted(many, json!({})).await;
    assert_eq!(statements, 1);
    let nodes = data["units"]["nodes"].as_array().unwrap();
    assert_eq!(nodes.iter().filter(|node| node["now"] != json!([])).count(), 3);
    let list = "{ coverageRecords { nodes { commune { name mobileCoverage { operator } } } } }";
    assert_eq!(app.counted(list, json!({})).await.1, 2);
}
