//! Signing tokens, and the keys they are signed with.

use std::sync::Arc;

use async_trait::async_trait;
use registry_domain::access::{IssuedToken, Mode, PartnerCode, Principal, Scope, WritingPrincipal};
use registry_domain::certificate::{Notary, Receipt};
use registry_domain::fault::{Expected, Rule};
use registry_domain::time::local_date;
use registry_graphql::TokenIssuer;
use registry_persistence::{
    AddSigningKey, KeyPair, PartnerKey, StoreError, WriteError, WriteRequest,
};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::json;
use zeroize::Zeroizing;

use super::Tokens;
use super::jwk::{PublicKey, read_set};
use super::signature::{self, Signed};

#[async_trait]
impl TokenIssuer for Tokens {
    fn longest(&self) -> i64 {
        self.longest
    }

    async fn sign(&self, token: &IssuedToken) -> Result<String, StoreError> {
        let pair = self.signing_key().await?;
        let grant = &token.grant;
        let client = grant.partner().map_or(token.actor.as_str(), PartnerCode::as_str);
        let issued_at = token.issued_at.timestamp();
        let mut claims = json!({
            "iss": self.issuer,
            "aud": self.audience,
            "sub": token.actor,
            "client_id": client,
            "iat": issued_at,
            "nbf": issued_at,
            "exp": token.expires_at.timestamp(),
            "jti": token.id.as_str(),
            "scope": grant.scopes().to_string(),
            "read_only": grant.mode() == Mode::ReadOnly,
        });
        if let Some(partner) = grant.partner() {
            claims["partner"] = partner.as_str().into();
        }
        if let Some(unit) = grant.unit() {
            let units = self.store.units();
            let unit =
                units.get(unit).filter(|unit| unit.validity.holds(local_date(token.issued_at)));
            let ended = || StoreError::Damaged { what: "the unit of a token".into() };
            claims["unit"] = unit.ok_or_else(ended)?.code.to_string().into();
        }
        let signed = signature::sign(Signed::AccessToken, &pair.kid, &claims, &pair.private);
        signed.map_err(|_| unusable(&pair.kid))
    }

    async fn notary(&self) -> Result<Arc<dyn Notary>, StoreError> {
        Ok(Arc::new(Seal { pair: self.signing_key().await?, issuer: self.issuer.clone() }))
    }

    fn read_keys(&self, jwk_set: &str) -> Result<Vec<PartnerKey>, Rule> {
        let read = read_set(jwk_set.as_bytes()).and_then(|keys| keys.into_iter().collect());
        let keys: Vec<super::jwk::NamedKey> = read.ok_or(NO_KEY_SET)?;
        let alone = |at: usize| keys[..at].iter().all(|earlier| earlier.kid != keys[at].kid);
        if !(0..keys.len()).all(alone) {
            return Err(NO_KEY_SET);
        }
        let stored = |named: &super::jwk::NamedKey| PartnerKey {
            kid: named.kid.clone(),
            jwk: named.key.to_jwk(&named.kid).to_string(),
        };
        Ok(keys.iter().map(stored).collect())
    }
}

/// Signs receipts by the key that signs tokens.
struct Seal {
    pair: KeyPair,
    issuer: String,
}

impl Notary for Seal {
    fn attest(&self, receipt: &Receipt) -> Option<String> {
        let mut claims = serde_json::to_value(receipt).ok()?;
        claims["iss"] = self.issuer.as_str().into();
        signature::sign(Signed::Receipt, &self.pair.kid, &claims, &self.pair.private).ok()
    }
}

const NO_KEY_SET: Rule = Rule::Malformed {
    expected: Expected {
        english: "a JWK set of public keys, each with a kid of its own: OKP Ed25519, EC P-256, or RSA of at least 2,048 bits",
        vietnamese: "bộ khoá công khai JWK, mỗi khoá có kid riêng: OKP Ed25519, EC P-256 hoặc RSA từ 2.048 bit",
    },
};

impl Tokens {
    /// Makes sure that there is a key to sign with.
    pub async fn make_first_key(&self) -> Result<(), StoreError> {
        if self.store.signing_key().await?.is_none() {
            let registry = registry().writer(Scope::Admin)?;
            self.add_key(AddSigningKey::First(new_key()?), &registry).await?;
        }
        Ok(())
    }

    /// Lets a new key sign from now on; its name.
    pub async fn rotate_key(&self, by: &WritingPrincipal) -> Result<String, StoreError> {
        self.add_key(AddSigningKey::Next(new_key()?), by).await
    }

    async fn add_key(
        &self,
        command: AddSigningKey,
        by: &WritingPrincipal,
    ) -> Result<String, StoreError> {
        match self.store.write(by, command, WriteRequest::default()).await {
            Ok(written) => Ok(written.outcome),
            Err(WriteError::Store(error)) => Err(error),
            Err(WriteError::Refused(_)) => Err(unusable("new")),
        }
    }

    async fn signing_key(&self) -> Result<KeyPair, StoreError> {
        if let Some(pair) = self.store.signing_key().await? {
            return Ok(pair);
        }
        self.make_first_key().await?;
        self.store.signing_key().await?.ok_or_else(|| unusable("first"))
    }
}

/// On whose behalf the registry itself writes.
pub(super) fn registry() -> Principal {
    Principal::internal("registry", [Scope::Admin])
}

fn new_key() -> Result<KeyPair, StoreError> {
    let document =
        Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| unusable("new"))?;
    let private = Zeroizing::new(document.as_ref().to_vec());
    let pair = Ed25519KeyPair::from_pkcs8(&private).map_err(|_| unusable("new"))?;
    let public = pair.public_key().as_ref().to_vec();
    let key = public.as_slice().try_into().map_err(|_| unusable("new"))?;
    Ok(KeyPair { kid: PublicKey::Ed25519(key).thumbprint(), public, private })
}

fn unusable(kid: &str) -> StoreError {
    StoreError::Damaged { what: format!("signing key {kid}") }
}
