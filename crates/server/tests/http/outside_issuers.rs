//! Issuers beside the registry: a real one, with keys that change and answers that are wrong.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use chrono::TimeDelta;
use registry_domain::access::Principal;
use registry_domain::time::Clock as _;
use registry_server::config::{AccessSettings, OutsideIssuerSettings};
use registry_server::token::Algorithm;
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::forge::{ISSUER, NOW, Signer, claims_with};
use crate::harness::{Setup, TestApp};

on_both_engines!(
    tokens_of_a_configured_issuer_are_accepted,
    a_new_key_is_found_but_not_asked_for_all_the_time,
    keys_arrive_though_whoever_needed_them_hung_up,
    answers_that_are_wrong_bring_no_key_and_take_none_away,
);

const OUTSIDE: &str = "https://id.example.vn";

/// What the issuer answers.
#[derive(Clone)]
enum Answer {
    Keys(Value),
    Redirect,
    Oversized,
    Nonsense,
    Never,
    /// These, once it may; it tells when it was asked.
    Later(Value, Arc<Notify>, Arc<Notify>),
}

/// An issuer of its own, which counts how often it is asked.
struct Issuer {
    address: String,
    answer: Arc<Mutex<Answer>>,
    asked: Arc<AtomicUsize>,
}

type Shared = (Arc<Mutex<Answer>>, Arc<AtomicUsize>);

async fn jwks(State((answer, asked)): State<Shared>) -> Response {
    asked.fetch_add(1, Ordering::SeqCst);
    let answer = answer.lock().unwrap().clone();
    match answer {
        Answer::Keys(keys) => json!({ "keys": keys }).to_string().into_response(),
        Answer::Redirect => Redirect::temporary("/elsewhere").into_response(),
        Answer::Oversized => {
            format!("{{\"keys\":[],\"filler\":\"{}\"}}", "a".repeat(256 << 10)).into_response()
        }
        Answer::Nonsense => "<html>".into_response(),
        Answer::Later(keys, was_asked, may_answer) => {
            was_asked.notify_one();
            may_answer.notified().await;
            json!({ "keys": keys }).to_string().into_response()
        }
        Answer::Never => std::future::pending().await,
    }
}

impl Issuer {
    async fn start(keys: Value) -> Self {
        let answer = Arc::new(Mutex::new(Answer::Keys(keys)));
        let asked = Arc::new(AtomicUsize::new(0));
        let router = Router::new().route("/jwks", get(jwks));
        let elsewhere = get(async || json!({ "keys": [Signer::rsa().jwk("moved")] }).to_string());
        let router = router.route("/elsewhere", elsewhere);
        let router = router.with_state((answer.clone(), asked.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum_serve(listener, router).await });
        Self { address, answer, asked }
    }

