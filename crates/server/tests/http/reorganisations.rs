//! Reorganising units over HTTP: mergers, splits, new names, moves, new hamlets; and what is refused.

use std::time::{Duration, Instant};

use crate::harness::{HAMLET, TestApp, survey};
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    a_merger_is_seen_from_its_first_day_on,
    a_split_divides_what_counts_by_commune,
    a_commune_gets_a_new_name_and_a_hamlet_more,
    a_rehearsal_changes_nothing,
    everything_wrong_is_told_at_once,
    acts_that_contradict_a_later_one_are_refused,
    no_hamlet_is_left_without_a_commune,
    a_row_that_moves_nothing_is_refused,
    a_covered_commune_stays_so_when_a_hamlet_is_founded,
    other_instances_see_it_soon,
);

const REORGANISE: &str = "mutation($input: ReorganiseUnitsInput!) {
    reorganiseUnits(input: $input) {
        reorganisation { effectiveOn hamletsMoved
            founded { code title name unit { name validFrom predecessors { share legalAct unit { name } } } }
            ended { name validTo successors { share unit { name } } } }
        replayed errors { code path } } }";

/// The first day of the new state in these tests; today is 2026-11-01.
const FIRST_DAY: &str = "2027-01-01";

async fn reorganise(app: &TestApp, input: Value) -> Value {
    app.data(REORGANISE, json!({ "input": input })).await["reorganiseUnits"].clone()
}

fn act(founded: &Value, transfers: &Value) -> Value {
    json!({ "legalAct": "99/NQ-UBTVQH16", "effectiveOn": FIRST_DAY,
            "founded": founded, "transfers": transfers })
}

/// Vị Tân and Vị Thủy become one.
fn merger() -> Value {
    act(
        &json!([{ "code": "31600", "title": "COMMUNE", "name": "Xã Vị Tân Thủy",
                  "parent": { "unit": { "code": "92" } } }]),
        &json!([{ "from": { "code": "31333" }, "to": { "founded": 0 } },
                { "from": { "code": "31441" }, "to": { "founded": 0 } }]),
    )
}

async fn fibre(app: &TestApp, code: &str, on: &str) -> Value {
    let query = "query($code: UnitCode!, $on: Date!) {
        indicators(unit: { codeOn: { code: $code, on: $on } }, codes: [HOUSEHOLD_FIBRE]) {
            numerator denominator quality } }";
    app.data(query, json!({ "code": code, "on": on })).await["indicators"][0].clone()
}

async fn hamlets(app: &TestApp, code: &str, on: &str) -> usize {
    let query = "query($code: UnitCode!, $on: Date!) {
        unit(ref: { codeOn: { code: $code, on: $on } }) { children(first: 100) { totalCount } } }";
    let data = app.data(query, json!({ "code": code, "on": on })).await;
    usize::try_from(data["unit"]["children"]["totalCount"].as_u64().unwrap()).unwrap()
}

async fn a_merger_is_seen_from_its_first_day_on(engine: Engine) {
    let app = TestApp::start(engine).await;
    let household = app.register(HAMLET).await;
    app.survey(survey(&household, "2026-10-02")).await;
    let before =
        [hamlets(&app, "31333", "2026-12-31").await, hamlets(&app, "31441", "2026-12-31").await];

    let done = reorganise(&app, merger()).await;
    assert_eq!(done["errors"], json!([]));
    let told = &done["reorganisation"];
    assert_eq!(told["hamletsMoved"], before[0] + before[1]);
    assert_eq!(told["founded"][0]["unit"]["validFrom"], FIRST_DAY);
    assert_eq!(
        told["founded"][0]["unit"]["predecessors"],
        json!([
            { "share": 1.0, "legalAct": "99/NQ-UBTVQH16", "unit": { "name": "Phường Vị Tân" } },
            { "share": 1.0, "legalAct": "99/NQ-UBTVQH16", "unit": { "name": "Xã Vị Thủy" } },
        ])
    );
    assert_eq!(told["ended"][0]["validTo"], FIRST_DAY);
    assert_eq!(told["ended"][0]["successors"][0]["unit"]["name"], "Xã Vị Tân Thủy");

    assert_eq!(hamlets(&app, "31333", "2026-12-31").await, before[0], "until the day before");
    assert_eq!(hamlets(&app, "31600", FIRST_DAY).await, before[0] + before[1]);
    let one = json!({ "numerator": 1, "denominator": 1, "quality": "EXACT" });
    assert_eq!(fibre(&app, "31600", "2027-01-15").await, one);
    assert_eq!(fibre(&app, "31333", "2026-10-31").await, one);
    // Those who come after are told on which day the code was in use.
    let answer = app.answer(
        r#"{ unit(ref: { codeOn: { code: "31333", on: "2027-01-01" } }) { name } }"#,
        json!({}),
    );
    assert_eq!(answer.await["errors"][0]["extensions"]["rule"], "UNKNOWN_UNIT");
    let list = r#"{ households(filter: { within: { codeOn: { code: "31600", on: "2027-01-01" } } }) {
        totalCount } }"#;
    assert_eq!(app.data(list, json!({})).await["households"]["totalCount"], 1);
}

