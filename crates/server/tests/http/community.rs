//! Digital-technology teams over HTTP: their life, their past, lists of them, who keeps them.

use crate::harness::{HAMLET, TestApp};
use registry_domain::code::CodeKind;
use registry_domain::community::{OfTeam, TeamCode};
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    a_team_changes_ends_and_keeps_its_past,
    every_refusal_of_a_team_is_told_with_its_place,
    a_unit_has_one_team_at_a_time,
    officers_keep_the_teams_of_their_unit_only,
    lists_of_teams_filter_and_walk_both_ways,
    nested_lists_cost_the_same_for_many_as_for_one,
);

const REGISTER: &str = "mutation($input: RegisterTeamInput!) { registerTeam(input: $input) {
    team { code version members foundedOn unit { code level } } replayed errors { code path } } }";

const UPDATE: &str = "mutation($input: UpdateTeamInput!) { updateTeam(input: $input) {
    team { version members effectiveOn } replayed errors { code path currentVersion } } }";

const DISSOLVE: &str = "mutation($input: DissolveTeamInput!) { dissolveTeam(input: $input) {
    team { version dissolvedOn } replayed errors { code path } } }";

pub const RECORD: &str =
    "mutation($input: RecordTeamActivityInput!) { recordTeamActivity(input: $input) {
    recorded replayed errors { code path row value } } }";

pub fn unknown_team() -> String {
    TeamCode::new(999).unwrap().to_string()
}

async fn register(app: &TestApp, input: Value) -> Value {
    app.data(REGISTER, json!({ "input": input })).await["registerTeam"].clone()
}

async fn update(app: &TestApp, input: Value) -> Value {
    app.data(UPDATE, json!({ "input": input })).await["updateTeam"].clone()
}

pub async fn dissolve(app: &TestApp, input: Value) -> Value {
    app.data(DISSOLVE, json!({ "input": input })).await["dissolveTeam"].clone()
}

/// Registers a team of five that nothing is wrong with; its code.
pub async fn team(app: &TestApp, unit: Value, founded_on: &str) -> String {
    let input = json!({ "unit": unit, "members": 5, "foundedOn": founded_on });
    let payload = register(app, input).await;
    assert_eq!(payload["errors"], json!([]));
    payload["team"]["code"].as_str().unwrap().to_owned()
}

pub async fn record(app: &TestApp, rows: &[Value]) -> Value {
    let data = app.data(RECORD, json!({ "input": { "rows": rows } })).await;
    data["recordTeamActivity"].clone()
}

pub fn help(team: &str, month: &str, kind: &str, people: i32) -> Value {
    json!({ "team": team, "month": month, "kind": kind, "people": people })
}

pub fn with(mut input: Value, field: &str, value: Value) -> Value {
    input[field] = value;
    input
}

pub fn of_hamlet(code: &str) -> Value {
    json!({ "code": code })
}

/// A commune of before 2025-07-01.
pub fn commune(code: &str) -> Value {
    json!({ "codeOn": { "code": code, "on": "2024-06-30" } })
}

/// Codes and paths of what was refused.
pub fn told(payload: &Value) -> Vec<(String, String)> {
    let errors = payload["errors"].as_array().unwrap().iter();
    let path = |error: &Value| {
        let steps = error["path"].as_array().unwrap().iter();
        steps.map(|step| step.as_str().unwrap()).collect::<Vec<_>>().join(".")
    };
    errors.map(|error| (error["code"].as_str().unwrap().to_owned(), path(error))).collect()
}

pub fn at(code: &str, path: &str) -> (String, String) {
    (code.to_owned(), path.to_owned())
}

