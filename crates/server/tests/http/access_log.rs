//! What the log must tell of access to personal data, and what may not happen without it: no reading
//! without its note, no write without its event, no event without its write.

use registry_domain::access::{Grant, Principal, Role, TokenId};
use registry_domain::time::Instant;
use registry_testing::{Engine, on_both_engines};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use crate::commerce::past::kept;
use crate::harness::{HAMLET, REGISTER, TestApp, household};

on_both_engines!(
    a_write_that_is_rolled_back_leaves_no_event,
    a_write_that_can_t_be_noted_does_not_happen,
    a_reading_that_can_t_be_noted_shows_nothing,
    a_note_is_whole_or_not_there,
    whoever_is_let_in_or_out_leaves_an_event,
    whose_data_a_token_saw_is_listed,
    a_closed_household_is_found_by_its_status_and_erased,
);

const NAME: &str = "Trần Văn Xoài";

const HEAD: &str = "query($code: HouseholdCode!) { household(code: $code) {
    code head { name masked } } }";

/// Somebody of a role, with a token of that name.
async fn someone(app: &TestApp, role: Role, token: &str) -> TestApp {
    let grant = Grant::new(role.scopes(), role.mode(), None, None).unwrap();
    let token = TokenId::new(token).unwrap();
    app.beside(Principal::bearer(role.name(), token, grant)).await
}

/// Registers a household whose head is called [`NAME`]; the whole answer.
async fn register(app: &TestApp, key: &str) -> Value {
    let mut input = household(HAMLET);
    input["head"] = json!({ "name": NAME, "phone": "0912 345 678" });
    input["idempotencyKey"] = json!(key);
    app.answer(REGISTER, json!({ "input": input })).await
}

async fn registered(app: &TestApp, key: &str) -> String {
    let answer = register(app, key).await;
    let code = &answer["data"]["registerHousehold"]["household"]["code"];
    code.as_str().unwrap_or_else(|| panic!("{answer:#}")).to_owned()
}

/// The actions of all events as an auditor lists them, the oldest first; the log has just begun
/// with an event of its own.
async fn actions(app: &TestApp) -> Vec<String> {
    const EVENTS: &str = "{ auditEvents(last: 50) { nodes { sequence action } } }";
    app.store.sequence().await.unwrap();
    let auditor = someone(app, Role::Auditor, "token-of-auditor").await;
    let listed = auditor.data(EVENTS, json!({})).await;
    let mut events = listed["auditEvents"]["nodes"].as_array().unwrap().clone();
    events.reverse();
    for (place, event) in events.iter().enumerate() {
        assert_eq!(event["sequence"], place, "no gap: {listed:#}");
    }
    let actions = events.iter().map(|event| event["action"].as_str().unwrap().to_owned());
    actions.skip(1).collect()
}

/// Makes the database refuse something from now on.
async fn tamper(app: &TestApp, sql: &str) {
    let beside = app.database.beside().await;
    beside.execute_unprepared(sql).await.unwrap();
    beside.close().await.unwrap();
}

/// What can't be written just now is told so; and nothing else is told.
fn is_unavailable(answer: &Value) {
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{answer:#}");
    assert!(!answer.to_string().contains(NAME), "{answer:#}");
}

async fn a_write_that_is_rolled_back_leaves_no_event(engine: Engine) {
    let app = TestApp::start(engine).await;
    registered(&app, "first").await;
    // The answer for retries is written last, after the event; a second one fails.
    let refuse =
        "CREATE UNIQUE INDEX no_more ON idempotency_key ((outcome <> '')) WHERE outcome <> ''";
    tamper(&app, refuse).await;
    is_unavailable(&register(&app, "second").await);
    assert_eq!(app.store.household_count().await.unwrap(), 1);
    assert_eq!(actions(&app).await, ["household.register"]);
    tamper(&app, "DROP INDEX no_more").await;
    registered(&app, "second").await;
    assert_eq!(app.store.household_count().await.unwrap(), 2);
    assert_eq!(actions(&app).await, ["household.register", "household.register"]);
}

async fn a_write_that_can_t_be_noted_does_not_happen(engine: Engine) {
    let app = TestApp::start(engine).await;
    let code = registered(&app, "first").await;
    let refuse = "CREATE UNIQUE INDEX no_more ON audit_event (action) WHERE purpose IS NULL";
    tamper(&app, refuse).await;
    is_unavailable(&register(&app, "second").await);
    assert_eq!(app.store.household_count().await.unwrap(), 1);
    // Another action has its first event, and so succeeds.
    let officer = someone(&app, Role::Officer, "token-7").await;
    let update = "mutation($input: UpdateHouseholdInput!) {
        updateHousehold(input: $input) { household { version } errors { code } } }";
    let change = |version: u32| {
        json!({ "household": code, "version": version,
        "effectiveOn": "2024-01-01", "hamlet": { "code": "31333002" } })
    };
    let done = officer.data(update, json!({ "input": change(1) })).await;
    assert_eq!(done["updateHousehold"]["household"]["version"], 2);
    is_unavailable(&officer.answer(update, json!({ "input": change(2) })).await);
    let version = "query($code: HouseholdCode!) { household(code: $code) { version } }";
    let kept = app.data(version, json!({ "code": code })).await;
    assert_eq!(kept["household"]["version"], 2);
    assert_eq!(actions(&app).await, ["household.register", "household.change"]);
}

