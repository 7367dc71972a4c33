//! Schools and banks: what they are, what makes them digital, and what they add to figures.
//!
//! A school is digital while it fulfils four criteria, assessed one by one; a bank, while it offers
//! any service of e-banking. Both are features: they hold from a day on, and may end.

mod history;
mod rule;

use crate::code::{Code, CodeKind};
use crate::connectivity::coded;
use crate::fault::Expected;
use crate::tally::{Span, Tally};
use crate::text::Label;
use crate::time::Date;
use crate::unit::UnitId;

pub use history::{History, Stay, changes};
pub use rule::InstitutionRule;

/// The kind of code that institutions have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstitutionMark {}

impl CodeKind for InstitutionMark {
    const PREFIX: &'static str = "TC";
    const EXPECTED: Expected =
        Expected { english: "TC and 8 digits", vietnamese: "TC và 8 chữ số" };
}

/// The code of a school or bank.
pub type InstitutionCode = Code<InstitutionMark>;

/// Its name.
pub type InstitutionName = Label<200>;

/// What an institution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstitutionKind {
    /// Trường mầm non.
    Preschool,
    /// Trường tiểu học.
    PrimarySchool,
    /// Trường trung học cơ sở.
    LowerSecondarySchool,
    /// Trường trung học phổ thông.
    UpperSecondarySchool,
    /// Cơ sở giáo dục nghề nghiệp.
    VocationalSchool,
    /// Trường cao đẳng.
    College,
    /// Trường đại học.
    University,
    /// Ngân hàng: a bank, or one of its branches.
    Bank,
}

/// What a school has to fulfil to have completed its digital transformation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SchoolCriterion {
    /// Mô hình quản trị số.
    DigitalGovernance,
    /// Vận hành số.
    DigitalOperation,
    /// Dữ liệu chuẩn hoá.
    StandardData,
    /// Kho học liệu mở.
    OpenLearningMaterials,
}

/// What a bank offers without a visit to its counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BankService {
    /// Ngân hàng trực tuyến: by a browser.
    InternetBanking,
    /// Ngân hàng di động: by an app.
    MobileBanking,
    /// Ngân hàng qua tin nhắn.
    SmsBanking,
    /// Thanh toán bằng mã QR.
    QrPayment,
    /// Rút tiền không cần thẻ.
    CardlessWithdrawal,
}

coded!(InstitutionKind {
    Preschool = "PRESCHOOL",
    PrimarySchool = "PRIMARY_SCHOOL",
    LowerSecondarySchool = "LOWER_SECONDARY_SCHOOL",
    UpperSecondarySchool = "UPPER_SECONDARY_SCHOOL",
    VocationalSchool = "VOCATIONAL_SCHOOL",
    College = "COLLEGE",
    University = "UNIVERSITY",
    Bank = "BANK",
});
coded!(SchoolCriterion {
    DigitalGovernance = "DIGITAL_GOVERNANCE",
    DigitalOperation = "DIGITAL_OPERATION",
    StandardData = "STANDARD_DATA",
    OpenLearningMaterials = "OPEN_LEARNING_MATERIALS",
});
coded!(BankService {
    InternetBanking = "INTERNET_BANKING",
    MobileBanking = "MOBILE_BANKING",
    SmsBanking = "SMS_BANKING",
    QrPayment = "QR_PAYMENT",
    CardlessWithdrawal = "CARDLESS_WITHDRAWAL",
});

impl InstitutionKind {
    /// Whether it teaches.
    #[must_use]
    pub const fn is_school(self) -> bool {
        !matches!(self, Self::Bank)
    }

    /// What it counts in while it is open, and while it is digital. The figure of digital schools is
    /// about those from primary up.
    #[must_use]
    pub const fn tallies(self) -> Option<(Tally, Tally)> {
        match self {
            Self::Preschool => None,
            Self::Bank => Some((Tally::Banks, Tally::BanksWithEbanking)),
            _ => Some((Tally::Schools, Tally::DigitalSchools)),
        }
    }
}

/// What makes an institution digital: a criterion of schools, or a service of banks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// A school fulfils it.
    Criterion(SchoolCriterion),
    /// A bank offers it.
    Service(BankService),
}

impl Feature {
    /// The stable name; the form that is stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Criterion(criterion) => criterion.code(),
            Self::Service(service) => service.code(),
        }
    }

    /// Reads the stable name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let criterion = SchoolCriterion::from_code(code).map(Self::Criterion);
        criterion.or_else(|| BankService::from_code(code).map(Self::Service))
    }

    /// Whether an institution of this kind can have it.
    pub fn require(self, kind: InstitutionKind) -> Result<(), InstitutionRule> {
        match (self, kind.is_school()) {
            (Self::Criterion(_), false) => Err(InstitutionRule::NotASchool),
            (Self::Service(_), true) => Err(InstitutionRule::NotABank),
            _ => Ok(()),
        }
    }
}

