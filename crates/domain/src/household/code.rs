//! Serial numbers of households, and the codes by which people know them.

use std::fmt;
use std::str::FromStr;

use crate::code;
use crate::fault::{Expected, Rule};

/// The serial number of a household, 0…9,999,999; the key it is stored under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HouseholdNumber(u32);

impl HouseholdNumber {
    /// One more than the largest number.
    pub const LIMIT: u32 = 10_000_000;

    /// The smallest number; never given to a household.
    pub const ZERO: Self = Self(0);

    /// A number from the store or a counter; `None` from [`Self::LIMIT`] on.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        if number < Self::LIMIT { Some(Self(number)) } else { None }
    }

    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The code by which people know the household.
    #[must_use]
    pub const fn code(self) -> HouseholdCode {
        HouseholdCode(self)
    }

    /// How many digits it has in its code.
    const fn width(self) -> usize {
        if self.0 < code::LIMIT { code::WIDTH } else { LONG }
    }
}

const PREFIX: &str = "HG";

/// The digits of numbers from 1,000,000 on.
const LONG: usize = code::WIDTH + 1;

/// A household's registry code: `HG`, its number in six digits, or seven from 1,000,000 on, two check digits.
/// It embeds no unit, since units change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HouseholdCode(HouseholdNumber);

impl HouseholdCode {
    /// The serial number within.
    #[must_use]
    pub const fn number(self) -> HouseholdNumber {
        self.0
    }

    const EXPECTED: Expected =
        Expected { english: "HG and 8 or 9 digits", vietnamese: "HG và 8 hoặc 9 chữ số" };
}

impl fmt::Display for HouseholdCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        code::write(f, PREFIX, self.0.0, self.0.width())
    }
}

impl FromStr for HouseholdCode {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let malformed = Rule::Malformed { expected: Self::EXPECTED };
        let width = if text.len() == PREFIX.len() + LONG + 2 { LONG } else { code::WIDTH };
        // Each household has one code: what six digits can say is not said in seven.
        if width == LONG && text.starts_with("HG0") {
            return Err(malformed);
        }
        let number = code::read(text, PREFIX, width, Self::EXPECTED)?;
        HouseholdNumber::new(number).map(HouseholdNumber::code).ok_or(malformed)
    }
}

/// The beginning of a household code, for search: `HG` and up to six digits of the number, or the whole code.
///
/// Digits of a number may begin numbers of six digits and of seven: both are meant. Eight digits are always a whole
/// code of a number of six. Seven are refused, since they may be six and the first check digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HouseholdCodePrefix {
    first: Range,
    longer: Option<Range>,
}

/// The first and last of some serial numbers.
type Range = (u32, u32);

impl HouseholdCodePrefix {
    /// The first and last serial numbers with this prefix: one range, or one for each length of numbers.
    pub fn ranges(self) -> impl Iterator<Item = (u32, u32)> {
        std::iter::once(self.first).chain(self.longer)
    }
}

