//! The auditor's verifier, `examples/auditor/verify.py`: it judges what this crate signed and
//! proved, and shares no code with it.
#![allow(clippy::panic, clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use registry_domain::audit::{
    Checkpoint, Digest, Frontier, SignatureType, SigningKey, Tiles, leaf_hash,
};
use serde_json::{Value, json};
use tempfile::TempDir;

const NEEDED: &str = "the auditor's verifier needs: apt-get install python3 python3-cryptography";
/// More than a tile holds.
const ROWS: u64 = 300;

/// What a run of the verifier came to: its exit code, and what it printed on either stream.
type Verdict = (i32, String);

fn verify(arguments: &[&str]) -> Verdict {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/auditor/verify.py");
    let run = Command::new("python3").arg(script).args(arguments).output();
    let output = run.unwrap_or_else(|why| panic!("{NEEDED} ({why})"));
    let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(!printed.contains("ModuleNotFoundError"), "{NEEDED}\n{printed}");
    assert!(!printed.contains("Traceback"), "{printed}");
    (output.status.code().unwrap(), printed)
}

fn said(code: i32, printed: &str) -> Verdict {
    (code, format!("{printed}\n"))
}

/// A log of events, and a folder to export it to.
struct Log {
    key: SigningKey,
    events: Vec<(String, Vec<String>)>,
    tiles: Tiles,
    folder: TempDir,
}

impl Log {
    /// Events with 0 to 3 changes each; `name` tells one log's events from another's.
    fn new(name: &str) -> Self {
        let events: Vec<_> = (0..ROWS).map(|row| event(name, row)).collect();
        let leaves: Vec<_> = events.iter().map(|(entry, _)| leaf_hash(entry.as_bytes())).collect();
        let mut tiles = Tiles::default();
        tiles.append(0, &leaves).unwrap();
        let key = "example.vn/audit".parse().unwrap();
        let key = SigningKey::generate(key, SignatureType::Signature).unwrap();
        Self { key, events, tiles, folder: TempDir::new().unwrap() }
    }

    fn checkpoint_of(&self, origin: &str, size: u64) -> String {
        let root = self.tiles.root(size).unwrap();
        let checkpoint = Checkpoint::new(origin.into(), size, root).unwrap();
        self.key.sign_note(&checkpoint.to_string()).unwrap().to_string()
    }

    fn checkpoint(&self, size: u64) -> String {
        self.checkpoint_of("example.vn/audit", size)
    }

