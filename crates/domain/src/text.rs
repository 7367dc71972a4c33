//! Vietnamese text: what may be stored, how it is searched, how it is sorted. Knows Unicode only.

use std::cmp::Ordering;

use icu_collator::options::CollatorOptions;
use icu_collator::preferences::CollationNumericOrdering;
use icu_collator::{Collator, CollatorBorrowed, CollatorPreferences};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::fault::Rule;

/// Checks a text to be stored: not blank, at most `limit` characters, in NFC, no control characters.
///
/// Other normalisation forms are refused, not mended: the sender keeps a copy that must stay equal.
pub fn check(text: &str, limit: usize) -> Result<(), Rule> {
    let length = text.chars().count();
    if text.trim().is_empty() {
        Err(Rule::TextEmpty)
    } else if length > limit {
        Err(Rule::TextTooLong { length, limit })
    } else if let Some(at) = text.chars().position(char::is_control) {
        Err(Rule::TextControlCharacter { position: at + 1 })
    } else if !unicode_normalization::is_nfc(text) {
        Err(Rule::TextNotNfc)
    } else {
        Ok(())
    }
}

/// A text of one line, 1…`LIMIT` characters, in NFC and without control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label<const LIMIT: usize>(String);

impl<const LIMIT: usize> Label<LIMIT> {
    /// Checks a text; blanks around it are dropped.
    pub fn parse(text: &str) -> Result<Self, Rule> {
        check(text, LIMIT).map(|()| Self(text.trim().to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const LIMIT: usize> From<Label<LIMIT>> for String {
    fn from(label: Label<LIMIT>) -> Self {
        label.0
    }
}

/// The form in which texts are compared for search: no accents, no case, single spaces.
///
/// "Vị Thuỷ", "vị thủy" and "VI THUY" all become "vi thuy". Đ has no decomposition in Unicode and
/// is mapped by hand, with its look-alikes Ð (eth) and Ɖ (African d).
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.nfd().filter(|letter| !is_combining_mark(*letter)) {
        match letter {
            'đ' | 'Đ' | 'ð' | 'Ð' | 'ɖ' | 'Ɖ' => folded.push('d'),
            _ if letter.is_whitespace() => {
                if !folded.is_empty() && !folded.ends_with(' ') {
                    folded.push(' ');
                }
            }
            _ => folded.extend(letter.to_lowercase()),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Whether the folded `query` begins at a word of the folded `name`.
#[must_use]
pub fn matches_at_word(name: &str, query: &str) -> bool {
    name.match_indices(query).any(|(at, _)| at == 0 || name.as_bytes()[at - 1] == b' ')
}

/// The Vietnamese sort order (Unicode CLDR `vi`), numbers by value: Dương before Đại, "Ấp 2"
/// before "Ấp 10".
#[derive(Debug)]
pub struct VietnameseOrder(CollatorBorrowed<'static>);

impl VietnameseOrder {
    /// Loads the order; `None` only if the compiled-in CLDR data lacks Vietnamese.
    #[must_use]
    pub fn load() -> Option<Self> {
        let mut preferences = CollatorPreferences::from(icu_locale_core::locale!("vi"));
        preferences.numeric_ordering = Some(CollationNumericOrdering::True);
        Collator::try_new(preferences, CollatorOptions::default()).ok().map(Self)
    }

    /// Compares two texts.
    #[must_use]
    pub fn compare(&self, left: &str, right: &str) -> Ordering {
        self.0.compare(left, right)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn folding_makes_every_spelling_of_a_name_equal() {
        for spelling in ["Vị Thủy", "Vị Thuỷ", "VỊ THỦY", "vi  thuy ", "Vi\u{323} Thu\u{309}y"]
        {
            assert_eq!(fold(spelling), "vi thuy", "{spelling}");
        }
        assert_eq!(fold("Đông Phước"), "dong phuoc");
        assert_eq!(fold("Ðông Ɖông"), "dong dong");
    }

    #[test]
    fn a_search_begins_at_a_word() {
        assert!(matches_at_word("xa vi thanh", "vi th"));
        assert!(matches_at_word("xa vi thanh", "thanh"));
        assert!(!matches_at_word("xa vi thanh", "hanh"));
    }

    #[test]
    fn names_sort_the_vietnamese_way() {
        let order = VietnameseOrder::load().unwrap();
        let mut names = [
            "Ấp 10",
            "Xà Phiên",
            "Đông Phước",
            "Ấp 2",
            "Dương",
            "Đại Thành",
            "Ô Môn",
            "Ông",
            "Ong",
        ];
        names.sort_by(|left, right| order.compare(left, right));
        assert_eq!(
            names,
            [
                "Ấp 2",
                "Ấp 10",
                "Dương",
                "Đại Thành",
                "Đông Phước",
                "Ong",
                "Ô Môn",
                "Ông",
                "Xà Phiên"
            ]
        );
        let mut tones = ["bạ", "bá", "bã", "bả", "bà", "ba"];
        tones.sort_by(|left, right| order.compare(left, right));
        assert_eq!(tones, ["ba", "bà", "bả", "bã", "bá", "bạ"]);
    }

    #[test]
    fn unfit_texts_are_refused_with_the_reason() {
        assert_eq!(check("", 5), Err(Rule::TextEmpty));
        assert_eq!(check("   ", 5), Err(Rule::TextEmpty));
        assert_eq!(check("sáu chữ", 5), Err(Rule::TextTooLong { length: 7, limit: 5 }));
        assert_eq!(check("a\u{0}b", 5), Err(Rule::TextControlCharacter { position: 2 }));
        assert_eq!(check("Thu\u{309}y", 9), Err(Rule::TextNotNfc));
        assert_eq!(check("Thủy", 4), Ok(()));
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn folding_does_not_depend_on_the_normal_form(text in "[ăâđêôơưáàảãạếềểễệ A-Za-z]{0,20}") {
            let decomposed: String = text.nfd().collect();
            prop_assert_eq!(fold(&decomposed), fold(&text));
        }
    }
}
