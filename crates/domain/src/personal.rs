//! Personal data of a head of household. Parsed here, shown only on purpose: `Debug` never tells a value.
//!
//! Citizen numbers: 12 digits, Decree 137/2015/NĐ-CP art. 13. Phones: national numbering plan,
//! kept in E.164.

use std::fmt;

use crate::fault::{Expected, Faults, Path, Rule};
use crate::text;

/// The longest personal name, in characters.
pub const NAME_LIMIT: usize = 100;

macro_rules! personal_text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// The value in clear.
            #[must_use]
            pub fn reveal(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

personal_text! {
    /// A person's full name, NFC, at most [`NAME_LIMIT`] characters.
    PersonName
}
personal_text! {
    /// A citizen identification number (số định danh cá nhân): 12 digits.
    CitizenNumber
}
personal_text! {
    /// A telephone number in E.164, `+84…`.
    Phone
}

impl PersonName {
    /// Checks and trims a name.
    pub fn parse(value: &str) -> Result<Self, Rule> {
        text::check(value, NAME_LIMIT)?;
        Ok(Self(value.trim().to_owned()))
    }
}

impl PersonName {
    /// The family name and one initial: `Nguyễn V. ***`.
    #[must_use]
    pub fn masked(&self) -> String {
        let mut words = self.0.split_whitespace();
        let family = words.next().unwrap_or_default();
        match words.next().and_then(|word| word.chars().next()) {
            Some(initial) => format!("{family} {initial}. ***"),
            None => format!("{}***", family.chars().next().unwrap_or_default()),
        }
    }
}

impl CitizenNumber {
    /// Where the birth was registered, and the last two digits: `093*******12`. The fourth to
    /// sixth digit would tell sex and year of birth.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("{}*******{}", &self.0[..3], &self.0[10..])
    }

    /// Checks a number: 12 digits that begin with a province code of birth registration, a country
    /// code, or `000`, which is never issued and marks test data.
    pub fn parse(value: &str) -> Result<Self, Rule> {
        const EXPECTED: Rule = Rule::Malformed {
            expected: Expected {
                english: "12 digits beginning with a province or country code",
                vietnamese: "12 chữ số bắt đầu bằng mã tỉnh hoặc mã nước",
            },
        };
        let digits = value.trim();
        if digits.len() != 12 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(EXPECTED);
        }
        let place: u16 = digits[..3].parse().map_err(|_| EXPECTED)?;
        let issued = place == 0 || place > 100 || PROVINCES_OF_BIRTH.contains(&place);
        if issued { Ok(Self(digits.to_owned())) } else { Err(EXPECTED) }
    }

    /// Whether the number is marked as test data.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.0.starts_with("000")
    }
}

/// The province codes of birth registration, Circular 07/2016/TT-BCA annex 1; the merger of 2025
/// renumbered no card.
const PROVINCES_OF_BIRTH: [u16; 63] = [
    1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37,
    38, 40, 42, 44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77,
    79, 80, 82, 83, 84, 86, 87, 89, 91, 92, 93, 94, 95, 96,
];

impl Phone {
    /// Reads a Vietnamese number as people write it: `0912 345 678`, `+84 912-345-678`,
    /// `0293.3876.543`.
    pub fn parse(value: &str) -> Result<Self, Rule> {
        const EXPECTED: Rule = Rule::Malformed {
            expected: Expected {
                english: "a Vietnamese telephone number like 0912 345 678 or +84 912 345 678",
                vietnamese: "số điện thoại Việt Nam như 0912 345 678",
            },
        };
        let digits: String =
            value.trim().chars().filter(|letter| !matches!(letter, ' ' | '.' | '-')).collect();
        let national = digits
            .strip_prefix("+84")
            .or_else(|| digits.strip_prefix('0'))
            .or_else(|| digits.strip_prefix("84").filter(|rest| rest.len() >= 9))
            .ok_or(EXPECTED)?;
        let mobile = national.len() == 9 && national.starts_with(['3', '5', '7', '8', '9']);
        let landline = national.len() == 10 && national.starts_with('2');
        if (mobile || landline) && national.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(format!("+84{national}")))
        } else {
            Err(EXPECTED)
        }
    }

    /// The number as people in Vietnam read it: `0912 345 678`.
    #[must_use]
    pub fn national(&self) -> String {
        let digits = &self.0[3..];
        let (area, rest) = digits.split_at(digits.len() - 6);
        format!("0{area} {} {}", &rest[..3], &rest[3..])
    }

    /// The last three digits: `**** *** 678`.
    #[must_use]
    pub fn masked(&self) -> String {
        let national = self.national();
        let shown = national.len() - 3;
        let star = |(at, letter): (usize, char)| match letter {
            ' ' => ' ',
            _ if at < shown => '*',
            _ => letter,
        };
        national.chars().enumerate().map(star).collect()
    }
}

