//! Issuers beside the registry itself, known by the address of their keys.
//!
//! Keys are kept for ten minutes. A token with an unknown key has them fetched again, but seldom;
//! while the issuer is unreachable, the last good set counts for a day.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use chrono::TimeDelta;
use http::Uri;
use registry_domain::time::Instant;
use tokio::sync::Mutex;

use super::jwk::{Algorithm, PublicKey, read_set};
use crate::config::OutsideIssuerSettings;
use crate::error::ServerError;
use crate::fetch::{self, HttpClient, Schemes};

/// How long a set is used without asking again.
const FRESH: TimeDelta = TimeDelta::minutes(10);

/// How long a set is used while the issuer doesn't answer.
const USABLE: TimeDelta = TimeDelta::hours(24);

/// The time between two fetches.
const PAUSE: TimeDelta = TimeDelta::seconds(30);

/// The largest set, in bytes.
const SIZE_LIMIT: usize = 256 << 10;

/// An issuer whose tokens are accepted.
#[derive(Debug)]
pub(super) struct OutsideIssuer {
    pub(super) issuer: String,
    pub(super) audience: String,
    pub(super) algorithms: Vec<Algorithm>,
    address: Uri,
    client: HttpClient,
    known: ArcSwap<KeySet>,
    /// When the last fetch began. Held during one, so that there is never another.
    tried_at: Mutex<Option<Instant>>,
}

#[derive(Debug, Default)]
struct KeySet {
    keys: HashMap<String, Arc<PublicKey>>,
    fetched_at: Option<Instant>,
}

impl KeySet {
    /// The key of that very name, unless the set is older than `limit`.
    fn get(&self, kid: &str, now: Instant, limit: TimeDelta) -> Option<Arc<PublicKey>> {
        within(self.fetched_at, now, limit).then(|| self.keys.get(kid).cloned()).flatten()
    }
}

/// Whether `then` is not longer ago than `limit`. A clock that was set back makes it so.
fn within(then: Option<Instant>, now: Instant, limit: TimeDelta) -> bool {
    let age = then.map(|then| now.signed_duration_since(then));
    age.is_some_and(|age| age >= TimeDelta::zero() && age < limit)
}

/// Why a set could not be had.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error(transparent)]
    Fetch(#[from] fetch::FetchError),
    #[error("the answer is no JWK set")]
    Malformed,
}

impl OutsideIssuer {
    /// The issuer's key of that very name.
    pub(super) async fn key(self: &Arc<Self>, kid: &str, now: Instant) -> Option<Arc<PublicKey>> {
        if let Some(key) = self.known.load().get(kid, now, FRESH) {
            return Some(key);
        }
        // In a task of its own: whoever made it necessary may hang up, and others wait for it.
        let issuer = Arc::clone(self);
        _ = tokio::spawn(async move { issuer.refresh(now).await }).await;
        self.known.load().get(kid, now, USABLE)
    }

    async fn refresh(&self, now: Instant) {
        let mut tried_at = self.tried_at.lock().await;
        if !within(*tried_at, now, PAUSE) {
            *tried_at = Some(now);
            match fetch(&self.client, &self.address).await {
                Ok(keys) => self.known.store(Arc::new(KeySet { keys, fetched_at: Some(now) })),
                Err(error) => {
                    tracing::warn!(issuer = self.issuer, %error, "an issuer's keys can't be fetched");
                }
            }
        }
    }
}

async fn fetch(
    client: &HttpClient,
    address: &Uri,
) -> Result<HashMap<String, Arc<PublicKey>>, FetchError> {
    let body = fetch::get(client, address, None, SIZE_LIMIT).await?;
    let keys = read_set(&body).ok_or(FetchError::Malformed)?;
    // Keys that can't be used here are left out, as the standard asks.
    let keys = keys.into_iter().flatten().map(|named| (named.kid, Arc::new(named.key)));
    Ok(keys.collect())
}

/// The issuers that are configured.
pub(super) fn configured(
    settings: &[OutsideIssuerSettings],
) -> Result<Vec<Arc<OutsideIssuer>>, ServerError> {
    let Some(schemes) = settings.iter().map(|one| Schemes::of(&one.jwks_url)).max() else {
        return Ok(Vec::new());
    };
    let client = fetch::client(schemes)?;
    let issuer = |settings: &OutsideIssuerSettings| {
        Ok(Arc::new(OutsideIssuer {
            issuer: settings.issuer.clone(),
            audience: settings.audience.clone(),
            algorithms: settings.algorithms.clone(),
            address: address(&settings.jwks_url)?,
            client: client.clone(),
            known: ArcSwap::default(),
            tried_at: Mutex::default(),
        }))
    };
    settings.iter().map(issuer).collect()
}

/// Keys are fetched over TLS, or from this very machine.
fn address(url: &str) -> Result<Uri, ServerError> {
    let wrong =
        || ServerError::Configuration(format!("access.issuers: jwks_url {url}: https is needed"));
    let address: Uri = url.parse().map_err(|_| wrong())?;
    let host = address.host().unwrap_or_default().trim_matches(['[', ']']);
    let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match address.scheme_str() {
        Some("https") => Ok(address),
        Some("http") if here => Ok(address),
        _ => Err(wrong()),
    }
}
