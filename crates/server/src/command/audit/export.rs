//! `registry audit export`: events with what proves them, to be verified anywhere.
//!
//! JSON lines: one per event with its entry (the leaf's bytes), the lines of its changes, its place
//! and its inclusion proof; the last line is the checkpoint that they are proved against.

use std::io::{self, Write as _};

use registry_domain::audit::{Checkpoint, Digest};
use registry_persistence::{AuditExported, Store};
use serde_json::json;

use super::{kept, newest, reader};
use crate::arguments::ExportAudit;
use crate::error::ServerError;

/// Events read together.
const AT_ONCE: u64 = 256;

pub(super) async fn run(store: &Store, what: &ExportAudit) -> Result<(), ServerError> {
    let note = newest(store).await?;
    let reader = reader(store);
    let key = reader.audit_key().await?;
    let (checkpoint, _) = Checkpoint::open(&note, &key)
        .map_err(|fault| ServerError::Found(format!("the newest checkpoint: {fault}")))?;
    let earlier = what.since.as_deref().map(|file| kept(file, &key)).transpose()?;
    let to = what.to.unwrap_or(checkpoint.size());
    if what.from > to || to > checkpoint.size() {
        return Err(ServerError::Found(format!(
            "events from {} to {to}: the newest checkpoint signs {} / khoảng sự kiện không hợp lệ",
            what.from,
            checkpoint.size()
        )));
    }
    let mut from = what.from;
    while from < to {
        let until = to.min(from + AT_ONCE);
        let events = reader.audit_export(from..until, checkpoint.size()).await?;
        if !written(events.iter().map(line)) {
            return Ok(());
        }
        from = until;
    }
    let consistency = match earlier {
        Some((earlier, _)) => {
            reader.audit_consistency(earlier.size(), Some(checkpoint.size())).await?.1
        }
        None => Vec::new(),
    };
    let last = json!({ "checkpoint": note, "consistency": base64(&consistency) });
    written(std::iter::once(last.to_string()));
    Ok(())
}

fn line(event: &AuditExported) -> String {
    json!({
        "changes": event.changes,
        "entry": event.entry,
        "proof": base64(&event.proof),
        "sequence": event.sequence,
    })
    .to_string()
}

fn base64(hashes: &[Digest]) -> Vec<String> {
    hashes.iter().copied().map(Digest::to_base64).collect()
}

/// Whether anyone still reads.
fn written(lines: impl Iterator<Item = String>) -> bool {
    let mut out = io::stdout().lock();
    { lines }.all(|line| writeln!(out, "{line}").is_ok())
}
