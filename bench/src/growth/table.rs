//! `GROWTH.md`: what was measured, as tables.

use std::fmt::Write as _;
use std::fs;

use super::{BAR, Grown, TURNS, picture};
use crate::BenchError;
use crate::peers::results::{machine, milliseconds, rounded};
use crate::program::file;
use crate::server::median;

const INTRODUCTION: &str = "\
# Growth

Written by `cargo xtask bench growth`; [README.md](README.md) says how it is measured. What a work costs in provinces
of different sizes: the server's own time (`Server-Timing`), one client at a time, median of all rounds. The ratio is
that of the largest province to the smallest: the median of all rounds, and the least and the most of them.
";

pub(super) fn write(all: &[Grown], postgres: &str, rounds: usize) -> Result<(), BenchError> {
    let mut text = INTRODUCTION.to_owned();
    // Writing to memory can't fail.
    _ = writeln!(
        text,
        "\nPostgreSQL {postgres}; {}, shared by all servers, PostgreSQL and the client; {rounds} rounds of {TURNS} turns.",
        machine()?
    );
    for grown in all {
        text.push_str(&table(grown));
    }
    let file = file("GROWTH.md");
    fs::write(&file, text)?;
    eprintln!("growth: wrote {}", file.display());
    Ok(())
}

fn table(grown: &Grown) -> String {
    let Grown { who, households, works } = grown;
    let name = who.name();
    let mut text = format!(
        "\n## {name}\n\n![what each work costs by the number of households]({})\n\n|",
        picture::name(*who)
    );
    for households in households {
        _ = write!(text, " | {} households", thousands(*households));
    }
    text.push_str(" | ratio | bar |\n| ---");
    text.push_str(&" | ---".repeat(households.len() + 2));
    text.push_str(" |\n");
    for work in works {
        _ = write!(text, "| {}", work.told);
        for province in 0..households.len() {
            _ = write!(text, " | {}", milliseconds(work.typical(province)));
        }
        let ratios = work.ratios();
        let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let most = ratios.iter().copied().fold(0.0, f64::max);
        let bar = match work.is_flat() {
            Some(true) => format!("{BAR}: held"),
            Some(false) => format!("{BAR}: **missed**"),
            None => "–".to_owned(),
        };
        let (least, most, ratio) = (rounded(least), rounded(most), rounded(median(ratios)));
        _ = writeln!(text, " | {ratio} ({least}–{most}) | {bar} |");
    }
    text
}

/// A number with commas.
pub(super) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_part_thousands() {
        let told = [0, 20, 201, 20_186, 201_863, 2_018_630].map(thousands);
        assert_eq!(told, ["0", "20", "201", "20,186", "201,863", "2,018,630"]);
    }
}
