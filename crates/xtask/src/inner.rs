//! How much work the registry's inner parts are: their time, and their instructions.
//!
//! Time depends on the machine and on what else it does; the number of instructions hardly does, so
//! a change is held to it. What it was stands in the repository: a clean checkout has no past run
//! to compare with.

use std::collections::BTreeMap;
use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bench::target;
use crate::debian::require_valgrind;
use crate::{TaskError, output, run as run_program};

const PACKAGE: &str = "registry-bench-inner";

/// The function of the package's program while which is counted.
const COUNTED: &str = "*counted_work*";

/// How many percent more than recorded are too many.
const LIMIT: u64 = 10;

/// By the names of works.
type Instructions = BTreeMap<String, u64>;

pub(crate) fn run(settings: &[String]) -> Result<(), TaskError> {
    match settings {
        [setting] if setting == "--check" => check(),
        [setting] if setting == "--record" => record(),
        settings => time(settings),
    }
}

fn time(settings: &[String]) -> Result<(), TaskError> {
    let mut cargo = Command::new("cargo");
    cargo.args(["bench", "--package", PACKAGE, "--bench", "time", "--"]);
    run_program(cargo.args(settings))
}

/// Counts the instructions of every work and compares them with the record.
pub(crate) fn check() -> Result<(), TaskError> {
    let csv = fs::read_to_string(record_file()).map_err(|error| {
        let how = "`cargo xtask bench inner --record` writes it";
        TaskError::Missing(format!("bench/inner/instructions.csv: {error}; {how}"))
    })?;
    let origin = csv.lines().next().unwrap_or_default().trim_start_matches("# ");
    if !origin.starts_with(ARCH) {
        println!("   not compared on {ARCH}: what is recorded was counted on {origin}");
        return Ok(());
    }
    let recorded = csv.lines().skip(1).map(|line| {
        let entry = line
            .split_once(',')
            .and_then(|(work, count)| Some((work.to_owned(), count.parse().ok()?)));
        entry.ok_or_else(|| TaskError::Failed(format!("reading the record's line `{line}`")))
    });
    let recorded = recorded.collect::<Result<_, TaskError>>()?;
    let Comparison { worse, better } = compare(&recorded, &count()?);
    if !better.is_empty() {
        println!("   {}\n   `cargo xtask bench inner --record` keeps it so", better.join("\n   "));
    }
    if worse.is_empty() {
        return Ok(());
    }
    Err(TaskError::Regressed(format!(
        "inner works differ from bench/inner/instructions.csv:\n   {}\nRecorded on {origin}; this is {}. \
         bench/README.md tells how to see where instructions go. If it must be so, or is the \
         compiler's doing, run `cargo xtask bench inner --record`, and say why in the commit.",
        worse.join("\n   "),
        here()?,
    )))
}

fn record() -> Result<(), TaskError> {
    let counted = count()?;
    let lines = counted.iter().map(|(work, count)| format!("{work},{count}\n"));
    Ok(fs::write(record_file(), format!("# {}\n{}", here()?, lines.collect::<String>()))?)
}

fn record_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench/inner/instructions.csv")
}

/// What instructions depend on besides the code.
fn here() -> Result<String, TaskError> {
    Ok(format!("{ARCH}, {}", output(Command::new("rustc").arg("--version"))?.trim_end()))
}

fn count() -> Result<Instructions, TaskError> {
    require_valgrind()?;
    run_program(Command::new("cargo").args(["build", "--release", "--package", PACKAGE]))?;
    let program = target().join("release/inner");
    let folder = tempfile::tempdir()?;
    let profile = folder.path().join("profile");
    let works = output(&mut Command::new(&program))?;
    let counted = works.lines().map(|work| {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--quiet", "--tool=callgrind", &format!("--toggle-collect={COUNTED}")]);
        valgrind.arg(format!("--callgrind-out-file={}", profile.display()));
        run_program(valgrind.arg(&program).arg(work))?;
        let profile = fs::read_to_string(&profile)?;
        let total = profile.lines().find_map(|line| line.strip_prefix("totals: "));
        let count = total.and_then(|total| total.trim().parse().ok());
        let is_counted = |count: &u64| *count > 0;
        let count = count.filter(is_counted).ok_or_else(|| {
            TaskError::Failed(format!("finding the function {COUNTED} while it does {work}"))
        })?;
        Ok((work.to_owned(), count))
    });
    counted.collect()
}

/// What there is to say about works, a line each.
struct Comparison {
    worse: Vec<String>,
    better: Vec<String>,
}

fn compare(recorded: &Instructions, counted: &Instructions) -> Comparison {
    let (mut worse, mut better) = (Vec::new(), Vec::new());
    for (work, &count) in counted {
        let Some(&before) = recorded.get(work) else {
            worse.push(format!("{work} takes {count} instructions and is not recorded"));
            continue;
        };
        let told = |change| format!("{work} takes {count} instructions, {change} than {before}");
        if count * 100 > before * (100 + LIMIT) {
            worse.push(told(format!("{} % more", (count - before) * 100 / before.max(1))));
        } else if count * 100 <= before * (100 - LIMIT) {
            better.push(told(format!("{} % less", (before - count) * 100 / before)));
        }
    }
    let gone = recorded.keys().filter(|work| !counted.contains_key(*work));
    worse.extend(gone.map(|work| format!("{work} is recorded and no longer there")));
    Comparison { worse, better }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instructions<const N: usize>(works: [(&str, u64); N]) -> Instructions {
        works.map(|(work, count)| (work.to_owned(), count)).into()
    }

    #[test]
    fn more_than_a_tenth_more_is_worse_and_a_tenth_less_is_better() {
        let recorded = instructions([("a", 1_000), ("b", 1_000), ("c", 1_000), ("d", 1_000)]);
        let counted = instructions([("a", 1_100), ("b", 1_101), ("c", 901), ("d", 900)]);
        let Comparison { worse, better } = compare(&recorded, &counted);
        assert_eq!(worse, ["b takes 1101 instructions, 10 % more than 1000"]);
        assert_eq!(better, ["d takes 900 instructions, 10 % less than 1000"]);
    }

    #[test]
    fn works_and_record_must_name_the_same() {
        let Comparison { worse, .. } =
            compare(&instructions([("old", 5)]), &instructions([("new", 7)]));
        let expected =
            ["new takes 7 instructions and is not recorded", "old is recorded and no longer there"];
        assert_eq!(worse, expected);
    }
}
