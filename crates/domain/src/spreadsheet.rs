//! Texts on their way into a spreadsheet: what a program would run there is disarmed.

use std::borrow::Cow;

/// A text as it may stand in a cell of a CSV file.
///
/// Spreadsheet programs take a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return for
/// a formula and run it, whoever wrote it; an apostrophe before it makes it a text (OWASP, "CSV
/// Injection", <https://owasp.org/www-community/attacks/CSV_Injection>; CWE-1236). For what people
/// wrote only: numbers of ours may well begin with a minus.
#[must_use]
pub fn disarmed(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_begins_like_a_formula_gets_an_apostrophe() {
        for armed in ["=1+1", "+84", "-5", "@SUM(A1)", "\t=1", "\r=1", "="] {
            assert_eq!(disarmed(armed), format!("'{armed}"));
        }
        for text in ["", "Khóm Cầu Đúc", "1-2", "a=b", "'=1", " =1", "anna@hg.vn"] {
            assert_eq!(disarmed(text), text);
        }
    }

    proptest! {
        #[test]
        fn nothing_else_changes_and_once_is_enough(text in "[=+@'\t\r a-]{0,6}") {
            let once = disarmed(&text).into_owned();
            prop_assert!(once.ends_with(&text) && once.len() <= text.len() + 1);
            prop_assert_eq!(disarmed(&once), once.as_str());
        }
    }
}
