//! What can't be asked as of a moment: of what is to come, of what only the present knows, by those without access.

use super::refusal;
use crate::harness::TestApp;
use registry_domain::access::Principal;
use registry_domain::commerce::ListingCode;
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    a_moment_to_come_is_refused_everywhere,
    words_are_searched_in_the_present_only,
    figures_of_the_past_need_a_reader,
    the_past_costs_more_and_moments_are_few,
);

const FUTURE: &str = r#"asOf: "2026-11-01T05:00:00.001Z""#;

async fn a_moment_to_come_is_refused_everywhere(engine: Engine) {
    let app = TestApp::start(engine).await;
    app.register(crate::harness::HAMLET).await;
    for field in [
        r#"household(code: "HG00000103", AS_OF) { code }"#,
        "households(AS_OF) { totalCount }",
        r#"unit(ref: { code: "92" }) { households(AS_OF) { totalCount } }"#,
        r#"unit(ref: { code: "92" }) { indicators(AS_OF) { code } }"#,
        r#"unit(ref: { code: "92" }) { certificates(AS_OF) { issued } }"#,
        r#"indicators(unit: { code: "92" }, AS_OF) { code }"#,
        r#"indicatorSeries(code: ADULT_SMARTPHONE, unit: { code: "92" }, from: "2024-01", to: "2024-02", AS_OF) { month }"#,
        r#"listing(code: "LISTING", AS_OF) { code }"#,
        "listings(AS_OF) { totalCount }",
        "certificateReports(AS_OF) { totalCount }",
        r#"certificateTotals(within: { code: "92" }, AS_OF) { issued }"#,
    ] {
        let field = &field.replace("LISTING", &ListingCode::new(1).unwrap().to_string());
        let asked = format!("{{ {} }}", field.replace("AS_OF", FUTURE));
        let refused = app.answer(&asked, json!({})).await;
        assert_eq!(refusal(&refused), ["BAD_USER_INPUT", "FUTURE_MOMENT"], "{field}: {refused}");
        let now = FUTURE.replace(".001Z", ".000Z");
        let told = app.answer(&format!("{{ {} }}", field.replace("AS_OF", &now)), json!({})).await;
        assert_eq!(told.get("errors"), None, "{field}");
    }
    let query = format!("{{ households({FUTURE}) {{ totalCount }} }}");
    let message = async |language: &str| {
        let request = app.post("/graphql").header("accept-language", language);
        let answer = request.json(&json!({ "query": query })).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["errors"][0]["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        message("en").await,
        "asOf: the moment is in the future; it is 2026-11-01T05:00:00.000Z now"
    );
    assert_eq!(
        message("vi").await,
        "asOf: thời điểm ở tương lai; bây giờ là 2026-11-01T05:00:00.000Z"
    );
}

async fn words_are_searched_in_the_present_only(engine: Engine) {
    let app = TestApp::start(engine).await;
    let query = r#"{ listings(search: "khom", asOf: "2026-11-01T04:00:00Z") { totalCount } }"#;
    let refused = app.answer(query, json!({})).await;
    assert_eq!(refusal(&refused), ["BAD_USER_INPUT", "PRESENT_ONLY"]);
    assert_eq!(
        refused["errors"][0]["message"],
        json!("search: this can be asked of the present only; leave it out, or leave out asOf")
    );
}

async fn figures_of_the_past_need_a_reader(engine: Engine) {
    let app = TestApp::start(engine).await;
    let anonymous = app.beside(Principal::anonymous()).await;
    let query =
        r#"query($asOf: DateTime) { indicators(unit: { code: "92" }, asOf: $asOf) { code } }"#;
    let refused = anonymous.answer(query, json!({ "asOf": "2026-11-01T04:00:00Z" })).await;
    assert_eq!(refusal(&refused)[0], "UNAUTHENTICATED", "{refused}");
    assert_eq!(anonymous.answer(query, json!({})).await.get("errors"), None);
    let reader = app.bearer(json!({ "role": "AUDITOR" })).await;
    reader.data(query, json!({ "asOf": "2026-11-01T04:00:00Z" })).await;
}

async fn the_past_costs_more_and_moments_are_few(engine: Engine) {
    let app = TestApp::start(engine).await;
    let units = "query($asOf: DateTime) { units(first: 200) { nodes {
        a: indicators(asOf: $asOf) { code } b: indicators(asOf: $asOf) { code }
        c: indicators(asOf: $asOf, codes: []) { code } } } }";
    let refused = app.answer(units, json!({ "asOf": "2026-11-01T04:00:00Z" })).await;
    assert_eq!(refusal(&refused)[0], "TOO_COMPLEX", "{refused}");
    assert_eq!(app.answer(units, json!({ "asOf": null })).await.get("errors"), None);

    let moment = |minute| {
        format!(
            r#"m{minute}: indicators(unit: {{ code: "92" }}, asOf: "2026-11-01T04:{minute}:00Z") {{ code }}"#
        )
    };
    let moments: Vec<_> = (10..21).map(moment).collect();
    let refused = app.answer(&format!("{{ {} }}", moments.join(" ")), json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["limit"], json!(10), "{refused}");
}
