//! What counts: the lines of all reports in force, added up on whatever boundaries and by whatever
//! is asked for. Pure arithmetic; the store says which reports are in force, now or at a past moment.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Counts, Line};
use crate::access::PartnerCode;
use crate::indicator::{FigureStatus, Quality};
use crate::time::{Date, YearMonth};
use crate::unit::{Level, UnitId, Units};

/// A report in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Whose.
    pub partner: PartnerCode,
    /// The month it is about.
    pub period: YearMonth,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// All reports in force at one moment, and the periods that were closed then.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    /// One per partner and month.
    pub statements: Vec<Statement>,
    /// The periods that were closed.
    pub closed: HashSet<YearMonth>,
}

/// Added counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Tally([u64; 3]);

impl Tally {
    fn add(&mut self, Self(more): Self) {
        self.0.iter_mut().zip(more).for_each(|(count, more)| *count += more);
    }
}

impl From<Counts> for Tally {
    fn from(counts: Counts) -> Self {
        Self([counts.issued, counts.renewed, counts.revoked].map(|count| count.get().into()))
    }
}

/// What a statement counts in one commune.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The statement's place in the ledger.
    statement: usize,
    tally: Tally,
    /// Which part of a line it is, if the line was divided.
    part: Option<Part>,
}

/// A part of what was counted in one commune.
#[derive(Debug, Clone, Copy)]
struct Part {
    /// Where it was counted.
    of: UnitId,
    weight: u64,
    /// The weights of all parts.
    whole: u64,
}

/// The parts that came together; where some are missing, a sum is an estimate.
#[derive(Debug, Default)]
struct Parts(HashMap<(usize, UnitId), (u64, u64)>);

impl Parts {
    fn add(&mut self, entry: &Entry) {
        if let Some(Part { of, weight, whole }) = entry.part {
            self.0.entry((entry.statement, of)).or_insert((0, whole)).0 += weight;
        }
    }

    fn quality(&self) -> Quality {
        let complete = self.0.values().all(|(found, whole)| found == whole);
        if complete { Quality::Exact } else { Quality::Estimated }
    }
}

/// A ledger on the boundaries of one date: what counts in each commune of that date.
#[derive(Debug)]
pub struct LedgerView {
    /// The partner and month of each statement.
    statements: Vec<(PartnerCode, YearMonth)>,
    closed: HashSet<YearMonth>,
    /// The earliest period that something is stated of and that is not closed.
    first_open: Option<YearMonth>,
    communes: HashMap<UnitId, Vec<Entry>>,
    /// Whether any line was divided.
    is_divided: bool,
    /// Certificates issued up to the end of each month.
    cumulative: HashMap<UnitId, Vec<(YearMonth, u64)>>,
}

/// What is to be added up.
#[derive(Debug, Clone)]
pub struct SumQuery<'asked> {
    /// The unit within which to add up; it must exist on the date of the boundaries.
    pub within: UnitId,
    /// The first month, if not from the beginning.
    pub from: Option<YearMonth>,
    /// The last month, if not to the end.
    pub to: Option<YearMonth>,
    /// One partner only.
    pub partner: Option<&'asked PartnerCode>,
    /// What is told apart.
    pub by: Grouping,
}

/// What sums are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Grouping {
    /// By partner.
    pub partner: bool,
    /// By month.
    pub period: bool,
    /// By units of this level below.
    pub level: Option<Level>,
}

/// One sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// The partner, if told apart.
    pub partner: Option<PartnerCode>,
    /// The unit: of the level asked for, or the one that was added up within.
    pub unit: UnitId,
    /// The month, if told apart.
    pub period: Option<YearMonth>,
    /// Issued for the first time.
    pub issued: u64,
    /// Renewed.
    pub renewed: u64,
    /// Revoked.
    pub revoked: u64,
    /// How many reports have a part in it.
    pub reports: usize,
    /// Final once all its months are closed.
    pub status: FigureStatus,
    /// Estimated if a commune was divided between others by its hamlets.
    pub quality: Quality,
}

#[derive(Default)]
struct Adding {
    tally: Tally,
    statements: HashSet<usize>,
    parts: Parts,
}

impl LedgerView {
    /// Tells `ledger` on the boundaries of `on`.
    #[must_use]
    pub fn new(ledger: &Ledger, units: &Units, on: Date) -> Self {
        let mut communes: HashMap<UnitId, Vec<Entry>> = HashMap::new();
        let mut spreads: HashMap<(UnitId, Date), Vec<(UnitId, u64)>> = HashMap::new();
        for (statement, Statement { period, lines, .. }) in ledger.statements.iter().enumerate() {
            let counted_on = period.last_day();
            for line in lines {
                // A unit and a month lead to the same communes for every partner.
                let spread = spreads
                    .entry((line.unit, units.span(counted_on)))
                    .or_insert_with(|| units.spread(line.unit, counted_on, on));
                let weights: Vec<u64> = spread.iter().map(|(_, weight)| *weight).collect();
                let whole = weights.iter().sum();
                let tallies = divided(line.counts.into(), &weights);
                for ((unit, weight), tally) in spread.iter().zip(tallies) {
                    let part = Part { of: line.unit, weight: *weight, whole };
                    let part = (spread.len() > 1).then_some(part);
                    communes.entry(*unit).or_default().push(Entry { statement, tally, part });
                }
            }
        }
        let statements: Vec<_> = ledger
            .statements
            .iter()
            .map(|statement| (statement.partner.clone(), statement.period))
            .collect();
        let cumulative =
            communes.iter().map(|(unit, entries)| (*unit, sums(entries, &statements))).collect();
        let is_divided = communes.values().flatten().any(|entry| entry.part.is_some());
        let open = statements.iter().map(|(_, period)| *period);
        let first_open = open.filter(|period| !ledger.closed.contains(period)).min();
        let closed = ledger.closed.clone();
        Self { statements, closed, first_open, communes, is_divided, cumulative }
    }

