//! What of persons is shown to whom, over HTTP: masks, purposes, units, small figures.

use crate::harness::{HAMLET, REGISTER, TestApp, household, survey};
use registry_domain::access::{Grant, Mode, Principal, Role, Scope, TokenId};
use registry_domain::unit::UnitId;
use registry_testing::{Engine, on_both_engines};
use sea_orm::{ConnectionTrait as _, QueryResult, Statement};
use serde_json::{Value, json};

on_both_engines!(
    personal_data_is_masked_unless_it_may_be_read_and_a_purpose_is_stated,
    whose_number_it_is_counts_as_personal_data,
    an_officer_changes_only_what_lies_in_the_unit,
    nobody_learns_of_few_households_from_public_figures,
);

/// A hamlet of another commune than [`HAMLET`], in both eras.
const ELSEWHERE: &str = "31441001";

pub const HEAD: &str = "query($code: HouseholdCode!) { household(code: $code) {
    version head { name citizenNumber phone masked } } }";

pub fn bearer(role: Role, unit: Option<UnitId>) -> Principal {
    let grant = Grant::new(role.scopes(), role.mode(), None, unit).unwrap();
    Principal::bearer(role.name(), TokenId::new("token-7").unwrap(), grant)
}

/// Phường Vị Tân of today, which [`HAMLET`] lies in.
fn vi_tan(app: &TestApp) -> UnitId {
    app.store.units().resolve("31333".parse().unwrap(), app.store.today()).unwrap().id
}

pub async fn with_head(app: &TestApp, hamlet: &str, number: &str) -> String {
    let mut input = household(hamlet);
    input["head"] =
        json!({ "name": "Trần Văn Xoài", "citizenNumber": number, "phone": "0912 345 678" });
    let data = app.data(REGISTER, json!({ "input": input })).await;
    data["registerHousehold"]["household"]["code"].as_str().unwrap().to_owned()
}

pub async fn rows(app: &TestApp, sql: &str) -> Vec<QueryResult> {
    let beside = app.database.beside().await;
    let statement = Statement::from_string(beside.get_database_backend(), sql);
    beside.query_all_raw(statement).await.unwrap()
}

async fn personal_data_is_masked_unless_it_may_be_read_and_a_purpose_is_stated(engine: Engine) {
    let app = TestApp::start(engine).await;
    let here = with_head(&app, HAMLET, "000180001212").await;
    let there = with_head(&app, ELSEWHERE, "000180001213").await;
    let clear = json!({ "name": "Trần Văn Xoài", "citizenNumber": "000180001212", "phone": "0912 345 678", "masked": false });
    let masked = json!({ "name": "Trần V. ***", "citizenNumber": "000*******12", "phone": "**** *** 678", "masked": true });
    let head = async |app: &TestApp, code: &str| {
        app.data(HEAD, json!({ "code": code })).await["household"]["head"].clone()
    };

    let officer = app.beside(bearer(Role::Officer, Some(vi_tan(&app)))).await;
    assert_eq!(head(&officer, &here).await, clear);
    assert_eq!(head(&officer, &there).await["masked"], true, "another unit's household");
    for role in [Role::Reader, Role::Auditor, Role::Admin] {
        let other = app.beside(bearer(role, None)).await;
        assert_eq!(head(&other, &here).await, masked, "{role:?}");
        let filter = json!({ "filter": { "citizenNumber": "000180001212" } });
        let search =
            "query($filter: HouseholdFilter) { households(filter: $filter) { totalCount } }";
        let answer = other.answer(search, filter).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{role:?}");
    }
    let body = json!({ "query": HEAD, "variables": { "code": here } });
    let silent = officer.post("/graphql").json(&body).send().await.unwrap();
    let silent: Value = silent.json().await.unwrap();
    assert_eq!(silent["data"]["household"]["head"], masked, "no purpose was stated");

    let list = "{ households(first: 10) { nodes { code head { masked } } } }";
    let listed = officer.data(list, json!({})).await["households"]["nodes"].clone();
    assert_eq!(listed[0]["head"]["masked"], false);
    assert_eq!(listed[1]["head"]["masked"], true);

    let notes = "SELECT subjects, actor, token, purpose, request_id FROM audit_event \
                 WHERE action = 'personal.read'";
    let notes = rows(&app, notes).await;
    assert_eq!(notes.len(), 2, "one reading by code and one in the list");
    for note in notes {
        assert_eq!(note.try_get::<i32>("", "subjects").unwrap(), 1);
        assert_eq!(note.try_get::<String>("", "actor").unwrap(), "officer");
        assert_eq!(note.try_get::<String>("", "token").unwrap(), "token-7");
        assert_eq!(note.try_get::<String>("", "purpose").unwrap(), "kiểm thử");
        assert!(note.try_get::<Option<String>>("", "request_id").unwrap().is_some());
    }
}

async fn whose_number_it_is_counts_as_personal_data(engine: Engine) {
    const FIND: &str = "query($filter: HouseholdFilter) {
        households(filter: $filter, first: 5) { totalCount nodes { code } } }";
    let app = TestApp::start(engine).await;
    let here = with_head(&app, HAMLET, "000180001212").await;
    with_head(&app, ELSEWHERE, "000180001213").await;
    let officer = app.beside(bearer(Role::Officer, Some(vi_tan(&app)))).await;
    let of = |number: &str| json!({ "filter": { "citizenNumber": number } });

    let body = json!({ "query": FIND, "variables": of("000180001212") });
    let silent = officer.post("/graphql").json(&body).send().await.unwrap();
    let silent: Value = silent.json().await.unwrap();
    assert_eq!(silent["errors"][0]["extensions"]["code"], "FORBIDDEN", "{silent}");
    let there = officer.data(FIND, of("000180001213")).await;
    assert_eq!(there["households"], json!({ "totalCount": 0, "nodes": [] }), "another unit's");
    let notes = "SELECT subjects FROM audit_event WHERE action = 'personal.read'";
    assert_eq!(rows(&app, notes).await.len(), 0, "nothing was told");
    let found = officer.data(FIND, of("000180001212")).await;
    assert_eq!(found["households"], json!({ "totalCount": 1, "nodes": [{ "code": here }] }));
    let notes = rows(&app, notes).await;
    assert_eq!(notes.len(), 2, "one for the page, one for the count");
    assert!(notes.iter().all(|note| note.try_get::<i32>("", "subjects").unwrap() == 1));
}

