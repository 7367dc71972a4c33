//! A report's content: counts per commune, and the partner's own total as a control.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;

use super::{CertificateRule, Content, ContentLine, ReportState};
use crate::access::PartnerCode;
use crate::fault::{Expected, Faults, Path, Rule};
use crate::text;
use crate::time::YearMonth;
use crate::unit::{Level, UnitId, Units};

/// A count of certificates in one commune and month: 0…1,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CertificateCount(u32);

impl CertificateCount {
    /// The largest count.
    pub const LIMIT: u32 = 1_000_000;
    /// What a number outside the range breaks.
    pub const RANGE: Rule = Rule::OutOfRange { min: 0, max: Self::LIMIT as i64 };

    /// Checks a count as it was told.
    pub fn parse(told: i64) -> Result<Self, Rule> {
        let count = u32::try_from(told).ok().filter(|count| *count <= Self::LIMIT);
        count.map(Self).ok_or(Self::RANGE)
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

/// Names one report: whose, about which month, which statement. Written `VNPT/2024-05/1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReportKey {
    /// Whose.
    pub partner: PartnerCode,
    /// The month it is about.
    pub period: YearMonth,
    /// Which statement.
    pub revision: Revision,
}

impl fmt::Display for ReportKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.partner, self.period, self.revision.get())
    }
}

impl FromStr for ReportKey {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let mut parts = text.split('/');
        let mut part = || parts.next().unwrap_or_default();
        let (partner, period, revision) = (part().parse(), part().parse(), part());
        let digits =
            revision.bytes().all(|byte| byte.is_ascii_digit()) && !revision.starts_with('0');
        let revision = digits.then(|| revision.parse().ok().and_then(Revision::new)).flatten();
        match (partner, period, revision, parts.next()) {
            (Ok(partner), Ok(period), Some(revision), None) => {
                Ok(Self { partner, period, revision })
            }
            _ => Err(Rule::Malformed {
                expected: Expected {
                    english: "the name of a report, like VNPT/2024-05/1",
                    vietnamese: "tên báo cáo, ví dụ VNPT/2024-05/1",
                },
            }),
        }
    }
}

/// A report to be taken: lines that are right by themselves, each with its place in the input.
#[derive(Debug, Clone)]
pub struct NewReport {
    /// Whose.
    pub partner: PartnerCode,
    /// The month it is about.
    pub period: YearMonth,
    /// One line per commune.
    pub lines: Vec<(Path, Line)>,
    /// The partner's own total of certificates issued up to the end of the period.
    pub cumulative_issued: u64,
    /// Whether it corrects an earlier statement.
    pub submission: Submission,
}

impl NewReport {
    /// What it says; retries of the same content are the same, however its lines are ordered.
    #[must_use]
    pub fn content(&self, units: &Units) -> Content {
        let line = |(_, line): &(Path, Line)| ContentLine {
            issued: line.counts.issued.get(),
            renewed: line.counts.renewed.get(),
            revoked: line.counts.revoked.get(),
            unit: units.get(line.unit).map(|unit| unit.code.to_string()).unwrap_or_default(),
        };
        let (supersedes, reason) = match &self.submission {
            Submission::First => (None, None),
            Submission::Correction { of, reason } => (Some(of.to_string()), Some(reason.clone())),
        };
        Content {
            cumulative_issued: self.cumulative_issued,
            lines: self.lines.iter().map(line).collect(),
            partner: self.partner.to_string(),
            period: self.period.to_string(),
            reason,
            supersedes,
        }
    }
}

/// What is wrong with the units of lines, each given with its row and place: every line names a
/// commune on the period's boundaries, which are those of its last day, and no two the same.
#[must_use]
pub fn check_communes<'input>(
    lines: impl IntoIterator<Item = (usize, (&'input Path, UnitId))>,
    period: YearMonth,
    units: &Units,
) -> Faults {
    let on = period.last_day();
    let tree = units.tree(on);
    let mut faults = Faults::default();
    let mut first_with = HashMap::new();
    for (row, (at, id)) in lines {
        let at = at.field("unit");
        let Some(unit) = units.get(id).filter(|unit| tree.contains(unit.id)) else {
            let asked = id.get().to_string();
            faults.push(at, Rule::UnknownUnit { asked, on, hint: None });
            continue;
        };
        if unit.level() != Level::Commune {
            let name = unit.name.clone();
            faults.push(at.clone(), CertificateRule::NotACommune { name }.into());
        }
        let first = *first_with.entry(id).or_insert(row);
        if first != row {
            faults.push(at, Rule::DuplicateInBatch { first });
        }
    }
    faults
}

/// Whether a report is a first statement or a correction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submission {
    /// Nothing is stated of the month so far.
    First,
    /// A correction.
    Correction {
        /// The statement that is corrected.
        of: ReportKey,
        /// Why.
        reason: String,
    },
}