    /// The lines of an export of some rows of the tree of `size`, for who knows that of `from`.
    fn lines(&self, rows: std::ops::Range<u64>, from: u64, size: u64) -> Vec<Value> {
        let mut lines: Vec<_> = rows
            .map(|sequence| {
                let (entry, changes) = &self.events[usize::try_from(sequence).unwrap()];
                let proof = texts(self.tiles.inclusion_proof(sequence, size).unwrap());
                json!({ "changes": changes, "entry": entry, "proof": proof, "sequence": sequence })
            })
            .collect();
        let consistency = match from {
            0 => vec![],
            _ => texts(self.tiles.consistency_proof(from, size).unwrap()),
        };
        lines.push(json!({ "checkpoint": self.checkpoint(size), "consistency": consistency }));
        lines
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn verify(&self, lines: &[Value], older: Option<&str>) -> Verdict {
        self.verify_text(&lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n"), older)
    }

    fn verify_text(&self, content: &str, older: Option<&str>) -> Verdict {
        let file = self.write("export.jsonl", content);
        let key = self.key.verifier().to_string();
        let older = older.map(|note| self.write("checkpoint", note));
        let mut arguments = vec!["export", file.to_str().unwrap(), "--key", &key];
        if let Some(older) = &older {
            arguments.extend(["--from", older.to_str().unwrap()]);
        }
        verify(&arguments)
    }
}

fn texts(hashes: Vec<Digest>) -> Vec<String> {
    hashes.into_iter().map(Digest::to_base64).collect()
}

/// The canonical text of an event, and those of its changes.
fn event(name: &str, row: u64) -> (String, Vec<String>) {
    let change = |field| json!({ "field": field, "after": format!("Ấp {name} {row}") }).to_string();
    let changes: Vec<_> = (0..row % 4).map(change).collect();
    let root = changes.iter().map(|text| leaf_hash(text.as_bytes())).collect::<Frontier>().root();
    let mut entry = json!({ "at": row, "by": name });
    // What was refused changed nothing, and its entry doesn't speak of changes.
    if !row.is_multiple_of(8) {
        entry["changes"] = json!({ "root": root.to_base64(), "size": changes.len() });
    }
    (entry.to_string(), changes)
}

#[test]
fn the_auditor_agrees_with_every_published_vector() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/merkle_vectors");
    let all = verify(&["vectors", folder.to_str().unwrap()]);
    assert_eq!(all, said(0, "196 vectors, 196 as expected"));

    let case = fs::read_to_string(folder.join("inclusion/0/happy-path.json")).unwrap();
    let other = TempDir::new().unwrap();
    let other_verdict = case.replace("\"wantErr\": false", "\"wantErr\": true");
    fs::write(other.path().join("case.json"), other_verdict).unwrap();
    let one = verify(&["vectors", other.path().to_str().unwrap()]);
    assert_eq!(one, said(1, "1 vectors, 0 as expected"));
}

#[test]
fn the_auditor_verifies_whole_exports_and_parts() {
    let log = Log::new("Hậu Giang");
    let all = said(0, "verified 300 events in the tree of 300");
    assert_eq!(log.verify(&log.lines(0..ROWS, 0, ROWS), None), all);
    for from in [0, 1, 2, 3, 255, 256, 257, 299, 300] {
        let lines = log.lines(from..ROWS, from, ROWS);
        let verified = said(0, &format!("verified {} events in the tree of 300", ROWS - from));
        assert_eq!(log.verify(&lines, Some(&log.checkpoint(from))), verified);
    }
    let part = log.lines(3..9, 0, 10);
    assert_eq!(log.verify(&part, None), said(0, "verified 6 events in the tree of 10"));
}

#[test]
fn the_auditor_names_what_was_altered() {
    let log = Log::new("Hậu Giang");
    let good = log.lines(10..20, 0, ROWS);
    let verdict_if = |alter: &dyn Fn(&mut Vec<Value>)| {
        let mut lines = good.clone();
        alter(&mut lines);
        log.verify(&lines, None)
    };
    let other_changes = said(1, "sequence 13 comes with other changes than it recorded");
    let altered = verdict_if(&|lines| lines[3]["changes"][0] = json!("{}"));
    assert_eq!(altered, other_changes);
    let left_out = verdict_if(&|lines| lines[3]["changes"] = json!([]));
    assert_eq!(left_out, other_changes);
    let made_up = verdict_if(&|lines| lines[6]["changes"] = json!(["{}"]));
    assert_eq!(made_up, said(1, "sequence 16 comes with other changes than it recorded"));

    let not_in_tree = said(1, "sequence 13 is not in the tree");
    let altered = verdict_if(&|lines| {
        let entry = lines[3]["entry"].as_str().unwrap().replace("Hậu Giang", "Hậu Gjang");
        lines[3]["entry"] = json!(entry);
    });
    assert_eq!(altered, not_in_tree);
    let unproved = verdict_if(&|lines| lines[3]["proof"] = lines[4]["proof"].clone());
    assert_eq!(unproved, not_in_tree);
    let cut = verdict_if(&|lines| drop(lines[3]["proof"].as_array_mut().unwrap().pop()));
    assert_eq!(cut, not_in_tree);

    let missing = said(1, "sequence 13 is missing");
    assert_eq!(verdict_if(&|lines| drop(lines.remove(3))), missing);
    assert_eq!(verdict_if(&|lines| lines.swap(3, 4)), missing);
    let renumbered = verdict_if(&|lines| {
        lines.remove(3);
        for (sequence, line) in (10..19).zip(lines) {
            line["sequence"] = json!(sequence);
        }
    });
    assert_eq!(renumbered, not_in_tree);
}

#[test]
fn the_auditor_refuses_other_keys_and_altered_checkpoints() {
    let (log, other) = (Log::new("Hậu Giang"), Log::new("Hậu Giang"));
    let unsigned = "the checkpoint is not signed by example.vn/audit with this key";
    assert_eq!(other.verify(&log.lines(0..5, 0, ROWS), None), said(1, unsigned));
    let mut lines = log.lines(0..5, 0, ROWS);
    lines[5]["checkpoint"] = json!(log.checkpoint(ROWS).replace("\n300\n", "\n301\n"));
    assert_eq!(log.verify(&lines, None), said(1, "not verified: InvalidSignature()"));
}

#[test]
fn the_auditor_notices_a_log_that_did_not_only_grow() {
    let (log, mut other) = (Log::new("Hậu Giang"), Log::new("Cần Thơ"));
    let lines = log.lines(0..5, 200, ROWS);
    let refused =
        |size| said(1, &format!("the tree of 300 did not grow from the older one of {size}"));
    assert_eq!(log.verify(&lines, Some(&log.checkpoint(199))), refused(199));
    assert_eq!(log.verify(&log.lines(0..5, 0, ROWS), Some(&log.checkpoint(200))), refused(200));
    assert_eq!(log.verify(&lines, Some(&log.checkpoint_of("elsewhere", 200))), refused(200));
    let unsigned = "the checkpoint is not signed by example.vn/audit with this key";
    assert_eq!(log.verify(&lines, Some(&other.checkpoint(200))), said(1, unsigned));
    let shrunk = said(1, "the tree of 250 did not grow from the older one of 300");
    assert_eq!(log.verify(&log.lines(0..5, 0, 250), Some(&log.checkpoint(ROWS))), shrunk);

    // The same key signed another past.
    other.key = SigningKey::from_text(&log.key.to_text()).unwrap();
    assert_eq!(log.verify(&lines, Some(&other.checkpoint(200))), refused(200));
    assert_eq!(log.verify(&lines, Some(&other.checkpoint(ROWS))), refused(ROWS));
}

#[test]
fn the_auditor_tells_what_is_malformed_without_a_traceback() {
    let log = Log::new("Hậu Giang");
    let lines = log.lines(0..2, 0, ROWS);
    let whole: Vec<_> = lines.iter().map(Value::to_string).collect();
    let without = |name: &str| {
        let mut line = lines[0].clone();
        line.as_object_mut().unwrap().remove(name);
        format!("{line}\n{}", whole[2])
    };
    for text in [
        String::new(),
        "[]".into(),
        "{".into(),
        "[".repeat(100_000),
        whole[..2].join("\n"),
        whole.join("\n")[..500].into(),
        format!("null\n{}", whole[2]),
        r#"{"checkpoint":"a\n\nb\n","consistency":[]}"#.into(),
        without("changes"),
        without("entry"),
        without("proof"),
        without("sequence"),
    ] {
        let (code, printed) = log.verify_text(&text, None);
        assert_eq!((code, printed.lines().count()), (1, 1), "{text}: {printed}");
    }
    let (code, printed) = log.verify(&lines, Some("not a note"));
    assert_eq!((code, printed.lines().count()), (1, 1), "{printed}");
    let file = log.write("export.jsonl", &whole.join("\n"));
    let (code, printed) = verify(&["export", file.to_str().unwrap(), "--key", "not a key"]);
    assert_eq!((code, printed.lines().count()), (1, 1), "{printed}");
    let (code, printed) = verify(&["export", "nowhere", "--key", "a+b+c"]);
    assert!(code == 1 && printed.contains("FileNotFoundError"), "{printed}");
    let (code, printed) = verify(&["export", "nowhere"]);
    assert!(code == 1 && printed.contains("--key VKEY"), "{printed}");
}
