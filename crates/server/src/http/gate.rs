//! The gate: whose request it is. Everything that comes in passes here, by HTTP or over a socket.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, StatusCode, header};
use registry_domain::access::{Principal, TokenId};
use registry_persistence::StoreError;

use super::graphql::Refusal;
use crate::token::{Tokens, Verified};

/// How long somebody who stays is not asked again.
const ADMISSION_HOLDS: Duration = Duration::from_secs(2);

/// Lets requests in, each as somebody.
#[derive(Debug, Clone)]
pub struct Gate {
    /// Whom requests without a token act as.
    visitor: Principal,
    tokens: Arc<Tokens>,
}

/// Somebody who was let in.
#[derive(Debug, Clone)]
pub(super) struct Admitted {
    pub(super) principal: Principal,
    /// The token that was shown, if one was.
    token: Option<Verified>,
}

impl Gate {
    /// A gate that knows tokens; without one, everyone acts as `visitor`.
    #[must_use]
    pub const fn open_to(visitor: Principal, tokens: Arc<Tokens>) -> Self {
        Self { visitor, tokens }
    }

    /// Those who know what tokens are good for.
    pub(super) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Finds out who sent a request from its `Authorization` header.
    pub(super) async fn admit(&self, headers: &HeaderMap) -> Result<Admitted, Refusal> {
        let mut shown = headers.get_all(header::AUTHORIZATION).iter();
        match (shown.next(), shown.next()) {
            (one, None) => self.admit_by(one).await,
            // Of two credentials, others on the way may have believed the other one.
            (_, Some(_)) => Err(not_accepted()),
        }
    }

    /// The same for a credential that came by another way, written as the header would be.
    pub(super) async fn admit_by(
        &self,
        authorization: Option<&HeaderValue>,
    ) -> Result<Admitted, Refusal> {
        let Some(authorization) = authorization else {
            return Ok(Admitted { principal: self.visitor.clone(), token: None });
        };
        let token = bearer(authorization).ok_or_else(not_accepted)?;
        let verified = self.tokens.verify(token).await.map_err(|error| unavailable(&error))?;
        let verified = verified.ok_or_else(not_accepted)?;
        // Log lines of the request name the token; they never hold it.
        let name = verified.principal.token().map(TokenId::as_str);
        tracing::Span::current().record("token", name);
        Ok(Admitted { principal: verified.principal.clone(), token: Some(verified) })
    }

    /// Whether somebody who was let in before still may be: tokens expire and are revoked.
    pub(super) async fn still_admits(&self, admitted: &Admitted) -> Result<(), Refusal> {
        let Some(token) = &admitted.token else { return Ok(()) };
        match self.tokens.still_accepts(token).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(not_accepted()),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// Ends when somebody who was let in may not be in any more, with the reason.
    pub(super) async fn dismissal(&self, admitted: &Admitted) -> Refusal {
        loop {
            tokio::time::sleep(ADMISSION_HOLDS).await;
            if let Err(refusal) = self.still_admits(admitted).await {
                return refusal;
            }
        }
    }
}

/// The token of a `Bearer` credential (RFC 6750); the scheme's case doesn't matter.
fn bearer(authorization: &HeaderValue) -> Option<&str> {
    let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start_matches(' '))
}

/// The same whatever is wrong: an answer that tells more helps those who try.
fn not_accepted() -> Refusal {
    let message = "the token is not valid / mã truy cập không hợp lệ";
    Refusal::new(StatusCode::UNAUTHORIZED, message)
        .header(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")
}

/// While nobody can say whether a token was revoked, nobody is let in by one.
fn unavailable(error: &StoreError) -> Refusal {
    tracing::error!(code = error.code(), "tokens can't be checked");
    let message =
        "tokens can't be checked just now; try again / chưa kiểm tra được mã truy cập, hãy thử lại";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message)
}
