//! Answers of the examples about the audit log: what they prove is checked, and what every registry has of its own
//! (keys, signatures, hashes) is left out of what is kept of them.

use registry_domain::audit::{
    Checkpoint, Digest, VerifierKey, leaf_hash, verify_consistency, verify_inclusion,
};
use serde_json::Value;

/// Checks what the answer of an example proves, against the log's key.
pub fn check(example: &str, data: &Value, key: &VerifierKey) {
    match example {
        "audit_checkpoint" => {
            assert_eq!(data["auditKey"], key.to_string());
            let size = opened(&data["auditCheckpoint"], key).size();
            assert_eq!(data["auditCheckpoint"]["size"], size);
        }
        "audit_event" => changes_are_the_event_s(&data["auditEvent"]),
        "audit_inclusion_proof" => {
            let checkpoint = opened(&data["auditCheckpoint"], key);
            let leaf = leaf_hash(text(&data["auditEvent"]["entry"]).as_bytes());
            is_included(&data["auditInclusionProof"], leaf, checkpoint.size(), checkpoint.root());
        }
        "audit_consistency_proof" => {
            let (older, newer) = (opened(&data["older"], key), opened(&data["newer"], key));
            let hashes = hashes(&data["auditConsistencyProof"]);
            let (from, to) = (older.size(), newer.size());
            verify_consistency(from, to, &hashes, older.root(), newer.root()).unwrap();
        }
        _ => {}
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn digest(value: &Value) -> Digest {
    Digest::from_base64(text(value)).unwrap()
}

fn hashes(proof: &Value) -> Vec<Digest> {
    proof["hashes"].as_array().unwrap().iter().map(digest).collect()
}

fn opened(checkpoint: &Value, key: &VerifierKey) -> Checkpoint {
    Checkpoint::open(text(&checkpoint["note"]), key).unwrap().0
}

fn is_included(proof: &Value, leaf: Digest, size: u64, root: Digest) {
    assert_eq!((&proof["size"], digest(&proof["leafHash"])), (&size.into(), leaf));
    let index = proof["index"].as_u64().unwrap();
    verify_inclusion(leaf, index, size, &hashes(proof), root).unwrap();
}

fn changes_are_the_event_s(event: &Value) {
    assert_eq!(digest(&event["leafHash"]), leaf_hash(text(&event["entry"]).as_bytes()));
    let entry: Value = serde_json::from_str(text(&event["entry"])).unwrap();
    let (size, root) = (entry["changes"]["size"].as_u64().unwrap(), &entry["changes"]["root"]);
    let changes = event["changes"]["nodes"].as_array().unwrap();
    assert!(!changes.is_empty());
    for change in changes {
        let leaf = leaf_hash(text(&change["line"]).as_bytes());
        is_included(&change["proof"], leaf, size, digest(root));
    }
}

/// The answer with `…` for what differs from registry to registry.
pub fn settled(data: Value) -> Value {
    match data {
        Value::String(text) => Value::String(settled_text(&text)),
        Value::Array(items) => items.into_iter().map(settled).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, member)| (name, settled(member))).collect()
        }
        other => other,
    }
}

/// No word that people write, nor the name of a record, is as long as the shortest hash.
const HASH: usize = 40;

/// What the log of a registry is called, in two words, before eight digits of its own.
const LOG: (&str, &str) = ("haugiang.", "registry/");

fn settled_text(text: &str) -> String {
    let of_a_hash = |c: char| c.is_ascii_alphanumeric() || "+/=_-".contains(c);
    let (mut settled, mut rest) = (String::new(), text);
    while !rest.is_empty() {
        let end = rest.find(|c| !of_a_hash(c)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        if settled.ends_with(LOG.0) && run.starts_with(LOG.1) {
            settled.extend([LOG.1, "…"]);
        } else {
            settled.push_str(if run.len() >= HASH { "…" } else { run });
        }
        let mut characters = after.chars();
        settled.extend(characters.next());
        rest = characters.as_str();
    }
    settled
}
