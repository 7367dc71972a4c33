//! `registry audit`: what the log is, taken out, and made certain of.

mod export;
mod remote;
mod verify;
mod witness;

use std::fs;
use std::path::Path;

use registry_domain::access::{Principal, Scope};
use registry_domain::audit::{Checkpoint, SignedNote, VerifierKey};
use registry_persistence::{ReadRequest, Reader, Store};

use super::tell;
use crate::arguments::Audit;
use crate::config::Loaded;
use crate::error::ServerError;
use crate::start::open_store;

pub(super) async fn run(loaded: &Loaded, what: Audit) -> Result<(), ServerError> {
    match what {
        Audit::Verify(what) => verify::run(loaded, what).await,
        Audit::NewWitness { name, key } => witness::make_key(&name, &key),
        Audit::Witness(what) => witness::run(loaded, what).await,
        Audit::Export(what) => {
            let store = open_store(loaded).await?;
            let done = export::run(&store, &what).await;
            store.close().await;
            done
        }
        Audit::Checkpoint => {
            let store = open_store(loaded).await?;
            let newest = newest(&store).await;
            store.close().await;
            print(&newest?);
            Ok(())
        }
        Audit::Key => {
            let store = open_store(loaded).await?;
            let key = reader(&store).audit_key().await;
            store.close().await;
            tell(key?);
            Ok(())
        }
        Audit::Cosign { file, witness } => {
            let store = open_store(loaded).await?;
            let done = witness::cosign(&store, &file, &witness).await;
            store.close().await;
            done
        }
    }
}

/// Whoever runs the machine may read the log.
fn reader(store: &Store) -> Reader {
    let auditor = Principal::internal("command line", [Scope::AuditRead]);
    store.read(&auditor, ReadRequest::default())
}

/// The newest checkpoint, after what waits has its place.
async fn newest(store: &Store) -> Result<String, ServerError> {
    store.sequence().await?;
    Ok(reader(store).audit_checkpoint(None).await?.note)
}

/// Reads a checkpoint that was kept in a file.
fn kept(file: &Path, key: &VerifierKey) -> Result<(Checkpoint, SignedNote), ServerError> {
    let text = fs::read_to_string(file).map_err(ServerError::file(file))?;
    Checkpoint::open(&text, key)
        .map_err(|fault| ServerError::Found(format!("{}: {fault}", file.display())))
}

/// Prints a note as it is: its last line ends it already.
fn print(note: &str) {
    use std::io::Write as _;
    // A reader that left early is no failure.
    _ = std::io::stdout().lock().write_all(note.as_bytes());
}
