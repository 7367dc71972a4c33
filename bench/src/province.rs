//! How fast and how large: the province on both engines, as a user would run it.
//!
//! Drives the release build from outside with `wrk` and `curl`; prints the table that README shows.

mod posting;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::postgres::{Cluster, Durability};
use crate::{TaskError, answers, run as run_program};

/// Long enough for 100,000 requests and more.
const LOAD: Duration = Duration::from_secs(30);

/// Single requests whose median is told.
const SINGLES: usize = 201;

/// The province and its 75 communes with all their indicators.
const INDICATORS: &str = r#"{"query":"{ indicators(unit: {codeOn: {code: \"93\", on: \"2024-06-30\"}}, on: \"2024-06-30\") { code value } units(filter: {level: COMMUNE, on: \"2024-06-30\"}, first: 75) { nodes { name indicators(on: \"2024-06-30\") { code value } } } }"}"#;

/// Certificates of the province by partner and month.
const TOTALS: &str = r#"{"query":"{ certificateTotals(within: {code: \"92\"}, groupBy: [PARTNER, PERIOD]) { partner { name } period issued renewed revoked } }"}"#;

/// A page of what is on sale, as a screen shows it, with counts of all that is.
const LISTINGS: &str = r#"{"query":"{ listings(filter: {status: ACTIVE}, first: 50) { nodes { code priceVnd product { name category } seller { name hamlet { parent { name } } } marketplace { name } } facets { marketplace { marketplace { code } count } category { category count } stars { stars count } unit { unit { name } count } } } }"}"#;

/// A search without accents among them.
const SEARCH: &str = r#"{"query":"{ listings(search: \"buoi nam roi\", first: 50) { totalCount nodes { code priceVnd product { name } seller { name } marketplace { name } } } }"}"#;

/// What was measured on one engine.
struct Measured {
    seed: Duration,
    ready: Duration,
    requests: u64,
    per_second: f64,
    memory_mib: u64,
    indicators_ms: f64,
    totals_ms: f64,
    listings_ms: f64,
    search_ms: f64,
    report_ms: f64,
    certificates_ms: f64,
}

pub(crate) fn run() -> Result<(), TaskError> {
    need("wrk")?;
    need("curl")?;
    run_program(Command::new("cargo").args(["build", "--release"]))?;
    let sqlite = measure(None)?;
    let cluster = Cluster::start(Durability::On)?;
    let postgres = measure(Some(&cluster.url()))?;
    let row = |what: &str, told: &dyn Fn(&Measured) -> String| {
        println!("| {what} | {} | {} |", told(&sqlite), told(&postgres));
    };
    println!("| | SQLite | PostgreSQL |\n| --- | --- | --- |");
    row("`seed --scale province`", &|m| format!("{:.1} s", m.seed.as_secs_f64()));
    row("`serve` until ready", &|m| format!("{:.2} s", m.ready.as_secs_f64()));
    row("mixed queries a second, 32 connections", &|m| format!("{:.0}", m.per_second));
    row("memory after so many queries", &|m| format!("{} MiB, {}", m.memory_mib, m.requests));
    row("indicators of the province and its 75 communes, server time", &|m| {
        format!("{:.2} ms", m.indicators_ms)
    });
    row("certificates of the province by partner and month, server time", &|m| {
        format!("{:.2} ms", m.totals_ms)
    });
    row("50 listings on sale with all facets, server time", &|m| {
        format!("{:.2} ms", m.listings_ms)
    });
    row("listings found by words, server time", &|m| format!("{:.2} ms", m.search_ms));
    row("a report of 75 lines taken, server time", &|m| format!("{:.2} ms", m.report_ms));
    row("1,000 certificates registered, server time", &|m| format!("{:.0} ms", m.certificates_ms));
    Ok(())
}

fn need(program: &str) -> Result<(), TaskError> {
    if answers(program, "--version") || answers(program, "-v") || found(program) {
        return Ok(());
    }
    Err(TaskError::Missing(format!("{program} is missing; as root: apt-get install {program}")))
}

fn found(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).exists())
}