/// Numerator and denominator of one indicator at the end of a month.
pub async fn figure(app: &TestApp, code: &str, unit: &Value, on: &str) -> (i64, i64) {
    let query = "query($unit: UnitRef!, $on: Date!, $codes: [IndicatorCode!]) {
        indicators(unit: $unit, on: $on, codes: $codes) { numerator denominator } }";
    let data = app.data(query, json!({ "unit": unit, "on": on, "codes": [code] })).await;
    let value = &data["indicators"][0];
    (value["numerator"].as_i64().unwrap(), value["denominator"].as_i64().unwrap())
}

async fn a_team_changes_ends_and_keeps_its_past(engine: Engine) {
    let app = TestApp::start(engine).await;
    let input = json!({ "unit": of_hamlet(HAMLET), "members": 5, "foundedOn": "2022-06-01", "idempotencyKey": "k" });
    let payload = register(&app, input.clone()).await;
    let code = payload["team"]["code"].as_str().unwrap().to_owned();
    assert_eq!(
        payload,
        json!({
            "team": { "code": code, "version": 1, "members": 5, "foundedOn": "2022-06-01",
                "unit": { "code": HAMLET, "level": "HAMLET" } },
            "replayed": false, "errors": [],
        })
    );
    assert!(code.starts_with(OfTeam::PREFIX), "{code}");
    assert_eq!(register(&app, input.clone()).await["replayed"], true);
    let other = with(input, "members", json!(6));
    assert_eq!(
        told(&register(&app, other).await),
        [at("IDEMPOTENCY_CONFLICT", "input.idempotencyKey")]
    );

    let payload = update(
        &app,
        json!({ "team": code, "version": 1, "effectiveOn": "2023-02-01", "members": 8 }),
    )
    .await;
    assert_eq!(payload["team"], json!({ "version": 2, "members": 8, "effectiveOn": "2023-02-01" }));
    let payload =
        dissolve(&app, json!({ "team": code, "version": 2, "dissolvedOn": "2024-05-10" })).await;
    assert_eq!(payload["team"], json!({ "version": 3, "dissolvedOn": "2024-05-10" }));

    let query = "query($code: RegistryCode!) { communityTeam(code: $code) {
        id members history { version members effectiveOn dissolvedOn }
        activities { totalCount nodes { people } } } }";
    let (data, statements) = app.counted(query, json!({ "code": code })).await;
    assert_eq!(
        data["communityTeam"]["history"],
        json!([
            { "version": 1, "members": 5, "effectiveOn": "2022-06-01", "dissolvedOn": null },
            { "version": 2, "members": 8, "effectiveOn": "2023-02-01", "dissolvedOn": null },
            { "version": 3, "members": 8, "effectiveOn": "2024-05-10", "dissolvedOn": "2024-05-10" },
        ])
    );
    assert_eq!(data["communityTeam"]["activities"], json!({ "totalCount": 0, "nodes": [] }));
    assert_eq!(statements, 4);
    let node = "query($id: ID!) { node(id: $id) { ... on CommunityTeam { code members } } }";
    let found = app.data(node, json!({ "id": data["communityTeam"]["id"] })).await;
    assert_eq!(found["node"], json!({ "code": code, "members": 8 }));
    let none = app.data(query, json!({ "code": unknown_team() })).await;
    assert_eq!(none["communityTeam"], json!(null));
    let wrong = app.answer(query, json!({ "code": "HG00000102" })).await;
    assert_eq!(wrong["errors"][0]["extensions"]["rule"], "MALFORMED");
    assert_eq!(app.store.check_rollups().await.unwrap(), []);
}

