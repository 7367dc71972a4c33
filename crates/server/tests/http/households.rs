//! Households over HTTP: registering, changing, closing, lists and their cursors.

use crate::harness::{HAMLET, REGISTER, TestApp, code_of, household, survey};
use futures_util::future::join_all;
use registry_domain::access::Principal;
use registry_testing::{Engine, on_both_engines};
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};

on_both_engines!(
    a_registered_household_can_be_read_back,
    every_fault_of_an_input_is_told_and_nothing_is_written,
    a_retry_with_its_key_registers_once,
    a_stale_version_is_a_conflict,
    the_same_head_is_registered_once,
    a_closed_household_takes_no_change,
    many_who_ask_at_once_each_get_their_own,
    lists_filter_and_walk_both_ways,
    a_prefix_finds_numbers_of_six_digits_and_of_seven,
    nested_lists_cost_the_same_for_many_as_for_one,
    a_head_is_found_by_citizen_number_and_stored_sealed,
);

const UPDATE: &str = "mutation($input: UpdateHouseholdInput!) { updateHousehold(input: $input) {
    household { version composition: members hamlet { code } head { name } }
    errors { code path message currentVersion } } }";

const CLOSE: &str = "mutation($input: CloseHouseholdInput!) { closeHousehold(input: $input) {
    household { version status effectiveOn } errors { code path } } }";

async fn a_registered_household_can_be_read_back(engine: Engine) {
    let app = TestApp::start(engine).await;
    let mut input = household(HAMLET);
    input["head"] = json!({ "name": "Trần Văn Xoài", "citizenNumber": "000180001234", "phone": "+84 912-345-678" });
    let data = app.data(REGISTER, json!({ "input": input })).await;
    let payload = &data["registerHousehold"];
    assert_eq!(payload["errors"], json!([]));
    let code = payload["household"]["code"].as_str().unwrap();
    assert!(code.starts_with("HG000001"), "{code}");

    let query = "query($code: HouseholdCode!) { household(code: $code) {
        id code members adults workingAge status version registeredOn surveyedOn
        head { name citizenNumber phone }
        hamlet { code level parent { code level parent { level } } }
        connectivity { surveyedOn } } }";
    let (data, statements) = app.counted(query, json!({ "code": code })).await;
    assert_eq!(
        data["household"],
        json!({
            "id": data["household"]["id"],
            "code": code,
            "members": 4, "adults": 3, "workingAge": 2,
            "status": "ACTIVE", "version": 1,
            "registeredOn": "2022-06-01", "surveyedOn": null,
            "head": { "name": "Trần Văn Xoài", "citizenNumber": "000180001234", "phone": "0912 345 678" },
            "hamlet": {
                "code": HAMLET, "level": "HAMLET",
                "parent": { "code": "31333", "level": "COMMUNE", "parent": { "level": "PROVINCE" } },
            },
            "connectivity": null,
        })
    );
    assert_eq!(statements, 1);

    let node =
        "query($id: ID!) { node(id: $id) { __typename ... on Household { code head { name } } } }";
    let data = app.data(node, json!({ "id": data["household"]["id"] })).await;
    assert_eq!(data["node"]["code"], code);
    assert_eq!(data["node"]["head"]["name"], "Trần Văn Xoài");
}

