//! Keys as cursors: which bytes of each are sealed to the list.

use registry_domain::access::TokenId;
use registry_domain::audit::Place;
use registry_domain::certificate::{CertificateKey, IssuerName};
use registry_domain::code::{Code, CodeKind};
use registry_domain::commerce::MarketplaceCode;
use registry_domain::community::{HelpKind, TrainingCode};
use registry_domain::connectivity::MobileGeneration;
use registry_domain::coverage::{CoverageKey, MobileOperator, Network};
use registry_domain::household::HouseholdNumber;
use registry_domain::institution::InstitutionCode;
use registry_domain::time::{Date, Instant, YearMonth};
use registry_domain::unit::UnitId;
use registry_persistence::{
    ActivityKey, CommerceKey, HouseholdKey, InstitutionPosition, ReportPosition, TrainingKey,
};

use crate::error::ApiError;

pub(crate) use registry_domain::cursor::List;

/// What a list is sorted by, as bytes.
pub(crate) trait CursorKey: Sized {
    fn to_bytes(&self) -> Vec<u8>;
    fn from_bytes(bytes: &[u8]) -> Option<Self>;

    /// A cursor as clients hold it.
    fn to_cursor(&self, list: List) -> String {
        list.seal(self.to_bytes())
    }

    fn from_cursor(list: List, cursor: &str) -> Result<Self, ApiError> {
        list.open(cursor).and_then(|key| Self::from_bytes(&key)).ok_or(ApiError::Cursor)
    }
}

impl CursorKey for UnitId {
    fn to_bytes(&self) -> Vec<u8> {
        self.get().to_be_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self::new(i32::from_be_bytes(bytes.try_into().ok()?)))
    }
}

impl CursorKey for Place {
    fn to_bytes(&self) -> Vec<u8> {
        self.0.to_be_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(u64::from_be_bytes(bytes.try_into().ok()?)))
    }
}

impl CursorKey for MarketplaceCode {
    fn to_bytes(&self) -> Vec<u8> {
        self.as_str().as_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        std::str::from_utf8(bytes).ok()?.parse().ok()
    }
}

impl CursorKey for CommerceKey {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.number.to_be_bytes().to_vec();
        bytes.extend(self.value.to_be_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (number, value) = bytes.split_at_checked(4)?;
        let number = u32::from_be_bytes(number.try_into().ok()?);
        Some(Self { value: i64::from_be_bytes(value.try_into().ok()?), number })
    }
}

impl CursorKey for Date {
    fn to_bytes(&self) -> Vec<u8> {
        self.to_epoch_days().to_be_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::from_epoch_days(i32::from_be_bytes(bytes.try_into().ok()?))
    }
}

impl CursorKey for HouseholdKey {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.number.get().to_be_bytes().to_vec();
        bytes.extend(self.surveyed_on.iter().flat_map(CursorKey::to_bytes));
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (number, date) = bytes.split_at_checked(4)?;
        let number = HouseholdNumber::new(u32::from_be_bytes(number.try_into().ok()?))?;
        let surveyed_on = if date.is_empty() { None } else { Some(Date::from_bytes(date)?) };
        Some(Self { surveyed_on, number })
    }
}

impl CursorKey for TokenId {
    fn to_bytes(&self) -> Vec<u8> {
        self.as_str().as_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::new(std::str::from_utf8(bytes).ok()?)
    }
}

impl CursorKey for ReportPosition {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.submitted_at.timestamp_micros().to_be_bytes().to_vec();
        bytes.extend(self.key.to_string().bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (micros, key) = bytes.split_at_checked(8)?;
        let micros = i64::from_be_bytes(micros.try_into().ok()?);
        let submitted_at = Instant::from_timestamp_micros(micros)?;
        Some(Self { submitted_at, key: std::str::from_utf8(key).ok()?.parse().ok()? })
    }
}

impl CursorKey for CertificateKey {
    fn to_bytes(&self) -> Vec<u8> {
        format!("{}\n{}", self.serial, self.issuer.as_str()).into_bytes()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (serial, issuer) = std::str::from_utf8(bytes).ok()?.split_once('\n')?;
        Some(Self { issuer: IssuerName::parse(issuer).ok()?, serial: serial.parse().ok()? })
    }
}

