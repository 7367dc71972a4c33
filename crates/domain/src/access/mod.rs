//! Who acts and what they may do. Knows scopes, roles and principals; how they prove it is the
//! server's matter, which field needs what is declared with the field.

mod principal;
mod role;
mod scope;
mod token;

pub use principal::{AccessDenied, Grant, GrantFault, Mode, Principal, TokenId, WritingPrincipal};
pub use role::Role;
pub use scope::{Scope, Scopes};
pub use token::{IssuedToken, NewToken, Revocation, TokenWish};

use std::fmt;
use std::str::FromStr;

use crate::fault::{Expected, Rule};
use crate::text;

/// A partner's code, like `VNPT`: 2…16 capital letters or digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartnerCode(String);

impl PartnerCode {
    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PartnerCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PartnerCode {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let letter = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        if (2..=16).contains(&text.len()) && text.bytes().all(letter) {
            return Ok(Self(text.to_owned()));
        }
        Err(Rule::Malformed {
            expected: Expected {
                english: "2 to 16 capital letters or digits, like VNPT",
                vietnamese: "2 đến 16 chữ in hoa hoặc chữ số, ví dụ VNPT",
            },
        })
    }
}

/// A partner as the registry knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    /// Its code.
    pub code: PartnerCode,
    /// Its name.
    pub name: String,
    /// Whether its tokens are refused for now.
    pub suspended: bool,
}

/// Why personal data is read in clear; kept with the record of the reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose(String);

impl Purpose {
    /// The longest purpose, in characters.
    pub const LIMIT: usize = 200;

    /// Checks a purpose as it was given.
    pub fn parse(text: &str) -> Result<Self, Rule> {
        text::check(text, Self::LIMIT).map(|()| Self(text.trim().to_owned()))
    }

    /// The purpose as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
