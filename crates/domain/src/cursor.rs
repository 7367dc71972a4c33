//! Cursors: where a page ended, sealed to the list it was cut from. Knows no list and no key in
//! particular.
//!
//! base64url of key ‖ 6 bytes of SHA-256 over the list's fingerprint and the key. It keeps honest
//! clients from mixing lists up and noticing edits; it is no secret.

use std::hash::{DefaultHasher, Hash, Hasher};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

const SEAL_LENGTH: usize = 6;

/// The list that a cursor belongs to: its kind, filter and order.
#[derive(Debug, Clone, Copy)]
pub struct List(u64);

impl List {
    /// The list that `identity` tells from all others.
    #[must_use]
    pub fn of(identity: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        identity.hash(&mut hasher);
        Self(hasher.finish())
    }

    /// A cursor as clients hold it, from the bytes of the key that the page ended at.
    #[must_use]
    pub fn seal(self, mut key: Vec<u8>) -> String {
        let digest = self.digest(&key);
        key.extend(digest);
        URL_SAFE_NO_PAD.encode(key)
    }

    /// The bytes of the key in a cursor; `None` if it is not one of this list.
    #[must_use]
    pub fn open(self, cursor: &str) -> Option<Vec<u8>> {
        let mut key = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let seal = key.split_off(key.len().checked_sub(SEAL_LENGTH)?);
        (seal == self.digest(&key)).then_some(key)
    }

    fn digest(self, key: &[u8]) -> [u8; SEAL_LENGTH] {
        let digest =
            Sha256::new().chain_update(b"registry cursor").chain_update(self.0.to_be_bytes());
        let digest = digest.chain_update(key).finalize();
        std::array::from_fn(|at| digest[at])
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_opens_in_its_own_list_only(
            key in vec(any::<u8>(), 0..40), list in 0u64..9, other in 0u64..9,
        ) {
            let cursor = List::of(list).seal(key.clone());
            prop_assert_eq!(List::of(list).open(&cursor), Some(key));
            if list != other {
                prop_assert_eq!(List::of(other).open(&cursor), None);
            }
        }

        #[test]
        fn a_changed_cursor_is_noticed(
            key in vec(any::<u8>(), 0..40), at in 0usize..60, letter in "[A-Za-z0-9_-]",
        ) {
            let cursor = List::of(1).seal(key);
            let mut changed = cursor.clone();
            if at < changed.len() {
                changed.replace_range(at..=at, &letter);
            }
            prop_assume!(changed != cursor);
            prop_assert_eq!(List::of(1).open(&changed), None);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            prop_assert_eq!(List::of(1).open(&text), None);
        }
    }
}
