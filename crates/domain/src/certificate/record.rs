//! Reports and certificates as they are recorded, and how a report stood at a past moment.

use super::{
    CertificateKey, CertificateStatus, Counts, Kind, ReportKey, ReportState, Revision, Validity,
    Warning,
};
use crate::access::PartnerCode;
use crate::time::{Date, Instant};
use crate::unit::UnitId;

/// A report as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Which one.
    pub key: ReportKey,
    /// Where it stands.
    pub state: ReportState,
    /// Counts up with every change of any report of the partner; this one's newest change.
    pub change: i64,
    /// When it was taken.
    pub submitted_at: Instant,
    /// By whom it was sent.
    pub submitted_by: String,
    /// The partner's own total of certificates issued up to the end of the period.
    pub cumulative_issued: u64,
    /// What the registry counted then, with these lines.
    pub expected_issued: u64,
    /// The lines added up: issued, renewed, revoked.
    pub totals: [u64; 3],
    /// How many lines it has.
    pub line_count: usize,
    /// SHA-256 of the canonical content, in hexadecimal.
    pub content_sha256: String,
    /// What the partner was given as proof, a JWS.
    pub receipt: String,
    /// What it corrects.
    pub supersedes: Option<Revision>,
    /// Why it corrects.
    pub reason: Option<String>,
    /// The partner's signature.
    pub signature: Option<DetachedSignature>,
    /// Since when it counts or counted.
    pub accepted_at: Option<Instant>,
    /// When it stopped counting or waiting.
    pub ended_at: Option<Instant>,
    /// What an administrator decided.
    pub decision: Option<Decided>,
    /// That its partner took it back.
    pub withdrawal: Option<Decided>,
}

/// A signature apart from what it signs (RFC 7515 appendix F, RFC 7797).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetachedSignature {
    /// Header and signature, `header..signature`.
    pub jws: String,
    /// What was signed: the body of the request as it was sent.
    pub body: String,
}

/// A decision on a report, or its withdrawal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// When.
    pub at: Instant,
    /// By whom.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
}

impl Report {
    /// The report as it was known at `moment`; `None` if nobody knew of it then.
    #[must_use]
    pub fn known_at(mut self, moment: Instant) -> Option<Self> {
        if self.submitted_at > moment {
            return None;
        }
        let by_then = |at: &Instant| *at <= moment;
        self.accepted_at = self.accepted_at.filter(by_then);
        self.ended_at = self.ended_at.filter(by_then);
        self.decision = self.decision.filter(|decision| by_then(&decision.at));
        self.withdrawal = self.withdrawal.filter(|withdrawal| by_then(&withdrawal.at));
        self.state = match (self.ended_at, self.accepted_at) {
            (Some(_), _) => self.state,
            (None, Some(_)) => ReportState::Accepted,
            (None, None) => ReportState::PendingReview,
        };
        Some(self)
    }

    /// What its partner should know, where the period has so many `communes`.
    #[must_use]
    pub fn warnings(&self, communes: usize) -> Vec<Warning> {
        let totals = (self.cumulative_issued, self.expected_issued);
        Warning::all(totals, self.state, (self.line_count, communes))
    }
}

/// A single certificate as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Which one.
    pub key: CertificateKey,
    /// Whose.
    pub partner: PartnerCode,
    /// A keyed hash of the holder, in hexadecimal; the same holder has the same.
    pub pseudonym: String,
    /// The commune it counts in, on the boundaries of the day of issue.
    pub unit: UnitId,
    /// The day of issue.
    pub issued_on: Date,
    /// When it is good.
    pub validity: Validity,
    /// First or renewed.
    pub kind: Kind,
    /// Whether an authority's signature was found on it.
    pub is_checked: bool,
    /// Whether it may be relied on.
    pub status: CertificateStatus,
    /// Since when.
    pub status_on: Date,
    /// When the registry learned of it.
    pub registered_at: Instant,
}

/// What a partner declared of a month in one commune, and what is registered of it one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciled {
    /// The partner.
    pub partner: PartnerCode,
    /// The commune, on the period's boundaries.
    pub unit: UnitId,
    /// By the report in force; all 0 without one.
    pub declared: Counts,
    /// By certificates issued or revoked in the month.
    pub registered: [u64; 3],
}

impl Reconciled {
    /// Registered minus declared, of what was issued, renewed, revoked.
    #[must_use]
    pub fn differences(&self) -> [i64; 3] {
        let Counts { issued, renewed, revoked } = self.declared;
        let declared = [issued, renewed, revoked].map(|count| i64::from(count.get()));
        std::array::from_fn(|at| self.registered[at].cast_signed() - declared[at])
    }

    /// How many of those declared as issued are registered.
    #[must_use]
    pub fn explained(&self) -> u64 {
        self.registered[0].min(self.declared.issued.get().into())
    }
}

/// Somebody with certificates of several partners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedHolder {
    /// The holder's pseudonym.
    pub pseudonym: String,
    /// The certificates, by issuer and serial number.
    pub certificates: Vec<Certificate>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_stood_where_it_stood() {
        use ReportState::{Accepted, PendingReview, Superseded};
        let at = |day: u32| {
            let day = Date::from_ymd_opt(2024, 6, day).unwrap();
            day.and_time(chrono::NaiveTime::MIN).and_utc()
        };
        let report = Report {
            key: "VNPT/2024-05/1".parse().unwrap(),
            state: Superseded,
            change: 3,
            submitted_at: at(3),
            submitted_by: "VNPT".into(),
            cumulative_issued: 10,
            expected_issued: 10,
            totals: [10, 0, 0],
            line_count: 1,
            content_sha256: String::new(),
            receipt: String::new(),
            supersedes: None,
            reason: None,
            signature: None,
            accepted_at: Some(at(5)),
            ended_at: Some(at(9)),
            decision: None,
            withdrawal: None,
        };
        let states = [2, 3, 5, 8, 9, 20]
            .map(|day| report.clone().known_at(at(day)).map(|report| report.state));
        assert_eq!(
            states,
            [
                None,
                Some(PendingReview),
                Some(Accepted),
                Some(Accepted),
                Some(Superseded),
                Some(Superseded)
            ]
        );
    }
}
