//! GraphQL over sockets, spoken by hand: what is answered, and each reason to be closed.

use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use registry_domain::access::Principal;
use registry_testing::{Engine, on_both_engines};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::harness::{HAMLET, REGISTER, Setup, TestApp, household, settings, survey};

on_both_engines!(
    changed_figures_are_told_once,
    what_another_instance_wrote_is_told_too,
    queries_and_mutations_are_answered,
    a_revoked_token_ends_its_sockets_and_events,
);

const LISTEN: &str = "subscription($unit: UnitRef!) {
    indicatorsChanged(unit: $unit, codes: [HOUSEHOLD_FIBRE]) { numerator denominator } }";

/// A client's end of a socket.
pub struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What the server said last.
#[derive(Debug, PartialEq)]
enum Heard {
    Message(Value),
    Closed(u16),
}

impl Client {
    async fn try_open(app: &TestApp, headers: &[(&'static str, &str)]) -> Result<Self, Error> {
        let url = format!("ws://{}/graphql", app.host());
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        connect_async(request).await.map(|(socket, _)| Self(socket))
    }

    async fn open(app: &TestApp) -> Self {
        let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
        Self::try_open(app, &[protocol]).await.unwrap()
    }

    /// A socket whose introduction was accepted.
    async fn introduced(app: &TestApp) -> Self {
        let mut client = Self::open(app).await;
        client.say(json!({ "type": "connection_init" })).await;
        assert_eq!(client.message().await, json!({ "type": "connection_ack" }));
        client
    }

    /// A socket of somebody with a token.
    async fn known(bearer: &TestApp) -> Self {
        let mut client = Self::open(bearer).await;
        let payload = json!({ "Authorization": bearer.credential() });
        client.say(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(client.message().await, json!({ "type": "connection_ack" }));
        client
    }

    async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.say(json!({ "type": "subscribe", "id": id, "payload": payload })).await;
    }

    async fn hear(&mut self) -> Heard {
        loop {
            match self.0.next().await.unwrap().unwrap() {
                Message::Text(text) => return Heard::Message(serde_json::from_str(&text).unwrap()),
                Message::Close(frame) => return Heard::Closed(frame.unwrap().code.into()),
                _ => {}
            }
        }
    }

    async fn message(&mut self) -> Value {
        match self.hear().await {
            Heard::Message(message) => message,
            Heard::Closed(code) => panic!("closed: {code}"),
        }
    }

    /// The figures of the one indicator that is listened to.
    async fn figures(&mut self) -> Value {
        let message = self.message().await;
        assert_eq!(message["type"], "next", "{message}");
        message["payload"]["data"]["indicatorsChanged"][0].clone()
    }

    async fn closed(&mut self) -> u16 {
        match self.hear().await {
            Heard::Closed(code) => code,
            Heard::Message(message) => panic!("not closed: {message}"),
        }
    }
}

fn figures(numerator: i32, denominator: i32) -> Value {
    json!({ "numerator": numerator, "denominator": denominator })
}

fn unit(code: &str) -> Value {
    json!({ "unit": { "codeOn": { "code": code, "on": "2026-11-01" } } })
}

async fn app() -> TestApp {
    TestApp::start(Engine::Sqlite).await
}

async fn changed_figures_are_told_once(engine: Engine) {
    let app = TestApp::start(engine).await;
    let mut client = Client::introduced(&app).await;
    client.subscribe("a", LISTEN, unit("92")).await;
    assert_eq!(client.figures().await, figures(0, 0));
    // A household alone changes no figure; the next that is heard comes from its survey.
    let household = app.register(HAMLET).await;
    app.survey(survey(&household, "2026-10-01")).await;
    assert_eq!(client.figures().await, figures(1, 1));
    client.say(json!({ "type": "complete", "id": "a" })).await;
    // The id is free again, and nothing more is said under it than is asked.
    client.subscribe("a", "{ __typename }", json!({})).await;
    let answer =
        json!({ "type": "next", "id": "a", "payload": { "data": { "__typename": "Query" } } });
    assert_eq!(client.message().await, answer);
    assert_eq!(client.message().await, json!({ "type": "complete", "id": "a" }));
}

async fn what_another_instance_wrote_is_told_too(engine: Engine) {
    let app = TestApp::start(engine).await;
    let other = app.other_instance().await;
    let mut client = Client::introduced(&app).await;
    client.subscribe("a", LISTEN, unit("92")).await;
    assert_eq!(client.figures().await, figures(0, 0));
    let household = other.register(HAMLET).await;
    other.survey(survey(&household, "2026-10-01")).await;
    assert_eq!(client.figures().await, figures(1, 1));
}

async fn queries_and_mutations_are_answered(engine: Engine) {
    let app = TestApp::start(engine).await;
    let mut client = Client::introduced(&app).await;
    client.subscribe("m", REGISTER, json!({ "input": household(HAMLET) })).await;
    let answer = client.message().await;
    assert_eq!(answer["payload"]["data"]["registerHousehold"]["errors"], json!([]), "{answer}");
    assert_eq!(client.message().await, json!({ "type": "complete", "id": "m" }));
    let query = "{ households { totalCount nodes { hamlet { code } } } }";
    client.subscribe("q", query, json!({})).await;
    let answer = client.message().await;
    assert_eq!(answer["payload"]["data"]["households"]["totalCount"], 1, "{answer}");
}

#[tokio::test]
async fn a_request_that_cannot_run_is_an_error_and_leaves_the_socket_open() {
    let app = app().await;
    let mut client = Client::introduced(&app).await;
    for (payload, code) in [
        (json!({ "query": "{ nothing }" }), "BAD_USER_INPUT"),
        (json!({ "query": "{" }), "BAD_USER_INPUT"),
        (json!({ "query": 7 }), "BAD_USER_INPUT"),
        (json!({ "query": "subscription { nothing }" }), "BAD_USER_INPUT"),
    ] {
        client.say(json!({ "type": "subscribe", "id": "e", "payload": payload })).await;
        let answer = client.message().await;
        assert_eq!((&answer["type"], &answer["id"]), (&json!("error"), &json!("e")), "{answer}");
        assert_eq!(answer["payload"][0]["extensions"]["code"], code, "{answer}");
    }
    client.subscribe("u", LISTEN, json!({ "unit": { "code": "99" } })).await;
    let answer = client.message().await;
    let errors =
        if answer["type"] == "error" { &answer["payload"] } else { &answer["payload"]["errors"] };
    assert_eq!(errors[0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
}

#[tokio::test]
async fn a_socket_may_do_what_its_visitor_may() {
    let app = TestApp::start_as(Engine::Sqlite, Principal::anonymous()).await;
    let mut client = Client::introduced(&app).await;
    client.subscribe("h", "{ households { totalCount } }", json!({})).await;
    let answer = client.message().await;
    let code = &answer["payload"][0]["extensions"]["code"];
    assert_eq!(code, "UNAUTHENTICATED", "{answer}");
}

#[tokio::test]
async fn a_token_that_is_not_valid_opens_nothing() {
    let app = app().await;
    let auditor = app.bearer(json!({ "role": "AUDITOR" })).await;
    let valid = auditor.credential();
    for wrong in ["Bearer x", "Basic eDp4", &valid[..valid.len() - 2], &format!("{valid}.{valid}")]
    {
        let mut client = Client::open(&app).await;
        let payload = json!({ "Authorization": wrong });
        client.say(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(client.closed().await, 4403, "{wrong}");
    }
}

#[tokio::test]
async fn an_auditor_writes_by_no_socket_and_no_event() {
    let app = app().await;
    let auditor = app.bearer(json!({ "role": "AUDITOR" })).await;
    let mut client = Client::known(&auditor).await;
    let variables = json!({ "input": household(HAMLET) });
    let as_subscription = REGISTER.replacen("mutation", "subscription", 1);
    for (id, query) in [("m", REGISTER), ("s", &*as_subscription)] {
        client.subscribe(id, query, variables.clone()).await;
        let answer = client.message().await;
        assert_eq!(answer["type"], "error", "{answer}");
    }
    let request = auditor.post("/graphql").header("accept", "text/event-stream");
    let body = json!({ "query": REGISTER, "variables": variables });
    let response = request.json(&body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(app.store.household_count().await.unwrap(), 0);
}

/// The bearer's sockets and events are looked at every two seconds.
async fn a_revoked_token_ends_its_sockets_and_events(engine: Engine) {
    let app = TestApp::start(engine).await;
    let reader = app.bearer(json!({ "role": "READER" })).await;
    let mut client = Client::known(&reader).await;
    client.subscribe("f", LISTEN, unit("92")).await;
    assert_eq!(client.figures().await, figures(0, 0));
    let request = reader.post("/graphql").header("accept", "text/event-stream");
    let body = json!({ "query": LISTEN, "variables": unit("92") });
    let mut events = request.json(&body).send().await.unwrap();
    assert!(events.chunk().await.unwrap().is_some());

    let list = "{ tokens(first: 1) { nodes { jti role } } }";
    let newest = app.data(list, json!({})).await["tokens"]["nodes"][0].clone();
    assert_eq!(newest["role"], "READER");
    let revoke =
        "mutation($input: RevokeTokenInput!) { revokeToken(input: $input) { errors { code } } }";
    let done = app.data(revoke, json!({ "input": { "jti": newest["jti"] } })).await;
    assert_eq!(done["revokeToken"]["errors"], json!([]));
    let revoked = Instant::now();
    assert_eq!(client.closed().await, 4403);
    let mut last = String::new();
    while let Some(chunk) = events.chunk().await.unwrap() {
        last = String::from_utf8(chunk.to_vec()).unwrap();
    }
    assert!(last.contains("complete"), "{last}");
    assert!(revoked.elapsed() < Duration::from_secs(5), "{:?}", revoked.elapsed());
}

#[tokio::test]
async fn pings_are_answered_at_any_time() {
    let app = app().await;
    let mut client = Client::open(&app).await;
    client.say(json!({ "type": "ping", "payload": { "x": 1 } })).await;
    assert_eq!(client.message().await, json!({ "type": "pong" }));
    client.say(json!({ "type": "connection_init", "payload": null })).await;
    assert_eq!(client.message().await, json!({ "type": "connection_ack" }));
    client.say(json!({ "type": "ping" })).await;
    assert_eq!(client.message().await, json!({ "type": "pong" }));
}

#[tokio::test]
async fn each_breach_of_the_protocol_has_its_code() {
    let app = app().await;
    let listen = json!({
        "type": "subscribe", "id": "a", "payload": { "query": LISTEN, "variables": unit("92") },
    });
    let init = json!({ "type": "connection_init" });
    let cases = [
        (vec![listen.clone()], 4401),
        (vec![init.clone(), init.clone()], 4429),
        (vec![init.clone(), listen.clone(), listen], 4409),
        (vec![json!({ "type": "something" })], 4400),
        (vec![init.clone(), json!("text")], 4400),
        (vec![init, json!({ "type": "subscribe", "id": "a" })], 4400),
        (vec![json!({ "type": "connection_init", "payload": { "Authorization": 7 } })], 4403),
    ];
    for (messages, expected) in cases {
        let mut client = Client::open(&app).await;
        for message in &messages {
            client.say(message.clone()).await;
        }
        let code = loop {
            if let Heard::Closed(code) = client.hear().await {
                break code;
            }
        };
        assert_eq!(code, expected, "{messages:?}");
    }
}

#[tokio::test]
async fn neither_bytes_nor_more_than_a_body_may_have_are_messages() {
    let app = app().await;
    for message in [Message::binary("{}"), Message::text("x".repeat((1 << 20) + 1))] {
        let mut client = Client::introduced(&app).await;
        // The server may close before all of it is sent.
        _ = client.0.send(message).await;
        assert_eq!(client.closed().await, 4400);
    }
}

#[tokio::test]
async fn whoever_says_nothing_is_let_go() {
    let app = app().await;
    assert_eq!(Client::open(&app).await.closed().await, 4408);
}

#[tokio::test]
async fn only_one_subprotocol_is_spoken() {
    let app = app().await;
    assert_eq!(Client::try_open(&app, &[]).await.unwrap().closed().await, 4406);
    let other = Client::try_open(&app, &[("sec-websocket-protocol", "graphql-ws")]).await;
    assert_refused(other, StatusCode::BAD_REQUEST);
    let both = ("sec-websocket-protocol", "graphql-ws, graphql-transport-ws");
    assert!(Client::try_open(&app, &[both]).await.is_ok());
}

#[tokio::test]
async fn only_pages_of_known_origins_may_open_sockets() {
    let app = app().await;
    let own = format!("http://{}", app.host());
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    for origin in [own.as_str(), "https://app.example.vn"] {
        assert!(Client::try_open(&app, &[protocol, ("origin", origin)]).await.is_ok(), "{origin}");
    }
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        let refused = Client::try_open(&app, &[protocol, ("origin", origin)]).await;
        assert_refused(refused, StatusCode::FORBIDDEN);
    }
}

fn assert_refused(opened: Result<Client, Error>, status: StatusCode) {
    match opened {
        Err(Error::Http(response)) => assert_eq!(response.status(), status.as_u16()),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("opened"),
    }
}

#[tokio::test]
async fn one_socket_has_a_bounded_number_of_operations() {
    let app = app().await;
    let mut client = Client::introduced(&app).await;
    for id in 0..50 {
        client.subscribe(&id.to_string(), LISTEN, unit("92")).await;
        assert_eq!(client.figures().await, figures(0, 0));
    }
    client.subscribe("50", LISTEN, unit("92")).await;
    let answer = client.message().await;
    assert_eq!(answer["type"], "error");
    assert_eq!(answer["payload"][0]["extensions"]["limit"], 50, "{answer}");
    client.say(json!({ "type": "complete", "id": "7" })).await;
    client.subscribe("50", LISTEN, unit("92")).await;
    assert_eq!(client.figures().await, figures(0, 0));
}

#[tokio::test]
async fn a_socket_that_asks_for_nothing_is_let_go() {
    let soon = registry_server::config::HttpSettings { idle_timeout_seconds: 1, ..settings() };
    let app = TestApp::start_with(
        Engine::Sqlite,
        Principal::development(),
        Setup { http: soon, ..Setup::default() },
    )
    .await;
    assert_eq!(Client::introduced(&app).await.closed().await, 1000);
}

#[tokio::test]
async fn a_leaving_server_says_so() {
    let mut app = app().await;
    let mut client = Client::introduced(&app).await;
    client.subscribe("a", LISTEN, unit("92")).await;
    assert_eq!(client.figures().await, figures(0, 0));
    app.stop();
    assert_eq!(client.closed().await, 1001);
}

#[tokio::test]
async fn a_socket_keeps_its_connections_place() {
    let one = registry_server::config::HttpSettings { max_connections: 1, ..settings() };
    let app = TestApp::start_with(
        Engine::Sqlite,
        Principal::development(),
        Setup { http: one, ..Setup::default() },
    )
    .await;
    let client = Client::introduced(&app).await;
    let health = tokio::spawn(app.get("/healthz").send());
    // Were the place free, this much work would have been enough for an answer.
    let mut client = ping_often(client).await;
    assert!(!health.is_finished());
    client.0.close(None).await.unwrap();
    drop(client);
    assert_eq!(health.await.unwrap().unwrap().status(), StatusCode::OK);
}

async fn ping_often(mut client: Client) -> Client {
    for _ in 0..200 {
        client.say(json!({ "type": "ping" })).await;
        assert_eq!(client.message().await, json!({ "type": "pong" }));
    }
    client
}
