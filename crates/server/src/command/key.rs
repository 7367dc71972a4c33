//! `registry key`: the keys that sign tokens.

use registry_domain::access::Scope;
use registry_persistence::{ReadRequest, Store, StoreError};

use super::{administrator, tell};
use crate::arguments::Key;
use crate::config::Loaded;
use crate::error::ServerError;
use crate::start::open_store;
use crate::token::Tokens;

pub(super) async fn run(loaded: &Loaded, what: &Key) -> Result<(), ServerError> {
    let store = open_store(loaded).await?;
    let done = match what {
        Key::Rotate => rotate(loaded, &store).await,
        Key::List => list(&store).await,
    };
    store.close().await;
    done
}

async fn rotate(loaded: &Loaded, store: &Store) -> Result<(), ServerError> {
    let tokens = Tokens::new(store.clone(), &loaded.config.access)?;
    let writer = administrator().writer(Scope::Admin).map_err(StoreError::from)?;
    let kid = tokens.rotate_key(&writer).await?;
    tell(format!("signing from now on / khoá ký mới: {kid}"));
    Ok(())
}

async fn list(store: &Store) -> Result<(), ServerError> {
    for key in store.read(&administrator(), ReadRequest::default()).signing_keys().await? {
        let state = match key.retired_at {
            Some(retired) => format!("retired {}", retired.format("%Y-%m-%dT%H:%M:%SZ")),
            None => "signing".to_owned(),
        };
        tell(format!("{} {} {state}", key.kid, key.created_at.format("%Y-%m-%dT%H:%M:%SZ")));
    }
    Ok(())
}
