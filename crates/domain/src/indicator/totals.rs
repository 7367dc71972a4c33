//! What is counted of a unit at the end of a month, and the figures made of it.

use super::{Counted, IndicatorCode};
use crate::rollup::{HamletFigures, Measure, RollupCube};
use crate::tally::Tally;
use crate::time::{Date, YearMonth};
use crate::unit::{Level, Portion, Share, UnitId, UnitTree, Units};

/// Whether a figure may still change in the ordinary course of reporting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FigureStatus {
    /// Surveys of the month are still coming in.
    Provisional,
    /// The month and the time for late surveys are over.
    Final,
}

/// Months after a month's end in which late surveys are expected.
const MONTHS_FOR_LATE_SURVEYS: i32 = 2;

impl FigureStatus {
    /// The status of a month's figures, seen from `today`.
    #[must_use]
    pub fn of(month: YearMonth, today: Date) -> Self {
        let age = YearMonth::of(today).index() - month.index();
        if age > MONTHS_FOR_LATE_SURVEYS { Self::Final } else { Self::Provisional }
    }
}

/// Whether a figure was counted or derived by shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quality {
    /// All hamlets count whole.
    Exact,
    /// A hamlet was split between units; its records were divided by share.
    Estimated,
}

/// A counted ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figure {
    /// What is counted.
    pub numerator: i64,
    /// Out of how many; 1 for a plain number.
    pub denominator: i64,
    /// Per how many it is told: 1, or 100.
    pub per: i64,
    /// Counted or derived.
    pub quality: Quality,
    /// How much of the unit it covers.
    pub coverage: Coverage,
}

impl Figure {
    /// The ratio; nothing out of nothing is `None`, not 0.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of people are far below 2^52")]
    pub fn value(self) -> Option<f64> {
        let told = (self.numerator * self.per) as f64;
        (self.denominator != 0).then(|| told / self.denominator as f64)
    }
}

/// Who looks at figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Whoever may read households: everything counts.
    Trusted,
    /// Everyone: hamlets with few surveyed households are left out of every figure, of all units
    /// above them too. So no figure, and no difference of figures, is about so few households.
    Public,
}

/// The fewest surveyed households that a public figure may be about.
pub const PUBLIC_MINIMUM: i32 = 5;

/// How much of a unit its figure covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Coverage {
    /// All of it.
    Whole,
    /// All but hamlets with fewer than [`PUBLIC_MINIMUM`] surveyed households.
    WithoutSmallHamlets,
    /// Nothing: it has such hamlets only.
    Suppressed,
}

/// All that is counted of a unit at the end of a month, added up once for all indicators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// In millionths, since hamlets may count by share.
    measures: [i64; Measure::COUNT],
    /// In millionths.
    tallies: [i64; Tally::COUNT],
    /// In millionths.
    hamlets: i64,
    quality: Quality,
    coverage: Coverage,
    certificates: Option<(u64, Quality)>,
    reached: Option<Reached>,
}

/// How many communes a mobile network reaches, out of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// Communes all of whose hamlets are covered.
    pub communes: i64,
    /// All communes.
    pub all: i64,
}

impl Reached {
    /// Counts the communes of `unit` on the boundaries of `tree` at the end of `month`; `None` for
    /// hamlets, which no commune is in.
    #[must_use]
    pub fn count(
        cube: &RollupCube,
        units: &Units,
        tree: &UnitTree,
        unit: UnitId,
        month: YearMonth,
    ) -> Option<Self> {
        let is_commune =
            |id: &&UnitId| units.get(**id).is_some_and(|unit| unit.level() == Level::Commune);
        let mut found = Self { communes: 0, all: 0 };
        for commune in tree.subtree(unit).iter().filter(is_commune) {
            let mut hamlets = tree.children(*commune).iter();
            let covered = |hamlet: &UnitId| cube.at(*hamlet, month).tallies[Tally::Covered] > 0;
            found.all += 1;
            found.communes += i64::from(hamlets.len() > 0 && hamlets.all(covered));
        }
        (found.all > 0).then_some(found)
    }
}

impl Totals {
    /// Adds up the `portions` of a unit at the end of `month`, as `audience` may see them.
    #[must_use]
    pub fn add_up(
        cube: &RollupCube,
        portions: &[Portion],
        month: YearMonth,
        audience: Audience,
    ) -> Self {
        let (mut sums, mut tallied, mut hamlets) = ([0; Measure::COUNT], [0; Tally::COUNT], 0);
        let (mut counted, mut left_out) = (false, false);
        for portion in portions {
            let share = i64::from(portion.share.millionths());
            let HamletFigures { measures, tallies } = cube.at(portion.hamlet, month);
            hamlets += share;
            // Tallies are about no household and hide nothing.
            for (total, count) in tallied.iter_mut().zip(tallies.as_array()) {
                *total += count * share;
            }
            let households = measures[Measure::HouseholdsSurveyed];
            if audience == Audience::Public && (1..PUBLIC_MINIMUM).contains(&households) {
                left_out = true;
                continue;
            }
            counted |= households > 0;
            for (total, count) in sums.iter_mut().zip(measures.as_array()) {
                *total += i64::from(*count) * share;
            }
        }
        let exact = portions.iter().all(|portion| portion.share == Share::WHOLE);
        let quality = if exact { Quality::Exact } else { Quality::Estimated };
        let coverage = match (left_out, counted) {
            (false, _) => Coverage::Whole,
            (true, true) => Coverage::WithoutSmallHamlets,
            (true, false) => Coverage::Suppressed,
        };
        Self {
            measures: sums,
            tallies: tallied,
            hamlets,
            quality,
            coverage,
            certificates: None,
            reached: None,
        }
    }

