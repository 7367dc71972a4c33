//! `registry audit witness`: somebody else looks at the log, and signs that it only grows.

use std::fs;
use std::path::Path;

use registry_domain::audit::{
    Checkpoint, Digest, KeyFault, KeyName, NoteFault, SignatureType, SignedNote, SigningKey,
    VerifierKey, tiles_for_consistency, verify_consistency,
};
use registry_domain::time::{Clock as _, SystemClock};
use registry_persistence::Store;

use super::super::tell;
use super::remote::RemoteLog;
use super::{kept, newest, print, reader};
use crate::arguments::WitnessAudit;
use crate::config::Loaded;
use crate::error::ServerError;
use crate::start::{open_store, write_secret};

/// Makes a witness's key and tells its public half.
pub(super) fn make_key(name: &str, file: &Path) -> Result<(), ServerError> {
    let told = |fault: KeyFault| ServerError::Found(fault.to_string());
    let name: KeyName = name.parse().map_err(told)?;
    let key = SigningKey::generate(name, SignatureType::Cosignature).map_err(told)?;
    write_secret(file, &key.to_text())?;
    tell(key.verifier());
    Ok(())
}

pub(super) async fn run(loaded: &Loaded, what: WitnessAudit) -> Result<(), ServerError> {
    let text = fs::read_to_string(&what.key).map_err(ServerError::file(&what.key))?;
    let key = SigningKey::from_text(text.trim())
        .map_err(|fault| ServerError::Found(format!("{}: {fault}", what.key.display())))?;
    let Some(url) = &what.tiles else {
        let store = open_store(loaded).await?;
        let done = witness_stored(&store, &key, &what).await;
        store.close().await;
        return done;
    };
    let log = RemoteLog::open(url, None)?;
    let (checkpoint, note) = log.checkpoint(&what.log).await?;
    if let Some(seen) = seen(&what)? {
        let ids = tiles_for_consistency(seen.size(), checkpoint.size()).map_err(inconsistent)?;
        let tiles = log.tiles(&ids, checkpoint.size()).await?;
        let proof = tiles.consistency_proof(seen.size(), checkpoint.size());
        follows(&seen, &checkpoint, &proof.map_err(inconsistent)?)?;
    }
    sign(&note, &key, &what)?;
    Ok(())
}

async fn witness_stored(
    store: &Store,
    key: &SigningKey,
    what: &WitnessAudit,
) -> Result<(), ServerError> {
    let note = newest(store).await?;
    let (checkpoint, note) = Checkpoint::open(&note, &what.log)
        .map_err(|fault| ServerError::Found(format!("the newest checkpoint: {fault}")))?;
    if let Some(seen) = seen(what)? {
        if seen.size() > checkpoint.size() {
            return Err(inconsistent("it was rolled back / nhật ký đã bị khôi phục về bản cũ"));
        }
        let proof = reader(store).audit_consistency(seen.size(), Some(checkpoint.size())).await?;
        follows(&seen, &checkpoint, &proof.1)?;
    }
    let signed = sign(&note, key, what)?;
    Ok(store.add_cosignatures(&signed, key.verifier()).await?)
}

/// What the witness signed last.
fn seen(what: &WitnessAudit) -> Result<Option<Checkpoint>, ServerError> {
    if !what.state.exists() {
        return Ok(None);
    }
    Ok(Some(kept(&what.state, &what.log)?.0))
}

fn follows(seen: &Checkpoint, now: &Checkpoint, proof: &[Digest]) -> Result<(), ServerError> {
    verify_consistency(seen.size(), now.size(), proof, seen.root(), now.root())
        .map_err(inconsistent)
}

fn inconsistent(why: impl std::fmt::Display) -> ServerError {
    ServerError::Found(format!(
        "the log does not go on from the checkpoint seen last: {why} / nhật ký không nối tiếp điểm kiểm tra đã thấy"
    ))
}

/// Signs, remembers, prints. Remembered first: a witness that forgets can be made to sign two logs.
fn sign(
    note: &SignedNote,
    key: &SigningKey,
    what: &WitnessAudit,
) -> Result<SignedNote, ServerError> {
    let now = SystemClock.now().timestamp().cast_unsigned();
    let note = note.cosign(key, now).map_err(|fault| ServerError::Found(fault.to_string()))?;
    let text = note.to_string();
    let beside = what.state.with_added_extension("new");
    let written = fs::write(&beside, &text).and_then(|()| fs::rename(&beside, &what.state));
    written.map_err(ServerError::file(&what.state))?;
    print(&text);
    Ok(note)
}

/// Adds what a witness signed elsewhere.
pub(super) async fn cosign(
    store: &Store,
    file: &Path,
    witness: &VerifierKey,
) -> Result<(), ServerError> {
    let text = fs::read_to_string(file).map_err(ServerError::file(file))?;
    let note = text.parse();
    let note = note
        .map_err(|fault: NoteFault| ServerError::Found(format!("{}: {fault}", file.display())))?;
    Ok(store.add_cosignatures(&note, witness).await?)
}
