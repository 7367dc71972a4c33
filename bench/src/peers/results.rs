//! `RESULTS.md`: what was measured, as tables.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use serde_json::Value;

use super::contestant::Who;
use super::{Measured, Outcome, Peaks, Settings};
use crate::BenchError;
use crate::program::file;

const INTRODUCTION: &str = "\
# Results

Written by `cargo xtask bench peers`; [README.md](README.md) says who the contestants are and what to keep in
mind. 32 connections. Requests a second and times are medians of all rounds. A ratio above 1 means faster than
the other. *p99 at half* is the time that 99 of 100 requests take while so many arrive each second as half the
contestant's own peak; – where fewer than 100 were sent, or the rate was not held.
";

pub(super) fn write(
    outcomes: &[Outcome],
    peaks: &[Peaks; 2],
    postgres: &str,
    settings: &Settings,
) -> Result<(), BenchError> {
    let mut text = INTRODUCTION.to_owned();
    // Writing to memory can't fail.
    _ = writeln!(text, "\n{}", environment(postgres, settings)?);
    for outcome in outcomes {
        text.push_str(&table(outcome));
    }
    text.push_str(&memory(peaks));
    let file = file("RESULTS.md");
    fs::write(&file, text)?;
    eprintln!("peers: wrote {}", file.display());
    Ok(())
}

fn table(Outcome { work, measured }: &Outcome) -> String {
    let usual = |who: Who| {
        let mut entries = work.entries.iter().zip(measured);
        let found = entries.find(|(entry, _)| entry.who == who && entry.variant.is_none());
        found.map(|(_, measured)| measured.per_second())
    };
    let (floor, postgraphile) = (usual(Who::Floor), usual(Who::PostGraphile));
    let mut text = format!(
        "\n## {}\n\nDifferent requests: {}.\n\n\
        | | requests/s | × floor | × PostGraphile | p50 | p99 | p99 at half |\n\
        | --- | --- | --- | --- | --- | --- | --- |\n",
        work.told,
        work.entries.first().map_or(0, |entry| entry.requests.count()),
    );
    for (entry, measured) in work.entries.iter().zip(measured) {
        let own = measured.per_second();
        let times =
            |other: Option<f64>| other.map_or_else(|| "–".into(), |other| rounded(own / other));
        _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} |",
            entry.label(),
            rounded(own),
            times(floor),
            times(postgraphile),
            milliseconds(measured.median(|full| full.p50_ms)),
            milliseconds(measured.median(|full| full.p99_ms)),
            measured.half_p99_ms.map_or_else(|| "–".into(), milliseconds),
        );
    }
    text + &spread(measured)
}

/// How far the rounds were apart, at worst.
fn spread(measured: &[Measured]) -> String {
    let apart = |measured: &Measured| {
        let rounds = || measured.full.iter().map(|full| full.per_second);
        let (least, most) = (rounds().fold(f64::INFINITY, f64::min), rounds().fold(0.0, f64::max));
        100.0 * (most - least) / measured.per_second()
    };
    let worst = measured.iter().map(apart).fold(0.0, f64::max);
    format!("\nRounds of one contestant were at most {worst:.0} % apart.\n")
}

fn memory([reading, writing]: &[Peaks; 2]) -> String {
    let mut text = String::from(
        "\n## Memory\n\nThe most that each contestant's own processes held (`VmHWM`, added up). PostgreSQL's own \
        comes on top; all but SQLite share it.\n\n\
        | | after the works that read | after those that write |\n| --- | --- | --- |\n",
    );
    for (who, before) in reading {
        let after = writing.iter().find(|(other, _)| other == who);
        let after = after.map_or_else(|| "–".into(), |(_, after)| format!("{after} MiB"));
        _ = writeln!(text, "| {} | {before} MiB | {after} |", who.name());
    }
    text
}

fn environment(postgres: &str, settings: &Settings) -> Result<String, BenchError> {
    let package = fs::read_to_string(file("postgraphile/package.json"))?;
    let package: Value = serde_json::from_str(&package).unwrap_or_default();
    let version = |name: &str| package["dependencies"][name].as_str().unwrap_or("?").to_owned();
    // It answers with its usage, and fails.
    let wrk = Command::new("wrk").arg("-v").output()?;
    let wrk = String::from_utf8_lossy(&wrk.stdout).into_owned();
    let wrk = wrk.split_whitespace().nth(1).unwrap_or("?").to_owned();
    Ok(format!(
        "PostgreSQL {postgres}, PostGraphile {} with pg-aggregates {} on Node {}, wrk {wrk}; {}, \
        shared by contestant, PostgreSQL and load generator; {} rounds of {} s; scale `{}`.",
        version("postgraphile"),
        version("@graphile/pg-aggregates"),
        version("node"),
        machine()?,
        settings.rounds,
        settings.seconds,
        settings.scale,
    ))
}

/// Cores and memory.
pub(crate) fn machine() -> Result<String, BenchError> {
    let cpu = fs::read_to_string("/proc/cpuinfo")?;
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("?", |(_, model)| model.trim());
    let memory = fs::read_to_string("/proc/meminfo")?;
    let memory = memory.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let memory = memory.and_then(|told| told.trim().trim_end_matches(" kB").parse::<u64>().ok());
    Ok(format!("{cores} cores of {model}, {} GiB", memory.unwrap_or_default() / 1_048_576))
}

/// Three digits.
pub(crate) fn rounded(number: f64) -> String {
    match number {
        // None was answered.
        _ if !number.is_finite() => "–".into(),
        _ if number >= 100.0 => format!("{number:.0}"),
        _ if number >= 10.0 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

pub(crate) fn milliseconds(time: f64) -> String {
    format!("{} ms", rounded(time))
}
