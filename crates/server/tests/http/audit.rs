//! What auditors see: who did what, what a record was before, and proofs that nobody has to trust.

use registry_domain::access::{Grant, Mode, Principal, Role, Scope, TokenId};
use registry_domain::audit::{
    Checkpoint, Digest, VerifierKey, decode_entries, leaf_hash, verify_consistency,
    verify_inclusion,
};
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

use crate::harness::{HAMLET, REGISTER, TestApp, household, survey};

on_both_engines!(
    every_write_refusal_and_clear_reading_leaves_an_event,
    events_are_found_by_each_condition,
    a_history_tells_the_state_before_and_after,
    many_histories_take_as_many_statements_as_one,
    proofs_hold_against_the_signed_checkpoint,
    what_does_not_exist_is_told_clearly,
    standard_clients_read_the_log_over_http,
    entries_are_for_those_who_may_read_the_log,
);

const EVENTS: &str =
    "query($filter: AuditFilter) { auditEvents(filter: $filter, first: 20) { nodes {
    sequence actor token action subjects outcome purpose refusals { at rule }
    changes(first: 5) { nodes { record kind } } } } }";

const UPDATE: &str = "mutation($input: UpdateHouseholdInput!) {
    updateHousehold(input: $input) { household { version } errors { code } } }";

fn bearer(name: &str, scopes: &[Scope], mode: Mode) -> Principal {
    let grant = Grant::new(scopes.iter().copied().collect(), mode, None, None).unwrap();
    Principal::bearer(name, TokenId::new(&format!("token-of-{name}")).unwrap(), grant)
}

/// A server on the same store for an auditor, after what waits has its place in the log.
async fn auditor(app: &TestApp) -> TestApp {
    app.store.sequence().await.unwrap();
    app.beside(bearer(
        "auditor",
        &Role::Auditor.scopes().iter().collect::<Vec<_>>(),
        Mode::ReadOnly,
    ))
    .await
}

async fn events(app: &TestApp, filter: Value) -> Vec<Value> {
    let listed = auditor(app).await.data(EVENTS, json!({ "filter": filter })).await;
    listed["auditEvents"]["nodes"].as_array().unwrap().clone()
}

fn actions(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["action"].as_str().unwrap()).collect()
}

/// A household whose members change once.
async fn changed_household(app: &TestApp) -> String {
    let code = app.register(HAMLET).await;
    let composition = json!({ "members": 5, "adults": 3, "workingAge": 2 });
    let input = json!({ "household": code, "version": 1, "effectiveOn": "2024-01-01", "composition": composition });
    let done = app.data(UPDATE, json!({ "input": input })).await;
    assert_eq!(done["updateHousehold"]["errors"], json!([]));
    code
}

