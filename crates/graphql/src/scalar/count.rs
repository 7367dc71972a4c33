//! Counts that are sent: whole numbers within a range.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use registry_domain::fault::{Language, Rule};
use registry_domain::{certificate, commerce};

use super::Told;

/// How many certificates (số chứng thư).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CertificateCount(pub(crate) certificate::CertificateCount);

/// How many certificates in one commune and month (số chứng thư số): a whole number, 0…1,000,000.
#[Scalar(specified_by_url = "https://spec.graphql.org/September2025/#sec-Int")]
impl ScalarType for CertificateCount {
    fn parse(value: Value) -> InputValueResult<Self> {
        let count = whole(&value).ok_or(certificate::CertificateCount::RANGE);
        let count = count.and_then(certificate::CertificateCount::parse);
        count.map(Self).map_err(|rule| refused(&rule))
    }

    fn is_valid(_: &Value) -> bool {
        // Judged with the other rows.
        true
    }

    fn to_value(&self) -> Value {
        self.0.get().into()
    }
}

/// How many there are altogether (tổng số).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Total(pub(crate) u64);

impl Total {
    /// What a number outside the range breaks. Larger ones are not exact in every client.
    pub(crate) const RANGE: Rule = Rule::OutOfRange { min: 0, max: Self::LIMIT };
    const LIMIT: i64 = (1 << 53) - 1;
}

/// How many there are altogether (tổng số): a whole number, 0…9,007,199,254,740,991.
#[Scalar(name = "Total", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259#section-6")]
impl ScalarType for Total {
    fn parse(value: Value) -> InputValueResult<Self> {
        let total = whole(&value).filter(|total| (0..=Self::LIMIT).contains(total));
        total.map(|total| Self(total.cast_unsigned())).ok_or_else(|| refused(&Self::RANGE))
    }

    fn is_valid(_: &Value) -> bool {
        // Judged with the rows.
        true
    }

    fn to_value(&self) -> Value {
        self.0.into()
    }
}

/// An amount of money (số tiền).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Vnd(pub(crate) i64);

/// An amount of money in whole Vietnamese đồng (số tiền, đồng): a whole number, 0…1,000,000,000,000 where it
/// is sent.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259#section-6")]
impl ScalarType for Vnd {
    fn parse(value: Value) -> InputValueResult<Self> {
        whole(&value).map(Self).ok_or_else(|| refused(&commerce::Vnd::RANGE))
    }

    fn is_valid(_: &Value) -> bool {
        // Judged with the other fields.
        true
    }

    fn to_value(&self) -> Value {
        self.0.into()
    }
}

impl Vnd {
    /// The amount that was sent, if it is one.
    pub(crate) fn judge(told: &Told<Self>) -> Result<commerce::Vnd, Rule> {
        told.understood().map_or(Err(commerce::Vnd::RANGE), |amount| commerce::Vnd::parse(amount.0))
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        _ => None,
    }
}

fn refused<T: async_graphql::InputType>(rule: &Rule) -> InputValueError<T> {
    let [vietnamese, english] =
        [Language::Vietnamese, Language::English].map(|to| rule.message(to));
    InputValueError::custom(format!("{english} / {vietnamese}"))
}
