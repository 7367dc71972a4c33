//! What teams do, month by month: how many people they helped, with what, where.

use super::TeamCode;
use crate::connectivity::coded;
use crate::fault::Rule;
use crate::time::{Instant, YearMonth};
use crate::unit::UnitId;

/// What somebody was helped with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HelpKind {
    /// Registering an account (đăng ký tài khoản).
    RegisterAccount,
    /// Filing an application online (nộp hồ sơ trực tuyến).
    FileOnline,
    /// Paying without cash (thanh toán không dùng tiền mặt).
    PayCashless,
    /// Listing a product on a marketplace (đưa sản phẩm lên sàn).
    ListProduct,
    /// Anything else.
    Other,
}

coded!(HelpKind {
    RegisterAccount = "REGISTER_ACCOUNT",
    FileOnline = "FILE_ONLINE",
    PayCashless = "PAY_CASHLESS",
    ListProduct = "LIST_PRODUCT",
    Other = "OTHER",
});

/// How many people were helped: 0…1,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct HelpCount(u32);

impl HelpCount {
    /// The largest count.
    pub const LIMIT: u32 = 1_000_000;

    /// Checks a count as it was told.
    pub fn parse(told: i32) -> Result<Self, Rule> {
        let count = u32::try_from(told).ok().filter(|count| *count <= Self::LIMIT);
        count.map(Self).ok_or(Rule::OutOfRange { min: 0, max: Self::LIMIT.into() })
    }

    /// The count.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// Whether a count may take the place of one that is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entry {
    /// It must be the first.
    First,
    /// It counts in place of an earlier one, if there is one.
    Replacement,
}

/// A count to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewActivity {
    /// Whose.
    pub team: TeamCode,
    /// Where the help was given; not needed for a hamlet's team, which helps there.
    pub hamlet: Option<UnitId>,
    /// The month; not in the future, and one in which the team exists.
    pub month: YearMonth,
    /// With what.
    pub kind: HelpKind,
    /// How many people.
    pub people: HelpCount,
    /// First or replacement.
    pub entry: Entry,
}

/// A count as it is recorded. It is never changed: another revision may count in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeamActivity {
    /// Whose.
    pub team: TeamCode,
    /// Where the help was given.
    pub hamlet: UnitId,
    /// The month.
    pub month: YearMonth,
    /// With what.
    pub kind: HelpKind,
    /// Which statement about this, from 1.
    pub revision: u32,
    /// How many people.
    pub people: HelpCount,
    /// When the registry learned of it.
    pub recorded_at: Instant,
    /// Since when another revision counts in its place, if one does.
    pub superseded_at: Option<Instant>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stable_names_lead_back_to_their_kind() {
        for kind in HelpKind::ALL {
            assert_eq!(HelpKind::from_code(kind.code()), Some(*kind));
        }
    }

    #[test]
    fn a_count_may_be_0_and_has_an_end() {
        for (told, fits) in [(-1, false), (0, true), (1_000_000, true), (1_000_001, false)] {
            assert_eq!(HelpCount::parse(told).is_ok(), fits, "{told}");
        }
    }
}
