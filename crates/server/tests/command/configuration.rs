//! Settings come from defaults, a file, the environment and flags; what is in force can be shown.

use std::fs;

use crate::harness::{Home, bare, end};
use registry_testing::Engine;

#[tokio::test]
async fn the_later_source_wins_and_is_named() {
    let home = Home::new(Engine::Sqlite).await;
    let file = home.file("registry.toml");
    fs::write(&file, "[http]\nbody_limit = 1000\nmax_concurrent = 7\n[graphql]\nmax_page = 9\n")
        .unwrap();
    let mut command = bare(&["config", "show", "--data", home.folder().to_str().unwrap()]);
    command.env("REGISTRY_HTTP__BODY_LIMIT", "2000").env("REGISTRY_GRAPHQL__MAX_PAGE", "10");
    command.env("DATABASE_URL", "postgres://anna:s3cret@db.example/registry");
    command.env("REGISTRY_DATA_KEY", "ab".repeat(32));
    let shown = end(&mut command);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    let line = |name: &str| {
        let line = shown.out.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("http.body_limit"), "2000 (environment)");
    assert_eq!(line("http.max_concurrent"), format!("7 ({})", file.display()));
    assert_eq!(line("graphql.max_page"), "10 (environment)");
    assert_eq!(line("graphql.max_depth"), "20 (default)");
    assert_eq!(line("database.url"), "postgres://anna@db.example/registry (environment)");
    assert_eq!(line("data key"), "key … (REGISTRY_DATA_KEY)");
    assert!(!shown.out.contains("s3cret") && !shown.out.contains("abab"), "{}", shown.out);

    command.args(["--database", "sqlite:elsewhere.sqlite"]);
    let shown = end(&mut command);
    assert!(shown.out.contains("sqlite:elsewhere.sqlite"), "{}", shown.out);
    assert!(shown.out.contains("(--database)"), "{}", shown.out);
}

#[tokio::test]
async fn a_wrong_setting_is_told_by_name_and_place() {
    let home = Home::new(Engine::Sqlite).await;
    let file = home.file("registry.toml");
    let cases = [
        ("[http]\nbody_limit = \"much\"\n", "http.body_limit"),
        ("[http]\nbody_limits = 7\n", "body_limits"),
        ("[graphql]\nmax_depth = 3\n", "graphql.max_depth"),
        ("[http\n", "registry.toml"),
        ("[http]\nlisten = \"0.0.0.0:80\"\n[access]\ndevelopment = true\n", "development"),
    ];
    for (text, told) in cases {
        fs::write(&file, text).unwrap();
        let ended = end(&mut bare(&["config", "show", "--data", home.folder().to_str().unwrap()]));
        assert_eq!(ended.code, Some(3), "{text}: {ended:?}");
        assert!(ended.err.contains(told), "{text}: {ended:?}");
    }
    let missing = end(&mut bare(&["config", "show", "--config", "/nowhere/registry.toml"]));
    assert_eq!(missing.code, Some(7), "{missing:?}");
    assert_eq!(end(&mut bare(&["serve", "--listen", "everywhere"])).code, Some(2));
    assert_eq!(end(&mut bare(&["dance"])).code, Some(2));
}
