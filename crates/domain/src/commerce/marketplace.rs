//! Marketplaces: data, since they open, close and change their names.

use std::fmt;
use std::str::FromStr;

use crate::fault::{Expected, Rule};
use crate::text::Label;
use crate::unit::Validity;

/// A marketplace's code: 2…20 capital letters, digits or underscores, like `POSTMART`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MarketplaceCode(String);

impl MarketplaceCode {
    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MarketplaceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for MarketplaceCode {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        const EXPECTED: Expected = Expected {
            english: "2 to 20 capital letters, digits or underscores",
            vietnamese: "2 đến 20 chữ in hoa, chữ số hoặc dấu gạch dưới",
        };
        let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        if (2..=20).contains(&text.len()) && text.bytes().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Rule::Malformed { expected: EXPECTED })
        }
    }
}

/// What a marketplace is called.
pub type MarketplaceName = Label<100>;

/// A marketplace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marketplace {
    /// Its code.
    pub code: MarketplaceCode,
    /// What it is called.
    pub name: String,
    /// When it can be sold on.
    pub validity: Validity,
    /// Counts the changes from 1.
    pub version: u32,
}

/// A marketplace to be made known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMarketplace {
    /// Its code.
    pub code: MarketplaceCode,
    /// What it is called.
    pub name: MarketplaceName,
    /// When it can be sold on.
    pub validity: Validity,
}

/// A change to a marketplace; `None` leaves a part as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketplaceChange {
    /// Which one.
    pub code: MarketplaceCode,
    /// The version that the change is meant for.
    pub version: u32,
    /// What it is called now.
    pub name: Option<MarketplaceName>,
    /// When it can be sold on.
    pub validity: Option<Validity>,
}
