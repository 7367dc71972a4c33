//! `registry documents`: the texts that a registry in trusted mode executes.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use registry_domain::fault::Path;
use registry_graphql::Api;
use registry_persistence::{AddDocuments, DocumentHash, NewDocument, Row};

use super::{tell, write};
use crate::arguments::Documents;
use crate::config::Loaded;
use crate::error::ServerError;
use crate::start;
use crate::token::Tokens;

pub(super) async fn run(loaded: &Loaded, what: &Documents) -> Result<(), ServerError> {
    match what {
        Documents::Add { files } => add(loaded, files).await,
        Documents::List => list(loaded).await,
    }
}

/// Adds all files or none.
async fn add(loaded: &Loaded, files: &[PathBuf]) -> Result<(), ServerError> {
    let store = start::open_store(loaded).await?;
    let tokens = Arc::new(Tokens::new(store.clone(), &loaded.config.access)?);
    let rules = loaded.config.reporting.rules();
    let api = Api::new(store.clone(), tokens, loaded.config.graphql, rules, 0);
    let mut documents = Vec::new();
    for (at, file) in files.iter().enumerate() {
        let text = fs::read_to_string(file).map_err(ServerError::file(file))?;
        if let Some(objection) = api.objection(&text).await {
            return Err(ServerError::Found(format!("{}: {objection}", file.display())));
        }
        tell(format!("{}  {}", DocumentHash::of(&text), file.display()));
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        documents.push(Row { at: Path::root().index(at), value: NewDocument { name, text } });
    }
    let added = write(&store, AddDocuments(documents)).await?;
    tell(format!("{added} added / đã thêm {added}"));
    store.close().await;
    Ok(())
}

async fn list(loaded: &Loaded) -> Result<(), ServerError> {
    let store = start::open_store(loaded).await?;
    for document in store.trusted_documents().await? {
        let added = document.added_at.format("%Y-%m-%dT%H:%M:%SZ");
        tell(format!("{}  {added}  {}  {}", document.hash, document.added_by, document.name));
    }
    store.close().await;
    Ok(())
}