async fn a_split_divides_what_counts_by_commune(engine: Engine) {
    let app = TestApp::start(engine).await;
    let query = r#"{ unit(ref: { code: "31333" }) { children(first: 100) { nodes { code } } } }"#;
    let children = app.data(query, json!({})).await["unit"]["children"]["nodes"].clone();
    let codes: Vec<Value> = children
        .as_array()
        .unwrap()
        .iter()
        .map(|hamlet| json!({ "code": hamlet["code"] }))
        .collect();
    let (some, others) = codes.split_at(3);
    let founded = json!([
        { "code": "31601", "title": "WARD", "name": "Phường Vị Tân 1", "parent": { "unit": { "code": "92" } } },
        { "code": "31602", "title": "WARD", "name": "Phường Vị Tân 2", "parent": { "unit": { "code": "92" } } },
    ]);
    let transfers = json!([
        { "from": { "code": "31333" }, "to": { "founded": 0 }, "hamlets": some },
        { "from": { "code": "31333" }, "to": { "founded": 1 }, "hamlets": others },
    ]);
    let done = reorganise(&app, act(&founded, &transfers)).await;
    assert_eq!(done["errors"], json!([]));
    let successors = done["reorganisation"]["ended"][0]["successors"].as_array().unwrap().clone();
    let shares: f64 = successors.iter().map(|to| to["share"].as_f64().unwrap()).sum();
    assert!((shares - 1.0).abs() < 1e-9, "{successors:?}");
    assert_eq!(hamlets(&app, "31601", FIRST_DAY).await, 3);
    assert_eq!(hamlets(&app, "31602", FIRST_DAY).await, others.len());
}

async fn a_commune_gets_a_new_name_and_a_hamlet_more(engine: Engine) {
    let app = TestApp::start(engine).await;
    let before = hamlets(&app, "31333", "2026-12-31").await;
    let founded = json!([
        { "code": "31333", "title": "WARD", "name": "Phường Tân Vị", "parent": { "unit": { "code": "92" } } },
        { "code": "31333900", "title": "QUARTER", "name": "Khu vực mới", "parent": { "founded": 0 } },
    ]);
    let transfers = json!([{ "from": { "code": "31333" }, "to": { "founded": 0 } }]);
    let done = reorganise(&app, act(&founded, &transfers)).await;
    assert_eq!(done["errors"], json!([]), "the code is free on the day the old name ends");
    assert_eq!(hamlets(&app, "31333", FIRST_DAY).await, before + 1);
    let names = r#"{ then: unit(ref: { codeOn: { code: "31333", on: "2026-12-31" } }) { name }
                     now: unit(ref: { codeOn: { code: "31333", on: "2027-01-01" } }) { name } }"#;
    assert_eq!(
        app.data(names, json!({})).await,
        json!({ "then": { "name": "Phường Vị Tân" }, "now": { "name": "Phường Tân Vị" } })
    );

    // One hamlet moves on; nothing ends.
    let moved = act(
        &json!([]),
        &json!([{ "from": { "code": "31441" }, "to": { "unit": { "code": "31459" } },
                  "hamlets": [{ "code": "31441001" }] }]),
    );
    let there = hamlets(&app, "31459", "2026-12-31").await;
    let done = reorganise(&app, moved).await;
    assert_eq!(done["errors"], json!([]));
    assert_eq!(done["reorganisation"]["ended"], json!([]));
    assert_eq!(hamlets(&app, "31459", FIRST_DAY).await, there + 1);
}

