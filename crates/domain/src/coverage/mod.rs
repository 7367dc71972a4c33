//! Mobile coverage: which networks reach a commune, from when to when. Knows nothing of how records are stored.
//!
//! A record names the commune as it was on its first day, and reaches the hamlets that the commune
//! had that day; it goes on doing so whatever becomes of the commune. It also reaches those that are
//! founded in the commune while it is in force: their land lay there before.

mod rule;

use std::collections::BTreeMap;

use crate::connectivity::{MobileGeneration, coded};
use crate::fault::{Faults, Path, Rule};
use crate::household::past_date;
use crate::tally::{Span, Tally, TallyChanges, while_any_holds};
use crate::text::Label;
use crate::time::{Date, Instant};
use crate::unit::{Level, UnitId, UnitTree, Units};

pub use rule::CoverageRule;

/// Who runs a mobile network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MobileOperator {
    /// Viettel.
    Viettel,
    /// `VinaPhone`.
    VinaPhone,
    /// `MobiFone`.
    MobiFone,
    /// Vietnamobile.
    Vietnamobile,
    /// Gmobile.
    Gmobile,
}

coded!(MobileOperator {
    Viettel = "VIETTEL",
    VinaPhone = "VINAPHONE",
    MobiFone = "MOBIFONE",
    Vietnamobile = "VIETNAMOBILE",
    Gmobile = "GMOBILE",
});

/// One network: that of an operator in a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    /// Who runs it.
    pub operator: MobileOperator,
    /// Which generation it is of.
    pub generation: MobileGeneration,
}

/// Names one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CoverageKey {
    /// The commune, as it was on the first day.
    pub commune: UnitId,
    /// The network that reaches it.
    pub network: Network,
    /// The first day.
    pub from: Date,
}

/// Coverage to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewCoverage {
    /// What is covered by what, and since when.
    pub key: CoverageKey,
    /// The day after the last, if it ended.
    pub until: Option<Date>,
}

/// The end of coverage that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageEnd {
    /// The commune, as it was on the first day.
    pub commune: UnitId,
    /// The network that no longer reaches it.
    pub network: Network,
    /// The day after the last.
    pub until: Date,
    /// Why.
    pub reason: Label<500>,
}

/// Coverage as the registry knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// What is covered by what, and since when.
    pub key: CoverageKey,
    /// The day after the last, if it ended.
    pub until: Option<Date>,
    /// Why it ended, if that was recorded apart.
    pub end_reason: Option<String>,
    /// When the registry learned of it.
    pub recorded_at: Instant,
    /// When the registry learned of its end, if that was recorded apart.
    pub ended_at: Option<Instant>,
}

/// Mobile networks in Vietnam began then; earlier dates are taken for typing errors.
#[must_use]
pub fn first_network() -> Date {
    Date::from_ymd_opt(1993, 1, 1).unwrap_or(Date::MIN)
}

/// Checks that `commune` is a commune on `on`.
pub fn commune(units: &Units, commune: UnitId, on: Date) -> Result<UnitId, Rule> {
    let known = units.get(commune).filter(|unit| units.tree(on).contains(unit.id));
    match known {
        Some(unit) if unit.level() == Level::Commune => Ok(commune),
        Some(unit) => Err(CoverageRule::NotACommune { name: unit.name.clone() }.into()),
        None => Err(Rule::UnknownUnit { asked: commune.get().to_string(), on, hint: None }),
    }
}

/// Checks the last day: after the first, and past.
pub fn end(from: Date, until: Date, today: Date) -> Result<Date, Rule> {
    past_date(until, from.succ_opt().unwrap_or(from), today)
}

impl NewCoverage {
    /// Checks what the record says by itself, each part below `at`.
    pub fn check(&self, units: &Units, today: Date, at: &Path, faults: &mut Faults) {
        let CoverageKey { commune: unit, from, .. } = self.key;
        faults.keep(at.field("commune"), commune(units, unit, from));
        faults.keep(at.field("from"), past_date(from, first_network(), today));
        if let Some(until) = self.until {
            faults.keep(at.field("until"), end(from, until, today));
        }
    }

