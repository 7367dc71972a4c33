//! Dates, months and instants.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::SecondsFormat;
use registry_domain::time;

/// A day in the province's calendar (ngày), `YYYY-MM-DD`, from 0001-01-01 to 9999-12-31.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Date(pub(crate) time::Date);

/// A day in the province's calendar (ngày), written `YYYY-MM-DD`, from 0001-01-01 to 9999-12-31.
#[Scalar(specified_by_url = "https://scalars.graphql.org/andimarek/local-date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        const EXPECTED: &str = "a date is written YYYY-MM-DD / ngày viết dạng YYYY-MM-DD";
        let Value::String(text) = &value else { return Err(InputValueError::custom(EXPECTED)) };
        // Four digits are a year; chrono would take a sign for one of them.
        let is_written_so = text.len() == 10 && text.as_bytes()[4] == b'-';
        let date = is_written_so.then(|| time::Date::parse_from_str(text, "%Y-%m-%d"));
        match date {
            Some(Ok(date)) if date >= first_day() => Ok(Self(date)),
            _ => Err(InputValueError::custom(EXPECTED)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

fn first_day() -> time::Date {
    time::Date::from_ymd_opt(1, 1, 1).unwrap_or_default()
}

/// An instant (thời điểm).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DateTime(pub(crate) time::Instant);

/// An instant (thời điểm), RFC 3339 in UTC with milliseconds: `2024-06-30T05:00:00.000Z`.
#[Scalar(specified_by_url = "https://scalars.graphql.org/andimarek/date-time")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        const EXPECTED: &str =
            "an instant is written as in RFC 3339 / thời điểm viết theo RFC 3339";
        let Value::String(text) = &value else { return Err(InputValueError::custom(EXPECTED)) };
        let instant = chrono::DateTime::parse_from_rfc3339(text);
        instant.map(|instant| Self(instant.to_utc())).map_err(|_| InputValueError::custom(EXPECTED))
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

/// A month (tháng).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct YearMonth(pub(crate) time::YearMonth);

/// A month (tháng), written `YYYY-MM`, from 1900-01 to 2999-12.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#appendix-A")]
impl ScalarType for YearMonth {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::custom(time::NotAMonth));
        };
        text.parse().map(Self).map_err(InputValueError::custom)
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}