async fn every_write_refusal_and_clear_reading_leaves_an_event(engine: Engine) {
    let app = TestApp::start(engine).await;
    let officer = app
        .beside(bearer(
            "officer",
            &[Scope::RegistryRead, Scope::HouseholdsWrite, Scope::PiiRead],
            Mode::ReadWrite,
        ))
        .await;
    let code = officer.register(HAMLET).await;
    // Refused while the input is read, and refused by the records.
    let mut wrong = household(HAMLET);
    wrong["composition"]["adults"] = json!(40);
    officer.data(REGISTER, json!({ "input": wrong })).await;
    let stale = json!({ "household": code, "version": 9, "effectiveOn": "2024-01-01", "hamlet": { "code": HAMLET } });
    officer.data(UPDATE, json!({ "input": stale })).await;
    // Refused before it runs: known, but not allowed; under whatever name.
    let issue = "mutation { harmless: issueToken(input: { role: ADMIN }) { accessToken } }";
    let denied = officer.answer(issue, json!({})).await;
    assert_eq!(denied["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let head = "query($code: HouseholdCode!) { household(code: $code) { head { name masked } } }";
    let seen = officer.data(head, json!({ "code": code })).await;
    assert_eq!(seen["household"]["head"]["masked"], false);
    // Whom nobody knows can't fill the log.
    let stranger = app.beside(Principal::anonymous()).await;
    stranger.answer(issue, json!({})).await;

    let told = events(&app, json!({ "actor": "officer" })).await;
    assert_eq!(
        actions(&told),
        [
            "personal.read",
            "access.deny",
            "household.change",
            "household.register",
            "household.register"
        ]
    );
    let outcomes: Vec<_> = told.iter().map(|event| event["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["READ", "REFUSED", "REFUSED", "REFUSED", "WRITTEN"]);
    assert!(told.iter().all(|event| event["token"] == "token-of-officer"));
    assert_eq!(told[0]["purpose"], "kiểm thử");
    assert_eq!(told[0]["changes"]["nodes"], json!([{ "record": "household/1", "kind": "READ" }]));
    assert_eq!(told[1]["refusals"], json!([{ "at": "issueToken", "rule": "FORBIDDEN" }]));
    assert_eq!(told[2]["refusals"], json!([{ "at": "input.version", "rule": "CONFLICT" }]));
    assert!(!told[3]["refusals"].as_array().unwrap().is_empty());
    let records: Vec<_> = told[4]["changes"]["nodes"].as_array().unwrap().iter().collect();
    assert_eq!(records[0]["record"], "household/1");
    assert_eq!(records[1]["record"], "household_version/1/1");
    assert_eq!(actions(&events(&app, json!({ "actor": "anonymous" })).await), [""; 0]);
}

async fn events_are_found_by_each_condition(engine: Engine) {
    let app = TestApp::start(engine).await;
    let code = changed_household(&app).await;
    app.survey(survey(&code, "2024-05-01")).await;
    app.register("31333002").await;
    let found = async |filter: Value| events(&app, filter).await.len();
    let id = "query($code: HouseholdCode!) { household(code: $code) { id } }";
    let id = app.data(id, json!({ "code": code })).await["household"]["id"].clone();
    assert_eq!(found(json!({ "subject": id })).await, 3);
    assert_eq!(found(json!({ "subject": id, "action": "household.change" })).await, 1);
    assert_eq!(found(json!({ "action": "log.begin" })).await, 1);
    assert_eq!(found(json!({ "actor": "nobody" })).await, 0);
    assert_eq!(found(json!({ "token": "none" })).await, 0);
    let unit = |code: &str| json!({ "codeOn": { "code": code, "on": "2024-06-30" } });
    assert_eq!(found(json!({ "unit": unit("31333002"), "action": "household.register" })).await, 1);
    assert_eq!(found(json!({ "unit": unit("31441"), "action": "household.register" })).await, 0);
    assert_eq!(found(json!({ "from": "2026-11-01T05:00:00Z", "actor": "development" })).await, 4);
    assert_eq!(found(json!({ "to": "2026-11-01T05:00:00Z" })).await, 0);
    // Page by page, both ways, nothing twice.
    let auditor = auditor(&app).await;
    let page = "query($after: String) { auditEvents(first: 2, after: $after) {
        nodes { sequence } pageInfo { hasNextPage endCursor } } }";
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = auditor.data(page, json!({ "after": after })).await["auditEvents"].clone();
        let nodes = page["nodes"].as_array().unwrap().clone();
        seen.extend(nodes.iter().map(|node| node["sequence"].as_i64().unwrap()));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    let expected: Vec<i64> = (0..=seen[0]).rev().collect();
    assert_eq!(seen, expected, "newest first, without gaps");
}

async fn a_history_tells_the_state_before_and_after(engine: Engine) {
    const HISTORY: &str = "query($code: HouseholdCode!) { household(code: $code) {
        auditHistory(first: 5) { nodes { event { action actor }
            changes { record kind before after } } } } }";
    let app = TestApp::start(engine).await;
    let code = changed_household(&app).await;
    let auditor = auditor(&app).await;
    let told = auditor.data(HISTORY, json!({ "code": code })).await;
    let revisions = told["household"]["auditHistory"]["nodes"].as_array().unwrap().clone();
    let actions: Vec<_> = revisions.iter().map(|node| node["event"]["action"].clone()).collect();
    assert_eq!(actions, ["household.change", "household.register"]);
    let change = &revisions[0]["changes"][0];
    assert_eq!((&change["record"], &change["kind"]), (&json!("household/1"), &json!("WRITTEN")));
    let state = |text: &Value| serde_json::from_str::<Value>(text.as_str().unwrap()).unwrap();
    let (before, after) = (state(&change["before"]), state(&change["after"]));
    assert_eq!((&before["members"], &after["members"]), (&json!(4), &json!(5)));
    assert_eq!((&before["version"], &after["version"]), (&json!(1), &json!(2)));
    assert!(before["head"].as_str().unwrap().starts_with("sha256:"), "{before}");
    assert_eq!(revisions[1]["changes"][0]["before"], Value::Null);
    let text = told.to_string();
    assert!(!text.contains("Bưởi"), "personal data is in no event: {text}");

    // The event itself tells the same.
    let event = "{ auditEvents(filter: { action: \"household.change\" }) { nodes {
        changes(first: 1) { nodes { before } } } } }";
    let event = auditor.data(event, json!({})).await;
    let told = &event["auditEvents"]["nodes"][0]["changes"]["nodes"][0]["before"];
    assert_eq!(told, &change["before"]);
    // Who may read the registry but not its log is told so.
    let reader = app.beside(bearer("reader", &[Scope::RegistryRead], Mode::ReadWrite)).await;
    let refused = reader.answer(HISTORY, json!({ "code": code })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

async fn many_histories_take_as_many_statements_as_one(engine: Engine) {
    const LIST: &str = "query($first: Int!) { households(first: $first) { nodes {
        code auditHistory(first: 3) { nodes { event { action } changes { after } } } } } }";
    let app = TestApp::start(engine).await;
    for _ in 0..4 {
        changed_household(&app).await;
    }
    let auditor = auditor(&app).await;
    let (_, one) = auditor.counted(LIST, json!({ "first": 1 })).await;
    let (told, many) = auditor.counted(LIST, json!({ "first": 4 })).await;
    assert_eq!(told["households"]["nodes"].as_array().unwrap().len(), 4);
    assert_eq!((one, many), (4, 4), "the page, and three for all histories");
}