fn measure(database: Option<&str>) -> Result<Measured, TaskError> {
    let folder = tempfile::Builder::new().prefix("registry-bench-").tempdir()?;
    let started = Instant::now();
    run_program(&mut registry(folder.path(), database, &["seed", "--scale", "province"]))?;
    let seed = started.elapsed();
    let server = Server::start(folder.path(), database)?;
    let load = server.load()?;
    let memory_mib = server.memory_mib()?;
    let indicators_ms = server.median_ms(std::iter::repeat_n(INDICATORS, SINGLES))?;
    let totals_ms = server.median_ms(std::iter::repeat_n(TOTALS, SINGLES))?;
    let listings_ms = server.median_ms(std::iter::repeat_n(LISTINGS, SINGLES))?;
    let search_ms = server.median_ms(std::iter::repeat_n(SEARCH, SINGLES))?;
    know_partner(folder.path(), database)?;
    let (reports, certificates) = (posting::reports()?, posting::certificates());
    let report_ms = server.median_ms(reports.iter().map(String::as_str))?;
    let certificates_ms = server.median_ms(certificates.iter().map(String::as_str))?;
    let per_second = f64::from(u32::try_from(load).unwrap_or(u32::MAX)) / LOAD.as_secs_f64();
    Ok(Measured {
        seed,
        ready: server.ready,
        requests: load,
        per_second,
        memory_mib,
        indicators_ms,
        totals_ms,
        listings_ms,
        search_ms,
        report_ms,
        certificates_ms,
    })
}

/// Registers the partner that posts.
fn know_partner(data: &Path, database: Option<&str>) -> Result<(), TaskError> {
    let arguments = ["partner", "register", posting::PARTNER, "Bench"];
    run_program(&mut registry(data, database, &arguments))?;
    let agreed = ["--agreement", "bench", "--agreed-from", posting::AGREED_FROM];
    let arguments = [&["partner", "update", posting::PARTNER], &agreed[..]].concat();
    run_program(&mut registry(data, database, &arguments))
}

fn registry(data: &Path, database: Option<&str>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(arguments).arg("--data").arg(data);
    if let Some(url) = database {
        command.args(["--database", url]);
    }
    command
}

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/release/registry")
}

/// A server under measurement; stopped when dropped.
struct Server {
    process: Child,
    address: String,
    ready: Duration,
}

impl Server {
    fn start(data: &Path, database: Option<&str>) -> Result<Self, TaskError> {
        let started = Instant::now();
        let arguments = ["serve", "--demo", "--listen", "127.0.0.1:0"];
        let mut process = registry(data, database, &arguments).stdout(Stdio::piped()).spawn()?;
        let out = process.stdout.take().ok_or_else(|| TaskError::Failed("serve".into()))?;
        let mut greeting = String::new();
        BufReader::new(out).read_line(&mut greeting)?;
        let address = greeting.split(' ').find(|word| word.starts_with("http://"));
        let address = address.ok_or_else(|| TaskError::Failed(format!("serve: {greeting}")))?;
        Ok(Self { address: address.to_owned(), process, ready: started.elapsed() })
    }

    /// Drives the mixed load; how many requests were answered well.
    fn load(&self) -> Result<u64, TaskError> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench/mixed.lua");
        let mut wrk = Command::new("wrk");
        wrk.args(["-t", "1", "-c", "32", "-d", &format!("{}s", LOAD.as_secs()), "-s"]);
        let output = wrk.arg(script).arg(&self.address).output()?;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() || told.contains("Non-2xx") || told.contains("faulty") {
            return Err(TaskError::Failed(format!("wrk: {told}")));
        }
        let requests = told.lines().find_map(|line| line.trim().split_once(" requests in"));
        let requests = requests.and_then(|(number, _)| number.parse().ok());
        requests.ok_or_else(|| TaskError::Failed(format!("wrk: {told}")))
    }

    fn memory_mib(&self) -> Result<u64, TaskError> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = resident.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kib.map(|kib| kib / 1_024).ok_or_else(|| TaskError::Failed("reading VmRSS".into()))
    }

    /// The median of the server's own time for these operations, each of which must succeed.
    fn median_ms<'bodies>(
        &self,
        bodies: impl Iterator<Item = &'bodies str>,
    ) -> Result<f64, TaskError> {
        let mut times = bodies.map(|body| self.timed(body)).collect::<Result<Vec<_>, _>>()?;
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied().ok_or_else(|| TaskError::Failed("measuring".into()))
    }

    fn timed(&self, body: &str) -> Result<f64, TaskError> {
        let mut curl = Command::new("curl");
        curl.args(["-s", "-D", "-", "-H", "Content-Type: application/json", "-d", "@-"]);
        curl.arg(&self.address).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut running = curl.spawn()?;
        if let Some(mut input) = running.stdin.take() {
            input.write_all(body.as_bytes())?;
        }
        let output = running.wait_with_output()?;
        let answer = String::from_utf8_lossy(&output.stdout).into_owned();
        let time = answer.split("total;dur=").nth(1).and_then(|rest| rest.lines().next());
        let time = time.and_then(|time| time.trim().parse::<f64>().ok());
        // Payloads have a list of errors, too; it must be empty.
        let faulty = answer.replace("\"errors\":[]", "").contains("\"errors\"");
        match time {
            Some(time) if !faulty => Ok(time),
            _ => Err(TaskError::Failed(format!("curl: {}", &answer[..answer.len().min(1_000)]))),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing of it is needed any more.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
