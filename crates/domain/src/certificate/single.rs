//! Single certificates: which one, whose, for how long, and whether it is still good.

use std::fmt;
use std::str::FromStr;

use super::Presented;
use crate::access::PartnerCode;
use crate::fault::{Expected, Language, Rule};
use crate::personal::CitizenNumber;
use crate::text;
use crate::time::{Date, YearMonth};
use crate::unit::UnitId;

/// A certificate's serial number: 1…40 hexadecimal digits, upper case, no leading zeros.
///
/// RFC 5280 § 4.1.2.2: a positive number of at most 20 octets, unique for each issuer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SerialNumber(String);

impl SerialNumber {
    /// The serial number with these octets.
    pub fn from_octets(octets: &[u8]) -> Result<Self, Rule> {
        let digits = octets.iter().fold(String::new(), |text, octet| format!("{text}{octet:02X}"));
        digits.parse()
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SerialNumber {
    type Err = Rule;

    /// Reads a number as tools print it: `5A:01:ff`, `5a01ff`.
    fn from_str(text: &str) -> Result<Self, Rule> {
        let digits = text.replace(':', "").to_ascii_uppercase();
        let digits = digits.trim_start_matches('0');
        let sound = (1..=40).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        if sound {
            return Ok(Self(digits.to_owned()));
        }
        Err(Rule::Malformed {
            expected: Expected {
                english: "1 to 40 hexadecimal digits, not all zero",
                vietnamese: "1 đến 40 chữ số thập lục phân, không phải toàn số 0",
            },
        })
    }
}

/// Who signed a certificate, by name: 1…200 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssuerName(String);

impl IssuerName {
    /// The longest name, in characters.
    pub const LIMIT: usize = 200;

    /// Checks a name as it was given.
    pub fn parse(name: &str) -> Result<Self, Rule> {
        text::check(name, Self::LIMIT).map(|()| Self(name.trim().to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Names one certificate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateKey {
    /// Who signed it.
    pub issuer: IssuerName,
    /// Its number.
    pub serial: SerialNumber,
}

/// Whom a certificate is for. Never stored: only a keyed hash of it is, by which the same holder is
/// recognised.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Holder(Vec<u8>);

impl Holder {
    /// A person, by citizen number.
    #[must_use]
    pub fn person(number: &CitizenNumber) -> Self {
        Self(number.reveal().as_bytes().to_vec())
    }

    /// Whoever a certificate names, by the whole name as it is written there.
    #[must_use]
    pub fn subject(name: &[u8]) -> Self {
        // No citizen number is as long as this prefix.
        Self([b"subject of a certificate: ", name].concat())
    }

    /// What the keyed hash is made of.
    #[must_use]
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Holder(…)")
    }
}

/// The days on which a certificate is good: [from, until).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The first day.
    pub from: Date,
    /// The day after the last.
    pub until: Date,
}

/// Whether a certificate is its holder's first by that partner, or follows one that ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Counted as issued.
    First,
    /// Counted as renewed.
    Renewal,
}

/// A certificate to be registered.
#[derive(Debug, Clone)]
pub struct NewCertificate {
    /// Which one.
    pub key: CertificateKey,
    /// Whose partner issued it.
    pub partner: PartnerCode,
    /// Whom it is for.
    pub holder: Holder,
    /// The commune it counts in, on the boundaries of the day of issue.
    pub unit: UnitId,
    /// The day of issue; its month is the period it counts in.
    pub issued_on: Date,
    /// When it is good.
    pub validity: Validity,
    /// First or renewed.
    pub kind: Kind,
    /// The certificate itself, if it was sent.
    pub presented: Option<Presented>,
}

impl NewCertificate {
    /// The period it counts in.
    #[must_use]
    pub fn period(&self) -> YearMonth {
        YearMonth::of(self.issued_on)
    }
}

/// Whether a certificate may be relied on, apart from its dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CertificateStatus {
    /// It may.
    Valid,
    /// Not for now.
    Suspended,
    /// Never again.
    Revoked,
}

/// The certificate's status does not allow the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusNotAllowed {
    /// Where it stands.
    pub from: CertificateStatus,
    /// What was wanted.
    pub to: CertificateStatus,
}

impl CertificateStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Valid, Self::Suspended, Self::Revoked];

    /// The stable name; the form that is stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Valid => "VALID",
            Self::Suspended => "SUSPENDED",
            Self::Revoked => "REVOKED",
        }
    }

    /// Reads the stable name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// Whether `to` can follow.
    pub const fn change(self, to: Self) -> Result<Self, StatusNotAllowed> {
        match (self, to) {
            (Self::Valid, Self::Suspended | Self::Revoked)
            | (Self::Suspended, Self::Valid | Self::Revoked) => Ok(to),
            _ => Err(StatusNotAllowed { from: self, to }),
        }
    }
}

/// A change of a certificate's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusChange {
    /// Which certificate.
    pub key: CertificateKey,
    /// What it becomes.
    pub to: CertificateStatus,
    /// From when on.
    pub on: Date,
    /// Why.
    pub reason: String,
}

impl StatusNotAllowed {
    /// What the status allows instead.
    #[must_use]
    pub fn message(self, language: Language) -> String {
        let allowed = CertificateStatus::ALL.into_iter();
        let allowed = allowed.filter(|to| self.from.change(*to).is_ok());
        let allowed: Vec<_> = allowed.map(CertificateStatus::code).collect();
        let (from, to, allowed) = (self.from.code(), self.to.code(), allowed.join(", "));
        match (language, allowed.is_empty()) {
            (Language::English, true) => format!("a certificate that is {from} stays so"),
            (Language::English, false) => {
                format!("a certificate that is {from} can become {allowed}, not {to}")
            }
            (Language::Vietnamese, true) => {
                format!("chứng thư số ở trạng thái {from} không thay đổi được nữa")
            }
            (Language::Vietnamese, false) => {
                format!(
                    "chứng thư số ở trạng thái {from} chỉ chuyển sang {allowed}, không sang {to}"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_are_the_same_however_they_are_printed() {
        let read = |text: &str| text.parse::<SerialNumber>().map(|serial| serial.to_string());
        assert_eq!(read("00:5a:01:FF"), Ok("5A01FF".into()));
        assert_eq!(read("5a01ff"), Ok("5A01FF".into()));
        assert_eq!(SerialNumber::from_octets(&[0, 0x5a, 1, 0xff]).unwrap().as_str(), "5A01FF");
        for wrong in ["", "0", "00:00", "5G", "-5A", &"F".repeat(41), "５A"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_table_of_statuses_is_this_and_nothing_else() {
        use CertificateStatus::{Revoked, Suspended, Valid};
        let allowed =
            [(Valid, Suspended), (Valid, Revoked), (Suspended, Valid), (Suspended, Revoked)];
        for from in CertificateStatus::ALL {
            assert_eq!(CertificateStatus::from_code(from.code()), Some(from));
            for to in CertificateStatus::ALL {
                assert_eq!(
                    from.change(to).is_ok(),
                    allowed.contains(&(from, to)),
                    "{from:?} {to:?}"
                );
            }
        }
    }

    #[test]
    fn a_holder_is_never_shown() {
        let number = CitizenNumber::parse("000199001234").unwrap();
        assert_eq!(format!("{:?}", Holder::person(&number)), "Holder(…)");
    }
}