impl FromStr for HouseholdCodePrefix {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        const EXPECTED: Rule = Rule::Malformed {
            expected: Expected {
                english: "HG and up to 6 digits, or a whole code",
                vietnamese: "HG và không quá 6 chữ số, hoặc cả mã",
            },
        };
        let digits = text.strip_prefix(PREFIX).ok_or(EXPECTED)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(EXPECTED);
        }
        match digits.len() {
            0 => Ok(Self { first: (0, HouseholdNumber::LIMIT - 1), longer: None }),
            given @ 1..=code::WIDTH => {
                let begun: u32 = digits.parse().map_err(|_| EXPECTED)?;
                let width = (given..code::WIDTH).fold(1, |width, _| width * 10);
                let range = |width: u32| (begun * width, (begun + 1) * width - 1);
                let longer = (!digits.starts_with('0')).then(|| range(width * 10));
                Ok(Self { first: range(width), longer })
            }
            8 | 9 => {
                let number = text.parse::<HouseholdCode>()?.number().get();
                Ok(Self { first: (number, number), longer: None })
            }
            _ => Err(EXPECTED),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Numbers of both lengths.
    fn any_number() -> impl Strategy<Value = u32> {
        prop_oneof![0..code::LIMIT, code::LIMIT..HouseholdNumber::LIMIT]
    }

    proptest! {
        #[test]
        fn a_code_survives_its_text_form(number in any_number()) {
            let code = HouseholdNumber(number).code();
            let text = code.to_string();
            prop_assert_eq!(text.len(), if number < code::LIMIT { 10 } else { 11 });
            prop_assert_eq!(text.parse(), Ok(code));
        }

        #[test]
        fn one_wrong_digit_or_two_swapped_ones_are_noticed(
            number in any_number(), at in 2usize..11, digit in 0u8..10,
        ) {
            let text = HouseholdNumber(number).code().to_string();
            let at = at.min(text.len() - 1);
            let mut wrong = text.clone().into_bytes();
            wrong[at] = b'0' + digit;
            let mut swapped = text.clone().into_bytes();
            if at + 1 < text.len() { swapped.swap(at, at + 1); }
            for changed in [wrong, swapped] {
                let changed = String::from_utf8(changed).unwrap();
                let expected = match &changed {
                    changed if *changed == text => continue,
                    changed if changed.len() == 11 && changed.starts_with("HG0") => {
                        Rule::Malformed { expected: HouseholdCode::EXPECTED }
                    }
                    _ => Rule::CheckDigitWrong,
                };
                prop_assert_eq!(changed.parse::<HouseholdCode>(), Err(expected));
            }
        }

        #[test]
        fn a_prefix_covers_exactly_the_codes_whose_numbers_begin_with_it(
            number in any_number(), length in 0usize..=6, other in any_number(), digit in 0u32..10,
        ) {
            let text = HouseholdNumber(number).code().to_string();
            let prefix = &text[..2 + length];
            let ranges: Vec<_> = prefix.parse::<HouseholdCodePrefix>().unwrap().ranges().collect();
            let found =
                |other| ranges.iter().any(|(first, last)| (*first..=*last).contains(&other));
            // Neighbours in both lengths are where a mistake would show.
            let near = [number, number / 10, number * 10 + digit, number + 1, number.saturating_sub(1)];
            for other in near.into_iter().chain([other]).filter_map(HouseholdNumber::new) {
                let begins = other.code().to_string().starts_with(prefix);
                prop_assert_eq!(found(other.get()), begins, "{} {}", prefix, other.code());
            }
        }

        #[test]
        fn a_whole_code_is_a_prefix_of_one_household_only(number in any_number()) {
            let text = HouseholdNumber(number).code().to_string();
            let ranges = text.parse::<HouseholdCodePrefix>().unwrap().ranges();
            prop_assert_eq!(ranges.collect::<Vec<_>>(), [(number, number)]);
        }

        #[test]
        fn no_code_of_six_digits_is_said_in_seven(number in 0..code::LIMIT) {
            let text = HouseholdNumber(number).code().to_string();
            let longer = format!("HG0{}", &text[2..]);
            let expected = HouseholdCode::EXPECTED;
            prop_assert_eq!(longer.parse::<HouseholdCode>(), Err(Rule::Malformed { expected }));
            prop_assert!(longer.parse::<HouseholdCodePrefix>().is_err());
        }
    }

    #[test]
    fn codes_of_both_lengths_are_as_they_were_printed() {
        for (number, text) in [
            (1, "HG00000103"),
            (2_018, "HG00201863"),
            (999_999, "HG99999925"),
            (1_000_000, "HG100000067"),
            (9_999_999, "HG999999920"),
        ] {
            assert_eq!(HouseholdNumber(number).code().to_string(), text);
        }
        let ranges = |text: &str| {
            text.parse::<HouseholdCodePrefix>().map(|prefix| prefix.ranges().collect::<Vec<_>>())
        };
        assert_eq!(ranges("HG"), Ok(vec![(0, 9_999_999)]));
        assert_eq!(ranges("HG00"), Ok(vec![(0, 9_999)]));
        assert_eq!(ranges("HG12"), Ok(vec![(120_000, 129_999), (1_200_000, 1_299_999)]));
        assert_eq!(ranges("HG123456"), Ok(vec![(123_456, 123_456), (1_234_560, 1_234_569)]));
        for refused in ["HG1234567", "HG1234567890", "HG12a", "12"] {
            assert!(ranges(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn malformed_codes_are_refused() {
        for text in [
            "",
            "HG",
            "HG1234567",
            "HG012345678",
            "HG1234567890",
            "hg00000012",
            "HG0000００12",
            "XX00000012",
        ] {
            let expected = HouseholdCode::EXPECTED;
            assert_eq!(text.parse::<HouseholdCode>(), Err(Rule::Malformed { expected }), "{text}");
        }
    }
}
