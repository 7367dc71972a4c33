//! What a user would pick instead: the registry beside a hand-written floor and `PostGraphile`.
//!
//! All contestants answer the same works over the same province. Nothing is timed before all answers
//! were found to be the same. `README.md` tells who they are and what the numbers can't say.

pub(crate) mod contestant;
pub(crate) mod cursors;
pub(crate) mod facts;
pub(crate) mod homes;
pub(crate) mod http;
mod load;
pub(crate) mod reads;
pub(crate) mod results;
mod same;
pub(crate) mod work;
pub(crate) mod writes;

use std::path::PathBuf;
use std::time::Duration;

use tokio::runtime::Runtime;

use self::contestant::{Contestant, Sizes, Who};
use self::cursors::Cursors;
use self::facts::Facts;
use self::homes::{Homes, connect};
use self::load::{Bodies, CONNECTIONS, Full};
use self::work::{Entry, Requests, Work};
use crate::BenchError;
use crate::program::Program;
use crate::server::median;

/// How long a contestant warms up before each measurement of a work that reads.
const WARM_UP: Duration = Duration::from_secs(1);

/// Whoever has answered fewer requests by then is measured three times as long.
const SLOW: u64 = 16;

/// More requests than any contestant sends in a second of a work that writes.
const WRITES_PER_SECOND: u64 = 3_000;

/// Fewer requests than this tell nothing of the slowest hundredth.
const TOLD_BY: usize = 100;

/// What is measured, and for how long.
#[derive(Debug, clap::Args)]
#[group(id = "peers")]
pub(crate) struct Settings {
    /// The floor; needed for `peers`.
    #[arg(long)]
    floor: Option<PathBuf>,
    /// The province that is seeded: `small` or `province`.
    #[arg(long, default_value = "province")]
    scale: String,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Rounds in which the contestants take turns; in `growth`, the provinces.
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: usize,
    /// Only these works, like `household,report`.
    #[arg(long, value_delimiter = ',')]
    works: Vec<String>,
    /// Only compares the answers.
    #[arg(long)]
    check: bool,
}

/// What was measured of one entry.
struct Measured {
    full: Vec<Full>,
    /// 99 of 100 answers took no longer at half the peak; `None` if it was not held or told too little.
    half_p99_ms: Option<f64>,
}

impl Measured {
    /// Requests a second; the median of all rounds, as the others are.
    fn per_second(&self) -> f64 {
        self.median(|full| full.per_second)
    }

    fn median(&self, of: impl Fn(&Full) -> f64) -> f64 {
        median(self.full.iter().map(of).collect())
    }
}

/// A work, and what came of it for each of its entries.
struct Outcome {
    work: Work,
    measured: Vec<Measured>,
}

/// The most memory that each contestant held so far, in MiB.
type Peaks = Vec<(Who, u64)>;

pub(crate) fn run(
    program: &Program<'_>,
    server: &str,
    settings: &Settings,
) -> Result<(), BenchError> {
    let Some(floor) = &settings.floor else {
        let how = "peers needs --floor, the program; cargo xtask bench peers hands it over";
        return Err(BenchError::Missing(how.into()));
    };
    homes::install_postgraphile()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let homes = Homes::new(program, server, &settings.scale, &runtime)?;
    let facts = runtime.block_on(Facts::read(&homes.registry.database))?;
    let sizes = runtime.block_on(sizes(&homes.registry.database))?;
    homes.prepare_events(sizes, &runtime)?;
    eprintln!("peers: starting the contestants");
    let contestants = vec![
        (Who::Registry, Contestant::registry(program, &homes.registry)?),
        (Who::Keeping, Contestant::keeping(program, &homes.registry)?),
        (Who::Floor, Contestant::floor(floor, &homes.floor.database, sizes)?),
        (Who::PostGraphile, Contestant::postgraphile(&homes.postgraphile.database)?),
        (Who::Sqlite, Contestant::registry(program, &homes.sqlite)?),
    ];
    let cursors = Cursors::read(&contestants, facts.page_starts.len(), &runtime)?;
    let mut bench = Bench { contestants, homes, runtime, settings };
    let mut outcomes = bench.measure(reads::works(&facts, &cursors, reads::FEW))?;
    let after_reading = bench.peaks()?;
    // It would take part in what the other one writes.
    bench.contestants.retain(|(who, _)| *who != Who::Keeping);
    bench.homes.open_for_writing()?;
    outcomes.extend(bench.measure(writes::works(&facts)?)?);
    let after_writing = bench.peaks()?;
    let Bench { contestants, homes, runtime, .. } = bench;
    drop(contestants);
    homes.check_rollups(program)?;
    if settings.check {
        return Ok(());
    }
    let postgres = runtime.block_on(homes.postgres_version())?;
    results::write(&outcomes, &[after_reading, after_writing], &postgres, settings)
}

