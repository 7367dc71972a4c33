//! Answers that follow from figures alone are kept, and never told after they stopped being true or to anyone
//! they weren't made for.

use chrono::TimeDelta;
use http::{HeaderMap, StatusCode, header};
use registry_domain::access::Principal;
use registry_domain::time::Clock as _;
use registry_testing::{Engine, on_both_engines};
use reqwest::{RequestBuilder, Url};
use serde_json::{Value, json};

use crate::harness::{Setup, TestApp, settings, survey};

on_both_engines!(
    whoever_has_an_answer_is_told_so,
    a_change_by_any_instance_is_seen_at_once,
    nobody_gets_what_was_made_for_another,
    a_new_day_makes_new_answers,
    an_answer_about_single_records_is_made_anew,
);

const FIGURES: &str = r#"query($unit: String! = "92") {
    indicators(unit: { code: $unit }, codes: [HOUSEHOLD_FIBRE]) { code numerator denominator coverage } }"#;

fn asked(app: &TestApp, query: &str, variables: &Value) -> RequestBuilder {
    let mut url = Url::parse(&format!("http://{}/graphql", app.host())).unwrap();
    let variables = variables.to_string();
    url.query_pairs_mut().append_pair("query", query).append_pair("variables", &variables);
    reqwest::Client::new().get(url).header("accept-language", "en")
}

async fn sent(request: RequestBuilder) -> (StatusCode, HeaderMap, String) {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    (status, headers, response.text().await.unwrap())
}

async fn fibre(app: &TestApp) -> (Value, u32) {
    let (data, statements) = app.counted(FIGURES, json!({})).await;
    (data["indicators"][0]["numerator"].clone(), statements)
}

async fn whoever_has_an_answer_is_told_so(engine: Engine) {
    let app = TestApp::start(engine).await;
    let ask = || asked(&app, FIGURES, &json!({}));
    let (status, headers, body) = sent(ask()).await;
    assert_eq!(
        (status, &headers[header::CACHE_CONTROL]),
        (StatusCode::OK, &"private, no-cache".parse().unwrap())
    );
    let tag = headers[header::ETAG].to_str().unwrap().to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    let (_, again, same) = sent(ask()).await;
    assert_eq!((&again[header::ETAG], &same), (&headers[header::ETAG], &body));
    let known = format!("\"other\", {}", tag.trim_start_matches("W/"));
    for known in [tag.as_str(), known.as_str(), "*"] {
        let (status, headers, body) = sent(ask().header(header::IF_NONE_MATCH, known)).await;
        assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{known}");
        assert_eq!(
            (&headers[header::ETAG], &headers[header::VARY]),
            (&tag.parse().unwrap(), &"accept, accept-language, authorization".parse().unwrap())
        );
    }
    let (status, _, told) = sent(ask().header(header::IF_NONE_MATCH, "\"other\"")).await;
    assert_eq!((status, &told), (StatusCode::OK, &body));
    // What is sent by POST is no one's to keep.
    let posted = app.send(FIGURES, json!({})).await;
    assert_eq!(
        (posted.headers().get(header::ETAG), &posted.headers()[header::CACHE_CONTROL]),
        (None, &"no-store".parse().unwrap())
    );
    assert_eq!(posted.text().await.unwrap(), body);
}

async fn a_change_by_any_instance_is_seen_at_once(engine: Engine) {
    let app = TestApp::start(engine).await;
    let other = app.other_instance().await;
    let (_, headers, _) = sent(asked(&app, FIGURES, &json!({}))).await;
    for (writer, written) in [(&other, 1), (&app, 2), (&other, 3)] {
        let code = writer.register("31333001").await;
        writer.survey(survey(&code, "2026-10-01")).await;
        assert_eq!(fibre(&app).await.0, json!(written));
        assert_eq!(fibre(&app).await, (json!(written), 1));
        assert_eq!(fibre(&app).await, (json!(written), 1));
    }
    let tag = &headers[header::ETAG];
    let (status, _, _) =
        sent(asked(&app, FIGURES, &json!({})).header(header::IF_NONE_MATCH, tag)).await;
    assert_eq!(status, StatusCode::OK);

    let name =
        r#"{ certificateTotals(within: { code: "92" }, groupBy: [PARTNER]) { partner { name } } }"#;
    let before = app.data(name, json!({})).await;
    assert_eq!(app.data(name, json!({})).await, before);
    let rename = r#"mutation { updatePartner(input: { code: "VNPT", name: "VNPT Hậu Giang" }) { errors { code } } }"#;
    assert_eq!(app.data(rename, json!({})).await["updatePartner"]["errors"], json!([]));
    let after = app.data(name, json!({})).await;
    assert_eq!(
        after.to_string().matches("VNPT Hậu Giang").count(),
        before.to_string().matches("VNPT").count()
    );
}