async fn a_rehearsal_changes_nothing(engine: Engine) {
    let app = TestApp::start(engine).await;
    let mut input = merger();
    input["dryRun"] = json!(true);
    let rehearsed = reorganise(&app, input).await;
    assert_eq!(rehearsed["errors"], json!([]));
    assert_eq!(rehearsed["reorganisation"]["founded"][0]["name"], "Xã Vị Tân Thủy");
    assert_eq!(rehearsed["reorganisation"]["founded"][0]["unit"], json!(null));
    let answer = app.answer(
        r#"{ unit(ref: { codeOn: { code: "31600", on: "2027-01-01" } }) { name } }"#,
        json!({}),
    );
    assert_eq!(answer.await["errors"][0]["extensions"]["rule"], "UNKNOWN_UNIT");

    let mut kept = merger();
    kept["idempotencyKey"] = json!("act 99");
    assert_eq!(reorganise(&app, kept.clone()).await["replayed"], false);
    assert_eq!(reorganise(&app, kept).await["replayed"], true);
}

async fn everything_wrong_is_told_at_once(engine: Engine) {
    let app = TestApp::start(engine).await;
    let founded = json!([
        { "code": "31441", "title": "COMMUNE", "name": "Xã Mới", "parent": { "unit": { "code": "92" } } },
        { "code": "31603", "title": "COMMUNE", "name": "Mới", "parent": { "unit": { "code": "31333" } } },
        { "code": "31604001", "title": "COMMUNE", "name": "Xã A", "parent": { "founded": 9 } },
        { "code": "940", "title": "DISTRICT", "name": "Huyện A", "parent": { "unit": { "code": "92" } } },
    ]);
    let transfers = json!([
        { "from": { "code": "31333" }, "to": { "unit": { "code": "31333" } } },
        { "from": { "code": "31459" }, "to": { "founded": 3 }, "hamlets": [{ "code": HAMLET }] },
        { "from": { "code": "92" }, "to": { "unit": { "code": "31441" } } },
    ]);
    let mut input = act(&founded, &transfers);
    input["effectiveOn"] = json!("2026-11-01");
    let refused = reorganise(&app, input).await;
    assert_eq!(refused["reorganisation"], json!(null));
    let errors = refused["errors"].as_array().unwrap();
    let told = |code: &str, path: &str| {
        let path: Vec<&str> = path.split('.').collect();
        assert!(
            errors.contains(&json!({ "code": code, "path": path })),
            "{code} {path:?} in {errors:#?}"
        );
    };
    told("DATE_TOO_EARLY", "input.effectiveOn");
    told("CODE_IN_USE", "input.founded.0.code");
    told("NAME_WITHOUT_TITLE", "input.founded.1.name");
    told("WRONG_LEVEL", "input.founded.1.parent");
    told("WRONG_LEVEL", "input.founded.2.code");
    told("UNKNOWN_UNIT", "input.founded.2.parent");
    told("WRONG_LEVEL", "input.founded.3.parent");
    told("INTO_ITSELF", "input.transfers.0.to");
    told("WRONG_LEVEL", "input.transfers.1.to");
    told("NOT_IN_COMMUNE", "input.transfers.1.hamlets.0");
    told("WRONG_LEVEL", "input.transfers.2.from");
    let nothing = reorganise(&app, act(&json!([]), &json!([]))).await;
    assert_eq!(nothing["errors"], json!([{ "code": "NOTHING_TO_CHANGE", "path": ["input"] }]));
}

async fn acts_that_contradict_a_later_one_are_refused(engine: Engine) {
    let app = TestApp::start(engine).await;
    assert_eq!(reorganise(&app, merger()).await["errors"], json!([]));
    let mut earlier = act(
        &json!([]),
        &json!([{ "from": { "code": "31459" }, "to": { "unit": { "code": "31441" } } },
                { "from": { "code": "31333" }, "to": { "unit": { "code": "31459" } } }]),
    );
    earlier["effectiveOn"] = json!("2026-12-01");
    let refused = reorganise(&app, earlier).await;
    assert_eq!(
        refused["errors"],
        json!([{ "code": "ABOUT_TO_CHANGE", "path": ["input", "transfers", "0", "to"] },
               { "code": "ABOUT_TO_CHANGE", "path": ["input", "transfers", "1", "from"] },
               { "code": "ABOUT_TO_CHANGE", "path": ["input", "transfers", "1", "to"] }])
    );
}

