//! A registry that serves, and what is asked of it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::BenchError;
use crate::program::{Home, Program, file, process_status};

/// Far more than anyone here asks for.
const POINTS: &str = "1000000000";

/// A server under measurement; stopped when dropped.
pub(crate) struct Server {
    process: Child,
    address: String,
    /// How long it took to be ready.
    pub(crate) ready: Duration,
}

/// What came of a load.
pub(crate) struct Load {
    pub(crate) requests: u64,
    pub(crate) median_ms: f64,
}

impl Server {
    pub(crate) fn start(program: &Program<'_>, home: &Home) -> Result<Self, BenchError> {
        let started = Instant::now();
        let mut command = program.command(home, &["serve", "--demo", "--listen", "127.0.0.1:0"]);
        command.env("REGISTRY_RATE__POINTS_PER_MINUTE", POINTS);
        command.env("REGISTRY_RATE__BURST", POINTS);
        let mut process = command.stdout(Stdio::piped()).spawn()?;
        let out = process.stdout.take().ok_or_else(|| BenchError::failed("serve"))?;
        let mut greeting = String::new();
        BufReader::new(out).read_line(&mut greeting)?;
        let address = greeting.split(' ').find(|word| word.starts_with("http://"));
        let address = address.ok_or_else(|| BenchError::failed(format!("serve: {greeting}")))?;
        Ok(Self { address: address.to_owned(), process, ready: started.elapsed() })
    }

    /// Lets so many clients send what a script says, for so long.
    pub(crate) fn load(
        &self,
        script: &str,
        clients: u32,
        time: Duration,
    ) -> Result<Load, BenchError> {
        let mut wrk = Command::new("wrk");
        wrk.args(["-t", "1", "-c", &clients.to_string(), "--latency"]);
        wrk.args(["-d", &format!("{}s", time.as_secs()), "-s"]);
        let output = wrk.arg(file(script)).arg(&self.address).output()?;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let failed = || BenchError::failed(format!("wrk: {told}"));
        if !output.status.success() || told.contains("Non-2xx") || told.contains("faulty") {
            return Err(failed());
        }
        let requests = told.lines().find_map(|line| line.trim().split_once(" requests in"));
        let requests = requests.and_then(|(number, _)| number.parse().ok());
        let median = told.lines().find_map(|line| line.trim().strip_prefix("50%"));
        let median_ms = median.and_then(|time| milliseconds(time.trim()));
        let (Some(requests), Some(median_ms)) = (requests, median_ms) else { return Err(failed()) };
        Ok(Load { requests, median_ms })
    }

    pub(crate) fn memory_mib(&self) -> Result<u64, BenchError> {
        Ok(process_status(self.process.id(), "VmRSS:")? / 1_024)
    }

    /// The server's own times for these operations, each of which must succeed.
    pub(crate) fn times<'bodies>(
        &self,
        bodies: impl IntoIterator<Item = &'bodies str>,
    ) -> Result<Vec<f64>, BenchError> {
        bodies.into_iter().map(|body| Ok(self.ask(body)?.0)).collect()
    }

    /// Asks one operation, which must succeed: the server's own time in milliseconds, and the data.
    pub(crate) fn ask(&self, body: &str) -> Result<(f64, Value), BenchError> {
        let mut curl = Command::new("curl");
        curl.args([
            "-s",
            "-D",
            "-",
            "-H",
            "Content-Type: application/json",
            "-H",
            "Expect:",
            "-d",
            "@-",
        ]);
        curl.arg(&self.address).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut running = curl.spawn()?;
        if let Some(mut input) = running.stdin.take() {
            input.write_all(body.as_bytes())?;
        }
        let output = running.wait_with_output()?;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let failed = || {
            let told: String = told.chars().take(1_000).collect();
            BenchError::failed(format!("curl: {told}"))
        };
        let (headers, answer) = told.split_once("\r\n\r\n").ok_or_else(failed)?;
        let time = headers.split("total;dur=").nth(1).and_then(|rest| rest.lines().next());
        let time = time.and_then(|time| time.trim().parse::<f64>().ok()).ok_or_else(failed)?;
        // Payloads have a list of errors, too; it must be empty.
        if answer.replace("\"errors\":[]", "").contains("\"errors\"") {
            return Err(failed());
        }
        let mut answer: Value = serde_json::from_str(answer).map_err(|_| failed())?;
        Ok((time, answer["data"].take()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing of it is needed any more.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// The one in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A time as `wrk` writes it.
pub(crate) fn milliseconds(text: &str) -> Option<f64> {
    let units = [("us", 0.001), ("ms", 1.0), ("s", 1_000.0), ("m", 60_000.0)];
    units.into_iter().find_map(|(unit, milliseconds)| {
        Some(text.strip_suffix(unit)?.parse::<f64>().ok()? * milliseconds)
    })
}
