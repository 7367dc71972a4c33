//! The gate: whose request it is. Everything that comes in passes here, by HTTP or over a socket.
#![allow(dead_code, clippy::unused_async, reason = "the ways in come one after another")]

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};
use registry_domain::access::Principal;

use super::graphql::Refusal;

/// How long somebody who stays is not asked again.
const ADMISSION_HOLDS: Duration = Duration::from_secs(2);

/// Lets requests in, each as somebody.
#[derive(Debug, Clone)]
pub struct Gate {
    /// Whom requests without a token act as.
    visitor: Principal,
}

/// Somebody who was let in.
#[derive(Debug, Clone)]
pub(super) struct Admitted {
    pub(super) principal: Principal,
}

impl Gate {
    /// A gate that knows no tokens; everyone acts as `visitor`.
    #[must_use]
    pub const fn open_to(visitor: Principal) -> Self {
        Self { visitor }
    }

    /// Finds out who sent a request from its `Authorization` header.
    pub(super) async fn admit(&self, headers: &HeaderMap) -> Result<Admitted, Refusal> {
        self.admit_by(headers.get(header::AUTHORIZATION)).await
    }

    /// The same for a credential that came by another way, written as the header would be.
    pub(super) async fn admit_by(
        &self,
        _authorization: Option<&HeaderValue>,
    ) -> Result<Admitted, Refusal> {
        Ok(Admitted { principal: self.visitor.clone() })
    }

    /// Whether somebody who was let in before still may be: tokens expire and are revoked.
    pub(super) async fn still_admits(&self, _admitted: &Admitted) -> Result<(), Refusal> {
        Ok(())
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