    /// When it holds.
    #[must_use]
    pub const fn span(&self) -> Span {
        (self.key.from, self.until)
    }
}

/// Whether two spans share a day.
#[must_use]
pub fn overlap(left: Span, right: Span) -> bool {
    let begins_before_end =
        |from: Date, until: Option<Date>| until.is_none_or(|until| from < until);
    begins_before_end(left.0, right.1) && begins_before_end(right.0, left.1)
}

/// The hamlets that a record of `commune` reaches: those of its first day, and those founded there
/// while it is in force.
#[must_use]
pub fn reached(units: &Units, commune: UnitId, (from, until): Span) -> Vec<UnitId> {
    let founded = units.all().iter().filter(|unit| {
        let in_force = |first: Date| from < first && until.is_none_or(|until| first < until);
        let there = |first: Date| units.tree(first).is_within(unit.id, commune);
        let first_day = unit.validity.from.filter(|_| unit.level() == Level::Hamlet);
        first_day.is_some_and(|first| in_force(first) && there(first))
    });
    let mut reached = hamlets(units, &units.tree(from), commune);
    reached.extend(founded.map(|unit| unit.id));
    reached
}

fn hamlets(units: &Units, tree: &UnitTree, unit: UnitId) -> Vec<UnitId> {
    let is_hamlet = |id: &UnitId| units.get(*id).is_some_and(|unit| unit.level() == Level::Hamlet);
    tree.subtree(unit).iter().copied().filter(is_hamlet).collect()
}

/// What these records, each a commune and when it was covered, change in the tallies of hamlets.
#[must_use]
pub fn changes(units: &Units, records: impl IntoIterator<Item = (UnitId, Span)>) -> TallyChanges {
    let mut spans: BTreeMap<UnitId, Vec<Span>> = BTreeMap::new();
    for (commune, span) in records {
        for hamlet in reached(units, commune, span) {
            spans.entry(hamlet).or_default().push(span);
        }
    }
    let of_hamlet = |(hamlet, spans): (UnitId, Vec<Span>)| {
        let changes = while_any_holds(&spans).into_iter();
        changes.map(move |(month, change)| ((hamlet, month, Tally::Covered), change))
    };
    spans.into_iter().flat_map(of_hamlet).collect()
}

/// How much of a unit a network covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// The network.
    pub network: Network,
    /// Communes all of whose hamlets it reaches; the hamlet itself for a hamlet.
    pub communes: usize,
    /// Out of how many.
    pub all: usize,
}

/// The hamlets that each network reaches on one day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reached(BTreeMap<Network, Vec<UnitId>>);