async fn nobody_gets_what_was_made_for_another(engine: Engine) {
    let app = TestApp::start(engine).await;
    for _ in 0..3 {
        let code = app.register("31333001").await;
        app.survey(survey(&code, "2026-10-01")).await;
    }
    // Both are asked of the same server; the second may not know of few households.
    let reader = app.bearer(json!({ "role": "READER", "actor": "ứng dụng" })).await;
    let partner = app.bearer(json!({ "role": "PARTNER", "partner": "VNPT" })).await;
    let hamlet = json!({ "unit": "31333001" });
    let figure = async |who: Option<&TestApp>| {
        let ask = asked(&reader, FIGURES, &hamlet);
        let ask = match who {
            Some(who) => ask.header(header::AUTHORIZATION, who.credential()),
            None => ask,
        };
        let told: Value = serde_json::from_str(&sent(ask).await.2).unwrap();
        told["data"]["indicators"][0]["denominator"].clone()
    };
    for _ in 0..2 {
        assert_eq!(figure(Some(&reader)).await, json!(3));
        assert_eq!(figure(Some(&partner)).await, json!(null));
        assert_eq!(figure(None).await, json!(null));
    }
    // Nor what was made for another question.
    let other = "query($unit: String! = \"92\") { indicators(unit: { code: $unit }, codes: [DIGITAL_SKILLS]) { code } }";
    let code = async |query: &str| sent(asked(&app, query, &json!({}))).await.2;
    assert_ne!(code(other).await, code(FIGURES).await);
    assert_eq!(code(other).await, r#"{"data":{"indicators":[{"code":"DIGITAL_SKILLS"}]}}"#);
}

async fn a_new_day_makes_new_answers(engine: Engine) {
    const STATUS: &str =
        r#"{ indicators(unit: { code: "92" }, codes: [HOUSEHOLD_FIBRE]) { month } }"#;
    let app = TestApp::start(engine).await;
    let month = async || app.data(STATUS, json!({})).await["indicators"][0]["month"].clone();
    assert_eq!([month().await, month().await], [json!("2026-11"), json!("2026-11")]);
    let clock = &app.database.clock;
    clock.set(clock.now() + TimeDelta::days(31));
    assert_eq!(month().await, json!("2026-12"));
}

async fn an_answer_about_single_records_is_made_anew(engine: Engine) {
    let app = TestApp::start(engine).await;
    let code = app.register("31333001").await;
    let query = "query($code: HouseholdCode!) { household(code: $code) { status }
        indicators(unit: { code: \"92\" }, codes: [HOUSEHOLD_FIBRE]) { numerator } }";
    let (status, headers, _) = sent(asked(&app, query, &json!({ "code": code }))).await;
    assert_eq!((status, headers.get(header::ETAG)), (StatusCode::OK, None));
    let wrong = r#"{ indicators(unit: { code: "00" }) { numerator } }"#;
    let (_, headers, _) = sent(asked(&app, wrong, &json!({}))).await;
    assert_eq!(headers.get(header::ETAG), None);
    // Nothing is kept by a registry that was told to keep nothing.
    let http = registry_server::config::HttpSettings { kept_answers_bytes: 0, ..settings() };
    let setup = Setup { http, ..Setup::default() };
    let app = TestApp::start_with(engine, Principal::development(), setup).await;
    let (_, headers, _) = sent(asked(&app, FIGURES, &json!({}))).await;
    assert_eq!(headers.get(header::ETAG), None);
}