async fn every_refusal_of_a_team_is_told_with_its_place(engine: Engine) {
    let app = TestApp::start(engine).await;
    let new = |unit: Value, members: i32, on: &str| json!({ "unit": unit, "members": members, "foundedOn": on });
    let refusals = [
        (
            new(of_hamlet("31333999"), 0, "2024-01-01"),
            vec![at("UNKNOWN_UNIT", "input.unit"), at("OUT_OF_RANGE", "input.members")],
        ),
        (new(of_hamlet("31447"), 5, "2026-01-01"), vec![at("UNKNOWN_UNIT", "input.unit")]),
        (
            new(json!({ "codeOn": { "code": "31447", "on": "2024-01-01" } }), 5, "2026-01-01"),
            vec![at("UNKNOWN_UNIT", "input.unit")],
        ),
        (new(commune("93"), 101, "2024-01-01"), vec![at("OUT_OF_RANGE", "input.members")]),
        (new(commune("93"), 100, "2024-01-01"), vec![at("NOT_A_TEAM_UNIT", "input.unit")]),
        (new(commune("930"), 1, "2024-01-01"), vec![at("NOT_A_TEAM_UNIT", "input.unit")]),
        (new(of_hamlet(HAMLET), 5, "2026-11-02"), vec![at("FUTURE_DATE", "input.foundedOn")]),
        (new(of_hamlet(HAMLET), 5, "1999-12-31"), vec![at("DATE_TOO_EARLY", "input.foundedOn")]),
    ];
    for (input, expected) in refusals {
        assert_eq!(told(&register(&app, input.clone()).await), expected, "{input}");
    }
    let code = team(&app, of_hamlet(HAMLET), "2024-01-10").await;
    let changed = |team: &str, version: u32, on: &str, members: i32| json!({ "team": team, "version": version, "effectiveOn": on, "members": members });
    let refusals = [
        (
            changed("TO1", 1, "2024-02-01", 0),
            vec![at("MALFORMED", "input.team"), at("OUT_OF_RANGE", "input.members")],
        ),
        (changed(&unknown_team(), 1, "2024-02-01", 6), vec![at("UNKNOWN_TEAM", "input.team")]),
        (changed(&code, 2, "2024-02-01", 6), vec![at("CONFLICT", "input.version")]),
        (changed(&code, 1, "2024-01-09", 6), vec![at("DATE_TOO_EARLY", "input.effectiveOn")]),
        (changed(&code, 1, "2026-11-02", 6), vec![at("FUTURE_DATE", "input.effectiveOn")]),
        (changed(&code, 1, "2024-02-01", 5), vec![at("NOTHING_TO_CHANGE", "input")]),
    ];
    for (input, expected) in refusals {
        let payload = update(&app, input.clone()).await;
        assert_eq!(told(&payload), expected, "{input}");
        if expected[0].0 == "CONFLICT" {
            assert_eq!(payload["errors"][0]["currentVersion"], 1);
        }
    }
    let ended =
        |version: u32, on: &str| json!({ "team": code, "version": version, "dissolvedOn": on });
    let early = told(&dissolve(&app, ended(1, "2024-01-09")).await);
    assert_eq!(early, [at("DATE_TOO_EARLY", "input.dissolvedOn")]);
    assert_eq!(record(&app, &[help(&code, "2024-05", "OTHER", 1)]).await["recorded"], 1);
    let busy = told(&dissolve(&app, ended(1, "2024-05-01")).await);
    assert_eq!(busy, [at("DATE_TOO_EARLY", "input.dissolvedOn")], "it helped somebody in May");
    assert_eq!(dissolve(&app, ended(1, "2024-05-02")).await["errors"], json!([]));
    let again = told(&dissolve(&app, ended(2, "2024-06-01")).await);
    assert_eq!(again, [at("TEAM_DISSOLVED", "input.team")]);
    assert_eq!(app.store.check_rollups().await.unwrap(), []);
}

async fn a_unit_has_one_team_at_a_time(engine: Engine) {
    let app = TestApp::start(engine).await;
    let first = team(&app, of_hamlet(HAMLET), "2022-06-01").await;
    let new = |on: &str| json!({ "unit": of_hamlet(HAMLET), "members": 5, "foundedOn": on });
    let refused = [at("TEAM_EXISTS", "input.unit")];
    assert_eq!(told(&register(&app, new("2023-01-01")).await), refused);
    dissolve(&app, json!({ "team": first, "version": 1, "dissolvedOn": "2023-03-15" })).await;
    for overlapping in ["2023-03-14", "2021-01-01"] {
        assert_eq!(told(&register(&app, new(overlapping)).await), refused, "{overlapping}");
    }
    assert_eq!(register(&app, new("2023-03-15")).await["errors"], json!([]));
    // The commune's own team is another unit's; so is that of the commune that followed.
    team(&app, commune("31333"), "2022-06-01").await;
    team(&app, json!({ "code": "31333" }), "2025-07-01").await;
    assert_eq!(app.store.check_rollups().await.unwrap(), []);
}