    /// The same with the certificates issued in the unit by then. Hamlets have none: they are
    /// reported by commune.
    #[must_use]
    pub const fn with_certificates(self, certificates: Option<(u64, Quality)>) -> Self {
        Self { certificates, ..self }
    }

    /// The same with the communes that a mobile network reaches.
    #[must_use]
    pub const fn with_reached(self, reached: Option<Reached>) -> Self {
        Self { reached, ..self }
    }

    /// The figure of one indicator; `None` if there is none for such a unit.
    #[must_use]
    pub fn figure(&self, code: IndicatorCode) -> Option<Figure> {
        let (surveyed, quality) = (self.coverage, self.quality);
        let plain = |numerator, denominator| Figure {
            numerator,
            denominator,
            per: 1,
            quality,
            coverage: Coverage::Whole,
        };
        Some(match code.counted() {
            Counted::Surveyed(numerator, denominator) => Figure {
                coverage: surveyed,
                ..plain(self.surveyed(numerator), self.surveyed(denominator))
            },
            Counted::Certificates => {
                let (issued, quality) = self.certificates?;
                Figure { quality, ..plain(issued.cast_signed(), 1) }
            }
            Counted::CertificatesOf(denominator) => {
                let (issued, counted) = self.certificates?;
                Figure {
                    per: 100,
                    quality: quality.max(counted),
                    coverage: surveyed,
                    ..plain(issued.cast_signed(), self.surveyed(denominator))
                }
            }
            Counted::Tallied(numerator, denominator) => {
                plain(self.tallied(numerator), self.tallied(denominator))
            }
            Counted::TalliedSoFar(tally) => plain(self.tallied(tally), 1),
            Counted::Hamlets(tally) => plain(self.tallied(tally), whole(self.hamlets)),
            Counted::CommunesReached => {
                let Reached { communes, all } = self.reached?;
                plain(communes, all)
            }
        })
    }

    const fn surveyed(&self, measure: Measure) -> i64 {
        whole(self.measures[measure.place()])
    }

    const fn tallied(&self, tally: Tally) -> i64 {
        whole(self.tallies[tally as usize])
    }
}

/// Millionths as a whole number.
const fn whole(millionths: i64) -> i64 {
    const WHOLE: i64 = Share::WHOLE.millionths() as i64;
    (millionths + WHOLE / 2) / WHOLE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_out_of_nothing_has_no_value() {
        let figure = Figure {
            numerator: 0,
            denominator: 0,
            per: 1,
            quality: Quality::Exact,
            coverage: Coverage::Whole,
        };
        assert_eq!(figure.value(), None);
    }

    mod public {
        use proptest::prelude::*;

        use super::*;

        fn portions(hamlets: impl Iterator<Item = usize>) -> Vec<Portion> {
            let id = |hamlet: usize| UnitId::new(i32::try_from(hamlet).unwrap());
            hamlets.map(|hamlet| Portion { hamlet: id(hamlet), share: Share::WHOLE }).collect()
        }

        proptest! {
            /// Any two units, one within the other, on whatever boundaries: the difference of their
            /// public figures is about no household or about enough of them.
            #[test]
            fn no_difference_is_about_few_households(
                counts in prop::collection::vec(0i32..12, 1..20),
                outer in prop::collection::vec(any::<bool>(), 20),
                inner in prop::collection::vec(any::<bool>(), 20),
            ) {
                let month = YearMonth::from_index(24_000);
                let mut cube = RollupCube::default();
                for (hamlet, count) in counts.iter().enumerate() {
                    let mut measures = [0; Measure::COUNT];
                    measures[Measure::HouseholdsSurveyed.place()] = *count;
                    let id = UnitId::new(i32::try_from(hamlet).unwrap());
                    let measures = crate::rollup::Measures::from_array(measures);
                    cube.replace(id, [(month, measures)], []);
                }
                let public = |members: Vec<usize>| {
                    let totals = Totals::add_up(&cube, &portions(members.into_iter()), month, Audience::Public);
                    totals.figure(IndicatorCode::HouseholdFibre).unwrap().denominator
                };
                let outer: Vec<usize> = (0..counts.len()).filter(|hamlet| outer[*hamlet]).collect();
                let inner = outer.iter().copied().filter(|hamlet| inner[*hamlet]).collect();
                let (all, part) = (public(outer), public(inner));
                for told in [all, part, all - part] {
                    prop_assert!(told == 0 || told >= PUBLIC_MINIMUM.into(), "{told} households");
                }
            }
        }
    }

    #[test]
    fn stable_names_are_unique_and_lead_back() {
        for code in IndicatorCode::all() {
            assert_eq!(IndicatorCode::from_code(code.code()), Some(code));
        }
    }

    #[test]
    fn a_month_is_final_once_the_time_for_late_surveys_is_over() {
        let today = Date::from_ymd_opt(2024, 9, 1).unwrap();
        let status = |month: &str| FigureStatus::of(month.parse().unwrap(), today);
        assert_eq!(status("2024-06"), FigureStatus::Final);
        assert_eq!(status("2024-07"), FigureStatus::Provisional);
        assert_eq!(status("2024-09"), FigureStatus::Provisional);
    }
}
