//! Telling listeners that figures changed, whichever process wrote. Knows when, not what.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::Stream;
use futures_util::stream;
use tokio::sync::{Notify, watch};

use crate::Store;
use crate::figures::Versions;
use crate::store::Inner;

/// How often the database is asked for what other processes wrote.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Changes that follow each other faster than this are told as one.
const AT_MOST_EVERY: Duration = Duration::from_millis(100);

/// What the listeners of a store share.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// The versions of all figures, as far as listeners were told.
    told: watch::Sender<Versions>,
    committed: Notify,
    /// Held while a listener comes and while the watch decides to end, so that none is missed.
    watch: Mutex<Watch>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Watch {
    #[default]
    Ended,
    Running,
}

impl Changes {
    /// This process committed something.
    pub(crate) fn committed(&self) {
        self.committed.notify_one();
    }
}

impl Store {
    /// Yields whenever figures may have changed from now on. The database is only watched while
    /// somebody listens.
    pub fn changes(&self) -> impl Stream<Item = ()> + Send + use<> {
        let changes = &self.inner.changes;
        let mut watch = changes.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let told = changes.told.subscribe();
        if *watch == Watch::Ended {
            *watch = Watch::Running;
            tokio::spawn(keep_watch(Arc::clone(&self.inner)));
        }
        stream::unfold(told, async |mut told| Some((told.changed().await.ok()?, told)))
    }
}

/// Looks for changes until nobody listens any more.
async fn keep_watch(store: Arc<Inner>) {
    let changes = &store.changes;
    loop {
        match Versions::read(&store.connections.readers).await {
            Ok(newest) => {
                changes.told.send_if_modified(|told| std::mem::replace(told, newest) != newest);
            }
            Err(error) => tracing::warn!(code = error.code(), "cannot look for changes"),
        }
        tokio::time::sleep(AT_MOST_EVERY).await;
        // Whether this process wrote or the time is over: either way it is time to look.
        _ = tokio::time::timeout(LOOK_EVERY, changes.committed.notified()).await;
        let mut watch = changes.watch.lock().unwrap_or_else(PoisonError::into_inner);
        if changes.told.receiver_count() == 0 {
            *watch = Watch::Ended;
            return;
        }
    }
}
