//! `registry audit`: whoever has all rights on the database and changes the past is found out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use registry_testing::{Engine, on_both_engines};

use crate::harness::{Ended, Home, end};

on_both_engines!(
    an_untouched_registry_verifies,
    whatever_is_changed_beside_the_log_is_named,
    damage_is_named_and_nothing_panics,
    an_older_copy_is_noticed_by_a_kept_checkpoint,
    foreign_and_broken_checkpoints_are_refused,
    a_witness_signs_only_what_goes_on_from_what_it_saw,
    exports_are_verified_by_the_auditors_own_program,
);

/// A registry with something of everything in it; what is left to sequence is sequenced.
async fn seeded(engine: Engine) -> Home {
    let home = Home::new(engine).await;
    home.done(&["seed", "--scale", "small"]);
    home
}

/// A registry without any record of its own, which is enough where only the log matters.
async fn begun(engine: Engine) -> Home {
    let home = Home::new(engine).await;
    home.done(&["migrate", "up"]);
    home.done(&["partner", "register", "MOBI", "MobiFone"]);
    home
}

fn verify(home: &Home) -> Ended {
    home.run(&["audit", "verify"])
}

/// Carries out a statement in which `EVENT(n)` is the number of the event with the place n.
async fn tamper(home: &Home, statement: &str) {
    let number = "(SELECT event FROM audit_place WHERE sequence = ";
    home.tamper(&statement.replace("EVENT(", number)).await;
}

/// Checks that verification fails as a finding, and names what it must.
fn is_found(ended: &Ended, place: &str) {
    assert_eq!(ended.code, Some(1), "{place}: {ended:?}");
    assert!(ended.out.contains(place), "{place}: {ended:?}");
}

async fn an_untouched_registry_verifies(engine: Engine) {
    let home = seeded(engine).await;
    let told = home.done(&["audit", "verify"]);
    let events = home.number("SELECT COUNT(*) FROM audit_event").await;
    assert!(told.starts_with(&format!("{events} events, ")), "{told}");
    assert!(told.contains("0 events wait"), "{told}");
    let places = "SELECT MAX(sequence) - MIN(sequence) + 1 FROM audit_place";
    assert_eq!(home.number(places).await, events, "no gap");

    let kept = kept_checkpoint(&home);
    let checkpoint = fs::read_to_string(&kept).unwrap();
    assert!(checkpoint.contains(&format!("\n{events}\n")), "{checkpoint}");
    let key = home.done(&["audit", "key"]);
    let arguments = ["audit", "verify", "--from", kept.to_str().unwrap(), "--key", key.trim()];
    home.done(&arguments);
}

/// What somebody with full rights on the database does, and what must be named then.
const DEEDS: [(&[&str], &str); 21] = [
    (&["UPDATE audit_event SET actor = 'nobody' WHERE id = EVENT(5)"], "event 5 was altered"),
    (
        &["UPDATE audit_event SET recorded_at = '2020-01-01T00:00:00Z' WHERE id = EVENT(5)"],
        "event 5",
    ),
    (&["DELETE FROM audit_event WHERE id = EVENT(6)"], "event 6 is missing"),
    (
        &[
            "DELETE FROM audit_event WHERE id = (SELECT MAX(id) FROM audit_event)",
            "DELETE FROM audit_place WHERE sequence = (SELECT MAX(sequence) FROM audit_place)",
        ],
        "it was rolled back or events",
    ),
    (&["DELETE FROM audit_place WHERE sequence = 6"], "event 6 is missing"),
    (
        &[
            "DELETE FROM audit_place WHERE sequence = (SELECT MAX(sequence) FROM audit_place)",
            "DELETE FROM audit_checkpoint WHERE size = (SELECT MAX(size) FROM audit_checkpoint)",
        ],
        "1 event(s) neither have a place nor wait",
    ),
    (
        &[
            "UPDATE audit_event SET actor = 'nobody' WHERE id = EVENT(5)",
            "DELETE FROM audit_place WHERE sequence = 6",
        ],
        "thiếu sự kiện 6",
    ),
    (
        &["INSERT INTO audit_waiting (event) SELECT event FROM audit_place WHERE sequence = 5"],
        "1 event(s) have a place and wait",
    ),
    (
        &["INSERT INTO audit_waiting (event) SELECT MAX(event) + 1 FROM audit_place"],
        "1 event(s) that wait for a place are missing",
    ),
    (
        &["UPDATE audit_place SET actor = 'nobody' WHERE sequence = 5"],
        "event 5 is filed under another actor",
    ),
    (
        &[
            "UPDATE audit_place SET sequence = -1 WHERE sequence = 3",
            "UPDATE audit_place SET sequence = 3 WHERE sequence = 4",
            "UPDATE audit_place SET sequence = 4 WHERE sequence = -1",
        ],
        "event 3 was altered",
    ),
    (
        &["UPDATE household SET members = members + 1 WHERE number = 7"],
        "household/7 is not as its last event left it",
    ),
    (&["DELETE FROM household WHERE number = 7"], "household/7 is missing"),
    (
        &["DELETE FROM household_version WHERE number = 8 AND version = 1"],
        "household_version/8/1 is missing",
    ),
    (
        &["DELETE FROM certificate_report WHERE partner = 'VNPT' AND revision = 1"],
        "certificate_report/VNPT/",
    ),
    (
        &["INSERT INTO marketplace (code, name, valid_from, valid_until, version) \
           VALUES ('NEVER', 'Never', '2020-01-01', NULL, 1)"],
        "marketplace/NEVER was written by no event",
    ),
    (
        &["UPDATE audit_event SET changes = \
           (SELECT changes FROM audit_event other WHERE other.id = EVENT(7)) WHERE id = EVENT(8)"],
        "the changes of event 8 were altered",
    ),
    (&["UPDATE audit_checkpoint SET note = REPLACE(note, 'haugiang', 'saigon')"], "checkpoint of"),
    (
        &["UPDATE audit_checkpoint SET size = size + 1 \
           WHERE size = (SELECT MAX(size) FROM audit_checkpoint)"],
        "it is signed for",
    ),
    (&["UPDATE audit_tile SET place = 77 WHERE level = 0 AND place = 0"], "event 0 was altered"),
    (&["DELETE FROM audit_mention WHERE subject = 'household/9'"], "the index of events"),
];

