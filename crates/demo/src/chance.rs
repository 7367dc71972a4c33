//! Repeatable chance: a number between 0 and 1 for every household and question.

use chrono::Days;
use registry_domain::time::Date;

/// What is being decided; each question has an answer of its own.
#[derive(Debug, Clone, Copy)]
#[repr(u64)]
pub(crate) enum Question {
    HamletSize,
    CommuneOffset,
    Adults,
    Children,
    Elders,
    RegisteredOn,
    FamilyName,
    MiddleName,
    GivenName,
    Birth,
    Phone,
    FirstVisit,
    SecondVisit,
    ThirdVisit,
    HasThirdVisit,
    Event,
    EventMonth,
    EventDay,
    NewHamlet,
    Fibre,
    OtherLine,
    Provider,
    ProviderChange,
    Mobile,
    Smartphone,
    Skills,
    Account,
    Vneid,
    Cashless,
    CommuneWeight,
    MonthWeight,
    LaterMonth,
    Difference,
    DifferenceKind,
    IssueDay,
    YearsGood,
    Revoked,
    RevokedAfter,
    RevokedDay,
    RevokedReason,
    SharedHolder,
    SharedSince,
    // The history depends on each question's number.
    ReportDay = 43,
    ReportMinute,
    Kept,
    NetworkDay,
    NetworkReach,
    Opened,
    CriterionDay,
    Evidence,
    ServiceDay,
    HasService,
    Members,
    FoundedDay,
    Reports,
    HelpKind,
    Helped,
    HelpPlace,
    TrainingPlace,
    TrainingDay,
    Attendees,
    RatedInTurn,
    StarsInTurn,
    RatedAgain,
    OnSaleBefore,
    SellerPlace,
    SellsBefore,
    ProductOf,
    Variant,
    Price,
    Shops,
    Shop,
    ListedAfter,
    ShowsStars,
    Fate,
    FateAfter,
    PriceChange,
    PriceChangeAfter,
    SoldAnything,
    Orders,
}

/// A number in [0, 1) that depends on the subject, the question and the `turn` only.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
pub(crate) fn chance(subject: u32, question: Question, turn: u32) -> f64 {
    let bits = mix(u64::from(subject) << 32 | u64::from(turn) << 8 | question as u64) >> 11;
    bits as f64 / (1_u64 << 53) as f64
}

/// A whole number in [0, below).
pub(crate) fn pick(subject: u32, question: Question, below: usize) -> usize {
    pick_in(subject, question, 0, below)
}

/// A whole number in [0, below) that depends on the `turn` too.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the product is in range"
)]
pub(crate) fn pick_in(subject: u32, question: Question, turn: u32, below: usize) -> usize {
    #[expect(clippy::cast_precision_loss, reason = "lists are short")]
    let range = below as f64;
    (chance(subject, question, turn) * range) as usize
}

/// The whole number nearest to an amount; amounts are from 0 to a few millions.
#[expect(clippy::cast_possible_truncation, reason = "a few millions at most")]
pub(crate) fn whole(amount: f64) -> i32 {
    amount.round() as i32
}

/// A day within `days` days from `first`.
pub(crate) fn day(subject: u32, question: Question, first: Date, days: usize) -> Date {
    first + Days::new(pick(subject, question, days) as u64)
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): neighbouring inputs give unrelated outputs.
const fn mix(input: u64) -> u64 {
    let mut bits = input.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}
