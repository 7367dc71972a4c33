//! Listings: one product on one marketplace, from its draft to its end.

use std::fmt::Write as _;

use super::{ListingUrl, MarketplaceCode, ProductCode, Stars, Vnd};
use crate::code::{Code, CodeKind};
use crate::connectivity::coded;
use crate::fault::{Expected, Language};
use crate::text::Label;
use crate::time::{Date, Instant};

/// Marks codes of listings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListingMark {}

impl CodeKind for ListingMark {
    const PREFIX: &'static str = "LS";
    const EXPECTED: Expected =
        Expected { english: "LS and 8 digits", vietnamese: "LS và 8 chữ số" };
}

/// A listing's code: `LS`, six digits, two check digits.
pub type ListingCode = Code<ListingMark>;

/// Where a listing is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListingStatus {
    /// Prepared; nobody can buy yet.
    Draft,
    /// On sale.
    Active,
    /// Not on sale for now.
    Suspended,
    /// Gone for good.
    Delisted,
}

coded!(ListingStatus {
    Draft = "DRAFT",
    Active = "ACTIVE",
    Suspended = "SUSPENDED",
    Delisted = "DELISTED",
});

impl ListingStatus {
    /// Where it may go from here.
    #[must_use]
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Draft | Self::Suspended => &[Self::Active, Self::Delisted],
            Self::Active => &[Self::Suspended, Self::Delisted],
            Self::Delisted => &[],
        }
    }

    /// The status after a change, if there is a way.
    pub fn change(self, to: Self) -> Result<Self, StatusNotAllowed> {
        if self.next().contains(&to) { Ok(to) } else { Err(StatusNotAllowed { from: self, to }) }
    }
}

/// A change that the life of a listing has no way for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusNotAllowed {
    /// Where the listing is.
    pub from: ListingStatus,
    /// Where it should have gone.
    pub to: ListingStatus,
}

impl StatusNotAllowed {
    /// What was tried, and what would do.
    #[must_use]
    pub fn message(self, language: Language) -> String {
        let (from, to) = (self.from.code(), self.to.code());
        let mut ways = String::new();
        for way in self.from.next() {
            // Writing to a string can't fail.
            _ = write!(ways, "{}{}", if ways.is_empty() { "" } else { ", " }, way.code());
        }
        match (language, ways.is_empty()) {
            (Language::English, true) => {
                format!("a listing that is {from} stays so; it can't become {to}")
            }
            (Language::English, false) => {
                format!("a listing that is {from} can't become {to}, only {ways}")
            }
            (Language::Vietnamese, true) => {
                format!("tin đăng ở trạng thái {from} không đổi được nữa, không thể thành {to}")
            }
            (Language::Vietnamese, false) => {
                format!("tin đăng ở trạng thái {from} không thể thành {to}, chỉ có thể {ways}")
            }
        }
    }
}

/// A listing to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewListing {
    /// Of which product.
    pub product: ProductCode,
    /// Where.
    pub marketplace: MarketplaceCode,
    /// Its address there.
    pub url: ListingUrl,
    /// The price of one item.
    pub price: Vnd,
    /// The OCOP stars that it shows, if it does; the product must have them on that date.
    pub shown_stars: Option<Stars>,
    /// Whether it is only prepared.
    pub draft: bool,
    /// The first day; not in the future, not before the product.
    pub listed_on: Date,
}

/// A change of a listing's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusChange {
    /// Which listing.
    pub listing: ListingCode,
    /// The version that the change is meant for.
    pub version: u32,
    /// Where it goes.
    pub to: ListingStatus,
    /// Since when; not in the future, not before the last change.
    pub on: Date,
    /// Why.
    pub reason: Option<Label<500>>,
}

/// A change of a listing's price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceChange {
    /// Which listing.
    pub listing: ListingCode,
    /// The version that the change is meant for.
    pub version: u32,
    /// The price of one item from then on.
    pub price: Vnd,
    /// Since when; not in the future, not before the last change.
    pub on: Date,
}

/// A listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Its code.
    pub code: ListingCode,
    /// Of which product.
    pub product: ProductCode,
    /// Where.
    pub marketplace: MarketplaceCode,
    /// Its address there.
    pub url: String,
    /// The price of one item.
    pub price: i64,
    /// The OCOP stars that it shows.
    pub shown_stars: Option<u8>,
    /// Where it is in its life.
    pub status: ListingStatus,
    /// The first day.
    pub listed_on: Date,
    /// Since when its present state holds.
    pub effective_on: Date,
    /// Counts the changes from 1.
    pub version: u32,
}

/// One state in a listing's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingChange {
    /// Counts the changes from 1.
    pub version: u32,
    /// Where it was in its life.
    pub status: ListingStatus,
    /// The price of one item.
    pub price: i64,
    /// Since when.
    pub effective_on: Date,
    /// When the registry learned of it.
    pub recorded_at: Instant,
    /// Why, if that was said.
    pub reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_life_of_a_listing_has_these_ways_and_no_others() {
        use ListingStatus::{Active, Delisted, Draft, Suspended};
        let ways = [
            (Draft, Active),
            (Draft, Delisted),
            (Active, Suspended),
            (Active, Delisted),
            (Suspended, Active),
            (Suspended, Delisted),
        ];
        for &from in ListingStatus::ALL {
            for &to in ListingStatus::ALL {
                assert_eq!(from.change(to).is_ok(), ways.contains(&(from, to)), "{from:?} {to:?}");
            }
        }
    }

    #[test]
    fn a_refusal_tells_the_ways_there_are() {
        let refused = ListingStatus::Active.change(ListingStatus::Draft).unwrap_err();
        assert_eq!(
            refused.message(Language::English),
            "a listing that is ACTIVE can't become DRAFT, only SUSPENDED, DELISTED"
        );
    }
}
