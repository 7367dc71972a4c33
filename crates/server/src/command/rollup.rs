//! `registry rollup check`: do the kept figures follow from the records?

use super::tell;
use crate::config::Loaded;
use crate::error::ServerError;
use crate::start::open_store;

pub(super) async fn check(loaded: &Loaded) -> Result<(), ServerError> {
    let store = open_store(loaded).await?;
    let found = store.check_rollups().await;
    store.close().await;
    let found = found?;
    if found.is_empty() {
        tell("no difference / không có sai lệch");
        return Ok(());
    }
    for difference in &found {
        tell(difference);
    }
    Err(ServerError::Found(format!("{} difference(s) / sai lệch", found.len())))
}
