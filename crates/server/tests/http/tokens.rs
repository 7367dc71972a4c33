//! Tokens over HTTP: who is let in, who is not, issuing and revoking, partners' machines.

use std::num::NonZeroU32;
use std::time::Duration;

use chrono::TimeDelta;
use registry_domain::access::Principal;
use registry_domain::time::Clock as _;
use registry_persistence::Store;
use registry_server::config::RateSettings;
use registry_testing::{Engine, on_both_engines};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use crate::forge::{ISSUER, NOW, Signer, changed, claims, claims_with, own_key};
use crate::harness::{Setup, TestApp};
use crate::hostile::{wrong_claims, wrong_headers, wrong_texts};

on_both_engines!(
    a_token_is_issued_used_listed_and_revoked,
    whatever_is_wrong_with_a_token_the_answer_is_the_same,
    a_partner_s_token_ends_when_the_partner_is_suspended,
    a_retired_key_counts_as_long_as_its_tokens_may_live,
    only_administrators_handle_tokens,
    a_partner_s_machine_gets_a_token_for_a_signed_assertion_once,
    an_assertion_that_is_not_right_gets_nothing,
);

pub const ISSUE: &str = "mutation($input: IssueTokenInput!) { issueToken(input: $input) {
    accessToken replayed token { jti actor role scopes partner readOnly unit { code } expiresAt }
    errors { code path message } } }";

const REVOKE: &str = "mutation($input: RevokeTokenInput!) { revokeToken(input: $input) {
    token { jti revokedAt revokedBy } errors { code path } } }";

/// Something that visitors may not see.
const GUARDED: &str = "{ households(first: 1) { nodes { code } } }";

/// A registry that has a key, and whose visitors may do nothing.
async fn start(engine: Engine) -> TestApp {
    let app = TestApp::start_as(engine, Principal::anonymous()).await;
    app.tokens.make_first_key().await.unwrap();
    app
}

/// Issues a token as an administrator.
async fn issue(app: &TestApp, input: Value) -> Value {
    let (signer, kid) = own_key(&app.store).await;
    let admin = claims_with(
        &json!({ "scope": "admin", "read_only": false, "sub": "root", "jti": "admin" }),
    );
    let admin = signer.token(&kid, &admin);
    let answer = send(app, &format!("Bearer {admin}"), ISSUE, json!({ "input": input })).await;
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer.get("errors"), None, "{answer:#}");
    answer["data"]["issueToken"].clone()
}

async fn send(app: &TestApp, credential: &str, query: &str, variables: Value) -> reqwest::Response {
    let body = json!({ "query": query, "variables": variables });
    let request = app.post("/graphql").header("authorization", credential);
    request
        .header("x-request-id", "same")
        .header("accept-language", "en")
        .json(&body)
        .send()
        .await
        .unwrap()
}

async fn is_accepted(app: &TestApp, token: &str) -> bool {
    let response = send(app, &format!("Bearer {token}"), GUARDED, json!({})).await;
    let status = response.status().as_u16();
    // A partner is known, and may not read households all the same.
    assert!([200, 401, 403].contains(&status), "{status}");
    status != 401
}

async fn tamper(app: &TestApp, sql: &str) {
    let beside = app.database.beside().await;
    beside.execute_unprepared(sql).await.unwrap();
    beside.close().await.unwrap();
}

fn pass(app: &TestApp, seconds: i64) {
    app.database.clock.set(app.database.clock.now() + TimeDelta::seconds(seconds));
}

