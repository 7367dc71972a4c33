//! GraphQL over HTTP: media types, status codes, and what a browser must not be able to do.

use crate::harness::{HAMLET, REGISTER, TestApp, household, survey};
use registry_testing::Engine;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

const RESPONSE: &str = "application/graphql-response+json";

async fn app() -> TestApp {
    TestApp::start(Engine::Sqlite).await
}

async fn body(response: Response) -> Value {
    response.json().await.unwrap()
}

#[tokio::test]
async fn the_status_tells_whether_the_request_could_run() {
    let app = app().await;
    let cases = [
        (json!({ "query": "{ serviceConfig { maxPage } }" }), 200, 200),
        (json!({ "query": "{ nothing }" }), 400, 200),
        (json!({ "query": "{" }), 400, 200),
        (json!({ "query": "{ household(code: 7) { code } }" }), 400, 200),
        (json!({ "query": "query A { __typename } query B { __typename }" }), 400, 200),
        (json!({ "query": "{ unit(ref: { code: \"99\" }) { name } }" }), 200, 200),
        (json!({ "query": 7 }), 400, 400),
        (json!({ "variables": {} }), 400, 400),
        (json!({ "query": "{ __typename }", "variables": [] }), 400, 400),
        (json!({ "query": "{ __typename }", "operationName": 1 }), 400, 400),
        (json!({ "query": "{ __typename }", "extensions": "x" }), 400, 400),
        (json!([{ "query": "{ __typename }" }]), 400, 400),
    ];
    for (request, as_response, as_json) in cases {
        for (accept, expected) in [(RESPONSE, as_response), ("application/json", as_json)] {
            let response =
                app.post("/graphql").header("accept", accept).json(&request).send().await.unwrap();
            assert_eq!(response.status(), expected, "{request} as {accept}");
            let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
            assert!(kind.starts_with(accept), "{kind}");
            let answer = body(response).await;
            for error in answer["errors"].as_array().into_iter().flatten() {
                assert!(error["extensions"]["code"].is_string(), "{request}: {error}");
            }
        }
    }
}

/// GraphQL, October 2021: 7.2.2 "Serialized Map Ordering" and 6.3.2 "Field Collection".
#[tokio::test]
async fn fields_come_in_the_order_they_were_asked_for_and_once() {
    let app = app().await;
    let household = app.register(HAMLET).await;
    app.survey(survey(&household, "2024-01-10")).await;
    let query = "query($no: Boolean!) { households(first: 1) { totalCount
        nodes { connectivity { surveyedOn } ...Place members code @skip(if: $no) adults @skip(if: true) ... on Household { version status }
            ... on Node { kind: __typename } hamlet { level parent { code name } ... { code } } members }
        pageInfo { hasPreviousPage endCursor hasNextPage }
        edges { node { members } cursor node { adults } } } }
        fragment Place on Household { hamlet { name parent { level } } }";
    let request = json!({ "query": query, "variables": { "no": false } });
    let response = app.post("/graphql").json(&request).send().await.unwrap();
    let answer = response.text().await.unwrap();
    let names = answer.split('"').skip(1).step_by(2);
    let asked: Vec<&str> = names.filter(|name| query.contains(name)).collect();
    let expected = "households totalCount nodes connectivity surveyedOn hamlet name parent level code name level code members code \
        version status kind Household pageInfo hasPreviousPage endCursor hasNextPage edges node members \
        adults cursor";
    assert_eq!(asked, expected.split_whitespace().collect::<Vec<_>>(), "{answer}");
    // The first of these waits for the database, the others for nothing.
    let query = format!(
        "query Ours {{ first: household(code: \"{household}\") {{ code }} ...Rest second: household(code: \"{household}\") {{ members }} }}
        query Other {{ __typename }}
        fragment Rest on Query {{ __typename serviceConfig {{ maxDepth }} }}"
    );
    let request = json!({ "query": query, "operationName": "Ours" });
    let answer = app.post("/graphql").json(&request).send().await.unwrap().text().await.unwrap();
    let expected = format!(
        r#"{{"data":{{"first":{{"code":"{household}"}},"__typename":"Query","serviceConfig":{{"maxDepth":20}},"second":{{"members":4}}}}}}"#
    );
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn the_best_media_type_is_chosen() {
    let app = app().await;
    let cases = [
        ("*/*", Some("application/json")),
        ("application/graphql-response+json, application/json;q=0.9", Some(RESPONSE)),
        ("application/json, application/graphql-response+json;q=0.5", Some("application/json")),
        ("text/html", None),
        ("application/json;q=0", None),
    ];
    for (accept, expected) in cases {
        let request = app
            .post("/graphql")
            .header("accept", accept)
            .json(&json!({ "query": "{ __typename }" }));
        let response = request.send().await.unwrap();
        match expected {
            Some(expected) => {
                assert!(
                    response.headers()["content-type"].to_str().unwrap().starts_with(expected),
                    "{accept}"
                );
            }
            None => assert_eq!(response.status(), StatusCode::NOT_ACCEPTABLE, "{accept}"),
        }
    }
}

#[tokio::test]
async fn only_json_can_change_anything() {
    let app = app().await;
    let mutation =
        json!({ "query": REGISTER, "variables": { "input": household(HAMLET) } }).to_string();
    for kind in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data"),
    ] {
        let mut request = app.post("/graphql").body(mutation.clone());
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind:?}");
    }
    let query = [("query", "mutation { closeHousehold(input: {}) { replayed } }")];
    let response = app.get("/graphql").query(&query).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()["allow"], "POST, GET");
    assert_eq!(app.store.household_count().await.unwrap(), 0);
}

