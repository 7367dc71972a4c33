//! From the records of households to changes of figures, and from those to figures.

use registry_domain::indicator::{Audience, IndicatorCode, Totals};
use registry_domain::rollup::{
    Changes, History, Measure, Measures, RollupCube, Sign, Stay, accumulate, changes,
};
use registry_domain::tally::{Tally, TallyChanges};
use registry_domain::time::{Date, YearMonth};
use registry_domain::unit::UnitId;

use crate::unit::{self, PROVINCE};
use crate::{Prepared, Unprepared, prepared};

const HOUSEHOLDS: i32 = 200;
const MONTHS: i32 = 24;

fn month(offset: i32) -> YearMonth {
    YearMonth::from_index(2024 * 12 + offset)
}

/// Two stays and six surveys of each household.
fn histories() -> Vec<History> {
    let day = |offset: i32| month(offset % MONTHS).first_day();
    let hamlets: Vec<UnitId> = unit::hamlets().collect();
    let history = |number: i32| {
        let stays = [(0, number), (9, number + 1)].map(|(from, hamlet)| Stay {
            from: day(from),
            hamlet: hamlets.iter().copied().cycle().nth(hamlet.unsigned_abs() as usize),
        });
        let survey = |times: i32| -> (Date, Measures) {
            (day(number + 5 * times), Measures::from_array([1 + times; Measure::COUNT]))
        };
        History { stays: stays.into(), surveys: (0..6).map(survey).collect() }
    };
    (0..HOUSEHOLDS).map(history).collect()
}

pub(crate) fn changed() -> Result<Prepared, Unprepared> {
    let histories = histories();
    Ok(prepared(move || histories.iter().map(|history| changes(history).len()).sum::<usize>()))
}

pub(crate) fn accumulated() -> Result<Prepared, Unprepared> {
    let found: Vec<Changes> = histories().iter().map(changes).collect();
    Ok(prepared(move || {
        let mut sum = Changes::new();
        for changes in found.clone() {
            accumulate(&mut sum, changes, Sign::Plus);
        }
        sum
    }))
}

/// Something changes in every hamlet every month.
fn monthly() -> (Changes, TallyChanges) {
    let places =
        || unit::hamlets().flat_map(|hamlet| (0..MONTHS).map(move |at| (hamlet, month(at))));
    let measures = places().map(|place| (place, Measures::from_array([7; Measure::COUNT])));
    let tallies = places().map(|(hamlet, month)| ((hamlet, month, Tally::Helped), 3));
    (measures.collect(), tallies.collect())
}

/// All figures of the province, made anew.
pub(crate) fn cube() -> Result<Prepared, Unprepared> {
    let (measures, tallies) = monthly();
    Ok(prepared(move || RollupCube::of(&measures, &tallies)))
}

/// Every indicator of the province at the end of every month of a year.
pub(crate) fn figures() -> Result<Prepared, Unprepared> {
    let (measures, tallies) = monthly();
    let cube = RollupCube::of(&measures, &tallies);
    let [_, since] = unit::days()?;
    let portions = unit::province()?.portions(PROVINCE, since);
    Ok(prepared(move || {
        let told = |at| {
            let totals = Totals::add_up(&cube, &portions, month(at), Audience::Public);
            IndicatorCode::all().filter_map(|code| totals.figure(code)?.value()).sum::<f64>()
        };
        (0..12).map(told).sum::<f64>()
    }))
}