async fn a_token_is_issued_used_listed_and_revoked(engine: Engine) {
    let app = start(engine).await;
    let input = json!({ "role": "READER", "actor": "Ứng dụng", "idempotencyKey": "k" });
    let issued = issue(&app, input.clone()).await;
    assert_eq!(issued["errors"], json!([]));
    assert_eq!(issued["token"]["expiresAt"], "2027-01-30T05:00:00.000Z");
    assert_eq!(issued["token"]["readOnly"], false);
    let token = issued["accessToken"].as_str().unwrap();
    assert!(is_accepted(&app, token).await);
    let again = issue(&app, input).await;
    assert_eq!(again["replayed"], true);
    assert_eq!(again["token"]["jti"], issued["token"]["jti"]);
    assert_eq!(again["accessToken"], Value::Null, "shown once");

    let admin = issue(&app, json!({ "role": "ADMIN", "seconds": 60 })).await;
    let admin = format!("Bearer {}", admin["accessToken"].as_str().unwrap());
    let list = "{ tokens(inForce: true) { nodes { actor issuedBy revokedAt } } }";
    let listed: Value = send(&app, &admin, list, json!({})).await.json().await.unwrap();
    let newest = &listed["data"]["tokens"]["nodes"];
    assert_eq!(newest.as_array().unwrap().len(), 2, "{listed:#}");

    let jti = &issued["token"]["jti"];
    let revoked = send(&app, &admin, REVOKE, json!({ "input": { "jti": jti } })).await;
    let revoked: Value = revoked.json().await.unwrap();
    assert_eq!(revoked["data"]["revokeToken"]["token"]["revokedBy"], "admin", "{revoked:#}");
    assert!(!is_accepted(&app, token).await, "at once");
    let unknown = send(&app, &admin, REVOKE, json!({ "input": { "jti": "nobody's" } })).await;
    let unknown: Value = unknown.json().await.unwrap();
    let fault = json!([{ "code": "UNKNOWN_TOKEN", "path": ["input", "jti"] }]);
    assert_eq!(unknown["data"]["revokeToken"]["errors"], fault);
    pass(&app, 61 + 30);
    assert_eq!(send(&app, &admin, list, json!({})).await.status(), 401, "expired");
}

