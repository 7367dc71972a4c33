//! The registry under test, served by one process after the other.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::harness::Home;

/// Far more than all clients together can ask for.
const POINTS: &str = "1000000000";

/// Issues a token.
pub fn issue(home: &Home, grant: &[&str]) -> String {
    let told = home.done(&[&["token", "issue"], grant].concat());
    told.trim().to_owned()
}

/// One process that serves the registry. Killed when dropped.
pub struct Instance {
    /// Host and port.
    pub address: String,
    process: Child,
    /// Kept open: a server whose output nobody takes is another test.
    _out: BufReader<ChildStdout>,
}

impl Instance {
    pub fn start(home: &Home) -> Self {
        // A port of its own each time: the last one may be anybody's by now.
        let mut command = home.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.env("REGISTRY_RATE__POINTS_PER_MINUTE", POINTS);
        command.env("REGISTRY_RATE__BURST", POINTS);
        // Errors only, and among the test's own output: they are what explains a fault.
        command.env("REGISTRY_LOG__FILTER", "error").stderr(Stdio::inherit());
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut greeting = String::new();
        out.read_line(&mut greeting).unwrap();
        let address = greeting.split(' ').find_map(|word| word.strip_prefix("http://"));
        let address = address.and_then(|address| address.strip_suffix("/graphql"));
        let address = address.unwrap_or_else(|| panic!("no address in {greeting:?}"));
        Self { address: address.to_owned(), process, _out: out }
    }

    /// SIGKILL, then another process on the same data.
    pub fn killed_and_started_again(self, home: &Home) -> Self {
        drop(self);
        Self::start(home)
    }

    /// What an operation finds; it must not fail.
    pub async fn data(&self, token: &str, query: &str) -> Value {
        let request = reqwest::Client::new().post(format!("http://{}/graphql", self.address));
        let body = json!({ "query": query });
        let sent = request.bearer_auth(token).json(&body).send().await.unwrap();
        let mut answer: Value = sent.json().await.unwrap();
        assert!(answer["errors"].is_null(), "{query}: {answer:#}");
        answer["data"].take()
    }

    /// The public keys that receipts are signed by, as anyone gets them.
    pub async fn published_keys(&self) -> Value {
        let address = format!("http://{}/.well-known/jwks.json", self.address);
        reqwest::get(address).await.unwrap().json().await.unwrap()
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}
