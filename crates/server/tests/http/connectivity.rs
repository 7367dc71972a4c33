//! Surveys over HTTP: one by one and in batches that are all or nothing.

use crate::harness::{HAMLET, TestApp, code_of, survey};
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    every_faulty_row_of_a_batch_is_named_and_nothing_is_written,
    a_full_batch_is_recorded_at_once,
    history_is_told_newest_first,
);

const BATCH: &str = "mutation($input: RecordConnectivityBatchInput!) {
    recordConnectivityBatch(input: $input) { recorded replayed errors { code path } } }";

async fn batch(app: &TestApp, surveys: &[Value]) -> Value {
    let data = app.data(BATCH, json!({ "input": { "surveys": surveys } })).await;
    data["recordConnectivityBatch"].clone()
}

fn changed(mut survey: Value, field: &str, value: Value) -> Value {
    survey[field] = value;
    survey
}

async fn every_faulty_row_of_a_batch_is_named_and_nothing_is_written(engine: Engine) {
    let app = TestApp::start(engine).await;
    let code = app.register(HAMLET).await;
    let good = |day: u32| survey(&code, &format!("2024-05-{day:02}"));
    // What a row says by itself is checked before anything is read.
    let rows = [
        good(1),
        changed(good(2), "household", json!("HG00000199")),
        changed(
            good(3),
            "services",
            json!([{ "service": "ZALO", "adults": 1 }, { "service": "ZALO", "adults": 1 }]),
        ),
    ];
    let payload = batch(&app, &rows).await;
    assert_eq!(
        payload,
        json!({ "recorded": 0, "replayed": false, "errors": [
            { "code": "CHECK_DIGIT_WRONG", "path": ["input", "surveys", "1", "household"] },
            { "code": "DUPLICATE_IN_BATCH", "path": ["input", "surveys", "2", "services", "1"] },
        ] })
    );
    let rows = [
        good(1),
        changed(good(2), "household", json!(code_of(999))),
        changed(good(3), "adultsWithSmartphone", json!(4)),
        good(1),
        changed(good(4), "surveyedOn", json!("2026-11-02")),
        changed(good(5), "surveyedOn", json!("2022-05-31")),
        changed(good(6), "services", json!([{ "service": "CASHLESS_WATER", "adults": 2 }])),
        changed(good(7), "workingAgeTrained", json!(-1)),
    ];
    let payload = batch(&app, &rows).await;
    assert_eq!(
        payload["errors"],
        json!([
            { "code": "UNKNOWN_HOUSEHOLD", "path": ["input", "surveys", "1", "household"] },
            { "code": "COUNT_ABOVE_BASE", "path": ["input", "surveys", "2", "adultsWithSmartphone"] },
            { "code": "DUPLICATE_IN_BATCH", "path": ["input", "surveys", "3", "surveyedOn"] },
            { "code": "FUTURE_DATE", "path": ["input", "surveys", "4", "surveyedOn"] },
            { "code": "DATE_TOO_EARLY", "path": ["input", "surveys", "5", "surveyedOn"] },
            { "code": "COUNT_BELOW_PART", "path": ["input", "surveys", "6", "adultsPayingCashless"] },
            { "code": "OUT_OF_RANGE", "path": ["input", "surveys", "7", "workingAgeTrained"] },
        ])
    );
    let data = app
        .data(
            "query($code: HouseholdCode!) { household(code: $code) { surveyedOn } }",
            json!({ "code": code }),
        )
        .await;
    assert_eq!(data["household"]["surveyedOn"], json!(null));

    app.survey(good(1)).await;
    let payload = batch(&app, &[good(1)]).await;
    assert_eq!(payload["errors"][0]["code"], "DUPLICATE_SURVEY");
    assert_eq!(batch(&app, &[]).await["errors"][0]["code"], "BATCH_EMPTY");
    let many: Vec<Value> = std::iter::repeat_n(good(2), 1_001).collect();
    assert_eq!(batch(&app, &many).await["errors"][0]["code"], "BATCH_TOO_LARGE");
}

async fn a_full_batch_is_recorded_at_once(engine: Engine) {
    let app = TestApp::start(engine).await;
    let mut households = Vec::new();
    for _ in 0..10 {
        households.push(app.register(HAMLET).await);
    }
    let days = (0..100).map(|day| {
        let date =
            registry_domain::time::Date::from_ymd_opt(2024, 1, 1).unwrap() + chrono::Days::new(day);
        date.to_string()
    });
    let days: Vec<String> = days.collect();
    let rows: Vec<Value> = households
        .iter()
        .flat_map(|household| days.iter().map(|day| survey(household, day)))
        .collect();
    assert_eq!(rows.len(), 1_000);
    assert_eq!(
        batch(&app, &rows).await,
        json!({ "recorded": 1_000, "replayed": false, "errors": [] })
    );
    assert_eq!(app.store.check_rollups().await.unwrap(), []);
}

async fn history_is_told_newest_first(engine: Engine) {
    let app = TestApp::start(engine).await;
    let code = app.register(HAMLET).await;
    for day in ["2023-05-01", "2024-05-01", "2022-08-01"] {
        app.survey(survey(&code, day)).await;
    }
    let query = "query($code: HouseholdCode!, $after: String) { household(code: $code) {
        surveyedOn
        connectivityHistory(first: 2, after: $after) {
            totalCount pageInfo { hasNextPage endCursor } nodes { id surveyedOn services { service adults } } } } }";
    let data = app.data(query, json!({ "code": code })).await;
    let history = &data["household"]["connectivityHistory"];
    assert_eq!(data["household"]["surveyedOn"], "2024-05-01");
    assert_eq!(history["totalCount"], 3);
    assert_eq!(history["nodes"][0]["surveyedOn"], "2024-05-01");
    assert_eq!(history["nodes"][1]["surveyedOn"], "2023-05-01");
    assert_eq!(history["nodes"][0]["services"][2], json!({ "service": "ZALO", "adults": 2 }));
    let after = &history["pageInfo"]["endCursor"];
    let rest = app.data(query, json!({ "code": code, "after": after })).await;
    assert_eq!(rest["household"]["connectivityHistory"]["nodes"][0]["surveyedOn"], "2022-08-01");
    assert_eq!(rest["household"]["connectivityHistory"]["pageInfo"]["hasNextPage"], false);

    let node = "query($id: ID!) { node(id: $id) { ... on ConnectivitySurvey { surveyedOn household { code } } } }";
    let found = app.data(node, json!({ "id": history["nodes"][1]["id"] })).await;
    assert_eq!(found["node"], json!({ "surveyedOn": "2023-05-01", "household": { "code": code } }));
}
