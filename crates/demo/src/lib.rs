//! The generated province: calibration in, domain commands out. Knows only the domain.
//!
//! Every household follows from its number alone, so the same scale gives the same commands on
//! every machine. Nobody real is in it: citizen numbers begin with 000, which is never issued,
//! telephones with 050, which is not assigned.

mod calibration;
mod certificate;
mod chance;
mod event;
mod family;
mod place;
mod steps;
mod visit;

use registry_domain::access::{Agreement, PartnerCode};
use registry_domain::certificate::{Decision, NewCertificate, NewReport, ReportKey, StatusChange};
use registry_domain::connectivity::NewSurvey;
use registry_domain::household::{HouseholdChange, HouseholdClosure, NewHousehold};
use registry_domain::time::{Instant, YearMonth};
use registry_domain::unit::Units;

use calibration::Calibration;
use certificate::Certificates;
use place::Places;

pub use certificate::CertificateDifference;

/// Rows of one step at most.
const BATCH: usize = 1_000;

/// How large a province.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// About 2,000 households.
    Small,
    /// About 201,000 households.
    Province,
}

impl Scale {
    const fn divisor(self) -> f64 {
        match self {
            Self::Small => 100.0,
            Self::Province => 1.0,
        }
    }
}

/// A province to be recorded step by step.
#[derive(Debug)]
pub struct Demo {
    calibration: Calibration,
    places: Places,
    certificates: Certificates,
}

/// What was recorded at one moment.
#[derive(Debug, Clone)]
pub struct Step {
    /// The moment.
    pub at: Instant,
    /// The rows, at most 1,000.
    pub work: Work,
}

/// Rows of one kind.
#[derive(Debug, Clone)]
pub enum Work {
    /// Households to register; the registry numbers them in this order, from 1.
    Register(Vec<NewHousehold>),
    /// Surveys to record.
    Survey(Vec<NewSurvey>),
    /// Households to change.
    Change(Vec<HouseholdChange>),
    /// Households to close.
    Close(Vec<HouseholdClosure>),
    /// A partner's agreement.
    Agree(PartnerCode, Agreement),
    /// A partner's report.
    Report(NewReport),
    /// A report that its partner takes back, and why.
    Withdraw(ReportKey, String),
    /// A decision on a report that came after its period was closed, and why.
    Review(ReportKey, Decision, Option<String>),
    /// A reporting period that ends.
    ClosePeriod(YearMonth),
    /// Certificates of one partner to register.
    Certify(Vec<NewCertificate>),
    /// Certificates of one partner to revoke.
    Revoke(PartnerCode, Vec<StatusChange>),
}

impl Work {
    /// How many rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Self::Register(rows) => rows.len(),
            Self::Survey(rows) => rows.len(),
            Self::Change(rows) => rows.len(),
            Self::Close(rows) => rows.len(),
            Self::Report(report) => report.lines.len(),
            Self::Certify(rows) => rows.len(),
            Self::Revoke(_, rows) => rows.len(),
            Self::Agree(..) | Self::Withdraw(..) | Self::Review(..) | Self::ClosePeriod(_) => 1,
        }
    }
}

impl Demo {
    /// Plans a province on these units.
    #[must_use]
    pub fn new(units: &Units, scale: Scale) -> Self {
        let calibration = Calibration::load();
        let places = Places::settle(units, &calibration, scale);
        let certificates = Certificates::plan(units, &calibration, scale);
        Self { calibration, places, certificates }
    }

    /// About how many rows all steps have together; for a progress bar.
    #[must_use]
    pub fn rows(&self) -> u64 {
        // A registration, two visits, and a third to every other household.
        u64::from(self.places.last()) * 7 / 2 + self.certificates.rows()
    }

    /// All steps in order of time.
    pub fn steps(&self) -> impl Iterator<Item = Step> + '_ {
        steps::merged(steps::all(&self.calibration, &self.places), self.certificates.steps())
    }

    /// Where the single certificates differ on purpose from what the reports in force at the end
    /// say was issued.
    pub fn certificate_differences(&self) -> impl Iterator<Item = CertificateDifference> + '_ {
        self.certificates.differences()
    }
}