async fn no_hamlet_is_left_without_a_commune(engine: Engine) {
    let app = TestApp::start(engine).await;
    let all = |from: &str, to: &str| json!({ "from": { "code": from }, "to": { "unit": { "code": to } } });
    let about_to_change = |field: &str| {
        let path = ["input", "transfers", "0", field];
        json!([{ "code": "ABOUT_TO_CHANGE", "path": path }])
    };
    let chain = json!([all("31333", "31441"), all("31441", "31459")]);
    let refused = reorganise(&app, act(&json!([]), &chain)).await;
    assert_eq!(refused["errors"], about_to_change("to"));

    // A hamlet founded in, and one moved into, a commune that is to end before.
    let hamlet = json!([{ "code": "31441900", "title": "HAMLET", "name": "Ấp mới",
                          "parent": { "unit": { "code": "31441" } } }]);
    assert_eq!(reorganise(&app, act(&hamlet, &json!([]))).await["errors"], json!([]));
    let mut one = all("31459", "31333");
    one["hamlets"] = json!([{ "code": "31459001" }]);
    assert_eq!(reorganise(&app, act(&json!([]), &json!([one]))).await["errors"], json!([]));
    for ending in ["31441", "31333"] {
        let mut earlier = act(&json!([]), &json!([all(ending, "31338")]));
        earlier["effectiveOn"] = json!("2026-12-01");
        assert_eq!(reorganise(&app, earlier).await["errors"], about_to_change("from"), "{ending}");
    }
}

async fn a_row_that_moves_nothing_is_refused(engine: Engine) {
    let app = TestApp::start(engine).await;
    let rows = json!([{ "from": { "code": "31333" }, "to": { "unit": { "code": "31441" } },
                        "hamlets": [] }]);
    let refused = reorganise(&app, act(&json!([]), &rows)).await;
    let path = ["input", "transfers", "0", "hamlets"];
    assert_eq!(refused["errors"], json!([{ "code": "NOTHING_TO_CHANGE", "path": path }]));
}

async fn a_covered_commune_stays_so_when_a_hamlet_is_founded(engine: Engine) {
    let app = TestApp::start(engine).await;
    let record = "mutation($input: RecordCoverageInput!) { recordCoverage(input: $input) { errors { code } } }";
    let viettel = json!({ "commune": { "code": "31441" }, "operator": "VIETTEL", "generation": "G4",
                          "from": "2026-01-01" });
    let told = app.data(record, json!({ "input": { "coverages": [viettel] } })).await;
    assert_eq!(told["recordCoverage"]["errors"], json!([]));
    let hamlet = json!([{ "code": "31441900", "title": "HAMLET", "name": "Ấp mới",
                          "parent": { "unit": { "code": "31441" } } }]);
    let before = hamlets(&app, "31441", "2026-12-31").await;
    assert_eq!(reorganise(&app, act(&hamlet, &json!([]))).await["errors"], json!([]));
    assert_eq!(hamlets(&app, "31441", FIRST_DAY).await, before + 1);

    let query = r#"{ unit(ref: { codeOn: { code: "31441", on: "2027-01-01" } }) {
        indicators(codes: [MOBILE_COVERAGE]) { numerator denominator }
        mobileCoverage { operator communesCovered communes } } }"#;
    assert_eq!(
        app.data(query, json!({})).await["unit"],
        json!({ "indicators": [{ "numerator": 1, "denominator": 1 }],
                "mobileCoverage": [{ "operator": "VIETTEL", "communesCovered": 1, "communes": 1 }] })
    );
    assert_eq!(app.store.check_rollups().await.unwrap(), []);
}

async fn other_instances_see_it_soon(engine: Engine) {
    let app = TestApp::start(engine).await;
    let other = app.other_instance().await;
    reorganise(&app, merger()).await;
    let query = r#"{ unit(ref: { codeOn: { code: "31600", on: "2027-01-01" } }) { name } }"#;
    let begun = Instant::now();
    while other.answer(query, json!({})).await.get("errors").is_some() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the other instance never saw it");
        tokio::task::yield_now().await;
    }
}
