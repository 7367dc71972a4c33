//! What the pages in `docs/` say of the tests.

use std::fs;
use std::path::{Path, PathBuf};

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The file of a test as `docs/privacy.md` names it.
fn file(named: &str) -> PathBuf {
    let below = ["http/", "command/"].iter().any(|folder| named.starts_with(folder));
    crates().join(if below { "server/tests" } else { "" }).join(named)
}

#[test]
fn every_test_that_the_page_on_privacy_names_is_there() {
    let page = fs::read_to_string(crates().join("../docs/privacy.md")).unwrap();
    let (mut current, mut named) = (String::new(), 0);
    for quoted in page.lines().flat_map(|line| line.split('`').skip(1).step_by(2)) {
        let Some((path, test)) = quoted.split_once("::") else { continue };
        if !path.is_empty() {
            path.clone_into(&mut current);
        }
        if test == "test" {
            // The page says how it names tests.
            continue;
        }
        let text =
            fs::read_to_string(file(&current)).unwrap_or_else(|why| panic!("{quoted}: {why}"));
        assert!(text.contains(&format!("fn {test}(")), "{test} is not in {current}");
        named += 1;
    }
    assert!(named > 30, "the page names {named} tests");
}
