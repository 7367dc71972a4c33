//! The rules that an input can break, and their stable names.

use crate::access::{GrantFault, PartnerCode, Role};
use crate::certificate::CertificateRule;
use crate::commerce::CommerceRule;
use crate::community::CommunityRule;
use crate::coverage::CoverageRule;
use crate::household::{HouseholdCode, Status};
use crate::institution::InstitutionRule;
use crate::time::{Date, Instant};
use crate::unit::UnitRule;

/// How a value is written, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// In English, after "expected".
    pub english: &'static str,
    /// In Vietnamese, after "cần".
    pub vietnamese: &'static str,
}

/// The rules that an input can break, each with the figures that explain it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// A text is empty or only blank.
    TextEmpty,
    /// A text has more characters than fit.
    TextTooLong {
        /// Characters found.
        length: usize,
        /// Characters allowed.
        limit: usize,
    },
    /// A text is not in Unicode normalisation form C.
    TextNotNfc,
    /// A text has a control character.
    TextControlCharacter {
        /// Its place, in characters from 1.
        position: usize,
    },
    /// A value is not written as its kind is.
    Malformed {
        /// How it is written.
        expected: Expected,
    },
    /// The check digits of a household code don't fit its number.
    CheckDigitWrong,
    /// A number is outside its range.
    OutOfRange {
        /// The smallest allowed.
        min: i64,
        /// The largest allowed.
        max: i64,
    },
    /// A count is above the count it is a part of.
    CountAboveBase {
        /// The count found.
        count: u16,
        /// The base's name, as the API spells it.
        base_name: &'static str,
        /// The base.
        base: u16,
    },
    /// A count is below the count it contains.
    CountBelowPart {
        /// The count found.
        count: u16,
        /// The part's name, as the API spells it.
        part_name: &'static str,
        /// The part.
        part: u16,
    },
    /// No unit has this code on that date.
    UnknownUnit {
        /// What was asked for.
        asked: String,
        /// The date of the boundaries.
        on: Date,
        /// When the code was or will be in use, if ever, told in words.
        hint: Option<String>,
    },
    /// Several units have this code on that date.
    AmbiguousUnit {
        /// The code.
        asked: String,
        /// The date of the boundaries.
        on: Date,
    },
    /// The unit is not a hamlet (ấp, khu vực).
    NotAHamlet {
        /// The unit's name.
        name: String,
    },
    /// The writer may change the records of one unit only.
    OutsideUnit {
        /// The unit that the writer's token is for.
        unit: String,
    },
    /// The hamlet does not belong to the province on the date.
    OutsideProvince {
        /// What was asked for.
        asked: String,
    },
    /// A date lies in the future.
    FutureDate {
        /// The province's present day.
        today: Date,
    },
    /// A date lies before the earliest possible one.
    DateTooEarly {
        /// The earliest possible date.
        earliest: Date,
    },
    /// What the registry will know at a moment to come is not known.
    FutureMoment {
        /// The present moment.
        now: Instant,
    },
    /// A condition that can be asked of the present only, not as of a past moment.
    PresentOnly,
    /// No household has this code.
    UnknownHousehold {
        /// The code.
        code: HouseholdCode,
    },
    /// The household is no longer active.
    HouseholdClosed {
        /// How it ended.
        status: Status,
        /// Since when.
        since: Date,
    },
    /// Somebody else changed the record since it was read.
    StaleVersion {
        /// The version that the change was meant for.
        given: u32,
        /// The version now.
        current: u32,
    },
    /// An active household has the same head.
    DuplicateHousehold {
        /// That household.
        code: HouseholdCode,
    },
    /// The household has a survey of that date.
    DuplicateSurvey {
        /// The date.
        on: Date,
    },
    /// An earlier row of the same batch says the same.
    DuplicateInBatch {
        /// The earlier row, from 0.
        first: usize,
    },
    /// A list is empty.
    BatchEmpty,
    /// A list has more rows than allowed.
    BatchTooLarge {
        /// Rows found.
        rows: usize,
        /// Rows allowed.
        limit: usize,
    },
    /// The change says nothing.
    NothingToChange,
    /// The idempotency key was used before for other content.
    IdempotencyConflict,
    /// No partner has this code.
    UnknownPartner {
        /// The code.
        code: PartnerCode,
    },
    /// The partner's tokens are refused for now.
    PartnerSuspended {
        /// The partner.
        code: PartnerCode,
    },
    /// No token has this name.
    UnknownToken,
    /// A token of this role can't be without.
    NeededForRole {
        /// The role.
        role: Role,
    },
    /// The parts of a grant contradict each other.
    ContradictingGrant {
        /// How.
        fault: GrantFault,
    },
    /// What may be shown once was shown before.
    ShownBefore,
    /// A rule of reports or certificates.
    Certificate(CertificateRule),
    /// A rule of reorganisations.
    Unit(UnitRule),
    /// A rule of e-commerce.
    Commerce(CommerceRule),
    /// A rule of teams and training sessions.
    Community(CommunityRule),
    /// A rule of mobile coverage.
    Coverage(CoverageRule),
    /// A rule of schools and banks.
    Institution(InstitutionRule),
}

