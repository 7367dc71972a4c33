//! Personal data and other secrets at rest: sealed with XChaCha20-Poly1305, found by keyed hash.
//! Knows keys, no SQL.
//!
//! One data key gives, by HKDF-SHA256, a key for sealing and another for hashing. A sealed value
//! is key id (4 bytes) ‖ nonce (24) ‖ ciphertext, bound to what it belongs to: a head to its
//! household's number, any other secret to its purpose and name.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use registry_domain::fault::Path;
use registry_domain::household::HouseholdNumber;
use registry_domain::personal::{CitizenNumber, Head};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::StoreError;

const KEY_LENGTH: usize = 32;
const KEY_ID_LENGTH: usize = 4;
const NONCE_LENGTH: usize = 24;

/// Bytes of a keyed hash that are kept; enough that no two citizens of a province collide.
const HASH_LENGTH: usize = 16;

/// The secret of 32 bytes that personal data is protected by. Shown to nobody.
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; KEY_LENGTH]>);

/// The text was not a data key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a data key is 64 hexadecimal digits or 44 characters of base64 / khoá dữ liệu gồm 64 chữ số hex hoặc 44 ký tự base64"
)]
pub struct NotADataKey;

impl DataKey {
    /// Reads a key as 64 hexadecimal digits or as base64.
    pub fn from_text(text: &str) -> Result<Self, NotADataKey> {
        let text = text.trim();
        let bytes = if text.len() == 2 * KEY_LENGTH && text.is_ascii() {
            let pairs = (0..KEY_LENGTH).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16));
            pairs.collect::<Result<Vec<u8>, _>>().map_err(|_| NotADataKey)?
        } else {
            STANDARD.decode(text).map_err(|_| NotADataKey)?
        };
        let bytes = Zeroizing::new(bytes);
        Ok(Self(Zeroizing::new(bytes.as_slice().try_into().map_err(|_| NotADataKey)?)))
    }

    /// A fresh key from the system's random source.
    #[must_use]
    pub fn generate() -> Self {
        Self(Zeroizing::new(Key::generate().into()))
    }

    /// The key in base64, to be kept in a file that only its owner reads.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.0.as_slice()))
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(…)")
    }
}

/// Seals, opens and hashes personal data.
pub(crate) struct Sealer {
    cipher: XChaCha20Poly1305,
    hasher: Hmac<Sha256>,
    key_id: [u8; KEY_ID_LENGTH],
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(…)")
    }
}

/// A keyed hash: equal for equal values, telling nothing without the key.
pub(crate) type KeyedHash = [u8; HASH_LENGTH];

#[derive(Serialize, Deserialize)]
struct SealedHead {
    #[serde(rename = "n")]
    name: Zeroizing<String>,
    #[serde(rename = "c", skip_serializing_if = "Option::is_none")]
    citizen_number: Option<Zeroizing<String>>,
    #[serde(rename = "p", skip_serializing_if = "Option::is_none")]
    phone: Option<Zeroizing<String>>,
}

impl Sealer {
    pub(crate) fn new(key: &DataKey) -> Result<Self, StoreError> {
        let derive = |purpose: &str| {
            let mut derived = Zeroizing::new([0; KEY_LENGTH]);
            let expanded = Hkdf::<Sha256>::new(None, key.0.as_slice())
                .expand(purpose.as_bytes(), derived.as_mut());
            expanded.map(|()| derived).map_err(|_| StoreError::damaged("data key"))
        };
        let id = derive("registry data key id")?;
        let mut key_id = [0; KEY_ID_LENGTH];
        key_id.copy_from_slice(&id[..KEY_ID_LENGTH]);
        let hashing = derive("registry keyed hash")?;
        Ok(Self {
            cipher: XChaCha20Poly1305::new_from_slice(derive("registry sealing")?.as_slice())
                .map_err(|_| StoreError::damaged("data key"))?,
            hasher: <Hmac<Sha256> as KeyInit>::new_from_slice(hashing.as_slice())
                .map_err(|_| StoreError::damaged("data key"))?,
            key_id,
        })
    }

    /// The public name of the key.
    pub(crate) fn key_id(&self) -> String {
        hex(&self.key_id)
    }

