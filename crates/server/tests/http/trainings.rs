//! Training sessions over HTTP: recorded in batches, cancelled one by one, listed and added up.

use crate::community::{at, figure, told, with};
use crate::harness::{HAMLET, TestApp};
use registry_domain::community::TrainingCode;
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    a_recorded_session_can_be_read_back,
    every_faulty_session_is_named_and_nothing_is_written,
    a_cancelled_session_stays_readable_and_counts_no_more,
    officers_record_in_their_unit_only,
    lists_of_sessions_filter_and_walk_both_ways,
    figures_follow_sessions_on_both_boundaries,
);

const RECORD: &str = "mutation($input: RecordTrainingInput!) { recordTraining(input: $input) {
    recorded sessions { code } replayed errors { code path } } }";

const CANCEL: &str = "mutation($input: CancelTrainingInput!) { cancelTraining(input: $input) {
    session { code status version cancellationReason } replayed errors { code path } } }";

fn session(on: &str, hamlet: &str, attendees: i32) -> Value {
    json!({ "heldOn": on, "hamlet": { "code": hamlet }, "topic": "ECOMMERCE", "audience": "FARM_HOUSEHOLDS",
        "attendees": attendees })
}

async fn record(app: &TestApp, sessions: &[Value]) -> Value {
    let data = app.data(RECORD, json!({ "input": { "sessions": sessions } })).await;
    data["recordTraining"].clone()
}

/// Records sessions that nothing is wrong with; their codes.
async fn recorded(app: &TestApp, sessions: &[Value]) -> Vec<String> {
    let payload = record(app, sessions).await;
    assert_eq!(payload["errors"], json!([]));
    assert_eq!(payload["recorded"], sessions.len());
    let sessions = payload["sessions"].as_array().unwrap().iter();
    sessions.map(|session| session["code"].as_str().unwrap().to_owned()).collect()
}

async fn cancel(app: &TestApp, session: &str, version: u32, reason: &str) -> Value {
    let input = json!({ "session": session, "version": version, "reason": reason });
    app.data(CANCEL, json!({ "input": input })).await["cancelTraining"].clone()
}

async fn a_recorded_session_can_be_read_back(engine: Engine) {
    let app = TestApp::start(engine).await;
    let sent = with(session("2024-05-20", HAMLET, 45), "title", json!("Bán hàng trên sàn"));
    let input = json!({ "input": { "sessions": [sent], "idempotencyKey": "buổi 1" } });
    let payload = app.data(RECORD, input.clone()).await["recordTraining"].clone();
    assert_eq!((&payload["recorded"], &payload["replayed"]), (&json!(1), &json!(false)));
    let code = payload["sessions"][0]["code"].clone();
    assert!(code.as_str().unwrap().starts_with("BT000001"), "{code}");
    let again = app.data(RECORD, input).await["recordTraining"].clone();
    assert_eq!(
        again,
        json!({ "recorded": 1, "sessions": [{ "code": code }], "replayed": true, "errors": [] })
    );

    let query = "query($code: RegistryCode!) { trainingSession(code: $code) {
        id heldOn hamlet { code parent { name } } topic audience attendees title status version
        cancelledAt cancellationReason } }";
    let (data, statements) = app.counted(query, json!({ "code": code })).await;
    let found = &data["trainingSession"];
    assert_eq!(
        *found,
        json!({
            "id": found["id"], "heldOn": "2024-05-20",
            "hamlet": { "code": HAMLET, "parent": { "name": "Xã Vị Tân" } },
            "topic": "ECOMMERCE", "audience": "FARM_HOUSEHOLDS", "attendees": 45,
            "title": "Bán hàng trên sàn", "status": "HELD", "version": 1,
            "cancelledAt": null, "cancellationReason": null,
        })
    );
    assert_eq!(statements, 1);
    let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on TrainingSession { code } } }";
    let data = app.data(nodes, json!({ "ids": [found["id"]] })).await;
    assert_eq!(data["nodes"], json!([{ "code": code }]));
}

