//! A running server over a fresh database, and a client that speaks to it as anyone would.

use std::sync::Arc;
use std::time::Duration;

use registry_domain::access::Principal;
use registry_domain::certificate::ReportingRules;
use registry_domain::household::HouseholdNumber;
use registry_domain::time::Clock;
use registry_graphql::{Api, SchemaSettings};
use registry_persistence::Store;
use registry_server::config::{AccessSettings, ForwardedHeader, HttpSettings, RateSettings};
use registry_server::http::{self, Certificate, Gate};
use registry_server::token::Tokens;
use registry_testing::{Engine, TestDatabase};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// The first hamlet of Xã Vị Tân until 2025-07-01; later of Phường Vị Tân.
pub const HAMLET: &str = "31333001";

/// What may differ from server to server.
pub struct Setup {
    pub schema: SchemaSettings,
    pub rate: RateSettings,
    pub access: AccessSettings,
    pub http: HttpSettings,
    pub certificate: Option<Certificate>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            schema: SchemaSettings::default(),
            rate: RateSettings::default(),
            access: AccessSettings::default(),
            http: settings(),
            certificate: None,
        }
    }
}

/// A server that stops when dropped.
pub struct TestApp {
    pub database: Arc<TestDatabase>,
    pub store: Store,
    pub tokens: Arc<Tokens>,
    address: String,
    client: reqwest::Client,
    token: Option<String>,
    stop: Option<oneshot::Sender<()>>,
}

/// The settings that tests run with.
pub fn settings() -> HttpSettings {
    HttpSettings {
        listen: ([127, 0, 0, 1], 0).into(),
        body_limit: 1 << 20,
        request_timeout_seconds: 30,
        max_connections: 200,
        header_timeout_seconds: 10,
        body_timeout_seconds: 10,
        idle_timeout_seconds: 60,
        max_concurrent: 64,
        kept_answers_bytes: 1 << 20,
        cors_origins: vec!["https://app.example.vn".into()],
        trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()],
        forwarded_header: ForwardedHeader::XForwardedFor,
        shutdown_grace_seconds: 5,
    }
}

impl TestApp {
    /// A server that lets everyone do everything.
    pub async fn start(engine: Engine) -> Self {
        Self::start_as(engine, Principal::development()).await
    }

    /// A server whose requests without a token act as `principal`.
    pub async fn start_as(engine: Engine, principal: Principal) -> Self {
        Self::start_with(engine, principal, Setup::default()).await
    }

    /// The same with settings of its own.
    pub async fn start_with(engine: Engine, principal: Principal, setup: Setup) -> Self {
        let database = TestDatabase::create(engine).await;
        let store = database.open().await;
        Self::serve(Arc::new(database), store, principal, setup).await
    }

    /// A server that goes by a clock of its own and lets everyone do everything.
    pub async fn start_by(engine: Engine, clock: Arc<dyn Clock>) -> Self {
        let database = TestDatabase::create(engine).await;
        let store = Store::open(&database.config, database.key.clone(), clock).await.unwrap();
        let (database, principal) = (Arc::new(database), Principal::development());
        Self::serve(database, store, principal, Setup::default()).await
    }

    /// Another server on the same store, whose requests without a token act as `principal`.
    pub async fn beside(&self, principal: Principal) -> Self {
        let (database, store) = (Arc::clone(&self.database), self.store.clone());
        Self::serve(database, store, principal, Setup::default()).await
    }

    /// Another instance over the same database, that lets everyone do everything.
    pub async fn other_instance(&self) -> Self {
        let (database, store) = (Arc::clone(&self.database), self.database.open().await);
        Self::serve(database, store, Principal::development(), Setup::default()).await
    }

