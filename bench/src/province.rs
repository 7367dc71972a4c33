//! The province on both engines, as a user would run it: seeding, reading, posting.

use std::iter::repeat_n;
use std::time::Duration;

use crate::program::{Engine, Home, Program};
use crate::server::{Server, median};
use crate::{BenchError, posting};

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
    memory_mib: u64,
    indicators_ms: f64,
    totals_ms: f64,
    listings_ms: f64,
    search_ms: f64,
    report_ms: f64,
    certificates_ms: f64,
}

pub(crate) fn run(program: &Program<'_>, engines: &[Engine; 2]) -> Result<(), BenchError> {
    let [sqlite, postgres] = engines;
    let (sqlite, postgres) = (measure(program, sqlite)?, measure(program, postgres)?);
    let row = |what: &str, told: &dyn Fn(&Measured) -> String| {
        println!("| {what} | {} | {} |", told(&sqlite), told(&postgres));
    };
    let milliseconds = |what: &str, of: &dyn Fn(&Measured) -> f64| {
        row(&format!("{what}, median server time"), &|measured| format!("{:.2} ms", of(measured)));
    };
    println!("| | SQLite | PostgreSQL |\n| --- | --- | --- |");
    row("`seed --scale province`", &|m| format!("{:.1} s", m.seed.as_secs_f64()));
    row("`serve` until ready, seeded", &|m| format!("{:.2} s", m.ready.as_secs_f64()));
    row("mixed queries a second, 32 connections", &|m| format!("{}", m.requests / LOAD.as_secs()));
    row("resident memory afterwards", &|m| {
        format!("{} MiB after {} queries", m.memory_mib, m.requests)
    });
    milliseconds("all 23 indicators of the province and its 75 communes", &|m| m.indicators_ms);
    milliseconds("certificates of the province by partner and month", &|m| m.totals_ms);
    milliseconds(
        "50 listings on sale with seller, product, marketplace, commune and all facets",
        &|m| m.listings_ms,
    );
    milliseconds("up to 50 listings found by `buoi nam roi`", &|m| m.search_ms);
    milliseconds("a report of 75 lines taken", &|m| m.report_ms);
    milliseconds("1,000 single certificates registered", &|m| m.certificates_ms);
    Ok(())
}

fn measure(program: &Program<'_>, engine: &Engine) -> Result<Measured, BenchError> {
    let home = Home::new(engine)?;
    let seed = program.run(&home, &["seed", "--scale", "province"])?.time;
    let server = Server::start(program, &home)?;
    let requests = server.load("mixed.lua", 32, LOAD)?.requests;
    let memory_mib = server.memory_mib()?;
    let often = |body| Ok::<_, BenchError>(median(server.times(repeat_n(body, SINGLES))?));
    let indicators_ms = often(INDICATORS)?;
    let totals_ms = often(TOTALS)?;
    let listings_ms = often(LISTINGS)?;
    let search_ms = often(SEARCH)?;
    posting::know_partner(program, &home, posting::PARTNER)?;
    let (reports, certificates) = (posting::reports(posting::PARTNER)?, posting::certificates());
    Ok(Measured {
        seed,
        ready: server.ready,
        requests,
        memory_mib,
        indicators_ms,
        totals_ms,
        listings_ms,
        search_ms,
        report_ms: median(server.times(reports.iter().map(String::as_str))?),
        certificates_ms: median(server.times(certificates.iter().map(String::as_str))?),
    })
}
