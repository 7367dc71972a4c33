//! Public keys as the web writes them (RFC 7517, 8037), and what they have signed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::json::object;
use super::signature;

/// Bits of the smallest and the largest RSA key.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;

/// The longest name of a key, in bytes.
const KID_LIMIT: usize = 128;

/// The most keys in a set.
const SET_LIMIT: usize = 100;

/// How a key signs. There are no others: no shared secrets, no `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// RSA PKCS #1 v1.5 with SHA-256 and at least 2,048 bits.
    #[serde(rename = "RS256")]
    Rs256,
}

impl Algorithm {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::EdDsa, Self::Es256, Self::Rs256];

    /// The name in a header.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }
}

/// A public key; it fixes the algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PublicKey {
    Ed25519([u8; 32]),
    /// Uncompressed.
    P256([u8; 65]),
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
}

impl PublicKey {
    pub(crate) const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Ed25519(_) => Algorithm::EdDsa,
            Self::P256(_) => Algorithm::Es256,
            Self::Rsa { .. } => Algorithm::Rs256,
        }
    }

    /// Whether this key made the `signature`, in base64url, of `message`.
    pub(super) fn has_signed(&self, message: &[u8], signature: &str) -> bool {
        use jsonwebtoken::Algorithm::{ES256, EdDSA, RS256};
        let (key, algorithm) = match self {
            Self::Ed25519(key) => (DecodingKey::from_ed_der(key), EdDSA),
            Self::P256(point) => (DecodingKey::from_ec_der(point), ES256),
            Self::Rsa { modulus, exponent } => {
                (DecodingKey::from_rsa_raw_components(modulus, exponent), RS256)
            }
        };
        signature::has_signed(&key, algorithm, message, signature)
    }

    /// Reads a public key. Nothing of a key that is private, weak or meant for something else.
    fn from_members(members: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        let meant = |name: &str, wanted: &str| match members.get(name) {
            None => true,
            Some(Value::String(found)) => found == wanted,
            Some(Value::Array(found)) => found.iter().any(|found| found == wanted),
            Some(_) => false,
        };
        let private = ["d", "p", "q", "dp", "dq", "qi", "k"];
        if private.iter().any(|name| members.contains_key(*name))
            || !meant("use", "sig")
            || !meant("key_ops", "verify")
        {
            return None;
        }
        let key = match (text("kty")?, text("crv")) {
            ("OKP", Some("Ed25519")) => Self::Ed25519(bytes("x")?.try_into().ok()?),
            ("EC", Some("P-256")) => {
                let point = [&[4], bytes("x")?.as_slice(), bytes("y")?.as_slice()].concat();
                Self::P256(point.try_into().ok()?)
            }
            ("RSA", None) => {
                let (modulus, exponent) = (bytes("n")?, bytes("e")?);
                let idle = modulus.first()?.leading_zeros() as usize;
                let bits = modulus.len() * 8 - idle;
                // Leading zeros would make one key look like several.
                (idle < 8 && RSA_BITS.contains(&bits)).then_some(Self::Rsa { modulus, exponent })?
            }
            _ => return None,
        };
        meant("alg", key.algorithm().name()).then_some(key)
    }

    /// The members that name the key, in the order of RFC 7638.
    fn members(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Ed25519(key) => json!({ "crv": "Ed25519", "kty": "OKP", "x": text(key) }),
            Self::P256(point) => {
                let (x, y) = point[1..].split_at(32);
                json!({ "crv": "P-256", "kty": "EC", "x": text(x), "y": text(y) })
            }
            Self::Rsa { modulus, exponent } => {
                json!({ "e": text(exponent), "kty": "RSA", "n": text(modulus) })
            }
        }
    }

    /// The name that follows from the key itself (RFC 7638).
    pub(super) fn thumbprint(&self) -> String {
        // Objects are written in the order of their names, without blanks: just as it is wanted.
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.members().to_string()))
    }

    /// The key as a JWK.
    pub(super) fn to_jwk(&self, kid: &str) -> Value {
        let mut jwk = self.members();
        jwk["kid"] = kid.into();
        jwk["use"] = "sig".into();
        jwk["alg"] = self.algorithm().name().into();
        jwk
    }
}

/// A key with the name it is asked for by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedKey {
    pub(crate) kid: String,
    pub(crate) key: PublicKey,
}

impl NamedKey {
    fn from_members(members: &Map<String, Value>) -> Option<Self> {
        let kid = members.get("kid").and_then(Value::as_str)?;
        let visible = kid.bytes().all(|byte| byte.is_ascii_graphic());
        if !(1..=KID_LIMIT).contains(&kid.len()) || !visible {
            return None;
        }
        Some(Self { kid: kid.to_owned(), key: PublicKey::from_members(members)? })
    }

    /// Reads one JWK.
    pub(crate) fn from_jwk(text: &str) -> Option<Self> {
        Self::from_members(&object(text.as_bytes())?)
    }
}

/// The keys of a JWK set, each usable or not; `None` if it is no set, or an unreasonable one.
pub(crate) fn read_set(bytes: &[u8]) -> Option<Vec<Option<NamedKey>>> {
    let set = object(bytes)?;
    let keys = set.get("keys")?.as_array().filter(|keys| keys.len() <= SET_LIMIT)?;
    Some(keys.iter().map(|key| NamedKey::from_members(key.as_object()?)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 8037, appendix A.2.
    const KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

    #[test]
    fn the_examples_of_the_standard_hold() {
        let key = NamedKey::from_jwk(KEY).unwrap().key;
        assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let signed = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        assert!(key.has_signed(signed, signature));
        assert!(!key.has_signed(signed, &signature.replacen('h', "i", 1)));
        assert!(!key.has_signed(&signed[1..], signature));
    }

    #[test]
    fn a_key_survives_being_written() {
        let key = NamedKey::from_jwk(KEY).unwrap();
        assert_eq!(NamedKey::from_jwk(&key.key.to_jwk("a").to_string()), Some(key));
    }

    #[test]
    fn private_weak_and_foreign_keys_are_not_taken() {
        let with = |member: &str| KEY.replace(r#""kid":"a""#, &format!(r#""kid":"a",{member}"#));
        for member in [
            r#""d":"AA""#,
            r#""use":"enc""#,
            r#""alg":"ES256""#,
            r#""key_ops":["sign"]"#,
            r#""kid":"b""#,
        ] {
            assert_eq!(NamedKey::from_jwk(&with(member)), None, "{member}");
        }
        let rsa = |bytes: usize| {
            let modulus = URL_SAFE_NO_PAD.encode(vec![0xff; bytes]);
            NamedKey::from_jwk(&format!(r#"{{"kty":"RSA","kid":"a","e":"AQAB","n":"{modulus}"}}"#))
        };
        assert!(rsa(256).is_some());
        assert!(rsa(255).is_none() && rsa(1_025).is_none());
        let oct = r#"{"kty":"oct","kid":"a","k":"c2VjcmV0"}"#;
        assert_eq!(NamedKey::from_jwk(oct), None);
    }
}
