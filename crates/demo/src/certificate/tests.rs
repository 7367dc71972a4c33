//! What the generated certificates promise: the published total, a history in order, and single
//! certificates that match the reports in force but for the differences that are listed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use registry_domain::access::PartnerCode;
use registry_domain::certificate::{
    CertificateKey, Decision, Kind, Line, NewReport, ReportKey, Revision, StatusChange, Submission,
};
use registry_domain::time::{Date, Instant, YearMonth, local_date};
use registry_domain::unit::{Level, UnitId, Units};
use registry_testing::{Engine, TestDatabase};

use super::CertificateDifference;
use crate::{BATCH, Demo, Scale, Step, Work};

async fn units() -> std::sync::Arc<Units> {
    let database = TestDatabase::create(Engine::Sqlite).await;
    database.open().await.units()
}

fn certificate_steps(demo: &Demo) -> Vec<Step> {
    demo.certificates.steps().collect()
}

type Month = (PartnerCode, YearMonth);

/// The reports in force, and what the registry would know at each step.
#[derive(Default)]
struct Registry {
    in_force: BTreeMap<Month, NewReport>,
    waiting: HashMap<Month, NewReport>,
    revisions: HashMap<Month, u32>,
    closed: BTreeSet<YearMonth>,
    corrections: usize,
    withdrawn: usize,
    decisions: Vec<Decision>,
}

impl Registry {
    /// Takes the steps up to a moment.
    fn at(steps: &[Step], moment: Instant) -> Self {
        let mut registry = Self::default();
        for step in steps.iter().take_while(|step| step.at <= moment) {
            registry.take(step);
        }
        registry
    }

    fn take(&mut self, step: &Step) {
        match &step.work {
            Work::Report(report) => self.report(report),
            Work::Withdraw(key, reason) => {
                assert!(!reason.is_empty());
                self.expect_revision(key);
                assert!(self.in_force.remove(&(key.partner.clone(), key.period)).is_some());
                self.withdrawn += 1;
            }
            Work::Review(key, decision, _) => {
                self.expect_revision(key);
                let month = (key.partner.clone(), key.period);
                let report = self.waiting.remove(&month).unwrap();
                if *decision == Decision::Approve {
                    self.in_force.insert(month, report);
                }
                self.decisions.push(*decision);
            }
            Work::ClosePeriod(period) => {
                assert!(local_date(step.at) > period.last_day());
                assert!(self.closed.insert(*period));
            }
            _ => {}
        }
    }

    fn report(&mut self, report: &NewReport) {
        let month = (report.partner.clone(), report.period);
        let revision = self.revisions.entry(month.clone()).or_default();
        *revision += 1;
        match &report.submission {
            Submission::First => assert!(!self.in_force.contains_key(&month), "{month:?}"),
            Submission::Correction { of, reason } => {
                assert_eq!((of.partner.clone(), of.period), month);
                assert_eq!(of.revision.get() + 1, *revision);
                assert_ne!(total(&self.in_force[&month].lines), total(&report.lines), "{month:?}");
                assert!(!reason.is_empty());
                self.corrections += 1;
            }
        }
        let earlier = self.in_force.range(..month.clone());
        let earlier = earlier.filter(|((partner, _), _)| *partner == month.0);
        let earlier: u64 = earlier.map(|(_, report)| total(&report.lines)).sum();
        assert_eq!(report.cumulative_issued, earlier + total(&report.lines), "{month:?}");
        if self.closed.contains(&report.period) {
            assert!(self.waiting.insert(month, report.clone()).is_none());
        } else {
            self.in_force.insert(month, report.clone());
        }
    }

    fn expect_revision(&self, key: &ReportKey) {
        let newest = self.revisions[&(key.partner.clone(), key.period)];
        assert_eq!(Some(key.revision), Revision::new(newest));
    }

    /// Certificates issued in all months up to `last`.
    fn issued_by(&self, last: &str) -> u64 {
        let last = last.parse().unwrap();
        let reports = self.in_force.iter().filter(|((_, period), _)| *period <= last);
        reports.map(|(_, report)| total(&report.lines)).sum()
    }
}

fn total<P>(lines: &[(P, Line)]) -> u64 {
    lines.iter().map(|(_, line)| u64::from(line.counts.issued.get())).sum()
}

fn at(text: &str) -> Instant {
    format!("{text}T00:00:00Z").parse().unwrap()
}