    async fn serve(
        database: Arc<TestDatabase>,
        store: Store,
        principal: Principal,
        Setup { schema, rate, access, http: settings, certificate }: Setup,
    ) -> Self {
        let tokens = Arc::new(Tokens::new(store.clone(), &access).unwrap());
        let (rules, kept) = (ReportingRules::default(), settings.kept_answers_bytes);
        let api = Api::new(store.clone(), tokens.clone(), schema, rules, kept);
        let gate = Gate::open_to(principal, tokens.clone());
        let router = http::router(api, store.clone(), gate, &settings, &rate).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let stopped = async { _ = stopped.await };
            http::serve(listener, router, &settings, certificate, stopped).await;
        });
        let client = reqwest::Client::builder().timeout(Duration::from_mins(1)).build().unwrap();
        Self { database, store, tokens, address, client, token: None, stop: Some(stop) }
    }

    /// Another server on the same store, asked with a token that an administrator issues.
    pub async fn bearer(&self, token: Value) -> Self {
        const ISSUE: &str = "mutation($input: IssueTokenInput!) {
            issueToken(input: $input) { accessToken errors { code path message } } }";
        self.tokens.make_first_key().await.unwrap();
        let issued = self.data(ISSUE, json!({ "input": token })).await["issueToken"].clone();
        assert_eq!(issued["errors"], json!([]), "{token}");
        let token = issued["accessToken"].as_str().unwrap().to_owned();
        Self { token: Some(token), ..self.beside(Principal::anonymous()).await }
    }

    /// Host and port.
    pub fn host(&self) -> &str {
        self.address.trim_start_matches("http://")
    }

    /// Tells the server to stop.
    pub fn stop(&mut self) {
        self.stop.take();
    }

    /// The token it is asked with, as a credential.
    pub fn credential(&self) -> String {
        format!("Bearer {}", self.token.as_deref().unwrap())
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.authorized(self.client.get(format!("{}{path}", self.address)))
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.authorized(self.client.post(format!("{}{path}", self.address)))
    }

    fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends one operation as JSON.
    pub async fn send(&self, query: &str, variables: Value) -> Response {
        let body = json!({ "query": query, "variables": variables });
        let request = self.post("/graphql").header("accept-language", "en").json(&body);
        request.header("x-purpose", "kiểm thử").send().await.unwrap()
    }

    /// The whole answer to one operation.
    pub async fn answer(&self, query: &str, variables: Value) -> Value {
        self.send(query, variables).await.json().await.unwrap()
    }

    /// The data of an operation that must not fail.
    pub async fn data(&self, query: &str, variables: Value) -> Value {
        let answer = self.answer(query, variables).await;
        assert_eq!(answer.get("errors"), None, "{answer:#}");
        answer["data"].clone()
    }

    /// The data, and how many SQL statements reading it took.
    pub async fn counted(&self, query: &str, variables: Value) -> (Value, u32) {
        let response = self.send(query, variables).await;
        let timing = response.headers()["server-timing"].to_str().unwrap().to_owned();
        let count = timing.split(['"', ' ']).find_map(|part| part.parse().ok()).unwrap();
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer.get("errors"), None, "{answer:#}");
        (answer["data"].clone(), count)
    }

    /// Registers a household of four in a hamlet; its code.
    pub async fn register(&self, hamlet: &str) -> String {
        let data = self.data(REGISTER, json!({ "input": household(hamlet) })).await;
        assert_eq!(data["registerHousehold"]["errors"], json!([]));
        data["registerHousehold"]["household"]["code"].as_str().unwrap().to_owned()
    }

    /// Records a survey that must be accepted.
    pub async fn survey(&self, survey: Value) {
        let query = "mutation($input: RecordConnectivityInput!) {
            recordConnectivity(input: $input) { errors { code path message } } }";
        let data = self.data(query, json!({ "input": { "survey": survey } })).await;
        assert_eq!(data["recordConnectivity"]["errors"], json!([]));
    }
}

pub const REGISTER: &str = "mutation($input: RegisterHouseholdInput!) {
    registerHousehold(input: $input) {
        household { code version status }
        replayed
        errors { code path message }
    } }";

/// A household of four, three of them adults, that nothing is wrong with.
pub fn household(hamlet: &str) -> Value {
    json!({
        "hamlet": { "code": hamlet },
        "composition": { "members": 4, "adults": 3, "workingAge": 2 },
        "head": { "name": "Nguyễn Thị Bưởi" },
        "registeredOn": "2022-06-01",
    })
}

/// A survey that found fibre and two smartphones.
pub fn survey(household: &str, on: &str) -> Value {
    json!({
        "household": household,
        "surveyedOn": on,
        "fixedLine": { "technology": "FIBRE", "provider": "VNPT" },
        "mobileGeneration": "G4",
        "adultsWithSmartphone": 2,
        "workingAgeTrained": 1,
        "adultsWithPublicServiceAccount": 1,
        "adultsWithVneidLevel2": 1,
        "adultsPayingCashless": 1,
        "services": [{ "service": "ZALO", "adults": 2 }],
    })
}

/// The code of the household with that number.
pub fn code_of(number: u32) -> String {
    HouseholdNumber::new(number).unwrap().code().to_string()
}
