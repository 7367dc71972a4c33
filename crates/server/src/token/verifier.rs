//! Checking a token that somebody shows. Whatever is wrong, the bearer is told the same.

use std::sync::Arc;

use registry_domain::access::{Grant, PartnerCode, Principal};
use registry_domain::time::local_date;
use registry_domain::unit::{UnitCode, UnitId};
use registry_persistence::{SigningKey, Standing, StoreError};

use super::claims::{Claims, text};
use super::jwk::PublicKey;
use super::jws::Unverified;
use super::outside::OutsideIssuer;
use super::{Reason, Refused, Tokens};

/// A token that was found good, and what it takes to say so again later.
#[derive(Debug, Clone)]
pub struct Verified {
    /// Whose it is.
    pub principal: Principal,
    claims: Claims,
    /// The registry's own key that signed it; none for an outside issuer's.
    own_key: Option<String>,
}

impl Tokens {
    /// Who the bearer of a token is; `None` if the token is not accepted.
    pub async fn verify(&self, token: &str) -> Result<Option<Verified>, StoreError> {
        let read = Unverified::read(token);
        let id = read.as_ref().ok().and_then(|read| super::claims::id(&read.claims).ok());
        let verified = match read {
            Ok(read) => self.examine(&read).await,
            Err(reason) => Err(reason.into()),
        };
        match verified {
            Ok(verified) => Ok(Some(verified)),
            Err(Refused::For(reason)) => {
                // The name is visible ASCII by its type; of the rest of the token nothing is logged.
                let jti = id.as_ref().map(registry_domain::access::TokenId::as_str);
                tracing::debug!(%reason, jti, "a token was refused");
                Ok(None)
            }
            Err(Refused::Unavailable(error)) => Err(error),
        }
    }

    /// Whether a token that was found good still is: tokens expire and are revoked.
    pub async fn still_accepts(&self, verified: &Verified) -> Result<bool, StoreError> {
        let standing = self.store.standing().await?;
        let own_key = verified.own_key.as_deref();
        if own_key.is_some_and(|kid| self.own_key(&standing, kid).is_err()) {
            return Ok(false);
        }
        Ok(self.grant(&verified.claims, own_key.is_some(), &standing).is_ok())
    }

    async fn examine(&self, token: &Unverified<'_>) -> Result<Verified, Refused> {
        let kind = token.kind.as_deref().unwrap_or_default().to_ascii_lowercase();
        if kind != "at+jwt" && kind != "application/at+jwt" {
            return Err(Reason::Kind.into());
        }
        let issuer = text(&token.claims, "iss")?;
        let standing = self.store.standing().await?;
        let outside = self.outside.iter().find(|outside| outside.issuer == issuer);
        let audience = match outside {
            _ if issuer == self.issuer => {
                token.verify(&self.own_key(&standing, &token.kid)?)?;
                &self.audience
            }
            Some(outside) => {
                self.verify_outside(token, outside).await?;
                &outside.audience
            }
            None => return Err(Reason::Issuer.into()),
        };
        let claims = Claims::read(&token.claims)?;
        if !claims.audience.contains(audience) {
            return Err(Reason::Claim("aud").into());
        }
        let grant = self.grant(&claims, outside.is_none(), &standing)?;
        // Subjects of two issuers are two people, whatever their names.
        let actor = match outside {
            Some(outside) => format!("{}#{}", outside.issuer, claims.subject),
            None => claims.subject.clone(),
        };
        let own_key = outside.is_none().then(|| token.kid.clone());
        Ok(Verified {
            principal: Principal::bearer(actor, claims.id.clone(), grant),
            claims,
            own_key,
        })
    }

    async fn verify_outside(
        &self,
        token: &Unverified<'_>,
        outside: &Arc<OutsideIssuer>,
    ) -> Result<(), Reason> {
        let key = outside.key(&token.kid, self.store.now()).await.ok_or(Reason::Key)?;
        if !outside.algorithms.contains(&key.algorithm()) {
            return Err(Reason::Algorithm);
        }
        token.verify(&key)
    }

    /// The registry's own key of that very name, while it may still have signed a token in force.
    fn own_key(&self, standing: &Standing, kid: &str) -> Result<PublicKey, Reason> {
        let key = standing.keys.iter().find(|key| key.kid == kid).ok_or(Reason::Key)?;
        let last = |retired: registry_domain::time::Instant| {
            retired.timestamp() + self.longest + self.leeway
        };
        let now = self.store.now().timestamp();
        let alive = key.retired_at.is_none_or(|retired| now < last(retired));
        public_half(key).filter(|_| alive).ok_or(Reason::Key)
    }

    /// What the claims grant just now.
    fn grant(&self, claims: &Claims, own: bool, standing: &Standing) -> Result<Grant, Reason> {
        let lifetime = claims.lifetime;
        lifetime.holds(self.store.now(), self.leeway)?;
        if !(1..=self.longest).contains(&(lifetime.expires_at - lifetime.issued_at)) {
            return Err(Reason::TooLong);
        }
        if own && standing.is_revoked(claims.id.as_str()) {
            return Err(Reason::Revoked);
        }
        let known =
            |code: &PartnerCode| standing.partner(code).is_some_and(|partner| !partner.suspended);
        if claims.partner.as_ref().is_some_and(|code| !known(code)) {
            return Err(Reason::Partner);
        }
        let unit = claims.unit.map(|code| self.unit(code, lifetime.issued_at)).transpose()?;
        Ok(Grant::new(claims.scopes, claims.mode, claims.partner.clone(), unit)?)
    }

    /// The unit that had the code on the day of issue, if there is such a unit today.
    fn unit(&self, code: UnitCode, issued_at: i64) -> Result<UnitId, Reason> {
        let issued_at = registry_domain::time::Instant::from_timestamp(issued_at, 0);
        let issued_on = local_date(issued_at.ok_or(Reason::Claim("iat"))?);
        let units = self.store.units();
        let unit = units.resolve(code, issued_on).map_err(|_| Reason::Unit)?;
        if unit.validity.holds(self.store.today()) { Ok(unit.id) } else { Err(Reason::Unit) }
    }
}

pub(super) fn public_half(key: &SigningKey) -> Option<PublicKey> {
    key.public.as_slice().try_into().ok().map(PublicKey::Ed25519)
}
