//! Tokens, keys and partners by the command line, and between two servers on one database.

use std::fs;
use std::time::{Duration, Instant};

use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

use crate::harness::Home;

on_both_engines!(
    issuing_prints_the_token_and_nothing_else,
    keys_and_partners_are_listed_and_changed,
);

const GUARDED: &str = "{ households(first: 1) { nodes { code } } }";

/// The status of a request that shows a token.
async fn status(address: &str, token: &str) -> u16 {
    let request = reqwest::Client::new().post(address).bearer_auth(token);
    request.json(&json!({ "query": GUARDED })).send().await.unwrap().status().as_u16()
}

async fn issuing_prints_the_token_and_nothing_else(engine: Engine) {
    let home = Home::new(engine).await;
    home.done(&["migrate", "up"]);
    let issue = |rest: &[&str]| home.run(&[&["token", "issue"], rest].concat());
    let roles: [&[&str]; 6] = [
        &["--role", "reader"],
        &["--role", "officer", "--unit", "31441", "--actor", "Cán bộ xã"],
        &["--role", "partner", "--partner", "VNPT", "--ttl", "1h"],
        &["--role", "auditor", "--ttl", "30m"],
        &["--role", "admin", "--ttl", "366d"],
        &["--role", "auditor", "--scope", "audit:read", "--scope", "pii:read"],
    ];
    let server = home.serve_closed();
    for role in roles {
        let issued = issue(role);
        assert_eq!(issued.code, Some(0), "{role:?}: {issued:?}");
        let token = issued.out.strip_suffix('\n').unwrap();
        assert_eq!(token.split('.').count(), 3, "{issued:?}");
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
        assert!(!issued.err.contains(token), "{issued:?}");
        // Known, but without the scope for what is asked.
        let other = role.contains(&"partner") || role.contains(&"audit:read");
        let expected = if other { 403 } else { 200 };
        assert_eq!(status(&server.address, token).await, expected, "{role:?}");
    }
    assert_eq!(home.done(&["token", "list"]).lines().count(), roles.len());
    let refused: [&[&str]; 6] = [
        &["--role", "officer"],
        &["--role", "partner"],
        &["--role", "partner", "--partner", "MOBI"],
        &["--role", "auditor", "--scope", "admin"],
        &["--role", "reader", "--ttl", "367d"],
        &["--role", "officer", "--unit", "31447"],
    ];
    for role in refused {
        let ended = issue(role);
        assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{role:?}: {ended:?}");
    }
    for role in [["--role", "king"], ["--ttl", "soon"], ["--scope", "everything"]] {
        assert_eq!(issue(&role).code, Some(2), "{role:?}");
    }
    let tokens = home.number("SELECT COUNT(*) FROM token").await;
    let events = "SELECT COUNT(*) FROM audit_event \
                  WHERE action = 'token.issue' AND refusal IS NULL";
    assert_eq!((tokens, home.number(events).await), (6, 6));
    assert_eq!(server.stop(), Some(0));
}

async fn keys_and_partners_are_listed_and_changed(engine: Engine) {
    let home = Home::new(engine).await;
    home.done(&["migrate", "up"]);
    assert_eq!(home.done(&["key", "list"]), "");
    home.done(&["token", "issue", "--role", "reader"]);
    home.done(&["key", "rotate"]);
    let listed = home.done(&["key", "list"]);
    let states: Vec<_> = listed.lines().map(|line| line.split(' ').nth(2).unwrap()).collect();
    assert_eq!(states, ["signing", "retired"], "{listed}");

    let file = home.file("keys.json");
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "machine-1",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    fs::write(&file, json!({ "keys": [key] }).to_string()).unwrap();
    home.done(&["partner", "keys", "VNPT", file.to_str().unwrap()]);
    let partners = home.done(&["partner", "list"]);
    assert!(partners.contains("VIETTEL") && partners.contains("key machine-1"), "{partners}");
    let mut private: Value = key;
    private["d"] = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A".into();
    fs::write(&file, json!({ "keys": [private] }).to_string()).unwrap();
    let refused = home.run(&["partner", "keys", "VNPT", file.to_str().unwrap()]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(!refused.err.contains("nWGxne"), "{refused:?}");
    let unknown = home.run(&["token", "revoke", "nobody"]);
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
}

/// The one promise about time: no instance accepts a revoked token for longer than five seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_is_in_force_everywhere_within_five_seconds() {
    let home = Home::new(Engine::Postgres).await;
    home.done(&["migrate", "up"]);
    let (here, there) = (home.serve_closed(), home.serve_closed());
    let token = home.done(&["token", "issue", "--role", "reader"]);
    let admin = home.done(&["token", "issue", "--role", "admin"]);
    let (token, admin) = (token.trim(), admin.trim());
    assert_eq!(status(&here.address, token).await, 200);
    assert_eq!(status(&there.address, token).await, 200);

    let list = home.done(&["token", "list"]);
    let jti = list.lines().find(|line| line.contains(" reader ")).unwrap();
    let jti = jti.split(' ').next().unwrap();
    let query = "mutation($jti: String!) { revokeToken(input: { jti: $jti }) { errors { code } } }";
    let request = reqwest::Client::new().post(&here.address).bearer_auth(admin);
    let body = json!({ "query": query, "variables": { "jti": jti } });
    let answer: Value = request.json(&body).send().await.unwrap().json().await.unwrap();
    let revoked = Instant::now();
    assert_eq!(answer["data"]["revokeToken"]["errors"], json!([]), "{answer:#}");
    assert_eq!(status(&here.address, token).await, 401, "at once where it was revoked");
    while status(&there.address, token).await == 200 {
        assert!(revoked.elapsed() < Duration::from_secs(5), "still accepted");
    }
    assert!(revoked.elapsed() < Duration::from_secs(5));
    assert_eq!(status(&there.address, token).await, 401);
}

#[tokio::test]
async fn logs_name_tokens_and_never_hold_them() {
    let home = Home::new(Engine::Sqlite).await;
    home.done(&["seed", "--scale", "small"]);
    let token = home.done(&["token", "issue", "--role", "reader"]);
    let token = token.trim();
    let listed = home.done(&["token", "list"]);
    let jti = listed.split_whitespace().next().unwrap();
    let log = home.file("log");
    let settings = [("REGISTRY_LOG__FILTER", "debug"), ("REGISTRY_LOG__FORMAT", "json")];
    let server = home.serve_with(&settings, fs::File::create(&log).unwrap());
    assert_eq!(status(&server.address, token).await, 200);
    assert_eq!(status(&server.address, &format!("{token}x")).await, 401);
    assert_eq!(server.stop(), Some(0));
    let logged = fs::read_to_string(&log).unwrap();
    assert!(logged.contains(&format!("\"token\":\"{jti}\"")), "{jti} is not in {logged}");
    let signature = token.rsplit('.').next().unwrap();
    assert!(!logged.contains(signature));
    assert!(logged.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
}