async fn every_faulty_session_is_named_and_nothing_is_written(engine: Engine) {
    let app = TestApp::start(engine).await;
    let good = || session("2024-05-20", HAMLET, 45);
    let rows = [
        good(),
        session("2024-05-20", "31333", 0),
        with(session("2024-05-20", "31333999", 10_001), "title", json!(" ")),
    ];
    assert_eq!(
        told(&record(&app, &rows).await),
        [
            at("NOT_A_HAMLET", "input.sessions.1.hamlet"),
            at("OUT_OF_RANGE", "input.sessions.1.attendees"),
            at("UNKNOWN_UNIT", "input.sessions.2.hamlet"),
            at("OUT_OF_RANGE", "input.sessions.2.attendees"),
            at("TEXT_EMPTY", "input.sessions.2.title"),
        ]
    );
    let rows = [
        good(),
        session("2026-11-02", HAMLET, 1),
        session("1999-12-31", HAMLET, 1),
        session("2024-05-20", HAMLET, 46),
        with(good(), "topic", json!("ONLINE_SAFETY")),
        with(good(), "audience", json!("RESIDENTS")),
    ];
    assert_eq!(
        told(&record(&app, &rows).await),
        [
            at("FUTURE_DATE", "input.sessions.1.heldOn"),
            at("DATE_TOO_EARLY", "input.sessions.2.heldOn"),
            at("DUPLICATE_IN_BATCH", "input.sessions.3"),
        ]
    );
    recorded(&app, &[good()]).await;
    let again = [session("2024-05-21", HAMLET, 45), good()];
    assert_eq!(told(&record(&app, &again).await), [at("DUPLICATE_TRAINING", "input.sessions.1")]);
    assert_eq!(told(&record(&app, &[]).await), [at("BATCH_EMPTY", "input.sessions")]);
    let many: Vec<Value> = std::iter::repeat_n(good(), 1_001).collect();
    assert_eq!(told(&record(&app, &many).await), [at("BATCH_TOO_LARGE", "input.sessions")]);
    let unit = json!({ "code": "92" });
    assert_eq!(figure(&app, "PEOPLE_TRAINED", &unit, "2026-10-31").await, (45, 1));
}

async fn a_cancelled_session_stays_readable_and_counts_no_more(engine: Engine) {
    let app = TestApp::start(engine).await;
    let good = session("2024-05-20", HAMLET, 45);
    let code = recorded(&app, std::slice::from_ref(&good)).await.remove(0);
    let unknown = TrainingCode::new(999).unwrap().to_string();
    for (session, version, reason, expected) in [
        ("BT1", 1, "", vec![at("MALFORMED", "input.session"), at("TEXT_EMPTY", "input.reason")]),
        (&*unknown, 1, "sai", vec![at("UNKNOWN_TRAINING", "input.session")]),
        (&code, 2, "sai", vec![at("CONFLICT", "input.version")]),
        (&code, 1, &"x".repeat(501), vec![at("TEXT_TOO_LONG", "input.reason")]),
    ] {
        assert_eq!(told(&cancel(&app, session, version, reason).await), expected);
    }
    let payload = cancel(&app, &code, 1, "ghi nhầm ngày").await;
    assert_eq!(
        payload,
        json!({
            "session": { "code": code, "status": "CANCELLED", "version": 2, "cancellationReason": "ghi nhầm ngày" },
            "replayed": false, "errors": [],
        })
    );
    assert_eq!(
        told(&cancel(&app, &code, 2, "lại").await),
        [at("TRAINING_CANCELLED", "input.session")]
    );
    assert_eq!(told(&cancel(&app, &code, 1, "lại").await), [at("CONFLICT", "input.version")]);
    let unit = json!({ "code": "31333" });
    assert_eq!(figure(&app, "PEOPLE_TRAINED", &unit, "2024-06-30").await, (0, 1));
    // What was cancelled does not stand in the way of what is right.
    recorded(&app, &[good]).await;
    assert_eq!(figure(&app, "PEOPLE_TRAINED", &unit, "2024-06-30").await, (45, 1));
    assert_eq!(app.store.check_rollups().await.unwrap(), []);
}

