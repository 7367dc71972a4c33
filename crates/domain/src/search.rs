//! Search of names by words without accents and case; of products with a weight for each word.
//!
//! Every word typed must be the beginning of a word of the product's or its seller's name. Better
//! hits come first: whole words before beginnings, the product's name before the seller's, the words
//! in the order typed before others, short names before long ones. All of it is whole numbers over
//! words that are folded here, so every database ranks alike.

use std::collections::BTreeMap;

use crate::fault::{Expected, Rule};
use crate::text::fold;

/// What a word counts for, if its beginning is found; a whole word counts twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// In the seller's name.
    Seller = 1,
    /// In the product's name.
    Product = 4,
}

/// What is searched for: 1…8 folded words.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SearchText {
    words: Vec<String>,
}

impl SearchText {
    /// What the words in the order typed count for.
    pub const PHRASE: i32 = 16;

    const LENGTH_LIMIT: usize = 100;
    const WORDS_LIMIT: usize = 8;

    /// Reads what a user typed, at most 100 characters with 1…8 words.
    pub fn parse(typed: &str) -> Result<Self, Rule> {
        const EXPECTED: Expected =
            Expected { english: "1 to 8 words", vietnamese: "từ 1 đến 8 từ" };
        let length = typed.chars().count();
        if length > Self::LENGTH_LIMIT {
            return Err(Rule::TextTooLong { length, limit: Self::LENGTH_LIMIT });
        }
        let words = words(typed);
        if (1..=Self::WORDS_LIMIT).contains(&words.len()) {
            Ok(Self { words })
        } else {
            Err(Rule::Malformed { expected: EXPECTED })
        }
    }

    /// The words in the order typed.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The words joined by single blanks, as [`joined_words`] joins a name's.
    #[must_use]
    pub fn phrase(&self) -> String {
        self.words.join(" ")
    }
}

/// The folded words of a text, in order.
fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let words = folded.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The folded words of a name joined by single blanks, and how many there are. A name without a word, of
/// signs only, is compared as it is.
#[must_use]
pub fn joined_words(name: &str) -> (String, usize) {
    let words = words(name);
    let joined = if words.is_empty() { fold(name) } else { words.join(" ") };
    (joined, words.len())
}

/// The words by which a product is found, each with its best weight.
#[must_use]
pub fn weighted_words(product: &str, seller: &str) -> BTreeMap<String, Weight> {
    let sellers = words(seller).into_iter().map(|word| (word, Weight::Seller));
    let products = words(product).into_iter().map(|word| (word, Weight::Product));
    // Later ones win: the product's own.
    sellers.chain(products).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_are_searched_alike() {
        let plain = SearchText::parse("ca that lat").unwrap();
        for typed in ["cá thát lát", "CA THAT LAT", "  Cá, thát-lát! ", "Ca\u{301} tha\u{301}t lát"]
        {
            assert_eq!(SearchText::parse(typed).unwrap(), plain, "{typed}");
        }
        assert_eq!(SearchText::parse("Khóm Cầu Đúc").unwrap().phrase(), "khom cau duc");
    }

    #[test]
    fn what_has_no_word_or_too_many_is_refused() {
        for typed in ["", " - ", "%_*", "a b c d e f g h i"] {
            assert!(SearchText::parse(typed).is_err(), "{typed}");
        }
        assert!(SearchText::parse(&"x".repeat(101)).is_err());
    }

    #[test]
    fn names_of_signs_only_differ() {
        assert_ne!(joined_words("★★"), joined_words("♥"));
        assert_eq!(joined_words("Khóm, Cầu-Đúc"), ("khom cau duc".into(), 3));
    }

    #[test]
    fn the_name_weighs_more_than_the_seller() {
        let words = weighted_words("Khóm Cầu Đúc", "Hợp tác xã khóm Hoả Tiến");
        assert_eq!(words["khom"], Weight::Product);
        assert_eq!(words["tien"], Weight::Seller);
    }

    proptest! {
        #[test]
        fn words_are_plain(typed in "\\PC{0,60}") {
            for word in words(&typed) {
                prop_assert!(!word.is_empty() && word.chars().all(char::is_alphanumeric));
            }
        }
    }
}