async fn only_administrators_handle_tokens(engine: Engine) {
    let app = start(engine).await;
    let issued = issue(&app, json!({ "role": "AUDITOR" })).await;
    let auditor = format!("Bearer {}", issued["accessToken"].as_str().unwrap());
    for query in ["{ tokens { nodes { jti } } }", "{ partners { code } }"] {
        let answer: Value = send(&app, &auditor, query, json!({})).await.json().await.unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer:#}");
        let visitor = app.answer(query, json!({})).await;
        assert_eq!(visitor["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{visitor:#}");
    }
    let input = json!({ "input": { "role": "ADMIN" } });
    let answer: Value = send(&app, &auditor, ISSUE, input).await.json().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer:#}");

    let faulty = json!({ "role": "OFFICER", "seconds": 0, "partner": "vnpt" });
    let told = issue(&app, faulty).await;
    let codes: Vec<_> =
        told["errors"].as_array().unwrap().iter().map(|e| e["code"].clone()).collect();
    assert_eq!(codes, ["MALFORMED", "NEEDED_FOR_ROLE", "OUT_OF_RANGE"], "{told:#}");
    let ended = issue(
        &app,
        json!({ "role": "OFFICER", "unit": { "codeOn": { "code": "31447", "on": "2024-06-30" } } }),
    )
    .await;
    assert_eq!(ended["errors"][0]["code"], "UNKNOWN_UNIT", "{ended:#}");
    let officer = issue(&app, json!({ "role": "OFFICER", "unit": { "code": "31441" } })).await;
    assert_eq!(officer["token"]["unit"]["code"], "31441", "{officer:#}");
    assert!(is_accepted(&app, officer["accessToken"].as_str().unwrap()).await);
}

async fn whatever_is_wrong_with_a_token_the_answer_is_the_same(engine: Engine) {
    let app = start(engine).await;
    let (signer, kid) = own_key(&app.store).await;
    let valid = signer.token(&kid, &claims());
    assert!(is_accepted(&app, &valid).await, "what the others differ from is good");
    let mut credentials: Vec<(&str, String)> = Vec::new();
    for (name, changes) in wrong_claims() {
        credentials.push((name, format!("Bearer {}", signer.token(&kid, &claims_with(&changes)))));
    }
    for (name, changes) in wrong_headers() {
        let header = changed(signer.header(&kid), &changes).to_string();
        credentials.push((name, format!("Bearer {}", signer.raw(&header, &claims().to_string()))));
    }
    for (name, text) in wrong_texts(&signer, &kid, &valid) {
        credentials.push((name, format!("Bearer {text}")));
    }
    credentials.push(("another scheme", "Basic YW5uYTpzZWNyZXQ=".into()));
    credentials.push(("no scheme", valid.clone()));
    credentials.push(("the scheme alone", "Bearer".into()));
    credentials.push(("two tokens", format!("Bearer {valid} {valid}")));
    credentials.push(("a comma list", format!("Bearer {valid}, Bearer {valid}")));
    assert!(credentials.len() >= 90, "{}", credentials.len());
    for (name, credential) in credentials {
        refused(name, send(&app, &credential, GUARDED, json!({})).await).await;
    }
    let twice =
        app.post("/graphql").header("x-request-id", "same").json(&json!({ "query": GUARDED }));
    let twice = twice.header("authorization", format!("Bearer {valid}"));
    let twice = twice.header("authorization", format!("Bearer {valid}"));
    refused("two headers", twice.send().await.unwrap()).await;
    for scheme in ["bearer", "BEARER", "Bearer "] {
        let accepted = send(&app, &format!("{scheme} {valid}"), GUARDED, json!({})).await;
        assert_eq!(accepted.status(), 200, "{scheme}");
    }
    let several = signer.token(&kid, &claims_with(&json!({ "aud": ["other", "registry"] })));
    assert!(is_accepted(&app, &several).await);
    let typed = json!({ "typ": "application/AT+JWT", "alg": "EdDSA", "kid": kid }).to_string();
    assert!(is_accepted(&app, &signer.raw(&typed, &claims().to_string())).await);
}

/// The one answer to all tokens that are not accepted.
async fn refused(name: &str, response: reqwest::Response) {
    assert_eq!(response.status(), 401, "{name}");
    assert_eq!(response.headers()["www-authenticate"], "Bearer error=\"invalid_token\"", "{name}");
    assert_eq!(response.headers()["cache-control"], "no-store", "{name}");
    let answer: Value = response.json().await.unwrap();
    let expected = json!({ "errors": [{
        "message": "the token is not valid / mã truy cập không hợp lệ",
        "extensions": { "code": "UNAUTHENTICATED", "requestId": "same" },
    }] });
    assert_eq!(answer, expected, "{name}");
}

async fn a_partner_s_token_ends_when_the_partner_is_suspended(engine: Engine) {
    let app = start(engine).await;
    let issued = issue(&app, json!({ "role": "PARTNER", "partner": "VNPT" })).await;
    let token = format!("Bearer {}", issued["accessToken"].as_str().unwrap());
    let open = "{ serviceConfig { maxPage } }";
    assert_eq!(send(&app, &token, open, json!({})).await.status(), 200);
    tamper(&app, "UPDATE partner SET suspended = TRUE WHERE code = 'VNPT'").await;
    pass(&app, 3);
    refused("suspended", send(&app, &token, open, json!({})).await).await;
    let again = issue(&app, json!({ "role": "PARTNER", "partner": "VNPT" })).await;
    assert_eq!(again["errors"][0]["code"], "PARTNER_SUSPENDED", "{again:#}");
}

async fn a_retired_key_counts_as_long_as_its_tokens_may_live(engine: Engine) {
    let app = start(engine).await;
    let (old, old_kid) = own_key(&app.store).await;
    let admin = Principal::development();
    let admin = admin.writer(registry_domain::access::Scope::Admin).unwrap();
    let new_kid = app.tokens.rotate_key(&admin).await.unwrap();
    assert_ne!(new_kid, old_kid);
    assert!(is_accepted(&app, &old.token(&old_kid, &claims())).await);
    let published = async || -> Vec<String> {
        let set: Value =
            app.get("/.well-known/jwks.json").send().await.unwrap().json().await.unwrap();
        let keys = set["keys"].as_array().unwrap().iter();
        keys.map(|key| {
            assert_eq!(key.get("d"), None);
            key["kid"].as_str().unwrap().to_owned()
        })
        .collect()
    };
    let mut both = vec![old_kid.clone(), new_kid.clone()];
    let mut found = published().await;
    both.sort();
    found.sort();
    assert_eq!(found, both);

    let later = 367 * 86_400;
    pass(&app, later);
    let times = json!({ "iat": NOW + later, "nbf": NOW + later, "exp": NOW + later + 60 });
    let late = claims_with(&times);
    assert!(!is_accepted(&app, &old.token(&old_kid, &late)).await);
    let (new, kid) = own_key(&app.store).await;
    assert_eq!(kid, new_kid);
    assert!(is_accepted(&app, &new.token(&new_kid, &late)).await);
    // What it has signed for good, such as receipts, can be checked for good.
    found = published().await;
    found.sort();
    assert_eq!(found, both);
}

/// Gives VNPT a key, as an administrator would.
async fn register_key(app: &TestApp, store: &Store, signer: &Signer) {
    let (own, kid) = own_key(store).await;
    let admin = claims_with(&json!({ "scope": "admin", "read_only": false, "jti": "keys" }));
    let admin = format!("Bearer {}", own.token(&kid, &admin));
    let set = json!({ "keys": [signer.jwk("machine-1")] }).to_string();
    let query = "mutation($input: SetPartnerKeysInput!) { setPartnerKeys(input: $input) {
        partner { code keys { kid } } errors { code path message } } }";
    let answer =
        send(app, &admin, query, json!({ "input": { "partner": "VNPT", "jwkSet": set } })).await;
    let answer: Value = answer.json().await.unwrap();
    let partner = json!({ "code": "VNPT", "keys": [{ "kid": "machine-1" }] });
    assert_eq!(answer["data"]["setPartnerKeys"]["partner"], partner, "{answer:#}");
    let private = json!({ "partner": "VNPT", "jwkSet": r#"{"keys":[{"kty":"oct","kid":"a","k":"c2VjcmV0"}]}"# });
    let answer: Value =
        send(app, &admin, query, json!({ "input": private })).await.json().await.unwrap();
    assert_eq!(answer["data"]["setPartnerKeys"]["errors"][0]["code"], "MALFORMED", "{answer:#}");
}

fn assertion_claims(changes: &Value) -> Value {
    let good = json!({ "iss": "VNPT", "sub": "VNPT", "aud": format!("{ISSUER}/oauth/token"), "exp": NOW + 120, "jti": "a-1" });
    changed(good, changes)
}

fn assertion(signer: &Signer, changes: &Value) -> String {
    let header = json!({ "typ": "JWT", "alg": signer.algorithm(), "kid": "machine-1" });
    signer.raw(&header.to_string(), &assertion_claims(changes).to_string())
}

async fn ask(app: &TestApp, pairs: &[(&str, &str)]) -> (u16, Value) {
    let body = serde_urlencoded::to_string(pairs).unwrap();
    let request =
        app.post("/oauth/token").header("content-type", "application/x-www-form-urlencoded");
    let response = request.body(body).send().await.unwrap();
    assert_eq!(response.headers()["cache-control"], "no-store");
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn redeem(app: &TestApp, assertion: &str) -> (u16, Value) {
    ask(app, &[("grant_type", "client_credentials"), KIND, ("client_assertion", assertion)]).await
}

const KIND: (&str, &str) =
    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");

#[tokio::test]
async fn those_who_ask_for_tokens_have_a_limit_too() {
    let one = NonZeroU32::MIN;
    let rate = RateSettings {
        anonymous_points_per_minute: one,
        anonymous_burst: one,
        ..RateSettings::default()
    };
    let setup = Setup { rate, ..Setup::default() };
    let app = TestApp::start_with(Engine::Sqlite, Principal::anonymous(), setup).await;
    let (status, _) = redeem(&app, "nothing").await;
    assert_eq!(status, 401);
    let again = app.post("/oauth/token").send().await.unwrap();
    assert_eq!(again.status(), 429);
    assert_eq!(again.headers()["retry-after"], "60");
}

async fn a_partner_s_machine_gets_a_token_for_a_signed_assertion_once(engine: Engine) {
    let app = start(engine).await;
    for (number, signer) in [Signer::ed25519(), Signer::p256(), Signer::rsa()].iter().enumerate() {
        register_key(&app, &app.store, signer).await;
        let shown = assertion(signer, &json!({ "jti": format!("a-{number}") }));
        let (status, granted) = redeem(&app, &shown).await;
        assert_eq!(status, 200, "{granted:#}");
        assert_eq!(granted["token_type"], "Bearer");
        assert_eq!(granted["expires_in"], 600);
        assert_eq!(granted["scope"], "certificates:report");
        let token = format!("Bearer {}", granted["access_token"].as_str().unwrap());
        let open = "{ serviceConfig { maxPage } }";
        assert_eq!(send(&app, &token, open, json!({})).await.status(), 200);
        let (status, again) = redeem(&app, &shown).await;
        assert_eq!((status, &again["error"]), (401, &json!("invalid_client")), "replayed");
    }
    let known: Value = app
        .get("/.well-known/oauth-authorization-server")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(known["issuer"], ISSUER);
    assert_eq!(known["token_endpoint"], format!("{ISSUER}/oauth/token"));
    assert_eq!(known["token_endpoint_auth_methods_supported"], json!(["private_key_jwt"]));
}

async fn an_assertion_that_is_not_right_gets_nothing(engine: Engine) {
    let app = start(engine).await;
    let signer = Signer::p256();
    register_key(&app, &app.store, &signer).await;
    let cases = [
        ("other subject", json!({ "sub": "VIETTEL" })),
        ("partner without keys", json!({ "iss": "VIETTEL", "sub": "VIETTEL" })),
        ("unknown partner", json!({ "iss": "NOBODY", "sub": "NOBODY" })),
        ("other audience", json!({ "aud": "https://evil.example/oauth/token" })),
        ("without aud", json!({ "aud": null })),
        ("too long", json!({ "exp": NOW + 331 })),
        ("expired", json!({ "exp": NOW - 31 })),
        ("without exp", json!({ "exp": null })),
        ("not yet", json!({ "nbf": NOW + 60 })),
        ("from the future", json!({ "iat": NOW + 60 })),
        ("without jti", json!({ "jti": null })),
    ];
    let refused = json!({ "error": "invalid_client", "error_description": "the client assertion is not valid" });
    for (name, changes) in cases {
        assert_eq!(
            redeem(&app, &assertion(&signer, &changes)).await,
            (401, refused.clone()),
            "{name}"
        );
    }
    let foreign = assertion(&Signer::p256(), &json!({}));
    assert_eq!(redeem(&app, &foreign).await, (401, refused.clone()), "foreign key");
    let good = assertion(&signer, &json!({}));
    let grant = ("grant_type", "client_credentials");
    let shown = ("client_assertion", good.as_str());
    let asked = ask(&app, &[("grant_type", "password"), KIND, shown]).await;
    assert_eq!((asked.0, &asked.1["error"]), (400, &json!("unsupported_grant_type")));
    for pairs in
        [vec![grant, KIND], vec![grant, shown], vec![KIND, shown], vec![grant, grant, KIND, shown]]
    {
        let asked = ask(&app, &pairs).await;
        assert_eq!((asked.0, &asked.1["error"]), (400, &json!("invalid_request")), "{pairs:?}");
    }
    let asked = ask(&app, &[grant, KIND, shown, ("scope", "admin")]).await;
    assert_eq!((asked.0, &asked.1["error"]), (400, &json!("invalid_scope")));
    let asked = ask(&app, &[grant, KIND, shown, ("client_id", "VIETTEL")]).await;
    assert_eq!(asked, (401, refused));
    assert_eq!(redeem(&app, &good).await.0, 200, "none of these used it up");
    let (own, kid) = own_key(&app.store).await;
    assert_eq!(redeem(&app, &own.token(&kid, &claims())).await.0, 401, "an access token is none");
    assert!(
        app.get("/oauth/token").timeout(Duration::from_secs(9)).send().await.unwrap().status()
            == 405
    );
}
