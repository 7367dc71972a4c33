//! Totals of certificates agree with a plain recomputation over all lines, whatever is sent,
//! corrected, withdrawn and reviewed: by partner, commune and month, on the boundaries of either
//! era, now and as of every past moment.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use registry_domain::access::{Agreement, PartnerCode, Principal, Scope};
use registry_domain::certificate::{
    CertificateCount, Counts, Decision, Grouping, Line, NewReport, Notary, Receipt, ReportKey,
    ReportingRules, Revision, Submission, SumQuery, Tolerance,
};
use registry_domain::fault::Path;
use registry_domain::time::{Clock as _, Date, Instant, YearMonth};
use registry_domain::unit::{Level, UnitId};
use registry_persistence::{
    BodySignature, CertificateSums, ClosePeriod, Command, ReadRequest, ReopenPeriod, ReviewReport,
    Store, SubmitReport, UpdatePartner, WithdrawReport, WriteError, WriteRequest,
};
use registry_testing::{Engine, TestDatabase, on_both_engines};

on_both_engines!(totals_agree_with_a_plain_recomputation);

const PARTNERS: [&str; 2] = ["VNPT", "VIETTEL"];
/// On both sides of the reorganisation.
const MONTHS: [&str; 4] = ["2025-05", "2025-06", "2025-07", "2025-08"];
/// The last day of the older boundaries, and a day of the newer.
const BOUNDARIES: [&str; 2] = ["2025-06-30", "2026-11-01"];

#[derive(Debug, Clone)]
enum Act {
    Submit { place: Place, counts: Vec<u32> },
    Correct { place: Place, counts: Vec<u32> },
    Withdraw { place: Place },
    Review { place: Place, approve: bool },
    Close { month: usize },
    Reopen { month: usize },
}

/// A partner and a month, by their places in the lists.
type Place = (usize, usize);

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let place = || (0usize..PARTNERS.len(), 0usize..MONTHS.len());
    let counts = || prop::collection::vec(0u32..50, 1..6);
    let submit = (place(), counts()).prop_map(|(place, counts)| Act::Submit { place, counts });
    let correct = (place(), counts()).prop_map(|(place, counts)| Act::Correct { place, counts });
    let withdraw = place().prop_map(|place| Act::Withdraw { place });
    let review = (place(), any::<bool>());
    let review = review.prop_map(|(place, approve)| Act::Review { place, approve });
    let close = (0usize..MONTHS.len()).prop_map(|month| Act::Close { month });
    let reopen = (0usize..MONTHS.len()).prop_map(|month| Act::Reopen { month });
    let any =
        prop_oneof![6 => submit, 5 => correct, 2 => withdraw, 4 => review, 1 => close, 2 => reopen];
    prop::collection::vec(any, 240..280)
}

/// What must be so, kept in the plainest way.
#[derive(Default)]
struct Model {
    /// What counts: the revision and its lines.
    accepted: BTreeMap<Place, (u32, Vec<(UnitId, u32)>)>,
    /// What waits.
    pending: BTreeMap<Place, (u32, Vec<(UnitId, u32)>)>,
    revisions: BTreeMap<Place, u32>,
    closed: BTreeSet<usize>,
}

type Counted = BTreeMap<Place, Vec<(UnitId, u32)>>;

impl Model {
    /// Whether the registry must do it.
    fn allows(&self, act: &Act) -> bool {
        match act {
            Act::Submit { place, .. } => {
                !self.accepted.contains_key(place) && !self.pending.contains_key(place)
            }
            Act::Correct { place, .. } => {
                self.accepted.contains_key(place) && !self.pending.contains_key(place)
            }
            // What counts is final once its month is closed.
            Act::Withdraw { place } => {
                let final_now = self.closed.contains(&place.1) && !self.pending.contains_key(place);
                self.current(*place).is_some() && !final_now
            }
            Act::Review { place, .. } => self.pending.contains_key(place),
            Act::Close { month } => !self.closed.contains(month),
            Act::Reopen { month } => self.closed.contains(month),
        }
    }

    /// The revision that a decision is about: what waits, else what counts.
    fn current(&self, place: Place) -> Option<u32> {
        let current = self.pending.get(&place).or_else(|| self.accepted.get(&place));
        current.map(|(revision, _)| *revision)
    }

