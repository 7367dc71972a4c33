//! Tokens for partners' machines: an assertion signed with the partner's own key (RFC 7523) is
//! exchanged for a token of ten minutes.

use registry_domain::access::{NewToken, PartnerCode, Role, Scope, TokenWish};
use registry_domain::fault::{Path, RuleCode};
use registry_domain::time::Instant;
use registry_graphql::TokenIssuer as _;
use registry_persistence::{
    ClientAssertion, IssueToken, ReadRequest, StoreError, WriteError, WriteRequest,
};

use super::claims::{Lifetime, audience, id, seconds, text};
use super::issuer::registry;
use super::jwk::NamedKey;
use super::jws::Unverified;
use super::{Reason, Refused, Tokens};

/// How long a partner's token is valid, in seconds.
pub(crate) const GRANT_SECONDS: i64 = 600;

/// How far ahead an assertion may end, in seconds.
const ASSERTION_SECONDS: i64 = 300;

/// A token that a partner got for its assertion.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) token: String,
    pub(crate) scope: String,
}

/// Why a partner got no token.
#[derive(Debug, thiserror::Error)]
pub enum AssertionRefused {
    /// The assertion is not accepted; by what it is wrong is not told.
    #[error("the client assertion is not valid")]
    Invalid,
    /// Nobody can say just now.
    #[error(transparent)]
    Unavailable(#[from] StoreError),
}

impl Tokens {
    /// Exchanges an assertion for a token; it counts once.
    pub(crate) async fn redeem(
        &self,
        assertion: &str,
        client_id: Option<&str>,
        request_id: &str,
    ) -> Result<Granted, AssertionRefused> {
        let shown = match self.examine_assertion(assertion, client_id).await {
            Ok(shown) => shown,
            Err(refused) => return Err(told(refused)),
        };
        let token = token_for(&shown.partner).ok_or(AssertionRefused::Invalid)?;
        let registry = registry();
        let writer = registry.writer(Scope::Admin).map_err(StoreError::from)?;
        let command = IssueToken { token, against: Some(shown) };
        let request = WriteRequest { request_id: Some(request_id.to_owned()), idempotency: None };
        let jti = match self.store.write(&writer, command, request).await {
            Ok(written) => written.outcome,
            Err(WriteError::Store(error)) => return Err(error.into()),
            Err(WriteError::Refused(faults)) => {
                let known = |code| faults.as_slice().iter().any(|fault| fault.rule.code() == code);
                let replayed = known(RuleCode::ShownBefore);
                return Err(told(if replayed { Reason::Replayed } else { Reason::Partner }.into()));
            }
        };
        let recorded = self.store.read(&registry, ReadRequest::default()).token(&jti).await?;
        let recorded = recorded.ok_or(AssertionRefused::Invalid)?;
        let scope = recorded.grant.scopes().to_string();
        Ok(Granted { token: self.sign(&recorded).await?, scope })
    }

    async fn examine_assertion(
        &self,
        assertion: &str,
        client_id: Option<&str>,
    ) -> Result<ClientAssertion, Refused> {
        let read = Unverified::read(assertion)?;
        let kind = read.kind.as_deref().unwrap_or("JWT");
        if !["jwt", "client-authentication+jwt"].contains(&kind.to_ascii_lowercase().as_str()) {
            return Err(Reason::Kind.into());
        }
        let subject = text(&read.claims, "sub")?;
        if text(&read.claims, "iss")? != subject || client_id.is_some_and(|id| id != subject) {
            return Err(Reason::Issuer.into());
        }
        let partner: PartnerCode = subject.parse().map_err(|_| Reason::Partner)?;
        let keys = self.store.partner_keys(&partner).await?;
        let key = keys.iter().find(|key| key.kid == read.kid).ok_or(Reason::Key)?;
        let key = NamedKey::from_jwk(&key.jwk).ok_or(Reason::Key)?;
        read.verify(&key.key)?;
        let audience = audience(&read.claims)?;
        if !audience.iter().any(|name| *name == self.issuer || *name == self.token_endpoint()) {
            return Err(Reason::Claim("aud").into());
        }
        let expires_at = seconds(&read.claims, "exp")?;
        self.check_times(&read, expires_at)?;
        let expires_at = Instant::from_timestamp(expires_at + self.leeway, 0);
        let expires_at = expires_at.ok_or(Reason::Claim("exp"))?;
        Ok(ClientAssertion { partner, id: id(&read.claims)?, expires_at })
    }

    fn check_times(&self, read: &Unverified<'_>, expires_at: i64) -> Result<(), Reason> {
        let given = |name| read.claims.contains_key(name);
        let optional = |name| if given(name) { seconds(&read.claims, name) } else { Ok(0) };
        let (issued_at, not_before) = (optional("iat")?, optional("nbf")?);
        let now = self.store.now();
        Lifetime { issued_at, not_before, expires_at }.holds(now, self.leeway)?;
        if expires_at > now.timestamp() + ASSERTION_SECONDS + self.leeway {
            return Err(Reason::TooLong);
        }
        Ok(())
    }
}

fn told(refused: Refused) -> AssertionRefused {
    match refused {
        Refused::For(reason) => {
            tracing::debug!(%reason, "a client assertion was refused");
            AssertionRefused::Invalid
        }
        Refused::Unavailable(error) => error.into(),
    }
}

fn token_for(partner: &PartnerCode) -> Option<NewToken> {
    let wish = TokenWish {
        role: Role::Partner,
        actor: None,
        scopes: Vec::new(),
        partner: Some(partner.to_string()),
        unit: None,
        seconds: GRANT_SECONDS,
    };
    wish.parse(GRANT_SECONDS, &Path::root()).ok()
}