fn digests(told: &Value) -> Vec<Digest> {
    let texts = told.as_array().unwrap().iter();
    texts.map(|text| Digest::from_base64(text.as_str().unwrap()).unwrap()).collect()
}

async fn checkpoint(auditor: &TestApp) -> Checkpoint {
    let told = auditor.data("{ auditKey auditCheckpoint { note } }", json!({})).await;
    let key: VerifierKey = told["auditKey"].as_str().unwrap().parse().unwrap();
    let note = told["auditCheckpoint"]["note"].as_str().unwrap();
    Checkpoint::open(note, &key).unwrap().0
}

async fn proofs_hold_against_the_signed_checkpoint(engine: Engine) {
    const PROOF: &str = "query($event: Total!, $size: Total) {
        auditEvent(sequence: $event) { entry leafHash changes(first: 2) { nodes { line
            proof { index size leafHash hashes } } } }
        auditInclusionProof(event: $event, size: $size) { index size leafHash hashes } }";
    let app = TestApp::start(engine).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        changed_household(&app).await;
        seen.push(checkpoint(&auditor(&app).await).await);
    }
    let auditor = auditor(&app).await;
    let newest = seen.last().unwrap().clone();
    for event in 0..newest.size() {
        let told = auditor.data(PROOF, json!({ "event": event })).await;
        let (entry, proof) = (&told["auditEvent"], &told["auditInclusionProof"]);
        let leaf = leaf_hash(entry["entry"].as_str().unwrap().as_bytes());
        assert_eq!(entry["leafHash"], leaf.to_base64());
        let hashes = digests(&proof["hashes"]);
        verify_inclusion(leaf, event, newest.size(), &hashes, newest.root()).unwrap();
        // The event names the root of its changes.
        let named: Value = serde_json::from_str(entry["entry"].as_str().unwrap()).unwrap();
        let root = Digest::from_base64(named["changes"]["root"].as_str().unwrap()).unwrap();
        for change in entry["changes"]["nodes"].as_array().unwrap() {
            let proof = &change["proof"];
            let leaf = leaf_hash(change["line"].as_str().unwrap().as_bytes());
            let (index, size) = (proof["index"].as_u64().unwrap(), proof["size"].as_u64().unwrap());
            assert_eq!(named["changes"]["size"], size);
            verify_inclusion(leaf, index, size, &digests(&proof["hashes"]), root).unwrap();
        }
    }
    let consistency = "query($from: Total!, $to: Total) {
        auditConsistencyProof(from: $from, to: $to) { from to hashes } }";
    for pair in [(0, 1), (1, 2), (0, 2)] {
        let (from, to) = (&seen[pair.0], &seen[pair.1]);
        let told = auditor.data(consistency, json!({ "from": from.size(), "to": to.size() })).await;
        let hashes = digests(&told["auditConsistencyProof"]["hashes"]);
        verify_consistency(from.size(), to.size(), &hashes, from.root(), to.root()).unwrap();
    }
    let older = auditor
        .data(
            "query($size: Total!) { auditCheckpoint(size: $size) { size note } }",
            json!({ "size": seen[0].size() }),
        )
        .await;
    assert_eq!(older["auditCheckpoint"]["size"], seen[0].size(), "older roots stay");
}