    fn apply(&mut self, act: &Act, lines: Vec<(UnitId, u32)>) {
        match *act {
            Act::Submit { place, .. } | Act::Correct { place, .. } => {
                let revision = self.revisions.entry(place).or_default();
                *revision += 1;
                let waits = self.closed.contains(&place.1);
                let into = if waits { &mut self.pending } else { &mut self.accepted };
                into.insert(place, (*revision, lines));
            }
            Act::Withdraw { place } => {
                if self.pending.remove(&place).is_none() {
                    self.accepted.remove(&place);
                }
            }
            Act::Review { place, approve } => {
                let waiting = self.pending.remove(&place).unwrap();
                if approve {
                    self.accepted.insert(place, waiting);
                }
            }
            Act::Close { month } => drop(self.closed.insert(month)),
            Act::Reopen { month } => drop(self.closed.remove(&month)),
        }
    }

    fn counted(&self) -> Counted {
        self.accepted.iter().map(|(place, (_, lines))| (*place, lines.clone())).collect()
    }
}

struct Stamp;

impl Notary for Stamp {
    fn attest(&self, receipt: &Receipt) -> Option<String> {
        Some(receipt.report.clone())
    }
}

fn month(at: usize) -> YearMonth {
    MONTHS[at].parse().unwrap()
}

fn partner(at: usize) -> PartnerCode {
    PARTNERS[at].parse().unwrap()
}

fn key((who, when): Place, revision: u32) -> ReportKey {
    let revision = Revision::new(revision).unwrap();
    ReportKey { partner: partner(who), period: month(when), revision }
}

/// The first communes of a month's boundaries with their counts. Of the older ones every third, so
/// that some go into the same newer one and others don't.
fn lines(store: &Store, when: usize, counts: &[u32]) -> Vec<(UnitId, u32)> {
    let (units, on) = (store.units(), month(when).last_day());
    let tree = units.tree(on);
    let communes = units.all().iter().filter(|unit| unit.level() == Level::Commune);
    let communes = communes.filter(|unit| tree.contains(unit.id)).step_by(3);
    communes.map(|unit| unit.id).zip(counts.iter().copied()).collect()
}

fn submit(place: Place, lines: &[(UnitId, u32)], submission: Submission) -> SubmitReport {
    let count = |count: u32| CertificateCount::parse(count.into()).unwrap();
    let line = |(row, (unit, issued)): (usize, &(UnitId, u32))| {
        let counts = Counts {
            issued: count(*issued),
            renewed: count(issued / 2),
            revoked: count(issued / 3),
        };
        (Path::root().field("lines").index(row), Line { unit: *unit, counts })
    };
    SubmitReport {
        report: NewReport {
            partner: partner(place.0),
            period: month(place.1),
            lines: lines.iter().enumerate().map(line).collect(),
            cumulative_issued: 0,
            submission,
        },
        rules: ReportingRules { tolerance: Tolerance { millionths: u32::MAX }, due_day: 10 },
        signature: BodySignature::Missing,
        notary: Arc::new(Stamp),
    }
}

/// Whether it was done; refusals are part of the game.
async fn done<C: Command>(store: &Store, scope: Scope, command: C) -> bool {
    let writer = Principal::development().writer(scope).unwrap();
    match store.write(&writer, command, WriteRequest::default()).await {
        Ok(_) => true,
        Err(WriteError::Refused(_)) => false,
        Err(WriteError::Store(error)) => panic!("{error:?}"),
    }
}

async fn perform(store: &Store, model: &Model, act: &Act, lines: &[(UnitId, u32)]) -> bool {
    let (report, admin) = (Scope::CertificatesReport, Scope::Admin);
    let why = || "thử".to_owned();
    match *act {
        Act::Submit { place, .. } => {
            done(store, report, submit(place, lines, Submission::First)).await
        }
        Act::Correct { place, .. } => {
            let known = model.accepted.get(&place).map_or(1, |(revision, _)| *revision);
            let submission = Submission::Correction { of: key(place, known), reason: why() };
            done(store, report, submit(place, lines, submission)).await
        }
        Act::Withdraw { place } => {
            let known = model.current(place).unwrap_or(1);
            let command = WithdrawReport { report: key(place, known), reason: why() };
            done(store, report, command).await
        }
        Act::Review { place, approve } => {
            let known = model.current(place).unwrap_or(1);
            let decision = if approve { Decision::Approve } else { Decision::Reject };
            let command = ReviewReport { report: key(place, known), decision, reason: Some(why()) };
            done(store, admin, command).await
        }
        Act::Close { month: at } => done(store, admin, ClosePeriod(month(at))).await,
        Act::Reopen { month: at } => done(store, admin, ReopenPeriod(month(at))).await,
    }
}

