//! Every operation in `examples/` runs against the demo province and answers as it did before.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::{Home, Server};
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(every_example_answers_on_the_demo_province);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

/// The operations by name: first those that read, so that they see the province as generated.
fn examples() -> Vec<(String, String)> {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|ending| ending == "graphql"));
    let mut found: Vec<_> = files
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    found.sort_by_key(|(name, text)| (text.contains("\nmutation"), name.clone()));
    found
}

fn variables(name: &str) -> Value {
    match fs::read_to_string(folder().join(format!("{name}.json"))) {
        Ok(text) => serde_json::from_str(&text).unwrap(),
        Err(_) => json!({}),
    }
}

async fn every_example_answers_on_the_demo_province(engine: Engine) {
    let home = Home::new(engine).await;
    home.done(&["seed", "--scale", "small"]);
    let server = home.serve();
    let examples = examples();
    assert!(!examples.is_empty());
    for (name, query) in examples {
        let answer = server.answer(&query, &variables(&name)).await;
        assert_eq!(answer.get("errors"), None, "{name}: {answer:#}");
        insta::with_settings!({ snapshot_path => "answers", prepend_module_to_snapshot => false }, {
            insta::assert_json_snapshot!(name, answer["data"]);
        });
    }
    a_retry_is_answered_like_the_first(&server).await;
    assert_eq!(server.stop(), Some(0));
    assert_eq!(home.done(&["rollup", "check"]), "no difference / không có sai lệch\n");
}

async fn a_retry_is_answered_like_the_first(server: &Server) {
    let (_, query) = examples().into_iter().find(|(name, _)| name == "register_household").unwrap();
    let answer = server.answer(&query, &variables("register_household")).await;
    assert_eq!(answer["data"]["registerHousehold"]["replayed"], true);
}
