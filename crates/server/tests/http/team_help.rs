//! Whom teams helped over HTTP: recorded in batches, replaced, added up, and the figures that follow.

use crate::community::{
    RECORD, at, commune, dissolve, figure, help, of_hamlet, record, team, told, unknown_team, with,
};
use crate::harness::{HAMLET, TestApp};
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    help_is_counted_once_unless_it_is_replaced,
    every_faulty_row_of_help_is_named_and_nothing_is_written,
    figures_follow_teams_and_help_on_both_boundaries,
    help_before_a_merger_within_the_month_is_counted,
);

async fn help_is_counted_once_unless_it_is_replaced(engine: Engine) {
    let app = TestApp::start(engine).await;
    let own = team(&app, of_hamlet(HAMLET), "2022-06-01").await;
    let shared = team(&app, commune("31333"), "2022-06-01").await;
    let rows = [
        help(&own, "2024-05", "FILE_ONLINE", 12),
        help(&own, "2024-06", "PAY_CASHLESS", 7),
        with(help(&shared, "2024-05", "FILE_ONLINE", 30), "hamlet", of_hamlet("31333002")),
    ];
    let input = json!({ "input": { "rows": rows, "idempotencyKey": "tháng 5" } });
    let sent = app.data(RECORD, input.clone()).await["recordTeamActivity"].clone();
    assert_eq!(sent, json!({ "recorded": 3, "replayed": false, "errors": [] }));
    let again = app.data(RECORD, input).await["recordTeamActivity"].clone();
    assert_eq!(again, json!({ "recorded": 3, "replayed": true, "errors": [] }));

    let other = help(&own, "2024-05", "FILE_ONLINE", 15);
    let refused = record(&app, std::slice::from_ref(&other)).await;
    assert_eq!(
        refused["errors"],
        json!([{ "code": "ACTIVITY_RECORDED", "path": ["input", "rows", "0", "people"], "row": 0, "value": "15" }])
    );
    let replacing = [with(other, "replace", json!(true))];
    assert_eq!(record(&app, &replacing).await["recorded"], 1);
    assert_eq!(record(&app, &replacing).await["recorded"], 1);

    let query = "query($code: RegistryCode!, $all: Boolean!, $from: YearMonth, $to: YearMonth, $first: Int, $after: String, $last: Int, $before: String) {
        communityTeam(code: $code) { activities(superseded: $all, from: $from, to: $to, first: $first, after: $after, last: $last, before: $before) {
            totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
            nodes { month kind people revision supersededAt hamlet { code } } } } }";
    let list = async |more: Value| {
        let mut variables = json!({ "code": own, "all": true });
        variables.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        app.data(query, variables).await["communityTeam"]["activities"].clone()
    };
    let brief = |list: &Value| -> Vec<(String, i64, bool)> {
        let nodes = list["nodes"].as_array().unwrap().iter();
        let node = |node: &Value| {
            let month = node["month"].as_str().unwrap().to_owned();
            (month, node["people"].as_i64().unwrap(), node["supersededAt"].is_null())
        };
        nodes.map(node).collect()
    };
    let row = |month: &str, people: i64, counts: bool| (month.to_owned(), people, counts);
    let current = list(json!({ "all": false })).await;
    assert_eq!(brief(&current), [row("2024-06", 7, true), row("2024-05", 15, true)]);
    assert_eq!(current["totalCount"], 2);
    assert_eq!(current["nodes"][1]["revision"], 3);
    assert_eq!(current["nodes"][1]["hamlet"]["code"], HAMLET);
    let whole = brief(&list(json!({})).await);
    let in_may = [row("2024-05", 15, true), row("2024-05", 15, false), row("2024-05", 12, false)];
    assert_eq!(whole, [&[row("2024-06", 7, true)][..], &in_may].concat());
    assert_eq!(brief(&list(json!({ "to": "2024-05" })).await), in_may);
    assert_eq!(brief(&list(json!({ "from": "2024-06" })).await), [row("2024-06", 7, true)]);
    let first = list(json!({ "first": 3 })).await;
    let rest = list(json!({ "first": 3, "after": first["pageInfo"]["endCursor"] })).await;
    assert_eq!([brief(&first), brief(&rest)].concat(), whole);
    assert_eq!(rest["pageInfo"]["hasNextPage"], false);
    let last = list(json!({ "last": 3 })).await;
    let rest = list(json!({ "last": 3, "before": last["pageInfo"]["startCursor"] })).await;
    assert_eq!([brief(&rest), brief(&last)].concat(), whole);
    assert_eq!(app.store.check_rollups().await.unwrap(), []);
}

