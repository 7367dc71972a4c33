//! Registry codes: what people call a record by. Two letters for the kind, six digits, two check digits.
//!
//! A code embeds nothing else: what it names may move, be renamed or change hands. Households, of which there may be
//! more than a million, have seven digits from there on.

use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::str::FromStr;

use crate::digits::digits;
use crate::fault::{Expected, Rule};

/// What kind of record a code names.
pub trait CodeKind: Copy + fmt::Debug + Eq + Ord + Hash + Send + Sync + 'static {
    /// Two capital letters.
    const PREFIX: &'static str;
    /// How such a code is written.
    const EXPECTED: Expected;
}

/// The code of a record of one kind; also its number, 0…999,999, the key it is stored under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code<K> {
    number: u32,
    kind: PhantomData<K>,
}

impl<K: CodeKind> Code<K> {
    /// A number from the store or a counter; `None` from [`LIMIT`] on.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        if number < LIMIT { Some(Self { number, kind: PhantomData }) } else { None }
    }

    /// The number within.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.number
    }
}

impl<K: CodeKind> fmt::Display for Code<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, K::PREFIX, self.number, WIDTH)
    }
}

impl<K: CodeKind> FromStr for Code<K> {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let number = read(text, K::PREFIX, WIDTH, K::EXPECTED)?;
        Self::new(number).ok_or(Rule::Malformed { expected: K::EXPECTED })
    }
}

/// One more than the largest number.
pub const LIMIT: u32 = 1_000_000;

/// The digits of a number below [`LIMIT`].
pub(crate) const WIDTH: usize = 6;

/// The most digits that a code has, the two that check it among them.
const LONGEST: usize = 9;

/// Writes the code of a number of so many digits.
pub(crate) fn write(
    f: &mut fmt::Formatter<'_>,
    prefix: &str,
    number: u32,
    width: usize,
) -> fmt::Result {
    let digits: [u8; LONGEST] = digits(number * 100 + check_digits(prefix, number, width));
    let written = LONGEST.checked_sub(width + 2).and_then(|unused| digits.get(unused..));
    f.write_str(prefix)?;
    f.write_str(written.and_then(|digits| str::from_utf8(digits).ok()).ok_or(fmt::Error)?)
}

/// The number of so many digits in a code with this prefix, if its check digits fit.
pub(crate) fn read(
    text: &str,
    prefix: &str,
    width: usize,
    expected: Expected,
) -> Result<u32, Rule> {
    let malformed = Rule::Malformed { expected };
    let digits = text.strip_prefix(prefix).ok_or_else(|| malformed.clone())?;
    if digits.len() != width + 2 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(malformed);
    }
    let parsed: u32 = digits.parse().map_err(|_| malformed)?;
    let (number, check) = (parsed / 100, parsed % 100);
    if check_digits(prefix, number, width) == check {
        Ok(number)
    } else {
        Err(Rule::CheckDigitWrong)
    }
}

/// The check digits, 02…98: ISO/IEC 7064 MOD 97-10 over the letters (A = 10 … Z = 35) and six or seven digits.
fn check_digits(prefix: &str, number: u32, width: usize) -> u32 {
    let letters = prefix.bytes().fold(0, |sum: u32, letter| {
        let value = u32::from(letter.saturating_sub(b'A')) + 10;
        (sum * 100 + value) % 97
    });
    let shifted = (0..width).fold(letters, |shifted, _| shifted * 10 % 97);
    98 - (shifted + number) % 97 * 100 % 97
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    enum Boat {}

    impl CodeKind for Boat {
        const PREFIX: &'static str = "GH";
        const EXPECTED: Expected =
            Expected { english: "GH and 8 digits", vietnamese: "GH và 8 chữ số" };
    }

    proptest! {
        #[test]
        fn a_code_reads_back_and_no_single_mistake_passes(
            number in 0..LIMIT, at in 2usize..10, digit in 0u8..10,
        ) {
            let code = Code::<Boat>::new(number).unwrap();
            let text = code.to_string();
            prop_assert_eq!(text.parse(), Ok(code));
            let mut wrong = text.clone().into_bytes();
            wrong[at] = b'0' + digit;
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert!(wrong == text || wrong.parse::<Code<Boat>>().is_err());
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,14}") {
            _ = text.parse::<Code<Boat>>();
        }
    }

    #[test]
    fn a_code_of_another_kind_is_refused() {
        let refused = "NB00000123".parse::<Code<Boat>>().unwrap_err();
        assert_eq!(refused, Rule::Malformed { expected: Boat::EXPECTED });
    }
}