    /// The keyed hash of `value`; `kind` keeps hashes of different things apart.
    pub(crate) fn hash(&self, kind: &str, value: &[u8]) -> KeyedHash {
        let mut hasher = self.hasher.clone();
        for part in [kind.as_bytes(), &[0], value] {
            hasher.update(part);
        }
        let mut kept = [0; HASH_LENGTH];
        kept.copy_from_slice(&hasher.finalize().into_bytes()[..HASH_LENGTH]);
        kept
    }

    /// The keyed hash that a head is found by.
    pub(crate) fn citizen_hash(&self, number: Option<&CitizenNumber>) -> Option<KeyedHash> {
        number.map(|number| self.hash("citizen", number.reveal().as_bytes()))
    }

    pub(crate) fn seal(
        &self,
        household: HouseholdNumber,
        head: &Head,
    ) -> Result<Vec<u8>, StoreError> {
        let owned = |text: &str| Zeroizing::new(text.to_owned());
        let clear = SealedHead {
            name: owned(head.name.reveal()),
            citizen_number: head.citizen_number.as_ref().map(|number| owned(number.reveal())),
            phone: head.phone.as_ref().map(|phone| owned(phone.reveal())),
        };
        let failed = |_| StoreError::damaged(format!("head of {} while sealing", household.code()));
        let clear = Zeroizing::new(
            serde_json::to_vec(&clear).map_err(|_| failed(chacha20poly1305::Error))?,
        );
        self.seal_bound(&household.get().to_be_bytes(), &clear).map_err(failed)
    }

    /// Seals a secret of another kind, so that it opens for the same purpose and name only.
    pub(crate) fn seal_secret(
        &self,
        purpose: &'static str,
        name: &str,
        clear: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let sealed = self.seal_bound(&bound_to(purpose, name), clear);
        sealed.map_err(|_| StoreError::damaged(format!("{purpose} {name} while sealing")))
    }

    /// Opens what [`Self::seal_secret`] sealed.
    pub(crate) fn open_secret(
        &self,
        purpose: &'static str,
        name: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let clear = self.open_bound(&bound_to(purpose, name), sealed);
        clear.ok_or_else(|| StoreError::damaged(format!("{purpose} {name}")))
    }

    fn seal_bound(&self, bound: &[u8], clear: &[u8]) -> chacha20poly1305::aead::Result<Vec<u8>> {
        let nonce = XNonce::generate();
        let ciphertext = self.cipher.encrypt(&nonce, Payload { msg: clear, aad: bound })?;
        Ok([self.key_id.as_slice(), nonce.as_slice(), &ciphertext].concat())
    }

    fn open_bound(&self, bound: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (key_id, rest) = sealed.split_at_checked(KEY_ID_LENGTH)?;
        if key_id != self.key_id {
            return None;
        }
        let (nonce, ciphertext) = rest.split_at_checked(NONCE_LENGTH)?;
        let nonce = XNonce::try_from(nonce).ok()?;
        let payload = Payload { msg: ciphertext, aad: bound };
        Some(Zeroizing::new(self.cipher.decrypt(&nonce, payload).ok()?))
    }

    /// Opens a head; `None` if it was erased.
    pub(crate) fn open(
        &self,
        household: HouseholdNumber,
        sealed: &[u8],
    ) -> Result<Option<Head>, StoreError> {
        if sealed.is_empty() {
            return Ok(None);
        }
        self.try_open(household, sealed)
            .map(Some)
            .ok_or_else(|| StoreError::damaged(format!("head of {}", household.code())))
    }

    fn try_open(&self, household: HouseholdNumber, sealed: &[u8]) -> Option<Head> {
        let clear = self.open_bound(&household.get().to_be_bytes(), sealed)?;
        let head: SealedHead = serde_json::from_slice(&clear).ok()?;
        let text = |value: &Option<Zeroizing<String>>| value.as_ref().map(|text| text.to_string());
        Head::parse(
            &head.name,
            text(&head.citizen_number).as_deref(),
            text(&head.phone).as_deref(),
            &Path::root(),
        )
        .ok()
    }
}