impl Reached {
    /// Adds up the records in force on the day.
    #[must_use]
    pub fn by<'records>(
        units: &Units,
        records: impl IntoIterator<Item = &'records Coverage>,
    ) -> Self {
        let mut found: BTreeMap<Network, Vec<UnitId>> = BTreeMap::new();
        for Coverage { key: CoverageKey { commune, network, from }, until, .. } in records {
            let reached = reached(units, *commune, (*from, *until));
            found.entry(*network).or_default().extend(reached);
        }
        for hamlets in found.values_mut() {
            hamlets.sort_unstable();
            hamlets.dedup();
        }
        Self(found)
    }

    /// The networks that reach anything of `unit` on the boundaries of `tree`, and how many of its
    /// communes whole.
    #[must_use]
    pub fn within(&self, units: &Units, tree: &UnitTree, unit: UnitId) -> Vec<Reach> {
        let is_commune =
            |id: &&UnitId| units.get(**id).is_some_and(|unit| unit.level() == Level::Commune);
        let communes = tree.subtree(unit).iter().filter(is_commune);
        let mut parts: Vec<Vec<UnitId>> =
            communes.map(|commune| hamlets(units, tree, *commune)).collect();
        if parts.is_empty() {
            parts.push(hamlets(units, tree, unit));
        }
        let reach = |(network, reached): (&Network, &Vec<UnitId>)| {
            let is_reached = |hamlet: &UnitId| reached.binary_search(hamlet).is_ok();
            let whole = |part: &&Vec<UnitId>| !part.is_empty() && part.iter().all(is_reached);
            parts.iter().flatten().any(is_reached).then(|| Reach {
                network: *network,
                communes: parts.iter().filter(whole).count(),
                all: parts.len(),
            })
        };
        self.0.iter().filter_map(reach).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::unit::{Parentage, Title, Unit, Validity};

    fn day(offset: u16) -> Date {
        first_network() + chrono::Days::new(offset.into())
    }

    /// Two communes; a hamlet of the first moves into the second on day 20, when another one is
    /// founded in the first.
    fn units() -> Units {
        let [always, first, second] = [(None, None), (None, Some(20)), (Some(20), None)].map(
            |(from, until): (Option<u16>, Option<u16>)| Validity {
                from: from.map(day),
                until: until.map(day),
            },
        );
        let unit = |id, code: &str, title, validity| {
            let (id, code) = (UnitId::new(id), code.parse().unwrap());
            Unit { id, code, title, name: format!("Đơn vị {code}"), validity }
        };
        let all = vec![
            unit(1, "92", Title::CentralCity, always),
            unit(2, "31441", Title::Commune, always),
            unit(3, "31442", Title::Commune, always),
            unit(4, "31441001", Title::Hamlet, always),
            unit(5, "31441002", Title::Hamlet, always),
            unit(6, "31441003", Title::Hamlet, second),
            unit(7, "31442001", Title::Hamlet, always),
        ];
        let belongs = |unit, parent, validity| {
            let [unit, parent] = [unit, parent].map(UnitId::new);
            Parentage { unit, parent, validity }
        };
        let parentages = [
            belongs(2, 1, always),
            belongs(3, 1, always),
            belongs(4, 2, always),
            belongs(5, 2, first),
            belongs(5, 3, second),
            belongs(6, 2, second),
            belongs(7, 3, always),
        ];
        Units::build(all, &parentages, Vec::new()).unwrap()
    }

    #[test]
    fn a_record_reaches_the_hamlets_of_its_first_day_and_those_founded_while_it_is_in_force() {
        let units = units();
        let ids = |commune, from, until: Option<u16>| {
            let span = (day(from), until.map(day));
            let hamlets = reached(&units, UnitId::new(commune), span);
            hamlets.into_iter().map(UnitId::get).collect::<Vec<_>>()
        };
        assert_eq!(ids(2, 10, None), [4, 5, 6]);
        assert_eq!(ids(2, 10, Some(21)), [4, 5, 6], "in force on the first day");
        assert_eq!(ids(2, 10, Some(20)), [4, 5], "ended before");
        assert_eq!(ids(2, 20, None), [4, 6], "on the boundaries of the first day");
        assert_eq!(ids(3, 10, None), [7], "one that moves in is not founded there");
        assert_eq!(ids(3, 20, None), [5, 7]);
    }

    proptest! {
        #[test]
        fn spans_overlap_if_they_share_a_day(
            left in (0u16..40, prop::option::of(1u16..20)),
            right in (0u16..40, prop::option::of(1u16..20)),
        ) {
            let span = |(from, length): (u16, Option<u16>)| -> Span {
                (day(from), length.map(|length| day(from + length)))
            };
            let (left, right) = (span(left), span(right));
            let holds = |(from, until): Span, day: Date| {
                from <= day && until.is_none_or(|until| day < until)
            };
            let shared = (0..80).map(day).any(|day| holds(left, day) && holds(right, day));
            prop_assert_eq!(overlap(left, right), shared);
            prop_assert_eq!(overlap(right, left), shared);
        }
    }

    #[test]
    fn stable_names_lead_back_to_their_value() {
        for operator in MobileOperator::ALL {
            assert_eq!(MobileOperator::from_code(operator.code()), Some(*operator));
        }
    }
}
