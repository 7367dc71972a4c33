//! The auditor's handbook: its commands run one after the other, and print what it shows.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::harness::{bare, end};

/// What the page calls the address of the registry.
const ADDRESS: &str = "127.0.0.1:8080";

/// No command prints it: it ends what a block printed.
const END: &str = "\u{c}\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Commands of the page, and what it shows that they print, if it does.
struct Block {
    commands: String,
    shown: Option<String>,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for fenced in page.split("\n```").skip(1).step_by(2) {
        let (language, content) = fenced.split_once('\n').unwrap();
        match language {
            "sh" => blocks.push(Block { commands: content.to_owned(), shown: None }),
            "text" => blocks.last_mut().unwrap().shown = Some(content.to_owned()),
            other => panic!("nobody runs a block of {other}"),
        }
    }
    blocks
}

/// A shell in a folder of its own that finds `registry`, and the registry a free port.
fn run(blocks: &[Block]) -> String {
    let folder = TempDir::new().unwrap();
    std::os::unix::fs::symlink(root().join("examples"), folder.path().join("examples")).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let mut script = "exec 2>&1\ntrap 'kill $(jobs -p) 2> kill.log || true' EXIT\n".to_owned();
    for block in blocks {
        script.push_str(&block.commands.replace(ADDRESS, &address));
        script.push_str("\nprintf '\\f\\n'\n");
    }
    // A shell as free of settings as the registry itself is in other tests.
    let registry = bare(&[]);
    let mut shell = Command::new("bash");
    for (name, value) in registry.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let bin = Path::new(registry.get_program()).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    shell.env("PATH", format!("{}:{path}", bin.display()));
    shell.env("REGISTRY_HTTP__LISTEN", &address).env("NO_PROXY", "127.0.0.1");
    shell.args(["-eo", "pipefail", "-c", &script]).current_dir(folder.path());
    let ended = end(&mut shell);
    let log = fs::read_to_string(folder.path().join("serve.log")).unwrap_or_default();
    assert_eq!(ended.code, Some(0), "{ended:#?}\n{log}");
    ended.out
}

/// Whether lines are those that are shown; `…` alone in a line stands for any number of them.
fn are_shown(shown: &[&str], told: &[&str]) -> bool {
    match shown {
        [] => told.is_empty(),
        ["…", rest @ ..] => (0..=told.len()).any(|left_out| are_shown(rest, &told[left_out..])),
        [line, rest @ ..] => told
            .split_first()
            .is_some_and(|(first, told)| is_shown(line, first) && are_shown(rest, told)),
    }
}

/// Whether a line is the one that is shown; `…` stands for anything but nothing.
fn is_shown(shown: &str, told: &str) -> bool {
    let Some((begin, rest)) = shown.split_once('…') else { return shown == told };
    let Some(told) = told.strip_prefix(begin) else { return false };
    let ends = told.char_indices().map(|(at, c)| at + c.len_utf8());
    ends.into_iter().any(|end| is_shown(rest, &told[end..]))
}

#[tokio::test]
async fn the_auditor_s_handbook_shows_what_its_commands_print() {
    let page = fs::read_to_string(root().join("docs/auditors.md")).unwrap();
    let blocks = blocks(&page);
    assert!(blocks.len() > 10, "the page has lost its commands");
    let told = run(&blocks);
    let told: Vec<_> = told.split_terminator(END).collect();
    assert_eq!(told.len(), blocks.len(), "{told:#?}");
    for (block, told) in blocks.iter().zip(told) {
        let Some(shown) = &block.shown else { continue };
        let (shown, lines) = (shown.lines().collect::<Vec<_>>(), told.lines().collect::<Vec<_>>());
        assert!(are_shown(&shown, &lines), "{}\nprinted\n{told}", block.commands);
    }
}