async fn every_faulty_row_of_help_is_named_and_nothing_is_written(engine: Engine) {
    let app = TestApp::start(engine).await;
    let own = team(&app, of_hamlet(HAMLET), "2022-06-15").await;
    let shared = team(&app, commune("31333"), "2022-06-15").await;
    let good = || help(&own, "2024-05", "OTHER", 1);
    let rows = [
        good(),
        with(good(), "team", json!("TO00000199")),
        with(good(), "people", json!(-1)),
        with(good(), "hamlet", of_hamlet("31333")),
        with(good(), "people", json!(1_000_001)),
    ];
    assert_eq!(
        told(&record(&app, &rows).await),
        [
            at("CHECK_DIGIT_WRONG", "input.rows.1.team"),
            at("OUT_OF_RANGE", "input.rows.2.people"),
            at("NOT_A_HAMLET", "input.rows.3.hamlet"),
            at("OUT_OF_RANGE", "input.rows.4.people"),
        ]
    );
    let rows = [
        good(),
        with(good(), "team", json!(unknown_team())),
        with(good(), "month", json!("2026-12")),
        with(good(), "month", json!("2022-05")),
        with(good(), "hamlet", of_hamlet("31333002")),
        good(),
        help(&shared, "2024-05", "OTHER", 1),
        with(help(&shared, "2024-05", "OTHER", 1), "hamlet", of_hamlet("31441001")),
        // By then the commune is no more.
        with(help(&shared, "2025-07", "OTHER", 1), "hamlet", of_hamlet(HAMLET)),
        with(help(&shared, "2025-06", "OTHER", 1), "hamlet", of_hamlet(HAMLET)),
    ];
    assert_eq!(
        told(&record(&app, &rows).await),
        [
            at("UNKNOWN_TEAM", "input.rows.1.team"),
            at("FUTURE_PERIOD", "input.rows.2.month"),
            at("OUTSIDE_TEAM_TIME", "input.rows.3.month"),
            at("OUTSIDE_TEAM", "input.rows.4.hamlet"),
            at("DUPLICATE_IN_BATCH", "input.rows.5.kind"),
            at("OUTSIDE_TEAM", "input.rows.6.hamlet"),
            at("OUTSIDE_TEAM", "input.rows.7.hamlet"),
            at("OUTSIDE_TEAM", "input.rows.8.hamlet"),
        ]
    );
    dissolve(&app, json!({ "team": own, "version": 1, "dissolvedOn": "2024-05-01" })).await;
    assert_eq!(
        told(&record(&app, &[good()]).await),
        [at("OUTSIDE_TEAM_TIME", "input.rows.0.month")]
    );
    assert_eq!(told(&record(&app, &[]).await), [at("BATCH_EMPTY", "input.rows")]);
    let many: Vec<Value> = std::iter::repeat_n(good(), 1_001).collect();
    assert_eq!(told(&record(&app, &many).await), [at("BATCH_TOO_LARGE", "input.rows")]);
    let unit = json!({ "code": "92" });
    assert_eq!(figure(&app, "PEOPLE_HELPED", &unit, "2026-10-31").await, (0, 1));
}

const TOTALS: &str = "query($unit: UnitRef!, $from: YearMonth, $to: YearMonth, $on: Date) {
    helpTotals(unit: $unit, from: $from, to: $to, boundariesOn: $on) { kind people quality } }";

/// Everybody helped in a unit in some months, of all kinds.
async fn helped(app: &TestApp, unit: &Value, from: &str, to: &str) -> i64 {
    let data = app.data(TOTALS, json!({ "unit": unit, "from": from, "to": to })).await;
    let totals = data["helpTotals"].as_array().unwrap().iter();
    totals.map(|total| total["people"].as_i64().unwrap()).sum()
}