async fn whatever_is_changed_beside_the_log_is_named(engine: Engine) {
    let home = seeded(engine).await;
    for (statements, place) in DEEDS {
        let copy = home.copy().await;
        for statement in statements {
            tamper(&copy, statement).await;
        }
        let ended = verify(&copy);
        is_found(&ended, place);
        if place.ends_with("is missing") && place.starts_with("event") {
            assert_eq!(
                ended.out.lines().count(),
                1,
                "nothing is said of what comes after: {ended:?}"
            );
        }
    }
}

/// A verification must not panic or give up, whatever stands in the tables.
async fn damage_is_named_and_nothing_panics(engine: Engine) {
    const DAMAGE: [(&str, &str); 6] = [
        ("UPDATE audit_event SET changes = changes_root WHERE id = EVENT(4)", "event 4"),
        ("UPDATE audit_event SET changes_root = NULL WHERE id = EVENT(4)", "event 4 was altered"),
        (
            "UPDATE audit_tile SET hashes = changes_root FROM audit_event WHERE audit_event.id = EVENT(4)",
            "event",
        ),
        ("UPDATE audit_checkpoint SET note = 'nothing'", "checkpoint of"),
        ("DELETE FROM audit_checkpoint", "no checkpoint signs"),
        ("DELETE FROM audit_tile", "event 0 was altered"),
    ];
    // PostgreSQL keeps what is no time out of the column itself.
    const NO_TIME: (&str, &str) =
        ("UPDATE audit_event SET recorded_at = 'x' WHERE id = EVENT(4)", "event 4 can't be read");
    let home = seeded(engine).await;
    let no_time = (engine == Engine::Sqlite).then_some(NO_TIME);
    for (statement, place) in DAMAGE.into_iter().chain(no_time) {
        let copy = home.copy().await;
        tamper(&copy, statement).await;
        let ended = verify(&copy);
        is_found(&ended, place);
        assert!(!ended.err.contains("panicked"), "{statement}: {ended:?}");
    }
}

async fn an_older_copy_is_noticed_by_a_kept_checkpoint(engine: Engine) {
    let home = begun(engine).await;
    let older = home.copy().await;
    home.done(&["partner", "update", "VNPT", "--name", "VNPT Cần Thơ"]);
    let kept = kept_checkpoint(&home);
    let kept = ["audit", "verify", "--from", kept.to_str().unwrap()];
    home.done(&kept);
    assert_eq!(verify(&older).code, Some(0), "the copy is whole in itself");
    is_found(&older.run(&kept), "it was rolled back");

    // Whoever has the data key as well can make a log anew; not one that was signed before.
    for statement in [
        "UPDATE audit_event SET actor = 'nobody' WHERE id = EVENT(1)",
        "INSERT INTO audit_waiting (event) SELECT event FROM audit_place",
        "DELETE FROM audit_place",
        "DELETE FROM audit_mention",
        "DELETE FROM audit_tile",
        "DELETE FROM audit_checkpoint",
    ] {
        tamper(&home, statement).await;
    }
    home.done(&["audit", "checkpoint"]);
    home.done(&["audit", "verify"]);
    is_found(&home.run(&kept), "are not those that the checkpoint of");
}

/// The newest checkpoint in a file.
fn kept_checkpoint(home: &Home) -> PathBuf {
    let file = home.file("kept.checkpoint");
    fs::write(&file, home.done(&["audit", "checkpoint"])).unwrap();
    file
}

