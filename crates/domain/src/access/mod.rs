//! Who acts and what they may do. Knows scopes, roles and principals; how they prove it is the
//! server's matter, which field needs what is declared with the field.

mod partner;
mod principal;
mod role;
mod scope;
mod token;

pub use partner::{Agreement, Partner, PartnerCode, PartnerName, SignaturePolicy};
pub use principal::{AccessDenied, Grant, GrantFault, Mode, Principal, TokenId, WritingPrincipal};
pub use role::Role;
pub use scope::{Scope, Scopes};
pub use token::{IssuedToken, NewToken, Revocation, TokenWish};

use crate::fault::Rule;
use crate::text;

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
