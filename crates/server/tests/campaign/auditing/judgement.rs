//! Whether the log holds exactly what was acknowledged, without gaps, and never went back.

use std::collections::HashMap;

use registry_domain::audit::{
    Checkpoint, Digest, VerifierKey, leaf_hash, verify_consistency, verify_inclusion,
};
use serde_json::Value;

use super::writer::Written;
use crate::harness::Home;
use crate::registry::Instance;

/// Places in the log that are taken twice, missing, or not given yet.
const GAPS: &str = "SELECT (SELECT COUNT(*) FROM audit_event) - MAX(sequence) - 1 \
                    + (SELECT COUNT(*) FROM audit_event) - COUNT(*) FROM audit_place";

/// An event as it was exported.
struct Event {
    is_refused: bool,
    changes: String,
}

/// Everything that is wrong.
pub async fn judge(
    home: &Home,
    server: Instance,
    auditor: &str,
    written: &Written,
    seen: &[String],
) -> Vec<String> {
    let mut faults: Vec<_> =
        written.unexpected.iter().map(|answer| format!("answered {answer}")).collect();
    let key: VerifierKey = home.done(&["audit", "key"]).trim().parse().unwrap();
    faults.extend(judge_checkpoints(&server, auditor, &key, seen).await);
    drop(server);
    let verified = home.run(&["audit", "verify", "--key", &key.to_string()]);
    if verified.code != Some(0) {
        faults.push(format!("verification: {verified:?}"));
    }
    match home.number(GAPS).await {
        0 => {}
        gaps => faults.push(format!("{gaps} gaps in the log")),
    }
    let exported = home.done(&["audit", "export"]);
    let events = judge_export(&exported, &key, &mut faults);
    faults.extend(judge_events(&events, written));
    faults
}

/// Each checkpoint that was seen is signed, and all that it signs is in the next one as well.
async fn judge_checkpoints(
    server: &Instance,
    auditor: &str,
    key: &VerifierKey,
    seen: &[String],
) -> Vec<String> {
    let opened = seen.iter().map(|note| Checkpoint::open(note, key).unwrap().0);
    let opened: Vec<_> = opened.collect();
    let mut faults = Vec::new();
    for pair in opened.windows(2) {
        let [from, to] = [&pair[0], &pair[1]];
        if from.size() > to.size() {
            faults.push(format!("a checkpoint of {} came after one of {}", to.size(), from.size()));
            continue;
        }
        let query = format!(
            "{{ auditConsistencyProof(from: {}, to: {}) {{ hashes }} }}",
            from.size(),
            to.size()
        );
        let proof = server.data(auditor, &query).await;
        let proof = hashes(&proof["auditConsistencyProof"]["hashes"]);
        let proved = verify_consistency(from.size(), to.size(), &proof, from.root(), to.root());
        if let Err(fault) = proved {
            faults.push(format!("from {} to {}: {fault}", from.size(), to.size()));
        }
    }
    faults
}

/// The events of the log by the requests that caused them, each proved to be in it.
fn judge_export(
    exported: &str,
    key: &VerifierKey,
    faults: &mut Vec<String>,
) -> HashMap<String, Vec<Event>> {
    let mut lines: Vec<Value> =
        exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = lines.pop().unwrap();
    let (checkpoint, _) = Checkpoint::open(last["checkpoint"].as_str().unwrap(), key).unwrap();
    let (size, root) = (checkpoint.size(), checkpoint.root());
    if size != u64::try_from(lines.len()).unwrap() {
        faults.push(format!("{} events exported of {size}", lines.len()));
    }
    let mut events: HashMap<String, Vec<Event>> = HashMap::new();
    for (place, line) in (0..).zip(lines) {
        let entry = line["entry"].as_str().unwrap();
        let leaf = leaf_hash(entry.as_bytes());
        let proved = verify_inclusion(leaf, place, size, &hashes(&line["proof"]), root);
        if line["sequence"] != place || proved.is_err() {
            faults.push(format!("at {place}: {proved:?}, {line}"));
        }
        let entry: Value = serde_json::from_str(entry).unwrap();
        if let Some(request) = entry["request"].as_str() {
            let is_refused = !entry["refusal"].is_null();
            let event = Event { is_refused, changes: line["changes"].to_string() };
            events.entry(request.to_owned()).or_default().push(event);
        }
    }
    events
}

/// Every acknowledged write has one event, which names its household; every refused one has one
/// that says so; and whatever was cut off has one at most.
fn judge_events(events: &HashMap<String, Vec<Event>>, written: &Written) -> Vec<String> {
    let mut faults = Vec::new();
    let of = |request: &String| events.get(request).map_or(&[][..], Vec::as_slice);
    for (request, code) in &written.acknowledged {
        // The last two digits are check digits.
        let number = code[..code.len() - 2].trim_start_matches("HG").parse::<u64>().unwrap();
        let household = format!("\\\"household/{number}\\\"");
        let is_noted = matches!(of(request), [event]
            if !event.is_refused && event.changes.contains(&household));
        if !is_noted {
            faults.push(format!("{request} on {code} has {} events", of(request).len()));
        }
    }
    for request in &written.refused {
        if !matches!(of(request), [event] if event.is_refused) {
            faults.push(format!("the refusal of {request} has {} events", of(request).len()));
        }
    }
    let several = events.iter().filter(|(_, events)| events.len() > 1);
    faults.extend(several.map(|(request, events)| format!("{request}: {} events", events.len())));
    faults
}

fn hashes(listed: &Value) -> Vec<Digest> {
    let hash = |hash: &Value| Digest::from_base64(hash.as_str().unwrap()).unwrap();
    listed.as_array().unwrap().iter().map(hash).collect()
}