impl<K: CodeKind> CursorKey for Code<K> {
    fn to_bytes(&self) -> Vec<u8> {
        self.number().to_be_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::new(u32::from_be_bytes(bytes.try_into().ok()?))
    }
}

impl CursorKey for ActivityKey {
    fn to_bytes(&self) -> Vec<u8> {
        let Self { month, hamlet, kind, revision } = self;
        let mut bytes = month.index().to_be_bytes().to_vec();
        bytes.extend(hamlet.get().to_be_bytes());
        bytes.extend(revision.to_be_bytes());
        bytes.extend(kind.code().bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (month, rest) = bytes.split_first_chunk::<4>()?;
        let (hamlet, rest) = rest.split_first_chunk::<4>()?;
        let (revision, kind) = rest.split_first_chunk::<4>()?;
        Some(Self {
            month: YearMonth::from_index(i32::from_be_bytes(*month)),
            hamlet: UnitId::new(i32::from_be_bytes(*hamlet)),
            kind: HelpKind::from_code(std::str::from_utf8(kind).ok()?)?,
            revision: u32::from_be_bytes(*revision),
        })
    }
}

impl CursorKey for TrainingKey {
    fn to_bytes(&self) -> Vec<u8> {
        [self.held_on.to_bytes(), self.code.to_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (held_on, code) = bytes.split_at_checked(4)?;
        Some(Self { held_on: Date::from_bytes(held_on)?, code: TrainingCode::from_bytes(code)? })
    }
}

impl CursorKey for CoverageKey {
    fn to_bytes(&self) -> Vec<u8> {
        let Network { operator, generation } = self.network;
        let mut bytes = self.commune.to_bytes();
        bytes.extend(self.from.to_bytes());
        bytes.extend(format!("{} {}", operator.code(), generation.code()).bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (commune, rest) = bytes.split_at_checked(4)?;
        let (from, network) = rest.split_at_checked(4)?;
        let (operator, generation) = std::str::from_utf8(network).ok()?.split_once(' ')?;
        let network = Network {
            operator: MobileOperator::from_code(operator)?,
            generation: MobileGeneration::from_code(generation)?,
        };
        Some(Self { commune: UnitId::from_bytes(commune)?, network, from: Date::from_bytes(from)? })
    }
}

impl CursorKey for InstitutionPosition {
    fn to_bytes(&self) -> Vec<u8> {
        let (kind, value, code) = match self {
            Self::Code(code) => (b'c', Vec::new(), code),
            Self::Name(name, code) => (b'n', name.as_bytes().to_vec(), code),
            Self::OpenedOn(date, code) => (b'o', date.to_bytes(), code),
        };
        let mut bytes = vec![kind];
        bytes.extend(code.number().to_be_bytes());
        bytes.extend(value);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let (number, value) = rest.split_at_checked(4)?;
        let code = InstitutionCode::new(u32::from_be_bytes(number.try_into().ok()?))?;
        match kind {
            b'c' => Some(Self::Code(code)),
            b'n' => Some(Self::Name(std::str::from_utf8(value).ok()?.to_owned(), code)),
            b'o' => Some(Self::OpenedOn(Date::from_bytes(value)?, code)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys() -> impl Strategy<Value = HouseholdKey> {
        (0..HouseholdNumber::LIMIT, prop::option::of(0i32..40_000)).prop_map(|(number, days)| {
            HouseholdKey {
                number: HouseholdNumber::new(number).unwrap(),
                surveyed_on: days.and_then(Date::from_epoch_days),
            }
        })
    }

    proptest! {
        #[test]
        fn a_key_is_read_from_its_cursor(key in keys(), list in 0u64..9) {
            let cursor = key.to_cursor(List::of(list));
            prop_assert_eq!(HouseholdKey::from_cursor(List::of(list), &cursor).unwrap(), key);
        }

        #[test]
        fn what_is_no_key_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..4)) {
            let cursor = List::of(1).seal(bytes);
            prop_assert!(HouseholdKey::from_cursor(List::of(1), &cursor).is_err());
        }
    }
}
