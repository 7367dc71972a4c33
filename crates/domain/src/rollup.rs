//! Rollups: what each household adds to its hamlet's figures, month by month. Pure arithmetic.
//!
//! The store keeps, per hamlet and month, by how much each measure *changed* during the month. A
//! figure at the end of a month is the sum of the changes up to it. One function,
//! [`changes`], turns the records of one household into its part of that table: the writing
//! transaction applies the difference between after and before, and the check recomputes
//! everything with the same function.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::{AddAssign, Index, SubAssign};
use std::sync::Arc;

use crate::connectivity::{DigitalService, Survey};
use crate::tally::{Tallies, TallyChanges};
use crate::time::{Date, YearMonth};
use crate::unit::{UnitId, UnitMap};

/// One thing that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Active households with at least one survey.
    HouseholdsSurveyed,
    /// Of these, with fibre.
    HouseholdsWithFibre,
    /// Adults in surveyed households, on the day of the newest survey.
    Adults,
    /// Of these, with a smartphone.
    AdultsWithSmartphone,
    /// People of working age in surveyed households.
    WorkingAge,
    /// Of these, trained in digital skills.
    WorkingAgeTrained,
    /// Adults with a public-service account.
    AdultsWithPublicServiceAccount,
    /// Adults with `VNeID` level 2.
    AdultsWithVneidLevel2,
    /// Adults who pay any bill without cash.
    AdultsPayingCashless,
    /// Adults using one digital service.
    AdultsUsing(DigitalService),
}

const BEFORE_SERVICES: usize = 9;

impl Measure {
    /// How many measures there are.
    pub const COUNT: usize = BEFORE_SERVICES + DigitalService::COUNT;

    pub(crate) const fn place(self) -> usize {
        match self {
            Self::HouseholdsSurveyed => 0,
            Self::HouseholdsWithFibre => 1,
            Self::Adults => 2,
            Self::AdultsWithSmartphone => 3,
            Self::WorkingAge => 4,
            Self::WorkingAgeTrained => 5,
            Self::AdultsWithPublicServiceAccount => 6,
            Self::AdultsWithVneidLevel2 => 7,
            Self::AdultsPayingCashless => 8,
            Self::AdultsUsing(service) => BEFORE_SERVICES + service as usize,
        }
    }
}

/// One number for each [`Measure`]; also a difference of such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Measures([i32; Measure::COUNT]);

impl Measures {
    /// What one surveyed household counts for.
    #[must_use]
    pub fn of(survey: &Survey) -> Self {
        let adoption = &survey.adoption;
        let mut counts = [0; Measure::COUNT];
        counts[..BEFORE_SERVICES].copy_from_slice(&[
            1,
            i32::from(survey.has_fibre()),
            survey.adults.into(),
            adoption.smartphone.into(),
            survey.working_age.into(),
            adoption.trained.into(),
            adoption.public_service_account.into(),
            adoption.vneid_level_2.into(),
            adoption.cashless.into(),
        ]);
        for (count, used) in counts[BEFORE_SERVICES..].iter_mut().zip(adoption.services) {
            *count = used.into();
        }
        Self(counts)
    }

    /// The numbers in the order in which they are stored.
    #[must_use]
    pub const fn as_array(&self) -> &[i32; Measure::COUNT] {
        &self.0
    }

    /// Numbers in the order in which they are stored.
    #[must_use]
    pub const fn from_array(counts: [i32; Measure::COUNT]) -> Self {
        Self(counts)
    }

    /// Whether nothing is counted.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|count| *count == 0)
    }
}

impl Index<Measure> for Measures {
    type Output = i32;

    fn index(&self, measure: Measure) -> &i32 {
        &self.0[measure.place()]
    }
}

impl AddAssign for Measures {
    fn add_assign(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(count, more)| *count += more);
    }
}

impl SubAssign for Measures {
    fn sub_assign(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(count, less)| *count -= less);
    }
}

/// Where a household lives from a date on; `None` once it is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay {
    /// The first day.
    pub from: Date,
    /// The hamlet.
    pub hamlet: Option<UnitId>,
}

/// The records of one household that its figures follow from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// In the order of the household's versions, so by date.
    pub stays: Vec<Stay>,
    /// In any order; at most one a day.
    pub surveys: Vec<(Date, Measures)>,
}

/// Changes of figures, by hamlet and month.
pub type Changes = BTreeMap<(UnitId, YearMonth), Measures>;

