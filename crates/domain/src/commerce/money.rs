//! Money: whole đồng.

use crate::fault::Rule;

/// An amount of money in whole Vietnamese đồng, 0…10^12 ₫: a price, or a month's revenue of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vnd(i64);

impl Vnd {
    /// The largest amount.
    pub const LIMIT: i64 = 1_000_000_000_000;

    /// What an amount outside the range breaks.
    pub const RANGE: Rule = Rule::OutOfRange { min: 0, max: Self::LIMIT };

    /// Takes 0…10^12.
    pub fn parse(amount: i64) -> Result<Self, Rule> {
        (0..=Self::LIMIT).contains(&amount).then_some(Self(amount)).ok_or(Self::RANGE)
    }

    /// The amount in đồng.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}