impl Submission {
    /// The longest reason, in characters.
    pub const REASON_LIMIT: usize = 500;

    /// Checks a reason as it was given; for corrections and for decisions alike.
    pub fn reason(given: &str) -> Result<String, Rule> {
        text::check(given, Self::REASON_LIMIT).map(|()| given.trim().to_owned())
    }
}

/// What an administrator decides on a report that came after its period was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// It counts.
    Approve,
    /// It does not.
    Reject,
}

/// What a partner should know of a report that was taken all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// The partner's own total differs from what the registry counts.
    ControlTotalDiffers {
        /// The partner's total.
        told: u64,
        /// History and lines together.
        expected: u64,
    },
    /// The period was closed; the report waits for an administrator.
    PeriodClosed,
    /// Communes of the period have no line; they count 0.
    CommunesMissing {
        /// How many.
        count: usize,
    },
}

impl Warning {
    /// All that is to be said of a report in `state` whose lines name `named` of `communes` communes.
    #[must_use]
    pub fn all(
        (told, expected): (u64, u64),
        state: ReportState,
        (named, communes): (usize, usize),
    ) -> Vec<Self> {
        let differs = (told != expected).then_some(Self::ControlTotalDiffers { told, expected });
        let closed = (state == ReportState::PendingReview).then_some(Self::PeriodClosed);
        let count = communes.saturating_sub(named);
        let missing = (count > 0).then_some(Self::CommunesMissing { count });
        [differs, closed, missing].into_iter().flatten().collect()
    }
}

/// How far a control total may be off before the report is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerance {
    /// In millionths of the expected total.
    pub millionths: u32,
}

/// Whether a partner has reported all months of its agreement before the one at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryState {
    /// It has.
    Complete,
    /// Some are missing.
    Gaps,
}

/// What comes of comparing a partner's own total with what the registry has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlTotal {
    /// They are the same.
    Agrees,
    /// They differ by little: accepted, with a warning.
    Differs,
    /// They differ by more than is tolerated: refused.
    Contradicts,
}

impl ControlTotal {
    /// Compares the total that a partner `told` with what is `expected`: the certificates of earlier
    /// periods and of the report's own lines.
    #[must_use]
    pub fn check(told: u64, expected: u64, tolerance: Tolerance) -> Self {
        let allowed = u128::from(expected) * u128::from(tolerance.millionths) / 1_000_000;
        match u128::from(told.abs_diff(expected)) {
            0 => Self::Agrees,
            difference if difference <= allowed => Self::Differs,
            _ => Self::Contradicts,
        }
    }

    /// The broken rule, if the total contradicts. While reports about earlier months are missing, a
    /// total can't: the partner may know better.
    pub fn judge(
        told: u64,
        expected: u64,
        history: HistoryState,
        tolerance: Tolerance,
    ) -> Result<(), Rule> {
        match (Self::check(told, expected, tolerance), history) {
            (Self::Contradicts, HistoryState::Complete) => {
                Err(CertificateRule::ControlTotalContradicts { told, expected }.into())
            }
            _ => Ok(()),
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
        let tolerance = Tolerance { millionths: 5_000 };
        let check = |told| ControlTotal::check(told, 10_000, tolerance);
        assert_eq!(check(10_000), ControlTotal::Agrees);
        assert_eq!(check(9_950), ControlTotal::Differs);
        assert_eq!(check(10_050), ControlTotal::Differs);
        assert_eq!(check(10_051), ControlTotal::Contradicts);
        assert_eq!(ControlTotal::check(1, 0, tolerance), ControlTotal::Contradicts);
        let judge = |told, history| ControlTotal::judge(told, 10_000, history, tolerance);
        assert!(judge(10_050, HistoryState::Complete).is_ok());
        assert!(judge(10_051, HistoryState::Complete).is_err());
        assert!(judge(10_051, HistoryState::Gaps).is_ok());
    }

    #[test]
    fn a_report_is_named_by_partner_month_and_revision() {
        let key: ReportKey = "VNPT/2024-05/12".parse().unwrap();
        assert_eq!(key.to_string(), "VNPT/2024-05/12");
        for wrong in [
            "",
            "VNPT",
            "VNPT/2024-05",
            "VNPT/2024-05/0",
            "VNPT/2024-05/01",
            "VNPT/2024-05/+1",
            "VNPT/2024-05/1/",
            "vnpt/2024-05/1",
            "VNPT/2024-5/1",
            "VNPT/2024-05/99999999999",
        ] {
            assert!(wrong.parse::<ReportKey>().is_err(), "{wrong}");
        }
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
