//! What is wrong with a set-up is told in a sentence and an exit code, never by a panic.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use crate::harness::{Ended, Home, bare, end};
use registry_testing::{Engine, on_both_engines};

on_both_engines!(
    a_database_of_a_newer_version_is_left_alone,
    a_database_without_its_migrations_says_how_to_get_them,
    a_missing_or_wrong_data_key_is_told,
);

fn assert_told(ended: &Ended, code: i32, stable: &str, text: &str) {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    assert!(ended.err.contains(&format!("[{stable}]")), "{ended:?}");
    assert!(ended.err.contains(text), "{ended:?}");
    assert!(!ended.err.contains("panicked"), "{ended:?}");
}

async fn a_database_of_a_newer_version_is_left_alone(engine: Engine) {
    let home = Home::new(engine).await;
    home.done(&["migrate", "up"]);
    home.tamper("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 1)")
        .await;
    for command in [&["migrate", "up"][..], &["serve", "--listen", "127.0.0.1:0"]] {
        assert_told(&home.run(command), 4, "SCHEMA_NEWER", "newer version");
    }
}

async fn a_database_without_its_migrations_says_how_to_get_them(engine: Engine) {
    let home = Home::new(engine).await;
    home.done(&["migrate", "up"]);
    home.run(&["rollup", "check"]);
    home.done(&["migrate", "down"]);
    let ended = home.run(&["rollup", "check"]);
    assert_told(&ended, 4, "SCHEMA_OUTDATED", "registry migrate up");
}

async fn a_missing_or_wrong_data_key_is_told(engine: Engine) {
    let home = Home::new(engine).await;
    home.done(&["seed", "--scale", "small"]);
    let key = home.file("data.key");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let right = fs::read_to_string(&key).unwrap();

    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    assert_told(&home.run(&["rollup", "check"]), 5, "OPEN_DATA_KEY", "chmod 600");
    fs::remove_file(&key).unwrap();
    assert_told(&home.run(&["rollup", "check"]), 5, "MISSING_DATA_KEY", "data.key");
    assert!(!key.exists(), "no new key for an old database");

    let with_key =
        |key: &str| end(home.command(&["rollup", "check"]).env("REGISTRY_DATA_KEY", key));
    assert_told(&with_key("abc"), 5, "MALFORMED_DATA_KEY", "REGISTRY_DATA_KEY");
    let other = with_key(&"ab".repeat(32));
    assert_told(&other, 5, "WRONG_DATA_KEY", "key id");
    assert!(!other.err.contains("abab"), "{other:?}");
    assert_eq!(with_key(&right).code, Some(0));
}

#[tokio::test]
async fn a_port_in_use_is_told_before_anything_is_made() {
    let home = Home::new(Engine::Sqlite).await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = home.run(&["serve", "--demo", "--listen", &address]);
    assert_told(&ended, 6, "CANNOT_LISTEN", &address);
    assert!(!home.file("data.key").exists());
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told() {
    // Read-only for everyone, the superuser too.
    let ended = end(bare(&["migrate", "up", "--data", "/proc/registry"]).stdout(Stdio::null()));
    assert_told(&ended, 7, "FILE", "/proc/registry");
    let ended = end(&mut bare(&["serve", "--data", "/sys", "--listen", "127.0.0.1:0"]));
    assert_told(&ended, 7, "FILE", "/sys");
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_told_without_its_password() {
    let home = Home::new(Engine::Sqlite).await;
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://anna:s3cret@{closed}/registry");
    let ended = end(home.command(&["rollup", "check"]).env("DATABASE_URL", "unused"));
    assert_eq!(ended.code, Some(4), "the flag wins: {ended:?}");
    let ended = end(&mut bare(&["migrate", "up", "--database", &url, "--data", "/tmp"]));
    assert_told(&ended, 4, "CANNOT_OPEN", "postgres://anna@");
    assert!(!ended.err.contains("s3cret"), "{ended:?}");
    let ended = end(&mut bare(&["migrate", "up", "--database", "mysql://x/y"]));
    assert_told(&ended, 3, "CONFIGURATION", "sqlite:PATH");
}

#[tokio::test]
async fn a_damaged_file_is_no_database() {
    let home = Home::new(Engine::Sqlite).await;
    fs::write(home.file("registry.sqlite"), "this is a text, not a database ".repeat(99)).unwrap();
    let ended = home.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(!ended.err.contains("panicked"), "{ended:?}");
}