async fn officers_keep_the_teams_of_their_unit_only(engine: Engine) {
    let app = TestApp::start(engine).await;
    let officer = |unit: &str| json!({ "role": "OFFICER", "unit": { "code": unit } });
    let (own, other) = (app.bearer(officer("31333")).await, app.bearer(officer("31441")).await);
    // Xã Vị Tân of then lies whole in Phường Vị Tân of today, and so do its hamlets.
    for (unit, hamlet) in [
        (of_hamlet(HAMLET), HAMLET),
        (commune("31333"), "31333002"),
        (commune("31324"), "31324001"),
    ] {
        let input = json!({ "unit": unit, "members": 5, "foundedOn": "2022-06-01" });
        let refused = told(&register(&other, input.clone()).await);
        assert_eq!(refused, [at("OUTSIDE_UNIT", "input.unit")], "{unit}");
        let payload = register(&own, input).await;
        assert_eq!(payload["errors"], json!([]), "{unit}");
        let code = payload["team"]["code"].as_str().unwrap();

        let rows = [with(help(code, "2024-05", "OTHER", 3), "hamlet", of_hamlet(hamlet))];
        assert_eq!(told(&record(&other, &rows).await), [at("OUTSIDE_UNIT", "input.rows.0.team")]);
        assert_eq!(record(&own, &rows).await["errors"], json!([]));

        let input =
            json!({ "team": code, "version": 1, "effectiveOn": "2024-06-01", "members": 6 });
        let refused = told(&update(&other, input.clone()).await);
        assert_eq!(refused, [at("OUTSIDE_UNIT", "input.team")]);
        assert_eq!(update(&own, input).await["errors"], json!([]));
        let input = json!({ "team": code, "version": 2, "dissolvedOn": "2024-07-01" });
        let refused = told(&dissolve(&other, input.clone()).await);
        assert_eq!(refused, [at("OUTSIDE_UNIT", "input.team")]);
        assert_eq!(dissolve(&own, input).await["errors"], json!([]));
    }
    // A commune of today that the token is for.
    let input = json!({ "unit": { "code": "31333" }, "members": 5, "foundedOn": "2025-07-01" });
    assert_eq!(told(&register(&other, input.clone()).await), [at("OUTSIDE_UNIT", "input.unit")]);
    assert_eq!(register(&own, input).await["errors"], json!([]));
}

const LIST: &str = "query($filter: CommunityTeamFilter, $first: Int, $after: String, $last: Int, $before: String) {
    communityTeams(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
        totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { code } } }";

async fn codes(app: &TestApp, filter: Value) -> Vec<String> {
    let data = app.data(LIST, json!({ "filter": filter })).await;
    let nodes = data["communityTeams"]["nodes"].as_array().unwrap().clone();
    assert_eq!(data["communityTeams"]["totalCount"], nodes.len());
    nodes.iter().map(|node| node["code"].as_str().unwrap().to_owned()).collect()
}