impl Rule {
    /// The stable name of the rule, for programs.
    #[must_use]
    pub const fn code(&self) -> RuleCode {
        match self {
            Self::TextEmpty => RuleCode::TextEmpty,
            Self::TextTooLong { .. } => RuleCode::TextTooLong,
            Self::TextNotNfc => RuleCode::TextNotNfc,
            Self::TextControlCharacter { .. } => RuleCode::TextControlCharacter,
            Self::Malformed { .. } => RuleCode::Malformed,
            Self::CheckDigitWrong => RuleCode::CheckDigitWrong,
            Self::OutOfRange { .. } => RuleCode::OutOfRange,
            Self::CountAboveBase { .. } => RuleCode::CountAboveBase,
            Self::CountBelowPart { .. } => RuleCode::CountBelowPart,
            Self::UnknownUnit { .. } => RuleCode::UnknownUnit,
            Self::AmbiguousUnit { .. } => RuleCode::AmbiguousUnit,
            Self::NotAHamlet { .. } => RuleCode::NotAHamlet,
            Self::OutsideUnit { .. } => RuleCode::OutsideUnit,
            Self::OutsideProvince { .. } => RuleCode::OutsideProvince,
            Self::FutureDate { .. } => RuleCode::FutureDate,
            Self::DateTooEarly { .. } => RuleCode::DateTooEarly,
            Self::FutureMoment { .. } => RuleCode::FutureMoment,
            Self::PresentOnly => RuleCode::PresentOnly,
            Self::UnknownHousehold { .. } => RuleCode::UnknownHousehold,
            Self::HouseholdClosed { .. } => RuleCode::HouseholdClosed,
            Self::StaleVersion { .. } => RuleCode::Conflict,
            Self::DuplicateHousehold { .. } => RuleCode::DuplicateHousehold,
            Self::DuplicateSurvey { .. } => RuleCode::DuplicateSurvey,
            Self::DuplicateInBatch { .. } => RuleCode::DuplicateInBatch,
            Self::BatchEmpty => RuleCode::BatchEmpty,
            Self::BatchTooLarge { .. } => RuleCode::BatchTooLarge,
            Self::NothingToChange => RuleCode::NothingToChange,
            Self::IdempotencyConflict => RuleCode::IdempotencyConflict,
            Self::UnknownPartner { .. } => RuleCode::UnknownPartner,
            Self::PartnerSuspended { .. } => RuleCode::PartnerSuspended,
            Self::UnknownToken => RuleCode::UnknownToken,
            Self::NeededForRole { .. } => RuleCode::NeededForRole,
            Self::ContradictingGrant { .. } => RuleCode::ContradictingGrant,
            Self::ShownBefore => RuleCode::ShownBefore,
            Self::Certificate(rule) => rule.code(),
            Self::Unit(rule) => rule.code(),
            Self::Commerce(rule) => rule.code(),
            Self::Community(rule) => rule.code(),
            Self::Coverage(rule) => rule.code(),
            Self::Institution(rule) => rule.code(),
        }
    }
}

/// The stable names of the rules; what programs switch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "each is described at the variant of `Rule` it names")]
pub enum RuleCode {
    TextEmpty,
    TextTooLong,
    TextNotNfc,
    TextControlCharacter,
    Malformed,
    CheckDigitWrong,
    OutOfRange,
    CountAboveBase,
    CountBelowPart,
    UnknownUnit,
    AmbiguousUnit,
    NotAHamlet,
    OutsideUnit,
    OutsideProvince,
    FutureDate,
    DateTooEarly,
    FutureMoment,
    PresentOnly,
    UnknownHousehold,
    HouseholdClosed,
    Conflict,
    DuplicateHousehold,
    DuplicateSurvey,
    DuplicateInBatch,
    BatchEmpty,
    BatchTooLarge,
    NothingToChange,
    IdempotencyConflict,
    UnknownPartner,
    PartnerSuspended,
    UnknownToken,
    NeededForRole,
    ContradictingGrant,
    ShownBefore,
    NotACommune,
    FuturePeriod,
    OutsideAgreement,
    ReportExists,
    ReportPending,
    UnknownReport,
    ReportState,
    NotOwnPartner,
    NeededTogether,
    ControlTotalContradicts,
    SignatureMissing,
    SignatureWrong,
    PeriodNotOver,
    PeriodClosed,
    PeriodOpen,
    PartnerExists,
    DuplicateCertificate,
    UnknownCertificate,
    CertificateStatus,
    UnknownAuthority,
    WrongLevel,
    CodeInUse,
    NameWithoutTitle,
    AboutToChange,
    NotInCommune,
    TransferredTwice,
    IntoItself,
    NotHttps,
    NotAnAddress,
    DuplicateUrl,
    UnknownMarketplace,
    MarketplaceExists,
    MarketplaceClosed,
    UnknownSeller,
    HouseholdOfSeller,
    DuplicateSeller,
    UnknownProduct,
    DuplicateProduct,
    DuplicateRating,
    NoRating,
    RatingExpired,
    OtherRating,
    UnknownListing,
    ListingStatus,
    NotListedThen,
    DuplicateSales,
    NotATeamUnit,
    TeamExists,
    UnknownTeam,
    TeamDissolved,
    OutsideTeam,
    OutsideTeamTime,
    ActivityRecorded,
    UnknownTraining,
    TrainingCancelled,
    DuplicateTraining,
    CoverageOverlap,
    CoverageNotOpen,
    UnknownInstitution,
    InstitutionClosed,
    DuplicateInstitution,
    NotASchool,
    NotABank,
    CriterionFulfilled,
    CriterionNotFulfilled,
    ServiceOffered,
    ServiceNotOffered,
}
