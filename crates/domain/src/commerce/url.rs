//! Addresses of listings.

use std::fmt;
use std::str::FromStr;

use ::url::Url;

use super::CommerceRule;
use crate::fault::Rule;

/// The https address of a listing, in the form by which two of them are compared: as the URL standard
/// (WHATWG) writes it, without a fragment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListingUrl(String);

impl ListingUrl {
    /// The longest address, in characters.
    pub const LIMIT: usize = 1_000;

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ListingUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ListingUrl {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let length = text.chars().count();
        if length > Self::LIMIT {
            return Err(Rule::TextTooLong { length, limit: Self::LIMIT });
        }
        // What the standard silently drops is a typing error here.
        if text.chars().any(|letter| letter.is_control() || letter.is_whitespace()) {
            return Err(CommerceRule::NotAnAddress.into());
        }
        let mut url = Url::parse(text).map_err(|_| CommerceRule::NotAnAddress)?;
        let has_domain = url.domain().is_some_and(|domain| domain.contains('.'));
        let says_who = !url.username().is_empty() || url.password().is_some();
        if url.scheme() != "https" {
            return Err(CommerceRule::NotHttps.into());
        }
        if !has_domain || says_who {
            return Err(CommerceRule::NotAnAddress.into());
        }
        url.set_fragment(None);
        let written = String::from(url);
        match written.len() {
            length if length > Self::LIMIT => Err(Rule::TextTooLong { length, limit: Self::LIMIT }),
            _ => Ok(Self(written)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fault::RuleCode;

    #[test]
    fn spellings_of_one_address_are_equal() {
        let plain = "https://postmart.vn/khom-cau-duc".parse::<ListingUrl>().unwrap();
        for spelling in [
            "https://postmart.vn/khom-cau-duc",
            "HTTPS://PostMart.VN/khom-cau-duc",
            "https://postmart.vn:443/khom-cau-duc#danh-gia",
            "https://postmart.vn/a/../khom-cau-duc",
        ] {
            assert_eq!(spelling.parse::<ListingUrl>().unwrap(), plain, "{spelling}");
        }
        let vietnamese = "https://postmart.vn/khóm".parse::<ListingUrl>().unwrap();
        assert_eq!(vietnamese.as_str(), "https://postmart.vn/kh%C3%B3m");
    }

    #[test]
    fn what_is_no_https_address_is_refused() {
        let code = |text: &str| text.parse::<ListingUrl>().unwrap_err().code();
        assert_eq!(code("http://postmart.vn/x"), RuleCode::NotHttps);
        assert_eq!(code("javascript:alert(1)"), RuleCode::NotHttps);
        for wrong in [
            "",
            "postmart.vn",
            "https://",
            "https://localhost/x",
            "https://10.0.0.1/x",
            "https://anna:secret@postmart.vn/",
            "https://postmart.vn/a b",
            "https://post\nmart.vn/",
        ] {
            assert_eq!(code(wrong), RuleCode::NotAnAddress, "{wrong}");
        }
        assert_eq!(code(&format!("https://a.vn/{}", "x".repeat(1_000))), RuleCode::TextTooLong);
        assert_eq!(code(&format!("https://a.vn/{}", "ộ".repeat(900))), RuleCode::TextTooLong);
    }

    proptest! {
        #[test]
        fn reading_an_address_again_changes_nothing(path in "[a-zA-Z0-9/._~?=&%-]{0,40}") {
            if let Ok(url) = format!("https://a.vn/{path}").parse::<ListingUrl>() {
                prop_assert_eq!(url.as_str().parse::<ListingUrl>(), Ok(url.clone()));
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            _ = text.parse::<ListingUrl>();
        }
    }
}