async fn every_fault_of_an_input_is_told_and_nothing_is_written(engine: Engine) {
    let app = TestApp::start(engine).await;
    let input = json!({
        "hamlet": { "code": "31333" },
        "composition": { "members": 3, "adults": 4, "workingAge": 5 },
        "head": { "name": "Thu\u{309}y\u{0}", "citizenNumber": "12", "phone": "123" },
        "registeredOn": "2026-11-02",
    });
    let data = app.data(REGISTER, json!({ "input": input })).await;
    let payload = &data["registerHousehold"];
    assert_eq!(payload["household"], json!(null));
    let told: Vec<_> = payload["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["path"].clone(), error["code"].clone()))
        .collect();
    let at = |path: &[&str], code: &str| (json!(path), json!(code));
    assert_eq!(
        told,
        [
            at(&["input", "hamlet"], "NOT_A_HAMLET"),
            at(&["input", "composition", "adults"], "COUNT_ABOVE_BASE"),
            at(&["input", "composition", "workingAge"], "COUNT_ABOVE_BASE"),
            at(&["input", "head", "name"], "TEXT_CONTROL_CHARACTER"),
            at(&["input", "head", "citizenNumber"], "MALFORMED"),
            at(&["input", "head", "phone"], "MALFORMED"),
        ]
    );
    for (hamlet, code) in
        [("99999001", "OUTSIDE_PROVINCE"), ("31333999", "UNKNOWN_UNIT"), ("31447", "UNKNOWN_UNIT")]
    {
        let mut input = household(hamlet);
        input["registeredOn"] = json!("2026-01-01");
        let data = app.data(REGISTER, json!({ "input": input })).await;
        assert_eq!(data["registerHousehold"]["errors"][0]["code"], code, "{hamlet}");
    }
    for (name, code) in
        [("", "TEXT_EMPTY"), ("Thu\u{309}y", "TEXT_NOT_NFC"), (&*"x".repeat(101), "TEXT_TOO_LONG")]
    {
        let mut input = household(HAMLET);
        input["head"]["name"] = json!(name);
        let data = app.data(REGISTER, json!({ "input": input })).await;
        assert_eq!(data["registerHousehold"]["errors"][0]["code"], code);
    }
    let mut input = household(HAMLET);
    input["registeredOn"] = json!("2026-11-02");
    let data = app.data(REGISTER, json!({ "input": input })).await;
    assert_eq!(data["registerHousehold"]["errors"][0]["code"], "FUTURE_DATE");
    assert_eq!(app.store.household_count().await.unwrap(), 0);
}

async fn a_retry_with_its_key_registers_once(engine: Engine) {
    let app = TestApp::start(engine).await;
    let mut input = household(HAMLET);
    input["idempotencyKey"] = json!("form-7");
    let first = app.data(REGISTER, json!({ "input": input })).await;
    let second = app.data(REGISTER, json!({ "input": input })).await;
    assert_eq!(first["registerHousehold"]["replayed"], false);
    assert_eq!(second["registerHousehold"]["replayed"], true);
    assert_eq!(first["registerHousehold"]["household"], second["registerHousehold"]["household"]);
    input["composition"]["members"] = json!(5);
    let other = app.data(REGISTER, json!({ "input": input })).await;
    assert_eq!(other["registerHousehold"]["errors"][0]["code"], "IDEMPOTENCY_CONFLICT");
    assert_eq!(app.store.household_count().await.unwrap(), 1);
}

async fn a_stale_version_is_a_conflict(engine: Engine) {
    let app = TestApp::start(engine).await;
    let code = app.register(HAMLET).await;
    let change = |version: u32| {
        json!({ "input": {
            "household": code, "version": version, "effectiveOn": "2023-01-01",
            "hamlet": { "code": "31333002" },
            "composition": { "members": 5, "adults": 3, "workingAge": 2 },
        } })
    };
    let data = app.data(UPDATE, change(1)).await;
    assert_eq!(data["updateHousehold"]["errors"], json!([]));
    assert_eq!(data["updateHousehold"]["household"]["version"], 2);
    assert_eq!(data["updateHousehold"]["household"]["composition"], 5);
    assert_eq!(data["updateHousehold"]["household"]["hamlet"]["code"], "31333002");
    assert_eq!(data["updateHousehold"]["household"]["head"]["name"], "Nguyễn Thị Bưởi");
    let error = app.data(UPDATE, change(1)).await["updateHousehold"]["errors"][0].clone();
    assert_eq!(error["code"], "CONFLICT");
    assert_eq!(error["path"], json!(["input", "version"]));
    assert_eq!(error["currentVersion"], 2);

    let nothing =
        json!({ "input": { "household": code, "version": 2, "effectiveOn": "2023-02-01" } });
    let data = app.data(UPDATE, nothing).await;
    assert_eq!(data["updateHousehold"]["errors"][0]["code"], "NOTHING_TO_CHANGE");
    let wrong = json!({ "input": { "household": "HG00000199", "version": 2, "effectiveOn": "2023-02-01" } });
    let data = app.data(UPDATE, wrong).await;
    assert_eq!(data["updateHousehold"]["errors"][0]["code"], "CHECK_DIGIT_WRONG");
    let early = json!({ "input": { "household": code, "version": 2, "effectiveOn": "2022-12-31",
        "composition": { "members": 2, "adults": 2, "workingAge": 2 } } });
    let data = app.data(UPDATE, early).await;
    assert_eq!(data["updateHousehold"]["errors"][0]["code"], "DATE_TOO_EARLY");
}

async fn the_same_head_is_registered_once(engine: Engine) {
    let app = TestApp::start(engine).await;
    let mut input = household(HAMLET);
    input["head"]["citizenNumber"] = json!("000180001234");
    let first = app.data(REGISTER, json!({ "input": input })).await;
    let code = first["registerHousehold"]["household"]["code"].as_str().unwrap();
    let second = app.data(REGISTER, json!({ "input": input })).await;
    let error = &second["registerHousehold"]["errors"][0];
    assert_eq!(error["code"], "DUPLICATE_HOUSEHOLD");
    assert!(error["message"].as_str().unwrap().contains(code));
    assert!(!error["message"].as_str().unwrap().contains("000180001234"));

    let close = json!({ "input": { "household": code, "version": 1, "reason": "MOVED_AWAY", "closedOn": "2023-01-01" } });
    assert_eq!(app.data(CLOSE, close).await["closeHousehold"]["errors"], json!([]));
    let again = app.data(REGISTER, json!({ "input": input })).await;
    assert_eq!(again["registerHousehold"]["errors"], json!([]));
}

async fn a_closed_household_takes_no_change(engine: Engine) {
    let app = TestApp::start(engine).await;
    let code = app.register(HAMLET).await;
    let close = |version: u32| json!({ "input": { "household": code, "version": version, "reason": "DISSOLVED", "closedOn": "2023-05-01" } });
    let data = app.data(CLOSE, close(1)).await;
    assert_eq!(
        data["closeHousehold"]["household"],
        json!({ "version": 2, "status": "DISSOLVED", "effectiveOn": "2023-05-01" })
    );
    let data = app.data(CLOSE, close(2)).await;
    assert_eq!(data["closeHousehold"]["errors"][0]["code"], "HOUSEHOLD_CLOSED");
    let record = "mutation($input: RecordConnectivityInput!) { recordConnectivity(input: $input) { errors { code } } }";
    let late = json!({ "input": { "survey": survey(&code, "2023-06-01") } });
    let data = app.data(record, late).await;
    assert_eq!(data["recordConnectivity"]["errors"][0]["code"], "HOUSEHOLD_CLOSED");
    let before = json!({ "input": { "survey": survey(&code, "2023-04-01") } });
    let data = app.data(record, before).await;
    assert_eq!(data["recordConnectivity"]["errors"], json!([]));
    assert_eq!(app.store.check_rollups().await.unwrap(), []);
}

const LIST: &str = "query($filter: HouseholdFilter, $order: HouseholdOrder, $first: Int, $after: String, $last: Int, $before: String) {
    households(filter: $filter, orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
        totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { code } } }";