async fn figures_follow_teams_and_help_on_both_boundaries(engine: Engine) {
    let app = TestApp::start(engine).await;
    // Nàng Mau and Vị Trung became parts of Xã Vị Thuỷ of today, which has the code of Nàng Mau.
    let (then, now) = (commune("31441"), json!({ "code": "31441" }));
    let own = team(&app, of_hamlet("31441001"), "2024-02-10").await;
    let ended = team(&app, of_hamlet("31444001"), "2024-02-10").await;
    let shared = team(&app, commune("31444"), "2024-02-10").await;
    let rows = [
        help(&own, "2024-03", "REGISTER_ACCOUNT", 10),
        help(&own, "2024-05", "LIST_PRODUCT", 4),
        with(help(&shared, "2024-05", "REGISTER_ACCOUNT", 100), "hamlet", of_hamlet("31444002")),
    ];
    assert_eq!(record(&app, &rows).await["recorded"], 3);
    for (unit, on, people) in [
        (&then, "2024-02-28", 0),
        (&then, "2024-04-30", 10),
        (&then, "2024-06-30", 14),
        (&now, "2024-06-30", 114),
        (&now, "2026-10-31", 114),
    ] {
        assert_eq!(figure(&app, "PEOPLE_HELPED", unit, on).await, (people, 1), "{unit} {on}");
    }
    let replaced = with(help(&own, "2024-03", "REGISTER_ACCOUNT", 3), "replace", json!(true));
    assert_eq!(record(&app, &[replaced]).await["recorded"], 1);
    assert_eq!(figure(&app, "PEOPLE_HELPED", &then, "2024-06-30").await, (7, 1));
    assert_eq!(figure(&app, "PEOPLE_HELPED", &now, "2024-06-30").await, (107, 1));

    // A commune's own team is no hamlet's.
    let (_, hamlets) = figure(&app, "COMMUNITY_TEAM", &now, "2024-06-30").await;
    assert_eq!(figure(&app, "COMMUNITY_TEAM", &now, "2024-01-31").await, (0, hamlets));
    assert_eq!(figure(&app, "COMMUNITY_TEAM", &now, "2024-06-30").await, (2, hamlets));
    assert_eq!(figure(&app, "COMMUNITY_TEAM", &then, "2024-06-30").await.0, 1);
    let dissolved = json!({ "team": ended, "version": 1, "dissolvedOn": "2024-06-15" });
    assert_eq!(dissolve(&app, dissolved).await["errors"], json!([]));
    assert_eq!(figure(&app, "COMMUNITY_TEAM", &now, "2024-05-31").await, (2, hamlets));
    assert_eq!(figure(&app, "COMMUNITY_TEAM", &now, "2024-06-30").await, (1, hamlets));

    for (unit, before, from, to, on) in [
        (&then, "2024-02-28", "2024-03", "2024-06", "2024-06-30"),
        (&now, "2024-03-31", "2024-04", "2024-06", "2024-06-30"),
        (&now, "2024-01-31", "2024-02", "2026-10", "2026-10-31"),
    ] {
        let growth = figure(&app, "PEOPLE_HELPED", unit, on).await.0
            - figure(&app, "PEOPLE_HELPED", unit, before).await.0;
        assert_eq!(helped(&app, unit, from, to).await, growth, "{unit} {from} {to}");
    }
    let (data, statements) = app.counted(TOTALS, json!({ "unit": now })).await;
    assert_eq!(statements, 1);
    let total =
        |kind: &str, people: u32| json!({ "kind": kind, "people": people, "quality": "EXACT" });
    assert_eq!(
        data["helpTotals"],
        json!([
            total("REGISTER_ACCOUNT", 103),
            total("FILE_ONLINE", 0),
            total("PAY_CASHLESS", 0),
            total("LIST_PRODUCT", 4),
            total("OTHER", 0),
        ])
    );
    let elsewhen = app.answer(TOTALS, json!({ "unit": now, "on": "2024-06-30" })).await;
    assert_eq!(elsewhen["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    assert_eq!(app.store.check_rollups().await.unwrap(), []);
}

async fn help_before_a_merger_within_the_month_is_counted(engine: Engine) {
    let app = TestApp::start(engine).await;
    // Phường Vị Tân and Xã Vị Thủy become one in the middle of the month; today is its first day.
    let shared = team(&app, json!({ "code": "31333" }), "2025-08-01").await;
    let own = team(&app, of_hamlet(HAMLET), "2025-08-01").await;
    let merger = json!({
        "legalAct": "99/NQ-UBTVQH16", "effectiveOn": "2026-11-15",
        "founded": [{ "code": "31600", "title": "COMMUNE", "name": "Xã Vị Tân Thủy",
            "parent": { "unit": { "code": "92" } } }],
        "transfers": [{ "from": { "code": "31333" }, "to": { "founded": 0 } },
            { "from": { "code": "31441" }, "to": { "founded": 0 } }],
    });
    let reorganise = "mutation($input: ReorganiseUnitsInput!) {
        reorganiseUnits(input: $input) { errors { code path } } }";
    let done = app.data(reorganise, json!({ "input": merger })).await;
    assert_eq!(done["reorganiseUnits"]["errors"], json!([]));

    let here = |row: Value, hamlet: &str| with(row, "hamlet", of_hamlet(hamlet));
    let rows = [
        here(help(&shared, "2026-11", "OTHER", 5), "31333002"),
        // The hamlet of the other commune belongs to the new one, and never to the team's.
        here(help(&shared, "2026-11", "OTHER", 5), "31441001"),
        help(&own, "2026-11", "OTHER", 2),
    ];
    assert_eq!(
        told(&record(&app, &rows).await),
        [at("OUTSIDE_TEAM", "input.rows.1.hamlet")],
        "before the merger the commune was there"
    );
    let [first, _, last] = rows;
    assert_eq!(record(&app, &[first, last]).await["recorded"], 2);
    let activities = "query($code: RegistryCode!) { communityTeam(code: $code) {
        activities { nodes { people hamlet { code parent { name } } } } } }";
    let data = app.data(activities, json!({ "code": shared })).await;
    assert_eq!(
        data["communityTeam"]["activities"]["nodes"],
        json!([{ "people": 5, "hamlet": { "code": "31333002", "parent": { "name": "Xã Vị Tân Thủy" } } }])
    );
    assert_eq!(app.store.check_rollups().await.unwrap(), []);
}