async fn a_reading_that_can_t_be_noted_shows_nothing(engine: Engine) {
    const LIST: &str = "{ households(first: 5) { nodes { code head { name masked } } } }";
    let app = TestApp::start(engine).await;
    let code = registered(&app, "first").await;
    let officer = someone(&app, Role::Officer, "token-7").await;
    let seen = officer.data(HEAD, json!({ "code": code })).await;
    assert_eq!(seen["household"]["head"], json!({ "name": NAME, "masked": false }));
    let refuse = "CREATE UNIQUE INDEX no_more ON audit_event (action) WHERE purpose IS NOT NULL";
    tamper(&app, refuse).await;
    for (query, variables) in [(HEAD, json!({ "code": code })), (LIST, json!({}))] {
        is_unavailable(&officer.answer(query, variables).await);
    }
    // Masked, there is nothing to be noted.
    let reader = someone(&app, Role::Reader, "token-8").await;
    let seen = reader.data(HEAD, json!({ "code": code })).await;
    assert_eq!(seen["household"]["head"]["masked"], true);
    assert_eq!(actions(&app).await, ["household.register", "personal.read"]);
    tamper(&app, "DROP INDEX no_more").await;
    officer.data(HEAD, json!({ "code": code })).await;
    assert_eq!(actions(&app).await, ["household.register", "personal.read", "personal.read"]);
}

/// An event that doesn't wait for a place would never get one.
async fn a_note_is_whole_or_not_there(engine: Engine) {
    let app = TestApp::start(engine).await;
    app.store.sequence().await.unwrap();
    let code = registered(&app, "first").await;
    let officer = someone(&app, Role::Officer, "token-7").await;
    // One event waits already; no other can.
    tamper(&app, "CREATE UNIQUE INDEX no_more ON audit_waiting ((event > 0))").await;
    is_unavailable(&officer.answer(HEAD, json!({ "code": code })).await);
    let events = kept(&app, "audit_event WHERE actor = 'officer'", "action", "id").await;
    assert!(events.is_empty(), "{events:?}");
    tamper(&app, "DROP INDEX no_more").await;
    officer.data(HEAD, json!({ "code": code })).await;
    assert_eq!(actions(&app).await, ["household.register", "personal.read"]);
}

async fn whoever_is_let_in_or_out_leaves_an_event(engine: Engine) {
    const REVOKE: &str = "mutation($input: RevokeTokenInput!) {
        revokeToken(input: $input) { errors { code } } }";
    const KEYS: &str = "mutation($input: SetPartnerKeysInput!) {
        setPartnerKeys(input: $input) { errors { code } } }";
    const EVENTS: &str = "{ auditEvents(first: 3) { nodes { action actor token
        changes(first: 2) { nodes { record kind after } } } } }";
    let app = TestApp::start(engine).await;
    let admin = app.bearer(json!({ "role": "ADMIN", "actor": "quản trị" })).await;
    app.bearer(json!({ "role": "READER", "actor": "ứng dụng" })).await;
    let tokens = "{ tokens(first: 2) { nodes { jti actor } } }";
    let tokens = admin.data(tokens, json!({})).await["tokens"]["nodes"].clone();
    let jti = |actor: &str| {
        let tokens = tokens.as_array().unwrap();
        let token = tokens.iter().find(|token| token["actor"] == actor).unwrap();
        token["jti"].as_str().unwrap().to_owned()
    };
    let input = json!({ "jti": jti("ứng dụng") });
    let revoked = admin.data(REVOKE, json!({ "input": input })).await;
    assert_eq!(revoked["revokeToken"]["errors"], json!([]));
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "machine-1",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    let input = json!({ "partner": "VNPT", "jwkSet": json!({ "keys": [key] }).to_string() });
    let set = admin.data(KEYS, json!({ "input": input })).await;
    assert_eq!(set["setPartnerKeys"]["errors"], json!([]));

    app.store.sequence().await.unwrap();
    let auditor = someone(&app, Role::Auditor, "token-of-auditor").await;
    let told = auditor.data(EVENTS, json!({})).await;
    let events = told["auditEvents"]["nodes"].as_array().unwrap();
    let about: Vec<_> = events
        .iter()
        .map(|event| (event["action"].as_str().unwrap(), &event["changes"]["nodes"][0]["record"]))
        .collect();
    let (token, key) =
        (json!(format!("token/{}", jti("ứng dụng"))), json!("partner_key/VNPT/machine-1"));
    assert_eq!(about, [("partner.keys", &key), ("token.revoke", &token), ("token.issue", &token)]);
    for event in &events[..2] {
        assert_eq!(
            (&event["actor"], &event["token"]),
            (&json!("quản trị"), &json!(jti("quản trị")))
        );
    }
    let signature = admin.credential();
    let signature = signature.rsplit('.').next().unwrap();
    assert!(!told.to_string().contains(signature), "a token is named, not told");
}

