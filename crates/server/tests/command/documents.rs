//! Trusted documents from the command line, and what hostile requests leave behind in the process.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::fs;

use crate::harness::{Home, Server};
use futures_util::stream;
use registry_testing::Engine;
use reqwest::{Body, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn documents_are_added_once_and_listed() {
    let home = Home::new(Engine::Sqlite).await;
    home.done(&["migrate", "up"]);
    let (good, bad) = (home.file("page.graphql"), home.file("bad.graphql"));
    let two = "query A { serviceConfig { maxPage } } query B { serviceConfig { maxDepth } }";
    fs::write(&good, two).unwrap();
    fs::write(&bad, "{ nothing }").unwrap();
    let (good, bad) = (good.to_str().unwrap(), bad.to_str().unwrap());

    let refused = home.run(&["documents", "add", good, bad]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("bad.graphql"), "{refused:?}");
    assert_eq!(home.done(&["documents", "list"]), "");
    assert!(home.done(&["documents", "add", good]).ends_with("1 added / đã thêm 1\n"));
    assert!(home.done(&["documents", "add", good]).ends_with("0 added / đã thêm 0\n"));
    let listed = home.done(&["documents", "list"]);
    assert!(listed.lines().count() == 1 && listed.ends_with("command line  page\n"), "{listed}");
}

#[tokio::test]
async fn hostile_requests_leave_no_memory_behind() {
    const ALLOWED_KB: u64 = 20 << 10;
    let home = Home::new(Engine::Sqlite).await;
    home.done(&["seed", "--scale", "small"]);
    let server = home.serve();
    use_as_anyone_would(&server).await;
    let before = server.resident_kb();
    attack(&server).await;
    send_100_megabytes(&server).await;
    let after = server.resident_kb();
    assert!(after < before + ALLOWED_KB, "from {before} kB to {after} kB");
}

/// Brings the process to the size that it has in use: large answers, and as large a batch as is allowed.
async fn use_as_anyone_would(server: &Server) {
    let survey = json!({
        "household": "HG00000103", "surveyedOn": "2026-10-01", "adultsWithSmartphone": 0,
        "workingAgeTrained": 0, "adultsWithPublicServiceAccount": 0, "adultsWithVneidLevel2": 0,
        "adultsPayingCashless": 0,
    });
    let batch = json!({ "input": { "surveys": vec![survey; 1_000] } });
    for _ in 0..5 {
        let schema = "{ __schema { types { name description fields { name description args { name description } } } } }";
        let page = "{ units(first: 200) { nodes { id name ancestors { name } indicators { code value definition } } } }";
        for query in [schema, page] {
            assert_eq!(server.answer(query, &json!({})).await.get("errors"), None);
        }
        let record = "mutation($input: RecordConnectivityBatchInput!) {
            recordConnectivityBatch(input: $input) { recorded errors { code path message } } }";
        let recorded = server.answer(record, &batch).await;
        assert_eq!(
            recorded["data"]["recordConnectivityBatch"]["recorded"], 0,
            "they are all the same"
        );
    }
}

/// A body that is refused, told by its length or sent without one; the server hangs up early.
async fn send_100_megabytes(server: &Server) {
    let chunk = || Ok::<_, Infallible>(vec![b' '; 1 << 20]);
    for length in [Some("104857600"), None] {
        let body = Body::wrap_stream(stream::iter((0..100).map(move |_| chunk())));
        let request = reqwest::Client::new().post(&server.address).body(body);
        let mut request = request.header("content-type", "application/json");
        if let Some(length) = length {
            request = request.header("content-length", length);
        }
        // What is sent into a closed connection may break it before the answer is read.
        if let Ok(response) = request.send().await {
            assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
        }
    }
}

/// Requests of up to a megabyte, all of them refused.
async fn attack(server: &Server) {
    let mut fragments = "{ ...F0 } fragment F30 on Query { __typename }".to_owned();
    for level in 0..30 {
        let next = level + 1;
        write!(fragments, " fragment F{level} on Query {{ ...F{next} ...F{next} }}").unwrap();
    }
    let texts = [
        "{ a".repeat(500),
        format!("{{ {} }}", "a: __typename ".repeat(10_000)),
        format!("{{ __typename {} }}", "@skip(if: false) ".repeat(10_000)),
        "a ".repeat(500_000),
        "a ".repeat(30_000),
        "{ ...A } fragment A on Query { ...A ...A }".to_owned(),
        fragments,
        format!("{{ unit(ref: {{ id: \"{}\" }}) {{ id }} }}", "x".repeat(1_000_000)),
        "{ nothing ".to_owned() + &"[".repeat(50_000),
        format!("query({}) {{ __typename }}", "$a: Int ".repeat(10_000)),
    ];
    for text in &texts {
        let answer = server.answer(text, &Value::Null).await;
        assert!(answer["errors"][0]["extensions"]["code"].is_string(), "{answer}");
    }
    // Each of these is another document, and valid but for what it asks for.
    for number in 0..300 {
        let answer = server.answer(&format!("{{ nothing{number} }}"), &json!({})).await;
        assert!(answer["errors"][0]["extensions"]["code"].is_string(), "{answer}");
    }
}
