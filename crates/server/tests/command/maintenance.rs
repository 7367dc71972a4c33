//! Migrations, seeds, rollups and the schema from the command line.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::harness::{Home, bare, end};
use registry_testing::{Engine, on_both_engines};

on_both_engines!(
    migrations_go_up_and_down,
    a_seeded_registry_checks_out_and_a_changed_figure_is_named,
    an_interrupted_seed_goes_on,
);

async fn migrations_go_up_and_down(engine: Engine) {
    let home = Home::new(engine).await;
    let all = home.done(&["migrate", "status"]);
    let steps = all.lines().count();
    assert!(steps >= 5 && all.lines().all(|line| line.starts_with("pending")), "{all}");
    assert_eq!(home.done(&["migrate", "up"]).lines().count(), steps);
    assert_eq!(home.done(&["migrate", "up"]), "nothing to do / không có gì để làm\n");
    let applied = home.done(&["migrate", "status"]);
    assert!(applied.lines().all(|line| line.starts_with("applied")), "{applied}");
    assert_eq!(home.number("SELECT COUNT(*) FROM unit").await, 84 + 29 + 525);
    let undone = home.done(&["migrate", "down", "--steps", &steps.to_string()]);
    assert_eq!(undone.lines().count(), steps);
    home.done(&["migrate", "up"]);
    assert_eq!(home.number("SELECT COUNT(*) FROM unit").await, 84 + 29 + 525);
}

async fn a_seeded_registry_checks_out_and_a_changed_figure_is_named(engine: Engine) {
    let home = Home::new(engine).await;
    let seeded = home.done(&["seed", "--scale", "small"]);
    assert!(home.households().await > 2_000, "{seeded}");
    let again = home.run(&["seed", "--scale", "small"]);
    assert_eq!(again.code, Some(1), "{again:?}");
    assert_eq!(home.done(&["rollup", "check"]), "no difference / không có sai lệch\n");

    let first = "WHERE hamlet_id = (SELECT MIN(hamlet_id) FROM rollup) AND month = 24271";
    home.tamper(&format!(
        "UPDATE rollup SET adults_with_smartphone = adults_with_smartphone + 1 {first}"
    ))
    .await;
    let found = home.run(&["rollup", "check"]);
    assert_eq!(found.code, Some(1), "{found:?}");
    assert_eq!(found.out.lines().count(), 1, "{found:?}");
    assert!(found.out.contains("2022-08 adults_with_smartphone: kept"), "{found:?}");
}

async fn an_interrupted_seed_goes_on(engine: Engine) {
    let home = Home::new(engine).await;
    home.done(&["migrate", "up"]);
    let mut first = home.command(&["seed", "--scale", "small"]);
    let mut first = first.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while home.number("SELECT COUNT(*) FROM connectivity_survey").await == 0 {
        assert!(first.try_wait().unwrap().is_none(), "the seed ended before it was killed");
    }
    first.kill().unwrap();
    assert_eq!(first.wait().unwrap().code(), None, "killed, not ended");
    if engine == Engine::Postgres {
        // A number that was drawn for a row that never came to be.
        home.tamper("SELECT nextval('community_team_numbers')").await;
    }

    let rest = home.done(&["seed", "--scale", "small"]);
    let whole = Home::new(Engine::Sqlite).await.done(&["seed", "--scale", "small"]);
    assert_eq!(rest, whole);
    assert_eq!(home.done(&["rollup", "check"]), "no difference / không có sai lệch\n");
    let again = home.run(&["seed", "--scale", "small"]);
    assert_eq!(again.code, Some(1), "{again:?}");
}

#[test]
fn the_schema_file_says_what_the_code_does() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema.graphql");
    let checked = end(bare(&["schema", "--check"]).arg(&file));
    assert_eq!(checked.code, Some(0), "{}", checked.err);

    let folder = tempfile::tempdir().unwrap();
    let drifted = folder.path().join("schema.graphql");
    let text = fs::read_to_string(&file).unwrap().replacen("totalCount", "total", 1);
    fs::write(&drifted, text).unwrap();
    let checked = end(bare(&["schema", "--check"]).arg(&drifted));
    assert_eq!(checked.code, Some(1));
    assert!(checked.err.contains("differs from the code at line"), "{}", checked.err);
}
