//! The audit log: what it costs a write, with and without; what verifying and proving cost.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::BenchError;
use crate::posting::{self, HOUSEHOLD};
use crate::program::{Engine, Home, Program};
use crate::server::{Server, median};

/// Rounds of the registry with the log and the one without.
const ROUNDS: usize = 5;

/// Households registered one after the other in a round.
const SINGLES: usize = 301;

/// Partners that report in a round, of many months each.
const PARTNERS: usize = 4;

/// Officers who write at once.
const WRITERS: u32 = 16;

/// How long they do in a round.
const LOAD: Duration = Duration::from_secs(5);

/// Surveys in a batch, and days on which a batch is recorded in a round.
const SURVEYS: usize = 100;
const DAYS: usize = 28;

/// Events that are written; each is then there so many times.
const EVENTS: u64 = 1_000;
const TIMES: u64 = 1_000;

/// Proofs asked for.
const PROOFS: u64 = 201;

/// Works whose cost is told with and without the log.
const WORKS: [(&str, &str); 4] = [
    ("single", "a household registered"),
    ("load", "the same by 16 at once"),
    ("report", "a report of 75 lines taken"),
    ("batch", "100 surveys recorded"),
];

/// Times by work.
type Times = BTreeMap<&'static str, Vec<f64>>;

pub(crate) fn run(
    audited: &Program<'_>,
    unaudited: &Program<'_>,
    engines: &[Engine; 2],
) -> Result<(), BenchError> {
    println!("\n| | | with the log | without | ratio |\n| --- | --- | --- | --- | --- |");
    for engine in engines {
        let [with, without] = compare(audited, unaudited, engine)?;
        for (work, told) in WORKS {
            let of = |times: &Times| median(times.get(work).cloned().unwrap_or_default());
            let (with, without) = (of(&with), of(&without));
            let ratio = with / without;
            let engine = engine.name();
            println!("| {told} | {engine} | {with:.2} ms | {without:.2} ms | {ratio:.2} |");
        }
    }
    println!("\n| | SQLite | PostgreSQL |\n| --- | --- | --- |");
    let [sqlite, postgres] = engines;
    let rows = prove(audited, sqlite)?.into_iter().zip(prove(audited, postgres)?);
    rows.for_each(|((what, sqlite), (_, postgres))| println!("| {what} | {sqlite} | {postgres} |"));
    Ok(())
}

/// One of the two that are compared, with data of its own.
struct Side<'a> {
    program: &'a Program<'a>,
    home: Home,
    times: Times,
}

impl<'a> Side<'a> {
    fn new(program: &'a Program<'a>, engine: &Engine) -> Result<Self, BenchError> {
        let home = Home::new(engine)?;
        program.run(&home, &["seed", "--scale", "small"])?;
        Ok(Self { program, home, times: Times::new() })
    }

    fn serve(&self, partners: &[String]) -> Result<Server, BenchError> {
        for partner in partners {
            posting::know_partner(self.program, &self.home, partner)?;
        }
        // Nobody pays for what was left to do before.
        self.program.run(&self.home, &["audit", "checkpoint"])?;
        Server::start(self.program, &self.home)
    }

    fn took(&mut self, work: &'static str, milliseconds: f64) {
        self.times.entry(work).or_default().push(milliseconds);
    }
}

/// The same works by both.
fn compare(
    audited: &Program<'_>,
    unaudited: &Program<'_>,
    engine: &Engine,
) -> Result<[Times; 2], BenchError> {
    let mut sides = [Side::new(audited, engine)?, Side::new(unaudited, engine)?];
    for round in 0..ROUNDS {
        let partner = |number| format!("{}{round}{number}", posting::PARTNER);
        let partners: Vec<String> = (0..PARTNERS).map(partner).collect();
        let servers = [sides[0].serve(&partners)?, sides[1].serve(&partners)?];
        work(&servers, &partners, &mut sides)?;
    }
    Ok(sides.map(|side| side.times))
}

/// Request by request in turns: the machine's moods, which last for seconds, are then the same for both.
fn work(
    servers: &[Server; 2],
    partners: &[String],
    sides: &mut [Side<'_>; 2],
) -> Result<(), BenchError> {
    let mut households = [Vec::new(), Vec::new()];
    for _ in 0..SINGLES {
        for ((server, side), households) in servers.iter().zip(&mut *sides).zip(&mut households) {
            let (time, data) = server.ask(HOUSEHOLD)?;
            side.took("single", time);
            let code = data["registerHousehold"]["household"]["code"].as_str().unwrap_or_default();
            households.push(code.to_owned());
        }
    }
    for partner in partners {
        for report in posting::reports(partner)? {
            for (server, side) in servers.iter().zip(&mut *sides) {
                side.took("report", server.ask(&report)?.0);
            }
        }
    }
    for day in 1..=DAYS {
        for ((server, side), households) in servers.iter().zip(&mut *sides).zip(&households) {
            let body = posting::surveys(&households[..SURVEYS], &format!("2024-02-{day:02}"));
            side.took("batch", server.ask(&body)?.0);
        }
    }
    for (server, side) in servers.iter().zip(sides) {
        side.took("load", server.load("register.lua", WRITERS, LOAD)?.median_ms);
    }
    Ok(())
}

/// Verifies a long log and asks for proofs.
fn prove(program: &Program<'_>, engine: &Engine) -> Result<Vec<(String, String)>, BenchError> {
    let home = Home::new(engine)?;
    program.run(&home, &["seed", "--scale", "small"])?;
    let server = Server::start(program, &home)?;
    for _ in 0..EVENTS {
        server.ask(HOUSEHOLD)?;
    }
    drop(server);
    // Each event of a household says how it is since; said again, it is true still.
    home.execute(&format!(
        "WITH RECURSIVE time(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM time WHERE n < {TIMES})
        INSERT INTO audit_event (recorded_at, actor, token, action, request_id, subjects, purpose,
            refusal, changes, changes_size, changes_root)
        SELECT recorded_at, actor, token, action, request_id, subjects, purpose,
            refusal, changes, changes_size, changes_root
        FROM (SELECT * FROM audit_event WHERE action = 'household.register'
            ORDER BY id DESC LIMIT {EVENTS}) AS event, time ORDER BY n, id"
    ))?;
    home.execute(
        "INSERT INTO audit_waiting (event) SELECT id FROM audit_event
        WHERE id > (SELECT MAX(event) FROM (SELECT event FROM audit_place
            UNION ALL SELECT event FROM audit_waiting) AS known)",
    )?;
    let sequenced = program.run(&home, &["audit", "checkpoint"])?;
    let verified = program.run(&home, &["audit", "verify"])?;
    home.settle()?;
    let server = Server::start(program, &home)?;
    let proof = |number: u64| {
        let event = number * (EVENTS * TIMES / PROOFS);
        let query = format!("{{ auditInclusionProof(event: {event}) {{ leafHash hashes }} }}");
        Ok::<_, BenchError>(server.ask(&format!(r#"{{"query":"{query}"}}"#))?.0)
    };
    let proofs = (0..PROOFS).map(proof).collect::<Result<Vec<_>, _>>()?;
    let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
    Ok(vec![
        ("1,000,000 events given their places".into(), seconds(sequenced.time)),
        ("1,000,000 events verified".into(), seconds(verified.time)),
        ("memory at its peak meanwhile".into(), format!("{} MiB", verified.peak_mib)),
        (
            "proof that one of them is in the log, median server time".into(),
            format!("{:.2} ms", median(proofs)),
        ),
    ])
}
