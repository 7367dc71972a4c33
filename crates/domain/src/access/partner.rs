//! Partners: who reports certificates, and on what ground.

use std::fmt;
use std::str::FromStr;

use crate::fault::{Expected, Faults, Path, Rule};
use crate::text;
use crate::time::{Date, YearMonth};

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

/// A partner's name: 1…100 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerName(String);

impl PartnerName {
    /// The longest name, in characters.
    pub const LIMIT: usize = 100;

    /// Checks a name as it was given.
    pub fn parse(name: &str) -> Result<Self, Rule> {
        text::check(name, Self::LIMIT).map(|()| Self(name.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a partner and the province agreed on; without one it reports nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// The document, as cited.
    pub reference: String,
    /// The first day.
    pub from: Date,
    /// The day after the last, if an end was agreed.
    pub until: Option<Date>,
}

impl Agreement {
    /// The longest reference, in characters.
    const REFERENCE_LIMIT: usize = 200;

    /// Checks an agreement as it was given below `at`.
    pub fn parse(
        reference: String,
        from: Date,
        until: Option<Date>,
        at: &Path,
    ) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        faults.keep(at.field("reference"), text::check(&reference, Self::REFERENCE_LIMIT));
        if until.is_some_and(|until| until <= from) {
            faults.push(at.field("until"), Rule::DateTooEarly { earliest: from });
        }
        faults.or(Some(Self { reference, from, until }))
    }

    /// Whether any day of `month` lies within.
    #[must_use]
    pub fn covers(&self, month: YearMonth) -> bool {
        self.from <= month.last_day() && self.until.is_none_or(|until| month.first_day() < until)
    }
}

/// Whether a partner's reports must be signed by one of its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignaturePolicy {
    /// A signature is checked and kept if there is one.
    Optional,
    /// There must be one.
    Required,
}

impl SignaturePolicy {
    /// The policy of whoever is asked whether signatures are required.
    #[must_use]
    pub const fn from_required(required: bool) -> Self {
        if required { Self::Required } else { Self::Optional }
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
    /// The ground on which it reports.
    pub agreement: Option<Agreement>,
    /// Whether its reports must be signed.
    pub signatures: SignaturePolicy,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agreement_covers_the_months_it_has_a_day_in() {
        let date = |text: &str| text.parse::<Date>().unwrap();
        let agreement = Agreement {
            reference: "01".into(),
            from: date("2021-07-15"),
            until: Some(date("2024-02-01")),
        };
        let covers = |month: &str| agreement.covers(month.parse().unwrap());
        assert_eq!(
            ["2021-06", "2021-07", "2024-01", "2024-02"].map(covers),
            [false, true, true, false]
        );
    }
}
