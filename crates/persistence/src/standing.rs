//! Who is let in just now: which keys sign, which tokens were revoked, which partners there are.
//!
//! Kept in memory and read again on demand, so that a revocation is in force on the instance that
//! made it at once and on every other soon. What is too old is not used.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use chrono::TimeDelta;
use registry_domain::access::{Partner, PartnerCode};
use registry_domain::time::Instant;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use tokio::sync::Mutex;

use crate::entity::{signing_key, token};
use crate::store::Inner;
use crate::{SigningKey, Store, StoreError, partner};

/// Read again when older than this.
const FRESH: TimeDelta = TimeDelta::seconds(2);

/// Used up to this age if the database doesn't answer.
const USABLE: TimeDelta = TimeDelta::seconds(5);

/// How long the database may take; with [`FRESH`], less than what a revocation may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the gate must know beside a token itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// All keys, newest first.
    pub keys: Vec<SigningKey>,
    revoked: HashSet<String>,
    partners: HashMap<PartnerCode, Partner>,
    /// The key that signs now, sealed; of several that two instances made at once, the same for both.
    pub(crate) signing: Option<signing_key::Model>,
}

impl Standing {
    /// Whether a token of this registry was revoked.
    #[must_use]
    pub fn is_revoked(&self, jti: &str) -> bool {
        self.revoked.contains(jti)
    }

    /// A partner, suspended or not.
    #[must_use]
    pub fn partner(&self, code: &PartnerCode) -> Option<&Partner> {
        self.partners.get(code)
    }

    /// All partners, in no order.
    pub fn partners(&self) -> impl Iterator<Item = &Partner> {
        self.partners.values()
    }
}

/// The standing as it was last read.
#[derive(Debug, Default)]
pub(crate) struct StandingCache {
    known: ArcSwapOption<Known>,
    /// Counts the changes made by this very process.
    changes: AtomicU64,
    /// Held while reading, so that many requests don't read the same.
    reading: Mutex<()>,
}

#[derive(Debug)]
struct Known {
    read_at: Instant,
    changes: u64,
    standing: Arc<Standing>,
}

impl StandingCache {
    /// What is known counts no more.
    pub(crate) fn forget(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// What is known, if it is not older than `limit`. A clock that was set back makes it old.
    fn known(&self, now: Instant, limit: TimeDelta) -> Option<Arc<Standing>> {
        let known = self.known.load();
        let known = known.as_ref()?;
        let age = now.signed_duration_since(known.read_at);
        let recent = age >= TimeDelta::zero() && age <= limit;
        let current = known.changes == self.changes.load(Ordering::Acquire);
        (recent && current).then(|| Arc::clone(&known.standing))
    }
}

impl Store {
    /// Who is let in just now; from memory if that is young enough.
    pub async fn standing(&self) -> Result<Arc<Standing>, StoreError> {
        let cache = &self.inner.standing;
        if let Some(standing) = cache.known(self.now(), FRESH) {
            return Ok(standing);
        }
        let _reading = match cache.reading.try_lock() {
            Ok(reading) => reading,
            // Somebody is reading already; nobody need wait who knows enough, and nobody for long.
            Err(_) => match cache.known(self.now(), USABLE) {
                Some(standing) => return Ok(standing),
                None => tokio::time::timeout(PATIENCE, cache.reading.lock())
                    .await
                    .map_err(|_| StoreError::Contention)?,
            },
        };
        let now = self.now();
        if let Some(standing) = cache.known(now, FRESH) {
            return Ok(standing);
        }
        let changes = cache.changes.load(Ordering::Acquire);
        let read = tokio::time::timeout(PATIENCE, read(&self.inner, now)).await;
        match read.unwrap_or(Err(StoreError::Contention)) {
            Ok(standing) => {
                // What is the same stays the same: some compare no more than that.
                let before = cache.known.load_full().map(|known| Arc::clone(&known.standing));
                let same = before.filter(|before| **before == standing);
                let standing = same.unwrap_or_else(|| Arc::new(standing));
                let known = Known { read_at: now, changes, standing: Arc::clone(&standing) };
                cache.known.store(Some(Arc::new(known)));
                Ok(standing)
            }
            Err(error) => {
                tracing::warn!(code = error.code(), "keys and revocations could not be read");
                cache.known(self.now(), USABLE).ok_or(error)
            }
        }
    }
}

async fn read(inner: &Inner, now: Instant) -> Result<Standing, StoreError> {
    let connection = &inner.connections.readers;
    let revoked = token::Entity::find()
        .select_only()
        .column(token::Column::Jti)
        .filter(token::Column::RevokedAt.is_not_null())
        // A token is accepted for a moment after its end, for clocks that differ.
        .filter(token::Column::ExpiresAt.gt(now - TimeDelta::hours(1)))
        .into_tuple::<String>()
        .all(connection)
        .await?;
    let partners = partner::all(connection).await?.into_iter();
    let keys = crate::signing_key::all(connection).await?;
    Ok(Standing {
        signing: keys.iter().find(|key| key.retired_at.is_none()).cloned(),
        keys: keys.into_iter().map(Into::into).collect(),
        revoked: revoked.into_iter().collect(),
        partners: partners.map(|partner| (partner.code.clone(), partner)).collect(),
    })
}