    /// Certificates issued in `communes` up to the end of `month`.
    #[must_use]
    pub fn issued_by(&self, communes: &[UnitId], month: YearMonth) -> (u64, Quality) {
        let by_then = |unit: &UnitId| {
            let sums = self.cumulative.get(unit)?;
            let past = sums.partition_point(|(at, _)| *at <= month);
            past.checked_sub(1).map(|last| sums[last].1)
        };
        let issued = communes.iter().filter_map(by_then).sum();
        let mut parts = Parts::default();
        if self.is_divided {
            let entries = communes.iter().filter_map(|unit| self.communes.get(unit)).flatten();
            entries
                .filter(|entry| self.statements[entry.statement].1 <= month)
                .for_each(|entry| parts.add(entry));
        }
        (issued, parts.quality())
    }

    /// Whether all periods up to `month` that anything is stated of are closed.
    #[must_use]
    pub fn status(&self, month: YearMonth) -> FigureStatus {
        match self.first_open {
            Some(open) if open <= month => FigureStatus::Provisional,
            _ => FigureStatus::Final,
        }
    }

    /// Adds up, in the order of units, partners and months. `units` are those of the boundaries.
    #[must_use]
    pub fn sums(&self, units: &Units, on: Date, query: &SumQuery<'_>) -> Vec<Sum> {
        let tree = units.tree(on);
        let mut found: BTreeMap<(usize, Option<&PartnerCode>, Option<YearMonth>), Adding> =
            BTreeMap::new();
        for commune in tree.subtree(query.within) {
            let Some(entries) = self.communes.get(commune) else { continue };
            let unit = match query.by.level {
                Some(level) => std::iter::once(*commune)
                    .chain(tree.ancestors(*commune))
                    .find(|unit| units.get(*unit).is_some_and(|unit| unit.level() == level)),
                None => Some(query.within),
            };
            let Some(rank) = unit.and_then(|unit| units.rank(unit)) else { continue };
            for entry in entries {
                let (partner, period) = &self.statements[entry.statement];
                let asked = query.from.is_none_or(|from| from <= *period)
                    && query.to.is_none_or(|to| *period <= to)
                    && query.partner.is_none_or(|only| only == partner);
                if !asked {
                    continue;
                }
                let key =
                    (rank, query.by.partner.then_some(partner), query.by.period.then_some(*period));
                let adding = found.entry(key).or_default();
                adding.tally.add(entry.tally);
                adding.statements.insert(entry.statement);
                adding.parts.add(entry);
            }
        }
        let told =
            |((rank, partner, period), adding): ((usize, Option<&PartnerCode>, _), Adding)| {
                let Tally([issued, renewed, revoked]) = adding.tally;
                let closed =
                    |statement: &usize| self.closed.contains(&self.statements[*statement].1);
                Sum {
                    partner: partner.cloned(),
                    unit: units.all()[rank].id,
                    period,
                    issued,
                    renewed,
                    revoked,
                    reports: adding.statements.len(),
                    status: if adding.statements.iter().all(closed) {
                        FigureStatus::Final
                    } else {
                        FigureStatus::Provisional
                    },
                    quality: adding.parts.quality(),
                }
            };
        found.into_iter().map(told).collect()
    }
}

/// Running totals of what was issued, by month.
fn sums(entries: &[Entry], statements: &[(PartnerCode, YearMonth)]) -> Vec<(YearMonth, u64)> {
    let mut months: BTreeMap<YearMonth, u64> = BTreeMap::new();
    for entry in entries {
        *months.entry(statements[entry.statement].1).or_default() += entry.tally.0[0];
    }
    let mut total = 0;
    let running = months.into_iter().map(|(month, issued)| {
        total += issued;
        (month, total)
    });
    running.collect()
}

/// Divides counts by weights so that the parts add up to the whole: what remains of each after
/// rounding down goes to the largest remainders, the first of equals.
fn divided(whole: Tally, weights: &[u64]) -> Vec<Tally> {
    if weights.len() <= 1 {
        return weights.iter().map(|_| whole).collect();
    }
    let mut parts = vec![Tally::default(); weights.len()];
    let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    for (kind, count) in whole.0.into_iter().enumerate() {
        let share = |weight: u64| {
            let product = u128::from(count) * u128::from(weight);
            (product / total.max(1), product % total.max(1))
        };
        let mut left = count;
        let mut remainders = Vec::with_capacity(weights.len());
        for (at, weight) in weights.iter().enumerate() {
            let (part, remainder) = share(*weight);
            let part = u64::try_from(part).unwrap_or(count);
            parts[at].0[kind] = part;
            left -= part;
            remainders.push((std::cmp::Reverse(remainder), at));
        }
        remainders.sort_unstable();
        for (_, at) in remainders.into_iter().take(usize::try_from(left).unwrap_or_default()) {
            parts[at].0[kind] += 1;
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_add_up_to_the_whole_and_keep_their_proportion(
            count in 0u64..2_000_000,
            weights in prop::collection::vec(1u64..50, 1..8),
        ) {
            let parts = divided(Tally([count, 7, 0]), &weights);
            let total: u64 = weights.iter().sum();
            prop_assert_eq!(parts.iter().map(|part| part.0[0]).sum::<u64>(), count);
            prop_assert_eq!(parts.iter().map(|part| part.0[1]).sum::<u64>(), 7);
            for (part, weight) in parts.iter().zip(&weights) {
                let exact = count * weight / total;
                prop_assert!(part.0[0] == exact || part.0[0] == exact + 1);
            }
        }
    }
}
