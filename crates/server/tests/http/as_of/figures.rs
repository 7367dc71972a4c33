//! Indicators as known at a moment: surveys recorded late, and all that is counted beside surveys.

use super::{Diary, done, pass_a_day};
use crate::community::{dissolve, help, of_hamlet, record, team};
use crate::harness::{HAMLET, TestApp, survey};
use crate::institutions::{register, school};
use crate::reporting::with;
use registry_domain::community::TrainingCode;
use registry_domain::time::Clock as _;
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    a_late_survey_is_seen_on_its_day_and_not_as_of_before,
    every_figure_that_was_told_is_told_again,
    the_figures_of_a_moment_are_recomputed_once,
);

async fn a_late_survey_is_seen_on_its_day_and_not_as_of_before(engine: Engine) {
    const FIGURE: &str = r#"query($on: Date, $asOf: DateTime) { indicators(unit: { code: "31333001" }, on: $on, asOf: $asOf,
        codes: [ADULT_SMARTPHONE]) { numerator denominator month } }"#;
    let app = TestApp::start(engine).await;
    let code = app.register(HAMLET).await;
    let fewer =
        with(survey(&code, "2024-02-10"), json!({ "adultsWithSmartphone": 1, "services": [] }));
    app.survey(fewer).await;
    let before = app.database.clock.now().to_rfc3339();
    pass_a_day(&app);
    // Visited in May 2024, recorded in November 2026.
    app.survey(survey(&code, "2024-05-20")).await;
    let figure = async |on: &str, as_of: Option<&str>| {
        let told = app.data(FIGURE, json!({ "on": on, "asOf": as_of })).await;
        told["indicators"][0]["numerator"].clone()
    };
    for (on, as_of, smartphones) in [
        ("2024-04-30", None, 1),
        ("2024-05-31", None, 2),
        ("2024-05-31", Some(before.as_str()), 1),
        ("2024-01-31", Some(before.as_str()), 0),
    ] {
        assert_eq!(figure(on, as_of).await, json!(smartphones), "on {on}, as of {as_of:?}");
    }
    let series = r#"query($asOf: DateTime) { indicatorSeries(code: ADULT_SMARTPHONE, unit: { code: "31333001" },
        from: "2024-04", to: "2024-06", asOf: $asOf) { numerator } }"#;
    let series = async |as_of: Option<&str>| {
        let told = app.data(series, json!({ "asOf": as_of })).await["indicatorSeries"].clone();
        told.as_array().unwrap().iter().map(|point| point["numerator"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(series(None).await, [1, 2, 2]);
    assert_eq!(series(Some(&before)).await, [1, 1, 1]);
    let no_day = json!({ "on": null, "asOf": "2025-03-31T20:00:00Z" });
    let told = app.data(FIGURE, no_day).await;
    assert_eq!(
        told["indicators"][0],
        json!({ "numerator": 0, "denominator": 0, "month": "2025-04" }),
        "the day of the moment in the province, and nothing was known then"
    );
}

async fn every_figure_that_was_told_is_told_again(engine: Engine) {
    const TOLD: &str = r#"query($asOf: DateTime) {
        hamlet: indicators(unit: { code: "31333001" }, asOf: $asOf) { code numerator denominator value status
            published { value } }
        province: indicators(unit: { code: "92" }, on: "2026-10-31", asOf: $asOf) { code numerator denominator status }
        old: indicators(unit: { codeOn: { code: "93", on: "2024-06-30" } }, on: "2024-06-30", asOf: $asOf) {
            code numerator denominator quality published { value } }
        indicatorSeries(code: PEOPLE_HELPED, unit: { code: "92" }, from: "2024-04", to: "2024-07", asOf: $asOf) { numerator }
        households(asOf: $asOf) { nodes { hamlet { mobileCoverage { operator communesCovered } } } }
    }"#;
    let app = TestApp::start(engine).await;
    let household = app.register(HAMLET).await;
    let mut diary = Diary::of(&app, TOLD);
    diary.note().await;
    app.survey(survey(&household, "2024-05-20")).await;
    diary.note().await;
    let network = json!({ "operator": "VIETTEL", "generation": "G4" });
    let commune = json!({ "commune": { "code": "31333" } });
    let covered = with(with(network.clone(), commune.clone()), json!({ "from": "2020-01-01" }));
    done(&app, "recordCoverage", json!({ "coverages": [covered] })).await;
    diary.note().await;
    let end = json!({ "until": "2024-05-15", "reason": "tháo trạm" });
    let then = json!({ "commune": { "codeOn": { "code": "31333", "on": "2024-05-01" } } });
    done(&app, "endCoverage", with(with(network, then), end)).await;
    diary.note().await;
    let team = team(&app, of_hamlet(HAMLET), "2022-06-01").await;
    diary.note().await;
    let helped = |people, more: Value| with(help(&team, "2024-05", "FILE_ONLINE", people), more);
    assert_eq!(record(&app, &[helped(12, json!({}))]).await["recorded"], json!(1));
    diary.note().await;
    assert_eq!(record(&app, &[helped(9, json!({ "replace": true }))]).await["recorded"], json!(1));
    diary.note().await;
    let input = json!({ "team": team, "version": 1, "dissolvedOn": "2024-06-15" });
    assert_eq!(dissolve(&app, input).await["errors"], json!([]));
    diary.note().await;
    let session = json!({ "heldOn": "2024-05-20", "hamlet": { "code": HAMLET }, "topic": "ECOMMERCE",
        "audience": "FARM_HOUSEHOLDS", "attendees": 45 });
    done(&app, "recordTraining", json!({ "sessions": [session] })).await;
    diary.note().await;
    let session = json!({ "session": TrainingCode::new(1).unwrap().to_string(), "version": 1, "reason": "nhập nhầm" });
    done(&app, "cancelTraining", session).await;
    diary.note().await;
    let school = register(&app, school("Trường Tiểu học Nguyễn Trãi")).await;
    diary.note().await;
    for criterion in
        ["DIGITAL_GOVERNANCE", "DIGITAL_OPERATION", "STANDARD_DATA", "OPEN_LEARNING_MATERIALS"]
    {
        let assessed =
            json!({ "institution": school, "criterion": criterion, "fulfilledOn": "2024-02-01" });
        done(&app, "assessSchool", with(assessed, json!({ "evidence": "QĐ 12" }))).await;
    }
    diary.note().await;
    let closure = json!({ "institution": school, "version": 1, "closedOn": "2024-06-01" });
    done(&app, "closeInstitution", closure).await;
    diary.note().await;
    let change = json!({ "household": household, "version": 1, "effectiveOn": "2024-06-01", "hamlet": { "code": "31441001" } });
    done(&app, "updateHousehold", change).await;
    diary.note().await;
    diary.is_told_again().await;
}

async fn the_figures_of_a_moment_are_recomputed_once(engine: Engine) {
    let app = TestApp::start(engine).await;
    let code = app.register(HAMLET).await;
    app.survey(survey(&code, "2024-05-20")).await;
    let then = app.database.clock.now().to_rfc3339();
    pass_a_day(&app);
    let query = "query($asOf: DateTime) { units(filter: { level: COMMUNE }, first: 75) { nodes {
        indicators(asOf: $asOf, codes: [ADULT_SMARTPHONE]) { numerator } } } }";
    let (first, statements) = app.counted(query, json!({ "asOf": then })).await;
    assert_eq!(statements, 2, "what is counted of certificates, and the closed periods");
    // A record that nobody could have written by then: of a settled moment nothing is read again.
    let beside = app.database.beside().await;
    let tampered = "UPDATE connectivity_survey SET smartphone = 0";
    sea_orm::ConnectionTrait::execute_unprepared(&beside, tampered).await.unwrap();
    assert_eq!(app.counted(query, json!({ "asOf": then })).await, (first, 2));
}
