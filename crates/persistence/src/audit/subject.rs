//! Records as subjects of events: how the domain's keys name their rows.

use registry_domain::certificate::{CertificateKey, ReportKey};
use registry_domain::commerce::{ListingCode, ProductCode, SellerCode};
use registry_domain::community::{TeamCode, TrainingCode};
use registry_domain::household::HouseholdNumber;
use registry_domain::institution::InstitutionCode;
use registry_domain::time::Date;
use registry_domain::unit::UnitId;

use super::mention::subject_of;
use super::record::key_text;

/// A record whose events can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AuditSubject {
    /// The row that events are listed under.
    pub(super) whole: String,
    /// The one row that is meant, if it is only a part of that.
    part: Option<String>,
}

impl AuditSubject {
    fn whole(table: &str, key: impl std::fmt::Display) -> Self {
        Self { whole: format!("{table}/{key}"), part: None }
    }

    /// The record to which a row, named as in a change, belongs.
    #[must_use]
    pub fn of_record(record: &str) -> Self {
        Self { whole: subject_of(record), part: None }
    }

    /// A unit.
    #[must_use]
    pub fn unit(id: UnitId) -> Self {
        Self::whole("unit", id.get())
    }

    /// A household, with its surveys.
    #[must_use]
    pub fn household(number: HouseholdNumber) -> Self {
        Self::whole("household", number.get())
    }

    /// One survey.
    #[must_use]
    pub fn survey(number: HouseholdNumber, on: Date) -> Self {
        let part = Some(format!("connectivity_survey/{}/{on}", number.get()));
        Self { part, ..Self::household(number) }
    }

    /// A report, with its lines.
    #[must_use]
    pub fn report(key: &ReportKey) -> Self {
        let ReportKey { partner, period, revision } = key;
        Self::whole(
            "certificate_report",
            format!("{partner}/{}/{}", period.index(), revision.get()),
        )
    }

    /// A single certificate.
    #[must_use]
    pub fn certificate(key: &CertificateKey) -> Self {
        let serial = key.serial.to_string();
        Self::whole(
            "certificate",
            format!("{}/{}", key_text(key.issuer.as_str()), key_text(&serial)),
        )
    }

    /// A seller.
    #[must_use]
    pub fn seller(code: SellerCode) -> Self {
        Self::whole("seller", code.number())
    }

    /// A product, with its ratings.
    #[must_use]
    pub fn product(code: ProductCode) -> Self {
        Self::whole("product", code.number())
    }

    /// A listing, with its sales.
    #[must_use]
    pub fn listing(code: ListingCode) -> Self {
        Self::whole("listing", code.number())
    }

    /// A school or bank, with what it fulfils or offers.
    #[must_use]
    pub fn institution(code: InstitutionCode) -> Self {
        Self::whole("institution", code.number())
    }

    /// A team, with whom it helped.
    #[must_use]
    pub fn team(code: TeamCode) -> Self {
        Self::whole("community_team", code.number())
    }

    /// A training session.
    #[must_use]
    pub fn training(code: TrainingCode) -> Self {
        Self::whole("training_session", code.number())
    }

    /// Whether a row is the record or a part of it.
    pub(super) fn owns(&self, record: &str) -> bool {
        match &self.part {
            Some(part) => record == part,
            None => subject_of(record) == self.whole,
        }
    }
}
