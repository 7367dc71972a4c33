//! The keys that sign notes, and the texts they are handed on as.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

const PRIVATE: &str = "PRIVATE+KEY+";
const LENGTH: usize = 32;

/// The first bytes of a hash over name, type and public key; a shorthand, no proof of anything.
pub(super) type KeyId = [u8; 4];

/// Why a text is no key, or a key can't be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// The name is empty or holds a space, a control character or a plus.
    #[error(
        "a key's name is a text without spaces and plus signs, like example.vn/audit / tên khoá là chuỗi không có dấu cách và dấu cộng, như example.vn/audit"
    )]
    NotAName,
    /// The text is not the public part of a key.
    #[error(
        "a verifier key is name+id+base64 of type 1 or 4, as it was handed out / khoá kiểm tra có dạng tên+id+base64, loại 1 hoặc 4, đúng như được cấp"
    )]
    NotAVerifierKey,
    /// The text is not the private part of a key. Never says what it was.
    #[error(
        "a signing key is PRIVATE+KEY+name+id+base64 of type 1 or 4 / khoá ký có dạng PRIVATE+KEY+tên+id+base64, loại 1 hoặc 4"
    )]
    NotASigningKey,
    /// The system has no random bytes.
    #[error("the system gives no random bytes / hệ thống không cấp được byte ngẫu nhiên")]
    NoRandomness,
}

/// Who a key belongs to: not empty, without spaces, control characters and plus signs. Best like a
/// URL without its scheme.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

impl KeyName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = KeyFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unfit = |c: char| c.is_whitespace() || c < ' ' || c == '+';
        if text.is_empty() || text.contains(unfit) {
            return Err(KeyFault::NotAName);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a key's signatures say. Both are Ed25519.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureType {
    /// The text is mine (type 1 of signed-note): what a log says of itself.
    Signature,
    /// At this time the log had shown me no other (type 4, cosignature/v1): what a witness says.
    Cosignature,
}

impl SignatureType {
    const fn byte(self) -> u8 {
        match self {
            Self::Signature => 1,
            Self::Cosignature => 4,
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Signature),
            4 => Some(Self::Cosignature),
            _ => None,
        }
    }
}

/// The public part of a key: `name+id+base64`, the id in 8 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VerifierKey {
    name: KeyName,
    id: KeyId,
    signature_type: SignatureType,
    public: [u8; LENGTH],
}

impl VerifierKey {
    fn new(name: KeyName, signature_type: SignatureType, public: [u8; LENGTH]) -> Self {
        let hashed = Sha256::new()
            .chain_update(name.as_str())
            .chain_update([b'\n', signature_type.byte()])
            .chain_update(public);
        let [a, b, c, d, ..] = <[u8; LENGTH]>::from(hashed.finalize());
        Self { name, id: [a, b, c, d], signature_type, public }
    }

    /// Who it belongs to.
    #[must_use]
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// What its signatures say.
    #[must_use]
    pub const fn signature_type(&self) -> SignatureType {
        self.signature_type
    }

    pub(super) const fn id(&self) -> KeyId {
        self.id
    }

    pub(super) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public).verify(message, signature).is_ok()
    }

    /// Name, id, type and 32 bytes of key, as both parts of a key are written.
    fn text_with(&self, key: &[u8; LENGTH]) -> Zeroizing<String> {
        let mut typed = Zeroizing::new([0; 1 + LENGTH]);
        typed[0] = self.signature_type.byte();
        typed[1..].copy_from_slice(key);
        let (id, key) = (u32::from_be_bytes(self.id), Zeroizing::new(STANDARD.encode(*typed)));
        Zeroizing::new(format!("{}+{id:08x}+{}", self.name, key.as_str()))
    }
}

/// Takes apart what [`VerifierKey::text_with`] wrote; the id is left to be compared.
fn take_apart(text: &str) -> Option<(KeyName, SignatureType, Zeroizing<[u8; LENGTH]>)> {
    let (name, rest) = text.split_once('+')?;
    let (_, key) = rest.split_once('+')?;
    let typed = Zeroizing::new(STANDARD.decode(key).ok()?);
    let (&signature_type, key) = typed.split_first()?;
    let key = Zeroizing::new(<[u8; LENGTH]>::try_from(key).ok()?);
    Some((name.parse().ok()?, SignatureType::from_byte(signature_type)?, key))
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text_with(&self.public))
    }
}

impl FromStr for VerifierKey {
    type Err = KeyFault;

    /// Reads the one form that is written, without a space or line end around it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let key = take_apart(text)
            .map(|(name, signature_type, public)| Self::new(name, signature_type, *public));
        key.filter(|key| key.to_string() == text).ok_or(KeyFault::NotAVerifierKey)
    }
}

/// The private part of a key. Shown to nobody.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    seed: Zeroizing<[u8; LENGTH]>,
    verifier: VerifierKey,
}

impl SigningKey {
    /// A fresh key from the system's random source.
    pub fn generate(name: KeyName, signature_type: SignatureType) -> Result<Self, KeyFault> {
        let mut seed = Zeroizing::new([0; LENGTH]);
        SystemRandom::new().fill(seed.as_mut()).map_err(|_| KeyFault::NoRandomness)?;
        Self::from_seed(name, signature_type, seed).ok_or(KeyFault::NoRandomness)
    }

    /// Reads the one form that [`SigningKey::to_text`] writes, without a space or line end around
    /// it.
    pub fn from_text(text: &str) -> Result<Self, KeyFault> {
        let key = text
            .strip_prefix(PRIVATE)
            .and_then(take_apart)
            .and_then(|(name, signature_type, seed)| Self::from_seed(name, signature_type, seed));
        key.filter(|key| key.to_text().as_str() == text).ok_or(KeyFault::NotASigningKey)
    }

    fn from_seed(
        name: KeyName,
        signature_type: SignatureType,
        seed: Zeroizing<[u8; LENGTH]>,
    ) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).ok()?;
        let public = pair.public_key().as_ref().try_into().ok()?;
        Some(Self { pair, seed, verifier: VerifierKey::new(name, signature_type, public) })
    }

    /// `PRIVATE+KEY+name+id+base64`, to be kept in a file that only its owner reads.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let text = self.verifier.text_with(&self.seed);
        Zeroizing::new(format!("{PRIVATE}{}", text.as_str()))
    }

    /// The public part.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, …)", self.verifier.name)
    }
}
