//! A province of one size on one engine: its database, its server, and what it is asked.

use tokio::runtime::Runtime;

use crate::BenchError;
use crate::peers::contestant::{Contestant, Who};
use crate::peers::cursors::Cursors;
use crate::peers::facts::Facts;
use crate::peers::homes::know_partners;
use crate::peers::http::Connection;
use crate::peers::work::{Entry, Requests, Work};
use crate::peers::{reads, writes};
use crate::program::{Home, Program};

/// The works that read and are measured here; others tell nothing of how many households there are.
const READS: [&str; 5] = ["household", "households", "communes", "indicators", "totals"];

/// Requests that begin a turn and are not counted.
const WARM_UP: usize = 5;

/// Requests of a turn that are counted.
const COUNTED: usize = 40;

/// A province that is served.
pub(super) struct Province<'a> {
    /// Stopped before its database goes.
    server: (Who, Contestant),
    home: Home,
    facts: &'a Facts,
    works: Vec<Asked>,
}

/// A work as this province is asked for it.
struct Asked {
    name: &'static str,
    told: &'static str,
    entry: Entry,
    /// How many requests were sent.
    sent: usize,
}

impl<'a> Province<'a> {
    pub(super) fn start(
        program: &Program<'_>,
        who: Who,
        home: Home,
        facts: &'a Facts,
    ) -> Result<Self, BenchError> {
        let server = (who, Contestant::registry(program, &home)?);
        Ok(Self { server, home, facts, works: Vec::new() })
    }

    pub(super) fn prepare_reads(&mut self, runtime: &Runtime) -> Result<(), BenchError> {
        let pages = self.facts.page_starts.len();
        let cursors = Cursors::read(std::slice::from_ref(&self.server), pages, runtime)?;
        let works = reads::works(self.facts, &cursors, reads::MANY);
        self.ask(works.into_iter().filter(|work| READS.contains(&work.name)));
        Ok(())
    }

    pub(super) fn prepare_writes(&mut self) -> Result<(), BenchError> {
        self.home.execute(&know_partners(self.server.0))?;
        self.ask(writes::works(self.facts)?);
        Ok(())
    }

    fn ask(&mut self, works: impl IntoIterator<Item = Work>) {
        let who = self.server.0;
        let asked = |work: Work| {
            let Work { name, told, entries } = work;
            let entry = entries.into_iter().find(|entry| entry.who == who)?;
            Some(Asked { name, told, entry, sent: 0 })
        };
        self.works = works.into_iter().filter_map(asked).collect();
    }

    /// What it is prepared for, by name and description.
    pub(super) fn works(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.works.iter().map(|work| (work.name, work.told))
    }

    /// The server's times for some requests of a work, one after the other, in milliseconds.
    pub(super) async fn turn(&mut self, work: usize) -> Result<Vec<f64>, BenchError> {
        let Asked { name, entry, sent, .. } = &mut self.works[work];
        let number = WARM_UP + COUNTED;
        let bodies = entry.requests.next(number);
        // Those that can be sent again go on where the last turn ended.
        let passed = match entry.requests {
            Requests::Cycle(_) => *sent % bodies.len().max(1),
            Requests::Once { .. } if bodies.len() < number => {
                return Err(BenchError::failed(format!("{name}: nothing is left to be written")));
            }
            Requests::Once { .. } => 0,
        };
        // Other works take their turns meanwhile, longer than a server keeps an idle connection.
        let mut connection = Connection::open(&self.server.1.host).await?;
        let mut times = Vec::with_capacity(number);
        for body in bodies.iter().cycle().skip(passed).take(number) {
            connection.post(entry.path, body).await?;
            let time = connection.server_ms();
            times.push(time.ok_or_else(|| BenchError::failed("an answer that tells no time"))?);
        }
        entry.requests.sent(number);
        *sent += number;
        Ok(times.split_off(WARM_UP))
    }

    /// Whether the figures are exact after all that was written.
    pub(super) fn check(self, program: &Program<'_>) -> Result<(), BenchError> {
        let Self { server, home, facts, .. } = self;
        drop(server);
        eprintln!("growth: checking the rollups of {} households", facts.households.len());
        program.run(&home, &["rollup", "check"])?;
        Ok(())
    }
}
