//! Digital-technology teams, whom they helped, and training sessions.

mod help;
mod team;
mod training;

use registry_domain::time::{Date, YearMonth};

use crate::Step;
use crate::calibration::Calibration;
use crate::ground::Ground;

/// July 2022, the first month with help and training.
const FIRST_MONTH: i32 = 2_022 * 12 + 6;

/// How many months have help and training: until October 2026.
const MONTHS: u32 = 52;

pub(crate) fn steps(ground: &Ground, calibration: &Calibration) -> Vec<Step> {
    let teams = team::all(ground, calibration);
    let help = help::steps(ground, calibration, &teams);
    let trainings = training::steps(ground, calibration);
    team::steps(&teams).chain(help).chain(trainings).collect()
}

/// A month, counted from July 2022.
fn month_of(month: u32) -> YearMonth {
    YearMonth::from_index(FIRST_MONTH + month.cast_signed())
}

/// The day on which what happened in a month is recorded.
fn recorded_after(month: YearMonth) -> Date {
    month.next().first_day().succ_opt().unwrap_or_default()
}
