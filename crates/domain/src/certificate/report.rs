//! A report's content: counts per commune, and the partner's own total as a control.

use std::collections::BTreeMap;

use crate::fault::Rule;
use crate::unit::UnitId;

/// A count of certificates in one commune and month: 0…1,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CertificateCount(u32);

impl CertificateCount {
    /// The largest count.
    pub const LIMIT: u32 = 1_000_000;

    /// Checks a count as it was told.
    pub fn parse(told: i64) -> Result<Self, Rule> {
        let count = u32::try_from(told).ok().filter(|count| *count <= Self::LIMIT);
        count.map(Self).ok_or(Rule::OutOfRange { min: 0, max: Self::LIMIT.into() })
    }

    /// The count.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// What happened to certificates in one commune and month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Counts {
    /// Issued for the first time.
    pub issued: CertificateCount,
    /// Renewed.
    pub renewed: CertificateCount,
    /// Revoked.
    pub revoked: CertificateCount,
}

/// One line of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Line {
    /// The commune, on the period's boundaries.
    pub unit: UnitId,
    /// What happened there.
    pub counts: Counts,
}

/// The number of a statement about one period: 1 for the first, one more for each correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(u32);

impl Revision {
    /// The first statement.
    pub const FIRST: Self = Self(1);

    /// A stored number; `None` for 0.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The next correction.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// How far a control total may be off before the report is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerance {
    /// In millionths of the expected total.
    pub millionths: u32,
}

/// What comes of comparing a partner's own total with what the registry has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlTotal {
    /// They are the same.
    Agrees,
    /// They differ by little: accepted, with a warning.
    Differs {
        /// History and lines together.
        expected: u64,
    },
    /// They differ by more than is tolerated: refused.
    Contradicts {
        /// History and lines together.
        expected: u64,
    },
}

impl ControlTotal {
    /// Compares the total that a partner `told` with the certificates of earlier periods and of the
    /// report's own lines.
    #[must_use]
    pub fn check(told: u64, history: u64, lines: &[Line], tolerance: Tolerance) -> Self {
        let issued: u64 = lines.iter().map(|line| u64::from(line.counts.issued.get())).sum();
        let expected = history + issued;
        let allowed = u128::from(expected) * u128::from(tolerance.millionths) / 1_000_000;
        match u128::from(told.abs_diff(expected)) {
            0 => Self::Agrees,
            difference if difference <= allowed => Self::Differs { expected },
            _ => Self::Contradicts { expected },
        }
    }
}

/// A commune whose counts two revisions tell differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineDifference {
    /// The commune.
    pub unit: UnitId,
    /// The counts before; `None` if it had no line.
    pub before: Option<Counts>,
    /// The counts after; `None` if it has no line any more.
    pub after: Option<Counts>,
}

/// What a correction changes, commune by commune.
#[must_use]
pub fn differences(before: &[Line], after: &[Line]) -> Vec<LineDifference> {
    let by_unit = |lines: &[Line]| -> BTreeMap<UnitId, Counts> {
        lines.iter().map(|line| (line.unit, line.counts)).collect()
    };
    let (before, after) = (by_unit(before), by_unit(after));
    let units = before.keys().chain(after.keys().filter(|unit| !before.contains_key(unit)));
    let mut found: Vec<LineDifference> = units
        .map(|unit| LineDifference {
            unit: *unit,
            before: before.get(unit).copied(),
            after: after.get(unit).copied(),
        })
        .filter(|difference| difference.before != difference.after)
        .collect();
    found.sort_by_key(|difference| difference.unit);
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(unit: i32, issued: u32) -> Line {
        let issued = CertificateCount(issued);
        Line { unit: UnitId::new(unit), counts: Counts { issued, ..Counts::default() } }
    }

    #[test]
    fn counts_have_a_range() {
        assert_eq!(CertificateCount::parse(0), Ok(CertificateCount(0)));
        assert_eq!(CertificateCount::parse(1_000_000), Ok(CertificateCount(1_000_000)));
        for wrong in [-1, 1_000_001, i64::MIN, i64::MAX] {
            assert!(CertificateCount::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_control_total_agrees_differs_or_contradicts() {
        let lines = [line(1, 300), line(2, 700)];
        let check =
            |told| ControlTotal::check(told, 9_000, &lines, Tolerance { millionths: 5_000 });
        assert_eq!(check(10_000), ControlTotal::Agrees);
        assert_eq!(check(9_950), ControlTotal::Differs { expected: 10_000 });
        assert_eq!(check(10_050), ControlTotal::Differs { expected: 10_000 });
        assert_eq!(check(10_051), ControlTotal::Contradicts { expected: 10_000 });
        let none = ControlTotal::check(1, 0, &[], Tolerance { millionths: 5_000 });
        assert_eq!(none, ControlTotal::Contradicts { expected: 0 });
    }

    proptest! {
        #[test]
        fn applying_the_differences_gives_the_later_revision(
            before in prop::collection::btree_map(0i32..9, 0u32..3, 0..9),
            after in prop::collection::btree_map(0i32..9, 0u32..3, 0..9),
        ) {
            let lines = |counts: &BTreeMap<i32, u32>| -> Vec<Line> {
                counts.iter().map(|(unit, issued)| line(*unit, *issued)).collect()
            };
            let mut applied: BTreeMap<UnitId, Counts> =
                lines(&before).into_iter().map(|line| (line.unit, line.counts)).collect();
            for LineDifference { unit, after, .. } in differences(&lines(&before), &lines(&after)) {
                match after {
                    Some(counts) => applied.insert(unit, counts),
                    None => applied.remove(&unit),
                };
            }
            let expected: BTreeMap<UnitId, Counts> =
                lines(&after).into_iter().map(|line| (line.unit, line.counts)).collect();
            prop_assert_eq!(applied, expected);
            prop_assert!(differences(&lines(&after), &lines(&after)).is_empty());
        }
    }
}
