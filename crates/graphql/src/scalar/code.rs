//! Codes of units, households and other records.

use std::str::FromStr;

use async_graphql::{InputType, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use registry_domain::code::{Code, CodeKind};
use registry_domain::fault::{Language, Rule};
use registry_domain::{household, unit};

use crate::error::ApiError;

/// A unit's code (mã đơn vị hành chính).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct UnitCode(pub(crate) unit::UnitCode);

/// A code of the General Statistics Office (mã đơn vị hành chính): 2 digits for a province, 3 for a
/// district, 5 for a commune; 8 for a hamlet. Leading zeros count, and codes are reused over time.
#[Scalar(specified_by_url = "https://danhmuchanhchinh.nso.gov.vn/")]
impl ScalarType for UnitCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        parse(&value).map(Self)
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A household's code (mã hộ).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct HouseholdCode(pub(crate) household::HouseholdCode);

/// A household's registry code (mã hộ): `HG`, six digits, or seven from the millionth household on, and two check
/// digits by ISO 7064 MOD 97-10.
#[Scalar(specified_by_url = "https://www.iso.org/standard/31531.html")]
impl ScalarType for HouseholdCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        parse(&value).map(Self)
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A registry code (mã hồ sơ).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct RegistryCode(String);

impl RegistryCode {
    /// The code as one of kind `K`; `argument` is where it was given.
    pub(crate) fn read<K: CodeKind>(&self, argument: &'static str) -> Result<Code<K>, ApiError> {
        self.0.parse().map_err(|rule| ApiError::Argument { name: argument, rule })
    }
}

impl<K: CodeKind> From<Code<K>> for RegistryCode {
    fn from(code: Code<K>) -> Self {
        Self(code.to_string())
    }
}

/// What people call a record by (mã hồ sơ): two letters for its kind, six digits and two check digits by
/// ISO 7064 MOD 97-10.
#[Scalar(specified_by_url = "https://www.iso.org/standard/31531.html")]
impl ScalarType for RegistryCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

fn parse<T: FromStr<Err = Rule>, S: InputType>(value: &Value) -> Result<T, InputValueError<S>> {
    let text = match value {
        Value::String(text) => text.as_str(),
        _ => "",
    };
    text.parse().map_err(|rule: Rule| {
        let [vietnamese, english] =
            [Language::Vietnamese, Language::English].map(|to| rule.message(to));
        InputValueError::custom(format!("{english} / {vietnamese}"))
    })
}