fn codes(data: &Value) -> Vec<String> {
    let nodes = data["households"]["nodes"].as_array().unwrap().iter();
    nodes.map(|node| node["code"].as_str().unwrap().to_owned()).collect()
}

/// What is asked for at once is read together; nobody may notice.
async fn many_who_ask_at_once_each_get_their_own(engine: Engine) {
    let app = TestApp::start(engine).await;
    let mut codes = Vec::new();
    for _ in 0..5 {
        codes.push(app.register(HAMLET).await);
    }
    let unknown = "HG99999925".to_owned();
    codes.push(unknown.clone());
    let ask = async |code: &String| {
        let query = "query($code: HouseholdCode!) { household(code: $code) { code members } }";
        app.counted(query, json!({ "code": code })).await
    };
    let asked = codes.iter().cycle().take(10 * codes.len());
    for (code, (told, statements)) in asked.clone().zip(join_all(asked.map(ask)).await) {
        let expected = json!({ "code": code, "members": 4 });
        let expected = if *code == unknown { Value::Null } else { expected };
        assert_eq!(told, json!({ "household": expected }), "{code}");
        assert_eq!(statements, 1);
    }
}

async fn lists_filter_and_walk_both_ways(engine: Engine) {
    let app = TestApp::start(engine).await;
    let mut all = Vec::new();
    for hamlet in [HAMLET, "31333002", "31441001", HAMLET, "31441002"] {
        all.push(app.register(hamlet).await);
    }
    app.survey(survey(&all[0], "2024-03-01")).await;
    let mut without = survey(&all[3], "2024-01-01");
    without["fixedLine"] = json!(null);
    app.survey(without).await;

    let vi_tan = json!({ "within": { "code": "31333" } });
    assert_eq!(
        codes(&app.data(LIST, json!({ "filter": vi_tan })).await),
        [&*all[0], &all[1], &all[3]]
    );
    let no_fibre = json!({ "within": { "code": "31333" }, "hasFibre": false });
    assert_eq!(codes(&app.data(LIST, json!({ "filter": no_fibre })).await), [&*all[3]]);
    let of_vnpt = json!({ "provider": "VNPT" });
    assert_eq!(codes(&app.data(LIST, json!({ "filter": of_vnpt })).await), [&*all[0]]);
    let stale = json!({ "surveyedBefore": "2024-02-01" });
    assert_eq!(app.data(LIST, json!({ "filter": stale })).await["households"]["totalCount"], 4);
    let fresh = json!({ "surveyedAfter": "2024-02-01" });
    assert_eq!(codes(&app.data(LIST, json!({ "filter": fresh })).await), [&*all[0]]);
    let prefix = json!({ "codePrefix": &all[2][..8] });
    assert_eq!(codes(&app.data(LIST, json!({ "filter": prefix })).await), [&*all[2]]);

    for order in [
        json!({ "field": "CODE", "direction": "ASCENDING" }),
        json!({ "field": "CODE", "direction": "DESCENDING" }),
        json!({ "field": "SURVEYED_ON", "direction": "ASCENDING" }),
        json!({ "field": "SURVEYED_ON", "direction": "DESCENDING" }),
    ] {
        let whole = codes(&app.data(LIST, json!({ "order": order })).await);
        assert_eq!(whole.len(), 5);
        let mut forward = Vec::new();
        let mut after = json!(null);
        loop {
            let data = app.data(LIST, json!({ "order": order, "first": 2, "after": after })).await;
            forward.extend(codes(&data));
            if data["households"]["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = data["households"]["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(forward, whole, "{order}");
        let mut backward = Vec::new();
        let mut before = json!(null);
        loop {
            let data = app.data(LIST, json!({ "order": order, "last": 2, "before": before })).await;
            backward.extend(codes(&data).into_iter().rev());
            if data["households"]["pageInfo"]["hasPreviousPage"] == false {
                break;
            }
            before = data["households"]["pageInfo"]["startCursor"].clone();
        }
        backward.reverse();
        assert_eq!(backward, whole, "{order}");
    }
}

async fn a_prefix_finds_numbers_of_six_digits_and_of_seven(engine: Engine) {
    let app = TestApp::start(engine).await;
    for number in [12_345, 123_455, 123_456, 1_234_559, 1_234_560, 1_234_569, 1_234_570] {
        let beside = app.database.beside().await;
        let sql = match engine {
            Engine::Postgres => format!("SELECT setval('household_numbers', {number}, false)"),
            Engine::Sqlite => {
                format!("UPDATE counter SET next = {number} WHERE name = 'household'")
            }
        };
        beside.execute_unprepared(&sql).await.unwrap();
        beside.close().await.unwrap();
        assert_eq!(app.register(HAMLET).await, code_of(number));
    }
    let last = code_of(1_234_569);
    for (prefix, expected) in [
        ("HG123456", vec![123_456, 1_234_560, 1_234_569]),
        ("HG12345", vec![123_455, 123_456, 1_234_559, 1_234_560, 1_234_569, 1_234_570]),
        ("HG0", vec![12_345]),
        (&*code_of(123_456), vec![123_456]),
        (&*last, vec![1_234_569]),
    ] {
        let expected: Vec<String> = expected.into_iter().map(code_of).collect();
        let filter = json!({ "codePrefix": prefix });
        for direction in ["ASCENDING", "DESCENDING"] {
            let order = json!({ "field": "CODE", "direction": direction });
            let (mut found, mut after) = (Vec::new(), json!(null));
            loop {
                let page = json!({ "filter": filter, "order": order, "first": 2, "after": after });
                let data = app.data(LIST, page).await;
                assert_eq!(data["households"]["totalCount"], expected.len(), "{prefix}");
                found.extend(codes(&data));
                if data["households"]["pageInfo"]["hasNextPage"] == false {
                    break;
                }
                after = data["households"]["pageInfo"]["endCursor"].clone();
            }
            if direction == "DESCENDING" {
                found.reverse();
            }
            assert_eq!(found, expected, "{prefix} {direction}");
        }
    }
    assert_eq!(app.data(WHOLE, json!({ "code": last })).await["household"]["code"], *last);
}

const WHOLE: &str = "query($code: HouseholdCode!) { household(code: $code) { code } }";

#[tokio::test]
async fn a_foreign_cursor_and_a_wrong_page_size_are_refused() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.register(HAMLET).await;
    let page = app.data(LIST, json!({ "first": 1 })).await;
    let cursor = page["households"]["pageInfo"]["endCursor"].clone();
    let other = json!({ "filter": { "hasFibre": true }, "after": cursor });
    let mut tampered = cursor.as_str().unwrap().to_owned().into_bytes();
    tampered[0] = if tampered[0] == b'A' { b'B' } else { b'A' };
    let tampered = json!({ "after": String::from_utf8(tampered).unwrap() });
    let wrong = [
        other,
        tampered,
        json!({ "after": "?" }),
        json!({ "first": 201 }),
        json!({ "first": 0 }),
        json!({ "last": -1 }),
        json!({ "first": 1, "last": 1 }),
    ];
    for variables in wrong {
        let answer = app.answer(LIST, variables.clone()).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{variables}");
        assert_eq!(answer["errors"][0]["path"], json!(["households"]), "{variables}");
    }
}

async fn nested_lists_cost_the_same_for_many_as_for_one(engine: Engine) {
    let app = TestApp::start(engine).await;
    for hamlet in [HAMLET, "31333002", "31441001", "31318001", "31321001"] {
        let code = app.register(hamlet).await;
        app.survey(survey(&code, "2024-03-01")).await;
        app.survey(survey(&code, "2024-05-01")).await;
    }
    let query = "query($first: Int!) {
        units(filter: { level: COMMUNE, on: \"2024-06-30\" }, first: $first) { nodes {
            name
            households(first: 2) { totalCount nodes {
                code head { name } hamlet { name parent { name } }
                connectivity(on: \"2024-04-01\") { surveyedOn household { code } }
                connectivityHistory(first: 1) { totalCount nodes { surveyedOn } } } } } } }";
    let (_, of_one) = app.counted(query, json!({ "first": 1 })).await;
    let (data, of_all) = app.counted(query, json!({ "first": 75 })).await;
    let units = data["units"]["nodes"].as_array().unwrap();
    assert_eq!(units.len(), 75);
    let surveyed: Vec<_> =
        units.iter().flat_map(|unit| unit["households"]["nodes"].as_array().unwrap()).collect();
    assert_eq!(surveyed.len(), 5);
    for household in surveyed {
        assert_eq!(household["connectivity"]["surveyedOn"], "2024-03-01");
        assert_eq!(household["connectivity"]["household"]["code"], household["code"]);
        assert_eq!(household["connectivityHistory"]["totalCount"], 2);
        assert_eq!(household["connectivityHistory"]["nodes"][0]["surveyedOn"], "2024-05-01");
    }
    // Pages, counts, surveys by date, their households, histories, counts of histories.
    assert_eq!(of_all, 6);
    assert!(of_one <= of_all);
}

async fn a_head_is_found_by_citizen_number_and_stored_sealed(engine: Engine) {
    let app = TestApp::start(engine).await;
    let mut input = household(HAMLET);
    input["head"]["citizenNumber"] = json!("000180001234");
    let registered = app.data(REGISTER, json!({ "input": input })).await;
    app.register(HAMLET).await;
    let filter = json!({ "filter": { "citizenNumber": "000180001234" } });
    let found = codes(&app.data(LIST, filter).await);
    assert_eq!(found, [registered["registerHousehold"]["household"]["code"].as_str().unwrap()]);

    let raw = app.database.beside().await;
    for table in ["household", "household_version"] {
        let all =
            Statement::from_string(raw.get_database_backend(), format!("SELECT head FROM {table}"));
        for row in raw.query_all_raw(all).await.unwrap() {
            let stored: Vec<u8> = row.try_get("", "head").unwrap();
            let clear =
                |text: &str| stored.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!clear("Bưởi") && !clear("000180001234"));
        }
    }
}

#[tokio::test]
async fn whoever_shows_nothing_sees_units_and_indicators_only() {
    let app = TestApp::start_as(Engine::Sqlite, Principal::anonymous()).await;
    let open =
        r#"{ units(first: 1) { nodes { name } } indicators(unit: { code: "92" }) { code } }"#;
    app.data(open, json!({})).await;
    let by_code = format!("{{ household(code: \"{}\") {{ code }} }}", code_of(1));
    for query in [LIST, &by_code] {
        let answer = app.answer(query, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{answer}");
    }
    let answer = app.answer(REGISTER, json!({ "input": household(HAMLET) })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
}
