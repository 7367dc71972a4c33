//! Tallies: what is counted of hamlets beside surveys (teams, help, training, schools, banks, networks).
//!
//! Like the measures of surveys they are kept as changes per hamlet and month, so that a figure of
//! any unit, month and boundaries is a sum. They say nothing about any household.

use std::collections::BTreeMap;
use std::ops::{AddAssign, Index};

use crate::rollup::Sign;
use crate::time::{Date, YearMonth};
use crate::unit::UnitId;

/// One thing that is counted in a hamlet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(usize)]
pub enum Tally {
    /// 1 while a mobile network of any operator and generation reaches it.
    Covered,
    /// 1 while it has a digital-technology team of its own.
    WithTeam,
    /// Times that a team helped somebody there, so far.
    Helped,
    /// Attendances at training sessions held there, so far.
    Trained,
    /// Schools there that the figure of digital schools is about.
    Schools,
    /// Those of them that fulfil all criteria.
    DigitalSchools,
    /// Banks there.
    Banks,
    /// Those of them that offer e-banking.
    BanksWithEbanking,
}

impl Tally {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// All of them, in the order of [`Tallies`].
    pub const ALL: [Self; 8] = [
        Self::Covered,
        Self::WithTeam,
        Self::Helped,
        Self::Trained,
        Self::Schools,
        Self::DigitalSchools,
        Self::Banks,
        Self::BanksWithEbanking,
    ];

    /// The stable name; the form that is stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Covered => "COVERED",
            Self::WithTeam => "WITH_TEAM",
            Self::Helped => "HELPED",
            Self::Trained => "TRAINED",
            Self::Schools => "SCHOOLS",
            Self::DigitalSchools => "DIGITAL_SCHOOLS",
            Self::Banks => "BANKS",
            Self::BanksWithEbanking => "BANKS_WITH_EBANKING",
        }
    }

    /// Reads the stable name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tally| tally.code() == code)
    }
}

/// One number for each [`Tally`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tallies([i64; Tally::COUNT]);

impl Tallies {
    /// The numbers in the order of [`Tally::ALL`].
    #[must_use]
    pub const fn as_array(&self) -> &[i64; Tally::COUNT] {
        &self.0
    }

    /// Adds to one of them.
    pub const fn add(&mut self, tally: Tally, change: i64) {
        self.0[tally as usize] += change;
    }
}

impl Index<Tally> for Tallies {
    type Output = i64;

    fn index(&self, tally: Tally) -> &i64 {
        &self.0[tally as usize]
    }
}

impl AddAssign for Tallies {
    fn add_assign(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(count, more)| *count += more);
    }
}

/// Changes of tallies, by hamlet and month.
pub type TallyChanges = BTreeMap<(UnitId, YearMonth, Tally), i64>;

/// Adds `changes` into `sum`; with [`Sign::Minus`], takes them away.
pub fn accumulate(sum: &mut TallyChanges, changes: TallyChanges, sign: Sign) {
    for (place, change) in changes {
        let total = sum.entry(place).or_default();
        match sign {
            Sign::Plus => *total += change,
            Sign::Minus => *total -= change,
        }
    }
}

/// A span of time in which something holds: from a day on, until before another if it ends.
pub type Span = (Date, Option<Date>);

/// The changes of a tally that counts 1 at the end of each month in which any of `spans` holds.
#[must_use]
pub fn while_any_holds(spans: &[Span]) -> Vec<(YearMonth, i64)> {
    let holds = |month: YearMonth| {
        let day = month.last_day();
        spans.iter().any(|(from, until)| *from <= day && until.is_none_or(|until| until > day))
    };
    let dates = spans.iter().flat_map(|(from, until)| [Some(*from), *until]);
    let mut months: Vec<YearMonth> = dates.flatten().map(YearMonth::of).collect();
    months.sort_unstable();
    months.dedup();
    let mut before = false;
    let mut changes = Vec::new();
    for month in months {
        let now = holds(month);
        if now != before {
            changes.push((month, if now { 1 } else { -1 }));
            before = now;
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_tally_has_its_place_and_name() {
        for (place, tally) in Tally::ALL.into_iter().enumerate() {
            assert_eq!(tally as usize, place);
            assert_eq!(Tally::from_code(tally.code()), Some(tally));
        }
    }

    fn day(offset: u16) -> Date {
        Date::from_ymd_opt(2023, 1, 1).unwrap() + chrono::Days::new(offset.into())
    }

    proptest! {
        #[test]
        fn the_sum_of_changes_says_whether_any_span_holds(
            spans in prop::collection::vec((0u16..900, prop::option::of(1u16..400)), 0..6),
        ) {
            let spans: Vec<Span> = spans
                .into_iter()
                .map(|(from, length)| (day(from), length.map(|length| day(from + length))))
                .collect();
            let changes = while_any_holds(&spans);
            for month in (0..48).map(|offset| YearMonth::from_index(2023 * 12 + offset)) {
                let end = month.last_day();
                let holds = spans
                    .iter()
                    .any(|(from, until)| *from <= end && until.is_none_or(|until| end < until));
                let sum: i64 =
                    changes.iter().filter(|(at, _)| *at <= month).map(|(_, change)| change).sum();
                prop_assert_eq!(sum, i64::from(holds));
            }
        }
    }
}
