//! How values are told at once: byte by byte as they are by way of async-graphql.

use std::fmt::Display;
use std::io::Write as _;

use async_graphql::{ID, Result, ScalarType as _, Value};
use registry_domain::digits::write_day;
use registry_domain::time;
use serde::Serialize;

use super::written::write;
use super::{AtOnce, Field, Teller, Told};
use crate::in_order::{One, Rows};
use crate::scalar::{Date, DateTime, HouseholdCode, RegistryCode, Total, UnitCode, Vnd, YearMonth};

impl<T: AtOnce> Told for One<T> {
    fn told(&self, below: &[Field<'_>], to: &mut Teller<'_>) -> Option<()> {
        to.object(&self.0, below)
    }
}

/// About how many bytes a row takes at least.
const ROW: usize = 64;

impl<T: AtOnce> Told for Rows<T> {
    fn told(&self, below: &[Field<'_>], to: &mut Teller<'_>) -> Option<()> {
        to.json.reserve(self.0.len() * ROW);
        to.bytes(b"[");
        for (at, row) in self.0.iter().enumerate() {
            if at > 0 {
                to.bytes(b",");
            }
            to.object(row, below)?;
        }
        to.bytes(b"]");
        Some(())
    }
}

impl<T: Told> Told for Option<T> {
    fn told(&self, below: &[Field<'_>], to: &mut Teller<'_>) -> Option<()> {
        if let Some(value) = self {
            return value.told(below, to);
        }
        to.bytes(b"null");
        Some(())
    }
}

/// What went wrong is told by the other way.
impl<T: Told> Told for Result<T> {
    fn told(&self, below: &[Field<'_>], to: &mut Teller<'_>) -> Option<()> {
        self.as_ref().ok()?.told(below, to)
    }
}

impl<T: Told + ?Sized> Told for &T {
    fn told(&self, below: &[Field<'_>], to: &mut Teller<'_>) -> Option<()> {
        T::told(self, below, to)
    }
}

impl Teller<'_> {
    fn serde<T: Serialize + ?Sized>(&mut self, value: &T) -> Option<()> {
        serde_json::to_writer(&mut self.json, value).ok()
    }

    /// A text without anything to escape.
    fn plain(&mut self, text: impl Display) -> Option<()> {
        write!(self.json, "\"{text}\"").ok()
    }

    fn day_text(&mut self, day: time::Date) {
        self.bytes(b"\"");
        write_day(day, &mut self.json);
        self.bytes(b"\"");
    }

    fn value(&mut self, value: &Value) -> Option<()> {
        write(value, &mut self.json).ok()
    }
}

/// Values that are told by a method of the teller.
macro_rules! told {
    ($($kind:ty: |$value:ident, $to:ident| $tell:expr;)*) => {
        $(impl Told for $kind {
            fn told(&self, _: &[Field<'_>], $to: &mut Teller<'_>) -> Option<()> {
                let $value = self;
                $tell
            }
        })*
    };
}

told! {
    str: |text, to| to.serde(text);
    String: |text, to| to.serde(text.as_str());
    bool: |value, to| to.serde(value);
    u8: |number, to| to.serde(number);
    u16: |number, to| to.serde(number);
    u32: |number, to| to.serde(number);
    u64: |number, to| to.serde(number);
    i64: |number, to| to.serde(number);
    usize: |number, to| to.serde(number);
    f64: |number, to| to.serde(number);
    ID: |id, to| to.serde(id.as_str());
    Date: |day, to| { to.day_text(day.0); Some(()) };
    YearMonth: |month, to| to.plain(month.0);
    DateTime: |moment, to| to.value(&moment.to_value());
    HouseholdCode: |code, to| to.plain(code.0);
    UnitCode: |code, to| to.plain(code.0);
    RegistryCode: |code, to| to.value(&code.to_value());
    Vnd: |amount, to| to.serde(&amount.0);
    Total: |count, to| to.serde(&count.0);
}
