//! Cells of an export.

use std::fmt::Display;

use registry_domain::spreadsheet;

/// What stands in one column of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell(String);

impl Cell {
    /// What the registry itself writes: codes, numbers, dates, names of choices, checked addresses.
    pub(super) fn ours(value: impl Display) -> Self {
        Self(value.to_string())
    }

    /// As [`Self::ours`]; empty if there is nothing.
    pub(super) fn ours_if(value: Option<impl Display>) -> Self {
        value.map_or_else(|| Self(String::new()), Self::ours)
    }

    /// What somebody typed; no spreadsheet runs it.
    pub(super) fn typed(text: &str) -> Self {
        Self(spreadsheet::disarmed(text).into_owned())
    }

    /// As [`Self::typed`]; empty if there is nothing.
    pub(super) fn typed_if(text: Option<&str>) -> Self {
        text.map_or_else(|| Self(String::new()), Self::typed)
    }
}

impl AsRef<[u8]> for Cell {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_somebody_typed_is_disarmed() {
        assert_eq!(Cell::typed("=1+1").as_ref(), b"'=1+1");
        assert_eq!(Cell::typed_if(Some("-1/TB")).as_ref(), b"'-1/TB");
        assert_eq!(Cell::ours(-5).as_ref(), b"-5");
        assert_eq!(Cell::ours_if(None::<i64>), Cell::typed_if(None));
    }
}
