//! Indicators over HTTP: figures by month, on the boundaries of either era.

use crate::harness::{TestApp, survey};
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    figures_follow_the_surveys_month_by_month,
    a_figure_can_be_told_on_the_boundaries_of_another_date,
    all_communes_cost_one_statement,
);

const VALUES: &str =
    "query($unit: UnitRef!, $on: Date, $boundariesOn: Date, $codes: [IndicatorCode!]) {
    indicators(unit: $unit, on: $on, boundariesOn: $boundariesOn, codes: $codes) {
        code numerator denominator value status quality month boundariesOn
        published { value comparison asOf } target { value dueOn } } }";

async fn smartphones(app: &TestApp, unit: Value, on: &str, boundaries_on: Option<&str>) -> Value {
    let variables = json!({ "unit": unit, "on": on, "boundariesOn": boundaries_on, "codes": ["ADULT_SMARTPHONE"] });
    app.data(VALUES, variables).await["indicators"][0].clone()
}

async fn figures_follow_the_surveys_month_by_month(engine: Engine) {
    let app = TestApp::start(engine).await;
    let code = app.register("31333001").await;
    let mut first = survey(&code, "2024-02-10");
    first["adultsWithSmartphone"] = json!(1);
    first["services"] = json!([]);
    app.survey(first).await;
    app.survey(survey(&code, "2024-06-20")).await;
    let query = r#"query { indicatorSeries(code: ADULT_SMARTPHONE, unit: { codeOn: { code: "93", on: "2024-06-30" } },
        from: "2024-01", to: "2024-07") { month numerator denominator value status } }"#;
    let data = app.data(query, json!({})).await;
    let told: Vec<_> = data["indicatorSeries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| (point["numerator"].clone(), point["denominator"].clone()))
        .collect();
    let pair = |numerator: u32, denominator: u32| (json!(numerator), json!(denominator));
    assert_eq!(
        told,
        [pair(0, 0), pair(1, 3), pair(1, 3), pair(1, 3), pair(1, 3), pair(2, 3), pair(2, 3)]
    );
    assert_eq!(data["indicatorSeries"][0]["value"], json!(null), "nothing out of nothing is not 0");

    let value = smartphones(
        &app,
        json!({ "codeOn": { "code": "93", "on": "2024-06-30" } }),
        "2024-06-30",
        None,
    )
    .await;
    assert_eq!(
        value["published"],
        json!({ "value": 0.8, "comparison": "EQUAL", "asOf": "2024-06-07" })
    );
    assert_eq!(value["target"], json!({ "value": 0.95, "dueOn": "2025-12-31" }));
    assert_eq!(
        (value["status"].clone(), value["quality"].clone()),
        (json!("FINAL"), json!("EXACT"))
    );
    let now = smartphones(&app, json!({ "code": "92" }), "2026-11-01", None).await;
    assert_eq!(
        (now["status"].clone(), now["published"].clone()),
        (json!("PROVISIONAL"), json!(null))
    );
}

async fn a_figure_can_be_told_on_the_boundaries_of_another_date(engine: Engine) {
    let app = TestApp::start(engine).await;
    // Nàng Mau, Vị Trung, Vị Thắng became Xã Vị Thủy; Xã Vị Thuỷ went elsewhere.
    for hamlet in ["31441001", "31444001", "31450001", "31447001"] {
        let code = app.register(hamlet).await;
        app.survey(survey(&code, "2024-05-01")).await;
    }
    let then = json!({ "codeOn": { "code": "31441", "on": "2024-06-30" } });
    let now = json!({ "code": "31441" });
    let of_then = smartphones(&app, then.clone(), "2024-06-30", Some("2024-06-30")).await;
    assert_eq!(
        (of_then["numerator"].clone(), of_then["denominator"].clone()),
        (json!(2), json!(3))
    );
    let of_now = smartphones(&app, now.clone(), "2024-06-30", None).await;
    assert_eq!((of_now["numerator"].clone(), of_now["denominator"].clone()), (json!(6), json!(9)));
    assert_eq!(of_now["boundariesOn"], "2025-07-01");

    let variables = json!({ "unit": now, "on": "2024-06-30", "boundariesOn": "2024-06-30" });
    let answer = app.answer(VALUES, variables).await;
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    for name in ["Thị trấn Nàng Mau", "Xã Vị Trung", "Xã Vị Thắng"] {
        assert!(message.contains(name), "{message}");
    }
}

async fn all_communes_cost_one_statement(engine: Engine) {
    let app = TestApp::start(engine).await;
    let code = app.register("31333001").await;
    app.survey(survey(&code, "2024-05-01")).await;
    let query = r#"{ units(filter: { level: COMMUNE, on: "2024-06-30" }, first: 100) { nodes {
            name indicators(on: "2024-06-30") { code value } } }
        indicators(unit: { codeOn: { code: "93", on: "2024-06-30" } }, on: "2024-06-30") { code value } }"#;
    let (_, statements) = app.counted(query, json!({})).await;
    // The versions; then which hamlets changed, their measures and their tallies.
    assert!(statements <= 4, "the first request reads what changed: {statements}");
    let (data, statements) = app.counted(query, json!({})).await;
    assert_eq!(statements, 1);
    assert_eq!(data["units"]["nodes"].as_array().unwrap().len(), 75);
    assert_eq!(data["indicators"].as_array().unwrap().len(), 23);
}

#[tokio::test]
async fn a_series_has_an_end() {
    let app = TestApp::start(Engine::Sqlite).await;
    let query = r#"{ indicatorSeries(code: ADULT_SMARTPHONE, unit: { code: "92" }, from: "1990-01", to: "2020-01") { value } }"#;
    let answer = app.answer(query, json!({})).await;
    assert_eq!(
        answer["errors"][0]["extensions"],
        json!({ "code": "BAD_USER_INPUT", "limit": 240 })
    );
    let backwards = r#"{ indicatorSeries(code: ADULT_SMARTPHONE, unit: { code: "92" }, from: "2024-02", to: "2024-01") { value } }"#;
    assert_eq!(app.data(backwards, json!({})).await["indicatorSeries"], json!([]));
}