    fn answers(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    fn times_asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    async fn registry(&self, engine: Engine) -> TestApp {
        let issuer = OutsideIssuerSettings {
            issuer: OUTSIDE.into(),
            jwks_url: format!("{}/jwks", self.address),
            audience: "haugiang".into(),
            algorithms: vec![Algorithm::Es256, Algorithm::Rs256],
        };
        let access = AccessSettings { issuers: vec![issuer], ..AccessSettings::default() };
        let setup = Setup { access, ..Setup::default() };
        TestApp::start_with(engine, Principal::anonymous(), setup).await
    }
}

async fn axum_serve(listener: TcpListener, router: Router) {
    let settings = crate::harness::settings();
    registry_server::http::serve(listener, router, &settings, None, std::future::pending()).await;
}

fn outside(changes: &Value) -> Value {
    let mut all = json!({ "iss": OUTSIDE, "aud": "haugiang" });
    for (name, value) in changes.as_object().unwrap() {
        all[name] = value.clone();
    }
    claims_with(&all)
}

async fn status(app: &TestApp, token: &str) -> u16 {
    let body = json!({ "query": "{ households(first: 1) { nodes { code } } }" });
    let request = app.post("/graphql").header("authorization", format!("Bearer {token}"));
    let response = request.json(&body).send().await.unwrap();
    response.status().as_u16()
}

fn pass(app: &TestApp, seconds: i64) -> Value {
    let clock = &app.database.clock;
    clock.set(clock.now() + TimeDelta::seconds(seconds));
    let now = clock.now().timestamp();
    outside(&json!({ "iat": now, "nbf": now, "exp": now + 60 }))
}

async fn tokens_of_a_configured_issuer_are_accepted(engine: Engine) {
    let (p256, rsa, ed25519) = (Signer::p256(), Signer::rsa(), Signer::ed25519());
    let keys = json!([p256.jwk("ec"), rsa.jwk("rsa"), ed25519.jwk("ed"), { "kty": "unheard of" }]);
    let issuer = Issuer::start(keys).await;
    let app = issuer.registry(engine).await;
    app.tokens.make_first_key().await.unwrap();
    let good = outside(&json!({}));
    assert_eq!(status(&app, &p256.token("ec", &good)).await, 200);
    assert_eq!(status(&app, &rsa.token("rsa", &good)).await, 200);
    assert_eq!(issuer.times_asked(), 1, "kept");
    assert_eq!(status(&app, &ed25519.token("ed", &good)).await, 401, "not among its algorithms");
    assert_eq!(status(&app, &rsa.token("ec", &good)).await, 401, "another key's name");
    let ours = outside(&json!({ "iss": ISSUER, "aud": "registry" }));
    assert_eq!(status(&app, &p256.token("ec", &ours)).await, 401, "claims to be us");
    let wrong = outside(&json!({ "aud": "registry" }));
    assert_eq!(status(&app, &p256.token("ec", &wrong)).await, 401, "not its audience");
    let stranger = outside(&json!({ "iss": "https://other.example.vn" }));
    assert_eq!(status(&app, &p256.token("ec", &stranger)).await, 401, "not configured");
    let contradicting = outside(&json!({ "scope": "households:write" }));
    assert_eq!(status(&app, &p256.token("ec", &contradicting)).await, 401, "never narrowed");
    let none = outside(&json!({ "scope": "openid profile" }));
    assert_eq!(status(&app, &p256.token("ec", &none)).await, 403, "known, and may do nothing");
    assert_eq!(NOW, app.database.clock.now().timestamp());
}

async fn a_new_key_is_found_but_not_asked_for_all_the_time(engine: Engine) {
    let (old, new) = (Signer::p256(), Signer::p256());
    let issuer = Issuer::start(json!([old.jwk("old")])).await;
    let app = issuer.registry(engine).await;
    assert_eq!(status(&app, &old.token("old", &outside(&json!({})))).await, 200);
    issuer.answers(Answer::Keys(json!([new.jwk("new")])));
    for _ in 0..3 {
        assert_eq!(status(&app, &new.token("new", &outside(&json!({})))).await, 401, "too soon");
    }
    assert_eq!(issuer.times_asked(), 1);
    let claims = pass(&app, 31);
    assert_eq!(status(&app, &new.token("new", &claims)).await, 200);
    assert_eq!(status(&app, &old.token("old", &claims)).await, 401, "taken back");
    assert_eq!(issuer.times_asked(), 2);
    let claims = pass(&app, 601);
    assert_eq!(status(&app, &new.token("new", &claims)).await, 200);
    assert_eq!(issuer.times_asked(), 3, "asked again after ten minutes");
}

async fn keys_arrive_though_whoever_needed_them_hung_up(engine: Engine) {
    let signer = Signer::p256();
    let issuer = Issuer::start(json!([])).await;
    let (was_asked, may_answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let keys = json!([signer.jwk("known")]);
    issuer.answers(Answer::Later(keys, Arc::clone(&was_asked), Arc::clone(&may_answer)));
    let app = issuer.registry(engine).await;
    let token = signer.token("known", &outside(&json!({})));
    let request = app.post("/graphql").header("authorization", format!("Bearer {token}"));
    let impatient = tokio::spawn(request.json(&json!({ "query": "{ __typename }" })).send());
    was_asked.notified().await;
    impatient.abort();
    assert!(impatient.await.unwrap_err().is_cancelled());
    // Until the server has seen the hang-up, it has served others on connections of their own.
    for _ in 0..20 {
        assert_eq!(app.get("/healthz").send().await.unwrap().status(), 200);
    }
    may_answer.notify_one();
    assert_eq!(status(&app, &token).await, 200);
    assert_eq!(issuer.times_asked(), 1);
}

async fn answers_that_are_wrong_bring_no_key_and_take_none_away(engine: Engine) {
    let (known, moved) = (Signer::p256(), Signer::rsa());
    let issuer = Issuer::start(json!([known.jwk("known")])).await;
    let app = issuer.registry(engine).await;
    assert_eq!(status(&app, &known.token("known", &outside(&json!({})))).await, 200);
    for answer in [Answer::Redirect, Answer::Oversized, Answer::Nonsense, Answer::Never] {
        issuer.answers(answer);
        let before = issuer.times_asked();
        let claims = pass(&app, 601);
        assert_eq!(status(&app, &moved.token("moved", &claims)).await, 401);
        assert_eq!(issuer.times_asked(), before + 1);
        assert_eq!(status(&app, &known.token("known", &claims)).await, 200, "the last good set");
    }
    let claims = pass(&app, 24 * 3_600);
    assert_eq!(status(&app, &known.token("known", &claims)).await, 401, "a day is too long");
}
