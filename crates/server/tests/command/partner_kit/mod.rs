//! A partner's kit in `examples/partner` against the registry: a folder with one script, as a partner has it.

mod failures;
mod receipts;
mod reports;
mod usage;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use registry_testing::Engine;
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Ended, Home, Server, end};

const SHELL: &str = "post_counts.sh";
const PYTHON: &str = "post_counts.py";
const SCRIPTS: [&str; 2] = [SHELL, PYTHON];

const REPORTS: &str = "SELECT COUNT(*) FROM certificate_report";

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/partner").join(name)
}

/// A folder of the partner's with one script, and what it was told.
struct Kit {
    script: &'static str,
    folder: TempDir,
    url: String,
}

impl Kit {
    fn new(script: &'static str, key: &Path, url: &str) -> Self {
        let folder = TempDir::new().unwrap();
        fs::copy(example(script), folder.path().join(script)).unwrap();
        fs::copy(key, folder.path().join("key.pem")).unwrap();
        fs::create_dir(folder.path().join("tmp")).unwrap();
        Self { script, folder, url: url.to_owned() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.file(name), content).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(if self.script == SHELL { "sh" } else { "python3" });
        command.arg(self.script).args(arguments).current_dir(self.folder.path());
        let settings = [
            ("REGISTRY_URL", self.url.as_str()),
            ("PARTNER", "VNPT"),
            ("KEY_FILE", "key.pem"),
            ("KEY_ID", "machine-1"),
            ("RETRY_DELAY_MS", "1"),
            ("ACCEPT_LANGUAGE", "en"),
            ("NO_PROXY", "127.0.0.1"),
            ("no_proxy", "127.0.0.1"),
        ];
        command.envs(settings).env("TMPDIR", self.file("tmp")).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let ended = end(&mut self.command(arguments));
        let left = fs::read_dir(self.file("tmp")).unwrap().count();
        assert_eq!(left, 0, "{} left files behind: {ended:?}", self.script);
        ended
    }

    /// What it printed and how it ended.
    fn told(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let ended = self.run(arguments);
        assert_eq!(ended.err, "", "{}", self.script);
        (ended.code, ended.out)
    }

    fn posted(&self, period: &str, more: &[&str]) -> Ended {
        let post = ["post", "counts.csv", "--period", period, "--cumulative", "5000"];
        self.run(&[&post, more].concat())
    }
}

/// The kit's programs must be there; the tests of a kit that nobody can run are not skipped.
fn require_tools() {
    for (tool, argument) in [
        ("curl", "--version"),
        ("openssl", "version"),
        ("jq", "--version"),
        ("python3", "--version"),
    ] {
        let asked = Command::new(tool).arg(argument).stdout(Stdio::null()).status();
        assert!(
            asked.is_ok_and(|status| status.success()),
            "{tool} is missing; run `cargo xtask test`, or as root: apt-get install curl openssl jq python3"
        );
    }
}

/// A registry where VNPT has an agreement and a key, and must sign.
struct Province {
    home: Home,
    server: Server,
    key: PathBuf,
}

impl Province {
    async fn new(engine: Engine) -> Self {
        require_tools();
        let home = Home::new(engine).await;
        home.done(&["migrate", "up"]);
        let key = new_key(&home.file("partner.pem"));
        // Each script prints the same set; either may be handed in.
        let sets = SCRIPTS.map(|script| Kit::new(script, &key, "").told(&["jwks"]));
        let [(_, shell), (code, python)] = &sets;
        let read = |set: &str| serde_json::from_str::<Value>(set).unwrap();
        assert_eq!((*code, read(shell)), (Some(0), read(python)));
        fs::write(home.file("keys.json"), shell).unwrap();
        home.done(&["partner", "keys", "VNPT", home.file("keys.json").to_str().unwrap()]);
        let agreed = ["--agreement", "01/TT", "--agreed-from", "2021-07-01"];
        let signed = ["--signatures-required", "true"];
        home.done(&[&["partner", "update", "VNPT"], &agreed[..], &signed].concat());
        let server = home.serve_closed();
        Self { home, server, key }
    }

    fn url(&self) -> &str {
        self.server.address.strip_suffix("/graphql").unwrap_or(&self.server.address)
    }

    fn kit(&self, script: &'static str) -> Kit {
        let kit = Kit::new(script, &self.key, self.url());
        kit.write("counts.csv", month());
        kit
    }
}

fn new_key(file: &Path) -> PathBuf {
    let mut openssl = Command::new("openssl");
    openssl.args(["genpkey", "-algorithm", "ed25519", "-out"]).arg(file);
    assert!(openssl.status().unwrap().success());
    file.to_owned()
}

/// Counts of all communes since July 2025, not in the order of their codes.
fn month() -> String {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds/units_2025.csv");
    let seeds = fs::read_to_string(seeds).unwrap();
    let communes = seeds.lines().filter(|line| line.contains(",92,"));
    let codes: Vec<_> = communes.map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(codes.len(), 28);
    let rows = codes.iter().rev().enumerate().map(|(at, code)| format!("{code},{at},2,1\n"));
    format!("unit,issued,renewed,revoked\n{}", rows.collect::<String>())
}
