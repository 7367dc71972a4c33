//! `registry audit … --tiles`: the log verified and witnessed from elsewhere, over HTTP alone.

use std::fs;
use std::path::PathBuf;

use registry_testing::{Engine, on_both_engines};

use crate::harness::{Ended, Home, Server};

on_both_engines!(
    a_served_log_is_verified_with_a_key_and_a_token,
    a_served_log_that_was_changed_or_rolled_back_is_found_out,
    a_witness_follows_a_served_log,
);

/// Says the partner's registration again, so that the log fills whole tiles and part of one.
const REPEAT: &str = "
    WITH RECURSIVE time(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM time WHERE n < 600)
    INSERT INTO audit_event (recorded_at, actor, token, action, request_id, subjects, purpose,
        refusal, changes, changes_size, changes_root)
    SELECT recorded_at, actor, token, action, request_id, subjects, purpose,
        refusal, changes, changes_size, changes_root
    FROM audit_event, time WHERE action = 'partner.register'";

/// What is put into the log so waits for its place.
const WAIT: &str = "
    INSERT INTO audit_waiting (event) SELECT id FROM audit_event
    WHERE id NOT IN (SELECT event FROM audit_place)";

/// A registry with a log of several tiles; an auditor's token lies in a file.
async fn long_log(engine: Engine) -> Home {
    let home = Home::new(engine).await;
    home.done(&["migrate", "up"]);
    home.done(&["partner", "register", "MOBI", "MobiFone"]);
    home.done(&["audit", "checkpoint"]);
    home.tamper(REPEAT).await;
    home.tamper(WAIT).await;
    fs::write(token(&home), home.done(&["token", "issue", "--role", "auditor"])).unwrap();
    home.done(&["audit", "verify"]);
    home
}

fn token(home: &Home) -> PathBuf {
    home.file("auditor.token")
}

fn key(home: &Home) -> String {
    home.done(&["audit", "key"]).trim().to_owned()
}

/// Where the log is served.
fn log(server: &Server) -> String {
    server.address.replace("/graphql", "/log")
}

/// Verifies a served log as an auditor with nothing but its address, its key, and a token.
fn verify(auditor: &Home, server: &Server, key: &str, more: &[&str]) -> Ended {
    let (log, token) = (log(server), token(auditor));
    let usual = ["audit", "verify", "--tiles", &log, "--key", key];
    auditor.run(&[&usual, ["--token", token.to_str().unwrap()].as_slice(), more].concat())
}

fn is_found(ended: &Ended, what: &str) {
    assert_eq!(ended.code, Some(1), "{what}: {ended:?}");
    let told = [ended.out.as_str(), ended.err.as_str()].concat();
    assert!(told.contains(what), "{what}: {ended:?}");
}

async fn a_served_log_is_verified_with_a_key_and_a_token(engine: Engine) {
    let home = long_log(engine).await;
    let kept = home.file("kept.checkpoint");
    fs::write(&kept, home.done(&["audit", "checkpoint"])).unwrap();
    home.done(&["partner", "update", "MOBI", "--name", "MobiFone Cần Thơ"]);
    home.done(&["audit", "checkpoint"]);
    let events = home.number("SELECT COUNT(*) FROM audit_event").await;
    let (server, key) = (home.serve_closed(), key(&home));
    for more in [&[][..], &["--from", kept.to_str().unwrap()]] {
        let verified = verify(&home, &server, &key, more);
        assert_eq!(verified.code, Some(0), "{verified:?}");
        assert!(verified.out.starts_with(&format!("{events} events make")), "{verified:?}");
    }

    let stranger = Home::new(engine).await;
    stranger.done(&["migrate", "up"]);
    is_found(&verify(&home, &server, &self::key(&stranger), &[]), "checkpoint");
    let reader = stranger.file("auditor.token");
    fs::write(reader, home.done(&["token", "issue", "--role", "reader"])).unwrap();
    let refused = verify(&stranger, &server, &key, &[]);
    assert_eq!(refused.code, Some(8), "{refused:?}");
    assert!(refused.err.contains("403"), "{refused:?}");
    let log = log(&server);
    let refused = home.run(&["audit", "verify", "--tiles", &log, "--key", &key]);
    assert_eq!(refused.code, Some(8), "{refused:?}");
    assert!(refused.err.contains("401") && refused.err.contains("--token"), "{refused:?}");
    assert_eq!(home.run(&["audit", "verify", "--tiles", &log]).code, Some(2), "no key");
    let gone = home.run(&["audit", "verify", "--tiles", "http://127.0.0.1:9/log", "--key", &key]);
    assert_eq!(gone.code, Some(8), "an address where nobody listens: {gone:?}");
}

async fn a_served_log_that_was_changed_or_rolled_back_is_found_out(engine: Engine) {
    let home = long_log(engine).await;
    let (older, key) = (home.copy().await, key(&home));
    let changed = home.copy().await;
    changed
        .tamper(
            "UPDATE audit_event SET actor = 'nobody' \
         WHERE id = (SELECT event FROM audit_place WHERE sequence = 300)",
        )
        .await;
    is_found(&verify(&home, &changed.serve_closed(), &key, &[]), "event 300 is not the one");

    home.done(&["partner", "update", "MOBI", "--name", "MobiFone Cần Thơ"]);
    let kept = home.file("kept.checkpoint");
    fs::write(&kept, home.done(&["audit", "checkpoint"])).unwrap();
    let from = ["--from", kept.to_str().unwrap()];
    is_found(&verify(&home, &older.serve_closed(), &key, &from), "it was rolled back");
    // Going on from the older copy with another event doesn't help.
    older.done(&["partner", "update", "MOBI", "--name", "MobiFone Hậu Giang"]);
    older.done(&["partner", "update", "MOBI", "--name", "MobiFone"]);
    older.done(&["audit", "checkpoint"]);
    is_found(&verify(&home, &older.serve_closed(), &key, &from), "are not those");
}

async fn a_witness_follows_a_served_log(engine: Engine) {
    let home = long_log(engine).await;
    let (older, log_key) = (home.copy().await, key(&home));
    let (key, state) = (home.file("witness.key"), home.file("witness.state"));
    let (key, state) = (key.to_str().unwrap(), state.to_str().unwrap());
    let witness = home.done(&["audit", "new-witness", "kiemtoan.example/1", "--key", key]);
    let look = |server: &Server| {
        let log = log(server);
        let at = ["audit", "witness", "--tiles", &log, "--log", &log_key];
        home.run(&[at.as_slice(), &["--key", key, "--state", state]].concat())
    };
    let first = look(&home.serve_closed());
    assert_eq!(first.code, Some(0), "{first:?}");
    assert!(first.out.contains("\n— kiemtoan.example/1 "), "{first:?}");

    home.done(&["partner", "update", "MOBI", "--name", "MobiFone Cần Thơ"]);
    home.done(&["audit", "checkpoint"]);
    let second = look(&home.serve_closed());
    assert_eq!(second.code, Some(0), "{second:?}");
    assert_ne!(second.out, first.out);
    is_found(&look(&older.serve_closed()), "does not go on from the checkpoint seen last");
    assert_eq!(fs::read_to_string(state).unwrap(), second.out, "what it saw stays");

    // The registry takes the signature from a file.
    let signed = home.file("signed");
    fs::write(&signed, &second.out).unwrap();
    home.done(&["audit", "cosign", signed.to_str().unwrap(), "--witness", witness.trim()]);
    assert_eq!(home.done(&["audit", "checkpoint"]), second.out);
}