/// A head of household as somebody may see it.
#[derive(Clone, PartialEq, Eq)]
pub struct HeadView {
    /// Full name.
    pub name: String,
    /// Citizen number, if the head has one.
    pub citizen_number: Option<String>,
    /// Telephone as people in Vietnam write it, if known.
    pub phone: Option<String>,
    /// In clear or masked.
    pub clarity: Clarity,
}

impl fmt::Debug for HeadView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeadView({:?})", self.clarity)
    }
}

/// Whether personal data can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Clarity {
    /// As it is.
    Clear,
    /// With stars for most of it.
    Masked,
}

/// What is known of a head of household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Full name.
    pub name: PersonName,
    /// Citizen number, if the head has one.
    pub citizen_number: Option<CitizenNumber>,
    /// Telephone, if known.
    pub phone: Option<Phone>,
}

impl Head {
    /// The head as somebody may see it.
    #[must_use]
    pub fn seen(&self, clarity: Clarity) -> HeadView {
        let (number, phone) = (self.citizen_number.as_ref(), self.phone.as_ref());
        match clarity {
            Clarity::Clear => HeadView {
                name: self.name.reveal().to_owned(),
                citizen_number: number.map(|number| number.reveal().to_owned()),
                phone: phone.map(Phone::national),
                clarity,
            },
            Clarity::Masked => HeadView {
                name: self.name.masked(),
                citizen_number: number.map(CitizenNumber::masked),
                phone: phone.map(Phone::masked),
                clarity,
            },
        }
    }

    /// Checks all parts, so that all faults are told at once.
    pub fn parse(
        name: &str,
        citizen_number: Option<&str>,
        phone: Option<&str>,
        path: &Path,
    ) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let name = faults.keep(path.field("name"), PersonName::parse(name));
        let citizen_number = faults.keep(
            path.field("citizenNumber"),
            citizen_number.map(CitizenNumber::parse).transpose(),
        );
        let phone = faults.keep(path.field("phone"), phone.map(Phone::parse).transpose());
        let head = name
            .zip(citizen_number)
            .zip(phone)
            .map(|((name, citizen_number), phone)| Self { name, citizen_number, phone });
        faults.or(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_read_as_people_write_them() {
        for written in
            ["0912345678", "0912 345 678", "0912.345.678", "+84 912-345-678", "84912345678"]
        {
            assert_eq!(Phone::parse(written).unwrap().reveal(), "+84912345678", "{written}");
        }
        assert_eq!(Phone::parse("0293 3876 543").unwrap().reveal(), "+842933876543");
        assert_eq!(Phone::parse("0912345678").unwrap().national(), "0912 345 678");
        for wrong in ["01234567890", "091234567", "0112345678", "+1 202 555 0100", "", "không"] {
            assert!(Phone::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn citizen_numbers_begin_with_an_issued_code() {
        assert!(CitizenNumber::parse("093180001234").is_ok());
        assert!(CitizenNumber::parse("000180001234").unwrap().is_test());
        for wrong in ["003180001234", "93180001234", "09318000123a", "０93180001234", ""] {
            assert!(CitizenNumber::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_mask_leaves_enough_to_recognise_and_too_little_to_find() {
        let masked = |name: &str| PersonName::parse(name).unwrap().masked();
        assert_eq!(masked("Nguyễn Văn Ẩn"), "Nguyễn V. ***");
        assert_eq!(masked("Lê Đức"), "Lê Đ. ***");
        assert_eq!(masked("Ẩn"), "Ẩ***");
        let number = CitizenNumber::parse("093180001212").unwrap();
        assert_eq!(number.masked(), "093*******12");
        assert_eq!(Phone::parse("0912345678").unwrap().masked(), "**** *** 678");
        assert_eq!(Phone::parse("02933876543").unwrap().masked(), "***** *** 543");
    }

    #[test]
    fn debug_output_tells_nothing_personal() {
        let head =
            Head::parse("Nguyễn Văn Ẩn", Some("000180001234"), Some("0912345678"), &Path::root());
        let shown = format!("{head:?}");
        assert!(
            !shown.contains("Nguyễn") && !shown.contains("0001") && !shown.contains("912"),
            "{shown}"
        );
    }

    #[test]
    fn all_faults_of_a_head_are_told_at_once() {
        let faults =
            Head::parse("", Some("1"), Some("2"), &Path::root().field("head")).unwrap_err();
        let paths: Vec<_> = faults.as_slice().iter().map(|fault| fault.path.to_string()).collect();
        assert_eq!(paths, ["head.name", "head.citizenNumber", "head.phone"]);
    }
}
