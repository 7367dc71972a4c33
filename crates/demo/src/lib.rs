//! The generated province: calibration in, domain commands out. Knows only the domain.
//!
//! Every household follows from its number alone, so the same scale gives the same commands on
//! every machine. Nobody real is in it: citizen numbers begin with 000, which is never issued,
//! telephones with 050, which is not assigned.

mod calibration;
mod certificate;
mod chance;
mod commerce;
mod community;
mod coverage;
mod event;
mod family;
mod ground;
mod institution;
mod place;
mod steps;
#[cfg(test)]
mod tests;
mod visit;
mod work;

use registry_domain::time::Instant;
use registry_domain::unit::Units;

use calibration::Calibration;
use certificate::Certificates;
use ground::Ground;
use place::Places;

pub use certificate::CertificateDifference;
pub use work::{Society, Trade, Work};

/// Rows of one step at most. Of a large step, an index writes each of its pages once, not for every thousand rows.
const BATCH: usize = 5_000;

/// How large a province.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// About 2,000 households.
    Small,
    /// About 20,000 households; for benchmarks of growth.
    Tenth,
    /// About 201,000 households.
    Province,
    /// About 2,000,000 households; for benchmarks of growth.
    Tenfold,
}

impl Scale {
    /// What the province's counts of households and certificates are divided by.
    const fn divisor(self) -> f64 {
        match self {
            Self::Small => 100.0,
            Self::Tenth => 10.0,
            Self::Province => 1.0,
            Self::Tenfold => 0.1,
        }
    }

    /// Whether everything that stands on units is there, or a tenth of it. There is never more of it: there
    /// are no more units for it to stand on.
    const fn is_whole(self) -> bool {
        matches!(self, Self::Province | Self::Tenfold)
    }
}

/// A province to be recorded step by step.
#[derive(Debug)]
pub struct Demo {
    calibration: Calibration,
    places: Places,
    certificates: Certificates,
    /// Everything that stands on units: networks, institutions, teams, commerce.
    others: Vec<Step>,
}

/// What was recorded at one moment.
#[derive(Debug, Clone)]
pub struct Step {
    /// The moment.
    pub at: Instant,
    /// The rows, at most 5,000.
    pub work: Work,
}

impl Demo {
    /// Plans a province on these units.
    #[must_use]
    pub fn new(units: &Units, scale: Scale) -> Self {
        let calibration = Calibration::load();
        let places = Places::settle(units, &calibration, scale);
        let certificates = Certificates::plan(units, &calibration, scale);
        let ground = Ground::survey(units, scale);
        let mut others = coverage::steps(&ground);
        others.extend(institution::steps(&ground, &calibration));
        others.extend(community::steps(&ground, &calibration));
        others.extend(commerce::steps(&ground, &calibration, &places));
        // Steps of one minute stay in this order.
        others.sort_by_key(|step| step.at);
        Self { calibration, places, certificates, others }
    }

    /// About how many rows all steps have together; for a progress bar.
    #[must_use]
    pub fn rows(&self) -> u64 {
        // A registration, two visits, and a third to every other household.
        let households = u64::from(self.places.last()) * 7 / 2;
        let others: usize = self.others.iter().map(|step| step.work.rows()).sum();
        households + self.certificates.rows() + others as u64
    }

    /// All steps in order of time.
    pub fn steps(&self) -> impl Iterator<Item = Step> + '_ {
        let households = steps::all(&self.calibration, &self.places);
        let recorded = steps::merged(households, self.certificates.steps());
        steps::merged(recorded, self.others.iter().cloned())
    }

    /// Where the single certificates differ on purpose from what the reports in force at the end
    /// say was issued.
    pub fn certificate_differences(&self) -> impl Iterator<Item = CertificateDifference> + '_ {
        self.certificates.differences()
    }
}