/// The query that `docs/privacy.md` gives to whoever has to find out.
fn query_of_the_page() -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/privacy.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, query) = page.split_once("```graphql\n").unwrap();
    query.split_once("```").unwrap().0.to_owned()
}

async fn whose_data_a_token_saw_is_listed(engine: Engine) {
    let app = TestApp::start(engine).await;
    let mut codes = Vec::new();
    for key in ["a", "b", "c"] {
        codes.push(registered(&app, key).await);
    }
    let officer = someone(&app, Role::Officer, "token-7").await;
    let colleague = someone(&app, Role::Officer, "token-8").await;
    let day = |day: u32| format!("2026-11-{day:02}T05:00:00Z").parse::<Instant>().unwrap();
    let looks = [(&officer, 2, 0), (&officer, 3, 1), (&colleague, 3, 2), (&officer, 5, 2)];
    for (who, on, household) in looks {
        app.database.clock.set(day(on));
        who.data(HEAD, json!({ "code": codes[household] })).await;
    }
    app.store.sequence().await.unwrap();
    let auditor = someone(&app, Role::Auditor, "token-of-auditor").await;
    let saw = async |token: &str, from: u32, to: u32| {
        let variables = json!({ "token": token, "from": day(from), "to": day(to) });
        let told = auditor.data(&query_of_the_page(), variables).await;
        let events = told["auditEvents"]["nodes"].as_array().unwrap().clone();
        assert!(
            events.iter().all(|event| event["token"] == token && event["purpose"] == "kiểm thử")
        );
        let records = events.iter().flat_map(|event| {
            let changes = event["changes"]["nodes"].as_array().unwrap().clone();
            assert_eq!(event["subjects"], changes.len());
            changes.into_iter().map(|change| change["record"].as_str().unwrap().to_owned())
        });
        records.collect::<Vec<_>>()
    };
    assert_eq!(saw("token-7", 1, 30).await, ["household/3", "household/2", "household/1"]);
    assert_eq!(saw("token-7", 3, 5).await, ["household/2"], "`to` is not included");
    assert_eq!(saw("token-8", 1, 30).await, ["household/3"]);
    assert_eq!(saw("token-9", 1, 30).await, [""; 0]);
    // From the record's name to the household.
    let found = r#"{ households(filter: { codePrefix: "HG000002" }) { nodes { code } } }"#;
    let found = auditor.data(found, json!({})).await;
    assert_eq!(found["households"]["nodes"], json!([{ "code": codes[1] }]));
}

async fn a_closed_household_is_found_by_its_status_and_erased(engine: Engine) {
    const CLOSE: &str = "mutation($input: CloseHouseholdInput!) {
        closeHousehold(input: $input) { errors { code path } } }";
    const CLOSED: &str = "query($status: HouseholdStatus) {
        households(filter: { status: $status }) { nodes { code version } } }";
    const ERASE: &str = "mutation($input: EraseHouseholdPersonalDataInput!) {
        eraseHouseholdPersonalData(input: $input) {
            household { status head { name } } errors { code path } } }";
    let app = TestApp::start(engine).await;
    let admin = someone(&app, Role::Admin, "token-of-admin").await;
    registered(&app, "stays").await;
    for reason in ["MOVED_AWAY", "DISSOLVED"] {
        let code = registered(&app, reason).await;
        let input =
            json!({ "household": code, "version": 1, "reason": reason, "closedOn": "2024-01-01" });
        let closed = app.data(CLOSE, json!({ "input": input })).await;
        assert_eq!(closed["closeHousehold"]["errors"], json!([]));

        let listed = admin.data(CLOSED, json!({ "status": reason })).await;
        assert_eq!(listed["households"]["nodes"], json!([{ "code": code, "version": 2 }]));
        let input = json!({ "household": code, "version": 2 });
        let erased = admin.data(ERASE, json!({ "input": input })).await;
        let gone = json!({ "household": { "status": reason, "head": null }, "errors": [] });
        assert_eq!(erased["eraseHouseholdPersonalData"], gone);
        // The log keeps that it was done, and by whom.
        let done = actions(&app).await;
        assert_eq!(done.last().unwrap(), "household.erase");
    }
}
