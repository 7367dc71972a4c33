//! Single certificates: whose, from when to when, and what became of each. All follows from its number.

use chrono::Months;
use registry_domain::certificate::{
    CertificateKey, CertificateStatus, Holder, Kind, NewCertificate, SerialNumber, StatusChange,
    Validity,
};
use registry_domain::personal::CitizenNumber;
use registry_domain::time::Date;
use registry_domain::unit::UnitId;

use super::{Certificates, VIETTEL, VNPT, day_of};
use crate::chance::{Question, chance, pick};
use crate::{Scale, family};

/// A partner's numbers begin here at the usual scales, and its key for chance is this at every scale.
pub(super) const fn first_number(partner: usize) -> u32 {
    if partner == VNPT { 250_000 } else { 300_000 }
}

/// Where a partner's numbers begin; no household's head has a citizen number by one of these.
pub(crate) const fn numbers_begin(partner: usize, scale: Scale) -> u32 {
    match scale {
        Scale::Small | Scale::Tenth | Scale::Province => first_number(partner),
        // In the gaps that so many heads leave.
        Scale::Tenfold if partner == VNPT => 2_555_000,
        Scale::Tenfold => 4_555_000,
    }
}

/// Months within which a holder of one partner's certificate may get one by the other.
const SHARED_WITHIN: usize = 6;

/// Months after its issue in which a certificate may be revoked.
const REVOKED_WITHIN: usize = 10;

/// Why a certificate is revoked.
const REASONS: [&str; 3] = ["Chủ thể yêu cầu", "Nghi lộ khoá bí mật", "Thông tin chủ thể thay đổi"];

/// A certificate that was its holder's first by that partner.
#[derive(Debug, Clone, Copy)]
pub(super) struct First {
    pub(super) partner: usize,
    pub(super) month: u32,
    pub(super) unit: UnitId,
    pub(super) number: u32,
}

/// A certificate that follows another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Renewal {
    pub(super) of: First,
    pub(super) month: u32,
    /// The commune, on the boundaries of that month.
    pub(super) unit: UnitId,
}

impl First {
    /// The month in which it is revoked, if it is; `share` of all are.
    pub(super) fn revoked_in(self, share: f64) -> Option<u32> {
        let revoked = chance(self.number, Question::Revoked, 0) < share;
        let later = 1 + small(self.number, Question::RevokedAfter, REVOKED_WITHIN);
        revoked.then_some(self.month + later)
    }

    /// The month in which it is renewed, if it is; `share` of all are.
    pub(super) fn renewed_in(self, share: f64) -> Option<u32> {
        // One of those that were good for the shortest time.
        (chance(self.number, Question::YearsGood, 0) < share).then_some(self.month + 12)
    }

    fn years_good(self) -> u32 {
        match chance(self.number, Question::YearsGood, 0) {
            x if x < 0.3 => 1,
            x if x < 0.6 => 2,
            _ => 3,
        }
    }

    /// The day of a month on which things happen to it.
    fn day_in(self, month: u32) -> Date {
        day_of(month, 1 + small(self.number, Question::IssueDay, 28))
    }
}

fn small(number: u32, question: Question, below: usize) -> u32 {
    u32::try_from(pick(number, question, below)).unwrap_or_default()
}

impl Certificates {
    pub(super) fn first(&self, first: First) -> Option<NewCertificate> {
        let span = (first.day_in(first.month), first.years_good());
        self.certificate(first, (0, first.unit, Kind::First), span)
    }

    pub(super) fn renewal(&self, renewal: Renewal) -> Option<NewCertificate> {
        let span = (renewal.of.day_in(renewal.month), 2);
        self.certificate(renewal.of, (1, renewal.unit, Kind::Renewal), span)
    }

    pub(super) fn revocation(&self, first: First, month: u32) -> Option<StatusChange> {
        let day = 1 + small(first.number, Question::RevokedDay, 28);
        let reason = REASONS[pick(first.number, Question::RevokedReason, REASONS.len())];
        Some(StatusChange {
            key: self.key(first, 0)?,
            to: CertificateStatus::Revoked,
            on: day_of(month, day),
            reason: reason.to_owned(),
        })
    }

    fn certificate(
        &self,
        first: First,
        (turn, unit, kind): (u32, UnitId, Kind),
        (issued_on, years): (Date, u32),
    ) -> Option<NewCertificate> {
        let holder = CitizenNumber::parse(&family::citizen_number(self.holder(first))).ok()?;
        let until = issued_on.checked_add_months(Months::new(12 * years))?;
        Some(NewCertificate {
            key: self.key(first, turn)?,
            partner: self.partners[first.partner].code.clone(),
            holder: Holder::person(&holder),
            unit,
            issued_on,
            validity: Validity { from: issued_on, until },
            kind,
            presented: None,
        })
    }

    fn key(&self, first: First, turn: u32) -> Option<CertificateKey> {
        // One after the other, so that a month's certificates lie together. The first two digits
        // keep the rest from losing leading zeros.
        let serial: SerialNumber = format!("54{turn:02X}{:012X}", first.number).parse().ok()?;
        Some(CertificateKey { issuer: self.partners[first.partner].issuer.clone(), serial })
    }

    /// Who holds it: by the number of the holder's first certificate by any partner.
    fn holder(&self, first: First) -> u32 {
        if first.partner == VIETTEL && chance(first.number, Question::SharedHolder, 0) < self.shared
        {
            let since = small(first.number, Question::SharedSince, SHARED_WITHIN);
            let month = first.month.saturating_sub(since);
            let commune = self.volume.month(VNPT, month).commune(first.unit);
            let numbers = commune.map(super::volume::Commune::numbers).unwrap_or_default();
            if !numbers.is_empty() {
                return numbers.start + first.number % u32::try_from(numbers.len()).unwrap_or(1);
            }
        }
        first.number
    }
}
