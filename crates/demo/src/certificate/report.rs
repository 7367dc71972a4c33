//! Reports: what a partner tells of a month, rightly or not, and the total that goes with it.

use registry_domain::certificate::{
    CertificateCount, Counts, Line, NewReport, ReportKey, Revision, Submission,
};
use registry_domain::fault::Path;

use super::volume::{Commune, Volume};
use super::{Certificates, LAST_MONTH, PARTNERS, period_of};

/// How far a report is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// As it was.
    Rightly,
    /// So many communes, those with the most certificates, are left out.
    Without(usize),
    /// In so many communes, those with the most certificates, each issued one is counted twice.
    Twice(usize),
    /// The month before once more.
    MonthBefore,
}

/// A report as it is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub(super) partner: usize,
    pub(super) month: u32,
    pub(super) told: Told,
    /// Which revision is corrected, and why.
    pub(super) corrects: Option<(u32, &'static str)>,
}

/// Certificates issued by the reports in force, by partner and month; what totals are made of.
#[derive(Debug, Clone)]
pub(super) struct InForce([Vec<u64>; 2]);

impl InForce {
    pub(super) fn none() -> Self {
        Self(PARTNERS.map(|_| vec![0; LAST_MONTH as usize + 1]))
    }

    pub(super) fn set(&mut self, partner: usize, month: u32, issued: u64) {
        self.0[partner][month as usize] = issued;
    }

    /// Issued in all months before.
    fn before(&self, partner: usize, month: u32) -> u64 {
        self.0[partner][..month as usize].iter().sum()
    }
}

/// The lines of a report: one for each commune that it does not leave out.
pub(super) fn lines(volume: &Volume, sent: &Sent) -> Vec<Line> {
    let Sent { partner, month, told, .. } = *sent;
    let month = if told == Told::MonthBefore { month.saturating_sub(1) } else { month };
    let communes = &volume.month(partner, month).communes;
    let wrong = match told {
        Told::Without(count) | Told::Twice(count) => count,
        Told::Rightly | Told::MonthBefore => 0,
    };
    let mut places: Vec<usize> = (0..communes.len()).collect();
    places.sort_by_key(|place| std::cmp::Reverse(communes[*place].issued));
    let wrong = &places[..wrong.min(places.len())];
    let told_of = communes.iter().enumerate().filter_map(|(place, commune)| {
        let is_wrong = wrong.contains(&place);
        match told {
            Told::Without(_) if is_wrong => None,
            Told::Twice(_) if is_wrong => Some(line(commune, 2 * commune.issued)),
            _ => Some(line(commune, commune.issued)),
        }
    });
    told_of.collect()
}

/// What lines say was issued.
pub(super) fn issued(lines: &[Line]) -> u64 {
    lines.iter().map(|line| u64::from(line.counts.issued.get())).sum()
}

fn line(commune: &Commune, issued: u32) -> Line {
    let [issued, renewed, revoked] = [issued, commune.renewed, commune.revoked]
        .map(|count| CertificateCount::parse(count.into()).unwrap_or_default());
    Line { unit: commune.unit, counts: Counts { issued, renewed, revoked } }
}

impl Certificates {
    /// The report and what it says was issued.
    pub(super) fn report(&self, sent: &Sent, in_force: &InForce) -> Option<(NewReport, u64)> {
        let lines = lines(&self.volume, sent);
        let issued = issued(&lines);
        let submission = match sent.corrects {
            None => Submission::First,
            Some((revision, reason)) => Submission::Correction {
                of: self.report_key(sent.partner, sent.month, revision)?,
                reason: reason.to_owned(),
            },
        };
        let at = |place| Path::root().field("input").field("lines").index(place);
        let report = NewReport {
            partner: self.partners[sent.partner].code.clone(),
            period: period_of(sent.month),
            lines: lines.into_iter().enumerate().map(|(place, line)| (at(place), line)).collect(),
            cumulative_issued: in_force.before(sent.partner, sent.month) + issued,
            submission,
        };
        Some((report, issued))
    }

    pub(super) fn report_key(
        &self,
        partner: usize,
        month: u32,
        revision: u32,
    ) -> Option<ReportKey> {
        Some(ReportKey {
            partner: self.partners[partner].code.clone(),
            period: period_of(month),
            revision: Revision::new(revision)?,
        })
    }
}