async fn foreign_and_broken_checkpoints_are_refused(engine: Engine) {
    let home = begun(engine).await;
    let stranger = Home::new(engine).await;
    stranger.done(&["migrate", "up"]);
    let foreign = kept_checkpoint(&stranger);
    let own = kept_checkpoint(&home);
    let from = |file: &Path| home.run(&["audit", "verify", "--from", file.to_str().unwrap()]);
    assert_eq!(from(&own).code, Some(0));
    let refused = from(&foreign);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("kept.checkpoint"), "{refused:?}");

    let text = fs::read_to_string(&own).unwrap();
    for length in [0, 10, text.len() / 2, text.len() - 2] {
        fs::write(&own, &text[..text.floor_char_boundary(length)]).unwrap();
        let cut = from(&own);
        assert_eq!(cut.code, Some(1), "{length}: {cut:?}");
    }
    fs::write(&own, &text).unwrap();
    assert_eq!(from(&home.file("nowhere")).code, Some(7));

    let other_key = stranger.done(&["audit", "key"]);
    let wrong = home.run(&["audit", "verify", "--key", other_key.trim()]);
    is_found(&wrong, "another log key");
    let no_key = home.run(&["audit", "verify", "--key", "nothing"]);
    assert_eq!(no_key.code, Some(2), "{no_key:?}");
}

async fn a_witness_signs_only_what_goes_on_from_what_it_saw(engine: Engine) {
    let home = begun(engine).await;
    let (key, state) = (home.file("witness.key"), home.file("witness.state"));
    let (key, state) = (key.to_str().unwrap(), state.to_str().unwrap());
    let witness = home.done(&["audit", "new-witness", "kiemtoan.example/1", "--key", key]);
    let log = home.done(&["audit", "key"]);
    let older = home.copy().await;
    let look = ["audit", "witness", "--key", key, "--state", state, "--log", log.trim()];
    let first = home.done(&look);
    assert!(first.contains("\n— kiemtoan.example/1 "), "{first}");
    // What it signed is part of the checkpoint from then on, for everyone.
    assert_eq!(home.done(&["audit", "checkpoint"]), first);

    home.done(&["partner", "update", "VNPT", "--name", "VNPT Cần Thơ"]);
    let second = home.done(&look);
    assert_ne!(second, first);
    let ended = older.run(&look);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("rolled back"), "{ended:?}");

    // The same by file: signed elsewhere, added here.
    fs::write(home.file("signed"), &first).unwrap();
    let signed = home.file("signed");
    let add = ["audit", "cosign", signed.to_str().unwrap(), "--witness", witness.trim()];
    home.done(&add);
    fs::write(&signed, second.replace("kiemtoan", "kiemtoam")).unwrap();
    assert_eq!(home.run(&add).code, Some(1));
    home.done(&["audit", "verify"]);
}

async fn exports_are_verified_by_the_auditors_own_program(engine: Engine) {
    let home = seeded(engine).await;
    let kept = kept_checkpoint(&home);
    home.done(&["partner", "update", "VNPT", "--name", "VNPT Cần Thơ"]);
    // Refused: an event without changes.
    assert_eq!(home.run(&["token", "revoke", "nobody's"]).code, Some(1));
    let exported = home.done(&["audit", "export", "--since", kept.to_str().unwrap()]);
    let key = home.done(&["audit", "key"]);
    let check = |text: &str| {
        let file = home.file("export.jsonl");
        fs::write(&file, text).unwrap();
        let program =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/auditor/verify.py");
        let mut python = Command::new("python3");
        python.arg(program).arg("export").arg(&file).args(["--key", key.trim()]);
        end(python.arg("--from").arg(&kept))
    };
    let whole = check(&exported);
    assert_eq!(whole.code, Some(0), "{whole:?}");
    let lines = exported.lines().count();
    assert!(whole.out.contains(&format!("verified {} events", lines - 1)), "{whole:?}");
    let altered = exported.replacen("\\\"members\\\":", "\\\"members\\\":1", 1);
    assert_ne!(altered, exported);
    assert_eq!(check(&altered).code, Some(1));
    let without_one: Vec<_> = exported.lines().enumerate().filter(|(at, _)| *at != 3).collect();
    let without_one: Vec<_> = without_one.into_iter().map(|(_, line)| line).collect();
    assert_eq!(check(&without_one.join("\n")).code, Some(1));

    let part = home.done(&["audit", "export", "--from", "2", "--to", "5"]);
    assert_eq!(part.lines().count(), 4, "three events and the checkpoint");
    for wrong in [["--from", "5", "--to", "2"], ["--from", "0", "--to", "99999999"]] {
        let refused = home.run(&[["audit", "export"].as_slice(), &wrong].concat());
        assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""), "{refused:?}");
    }
}