/// What one household changes in its hamlets' figures, month by month.
///
/// At the end of a month it counts in the hamlet it lives in then, with its newest survey by then.
#[must_use]
pub fn changes(history: &History) -> Changes {
    let dates = history.stays.iter().map(|stay| stay.from);
    let dates = dates.chain(history.surveys.iter().map(|(date, _)| *date));
    let mut months: Vec<YearMonth> = dates.map(YearMonth::of).collect();
    months.sort_unstable();
    months.dedup();

    let mut found = Changes::new();
    let mut before = None;
    for month in months {
        let now = standing(history, month.last_day());
        if now != before {
            if let Some((hamlet, measures)) = before {
                *found.entry((hamlet, month)).or_default() -= measures;
            }
            if let Some((hamlet, measures)) = now {
                *found.entry((hamlet, month)).or_default() += measures;
            }
            before = now;
        }
    }
    found.retain(|_, measures| !measures.is_zero());
    found
}

fn standing(history: &History, on: Date) -> Option<(UnitId, Measures)> {
    let stay = history.stays.iter().rfind(|stay| stay.from <= on)?;
    let newest =
        history.surveys.iter().filter(|(date, _)| *date <= on).max_by_key(|(date, _)| *date);
    stay.hamlet.zip(newest.map(|(_, measures)| *measures))
}

/// Adds `changes` into `sum`; with [`Sign::Minus`], takes them away.
pub fn accumulate(sum: &mut Changes, changes: Changes, sign: Sign) {
    for (place, measures) in changes {
        let total = sum.entry(place).or_default();
        match sign {
            Sign::Plus => *total += measures,
            Sign::Minus => *total -= measures,
        }
    }
}

/// Whether something is added or taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Added.
    Plus,
    /// Taken away.
    Minus,
}

/// All rollups in memory: the figures of every hamlet at the end of every month. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct RollupCube {
    hamlets: UnitMap<Arc<Series>>,
}

/// Running sums of one hamlet, in order of month.
#[derive(Debug, Default)]
struct Series {
    measures: Vec<(YearMonth, Measures)>,
    tallies: Vec<(YearMonth, Tallies)>,
}

/// What is counted in one hamlet at the end of one month.
#[derive(Debug, Clone, Copy, Default)]
pub struct HamletFigures {
    /// In surveyed households.
    pub measures: Measures,
    /// Beside surveys.
    pub tallies: Tallies,
}

impl RollupCube {
    /// The figures that follow from all changes of all hamlets.
    #[must_use]
    pub fn of(changes: &Changes, tally_changes: &TallyChanges) -> Self {
        let mut tallies: BTreeMap<(UnitId, YearMonth), Tallies> = BTreeMap::new();
        for ((hamlet, month, tally), change) in tally_changes {
            tallies.entry((*hamlet, *month)).or_default().add(*tally, *change);
        }
        let (measures, tallies) = (by_hamlet(changes), by_hamlet(&tallies));
        let hamlets: BTreeSet<UnitId> = measures.keys().chain(tallies.keys()).copied().collect();
        let mut cube = Self::default();
        for hamlet in hamlets {
            let measures = measures.get(&hamlet).cloned().unwrap_or_default();
            cube.replace(hamlet, measures, tallies.get(&hamlet).cloned().unwrap_or_default());
        }
        cube
    }

    /// Replaces one hamlet's figures by the sums of its monthly changes, given in order of month.
    pub fn replace(
        &mut self,
        hamlet: UnitId,
        measures: impl IntoIterator<Item = (YearMonth, Measures)>,
        tallies: impl IntoIterator<Item = (YearMonth, Tallies)>,
    ) {
        let series = Series { measures: sums(measures), tallies: sums(tallies) };
        self.hamlets.insert(hamlet, Arc::new(series));
    }

    /// A hamlet's figures at the end of `month`; all zero before its first record.
    #[must_use]
    pub fn at(&self, hamlet: UnitId, month: YearMonth) -> HamletFigures {
        let Some(series) = self.hamlets.get(&hamlet) else {
            return HamletFigures::default();
        };
        HamletFigures {
            measures: newest(&series.measures, month),
            tallies: newest(&series.tallies, month),
        }
    }
}

/// The changes of each hamlet, in order of month.
fn by_hamlet<T: Copy>(
    changes: &BTreeMap<(UnitId, YearMonth), T>,
) -> HashMap<UnitId, Vec<(YearMonth, T)>> {
    let mut found: HashMap<UnitId, Vec<(YearMonth, T)>> = HashMap::new();
    for ((hamlet, month), change) in changes {
        found.entry(*hamlet).or_default().push((*month, *change));
    }
    found
}

fn sums<T: Copy + Default + AddAssign>(
    changes: impl IntoIterator<Item = (YearMonth, T)>,
) -> Vec<(YearMonth, T)> {
    let mut total = T::default();
    let sums = changes.into_iter().map(|(month, change)| {
        total += change;
        (month, total)
    });
    sums.collect()
}

