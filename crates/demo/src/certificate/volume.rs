//! How many certificates were issued, renewed and revoked: by partner, commune and month.

use registry_domain::time::YearMonth;
use registry_domain::unit::{Level, Title, UnitId, Units};

use super::single::{self, First, Renewal};
use super::{LAST_MONTH, PARTNERS, PUBLISHED_MONTH, period_of};
use crate::Scale;
use crate::calibration::Calibration;
use crate::chance::{Question, chance};

/// All months of both partners.
#[derive(Debug)]
pub(super) struct Volume {
    months: Vec<Vec<Month>>,
}

/// One month of one partner.
#[derive(Debug)]
pub(super) struct Month {
    pub(super) period: YearMonth,
    pub(super) communes: Vec<Commune>,
    /// Certificates that were renewed in the month.
    pub(super) renewals: Vec<Renewal>,
    /// Certificates that were revoked in the month.
    pub(super) revocations: Vec<First>,
}

/// What one partner did in one commune and month.
#[derive(Debug)]
pub(super) struct Commune {
    pub(super) unit: UnitId,
    /// As reported.
    pub(super) issued: u32,
    /// What is registered one by one, minus what is reported.
    pub(super) difference: i32,
    /// The number of the first certificate.
    first: u32,
    pub(super) renewed: u32,
    pub(super) revoked: u32,
}

impl Commune {
    /// The numbers of the certificates issued for the first time, as far as they are registered.
    pub(super) fn numbers(&self) -> std::ops::Range<u32> {
        self.first..self.first + self.issued.saturating_add_signed(self.difference)
    }
}

impl Month {
    /// The commune `unit`, if it is one in this month.
    pub(super) fn commune(&self, unit: UnitId) -> Option<&Commune> {
        self.communes.iter().find(|commune| commune.unit == unit)
    }

    fn count(&mut self, unit: UnitId, add: impl FnOnce(&mut Commune)) -> Option<()> {
        self.communes.iter_mut().find(|commune| commune.unit == unit).map(add)
    }
}

impl Volume {
    pub(super) fn plan(units: &Units, calibration: &Calibration, scale: Scale) -> Self {
        let totals = totals(calibration, scale);
        let mut months: Vec<Vec<Month>> = PARTNERS.map(|_| Vec::new()).into();
        for month in 0..=LAST_MONTH {
            let weights = weights(units, month);
            for partner in PARTNERS {
                let before = months[partner].last();
                let next = before.and_then(|before| Some(before.communes.last()?.numbers().end));
                let next = next.unwrap_or_else(|| single::numbers_begin(partner, scale));
                let counts = divided(totals[month as usize][partner], &weights, partner, month);
                let differing = calibration.get("certificates_differing");
                let communes = communes(&counts, next, (partner, month), differing);
                let (renewals, revocations) = (Vec::new(), Vec::new());
                let period = period_of(month);
                months[partner].push(Month { period, communes, renewals, revocations });
            }
        }
        let mut volume = Self { months };
        for partner in PARTNERS {
            volume.follow(partner, units, calibration);
        }
        volume
    }

    /// The months of each partner.
    pub(super) fn all(&self) -> impl Iterator<Item = &[Month]> {
        self.months.iter().map(Vec::as_slice)
    }

    /// A partner's month, counted from July 2021.
    pub(super) fn month(&self, partner: usize, month: u32) -> &Month {
        &self.months[partner][month as usize]
    }

    /// The certificates issued for the first time in a month, as far as they are registered.
    pub(super) fn firsts(&self, partner: usize, month: u32) -> impl Iterator<Item = First> + '_ {
        let communes = self.month(partner, month).communes.iter();
        communes.flat_map(move |commune| {
            let unit = commune.unit;
            commune.numbers().map(move |number| First { partner, month, unit, number })
        })
    }

    /// Follows each certificate to where it was revoked or renewed, and counts it there.
    fn follow(&mut self, partner: usize, units: &Units, calibration: &Calibration) {
        let [revoked, renewed] =
            ["revoked", "renewed"].map(|name| calibration.get(&format!("certificates_{name}")));
        for month in 0..=LAST_MONTH {
            for first in self.firsts(partner, month).collect::<Vec<_>>() {
                if let Some(later) = first.revoked_in(revoked) {
                    // Counted where it was issued, so not after the communes became others.
                    let there = self.months[partner].get_mut(later as usize);
                    let Some(there) = there else { continue };
                    if there.count(first.unit, |commune| commune.revoked += 1).is_some() {
                        there.revocations.push(first);
                    }
                } else if let Some(later) = first.renewed_in(renewed) {
                    let Some(there) = self.months[partner].get_mut(later as usize) else {
                        continue;
                    };
                    let (then, now) = (period_of(month).last_day(), there.period.last_day());
                    let Some((unit, _)) = units.spread(first.unit, then, now).into_iter().next()
                    else {
                        continue;
                    };
                    if there.count(unit, |commune| commune.renewed += 1).is_some() {
                        there.renewals.push(Renewal { of: first, month: later, unit });
                    }
                }
            }
        }
    }
}

