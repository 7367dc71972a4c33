//! The binary at its edge: stopping under load, half-sent requests, and whose word on addresses counts.

use std::fs::{self, File};
use std::process::Stdio;
use std::time::Duration;

use registry_testing::Engine;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::harness::{Home, Server};

/// Clients that ask all the time.
const CLIENTS: usize = 32;

/// Connections with half a request.
const HALF_SENT: usize = 20;

/// How long half a request may be kept, by what is promised.
const PROMISED: Duration = Duration::from_secs(5);

async fn home() -> Home {
    let home = Home::new(Engine::Sqlite).await;
    home.done(&["seed", "--scale", "small"]);
    home
}

fn host(server: &Server) -> &str {
    server.address.trim_start_matches("http://").trim_end_matches("/graphql")
}

/// Asks until the server takes no more connections; how often it was answered.
async fn ask_until_refused(address: String, warm: mpsc::Sender<()>) -> usize {
    let client = Client::new();
    let query = "{ households(first: 50) { nodes { code hamlet { name } } } }";
    let mut answered = 0;
    loop {
        match client.post(&address).json(&json!({ "query": query })).send().await {
            Ok(response) => {
                let answer: Value = response.json().await.unwrap();
                assert_eq!(answer["data"]["households"]["nodes"].as_array().unwrap().len(), 50);
                answered += 1;
                if answered == 5 {
                    warm.send(()).await.unwrap();
                }
            }
            Err(refused) if refused.is_connect() => return answered,
            Err(failed) => panic!("an accepted request failed: {failed:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_fails_no_accepted_request() {
    let home = home().await;
    let server = home.serve();
    let (warm, mut warmed) = mpsc::channel(CLIENTS);
    let asked =
        (0..CLIENTS).map(|_| tokio::spawn(ask_until_refused(server.address.clone(), warm.clone())));
    let asked: Vec<_> = asked.collect();
    for _ in 0..CLIENTS {
        warmed.recv().await.unwrap();
    }
    server.tell_to_stop();
    for client in asked {
        assert!(client.await.unwrap() >= 5);
    }
    assert_eq!(server.wait(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_sent_requests_hold_neither_others_nor_the_stop() {
    let home = home().await;
    let patience = [("REGISTRY_HTTP__HEADER_TIMEOUT_SECONDS", "2")];
    let server = home.serve_with(&patience, Stdio::null());
    let half_sent = async || {
        let mut streams = Vec::new();
        for _ in 0..HALF_SENT {
            let mut stream = TcpStream::connect(host(&server)).await.unwrap();
            stream.write_all(b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Le").await.unwrap();
            streams.push(stream);
        }
        streams
    };
    let streams = half_sent().await;
    let answer = server.answer("{ serviceConfig { maxPage } }", &json!({})).await;
    assert_eq!(answer["data"]["serviceConfig"]["maxPage"], 200);
    let closed = async {
        for mut stream in streams {
            // A reset is an end as well.
            _ = stream.read_to_end(&mut Vec::new()).await;
        }
    };
    timeout(PROMISED, closed).await.unwrap();

    let _streams = half_sent().await;
    let stopped = tokio::task::spawn_blocking(|| server.stop());
    assert_eq!(timeout(PROMISED, stopped).await.unwrap().unwrap(), Some(0));
}

#[tokio::test]
async fn only_trusted_proxies_are_believed_on_whom_they_speak_for() {
    let home = home().await;
    let believed = async |proxies: &str| {
        let log = home.file("log");
        let settings = [
            ("REGISTRY_HTTP__TRUSTED_PROXIES", proxies),
            ("REGISTRY_LOG__FILTER", "registry_server=debug"),
            ("REGISTRY_LOG__FORMAT", "json"),
        ];
        let server = home.serve_with(&settings, File::create(&log).unwrap());
        let request = Client::new().get(format!("http://{}/healthz", host(&server)));
        let forwarded = "198.51.100.7, 203.0.113.9";
        request.header("x-forwarded-for", forwarded).send().await.unwrap();
        assert_eq!(server.stop(), Some(0));
        let log = fs::read_to_string(log).unwrap();
        let answered = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut answered = answered.filter(|line| line["fields"]["message"] == "answered");
        answered.next().unwrap()["span"]["client"].as_str().unwrap().to_owned()
    };
    assert_eq!(believed("[]").await, "127.0.0.1");
    assert_eq!(believed(r#"["127.0.0.0/8"]"#).await, "203.0.113.9");
}
