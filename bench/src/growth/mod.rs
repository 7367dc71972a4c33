//! How costs grow with the province: the same works on provinces of different sizes, one client at a time.
//!
//! The requests are those of [`crate::peers`]. All provinces are served at once and take turns of a
//! second or less, so that a machine that swings between phases swings for all of them.

mod picture;
mod province;
mod table;

use std::thread;
use std::time::Duration;

use tokio::runtime::Runtime;

use self::province::Province;
use crate::BenchError;
use crate::peers::contestant::Who;
use crate::peers::facts::Facts;
use crate::peers::homes::postgres_version;
use crate::program::{Engine, Home, Program};
use crate::server::median;

/// Turns of each province in a round of one work.
const TURNS: usize = 5;

/// Within this time a server reads again which partners there are.
const KNOWN_AFTER: Duration = Duration::from_secs(3);

/// What must not cost more than [`BAR`] times as much in the largest province as in the smallest.
const BARRED: [&str; 5] = ["household", "households", "indicators", "totals", "report"];

/// How much more, at most.
const BAR: f64 = 1.3;

/// What is compared.
#[derive(Debug, clap::Args)]
#[group(id = "growth")]
pub(crate) struct Settings {
    /// The provinces of `growth` by their scales, smallest first.
    #[arg(long, value_delimiter = ',', default_value = "tenth,province,tenfold")]
    sizes: Vec<String>,
    /// Measures `growth` on SQLite as well.
    #[arg(long)]
    sqlite: bool,
}

/// What was measured on one engine.
struct Grown {
    who: Who,
    /// The number of households of each province.
    households: Vec<usize>,
    works: Vec<Work>,
}

/// A work, and what it cost.
struct Work {
    name: &'static str,
    told: &'static str,
    /// Median times in milliseconds: round by round, province by province.
    rounds: Vec<Vec<f64>>,
}

impl Work {
    /// The median of all rounds in a province.
    fn typical(&self, province: usize) -> f64 {
        median(self.rounds.iter().map(|times| times[province]).collect())
    }

    /// How often the largest province's time holds the smallest's, in each round.
    fn ratios(&self) -> Vec<f64> {
        let ratio = |times: &Vec<f64>| Some(times.last()? / times.first()?);
        self.rounds.iter().filter_map(ratio).collect()
    }

    /// Whether the bar holds; `None` if there is none.
    fn is_flat(&self) -> Option<bool> {
        BARRED.contains(&self.name).then(|| median(self.ratios()) <= BAR)
    }
}

pub(crate) fn run(
    program: &Program<'_>,
    server: &str,
    settings: &Settings,
    rounds: usize,
) -> Result<(), BenchError> {
    if settings.sizes.is_empty() || rounds == 0 {
        return Err(BenchError::failed("growth needs at least one size and one round"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let homes = settle(program, &Engine::Postgres(server.to_owned()), settings)?;
    let read = |home: &Home| {
        home.settle()?;
        runtime.block_on(Facts::read(&home.database))
    };
    let facts = homes.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let bench = Bench { program, runtime, facts, rounds };
    let mut all = vec![bench.measure(Who::Registry, homes)?];
    if settings.sqlite {
        all.push(bench.measure(Who::Sqlite, settle(program, &Engine::Sqlite, settings)?)?);
    }
    for grown in &all {
        picture::draw(grown)?;
    }
    table::write(&all, &bench.runtime.block_on(postgres_version(server))?, rounds)
}

/// Seeds a province of each size.
fn settle(
    program: &Program<'_>,
    engine: &Engine,
    settings: &Settings,
) -> Result<Vec<Home>, BenchError> {
    let seeded = |scale: &String| {
        eprintln!("growth: seeding {scale} into {}", engine.name());
        let home = Home::new(engine)?;
        program.run(&home, &["seed", "--scale", scale])?;
        Ok(home)
    };
    settings.sizes.iter().map(seeded).collect()
}

/// Everything that measuring needs.
struct Bench<'a> {
    program: &'a Program<'a>,
    runtime: Runtime,
    /// Of each province; they are the same on both engines.
    facts: Vec<Facts>,
    rounds: usize,
}

impl Bench<'_> {
    /// Reads, then writes, then checks that the figures are exact still.
    fn measure(&self, who: Who, homes: Vec<Home>) -> Result<Grown, BenchError> {
        let start = |(home, facts)| Province::start(self.program, who, home, facts);
        let provinces = homes.into_iter().zip(&self.facts).map(start);
        let mut provinces = provinces.collect::<Result<Vec<_>, _>>()?;
        for province in &mut provinces {
            province.prepare_reads(&self.runtime)?;
        }
        let mut works = self.take_turns(&mut provinces)?;
        for province in &mut provinces {
            province.prepare_writes()?;
        }
        thread::sleep(KNOWN_AFTER);
        works.extend(self.take_turns(&mut provinces)?);
        let households = self.facts.iter().map(|facts| facts.households.len()).collect();
        for province in provinces {
            province.check(self.program)?;
        }
        Ok(Grown { who, households, works })
    }

    /// All works that the provinces are prepared for, in rounds.
    fn take_turns(&self, provinces: &mut [Province<'_>]) -> Result<Vec<Work>, BenchError> {
        let Some(first) = provinces.first() else { return Ok(Vec::new()) };
        let unmeasured = |(name, told)| Work { name, told, rounds: Vec::new() };
        let mut works: Vec<Work> = first.works().map(unmeasured).collect();
        for round in 1..=self.rounds {
            for (place, work) in works.iter_mut().enumerate() {
                let times = self.round(provinces, place)?;
                eprintln!("growth: round {round}: {}: {times:.3?} ms", work.name);
                work.rounds.push(times);
            }
        }
        Ok(works)
    }

    /// The median time of one work in each province, by turns; each turn begins with another of them.
    fn round(&self, provinces: &mut [Province<'_>], work: usize) -> Result<Vec<f64>, BenchError> {
        let mut times = vec![Vec::new(); provinces.len()];
        for turn in 0..TURNS {
            for place in 0..provinces.len() {
                let place = (place + turn) % provinces.len();
                times[place].extend(self.runtime.block_on(provinces[place].turn(work))?);
            }
        }
        Ok(times.into_iter().map(median).collect())
    }
}
