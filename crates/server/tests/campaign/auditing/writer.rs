//! An officer's machine at full speed: registers households, and changes one that all others
//! change as well.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::chance::Chance;
use crate::plan::Stage;

const REGISTER: &str = "mutation($input: RegisterHouseholdInput!) {
    registerHousehold(input: $input) { household { code version } errors { code } } }";

const UPDATE: &str = "mutation($input: UpdateHouseholdInput!) {
    updateHousehold(input: $input) { household { code version } errors { code } } }";

/// One write in so many goes to the household that all writers change.
const CONTENDED: usize = 3;

/// What all writers have in common.
pub struct Shared {
    officer: String,
    /// The household that all of them change.
    household: String,
    /// The newest version of it that any of them knows of.
    version: AtomicI64,
}

/// What the writers were told.
#[derive(Debug, Default)]
pub struct Written {
    /// The requests whose writes were acknowledged, and the households they were about.
    pub acknowledged: Vec<(String, String)>,
    /// The requests that came too late: another had changed the household before.
    pub refused: Vec<String>,
    /// Writes of which nothing is known, because the server was killed.
    pub cut_off: usize,
    pub turned_away: usize,
    pub unexpected: Vec<String>,
}

impl Written {
    pub fn add(&mut self, other: Self) {
        self.acknowledged.extend(other.acknowledged);
        self.refused.extend(other.refused);
        self.cut_off += other.cut_off;
        self.turned_away += other.turned_away;
        self.unexpected.extend(other.unexpected);
    }
}

impl Shared {
    /// Registers the household that all writers will change.
    pub async fn prepare(address: &str, officer: String) -> Self {
        let shared = Self { officer, household: String::new(), version: AtomicI64::new(1) };
        let http = reqwest::Client::new();
        let answer = shared.ask(&http, address, "prepare", REGISTER, household()).await;
        let (_, answer) = answer.unwrap();
        let code = &answer["data"]["registerHousehold"]["household"]["code"];
        let code = code.as_str().unwrap_or_else(|| panic!("{answer:#}"));
        Self { household: code.to_owned(), ..shared }
    }

    async fn ask(
        &self,
        http: &reqwest::Client,
        address: &str,
        request_id: &str,
        query: &str,
        input: Value,
    ) -> reqwest::Result<(StatusCode, Value)> {
        let request = http.post(format!("http://{address}/graphql")).bearer_auth(&self.officer);
        let body = json!({ "query": query, "variables": { "input": input } });
        let answer = request.header("x-request-id", request_id).json(&body).send().await?;
        let status = answer.status();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            return Ok((status, Value::Null));
        }
        Ok((status, answer.json().await?))
    }
}

fn household() -> Value {
    json!({
        "hamlet": { "code": "31333001" },
        "composition": { "members": 4, "adults": 3, "workingAge": 2 },
        "head": { "name": "Nguyễn Thị Bưởi" },
        "registeredOn": "2022-06-01",
    })
}

pub struct Writer {
    number: usize,
    shared: Arc<Shared>,
    http: reqwest::Client,
    chance: Chance,
    written: Written,
}

impl Writer {
    pub fn new(number: usize, shared: Arc<Shared>, seed: u64) -> Self {
        let http = reqwest::Client::new();
        Self { number, shared, http, chance: Chance::new(seed), written: Written::default() }
    }

    /// Writes until the campaign is over; what came of it.
    pub async fn write_until_over(mut self, mut stage: watch::Receiver<Stage>) -> Written {
        for count in 0.. {
            let Stage::At(address) = stage.borrow_and_update().clone() else { break };
            let request_id = format!("writer-{}-{count}", self.number);
            let is_contended = self.chance.below(CONTENDED) == 0;
            let (query, input) =
                if is_contended { (UPDATE, self.change()) } else { (REGISTER, household()) };
            let answer = self.shared.ask(&self.http, &address, &request_id, query, input).await;
            let Ok((status, answer)) = answer else {
                self.written.cut_off += 1;
                // At this address nobody answers any more.
                if stage.changed().await.is_err() {
                    break;
                }
                continue;
            };
            self.note(request_id, status, &answer);
        }
        self.written
    }

    /// Sets the members to a number that the version before had not.
    fn change(&self) -> Value {
        let version = self.shared.version.load(Ordering::Relaxed);
        let composition = json!({ "members": 4 + version % 5, "adults": 3, "workingAge": 2 });
        json!({
            "household": self.shared.household,
            "version": version,
            "effectiveOn": "2023-01-01",
            "composition": composition,
        })
    }

    fn note(&mut self, request_id: String, status: StatusCode, answer: &Value) {
        if status == StatusCode::SERVICE_UNAVAILABLE {
            self.written.turned_away += 1;
            return;
        }
        let payload = ["registerHousehold", "updateHousehold"].map(|name| &answer["data"][name]);
        let payload = payload.into_iter().find(|payload| payload.is_object());
        let payload = payload.unwrap_or(&Value::Null);
        let household = &payload["household"];
        if let Some(code) = household["code"].as_str() {
            if code == self.shared.household {
                let version = household["version"].as_i64().unwrap();
                self.shared.version.fetch_max(version, Ordering::Relaxed);
            }
            self.written.acknowledged.push((request_id, code.to_owned()));
        } else if payload["errors"][0]["code"] == "CONFLICT" {
            let version = payload["errors"][0]["currentVersion"].as_i64();
            self.shared.version.fetch_max(version.unwrap_or(0), Ordering::Relaxed);
            self.written.refused.push(request_id);
        } else {
            self.written.unexpected.push(format!("{request_id}: {status} {answer}"));
        }
    }
}