async fn an_officer_changes_only_what_lies_in_the_unit(engine: Engine) {
    const UPDATE: &str = "mutation($input: UpdateHouseholdInput!) {
        updateHousehold(input: $input) { errors { code path } } }";
    const CLOSE: &str = "mutation($input: CloseHouseholdInput!) {
        closeHousehold(input: $input) { errors { code path } } }";
    const RECORD: &str = "mutation($input: RecordConnectivityInput!) {
        recordConnectivity(input: $input) { errors { code path } } }";
    let app = TestApp::start(engine).await;
    let here = app.register(HAMLET).await;
    let there = app.register(ELSEWHERE).await;
    let officer = app.beside(bearer(Role::Officer, Some(vi_tan(&app)))).await;
    let outside = |path: &[&str]| json!([{ "code": "OUTSIDE_UNIT", "path": path }]);

    let data = officer.data(REGISTER, json!({ "input": household(ELSEWHERE) })).await;
    assert_eq!(data["registerHousehold"]["errors"][0]["code"], "OUTSIDE_UNIT");
    let data = officer.data(REGISTER, json!({ "input": household(HAMLET) })).await;
    assert_eq!(data["registerHousehold"]["errors"], json!([]));

    let change = |code: &str, hamlet: &str| json!({ "input": { "household": code, "version": 1, "effectiveOn": "2024-01-01", "hamlet": { "code": hamlet } } });
    let data = officer.data(UPDATE, change(&there, HAMLET)).await;
    assert_eq!(data["updateHousehold"]["errors"], outside(&["input", "household"]));
    let data = officer.data(UPDATE, change(&here, ELSEWHERE)).await;
    assert_eq!(data["updateHousehold"]["errors"], outside(&["input", "hamlet"]));
    let close = json!({ "input": { "household": there, "version": 1, "reason": "DISSOLVED", "closedOn": "2024-01-01" } });
    let data = officer.data(CLOSE, close).await;
    assert_eq!(data["closeHousehold"]["errors"], outside(&["input", "household"]));
    let data =
        officer.data(RECORD, json!({ "input": { "survey": survey(&there, "2024-01-01") } })).await;
    assert_eq!(data["recordConnectivity"]["errors"], outside(&["input", "survey", "household"]));
    officer.survey(survey(&here, "2024-01-01")).await;
}

async fn nobody_learns_of_few_households_from_public_figures(engine: Engine) {
    const FIGURE: &str = "query($unit: UnitRef!) {
        indicators(unit: $unit, on: \"2024-06-30\", codes: [HOUSEHOLD_FIBRE]) {
            numerator denominator value coverage } }";
    let app = TestApp::start(engine).await;
    for (hamlet, households) in [(HAMLET, 4), ("31333002", 6), (ELSEWHERE, 3)] {
        for _ in 0..households {
            let code = app.register(hamlet).await;
            app.survey(survey(&code, "2024-05-01")).await;
        }
    }
    let public = app.beside(Principal::anonymous()).await;
    let figure = async |app: &TestApp, code: &str| {
        let unit = json!({ "unit": { "codeOn": { "code": code, "on": "2024-06-30" } } });
        let told = app.data(FIGURE, unit).await["indicators"][0].clone();
        (told["denominator"].clone(), told["coverage"].clone())
    };
    let cases = [
        (HAMLET, json!(null), "SUPPRESSED", 4),
        ("31333002", json!(6), "WHOLE", 6),
        ("31333", json!(6), "WITHOUT_SMALL_HAMLETS", 10),
        (ELSEWHERE, json!(null), "SUPPRESSED", 3),
        ("31441", json!(null), "SUPPRESSED", 3),
        ("93", json!(6), "WITHOUT_SMALL_HAMLETS", 13),
        ("31318001", json!(0), "WHOLE", 0),
    ];
    for (code, denominator, coverage, trusted) in cases {
        assert_eq!(figure(&public, code).await, (denominator, json!(coverage)), "{code}");
        assert_eq!(figure(&app, code).await, (json!(trusted), json!("WHOLE")), "{code}");
    }
    let series = r#"{ indicatorSeries(code: HOUSEHOLD_FIBRE, unit: { codeOn: { code: "31441", on: "2024-06-30" } },
        from: "2024-04", to: "2024-05") { denominator coverage } }"#;
    let told = public.data(series, json!({})).await["indicatorSeries"].clone();
    assert_eq!(
        told,
        json!([{ "denominator": 0, "coverage": "WHOLE" }, { "denominator": null, "coverage": "SUPPRESSED" }])
    );
}

#[tokio::test]
async fn a_read_only_token_changes_nothing() {
    let app = TestApp::start(Engine::Sqlite).await;
    let auditor = app.beside(bearer(Role::Auditor, None)).await;
    let answer = auditor.answer(REGISTER, json!({ "input": household(HAMLET) })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    assert_eq!(app.store.household_count().await.unwrap(), 0);
    assert_eq!(Role::Auditor.mode(), Mode::ReadOnly);
    assert!(!Role::Auditor.scopes().iter().any(Scope::writes));
}
