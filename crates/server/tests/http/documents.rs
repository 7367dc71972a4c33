//! Documents: what is refused before it runs, who may have what, persisted and trusted documents, rates.

use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use crate::harness::{HAMLET, REGISTER, Setup, TestApp, code_of, household, survey};
use registry_domain::access::{Grant, Principal, Role, Scope, TokenId};
use registry_domain::fault::Path;
use registry_graphql::{DocumentPolicy, SchemaSettings};
use registry_persistence::{AddDocuments, DocumentHash, NewDocument, Row, Store, WriteRequest};
use registry_server::config::RateSettings;
use registry_testing::{Engine, on_both_engines};
use reqwest::{Body, Response, StatusCode};
use serde_json::{Value, json};

const UNITS: &str = "{ units(first: 1) { totalCount } }";

on_both_engines!(only_trusted_documents_run_in_trusted_mode);

fn bearer(role: Role) -> Principal {
    let grant = Grant::new(role.scopes(), role.mode(), None, None).unwrap();
    Principal::bearer(role.name(), TokenId::new(role.name()).unwrap(), grant)
}

async fn app_as(principal: Principal) -> TestApp {
    TestApp::start_as(Engine::Sqlite, principal).await
}

async fn code(response: Response) -> String {
    let answer: Value = response.json().await.unwrap();
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
}

