//! Tokens: how they are written, signed, checked, and handed to partners' machines.
//!
//! Follows RFC 8725 and RFC 9068. Knows keys and claims; who may do what is the domain's matter,
//! what was issued and revoked is the store's, and how a token comes in is that of HTTP.

mod assertion;
mod claims;
mod detached;
mod issuer;
mod json;
mod jwk;
mod jws;
mod outside;
mod signature;
mod verifier;

use std::sync::Arc;

use registry_domain::access::GrantFault;
use registry_persistence::{SigningKey, Store, StoreError};
use serde_json::{Value, json};

use crate::config::AccessSettings;
use crate::error::ServerError;
use outside::OutsideIssuer;

pub use assertion::AssertionRefused;
pub use jwk::Algorithm;
pub use verifier::Verified;

pub(crate) use assertion::GRANT_SECONDS;

/// Where partners' machines get tokens, below the issuer's address.
pub(crate) const TOKEN_PATH: &str = "/oauth/token";

/// Where the public keys are, below the issuer's address.
pub(crate) const KEYS_PATH: &str = "/.well-known/jwks.json";

/// All that a registry knows of tokens.
#[derive(Debug)]
pub struct Tokens {
    store: Store,
    issuer: String,
    audience: String,
    /// Seconds that two clocks may differ.
    leeway: i64,
    /// The longest life of a token, in seconds.
    longest: i64,
    outside: Vec<Arc<OutsideIssuer>>,
}

/// Why a token is not accepted. For the log; whoever showed the token is told none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Reason {
    #[error("malformed: {0}")]
    Form(&'static str),
    #[error("not an access token by its typ")]
    Kind,
    #[error("unknown issuer")]
    Issuer,
    #[error("unknown or retired key")]
    Key,
    #[error("not the algorithm of the key")]
    Algorithm,
    #[error("wrong signature")]
    Signature,
    #[error("claim {0} is missing or wrong")]
    Claim(&'static str),
    #[error("expired")]
    Expired,
    #[error("not valid yet")]
    Early,
    #[error("made to last too long")]
    TooLong,
    #[error("revoked")]
    Revoked,
    #[error("unknown or suspended partner")]
    Partner,
    #[error("unknown or ended unit")]
    Unit,
    #[error("contradicting claims: {0}")]
    Grant(#[from] GrantFault),
    #[error("shown before")]
    Replayed,
}

/// A token is not accepted, or nobody can say.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    For(#[from] Reason),
    #[error(transparent)]
    Unavailable(#[from] StoreError),
}

impl Tokens {
    /// Knows the registry's own tokens and those of the issuers that are configured.
    pub fn new(store: Store, settings: &AccessSettings) -> Result<Self, ServerError> {
        Ok(Self {
            store,
            issuer: settings.issuer.clone(),
            audience: settings.audience.clone(),
            leeway: settings.leeway_seconds.into(),
            longest: i64::from(settings.max_token_lifetime_days) * 86_400,
            outside: outside::configured(&settings.issuers)?,
        })
    }

    /// The public keys by which this registry's tokens and receipts can be checked (RFC 7517). Retired
    /// ones stay: a receipt proves something for good, unlike a token.
    pub(crate) async fn key_set(&self) -> Result<Value, StoreError> {
        let standing = self.store.standing().await?;
        let jwk = |key: &SigningKey| Some(verifier::public_half(key)?.to_jwk(&key.kid));
        let keys = standing.keys.iter().filter_map(jwk);
        Ok(json!({ "keys": keys.collect::<Vec<_>>() }))
    }

    /// What a client's program must know to get a token (RFC 8414).
    pub(crate) fn metadata(&self) -> Value {
        let scopes = registry_domain::access::Scope::ALL.map(registry_domain::access::Scope::name);
        json!({
            "issuer": self.issuer,
            "token_endpoint": self.token_endpoint(),
            "jwks_uri": format!("{}{KEYS_PATH}", self.issuer),
            "scopes_supported": scopes,
            "response_types_supported": [],
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": Algorithm::ALL.map(Algorithm::name),
        })
    }

    fn token_endpoint(&self) -> String {
        format!("{}{TOKEN_PATH}", self.issuer)
    }
}