/// How large the registry's own events and receipts are, by those of the seeded province.
async fn sizes(database: &str) -> Result<Sizes, BenchError> {
    const PACKED: &str = "SELECT \
        (SELECT max(length(changes)) FROM audit_event WHERE action = 'certificate.report'), \
        (SELECT (100 * sum(length(changes)) / sum(subjects))::integer FROM audit_event \
            WHERE action = 'connectivity.record'), \
        (SELECT max(length(receipt)) FROM certificate_report)";
    let row = connect(database).await?.query_one(PACKED, &[]).await?;
    let size =
        |place| Ok::<_, BenchError>(usize::try_from(row.try_get::<_, i32>(place)?).unwrap_or(0));
    Ok(Sizes { report: size(0)?, surveys: size(1)?, receipt: size(2)? })
}

/// Everything that measuring needs.
struct Bench<'a> {
    contestants: Vec<(Who, Contestant)>,
    homes: Homes,
    runtime: Runtime,
    settings: &'a Settings,
}

impl Bench<'_> {
    /// Compares, then lets the contestants take turns at each work, round by round; at last each at half its peak.
    fn measure(&self, works: Vec<Work>) -> Result<Vec<Outcome>, BenchError> {
        let Settings { works: only, rounds, check, .. } = self.settings;
        let is_asked = |work: &Work| only.is_empty() || only.iter().any(|name| name == work.name);
        let mut works: Vec<Work> = works.into_iter().filter(is_asked).collect();
        for work in &mut works {
            eprintln!("peers: comparing answers: {}", work.name);
            same::check(work, &self.contestants, &self.runtime)?;
        }
        if *check {
            return Ok(Vec::new());
        }
        let unmeasured = |work: &Work| -> Vec<Measured> {
            work.entries.iter().map(|_| Measured { full: Vec::new(), half_p99_ms: None }).collect()
        };
        let mut outcomes: Vec<Outcome> =
            works.into_iter().map(|work| Outcome { measured: unmeasured(&work), work }).collect();
        for round in 1..=*rounds {
            for Outcome { work, measured } in &mut outcomes {
                for (entry, measured) in work.entries.iter_mut().zip(measured) {
                    let full = self.full(entry)?;
                    let label = entry.label();
                    eprintln!(
                        "peers: round {round}: {}: {label}: {:.1}/s",
                        work.name, full.per_second
                    );
                    measured.full.push(full);
                }
            }
        }
        for Outcome { work, measured } in &mut outcomes {
            for (entry, measured) in work.entries.iter_mut().zip(measured) {
                measured.half_p99_ms = self.half(entry, measured.per_second() / 2.0)?;
                let label = entry.label();
                eprintln!(
                    "peers: half its peak: {}: {label}: {:?} ms",
                    work.name, measured.half_p99_ms
                );
            }
        }
        Ok(outcomes)
    }

    fn full(&self, entry: &mut Entry) -> Result<Full, BenchError> {
        let mut time = Duration::from_secs(self.settings.seconds);
        let host = self.host(entry.who)?;
        let limit = usize::try_from(time.as_secs() * WRITES_PER_SECOND).unwrap_or(usize::MAX);
        let bodies = entry.requests.next(limit);
        let which = match entry.requests {
            Requests::Cycle(_) => {
                let warm = load::full(host, entry.path, &bodies, Bodies::Cycle, WARM_UP)?;
                if warm.requests < SLOW {
                    self.runtime.block_on(self.homes.rest())?;
                    time *= 3;
                }
                Bodies::Cycle
            }
            Requests::Once { .. } => Bodies::Once,
        };
        let full = load::full(host, entry.path, &bodies, which, time)?;
        // Those whose answers did not come in time were sent, too; and wrk tries the script once.
        entry.requests.sent(usize::try_from(full.requests).unwrap_or(usize::MAX) + CONNECTIONS + 1);
        self.runtime.block_on(self.homes.rest())?;
        Ok(full)
    }

    fn half(&self, entry: &mut Entry, per_second: f64) -> Result<Option<f64>, BenchError> {
        let time = Duration::from_secs(self.settings.seconds);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "far fewer than 2^32 requests"
        )]
        let number = (per_second * time.as_secs_f64()) as usize + 1;
        let bodies = entry.requests.next(number);
        if number < TOLD_BY || bodies.is_empty() {
            return Ok(None);
        }
        let host = self.host(entry.who)?;
        let steady = load::steady(host, entry.path, bodies, per_second, time);
        let p99 = self.runtime.block_on(steady)?;
        entry.requests.sent(number);
        self.runtime.block_on(self.homes.rest())?;
        Ok(p99)
    }

    fn host(&self, who: Who) -> Result<&str, BenchError> {
        let found = self.contestants.iter().find(|(other, _)| *other == who);
        let found = found.map(|(_, contestant)| contestant.host.as_str());
        found.ok_or_else(|| BenchError::failed(who.name()))
    }

    fn peaks(&self) -> Result<Peaks, BenchError> {
        let peak = |(who, contestant): &(Who, Contestant)| Ok((*who, contestant.peak_mib()?));
        self.contestants.iter().map(peak).collect()
    }
}