/// Requests that would cost much if they were read to the end.
fn hostile() -> Vec<(&'static str, Value)> {
    let query = |text: String| json!({ "query": text });
    let mut fragments = "{ ...F0 }".to_owned();
    for level in 0..30 {
        let next = level + 1;
        write!(fragments, " fragment F{level} on Query {{ ...F{next} ...F{next} }}").unwrap();
    }
    fragments.push_str(" fragment F30 on Query { __typename }");
    let mut deep = json!(1);
    for _ in 0..120 {
        deep = json!([deep]);
    }
    vec![
        ("deep", query(format!("{}{}", "{ a".repeat(500), "}".repeat(500)))),
        ("aliases", query(format!("{{ {} }}", "a: __typename ".repeat(10_000)))),
        ("some aliases", query(format!("{{ {} }}", "a: __typename ".repeat(100)))),
        ("directives", query(format!("{{ __typename {} }}", "@skip(if: false) ".repeat(10_000)))),
        ("some directives", query(format!("{{ __typename {} }}", "@d ".repeat(100)))),
        ("tokens", query("a ".repeat(500_000))),
        ("some tokens", query("a ".repeat(30_000))),
        ("string", query(format!("{{ unit(ref: {{ id: \"{}\" }}) {{ id }} }}", "x".repeat(1_000_000)))),
        ("circle", query("{ ...A } fragment A on Query { ...B ...B } fragment B on Query { ...A ...A }".into())),
        ("unused circle", query("{ __typename } fragment A on Query { ...A ...A }".into())),
        ("fan-out", query(fragments)),
        ("lists", query(format!("{{ nodes(ids: {}1{}) {{ id }} }}", "[".repeat(5_000), "]".repeat(5_000)))),
        ("objects", query(format!("{{ unit(ref: {}1{}) {{ id }} }}", "{a:".repeat(5_000), "}".repeat(5_000)))),
        ("variables", query(format!("query({}) {{ __typename }}", "$a: Int ".repeat(10_000)))),
        ("operations", query("query A { __typename } ".repeat(5_000))),
        ("wrong names", query(format!("{{ {} }}", "nothing ".repeat(1_000)))),
        ("control characters", query("{ \u{1}\u{7f} }".into())),
        ("deep variables", json!({ "query": "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", "variables": { "ids": deep } })),
        ("complexity", query("{ units(first: 200) { nodes { children(first: 200) { nodes { children(first: 200) { nodes { id } } } } } } }".into())),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_documents_are_refused_early_and_shortly() {
    let app = app_as(Principal::development()).await;
    app.data(UNITS, json!({})).await;
    for (name, request) in hostile() {
        let body = request.to_string();
        // The quickest of three: other tests share the machine.
        let mut quickest = Duration::MAX;
        let mut answer = Vec::new();
        for _ in 0..3 {
            let request = app.post("/graphql").header("content-type", "application/json");
            let request = request.header("accept", "application/graphql-response+json");
            let started = Instant::now();
            let response = request.body(body.clone()).send().await.unwrap();
            quickest = quickest.min(started.elapsed());
            assert!(response.status().is_client_error(), "{name}: {}", response.status());
            answer = response.bytes().await.unwrap().to_vec();
        }
        assert!(answer.len() < 1_024, "{name}: {}", String::from_utf8_lossy(&answer));
        assert!(quickest < Duration::from_millis(100), "{name}: {quickest:?}");
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        for error in answer["errors"].as_array().unwrap() {
            let extensions = &error["extensions"];
            assert!(extensions["code"].is_string(), "{name}: {answer}");
            assert!(extensions["requestId"].is_string(), "{name}: {answer}");
            if extensions["code"] == "TOO_COMPLEX" {
                assert!(extensions["found"].as_u64() > extensions["limit"].as_u64(), "{answer}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_without_end_is_not_read_to_its_end() {
    let app = app_as(Principal::development()).await;
    let chunks = (0..1_600).map(|_| Ok::<_, std::io::Error>("x".repeat(64 << 10)));
    let stream = Body::wrap_stream(futures_util::stream::iter(chunks));
    let request = app.post("/graphql").header("content-type", "application/json").body(stream);
    // The server answers and hangs up while the client still sends; the client may see either.
    if let Ok(response) = request.send().await {
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
    let request = app.post("/graphql").header("content-type", "application/json");
    let request = request.header("content-length", "100000000").body("x".repeat(100_000_000));
    if let Ok(response) = request.send().await {
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
    app.data(UNITS, json!({})).await;
}

#[tokio::test]
async fn what_one_may_not_have_is_told_by_place_before_anything_runs() {
    let anonymous = app_as(Principal::anonymous()).await;
    let query = "{ units(first: 1) { nodes { name people: households { totalCount } } } }";
    let response = anonymous.send(query, json!({})).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(answer["errors"][0]["message"], "this needs a token with the scope registry:read");
    assert_eq!(answer["errors"][0]["extensions"]["path"], json!(["units", "nodes", "people"]));
    assert_eq!(answer["errors"][0]["extensions"]["needs"], json!(["registry:read"]));
    let fragment = "query($id: ID!) { node(id: $id) { ... on Household { status } } }";
    let response = anonymous.send(fragment, json!({ "id": "x" })).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);

    let reader = app_as(bearer(Role::Reader)).await;
    assert_eq!(reader.send(query, json!({})).await.status(), StatusCode::OK);
    let response = reader.send(REGISTER, json!({ "input": household(HAMLET) })).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(code(response).await, "FORBIDDEN");
}

#[tokio::test]
async fn an_auditor_writes_by_no_way() {
    let app = app_as(bearer(Role::Auditor)).await;
    let input = json!({ "input": household(HAMLET) });
    let hash = DocumentHash::of(REGISTER).to_string();
    let persisted = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    let named =
        format!("query Q {{ __typename }} {}", REGISTER.replacen("mutation", "mutation M", 1));
    let aliased =
        REGISTER.replacen("registerHousehold(", "__typename units: registerHousehold(", 1);
    let requests = [
        json!({ "query": REGISTER, "variables": input }),
        json!({ "query": aliased, "variables": input }),
        json!({ "query": named, "operationName": "M", "variables": input }),
        json!({ "query": REGISTER, "extensions": persisted, "variables": input }),
        json!({ "extensions": persisted, "variables": input }),
    ];
    for request in requests {
        let response = app.post("/graphql").json(&request).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{request}");
    }
    let variables = input.to_string();
    let gets = [
        vec![("query", REGISTER.to_owned()), ("variables", variables.clone())],
        vec![("query", named), ("operationName", "M".into()), ("variables", variables.clone())],
        vec![("extensions", persisted.to_string()), ("variables", variables)],
    ];
    for query in gets {
        let response = app.get("/graphql").query(&query).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{query:?}");
    }
    let batch = json!([{ "query": REGISTER, "variables": input }]);
    let response = app.post("/graphql").json(&batch).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let multipart = app.post("/graphql").header("content-type", "multipart/form-data; boundary=x");
    let response = multipart.body(batch.to_string()).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(app.store.household_count().await.unwrap(), 0);
}

#[tokio::test]
async fn a_hash_stands_for_a_document_that_was_sent_before() {
    let app = app_as(Principal::development()).await;
    let send = async |request: Value| app.post("/graphql").json(&request).send().await.unwrap();
    let hash = |text: &str| {
        let hash = DocumentHash::of(text).to_string();
        json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
    };
    let unknown: Value = send(json!({ "extensions": hash(UNITS) })).await.json().await.unwrap();
    assert_eq!(unknown["errors"][0]["message"], "PersistedQueryNotFound");
    assert_eq!(unknown["errors"][0]["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND");
    let wrong = json!({ "query": UNITS, "extensions": hash("{ __typename }") });
    assert_eq!(code(send(wrong).await).await, "BAD_USER_INPUT");
    let short =
        json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": "abc" } } });
    assert_eq!(code(send(short).await).await, "BAD_USER_INPUT");

    let first: Value =
        send(json!({ "query": UNITS, "extensions": hash(UNITS) })).await.json().await.unwrap();
    assert_eq!(first.get("errors"), None, "{first}");
    let again: Value = send(json!({ "extensions": hash(UNITS) })).await.json().await.unwrap();
    assert_eq!(again, first);
    let query = [("extensions", hash(UNITS).to_string())];
    let got: Value = app.get("/graphql").query(&query).send().await.unwrap().json().await.unwrap();
    assert_eq!(got, first);
}

#[tokio::test]
async fn a_kept_document_still_has_its_variables_checked() {
    let app = app_as(Principal::development()).await;
    let query = "query($first: Int) { units(first: $first) { totalCount } }";
    app.data(query, json!({ "first": 2 })).await;
    for wrong in [json!("two"), json!([1, 2]), json!({})] {
        let answer = app.answer(query, json!({ "first": wrong })).await;
        assert_eq!(answer.get("data"), None, "{answer}");
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
        assert!(answer["errors"][0].get("path").is_none(), "{answer}");
    }
    // Lists are counted by the variables of each request anew.
    let wide = "query($first: Int) { units(first: $first) { nodes { children(first: 200) { nodes { id name } } } } }";
    app.data(wide, json!({ "first": 1 })).await;
    let answer = app.answer(wide, json!({ "first": 200 })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "TOO_COMPLEX", "{answer}");
    assert_eq!(answer["errors"][0]["extensions"]["what"], "complexity", "{answer}");
}

#[tokio::test]
async fn the_largest_batch_is_within_the_limits() {
    let app = app_as(Principal::development()).await;
    let services = [
        "HAUGIANG_APP",
        "VSSID",
        "ZALO",
        "BANK_APP",
        "MOBILE_MONEY",
        "VIETTEL_MONEY",
        "CASHLESS_ELECTRICITY",
        "CASHLESS_WATER",
        "CASHLESS_TELECOM",
    ];
    let services = services.map(|service| json!({ "service": service, "adults": 1 }));
    let surveys = (1..=1_000).map(|number| {
        let mut survey = survey(&code_of(number), "2026-01-01");
        survey["services"] = json!(services);
        survey
    });
    let input = json!({ "input": { "surveys": surveys.collect::<Vec<_>>() } });
    let length = input.to_string().len();
    assert!(length < SchemaSettings::default().max_variables_bytes / 2, "{length}");
    let query = "mutation($input: RecordConnectivityBatchInput!) {
        recordConnectivityBatch(input: $input) { recorded errors { code } } }";
    let data = app.data(query, input).await;
    let errors = data["recordConnectivityBatch"]["errors"].as_array().unwrap();
    // No household is registered. A batch's own errors are all told.
    assert_eq!(errors.len(), 1_000);
}

async fn trust(store: &Store, text: &str) {
    let principal = Principal::internal("documents", [Scope::Admin]);
    let document = NewDocument { name: "units".into(), text: text.into() };
    let rows = vec![Row { at: Path::root(), value: document }];
    let writer = principal.writer(Scope::Admin).unwrap();
    store.write(&writer, AddDocuments(rows), WriteRequest::default()).await.unwrap();
}

async fn only_trusted_documents_run_in_trusted_mode(engine: Engine) {
    let schema = SchemaSettings { documents: DocumentPolicy::Trusted, ..SchemaSettings::default() };
    let principal = Principal::development();
    let app = TestApp::start_with(engine, principal, Setup { schema, ..Setup::default() }).await;
    let by_hash = json!({ "extensions": { "persistedQuery": {
        "version": 1, "sha256Hash": DocumentHash::of(UNITS).to_string() } } });
    let by_text = json!({ "query": UNITS });
    for request in [&by_text, &by_hash] {
        let response = app.post("/graphql").json(request).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        assert_eq!(code(response).await, "DOCUMENT_NOT_TRUSTED");
    }
    trust(&app.store, UNITS).await;
    trust(&app.store, UNITS).await;
    assert_eq!(app.store.trusted_documents().await.unwrap().len(), 1);
    app.database.clock.set(app.store.now() + Duration::from_secs(3));
    for request in [&by_text, &by_hash] {
        let response = app.post("/graphql").json(request).send().await.unwrap();
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer.get("errors"), None, "{answer}");
    }
    let other = app.send("{ __typename }", json!({})).await;
    assert_eq!(other.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn points_run_out_and_come_back() {
    let points = NonZeroU32::new(60).unwrap();
    let burst = NonZeroU32::new(4).unwrap();
    let rate = RateSettings {
        anonymous_points_per_minute: points,
        anonymous_burst: burst,
        ..RateSettings::default()
    };
    let schema = SchemaSettings::default();
    let app = TestApp::start_with(
        Engine::Sqlite,
        Principal::anonymous(),
        Setup { schema, rate, ..Setup::default() },
    )
    .await;
    let first = app.send(UNITS, json!({})).await;
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(first.headers()["ratelimit-policy"], r#""points";q=60;w=60;qu="points""#);
    assert_eq!(first.headers()["ratelimit"], r#""points";r=2;t=2"#);
    assert_eq!(app.send(UNITS, json!({})).await.status(), StatusCode::OK);
    let spent = app.send(UNITS, json!({})).await;
    assert_eq!(spent.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(spent.headers()["retry-after"], "2");
    let answer: Value = spent.json().await.unwrap();
    let extensions = &answer["errors"][0]["extensions"];
    assert_eq!(extensions["code"], "RATE_LIMITED");
    assert_eq!((&extensions["limit"], &extensions["cost"]), (&json!(60), &json!(2)));
    app.database.clock.set(app.store.now() + Duration::from_secs(2));
    assert_eq!(app.send(UNITS, json!({})).await.status(), StatusCode::OK);
    let never = app.send("{ units(first: 4) { totalCount } }", json!({})).await;
    assert_eq!(never.status(), StatusCode::BAD_REQUEST);
    assert_eq!(code(never).await, "TOO_COMPLEX");
}

#[tokio::test]
async fn the_machines_of_a_partner_share_its_points() {
    let rate = RateSettings {
        points_per_minute: NonZeroU32::new(60).unwrap(),
        burst: NonZeroU32::new(4).unwrap(),
        ..RateSettings::default()
    };
    let setup = Setup { rate, ..Setup::default() };
    let app = TestApp::start_with(Engine::Sqlite, Principal::development(), setup).await;
    let mut machines = Vec::new();
    for (actor, partner) in [("một", "VNPT"), ("hai", "VNPT"), ("ba", "VIETTEL")] {
        let token = json!({ "role": "PARTNER", "partner": partner, "actor": actor });
        machines.push(app.bearer(token).await.credential());
    }
    let status = async |machine: usize| {
        let request = app.post("/graphql").header("authorization", &machines[machine]);
        request.json(&json!({ "query": UNITS })).send().await.unwrap().status().as_u16()
    };
    assert_eq!((status(0).await, status(1).await, status(1).await), (200, 200, 429));
    assert_eq!((status(0).await, status(2).await), (429, 200));
}

#[tokio::test]
async fn listening_costs_as_much_as_asking() {
    let schema = SchemaSettings { max_complexity: 10, ..SchemaSettings::default() };
    let setup = Setup { schema, ..Setup::default() };
    let app = TestApp::start_with(Engine::Sqlite, Principal::development(), setup).await;
    let unit = r#"(unit: { code: "93" }) { code value }"#;
    for query in
        [format!("{{ indicators{unit} }}"), format!("subscription {{ indicatorsChanged{unit} }}")]
    {
        let answer = app.answer(&query, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["what"], "complexity", "{query}: {answer}");
    }
}

#[tokio::test]
async fn which_of_several_operations_is_meant_must_be_said() {
    let app = TestApp::start(Engine::Sqlite).await;
    let query =
        "query A($first: Int) { units(first: $first) { totalCount } } query B { __typename }";
    for name in [json!(null), json!("C")] {
        let body = json!({ "query": query, "operationName": name });
        let request = app.post("/graphql").header("accept-language", "vi");
        let answer: Value = request.json(&body).send().await.unwrap().json().await.unwrap();
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains("thao tác"), "{name}: {message}");
    }
    let body = json!({ "query": query, "operationName": "B" });
    let answer: Value =
        app.post("/graphql").json(&body).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["data"], json!({ "__typename": "Query" }));
}

const PAGE: &str = "query($filter: UnitFilter, $first: Int! = 1) { \
                    units(filter: $filter, first: $first) { totalCount } }";

const UNIT: &str = "query($code: UnitCode!, $on: Date!) { \
                    unit(ref: {codeOn: {code: $code, on: $on}}) { name } }";

/// Variables that don't fit, by document; and what fits.
fn unfit() -> Vec<(&'static str, Value, Vec<Value>)> {
    let page = |level: Value| json!({ "filter": { "level": level } });
    vec![
        (
            PAGE,
            json!({ "filter": { "level": "COMMUNE", "within": { "code": "92" } }, "first": 1 }),
            vec![
                page(json!("VILLAGE")),
                page(json!(1)),
                page(json!(["COMMUNE"])),
                json!({ "filter": "COMMUNE" }),
                json!({ "filter": { "nivel": "COMMUNE" } }),
                json!({ "filter": { "within": {} } }),
                json!({ "filter": { "within": { "code": null } } }),
                json!({ "filter": { "within": { "code": "93", "id": "x" } } }),
                json!({ "filter": { "within": { "codeOn": { "code": "93" } } } }),
                json!({ "filter": { "within": { "codeOn": { "code": 93, "on": "2024-06-30" } } } }),
                json!({ "first": "1" }),
                json!({ "first": 1.5 }),
                json!({ "first": [1] }),
            ],
        ),
        (
            UNIT,
            json!({ "code": "93", "on": "2024-06-30" }),
            vec![
                json!({ "code": "93" }),
                json!({ "code": 93, "on": "2024-06-30" }),
                json!({ "code": null, "on": "2024-06-30" }),
                json!({ "code": "93", "on": { "day": "2024-06-30" } }),
                json!({}),
            ],
        ),
    ]
}

/// An answer without what is of one request only.
async fn answer(app: &TestApp, document: &str, variables: &Value) -> (StatusCode, Value) {
    let response = app.send(document, variables.clone()).await;
    let (status, mut answer) = (response.status(), response.json::<Value>().await.unwrap());
    for error in answer["errors"].as_array_mut().into_iter().flatten() {
        error["extensions"].as_object_mut().unwrap().remove("requestId");
    }
    (status, answer)
}

#[tokio::test]
async fn a_null_is_judged_by_where_it_comes_to_whatever_was_valid_before() {
    let document = "query($direction: OrderDirection, $first: Int) { \
        households(orderBy: { field: CODE, direction: $direction }, first: $first) { totalCount } }";
    let knowing = app_as(Principal::development()).await;
    let first = json!({ "direction": "ASCENDING", "first": null });
    let (direction, both) = (json!({ "first": 1 }), json!({ "direction": null, "first": null }));
    let asked = [first.clone(), direction.clone(), first.clone(), both, direction, first];
    for (at, variables) in asked.iter().enumerate() {
        let told = answer(&knowing, document, variables).await;
        // A direction has a default, so a variable that may be null may stand there; a null may not.
        assert_eq!(told.1["errors"].is_array(), variables["direction"].is_null(), "{told:?}");
        let new = knowing.other_instance().await;
        assert_eq!(told, answer(&new, document, variables).await, "{at}: {variables}");
    }
}

#[tokio::test]
async fn a_known_document_is_refused_with_unfit_variables_as_a_new_one_is() {
    let knowing = app_as(Principal::development()).await;
    let new = knowing.other_instance().await;
    for (document, fit, unfit) in unfit() {
        for variables in unfit {
            knowing.data(document, fit.clone()).await;
            let told = answer(&knowing, document, &variables).await;
            assert!(told.1["errors"].is_array(), "{variables}: {told:?}");
            assert_eq!(told, answer(&new, document, &variables).await, "{variables}");
        }
        knowing.data(document, fit).await;
    }
}