async fn officers_record_in_their_unit_only(engine: Engine) {
    let app = TestApp::start(engine).await;
    let officer = |unit: &str| json!({ "role": "OFFICER", "unit": { "code": unit } });
    let (own, other) = (app.bearer(officer("31333")).await, app.bearer(officer("31441")).await);
    let rows = [session("2024-05-20", HAMLET, 45)];
    assert_eq!(told(&record(&other, &rows).await), [at("OUTSIDE_UNIT", "input.sessions.0.hamlet")]);
    let code = recorded(&own, &rows).await.remove(0);
    assert_eq!(told(&cancel(&other, &code, 1, "sai").await), [at("OUTSIDE_UNIT", "input.session")]);
    assert_eq!(cancel(&own, &code, 1, "sai").await["errors"], json!([]));
}

const LIST: &str = "query($filter: TrainingSessionFilter, $order: TrainingOrder, $first: Int, $after: String, $last: Int, $before: String) {
    trainingSessions(filter: $filter, orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
        totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { code } } }";

fn codes(data: &Value) -> Vec<String> {
    let nodes = data["trainingSessions"]["nodes"].as_array().unwrap().iter();
    nodes.map(|node| node["code"].as_str().unwrap().to_owned()).collect()
}

async fn lists_of_sessions_filter_and_walk_both_ways(engine: Engine) {
    let app = TestApp::start(engine).await;
    let rows = [
        session("2024-05-20", HAMLET, 45),
        session("2024-03-01", "31333002", 20),
        with(session("2024-05-20", HAMLET, 30), "topic", json!("DIGITAL_SKILLS")),
        session("2024-07-01", "31441001", 10),
        with(session("2024-05-20", "31441001", 12), "audience", json!("COOPERATIVES")),
    ];
    let all = recorded(&app, &rows).await;
    cancel(&app, &all[3], 1, "hoãn").await;
    let pick = |places: &[usize]| places.iter().map(|at| all[*at].clone()).collect::<Vec<_>>();
    for (filter, expected) in [
        (json!({}), pick(&[3, 4, 2, 0, 1])),
        (json!({ "within": { "code": "31333" } }), pick(&[2, 0, 1])),
        (json!({ "topic": ["DIGITAL_SKILLS", "ONLINE_SAFETY"] }), pick(&[2])),
        (json!({ "audience": "COOPERATIVES" }), pick(&[4])),
        (json!({ "topic": [], "audience": [] }), pick(&[3, 4, 2, 0, 1])),
        (json!({ "topic": vec!["DIGITAL_SKILLS"; 2_000] }), pick(&[2])),
        (json!({ "audience": vec!["COOPERATIVES"; 2_000] }), pick(&[4])),
        (json!({ "from": "2024-03-02", "to": "2024-05-20" }), pick(&[4, 2, 0])),
        (json!({ "status": "HELD" }), pick(&[4, 2, 0, 1])),
        (json!({ "status": "CANCELLED" }), pick(&[3])),
    ] {
        let data = app.data(LIST, json!({ "filter": filter })).await;
        assert_eq!(codes(&data), expected, "{filter}");
        assert_eq!(data["trainingSessions"]["totalCount"], expected.len());
    }
    for direction in ["ASCENDING", "DESCENDING"] {
        let order = json!({ "field": "HELD_ON", "direction": direction });
        let whole = codes(&app.data(LIST, json!({ "order": order })).await);
        let (mut forward, mut after) = (Vec::new(), json!(null));
        loop {
            let data = app.data(LIST, json!({ "order": order, "first": 2, "after": after })).await;
            forward.extend(codes(&data));
            if data["trainingSessions"]["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = data["trainingSessions"]["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(forward, whole, "{direction}");
        let (mut backward, mut before) = (Vec::new(), json!(null));
        loop {
            let data = app.data(LIST, json!({ "order": order, "last": 2, "before": before })).await;
            backward.extend(codes(&data).into_iter().rev());
            if data["trainingSessions"]["pageInfo"]["hasPreviousPage"] == false {
                break;
            }
            before = data["trainingSessions"]["pageInfo"]["startCursor"].clone();
        }
        backward.reverse();
        assert_eq!(backward, whole, "{direction}");
    }
    let many = "query($first: Int!) { trainingSessions(first: $first) { totalCount nodes { code hamlet { name parent { name } } } } }";
    let (_, of_one) = app.counted(many, json!({ "first": 1 })).await;
    let (_, of_all) = app.counted(many, json!({ "first": 100 })).await;
    assert_eq!((of_one, of_all), (2, 2));
}

const TOTALS: &str = "query($unit: UnitRef!, $from: YearMonth, $to: YearMonth) {
    trainingTotals(unit: $unit, from: $from, to: $to) { topic sessions attendees quality } }";

/// How many people came to sessions in a unit in some months, whatever they were about.
async fn trained(app: &TestApp, unit: &Value, from: &str, to: &str) -> i64 {
    let data = app.data(TOTALS, json!({ "unit": unit, "from": from, "to": to })).await;
    let totals = data["trainingTotals"].as_array().unwrap().iter();
    totals.map(|total| total["attendees"].as_i64().unwrap()).sum()
}

async fn figures_follow_sessions_on_both_boundaries(engine: Engine) {
    let app = TestApp::start(engine).await;
    let then = json!({ "codeOn": { "code": "31441", "on": "2024-06-30" } });
    let now = json!({ "code": "31441" });
    let rows = [
        session("2024-02-29", "31441001", 10),
        session("2024-05-31", "31441001", 4),
        with(session("2024-05-31", "31441001", 6), "topic", json!("ONLINE_SAFETY")),
        session("2024-06-01", "31444001", 100),
        session("2025-08-01", "31450001", 1_000),
    ];
    let all = recorded(&app, &rows).await;
    for (unit, on, people) in [
        (&then, "2024-01-31", 0),
        (&then, "2024-02-29", 10),
        (&then, "2024-06-30", 20),
        (&now, "2024-06-30", 120),
        (&now, "2026-10-31", 1_120),
    ] {
        assert_eq!(figure(&app, "PEOPLE_TRAINED", unit, on).await, (people, 1), "{unit} {on}");
    }
    assert_eq!(cancel(&app, &all[1], 1, "ghi nhầm").await["errors"], json!([]));
    assert_eq!(figure(&app, "PEOPLE_TRAINED", &then, "2024-06-30").await, (16, 1));
    assert_eq!(figure(&app, "PEOPLE_TRAINED", &now, "2026-10-31").await, (1_116, 1));
    for (unit, before, from, to, on) in [
        (&then, "2024-02-29", "2024-03", "2024-06", "2024-06-30"),
        (&now, "2024-05-31", "2024-06", "2026-10", "2026-10-31"),
    ] {
        let growth = figure(&app, "PEOPLE_TRAINED", unit, on).await.0
            - figure(&app, "PEOPLE_TRAINED", unit, before).await.0;
        assert_eq!(trained(&app, unit, from, to).await, growth, "{unit} {from} {to}");
    }
    let (data, statements) = app.counted(TOTALS, json!({ "unit": now })).await;
    assert_eq!(statements, 1);
    let totals = data["trainingTotals"].as_array().unwrap();
    assert_eq!(totals.len(), 6);
    let total = |topic: &str, sessions: u32, attendees: u32| json!({ "topic": topic, "sessions": sessions, "attendees": attendees, "quality": "EXACT" });
    assert_eq!(totals[0], total("DIGITAL_SKILLS", 0, 0));
    assert_eq!(totals[3], total("ECOMMERCE", 3, 1_110));
    assert_eq!(totals[5], total("ONLINE_SAFETY", 1, 6));
    assert_eq!(app.store.check_rollups().await.unwrap(), []);
}
