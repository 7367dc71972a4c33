//! Answers that follow from figures alone are kept, and never told after they stopped being true or to anyone
//! they weren't made for.

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use http::{HeaderMap, StatusCode, header};
use registry_domain::access::Principal;
use registry_domain::time::{Clock, Instant, YearMonth};
use registry_server::config::HttpSettings;
use registry_testing::{Engine, on_both_engines};
use reqwest::{RequestBuilder, Url};
use serde_json::{Value, json};

use crate::harness::{Setup, TestApp, settings, survey};
use crate::reporting::Reporting;

on_both_engines!(
    whoever_has_an_answer_is_told_so,
    a_change_by_any_instance_is_seen_at_once,
    a_partner_is_told_by_its_new_name_at_once,
    nobody_gets_what_was_made_for_another,
    a_new_day_makes_new_answers,
    an_answer_made_at_midnight_is_not_kept_for_the_next_day,
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
    let app = TestApp::start_as(engine, Principal::anonymous()).await;
    let ask = || asked(&app, FIGURES, &json!({}));
    let (status, headers, body) = sent(ask()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
    let tag = headers[header::ETAG].to_str().unwrap().to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    let (_, again, same) = sent(ask()).await;
    assert_eq!((&again[header::ETAG], &same), (&headers[header::ETAG], &body));
    let known = format!("\"other\", {}", tag.trim_start_matches("W/"));
    for known in [tag.as_str(), known.as_str(), "*"] {
        let (status, headers, body) = sent(ask().header(header::IF_NONE_MATCH, known)).await;
        assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{known}");
        let vary = "accept, accept-encoding, accept-language, authorization";
        assert_eq!(headers[header::ETAG], tag);
        assert_eq!(headers[header::VARY], vary);
        assert_eq!(headers.get(header::CONTENT_LENGTH), None);
    }
    let (status, _, told) = sent(ask().header(header::IF_NONE_MATCH, "\"other\"")).await;
    assert_eq!((status, &told), (StatusCode::OK, &body));
    // What is sent by POST is no one's to keep, nor what is told to those who show a token.
    let posted = app.send(FIGURES, json!({})).await;
    let trusted = app.beside(Principal::development()).await;
    let got = asked(&trusted, FIGURES, &json!({})).send().await.unwrap();
    for answered in [posted, got] {
        let headers = answered.headers();
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(headers.get(header::ETAG), None);
        assert_eq!(answered.text().await.unwrap(), body);
    }
}

async fn a_change_by_any_instance_is_seen_at_once(engine: Engine) {
    let app = TestApp::start(engine).await;
    let public = app.beside(Principal::anonymous()).await;
    let other = app.other_instance().await;
    let (_, headers, _) = sent(asked(&public, FIGURES, &json!({}))).await;
    // Of fewer than five households nothing is told in public.
    for written in 1..=7 {
        let writer = if written % 2 == 0 { &app } else { &other };
        let code = writer.register("31333001").await;
        writer.survey(survey(&code, "2026-10-01")).await;
        assert_eq!(fibre(&app).await.0, json!(written));
        assert_eq!(fibre(&app).await, (json!(written), 1));
        assert_eq!(fibre(&app).await, (json!(written), 1));
        let told = if written < 5 { json!(null) } else { json!(written) };
        assert_eq!([fibre(&public).await.0, fibre(&public).await.0], [told.clone(), told]);
    }
    let tag = &headers[header::ETAG];
    let ask = asked(&public, FIGURES, &json!({})).header(header::IF_NONE_MATCH, tag);
    assert_eq!(sent(ask).await.0, StatusCode::OK);
}

async fn a_partner_is_told_by_its_new_name_at_once(engine: Engine) {
    const NAMES: &str = r#"{ certificateTotals(within: { code: "92" }, groupBy: [PARTNER]) { partner { name } issued } }"#;
    const RENAME: &str = r#"mutation {
        updatePartner(input: { code: "VNPT", name: "VNPT Cần Thơ" }) { errors { code } } }"#;
    let all = Reporting::start(engine).await;
    let input = json!({ "period": "2025-06", "cumulativeIssued": 15, "idempotencyKey": "a",
        "lines": [{ "unit": "31441", "issued": 15, "renewed": 0, "revoked": 0 }] });
    all.taken(&all.vnpt, input).await;
    let name = async || {
        let totals = all.admin.data(NAMES, json!({})).await["certificateTotals"].clone();
        assert_eq!(totals[0]["issued"], json!(15));
        totals[0]["partner"]["name"].clone()
    };
    assert_eq!([name().await, name().await], [json!("VNPT Hậu Giang"), json!("VNPT Hậu Giang")]);
    assert_eq!(all.admin.data(RENAME, json!({})).await["updatePartner"]["errors"], json!([]));
    assert_eq!(name().await, json!("VNPT Cần Thơ"));
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
        assert_eq!(figure(None).await, json!(null));
        assert_eq!(figure(Some(&reader)).await, json!(3));
        assert_eq!(figure(Some(&partner)).await, json!(null));
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

/// A clock that goes on to the next month once it was looked at so often.
#[derive(Debug)]
struct Midnight {
    before: Mutex<Instant>,
    looks: AtomicI32,
}

impl Midnight {
    /// The instant before a month ends, until the `looks`th look.
    fn set(&self, month: u32, looks: i32) {
        let next = YearMonth::from_index(2027 * 12 + month.cast_signed()).first_day();
        let midnight = next.and_hms_opt(0, 0, 0).unwrap().and_utc() - TimeDelta::hours(7);
        *self.before.lock().unwrap() = midnight - TimeDelta::milliseconds(1);
        self.looks.store(looks, Ordering::Relaxed);
    }
}

impl Clock for Midnight {
    fn now(&self) -> Instant {
        let is_past = self.looks.fetch_sub(1, Ordering::Relaxed) <= 0;
        let before = *self.before.lock().unwrap();
        if is_past { before + TimeDelta::milliseconds(1) } else { before }
    }
}

async fn an_answer_made_at_midnight_is_not_kept_for_the_next_day(engine: Engine) {
    const MONTH: &str =
        r#"{ indicators(unit: { code: "92" }, codes: [HOUSEHOLD_FIBRE]) { month } }"#;
    let clock = Arc::new(Midnight { before: Mutex::default(), looks: AtomicI32::new(0) });
    clock.set(0, i32::MAX);
    let app = TestApp::start_by(engine, Arc::clone(&clock) as Arc<dyn Clock>).await;
    // Whenever midnight comes while an answer is made, the next one is of the new day.
    for looks in 0..24 {
        let month = u32::try_from(looks).unwrap() + 1;
        clock.set(month, looks);
        app.data(MONTH, json!({})).await;
        clock.set(month, 0);
        let told = app.data(MONTH, json!({})).await["indicators"][0]["month"].clone();
        let next = YearMonth::from_index(2027 * 12 + month.cast_signed());
        assert_eq!(told, json!(next.to_string()), "{looks}");
    }
}

async fn an_answer_about_single_records_is_made_anew(engine: Engine) {
    const QUERY: &str = "query($code: HouseholdCode!) { household(code: $code) { version }
        indicators(unit: { code: \"92\" }, codes: [HOUSEHOLD_FIBRE]) { numerator } }";
    const UPDATE: &str = "mutation($input: UpdateHouseholdInput!) { updateHousehold(input: $input) { errors { code path } } }";
    let app = TestApp::start(engine).await;
    let code = app.register("31333001").await;
    for version in 1..4 {
        for _ in 0..2 {
            let data = app.data(QUERY, json!({ "code": code })).await;
            assert_eq!(data["household"]["version"], json!(version));
        }
        // No figure changes with the name of its head.
        let input = json!({ "household": code, "version": version, "effectiveOn": "2026-10-01",
            "head": { "name": format!("Trần Văn {version}") } });
        let data = app.data(UPDATE, json!({ "input": input })).await;
        assert_eq!(data["updateHousehold"]["errors"], json!([]));
    }
    let public = app.beside(Principal::anonymous()).await;
    let wrong = r#"{ indicators(unit: { code: "00" }) { numerator } }"#;
    let (_, headers, _) = sent(asked(&public, wrong, &json!({}))).await;
    assert_eq!(headers.get(header::ETAG), None);
    // Nothing is kept by a registry that was told to keep nothing.
    let http = HttpSettings { kept_answers_bytes: 0, ..settings() };
    let setup = Setup { http, ..Setup::default() };
    let app = TestApp::start_with(engine, Principal::anonymous(), setup).await;
    let (_, headers, _) = sent(asked(&app, FIGURES, &json!({}))).await;
    assert_eq!(headers.get(header::ETAG), None);
}
