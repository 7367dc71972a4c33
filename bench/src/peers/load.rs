//! Load: as much as a contestant takes, by `wrk`; and so many requests a second, by a client of our own.

use std::cell::Cell;
use std::fs;
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;
use tokio::task::LocalSet;
use tokio::time::{sleep_until, timeout_at};

use super::http::Connection;
use crate::BenchError;
use crate::program::file;
use crate::server::milliseconds;

/// Requests in flight at most.
pub(crate) const CONNECTIONS: usize = 32;

/// How long `wrk` waits for an answer; the slowest work of the slowest contestant takes a while.
const PATIENCE: &str = "300s";

/// How long answers may still come after the last request was sent at a rate.
const GRACE: Duration = Duration::from_secs(30);

/// What bodies come after the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bodies {
    /// The first one again.
    Cycle,
    /// None: each can be sent once.
    Once,
}

/// What came of a full load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Full {
    pub(crate) requests: u64,
    pub(crate) per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

/// As many requests as 32 connections can send.
pub(crate) fn full(
    host: &str,
    path: &str,
    bodies: &[String],
    which: Bodies,
    time: Duration,
) -> Result<Full, BenchError> {
    let lines = NamedTempFile::new()?;
    fs::write(lines.path(), bodies.join("\n") + "\n")?;
    let mut wrk = Command::new("wrk");
    wrk.args(["-t", "1", "-c", &CONNECTIONS.to_string(), "--latency", "--timeout", PATIENCE]);
    wrk.args(["-d", &format!("{}s", time.as_secs()), "-s"]).arg(file("peers.lua"));
    wrk.arg(format!("http://{host}")).arg("--").arg(path).arg(lines.path());
    wrk.arg(if which == Bodies::Cycle { "cycle" } else { "once" });
    let output = wrk.output()?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let failed = || BenchError::failed(format!("{path}: wrk: {told}"));
    let faulty = ["faulty", "Non-2xx", "Socket errors"].iter().any(|word| told.contains(word));
    if !output.status.success() || faulty {
        return Err(failed());
    }
    let lines = || told.lines().map(str::trim);
    let after = |prefix: &str| lines().find_map(|line| line.strip_prefix(prefix)).map(str::trim);
    let requests = lines().find_map(|line| line.split_once(" requests in"));
    let measured = (
        requests.and_then(|(number, _)| number.parse().ok()),
        after("Requests/sec:").and_then(|number| number.parse().ok()),
        after("50%").and_then(milliseconds),
        after("99%").and_then(milliseconds),
    );
    let (Some(requests), Some(per_second), Some(p50_ms), Some(p99_ms)) = measured else {
        return Err(failed());
    };
    Ok(Full { requests, per_second, p50_ms, p99_ms })
}

/// So many requests a second over 32 connections, whatever the answers take; the time that 99 of 100
/// take, in milliseconds. `None` if the rate can't be held.
pub(crate) async fn steady(
    host: &str,
    path: &'static str,
    bodies: Vec<String>,
    per_second: f64,
    time: Duration,
) -> Result<Option<f64>, BenchError> {
    let schedule = Rc::new(Schedule {
        begin: Instant::now() + Duration::from_millis(20),
        per_second,
        end: time,
        next: Cell::new(0),
        bodies,
    });
    let tasks = LocalSet::new();
    let mut running = Vec::new();
    for _ in 0..CONNECTIONS {
        let connection = Connection::open(host).await?;
        running.push(tasks.spawn_local(send(connection, path, Rc::clone(&schedule))));
    }
    tasks.await;
    let mut times = Vec::new();
    for task in running {
        let ended = task.await.map_err(|error| BenchError::failed(error.to_string()))?;
        match ended? {
            Some(taken) => times.extend(taken),
            None => return Ok(None),
        }
    }
    times.sort_by(f64::total_cmp);
    Ok(times.get(times.len() * 99 / 100).copied())
}

/// Which request is due when. One thread sends all of them.
struct Schedule {
    begin: Instant,
    per_second: f64,
    end: Duration,
    next: Cell<u32>,
    bodies: Vec<String>,
}

impl Schedule {
    /// The next request: its place, and when it is due.
    fn take(&self) -> Option<(usize, Instant)> {
        let place = self.next.get();
        let due = Duration::from_secs_f64(f64::from(place) / self.per_second);
        (due < self.end).then(|| {
            self.next.set(place + 1);
            (place as usize, self.begin + due)
        })
    }
}

/// Sends what is due over one connection. Times count from when a request was due, so that one that
/// waits for a connection counts as slow; none at all if answers come far too late.
async fn send(
    mut connection: Connection,
    path: &'static str,
    schedule: Rc<Schedule>,
) -> Result<Option<Vec<f64>>, BenchError> {
    let mut times = Vec::new();
    let last = schedule.begin + schedule.end + GRACE;
    while let Some((place, due)) = schedule.take() {
        let mut from = due;
        if Instant::now() < due {
            sleep_until(due.into()).await;
            // That timers ring late is not the server's fault.
            from = Instant::now();
        }
        let body = &schedule.bodies[place % schedule.bodies.len()];
        let Ok(answered) = timeout_at(last.into(), connection.post(path, body)).await else {
            return Ok(None);
        };
        answered?;
        times.push(from.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(Some(times))
}
