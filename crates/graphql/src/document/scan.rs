//! Counting what a document is made of before it is parsed. Knows the words of the language and
//! nothing of its grammar: one pass, no recursion, no memory.

use super::refusal::{Measure, Refused};
use crate::SchemaSettings;

/// What a text is made of.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Counts {
    tokens: usize,
    aliases: usize,
    directives: usize,
    /// The deepest nesting of brackets of any kind.
    nesting: usize,
}

/// Refuses a text that holds more of anything than is allowed.
pub(super) fn scan(text: &str, settings: &SchemaSettings) -> Result<(), Refused> {
    Measure::Bytes.within(settings.max_document_bytes, text.len())?;
    let counts = count(text.as_bytes());
    Measure::Tokens.within(settings.max_tokens, counts.tokens)?;
    Measure::Nesting.within(settings.max_nesting, counts.nesting)?;
    Measure::Aliases.within(settings.max_aliases, counts.aliases)?;
    Measure::Directives.within(settings.max_directives, counts.directives)
}

fn count(text: &[u8]) -> Counts {
    let mut counts = Counts::default();
    let (mut rest, mut depth, mut parentheses) = (text, 0_usize, 0_usize);
    while let [byte, after @ ..] = rest {
        rest = match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b',' => {
                rest = after;
                continue;
            }
            b'#' => {
                rest = behind(after, |byte| byte != b'\n');
                continue;
            }
            b'"' => behind_string(after),
            b'.' => behind(after, |byte| byte == b'.'),
            b'_' | b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => behind(after, is_word),
            _ => after,
        };
        counts.tokens += 1;
        match byte {
            b'{' | b'[' | b'(' => {
                depth += 1;
                counts.nesting = counts.nesting.max(depth);
                parentheses += usize::from(*byte == b'(');
            }
            b'}' | b']' | b')' => {
                depth = depth.saturating_sub(1);
                parentheses = parentheses.saturating_sub(usize::from(*byte == b')'));
            }
            // Inside parentheses a colon follows the name of an argument, a member or a variable.
            b':' if parentheses == 0 => counts.aliases += 1,
            b'@' => counts.directives += 1,
            _ => {}
        }
    }
    counts
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn behind(text: &[u8], belongs: impl Fn(u8) -> bool) -> &[u8] {
    let end = text.iter().position(|byte| !belongs(*byte)).unwrap_or(text.len());
    text.get(end..).unwrap_or_default()
}

/// What follows a string whose first quote was read. One that never ends takes the rest of its line,
/// or of the text if it is a block.
fn behind_string(text: &[u8]) -> &[u8] {
    let (mut rest, block) = match text {
        [b'"', b'"', block @ ..] => (block, true),
        _ => (text, false),
    };
    loop {
        rest = match rest {
            [] => return rest,
            [b'\\', b'"', b'"', b'"', after @ ..] if block => after,
            [b'"', b'"', b'"', after @ ..] if block => return after,
            [b'\\', _, after @ ..] if !block => after,
            [b'"' | b'\n', after @ ..] if !block => return after,
            [_, after @ ..] => after,
        };
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use proptest::prelude::*;

    use super::*;

    fn counts(tokens: usize, aliases: usize, directives: usize, nesting: usize) -> Counts {
        Counts { tokens, aliases, directives, nesting }
    }

    #[test]
    fn everything_is_counted_once() {
        let cases = [
            ("", counts(0, 0, 0, 0)),
            ("\u{FEFF}", counts(3, 0, 0, 0)),
            ("{ a, b # c { d: e @f\n }", counts(4, 0, 0, 1)),
            ("{ a: b @include(if: true) }", counts(12, 1, 1, 2)),
            ("query($a: [Int!]) { b(c: {d: [$a, -1.5]}) ...E }", counts(30, 0, 0, 4)),
            (r#"{ a(b: "{ \" c: @") d }"#, counts(9, 0, 0, 2)),
            ("{ a(b: \"\"\"{ \\\"\"\" @ \" c: \"\"\") }", counts(8, 0, 0, 2)),
            ("\"\" \"\"\"\"\"\" \"open {{{", counts(3, 0, 0, 0)),
            ("}}}{", counts(4, 0, 0, 1)),
        ];
        for (text, expected) in cases {
            assert_eq!(count(text.as_bytes()), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_counted_without_a_panic(text in "\\PC*") {
            prop_assert!(count(text.as_bytes()).tokens <= text.len());
        }

        #[test]
        fn words_in_any_order_are_counted_without_a_panic(
            words in proptest::collection::vec(
                proptest::sample::select(vec![
                    "{", "}", "(", ")", "[", "]", "\"", "\"\"\"", "\\", "#", "\n", ":", "@", "...", "$", "a", "-1e5", "é", "\0",
                ]),
                0..200,
            )
        ) {
            let text = words.concat();
            let counts = count(text.as_bytes());
            prop_assert!(counts.nesting <= counts.tokens && counts.aliases <= counts.tokens);
        }

        #[test]
        fn what_parses_is_counted_exactly(fields in proptest::collection::vec("[a-z]{1,8}", 1..40)) {
            let text = format!("{{ {} }}", fields.iter().map(|field| format!("x: {field} @d")).collect::<Vec<_>>().join(" "));
            prop_assert!(parse_query(&text).is_ok());
            let expected = counts(2 + 5 * fields.len(), fields.len(), fields.len(), 1);
            prop_assert_eq!(count(text.as_bytes()), expected);
        }
    }
}