/// Issued by partner, month and commune, as the registry tells it.
async fn told(
    store: &Store,
    on: Date,
    as_of: Option<Instant>,
) -> BTreeMap<(PartnerCode, YearMonth, UnitId), [u64; 3]> {
    let units = store.units();
    let province =
        units.all().iter().find(|unit| unit.level() == Level::Province && unit.validity.holds(on));
    let by = Grouping { partner: true, period: true, level: Some(Level::Commune) };
    let query = SumQuery { within: province.unwrap().id, from: None, to: None, partner: None, by };
    let reader = store.read(&Principal::development(), ReadRequest::default());
    let ledger = match as_of {
        Some(moment) => reader.ledger_at(moment).await.unwrap(),
        None => reader.figures().await.unwrap().ledger,
    };
    let sums = reader.certificate_sums(&ledger, &CertificateSums { query, on }).unwrap();
    sums.into_iter()
        .map(|sum| {
            let place = (sum.partner.unwrap(), sum.period.unwrap(), sum.unit);
            (place, [sum.issued, sum.renewed, sum.revoked])
        })
        .collect()
}

/// Compares what is told with what was counted, line by line.
fn compare(
    store: &Store,
    counted: &Counted,
    on: Date,
    told: &BTreeMap<(PartnerCode, YearMonth, UnitId), [u64; 3]>,
) {
    let units = store.units();
    let mut expected: BTreeMap<(PartnerCode, YearMonth, BTreeSet<UnitId>), [u64; 3]> =
        BTreeMap::new();
    for ((who, when), lines) in counted {
        for (unit, issued) in lines {
            // Where a newer commune is told on older boundaries, its parts together are what it was.
            let holds = units.get(*unit).unwrap().validity.holds(on);
            let later = units.successors(*unit).map(|step| step.new);
            let earlier = units.predecessors(*unit).map(|step| step.old);
            let there: BTreeSet<UnitId> = match holds {
                true => [*unit].into(),
                false if month(*when).last_day() < on => later.collect(),
                false => earlier.collect(),
            };
            let sum = expected.entry((partner(*who), month(*when), there)).or_default();
            for (sum, count) in sum.iter_mut().zip([*issued, issued / 2, issued / 3]) {
                *sum += u64::from(count);
            }
        }
    }
    for ((who, when, communes), sums) in &expected {
        let mut found = [0; 3];
        for commune in communes {
            let part = told.get(&(who.clone(), *when, *commune)).copied().unwrap_or_default();
            found.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        assert_eq!(found, *sums, "{who} {when} {communes:?} on {on}");
    }
    let all = |sums: &mut dyn Iterator<Item = &[u64; 3]>| {
        sums.fold([0; 3], |all, sums| std::array::from_fn(|at| all[at] + sums[at]))
    };
    assert_eq!(all(&mut told.values()), all(&mut expected.values()), "nothing more on {on}");
}

async fn totals_agree_with_a_plain_recomputation(engine: Engine) {
    let database = TestDatabase::create(engine).await;
    let (store, other) = (database.open().await, database.open().await);
    for code in PARTNERS {
        let agreement =
            Agreement { reference: "1".into(), from: month(0).first_day(), until: None };
        let command = UpdatePartner {
            code: code.parse().unwrap(),
            name: None,
            agreement: Some(agreement),
            suspended: None,
            signatures: None,
        };
        assert!(done(&store, Scope::Admin, command).await);
    }
    let mut runner = TestRunner::new(Config::default());
    let mut model = Model::default();
    let mut history: Vec<(Instant, Counted)> = vec![(database.clock.now(), Counted::new())];
    let mut carried_out = 0;
    for act in acts().new_tree(&mut runner).unwrap().current() {
        database.clock.set(database.clock.now() + chrono::TimeDelta::minutes(1));
        let lines = match &act {
            Act::Submit { place, counts } | Act::Correct { place, counts } => {
                lines(&store, place.1, counts)
            }
            _ => Vec::new(),
        };
        let expected = model.allows(&act);
        assert_eq!(perform(&store, &model, &act, &lines).await, expected, "{act:?}");
        if expected {
            model.apply(&act, lines);
            carried_out += 1;
        }
        history.push((database.clock.now(), model.counted()));
    }
    assert!(carried_out > 40, "only {carried_out} acts were carried out");
    for on in BOUNDARIES.map(|on| on.parse::<Date>().unwrap()) {
        for store in [&store, &other] {
            compare(store, &model.counted(), on, &told(store, on, None).await);
        }
        for (moment, counted) in history.iter().step_by(23) {
            compare(&store, counted, on, &told(&store, on, Some(*moment)).await);
        }
    }
}