async fn lists_of_teams_filter_and_walk_both_ways(engine: Engine) {
    let app = TestApp::start(engine).await;
    let mut all = Vec::new();
    for (unit, founded_on) in [
        (of_hamlet(HAMLET), "2022-06-01"),
        (of_hamlet("31333002"), "2023-06-01"),
        (commune("31333"), "2022-06-01"),
        (of_hamlet("31441001"), "2022-06-01"),
        (json!({ "code": "31441" }), "2025-07-01"),
    ] {
        all.push(team(&app, unit, founded_on).await);
    }
    dissolve(&app, json!({ "team": all[0], "version": 1, "dissolvedOn": "2024-01-01" })).await;
    let pick = |places: &[usize]| places.iter().map(|at| all[*at].clone()).collect::<Vec<_>>();
    // A commune of then is found from where its hamlets are now, and the other way round.
    assert_eq!(codes(&app, json!({ "within": { "code": "31333" } })).await, pick(&[0, 1, 2]));
    assert_eq!(codes(&app, json!({ "within": commune("31333") })).await, pick(&[0, 1, 2]));
    assert_eq!(codes(&app, json!({ "within": commune("31441") })).await, pick(&[3, 4]));
    assert_eq!(codes(&app, json!({ "within": of_hamlet("31333002") })).await, pick(&[1]));
    assert_eq!(codes(&app, json!({ "within": { "code": "92" } })).await, all);
    assert_eq!(codes(&app, json!({ "level": "HAMLET" })).await, pick(&[0, 1, 3]));
    assert_eq!(codes(&app, json!({ "level": "COMMUNE" })).await, pick(&[2, 4]));
    assert_eq!(codes(&app, json!({ "level": "DISTRICT" })).await, pick(&[]));
    assert_eq!(codes(&app, json!({ "on": "2023-12-31" })).await, pick(&[0, 1, 2, 3]));
    assert_eq!(codes(&app, json!({ "on": "2024-01-01", "level": "HAMLET" })).await, pick(&[1, 3]));

    let page = async |variables: Value| app.data(LIST, variables).await["communityTeams"].clone();
    let first = page(json!({ "first": 3 })).await;
    let rest = page(json!({ "first": 3, "after": first["pageInfo"]["endCursor"] })).await;
    assert_eq!(first["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(rest["nodes"][0]["code"], all[3]);
    assert_eq!(rest["pageInfo"]["hasNextPage"], false);
    let last = page(json!({ "last": 2 })).await;
    let rest = page(json!({ "last": 3, "before": last["pageInfo"]["startCursor"] })).await;
    assert_eq!(last["nodes"][0]["code"], all[3]);
    assert_eq!(rest["nodes"][0]["code"], all[0]);
    assert_eq!(rest["pageInfo"]["hasPreviousPage"], false);
    let cursor = first["pageInfo"]["endCursor"].clone();
    let foreign = json!({ "filter": { "level": "HAMLET" }, "after": cursor });
    let answer = app.answer(LIST, foreign).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}

async fn nested_lists_cost_the_same_for_many_as_for_one(engine: Engine) {
    let app = TestApp::start(engine).await;
    for hamlet in [HAMLET, "31333002", "31441001", "31318001"] {
        let code = team(&app, of_hamlet(hamlet), "2022-06-01").await;
        let rows = ["2024-04", "2024-05"].map(|month| help(&code, month, "OTHER", 2));
        assert_eq!(record(&app, &rows).await["recorded"], 2);
    }
    let query = "query($first: Int!) { communityTeams(first: $first) { totalCount nodes {
        code unit { name parent { name } } history { members }
        activities(first: 1) { totalCount nodes { month people hamlet { name } } } } } }";
    let (_, of_one) = app.counted(query, json!({ "first": 1 })).await;
    let (data, of_all) = app.counted(query, json!({ "first": 100 })).await;
    // The page, its count, all pasts, all pages of help, all counts of help.
    assert_eq!((of_one, of_all), (5, 5));
    let teams = data["communityTeams"]["nodes"].as_array().unwrap();
    assert_eq!(teams.len(), 4);
    for team in teams {
        assert_eq!(team["activities"]["totalCount"], 2);
        assert_eq!(team["activities"]["nodes"][0]["month"], "2024-05");
        assert_eq!(team["history"], json!([{ "members": 5 }]));
    }
}