/// An institution to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInstitution {
    /// What it is.
    pub kind: InstitutionKind,
    /// What it is called.
    pub name: InstitutionName,
    /// The hamlet it stands in.
    pub hamlet: UnitId,
    /// Its first day; not in the future.
    pub opened_on: Date,
}

/// A change to an institution; `None` leaves a part as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstitutionChange {
    /// Which one.
    pub code: InstitutionCode,
    /// The version the change is meant for.
    pub version: u32,
    /// Since when the change holds; not in the future, not before the last change.
    pub effective_on: Date,
    /// What it is called now.
    pub name: Option<InstitutionName>,
    /// The hamlet it stands in now.
    pub hamlet: Option<UnitId>,
}

/// The end of an institution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstitutionClosure {
    /// Which one.
    pub code: InstitutionCode,
    /// The version the closure is meant for.
    pub version: u32,
    /// The first day on which it is closed; not in the future, not before anything recorded of it.
    pub closed_on: Date,
}

/// A feature that an institution was found to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFeature {
    /// Which institution.
    pub code: InstitutionCode,
    /// What it fulfils or offers.
    pub feature: Feature,
    /// Since when; not in the future, not before it opened.
    pub from: Date,
    /// What shows it, like the number of a decision; schools have it.
    pub evidence: Option<Label<200>>,
}

/// A feature that an institution has no longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureEnd {
    /// Which institution.
    pub code: InstitutionCode,
    /// What it no longer fulfils or offers.
    pub feature: Feature,
    /// The first day without; not in the future, after the day it began.
    pub until: Date,
    /// Why.
    pub reason: Label<500>,
}

/// An institution as the registry knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Institution {
    /// Its code.
    pub code: InstitutionCode,
    /// What it is.
    pub kind: InstitutionKind,
    /// What it is called.
    pub name: String,
    /// The hamlet it stands in.
    pub hamlet: UnitId,
    /// Its first day.
    pub opened_on: Date,
    /// The first day on which it was closed, if it was.
    pub closed_on: Option<Date>,
    /// Since when its present state holds.
    pub effective_on: Date,
    /// Counts the changes, from 1.
    pub version: u32,
}

/// A feature that an institution has or had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFeature {
    /// What it fulfils or offers.
    pub feature: Feature,
    /// Since when.
    pub from: Date,
    /// The first day without, if it ended.
    pub until: Option<Date>,
    /// What shows it.
    pub evidence: Option<String>,
}

impl KnownFeature {
    /// When it holds.
    #[must_use]
    pub const fn span(&self) -> Span {
        (self.from, self.until)
    }

    /// Whether it holds on `day`.
    #[must_use]
    pub fn holds(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }
}

/// Whether a school with these features fulfils all criteria on `day`.
#[must_use]
pub fn is_digital(features: &[KnownFeature], day: Date) -> bool {
    let fulfilled = |criterion: &SchoolCriterion| {
        let wanted = Feature::Criterion(*criterion);
        features.iter().any(|known| known.feature == wanted && known.holds(day))
    };
    SchoolCriterion::ALL.iter().all(fulfilled)
}

/// Where the registry's memory of institutions begins; earlier dates are taken for typing errors.
#[must_use]
pub fn earliest_opening() -> Date {
    Date::from_ymd_opt(1900, 1, 1).unwrap_or(Date::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stable_names_lead_back_to_their_value() {
        for kind in InstitutionKind::ALL {
            assert_eq!(InstitutionKind::from_code(kind.code()), Some(*kind));
        }
        let criteria = SchoolCriterion::ALL.iter().copied().map(Feature::Criterion);
        for feature in criteria.chain(BankService::ALL.iter().copied().map(Feature::Service)) {
            assert_eq!(Feature::from_code(feature.code()), Some(feature));
        }
    }

    #[test]
    fn a_feature_fits_its_kind_of_institution() {
        let criterion = Feature::Criterion(SchoolCriterion::StandardData);
        let service = Feature::Service(BankService::QrPayment);
        for kind in InstitutionKind::ALL {
            assert_eq!(criterion.require(*kind).is_ok(), kind.is_school());
            assert_eq!(service.require(*kind).is_ok(), !kind.is_school());
        }
    }
}
