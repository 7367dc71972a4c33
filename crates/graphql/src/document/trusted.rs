//! The listed documents, held in memory and read again when one is asked for that isn't there.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use registry_persistence::{DocumentHash, Store, StoreError};
use tokio::sync::RwLock;

/// How old the list must be before an unknown hash makes it be read again.
const FRESH: TimeDelta = TimeDelta::seconds(2);

/// The list as it was when last read.
#[derive(Debug, Default)]
struct Listed {
    texts: HashMap<DocumentHash, Arc<str>>,
    read_at: Option<DateTime<Utc>>,
}

/// The list.
#[derive(Debug, Default)]
pub(super) struct TrustedDocuments(RwLock<Listed>);

impl TrustedDocuments {
    /// The text of a listed document.
    pub(super) async fn text(
        &self,
        store: &Store,
        hash: DocumentHash,
    ) -> Result<Option<Arc<str>>, StoreError> {
        let is_fresh = |listed: &Listed| {
            listed.read_at.is_some_and(|read_at| (store.now() - read_at).abs() < FRESH)
        };
        {
            let listed = self.0.read().await;
            let text = listed.texts.get(&hash);
            if text.is_some() || is_fresh(&listed) {
                return Ok(text.cloned());
            }
        }
        let mut listed = self.0.write().await;
        // Another request may have read it meanwhile.
        if !is_fresh(&listed) {
            let documents = store.trusted_documents().await?;
            listed.texts = documents
                .into_iter()
                .map(|document| (document.hash, document.text.into()))
                .collect();
            listed.read_at = Some(store.now());
        }
        Ok(listed.texts.get(&hash).cloned())
    }
}
