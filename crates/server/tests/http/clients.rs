//! Clients as users have them, from npm, against a running server. Their scripts stand in `clients/`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use registry_testing::Engine;

use crate::harness::TestApp;

/// Runs a client's script against a server of its own.
async fn passes(script: &'static str) {
    let app = TestApp::start(Engine::Sqlite).await;
    let url = format!("http://{}/graphql", app.host());
    let ran = tokio::task::spawn_blocking(move || {
        install();
        run(Command::new("node").arg(folder().join(script)).arg(url))
    });
    let ran = ran.await.unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{script}: {said}");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../clients")
}

/// Gets the packages, unless that was done before; one test does it while the others wait.
fn install() {
    let lock = File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients.lock")).unwrap();
    lock.lock().unwrap();
    // npm writes this file last.
    if !folder().join("node_modules/.package-lock.json").exists() {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder());
        let installed = run(&mut npm);
        let said = String::from_utf8_lossy(&installed.stderr);
        assert!(installed.status.success(), "npm ci: {said}");
    }
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| {
        let program = command.get_program().display();
        panic!("{program}: {error}; run `cargo xtask test`, or as root: apt-get install nodejs npm")
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn all_audits_of_graphql_over_http_are_passed() {
    passes("graphql-http.js").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn apollo_client_is_served() {
    passes("apollo-client.js").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn urql_is_served_by_post_and_get() {
    passes("urql.js").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn graphql_request_is_served() {
    passes("graphql-request.js").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn graphql_ws_is_served() {
    passes("graphql-ws.js").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn graphql_sse_is_served() {
    passes("graphql-sse.js").await;
}
