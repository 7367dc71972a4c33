//! What the log tells of the command line's own doings about access, and what no log may tell.

use std::fs;

use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

use crate::harness::Home;

on_both_engines!(
    keys_and_tokens_of_the_command_line_leave_events,
    logs_hold_nothing_personal_however_much_is_logged,
);

/// Each event of the log as its entry says it.
fn entries(home: &Home) -> Vec<Value> {
    let exported = home.done(&["audit", "export"]);
    let lines = exported.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let entries = lines.filter_map(|line| Some(line.get("entry")?.as_str()?.to_owned()));
    entries.map(|entry| serde_json::from_str(&entry).unwrap()).collect()
}

async fn keys_and_tokens_of_the_command_line_leave_events(engine: Engine) {
    let home = Home::new(engine).await;
    home.done(&["migrate", "up"]);
    let begun = entries(&home).len();
    let token = home.done(&["token", "issue", "--role", "reader"]);
    let listed = home.done(&["token", "list"]);
    home.done(&["token", "revoke", listed.split(' ').next().unwrap()]);
    home.done(&["key", "rotate"]);
    let file = home.file("keys.json");
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "machine-1",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    fs::write(&file, json!({ "keys": [key] }).to_string()).unwrap();
    home.done(&["partner", "keys", "VNPT", file.to_str().unwrap()]);
    assert_eq!(home.run(&["token", "revoke", "nobody's"]).code, Some(1));

    let entries = entries(&home);
    let told: Vec<_> = entries[begun..]
        .iter()
        .map(|entry| (entry["actor"].as_str().unwrap(), entry["action"].as_str().unwrap()))
        .collect();
    let by_hand = ["token.issue", "token.revoke", "key.rotate", "partner.keys", "token.revoke"];
    let mut expected = by_hand.map(|deed| ("command line", deed)).to_vec();
    // The first token needs the first key.
    expected.insert(1, ("registry", "key.rotate"));
    assert_eq!(told, expected);
    let refusal = json!([{ "at": "input.jti", "rule": "UNKNOWN_TOKEN" }]);
    assert_eq!(entries.last().unwrap()["refusal"], refusal);
    let exported = home.done(&["audit", "export"]);
    let signature = token.trim().rsplit('.').next().unwrap();
    assert!(!exported.contains(signature), "a token is named, not told");
    home.done(&["audit", "verify"]);
}

/// Sends an operation for a purpose, as an officer's application does.
async fn ask(address: &str, query: &str, variables: Value) -> Value {
    let body = json!({ "query": query, "variables": variables });
    let request = reqwest::Client::new().post(address).header("x-purpose", "kiểm thử");
    request.json(&body).send().await.unwrap().json().await.unwrap()
}

async fn logs_hold_nothing_personal_however_much_is_logged(engine: Engine) {
    const REGISTER: &str = "mutation($input: RegisterHouseholdInput!) {
        registerHousehold(input: $input) { household { code } errors { code } } }";
    const SEARCH: &str =
        "query($number: String!) { households(filter: { citizenNumber: $number }) {
        nodes { code head { name citizenNumber phone } } } }";
    const ERASE: &str = "mutation($input: EraseHouseholdPersonalDataInput!) {
        eraseHouseholdPersonalData(input: $input) { errors { code } } }";
    let home = Home::new(engine).await;
    home.done(&["seed", "--scale", "small"]);
    let log = home.file("log");
    let settings = [("REGISTRY_LOG__FILTER", "trace"), ("REGISTRY_LOG__FORMAT", "json")];
    let server = home.serve_with(&settings, fs::File::create(&log).unwrap());
    let input = |number: &str| {
        json!({ "input": { "hamlet": { "code": "31333001" }, "registeredOn": "2024-01-01",
            "composition": { "members": 4, "adults": 3, "workingAge": 2 },
            "head": { "name": "Tran Zzyzx Xoai", "citizenNumber": number, "phone": "0501 987 654" } } })
    };
    let done = ask(&server.address, REGISTER, input("000187651234")).await;
    let code = done["data"]["registerHousehold"]["household"]["code"].clone();
    // Refused by its form, by a rule against the records, and before it is even an operation.
    for number in ["00018765123x", "000187651234"] {
        let refused = ask(&server.address, REGISTER, input(number)).await;
        assert_ne!(refused["data"]["registerHousehold"]["errors"], json!([]), "{refused:#}");
    }
    let typed = "mutation { registerHousehold(input: { head: { name: \"Tran Zzyzx Xoai\" ) }";
    assert!(ask(&server.address, typed, json!({})).await["errors"].is_array());
    let found = ask(&server.address, SEARCH, json!({ "number": "000187651234" })).await;
    assert_eq!(found["data"]["households"]["nodes"][0]["head"]["name"], "Tran Zzyzx Xoai");
    let erase = json!({ "input": { "household": code, "version": 1 } });
    ask(&server.address, ERASE, erase).await;
    assert_eq!(server.stop(), Some(0));

    let logged = fs::read_to_string(&log).unwrap();
    assert!(logged.contains("\"message\":\"answered\""), "too little was logged: {logged}");
    for personal in ["Zzyzx", "00018765123", "501987654", "501 987 654"] {
        let line = logged.lines().find(|line| line.contains(personal));
        assert_eq!(line, None, "{personal} is in the log");
    }
}