#[tokio::test]
async fn what_was_published_was_issued_and_it_grew() {
    let steps = certificate_steps(&Demo::new(&*units().await, Scale::Province));
    let registry = Registry::at(&steps, Instant::MAX_UTC);
    let published = registry.issued_by("2024-05");
    assert!((53_001..54_000).contains(&published), "{published}");
    assert!(Registry::at(&steps, at("2024-06-10")).issued_by("2024-05") > 53_000);

    let mut by_month: BTreeMap<YearMonth, u64> = BTreeMap::new();
    let mut by_partner: BTreeMap<&str, u64> = BTreeMap::new();
    for ((partner, period), report) in &registry.in_force {
        *by_month.entry(*period).or_default() += total(&report.lines);
        *by_partner.entry(partner.as_str()).or_default() += total(&report.lines);
    }
    let months: Vec<u64> = by_month.into_values().collect();
    let (growing, later) = months.split_at(35);
    assert!(growing.is_sorted_by(|before, after| before < after), "{growing:?}");
    assert!(later.iter().all(|issued| (500..=700).contains(issued)), "{later:?}");
    let share = by_partner["VNPT"] * 100 / by_partner.values().sum::<u64>();
    assert!((54..=55).contains(&share), "{share}");
}

#[tokio::test]
async fn every_month_has_a_report_of_each_partner_for_every_commune() {
    let units = units().await;
    for scale in [Scale::Small, Scale::Province] {
        let steps = certificate_steps(&Demo::new(&units, scale));
        let registry = Registry::at(&steps, Instant::MAX_UTC);
        let first = "2021-07".parse::<YearMonth>().unwrap().index();
        let last = "2026-10".parse::<YearMonth>().unwrap().index();
        for index in first..=last {
            let period = YearMonth::from_index(index);
            let tree = units.tree(period.last_day());
            let is_commune = |unit: &UnitId| units.get(*unit).unwrap().level() == Level::Commune;
            for partner in ["VNPT", "VIETTEL"] {
                let report = &registry.in_force[&(partner.parse().unwrap(), period)];
                let named: HashSet<UnitId> =
                    report.lines.iter().map(|(_, line)| line.unit).collect();
                let communes = if index < 24_306 { 75 } else { 28 };
                assert_eq!((report.lines.len(), named.len()), (communes, communes), "{period}");
                assert!(named.iter().all(|unit| tree.contains(*unit) && is_commune(unit)));
            }
        }
        let closed: Vec<i32> = registry.closed.iter().map(|period| period.index()).collect();
        assert_eq!(closed, (first..=last - 2).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn corrections_show_in_what_was_known_at_past_moments() {
    let units = units().await;
    for scale in [Scale::Small, Scale::Province] {
        let steps = certificate_steps(&Demo::new(&units, scale));
        let now = Registry::at(&steps, Instant::MAX_UTC);
        assert_eq!((now.corrections, now.withdrawn), (6, 1));
        assert_eq!(now.decisions, [Decision::Approve, Decision::Reject]);
        assert!(now.waiting.is_empty());
        let known = |day| Registry::at(&steps, at(day));
        let by_then = |day| [known(day).issued_by("2023-11"), known(day).issued_by("2024-01")];
        let moments = ["2023-12-31", "2024-03-01", "2026-11-30"].map(by_then);
        assert!(moments[0][0] < moments[1][0], "{moments:?}");
        assert!(moments[0][1] < moments[1][1], "{moments:?}");
        assert!(moments[2][1] < moments[1][1], "{moments:?}");
    }
}

#[derive(Default)]
struct Registered {
    /// Issued, renewed, revoked, by partner, month and commune.
    counts: BTreeMap<(PartnerCode, YearMonth, UnitId), [i32; 3]>,
    by_key: HashMap<CertificateKey, (PartnerCode, UnitId, Date)>,
    partners: HashMap<Vec<u8>, BTreeSet<PartnerCode>>,
    batches: usize,
    revocations: usize,
}

impl Registered {
    fn of(steps: &[Step]) -> Self {
        let mut registered = Self::default();
        for step in steps {
            match &step.work {
                Work::Certify(rows) => {
                    assert!((1..=BATCH).contains(&rows.len()));
                    registered.batches += 1;
                    for row in rows {
                        registered.take(row, local_date(step.at));
                    }
                }
                Work::Revoke(_, revocations) => {
                    for revocation in revocations {
                        registered.revoke(revocation, local_date(step.at));
                    }
                }
                _ => {}
            }
        }
        registered
    }

    fn take(&mut self, row: &registry_domain::certificate::NewCertificate, today: Date) {
        assert!(row.issued_on < today && row.validity.until > row.issued_on);
        let years = (row.validity.until - row.validity.from).num_days();
        assert!((365..=3 * 366).contains(&years), "{row:?}");
        assert_eq!(row.key.serial.as_str().len(), 16);
        assert!(row.holder.reveal().starts_with(b"000"));
        let place = (row.partner.clone(), row.period(), row.unit);
        self.counts.entry(place).or_default()[usize::from(row.kind == Kind::Renewal)] += 1;
        let partners = self.partners.entry(row.holder.reveal().to_vec()).or_default();
        partners.insert(row.partner.clone());
        let known = (row.partner.clone(), row.unit, row.issued_on);
        assert!(self.by_key.insert(row.key.clone(), known).is_none(), "{row:?}");
    }

    fn revoke(&mut self, StatusChange { key, on, reason, .. }: &StatusChange, today: Date) {
        // Taken out, so that none is revoked twice.
        let (partner, unit, issued_on) = self.by_key.remove(key).unwrap();
        assert!(issued_on < *on && *on < today && !reason.is_empty());
        self.counts.entry((partner, YearMonth::of(*on), unit)).or_default()[2] += 1;
        self.revocations += 1;
    }
}

#[tokio::test]
async fn certificates_minus_reports_are_the_listed_differences() {
    let units = units().await;
    for scale in [Scale::Small, Scale::Province] {
        let demo = Demo::new(&units, scale);
        let steps = certificate_steps(&demo);
        let mut counts = Registered::of(&steps).counts;
        let mut reported = 0;
        for ((partner, period), report) in Registry::at(&steps, Instant::MAX_UTC).in_force {
            reported += total(&report.lines);
            for (_, Line { unit, counts: told }) in report.lines {
                let place = counts.entry((partner.clone(), period, unit)).or_default();
                for (count, told) in place.iter_mut().zip([told.issued, told.renewed, told.revoked])
                {
                    *count -= i32::try_from(told.get()).unwrap();
                }
            }
        }
        counts.retain(|_, difference| *difference != [0; 3]);
        let listed: BTreeMap<_, _> = demo
            .certificate_differences()
            .map(|CertificateDifference { partner, period, unit, difference }| {
                ((partner, period, unit), [difference, 0, 0])
            })
            .collect();
        assert_eq!(counts, listed);
        assert!(listed.values().all(|[difference, ..]| [-2, -1, 1].contains(difference)));
        assert!(listed.values().any(|[difference, ..]| *difference > 0) || scale == Scale::Small);
        let off: u64 = listed.values().map(|[off, ..]| u64::from(off.unsigned_abs())).sum();
        println!("{scale:?}: {} differences, {off} of {reported}", listed.len());
        if scale == Scale::Province {
            assert!((40..=60).contains(&(off * 10_000 / reported)), "{off} of {reported}");
        } else {
            assert!(off > 0);
        }
    }
}

#[tokio::test]
async fn some_holders_have_certificates_of_both_partners() {
    let steps = certificate_steps(&Demo::new(&*units().await, Scale::Province));
    let registered = Registered::of(&steps);
    let certificates: i32 =
        { registered.counts.values() }.map(|[first, again, _]| first + again).sum();
    assert!((65_000..75_000).contains(&certificates), "{certificates}");
    let both = registered.partners.values().filter(|partners| partners.len() > 1).count();
    println!(
        "{certificates} certificates in {} batches, {} revoked, {both} holders of both",
        registered.batches, registered.revocations
    );
    assert!((150..=250).contains(&both), "{both}");
    assert!((200..=450).contains(&registered.revocations), "{}", registered.revocations);
    let renewed: i32 = registered.counts.values().map(|[_, again, _]| again).sum();
    assert!((1_500..=2_500).contains(&renewed), "{renewed}");
    let early = registered.counts.iter().filter(|((_, period, _), [_, again, _])| {
        *again > 0 && *period < "2022-07".parse().unwrap()
    });
    assert_eq!(early.count(), 0);
}

#[tokio::test]
async fn steps_are_in_time_order_and_always_the_same() {
    let units = units().await;
    for scale in [Scale::Small, Scale::Province] {
        let steps: Vec<Instant> = Demo::new(&units, scale).steps().map(|step| step.at).collect();
        assert!(steps.is_sorted());
        assert!(steps.last().unwrap() < &at("2026-11-20"));
    }
    let once = || certificate_steps(&Demo::new(&units, Scale::Small));
    let (left, right) = (once(), once());
    assert_eq!(format!("{left:?}"), format!("{right:?}"));
    let holders = |steps: &[Step]| -> Vec<Vec<u8>> {
        let rows = steps.iter().filter_map(|step| match &step.work {
            Work::Certify(rows) => Some(rows),
            _ => None,
        });
        rows.flatten().map(|row| row.holder.reveal().to_vec()).collect()
    };
    assert_eq!(holders(&left), holders(&right));
}