/// Never as short as a household's number, so no secret opens as a head.
fn bound_to(purpose: &'static str, name: &str) -> Vec<u8> {
    ["registry secret", purpose, name].join("\0").into_bytes()
}

/// Bytes that nobody can guess.
pub(crate) fn random() -> [u8; NONCE_LENGTH] {
    XNonce::generate().into()
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut digits = Vec::with_capacity(bytes.len() * 2);
    write_hex(bytes, &mut digits);
    digits.into_iter().map(char::from).collect()
}

/// Writes what [`hex`] gives.
pub(crate) fn write_hex(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let begin = out.len();
    out.resize(begin + 2 * bytes.len(), 0);
    for (digits, byte) in out[begin..].chunks_exact_mut(2).zip(bytes) {
        digits.copy_from_slice(&[byte >> 4, byte & 0xf].map(|half| DIGITS[usize::from(half)]));
    }
}

/// The bytes that [`hex`] wrote.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.bytes().map(|byte| char::from(byte).to_digit(16));
    let digits: Vec<u8> =
        digits.map(|digit| digit.and_then(|digit| digit.try_into().ok())).collect::<Option<_>>()?;
    digits
        .len()
        .is_multiple_of(2)
        .then(|| digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head {
        Head::parse("Trần Thị Bưởi", Some("000180001234"), Some("0912345678"), &Path::root())
            .unwrap()
    }

    #[test]
    fn a_sealed_head_opens_only_with_its_key_and_for_its_household() {
        let key = DataKey::generate();
        let sealer = Sealer::new(&key).unwrap();
        let number = |number| HouseholdNumber::new(number).unwrap();
        let sealed = sealer.seal(number(7), &head()).unwrap();

        let reread = Sealer::new(&DataKey::from_text(&key.to_text()).unwrap()).unwrap();
        assert_eq!(reread.open(number(7), &sealed).unwrap(), Some(head()));
        assert!(sealer.open(number(8), &sealed).is_err());
        assert!(Sealer::new(&DataKey::generate()).unwrap().open(number(7), &sealed).is_err());
        assert_eq!(sealer.open(number(7), &[]).unwrap(), None, "erased");
        for length in 1..sealed.len() {
            assert!(sealer.open(number(7), &sealed[..length]).is_err());
        }
    }

    #[test]
    fn sealing_twice_looks_different_and_hides_the_name() {
        let sealer = Sealer::new(&DataKey::generate()).unwrap();
        let number = HouseholdNumber::new(7).unwrap();
        let (first, second) =
            (sealer.seal(number, &head()).unwrap(), sealer.seal(number, &head()).unwrap());
        assert_ne!(first, second);
        assert!(!first.windows(4).any(|window| window == "Trần".as_bytes()[..4].as_ref()));
    }

    #[test]
    fn a_secret_opens_only_for_its_purpose_and_name() {
        let sealer = Sealer::new(&DataKey::generate()).unwrap();
        let sealed = sealer.seal_secret("signing key", "a", b"secret").unwrap();
        assert_eq!(sealer.open_secret("signing key", "a", &sealed).unwrap().as_slice(), b"secret");
        assert!(sealer.open_secret("signing key", "b", &sealed).is_err());
        assert!(sealer.open_secret("other", "a", &sealed).is_err());
        assert!(sealer.open(HouseholdNumber::new(7).unwrap(), &sealed).is_err());
    }

    #[test]
    fn hashes_depend_on_the_key_and_the_kind() {
        let (one, two) = (DataKey::generate(), DataKey::generate());
        let (one, two) = (Sealer::new(&one).unwrap(), Sealer::new(&two).unwrap());
        assert_eq!(one.hash("citizen", b"x"), one.hash("citizen", b"x"));
        assert_ne!(one.hash("citizen", b"x"), one.hash("phone", b"x"));
        assert_ne!(one.hash("citizen", b"x"), two.hash("citizen", b"x"));
    }

    #[test]
    fn malformed_keys_are_refused() {
        for wrong in ["", "abc", &"g".repeat(64), &"é".repeat(32), "AAAA"] {
            assert_eq!(DataKey::from_text(wrong).map(|_| ()), Err(NotADataKey), "{wrong}");
        }
    }
}