async fn what_does_not_exist_is_told_clearly(engine: Engine) {
    let app = TestApp::start(engine).await;
    let auditor = auditor(&app).await;
    let cases = [
        ("{ auditEvent(sequence: 9999) { action } }", "event 9999 is not among"),
        ("{ auditInclusionProof(event: 9999) { size } }", "event 9999 is not among"),
        ("{ auditInclusionProof(event: 0, size: 9999) { size } }", "there is no tree of 9999 yet"),
        ("{ auditInclusionProof(event: 0, size: 0) { size } }", "event 0 is not among the 0"),
        ("{ auditConsistencyProof(from: 1, to: 0) { to } }", "must not be larger"),
        ("{ auditConsistencyProof(from: 0, to: 9999) { to } }", "there is no tree of 9999 yet"),
        ("{ auditCheckpoint(size: 9999) { note } }", "no checkpoint was signed of 9999"),
        ("{ auditEvents(filter: { subject: \"x\" }) { nodes { action } } }", "filter.subject"),
    ];
    for (query, told) in cases {
        let answer = auditor.answer(query, json!({})).await;
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{query}: {answer}");
        assert!(error["message"].as_str().unwrap().contains(told), "{query}: {answer}");
    }
}

async fn standard_clients_read_the_log_over_http(engine: Engine) {
    let app = TestApp::start(engine).await;
    for _ in 0..3 {
        changed_household(&app).await;
    }
    let auditor = auditor(&app).await;
    let expected = checkpoint(&auditor).await;
    let public = app.beside(Principal::anonymous()).await;
    let note = public.get("/log/checkpoint").send().await.unwrap();
    assert_eq!(note.headers()["content-type"], "text/plain; charset=utf-8");
    let key = auditor.data("{ auditKey }", json!({})).await["auditKey"].clone();
    let key: VerifierKey = key.as_str().unwrap().parse().unwrap();
    let (read, _) = Checkpoint::open(&note.text().await.unwrap(), &key).unwrap();
    assert_eq!((read.size(), read.root()), (expected.size(), expected.root()));

    let width = expected.size();
    let tile = public.get(&format!("/log/tile/0/000.p/{width}")).send().await.unwrap();
    assert_eq!(tile.headers()["content-type"], "application/octet-stream");
    assert!(tile.headers()["cache-control"].to_str().unwrap().contains("immutable"));
    let hashes = tile.bytes().await.unwrap();
    let bundle = auditor.get(&format!("/log/tile/entries/000.p/{width}")).send().await.unwrap();
    let bundle = bundle.bytes().await.unwrap();
    let entries = decode_entries(&bundle).unwrap();
    assert_eq!((hashes.len() as u64, entries.len() as u64), (32 * width, width));
    for (hash, entry) in hashes.chunks(32).zip(entries) {
        assert_eq!(hash, leaf_hash(entry).as_bytes());
    }
    let missing =
        ["0/000", "0/001", "1/000.p/1", "0/000.p/0", "0/0", "9/000", "x/000", "entries/000"];
    for path in missing {
        let answer = auditor.get(&format!("/log/tile/{path}")).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 404, "{path}");
    }
}

async fn entries_are_for_those_who_may_read_the_log(engine: Engine) {
    let app = TestApp::start(engine).await;
    app.store.sequence().await.unwrap();
    let status = async |principal: Principal| {
        let visitor = app.beside(principal).await;
        visitor.get("/log/tile/entries/000.p/1").send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(Principal::anonymous()).await, 401);
    assert_eq!(status(bearer("reader", &[Scope::RegistryRead], Mode::ReadWrite)).await, 403);
    assert_eq!(status(bearer("auditor", &[Scope::AuditRead], Mode::ReadOnly)).await, 200);
}
