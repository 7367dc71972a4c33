//! The binary in a process of its own, with a data folder and a database of its own.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use registry_testing::{Engine, TestDatabase};
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::Value;

/// What a registry keeps between two commands.
pub struct Home {
    database: TestDatabase,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Home {
    /// A data folder and an empty database without any table.
    pub async fn new(engine: Engine) -> Self {
        Self { database: TestDatabase::bare(engine).await }
    }

    /// Another registry with all that this one holds. Nobody may be at it meanwhile.
    pub async fn copy(&self) -> Self {
        let database = self.database.copy().await;
        let key = "data.key";
        std::fs::copy(self.file(key), database.folder.path().join(key)).unwrap();
        Self { database }
    }

    pub fn folder(&self) -> &Path {
        self.database.folder.path()
    }

    pub fn url(&self) -> String {
        self.database.config.database.to_string()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// A command on this registry, ready to be started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bare(arguments);
        command.arg("--data").arg(self.folder()).arg("--database").arg(self.url());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        end(&mut self.command(arguments))
    }

    /// Runs a command that must succeed; what it printed.
    pub fn done(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
        ended.out
    }

    /// A server on a free port, with access for everyone.
    pub fn serve(&self) -> Server {
        self.serve_by(&["--demo"], &[], Stdio::null())
    }

    /// A server on a free port that lets in whom a token says.
    pub fn serve_closed(&self) -> Server {
        self.serve_by(&[], &[], Stdio::null())
    }

    /// A server with access for everyone, settings in the environment and a place for what it logs.
    pub fn serve_with(&self, settings: &[(&str, &str)], log: impl Into<Stdio>) -> Server {
        self.serve_by(&["--demo"], settings, log)
    }

    fn serve_by(&self, flags: &[&str], settings: &[(&str, &str)], log: impl Into<Stdio>) -> Server {
        let mut command = self.command(&[&["serve", "--listen", "127.0.0.1:0"], flags].concat());
        command.envs(settings.iter().copied()).stdout(Stdio::piped()).stderr(log);
        let mut process = command.spawn().unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut greeting = String::new();
        out.read_line(&mut greeting).unwrap();
        let address = greeting.split(' ').find(|word| word.starts_with("http://"));
        let address = address.unwrap_or_else(|| panic!("no address in {greeting:?}"));
        Server { address: address.to_owned(), process, out }
    }

    /// The one number that a query finds in the database, asked beside the registry.
    pub async fn number(&self, sql: &str) -> i64 {
        let beside = self.database.beside().await;
        let statement = Statement::from_string(beside.get_database_backend(), sql);
        let found = beside.query_one_raw(statement).await.unwrap().unwrap();
        let number = found.try_get_by_index::<i64>(0).unwrap();
        beside.close().await.unwrap();
        number
    }

    /// Changes the database beside the registry.
    pub async fn tamper(&self, sql: &str) {
        let beside = self.database.beside().await;
        beside.execute_unprepared(sql).await.unwrap();
        beside.close().await.unwrap();
    }

    pub async fn households(&self) -> i64 {
        self.number("SELECT COUNT(*) FROM household").await
    }
}

/// A command without a data folder, free of whatever the environment says.
pub fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_registry"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("REGISTRY_") {
            command.env_remove(name);
        }
    }
    command.env_remove("DATABASE_URL").args(arguments).stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub fn end(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A running server. Killed when dropped.
pub struct Server {
    pub address: String,
    process: Child,
    out: BufReader<ChildStdout>,
}

impl Server {
    /// The answer to one operation.
    pub async fn answer(&self, query: &str, variables: &Value) -> Value {
        let body = serde_json::json!({ "query": query, "variables": variables });
        let request = reqwest::Client::new().post(&self.address).header("accept-language", "en");
        request.json(&body).send().await.unwrap().json().await.unwrap()
    }

    /// How much memory the process holds, in kilobytes.
    pub fn resident_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Asks the server to stop, as an operator would; its exit code.
    pub fn stop(self) -> Option<i32> {
        self.tell_to_stop();
        self.wait()
    }

    /// Sends SIGTERM.
    pub fn tell_to_stop(&self) {
        let told = Command::new("kill").arg(self.process.id().to_string()).status().unwrap();
        assert!(told.success());
    }

    /// Waits for its end; its exit code.
    pub fn wait(mut self) -> Option<i32> {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        self.process.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already ended if it was stopped in good order.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
