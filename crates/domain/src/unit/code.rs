//! Codes of units, as the statistics office writes them. Never numbers: zeros lead, and codes are reused.

use std::fmt;
use std::str::FromStr;

use super::Level;
use crate::fault::{Expected, Rule};

/// A unit's code: 2 digits for a province, 3 for a district, 5 for a commune; a hamlet has the 5
/// digits of the commune it was first listed in and 3 of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitCode {
    digits: u32,
    length: u8,
}

impl UnitCode {
    /// The level that codes of this length belong to.
    #[must_use]
    pub const fn level(self) -> Level {
        match self.length {
            2 => Level::Province,
            3 => Level::District,
            5 => Level::Commune,
            _ => Level::Hamlet,
        }
    }

    /// The code of the commune that a hamlet was first listed in.
    #[must_use]
    pub const fn listed_in(self) -> Option<Self> {
        match self.level() {
            Level::Hamlet => Some(Self { digits: self.digits / 1_000, length: 5 }),
            _ => None,
        }
    }
}

impl fmt::Display for UnitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0width$}", self.digits, width = usize::from(self.length))
    }
}

impl FromStr for UnitCode {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        const EXPECTED: Rule = Rule::Malformed {
            expected: Expected {
                english: "2, 3, 5 or 8 digits (province, district, commune, hamlet)",
                vietnamese: "2, 3, 5 hoặc 8 chữ số",
            },
        };
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(EXPECTED);
        }
        match text.len() {
            length @ (2 | 3 | 5 | 8) => Ok(Self {
                digits: text.parse().map_err(|_| EXPECTED)?,
                length: u8::try_from(length).map_err(|_| EXPECTED)?,
            }),
            _ => Err(EXPECTED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_keep_their_zeros() {
        for text in ["93", "01", "930", "31441", "00001", "31441003"] {
            assert_eq!(text.parse::<UnitCode>().unwrap().to_string(), text);
        }
        for wrong in ["", "9", "9300", "314410", "3144A", "３1441", "-3144"] {
            assert!(wrong.parse::<UnitCode>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_hamlet_code_names_the_commune_it_was_listed_in() {
        let code: UnitCode = "31441003".parse().unwrap();
        assert_eq!(code.listed_in(), Some("31441".parse().unwrap()));
    }
}