#[tokio::test]
async fn a_query_can_come_by_get() {
    let app = app().await;
    let query = [
        (
            "query",
            "query Q($search: String!) { units(filter: { search: $search, level: COMMUNE }) { totalCount } }",
        ),
        ("variables", r#"{"search":"vi tan"}"#),
        ("operationName", "Q"),
    ];
    let response = app.get("/graphql").query(&query).send().await.unwrap();
    assert_eq!(body(response).await["data"]["units"]["totalCount"], 1);
    let broken = [("query", "{ __typename }"), ("variables", "{")];
    let response = app.get("/graphql").query(&broken).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_is_too_large_or_not_json_is_refused_shortly() {
    let app = app().await;
    let large = json!({ "query": "x".repeat(2 << 20) });
    let response = app.post("/graphql").json(&large).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let long = json!({ "query": format!("{{ a b( {}", "x".repeat(500_000)) });
    let response = app.post("/graphql").json(&long).send().await.unwrap();
    assert!(response.bytes().await.unwrap().len() < 4_000);
    for text in ["", "{", "null", "\"x\"", "{\"query\":\"\u{0}\"", "\u{FEFF}{}"] {
        let request = app.post("/graphql").header("content-type", "application/json").body(text);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::BAD_REQUEST, "{text}");
    }
    let deep =
        format!("{{ unit(ref: {{ code: \"92\" }}) {}{} }}", "{ parent ".repeat(40), "}".repeat(40));
    let answer = app.answer(&deep, json!({})).await;
    assert!(
        ["TOO_COMPLEX", "BAD_USER_INPUT"]
            .contains(&answer["errors"][0]["extensions"]["code"].as_str().unwrap())
    );
    let wide = "{ units(first: 200) { nodes { households(first: 200) { nodes { connectivityHistory(first: 200) { nodes { id } } } } } } }";
    let answer = app.answer(wide, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "TOO_COMPLEX");
}

#[tokio::test]
async fn errors_speak_the_clients_language() {
    let app = app().await;
    let message = async |language: &str| {
        let request = json!({ "query": "{ units(first: 500) { totalCount } }" });
        let request = app.post("/graphql").header("accept-language", language).json(&request);
        body(request.send().await.unwrap()).await["errors"][0]["message"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(message("en").await, "a page has from 1 to 200 items, not 500");
    assert_eq!(
        message("vi-VN,vi;q=0.9,en;q=0.5").await,
        "trang phải có từ 1 đến 200 mục, không phải 500"
    );
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let app = app().await;
    let given = app.get("/healthz").header("x-request-id", "abc-123").send().await.unwrap();
    assert_eq!(given.headers()["x-request-id"], "abc-123");
    for odd in ["a b", &"x".repeat(65)] {
        let made = app.get("/healthz").header("x-request-id", odd).send().await.unwrap();
        assert_eq!(made.headers()["x-request-id"].len(), 16);
    }
}

#[tokio::test]
async fn the_console_needs_nothing_from_elsewhere() {
    let app = app().await;
    let page = app.get("/").send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'self'"), "{policy}");
    let page = page.text().await.unwrap();
    assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("//"), "{page}");
    let files = page.split(['"', '\'']).filter(|part| part.starts_with("/graphiql/"));
    let mut found = 0;
    for file in files {
        assert_eq!(app.get(file).send().await.unwrap().status(), StatusCode::OK, "{file}");
        found += 1;
    }
    assert_eq!(found, 5);
    assert_eq!(app.get("/graphiql/other.js").send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn health_metrics_and_foreign_paths_answer() {
    let app = app().await;
    assert_eq!(body(app.get("/healthz").send().await.unwrap()).await, json!({ "status": "ok" }));
    assert_eq!(body(app.get("/readyz").send().await.unwrap()).await, json!({ "status": "ready" }));
    let metrics = app.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("http_requests_total{route=\"/readyz\",status=\"200\"}"), "{metrics}");
    let lost = app.get("/elsewhere").send().await.unwrap();
    assert_eq!(lost.status(), StatusCode::NOT_FOUND);
    assert_eq!(body(lost).await["errors"][0]["extensions"]["code"], "NOT_FOUND");
}

#[tokio::test]
async fn only_known_origins_may_call_from_a_browser() {
    let app = app().await;
    let allowed = async |origin: &str| {
        let response = app.get("/healthz").header("origin", origin).send().await.unwrap();
        response
            .headers()
            .get("access-control-allow-origin")
            .map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(allowed("https://app.example.vn").await.as_deref(), Some("https://app.example.vn"));
    assert_eq!(allowed("https://evil.example").await, None);
    let asked = reqwest::Client::new()
        .request(Method::OPTIONS, app.get("/graphql").build().unwrap().url().clone())
        .header("origin", "https://app.example.vn")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type,x-purpose");
    let headers = asked.send().await.unwrap().headers()["access-control-allow-headers"].clone();
    let headers = headers.to_str().unwrap();
    for header in ["authorization", "content-type", "accept-language", "x-purpose"] {
        assert!(headers.contains(header), "{header}: {headers}");
    }
    let put = app.get("/graphql").build().unwrap();
    let client = reqwest::Client::new();
    let response = client.request(Method::PUT, put.url().clone()).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn answers_are_compressed_for_whoever_can_read_it() {
    let app = app().await;
    let request = app.get("/graphiql/graphiql.min.css").header("accept-encoding", "gzip");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
}