fn newest<T: Copy + Default>(sums: &[(YearMonth, T)], month: YearMonth) -> T {
    let past = sums.partition_point(|(at, _)| *at <= month);
    past.checked_sub(1).map(|place| sums[place].1).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tally::Tally;

    fn day(offset: u16) -> Date {
        Date::from_ymd_opt(2023, 1, 1).unwrap() + chrono::Days::new(offset.into())
    }

    fn histories() -> impl Strategy<Value = History> {
        let stay = (0u16..900, prop::option::of(1i32..4));
        let survey = (0u16..900, 1i32..5);
        (prop::collection::vec(stay, 1..5), prop::collection::vec(survey, 0..6)).prop_map(
            |(mut stays, surveys)| {
                stays.sort_by_key(|(from, _)| *from);
                let stays = stays.into_iter().map(|(from, hamlet)| Stay {
                    from: day(from),
                    hamlet: hamlet.map(UnitId::new),
                });
                let surveys: BTreeMap<_, _> = surveys
                    .into_iter()
                    .map(|(on, count)| (day(on), Measures([count; Measure::COUNT])))
                    .collect();
                History { stays: stays.collect(), surveys: surveys.into_iter().collect() }
            },
        )
    }

    proptest! {
        #[test]
        fn the_sum_of_changes_is_the_standing_at_every_month_end(history in histories()) {
            let changes = changes(&history);
            for month in (0..36).map(|offset| YearMonth::from_index(2023 * 12 + offset)) {
                for hamlet in (1..4).map(UnitId::new) {
                    let mut total = Measures::default();
                    changes
                        .iter()
                        .filter(|((at, when), _)| *at == hamlet && *when <= month)
                        .for_each(|(_, change)| total += *change);
                    let expected = standing(&history, month.last_day())
                        .filter(|(at, _)| *at == hamlet)
                        .map_or_else(Measures::default, |(_, measures)| measures);
                    prop_assert_eq!(total, expected);
                }
            }
        }

        #[test]
        fn applying_differences_equals_recomputing(before in histories(), after in histories()) {
            let mut kept = changes(&before);
            accumulate(&mut kept, changes(&after), Sign::Plus);
            accumulate(&mut kept, changes(&before), Sign::Minus);
            kept.retain(|_, measures| !measures.is_zero());
            prop_assert_eq!(kept, changes(&after));
        }
    }

    proptest! {
        /// Whoever records a survey need not read those before the one that it follows.
        #[test]
        fn a_survey_changes_nothing_before_the_one_it_follows(
            history in histories(), after in 1u16..400, count in 1i32..5,
        ) {
            let newest = history.surveys.iter().copied().max_by_key(|(date, _)| *date);
            let on = newest.map_or(day(0), |(date, _)| date) + chrono::Days::new(after.into());
            let new = (on, Measures([count; Measure::COUNT]));
            let difference = |surveys: Vec<_>| {
                let mut history = History { stays: history.stays.clone(), surveys };
                let mut sum = Changes::new();
                accumulate(&mut sum, changes(&history), Sign::Minus);
                history.surveys.push(new);
                accumulate(&mut sum, changes(&history), Sign::Plus);
                sum.retain(|_, measures| !measures.is_zero());
                sum
            };
            let of_newest = difference(newest.into_iter().collect());
            prop_assert_eq!(difference(history.surveys.clone()), of_newest);
        }
    }

    #[test]
    fn a_cube_made_of_all_changes_tells_the_same() {
        let [one, two] = [1, 2].map(UnitId::new);
        let month = |text: &str| text.parse::<YearMonth>().unwrap();
        let counted = |count| Measures([count; Measure::COUNT]);
        let changes = Changes::from([
            ((one, month("2024-01")), counted(3)),
            ((one, month("2024-03")), counted(-1)),
        ]);
        let tallies = TallyChanges::from([
            ((one, month("2024-02"), Tally::Helped), 5),
            ((two, month("2024-02"), Tally::Banks), 7),
        ]);
        let cube = RollupCube::of(&changes, &tallies);
        let figures = |hamlet, text| {
            let figures = cube.at(hamlet, month(text));
            let tallies = figures.tallies;
            (figures.measures[Measure::Adults], tallies[Tally::Helped], tallies[Tally::Banks])
        };
        assert_eq!(figures(one, "2024-01"), (3, 0, 0));
        assert_eq!(figures(one, "2024-02"), (3, 5, 0));
        assert_eq!(figures(one, "2024-04"), (2, 5, 0));
        assert_eq!(figures(two, "2024-02"), (0, 0, 7));
    }

    #[test]
    fn a_cube_tells_the_figure_at_any_month() {
        let hamlet = UnitId::new(1);
        let month = |text: &str| text.parse::<YearMonth>().unwrap();
        let one = Measures([1; Measure::COUNT]);
        let mut cube = RollupCube::default();
        cube.replace(hamlet, [(month("2024-01"), one), (month("2024-03"), one)], []);
        let surveyed = |text| cube.at(hamlet, month(text)).measures[Measure::HouseholdsSurveyed];
        assert_eq!(
            ["2023-12", "2024-01", "2024-02", "2024-03", "2030-01"].map(surveyed),
            [0, 1, 1, 2, 2]
        );
    }
}