/// What each partner issued in each month.
fn totals(calibration: &Calibration, scale: Scale) -> Vec<[u32; 2]> {
    let [published, a_month] = ["certificates_2024_05", "certificates_a_month_later"]
        .map(|name| calibration.get(name) / scale.divisor());
    let shares =
        ["vnpt", "viettel"].map(|partner| calibration.get(&format!("certificates_{partner}")));
    let growth = calibration.get("certificates_growth");
    let mut sum = 0.0;
    let mut before = [0; 2];
    let months = (0..=LAST_MONTH).map(|month| {
        if month <= PUBLISHED_MONTH {
            let passed = f64::from(month + 1) / f64::from(PUBLISHED_MONTH + 1);
            sum = published * passed.powf(growth);
        } else {
            sum += a_month * (0.85 + 0.3 * chance(month, Question::LaterMonth, 0));
        }
        let by_then = shares.map(|share| rounded(sum * share));
        let issued = PARTNERS.map(|partner| by_then[partner] - before[partner]);
        before = by_then;
        issued
    });
    months.collect()
}

/// The communes of a month and how much goes on in each; those of today as much as in those they came from.
fn weights(units: &Units, month: u32) -> Vec<(UnitId, f64)> {
    let tree = units.tree(period_of(month).last_day());
    let communes = units.all().iter();
    let communes = communes.filter(|unit| unit.level() == Level::Commune && tree.contains(unit.id));
    let weighed = communes.map(|unit| {
        let origins: f64 = units.predecessors(unit.id).map(|step| weight(units, step.old)).sum();
        let weight = if origins > 0.0 { origins } else { weight(units, unit.id) };
        let this_month = chance(unit.id.get().unsigned_abs(), Question::MonthWeight, month);
        (unit.id, weight * (0.7 + 0.6 * this_month))
    });
    weighed.collect()
}

fn weight(units: &Units, commune: UnitId) -> f64 {
    let is_ward = units.get(commune).is_some_and(|unit| unit.title == Title::Ward);
    let urban = if is_ward { 1.6 } else { 1.0 };
    urban * (0.5 + chance(commune.get().unsigned_abs(), Question::CommuneWeight, 0))
}

/// Divides a total by weights; the parts add up to it.
fn divided(
    total: u32,
    weights: &[(UnitId, f64)],
    partner: usize,
    month: u32,
) -> Vec<(UnitId, u32)> {
    let whole: f64 = weights.iter().map(|(_, weight)| weight).sum();
    // Begins within a certificate, so that not always the same communes get the rest.
    let offset = chance(single::first_number(partner), Question::MonthWeight, month);
    let (mut passed, mut given) = (0.0, 0);
    let parts = weights.iter().enumerate().map(|(place, (unit, weight))| {
        passed += weight;
        let by_here = f64::from(total) * passed / whole + offset;
        let is_last = place + 1 == weights.len();
        let by_here = if is_last { total } else { rounded(by_here.floor()).min(total) };
        let part = by_here - given;
        given = by_here;
        (*unit, part)
    });
    parts.collect()
}

/// The communes of a month, whose certificates are numbered from `next` on.
fn communes(
    counts: &[(UnitId, u32)],
    mut next: u32,
    (partner, month): (usize, u32),
    differing: f64,
) -> Vec<Commune> {
    let communes = counts.iter().map(|(unit, issued)| {
        let subject = unit.get().unsigned_abs() + single::first_number(partner);
        let difference = difference(subject, month, *issued, differing);
        let (renewed, revoked) = (0, 0);
        let issued = *issued;
        let commune = Commune { unit: *unit, issued, difference, first: next, renewed, revoked };
        next = commune.numbers().end;
        commune
    });
    communes.collect()
}

/// How many more are registered than reported: mostly none; likelier where many were issued.
fn difference(subject: u32, month: u32, issued: u32, differing: f64) -> i32 {
    if chance(subject, Question::Difference, month) >= f64::from(issued) * differing {
        return 0;
    }
    match chance(subject, Question::DifferenceKind, month) {
        x if x < 0.25 => 1,
        x if x < 0.55 && issued > 1 => -2,
        _ => -1,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most some 700,000")]
fn rounded(number: f64) -> u32 {
    number.round() as u32
}
