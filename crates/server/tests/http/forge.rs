//! Tokens made by hand, right and wrong, with real keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use registry_persistence::Store;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair, RsaPublicKeyComponents,
};
use serde_json::{Value, json};

/// 2026-11-01T05:00:00Z, when tests take place.
pub const NOW: i64 = 1_793_509_200;

pub const ISSUER: &str = "https://registry.haugiang.gov.vn";

/// A key that signs whatever it is given.
pub enum Signer {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
    Rsa(Box<RsaKeyPair>),
}

impl Signer {
    pub fn ed25519() -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::Ed25519(Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap())
    }

    pub fn p256() -> Self {
        let (kind, chance) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let document = EcdsaKeyPair::generate_pkcs8(kind, &chance).unwrap();
        Self::P256(EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &chance).unwrap())
    }

    pub fn rsa() -> Self {
        Self::Rsa(Box::new(RsaKeyPair::from_der(include_bytes!("rsa_for_tests.der")).unwrap()))
    }

    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "EdDSA",
            Self::P256(_) => "ES256",
            Self::Rsa(_) => "RS256",
        }
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => key.sign(message).as_ref().to_vec(),
            Self::P256(key) => key.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
        }
    }

    /// The public half.
    pub fn jwk(&self, kid: &str) -> Value {
        match self {
            Self::Ed25519(key) => {
                json!({ "kid": kid, "kty": "OKP", "crv": "Ed25519", "x": encode(key.public_key().as_ref()) })
            }
            Self::P256(key) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                json!({ "kid": kid, "kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y) })
            }
            Self::Rsa(key) => {
                let parts = RsaPublicKeyComponents::<Vec<u8>>::from(key.public());
                json!({ "kid": kid, "kty": "RSA", "n": encode(parts.n), "e": encode(parts.e) })
            }
        }
    }

    /// A signed text with any header and payload, JSON or not.
    pub fn raw(&self, header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", encode(header), encode(payload));
        let signature = encode(self.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// A signed token of claims.
    pub fn token(&self, kid: &str, claims: &Value) -> String {
        self.raw(&self.header(kid).to_string(), &claims.to_string())
    }

    pub fn header(&self, kid: &str) -> Value {
        json!({ "typ": "at+jwt", "alg": self.algorithm(), "kid": kid })
    }
}

/// The registry's own key and its name.
pub async fn own_key(store: &Store) -> (Signer, String) {
    let pair = store.signing_key().await.unwrap().unwrap();
    (Signer::Ed25519(Ed25519KeyPair::from_pkcs8(&pair.private).unwrap()), pair.kid)
}

/// The claims of a reader's token that nothing is wrong with.
pub fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": "registry", "sub": "anna", "client_id": "anna",
        "iat": NOW, "nbf": NOW, "exp": NOW + 3_600, "jti": "forged-1",
        "scope": "registry:read", "read_only": true,
    })
}

/// The same with some of them changed; null takes one away.
pub fn claims_with(changes: &Value) -> Value {
    changed(claims(), changes)
}

/// An object with some members changed; null takes one away.
pub fn changed(mut object: Value, changes: &Value) -> Value {
    let members = object.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    object
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
