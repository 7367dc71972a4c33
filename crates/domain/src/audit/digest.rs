//! The hashes of a Merkle tree: SHA-256 over leaves and nodes, RFC 9162 section 2.1.1.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// Leaves and nodes begin differently, so that neither passes for the other.
const LEAF: [u8; 1] = [0];
const NODE: [u8; 1] = [1];

/// A SHA-256 hash: of a leaf, of a node, or the root of a tree. Shown as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; Self::LENGTH]);

/// The text was not a hash in base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 44 characters of base64 (32 bytes) / giá trị băm gồm 44 ký tự base64 (32 byte)")]
pub struct NotADigest;

impl Digest {
    /// Bytes of a hash.
    pub const LENGTH: usize = 32;

    /// A hash that was computed elsewhere.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// Reads standard base64 with padding; the one form that [`Digest::to_base64`] writes.
    pub fn from_base64(text: &str) -> Result<Self, NotADigest> {
        let bytes = STANDARD.decode(text).map_err(|_| NotADigest)?;
        bytes.try_into().map(Self).map_err(|_| NotADigest)
    }

    /// Standard base64 with padding, 44 characters.
    #[must_use]
    pub fn to_base64(self) -> String {
        STANDARD.encode(self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

fn hash(parts: &[&[u8]]) -> Digest {
    let hasher = parts.iter().fold(Sha256::new(), Sha256::chain_update);
    Digest(hasher.finalize().into())
}

/// The hash of a row's bytes as a leaf.
#[must_use]
pub fn leaf_hash(row: &[u8]) -> Digest {
    hash(&[&LEAF, row])
}

/// The hash of the node above two.
#[must_use]
pub fn node_hash(left: Digest, right: Digest) -> Digest {
    hash(&[&NODE, &left.0, &right.0])
}

/// The root of the tree without rows.
#[must_use]
pub fn empty_root() -> Digest {
    hash(&[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hashes_are_those_of_the_rfc() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(empty_root().to_string(), empty);
        let leaf = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
        assert_eq!(leaf_hash(&[]).to_string(), leaf);
    }

    #[test]
    fn a_hash_is_read_in_one_form_only() {
        let text = leaf_hash(&[]).to_base64();
        assert_eq!(Digest::from_base64(&text), Ok(leaf_hash(&[])));
        for wrong in [
            "",
            "AA==",
            text.trim_end_matches('='),
            &text.replace("0=", "1="),
            &format!("{text}\n"),
        ] {
            assert_eq!(Digest::from_base64(wrong), Err(NotADigest), "{wrong}");
        }
    }
}
