//! How the scripts are called, and what may not be seen of it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use registry_testing::Engine;
use tempfile::TempDir;

use super::{Kit, PYTHON, Province, SCRIPTS, SHELL, example, new_key, require_tools};
use crate::harness::end;

#[tokio::test]
async fn no_secret_is_seen_in_the_list_of_processes() {
    let province = Province::new(Engine::Sqlite).await;
    let folder = province.home.file("spies");
    fs::create_dir(&folder).unwrap();
    let log = province.home.file("arguments");
    for tool in ["curl", "openssl", "jq"] {
        let found =
            Command::new("sh").args(["-c", &format!("command -v {tool}")]).output().unwrap();
        let found = String::from_utf8(found.stdout).unwrap();
        let spy = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$0 $*\" >>'{}'\nexec {} \"$@\"\n",
            log.display(),
            found.trim()
        );
        fs::write(folder.join(tool), spy).unwrap();
        fs::set_permissions(folder.join(tool), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let key = fs::read_to_string(&province.key).unwrap();
    let secret = key.lines().nth(1).unwrap();
    for (script, period) in [(SHELL, "2025-08"), (PYTHON, "2025-09")] {
        let kit = province.kit(script);
        let post = ["post", "counts.csv", "--period", period, "--cumulative", "5000"];
        let posted = end(kit.command(&post).env("PATH", &path));
        assert_eq!(posted.code, Some(0), "{script}: {posted:?}");
        let seen = fs::read_to_string(&log).unwrap();
        assert!(seen.contains("openssl pkeyutl -sign"), "{script}: {seen}");
        // Each header of a JWS begins so: the assertion's, the token's, the receipt's.
        for text in [&seen, &posted.out, &posted.err] {
            assert!(!text.contains("eyJ") && !text.contains(secret), "{script}: {text}");
        }
        fs::remove_file(&log).unwrap();
    }
}

#[test]
fn wrong_usage_is_told_before_anything_is_sent() {
    require_tools();
    let folder = TempDir::new().unwrap();
    let key = new_key(&folder.path().join("key.pem"));
    let parsed = Command::new("sh").arg("-n").arg(example(SHELL)).status().unwrap();
    assert!(parsed.success());
    for script in SCRIPTS {
        let kit = Kit::new(script, &key, "http://127.0.0.1:9");
        fs::copy(example("counts.csv"), kit.file("counts.csv")).unwrap();
        kit.write("semicolons.csv", "unit;issued;renewed;revoked\n");
        kit.write("no.pem", "no key");
        let usual = ["post", "counts.csv", "--period", "2025-08", "--cumulative", "1"];
        let with = |more: &[&'static str]| [&usual[..], more].concat();
        for wrong in [
            vec![],
            vec!["send"],
            vec!["post"],
            vec!["post", "nowhere.csv", "--period", "2025-08", "--cumulative", "1"],
            vec!["post", "semicolons.csv", "--period", "2025-08", "--cumulative", "1"],
            with(&["--period", "08/2025"]),
            with(&["--period", "../../tmp"]),
            with(&["--cumulative", "1.000"]),
            with(&["--partner", "../VNPT"]),
            with(&["--url", "http://registry.haugiang.gov.vn"]),
            with(&["--url", "http://127.0.0.1.example.vn"]),
            with(&["--key", "no.pem"]),
            with(&["--key", "nowhere.pem"]),
            with(&["--key-id", ""]),
            with(&["--tries", "0"]),
            with(&["--delay-ms", "soon"]),
            with(&["--attempt", "0"]),
            with(&["--receipts", "/proc/receipts"]),
            with(&["--colour", "red"]),
            with(&["--reason"]),
            vec!["verify", "nowhere.jws"],
        ] {
            let ended = kit.run(&wrong);
            assert_eq!((ended.code, &*ended.out), (Some(2), ""), "{script} {wrong:?}: {ended:?}");
            assert_ne!(ended.err, "", "{script} {wrong:?}");
        }
        let help = kit.told(&["--help"]);
        assert!(help.1.contains("4 the receipt does not verify"), "{script}: {help:?}");
    }
}
