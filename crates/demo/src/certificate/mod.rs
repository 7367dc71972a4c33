//! Digital certificates: what two partners issued, what they reported of it and when, and the single ones.
//!
//! Everything follows from how many certificates a partner issued in a commune and month
//! ([`volume`]). Each of them has a number, from which follows all else about it ([`single`]).
//! Reports count what happened to them ([`report`]); that some were wrong at first, and what came
//! of it, is told by [`history`].

mod history;
mod report;
mod single;
#[cfg(test)]
mod tests;
mod volume;

use registry_domain::access::PartnerCode;
use registry_domain::certificate::IssuerName;
use registry_domain::time::{Date, YearMonth};
use registry_domain::unit::{UnitId, Units};

use crate::calibration::Calibration;
use crate::{Scale, Step};
use history::Deed;
#[cfg(test)]
pub(crate) use single::numbers_begin;
use volume::Volume;

/// July 2021, the month from which months are counted here; both agreements begin with it.
const FIRST_MONTH: i32 = 2_021 * 12 + 6;

/// The last month with reports: October 2026.
const LAST_MONTH: u32 = 63;

/// May 2024, the month by which the published figure was reached.
const PUBLISHED_MONTH: u32 = 34;

/// Where single certificates differ on purpose from what was reported as issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateDifference {
    /// The partner.
    pub partner: PartnerCode,
    /// The month.
    pub period: YearMonth,
    /// The commune, on the boundaries of that month.
    pub unit: UnitId,
    /// Registered minus reported.
    pub difference: i32,
}

/// All certificates of the province.
#[derive(Debug)]
pub(crate) struct Certificates {
    partners: Vec<Partner>,
    volume: Volume,
    /// The share of Viettel's certificates whose holders have one of VNPT's too.
    shared: f64,
    /// What was recorded, in order of time.
    deeds: Vec<Deed>,
}

/// A partner, known by its place in the list of both.
#[derive(Debug)]
struct Partner {
    code: PartnerCode,
    issuer: IssuerName,
}

/// The places of both partners.
const PARTNERS: [usize; 2] = [VNPT, VIETTEL];
const VNPT: usize = 0;
const VIETTEL: usize = 1;

impl Certificates {
    pub(crate) fn plan(units: &Units, calibration: &Calibration, scale: Scale) -> Self {
        let partner = |(code, issuer): (&str, &str)| {
            let (code, issuer) = (code.parse().ok()?, IssuerName::parse(issuer).ok()?);
            Some(Partner { code, issuer })
        };
        let names = [("VNPT", "VNPT-CA"), ("VIETTEL", "Viettel-CA")];
        let volume = Volume::plan(units, calibration, scale);
        let deeds = history::all(&volume);
        let partners = names.into_iter().filter_map(partner).collect();
        Self { partners, volume, shared: calibration.get("certificates_shared"), deeds }
    }

    /// All steps in order of time.
    pub(crate) fn steps(&self) -> impl Iterator<Item = Step> + '_ {
        history::steps(self)
    }

    /// How many rows all steps have together.
    pub(crate) fn rows(&self) -> u64 {
        self.deeds.iter().map(|deed| history::rows(&self.volume, deed)).sum()
    }

    pub(crate) fn differences(&self) -> impl Iterator<Item = CertificateDifference> + '_ {
        let months = self.partners.iter().zip(self.volume.all());
        let months = months.flat_map(|(partner, months)| months.iter().map(move |m| (partner, m)));
        months.flat_map(|(partner, month)| {
            let differing = month.communes.iter().filter(|commune| commune.difference != 0);
            differing.map(|commune| CertificateDifference {
                partner: partner.code.clone(),
                period: month.period,
                unit: commune.unit,
                difference: commune.difference,
            })
        })
    }
}

/// A month, counted from July 2021.
fn period_of(month: u32) -> YearMonth {
    YearMonth::from_index(FIRST_MONTH + month.cast_signed())
}

/// A day of a month; each month has the first 28.
fn day_of(month: u32, day: u32) -> Date {
    period_of(month).first_day() + chrono::Days::new(u64::from(day.saturating_sub(1)))
}
