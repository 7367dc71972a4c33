//! Mobile networks: 2G to 4G everywhere for years, 2G switched off, 5G from the towns outward.

use registry_domain::connectivity::MobileGeneration;
use registry_domain::coverage::{CoverageEnd, CoverageKey, MobileOperator, Network, NewCoverage};
use registry_domain::text::Label;
use registry_domain::time::Date;
use registry_domain::unit::UnitId;

use crate::Step;
use crate::chance::{Question, chance, day};
use crate::ground::{Ground, date, merger, start, subject};
use crate::steps::{at_times, batches, by_day};
use crate::work::{Society, Work};

use MobileGeneration::{G2, G3, G4, G5};
use MobileOperator::{Gmobile, MobiFone, Vietnamobile, Viettel, VinaPhone};

/// A network spreads: from a year on, within some days, to a share of communes.
struct Spread(MobileOperator, MobileGeneration, i32, usize, f64);

const OLD: [Spread; 13] = [
    Spread(Viettel, G2, 2005, 900, 1.0),
    Spread(Viettel, G3, 2010, 700, 1.0),
    Spread(Viettel, G4, 2017, 500, 1.0),
    Spread(VinaPhone, G2, 2003, 1_100, 1.0),
    Spread(VinaPhone, G3, 2010, 800, 1.0),
    Spread(VinaPhone, G4, 2017, 700, 1.0),
    Spread(MobiFone, G2, 2004, 1_100, 1.0),
    Spread(MobiFone, G3, 2010, 900, 1.0),
    Spread(MobiFone, G4, 2017, 900, 1.0),
    Spread(Vietnamobile, G2, 2010, 900, 0.65),
    Spread(Vietnamobile, G3, 2012, 900, 0.6),
    Spread(Vietnamobile, G4, 2019, 900, 0.5),
    Spread(Gmobile, G2, 2012, 500, 0.04),
];

/// The day on which 2G was switched off in the whole country.
fn end_of_2g() -> Date {
    date(2024, 10, 16)
}

/// Days on which 5G that came since the day before was recorded.
fn days_of_5g() -> [Date; 6] {
    [(2024, 11), (2025, 2), (2025, 6), (2025, 10), (2026, 3), (2026, 10)]
        .map(|(year, month)| date(year, month, 2))
}

pub(crate) fn steps(ground: &Ground) -> Vec<Step> {
    let old: Vec<NewCoverage> = old(ground).collect();
    let ends: Vec<CoverageEnd> = old.iter().filter_map(end).collect();
    let first = at_times(start(), batches(old.into_iter(), coverage));
    let ended = batches(ends.into_iter(), |rows| Work::Society(Society::CoverageEnds(rows)));
    let ended = at_times(end_of_2g().succ_opt().unwrap_or_default(), ended);
    let new = in_towns(ground).chain(since_merger(ground));
    let new = new.map(|new| (new.key.from, new)).collect();
    let new = by_day(&days_of_5g(), new).into_iter();
    let new = new.flat_map(|(day, rows)| at_times(day, batches(rows.into_iter(), coverage)));
    first.chain(ended).chain(new).collect()
}

fn coverage(rows: Vec<NewCoverage>) -> Work {
    Work::Society(Society::Coverage(rows))
}

/// The networks before 5G.
fn old(ground: &Ground) -> impl Iterator<Item = NewCoverage> + '_ {
    ground.communes.iter().flat_map(|commune| {
        (0..).zip(&OLD).filter_map(
            move |(turn, Spread(operator, generation, year, days, share))| {
                let unit = subject(commune.id);
                // Who reaches a commune with one generation does so with others.
                if chance(unit, Question::NetworkReach, *operator as u32) >= *share {
                    return None;
                }
                let first = day(unit * 16 + turn, Question::NetworkDay, date(*year, 3, 1), *days);
                Some(new(commune.id, (*operator, *generation), commune.validity.nearest(first)))
            },
        )
    })
}

/// 5G in wards and townships before the merger.
fn in_towns(ground: &Ground) -> impl Iterator<Item = NewCoverage> + '_ {
    let firsts = [
        (Viettel, date(2024, 10, 17), 100),
        (VinaPhone, date(2024, 12, 20), 120),
        (MobiFone, date(2025, 3, 26), 60),
    ];
    ground.communes.iter().filter(|commune| commune.urban).flat_map(move |commune| {
        firsts.into_iter().map(move |(operator, first, days)| {
            let key = subject(commune.id) * 16 + 13 + operator as u32 % 3;
            new(commune.id, (operator, G5), day(key, Question::NetworkDay, first, days))
        })
    })
}

/// 5G in the new communes: in wards soon, in others later and not in all.
fn since_merger(ground: &Ground) -> impl Iterator<Item = NewCoverage> + '_ {
    let shares = [(Viettel, 0.9), (VinaPhone, 0.7), (MobiFone, 0.5)];
    ground.later.iter().flat_map(move |(unit, is_ward)| {
        shares.into_iter().filter_map(move |(operator, share)| {
            let key = subject(*unit) * 16 + operator as u32;
            let reached = chance(subject(*unit), Question::NetworkReach, 8 + operator as u32);
            let (first, days) = if *is_ward { (merger(), 90) } else { (date(2025, 10, 1), 360) };
            (*is_ward || reached < share)
                .then(|| new(*unit, (operator, G5), day(key, Question::NetworkDay, first, days)))
        })
    })
}

const fn new(
    commune: UnitId,
    (operator, generation): (MobileOperator, MobileGeneration),
    from: Date,
) -> NewCoverage {
    let network = Network { operator, generation };
    NewCoverage { key: CoverageKey { commune, network, from }, until: None }
}

fn end(coverage: &NewCoverage) -> Option<CoverageEnd> {
    let CoverageKey { commune, network, .. } = coverage.key;
    let reason = Label::parse("Tắt sóng 2G theo lộ trình cả nước").ok()?;
    (network.generation == G2).then_some(CoverageEnd {
        commune,
        network,
        until: end_of_2g(),
        reason,
    })
}
