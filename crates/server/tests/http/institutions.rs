//! Schools and banks over HTTP: what they are, what they fulfil or offer, and the figures made of it.

use crate::harness::{HAMLET, TestApp};
use crate::reporting::{faults, with};
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    a_school_is_registered_found_changed_and_closed,
    a_school_is_digital_while_it_fulfils_all_criteria,
    a_bank_counts_while_it_offers_any_service,
    figures_follow_moves_and_closures_on_either_boundaries,
    schools_are_listed_filtered_and_sorted,
    a_page_costs_two_statements,
);

const PAYLOAD: &str =
    "institution { id code kind name hamlet { name } openedOn closedOn version digital
    criteria { criterion fulfilledOn evidence } services { service offeredSince } }
    replayed errors { code path message currentVersion }";

pub async fn act(app: &TestApp, mutation: &str, input: Value) -> Value {
    let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let query =
        format!("mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {PAYLOAD} }} }}");
    app.data(&query, json!({ "input": input })).await[mutation].clone()
}

/// What must be carried out: the institution after it.
pub async fn done(app: &TestApp, mutation: &str, input: Value) -> Value {
    let told = act(app, mutation, input).await;
    assert_eq!(told["errors"], json!([]), "{mutation}");
    told["institution"].clone()
}

pub fn school(name: &str) -> Value {
    json!({ "kind": "PRIMARY_SCHOOL", "name": name, "hamlet": { "code": HAMLET }, "openedOn": "1998-09-05" })
}

pub async fn register(app: &TestApp, input: Value) -> String {
    done(app, "registerInstitution", input).await["code"].as_str().unwrap().to_owned()
}

const CRITERIA: [&str; 4] =
    ["DIGITAL_GOVERNANCE", "DIGITAL_OPERATION", "STANDARD_DATA", "OPEN_LEARNING_MATERIALS"];

async fn assess(app: &TestApp, code: &str, criterion: &str, on: &str) -> Value {
    let input = json!({ "institution": code, "criterion": criterion, "fulfilledOn": on, "evidence": "QĐ 12" });
    done(app, "assessSchool", input).await
}

async fn offer(app: &TestApp, code: &str, service: &str, since: &str) -> Value {
    let input = json!({ "institution": code, "service": service, "offeredSince": since });
    done(app, "recordBankService", input).await
}

fn in_2024(code: &str) -> Value {
    json!({ "codeOn": { "code": code, "on": "2024-06-30" } })
}

/// Numerator and denominator of an indicator.
async fn figure(app: &TestApp, code: &str, unit: Value, on: &str) -> [Value; 2] {
    let query = "query($unit: UnitRef!, $on: Date, $codes: [IndicatorCode!]) {
        indicators(unit: $unit, on: $on, codes: $codes) { numerator denominator } }";
    let data = app.data(query, json!({ "unit": unit, "on": on, "codes": [code] })).await;
    ["numerator", "denominator"].map(|part| data["indicators"][0][part].clone())
}

fn count(some: u32, all: u32) -> [Value; 2] {
    [json!(some), json!(all)]
}

async fn a_school_is_registered_found_changed_and_closed(engine: Engine) {
    let app = TestApp::start(engine).await;
    let input = with(school("Trường Tiểu học Nguyễn Trãi"), json!({ "idempotencyKey": "a" }));
    let registered = done(&app, "registerInstitution", input.clone()).await;
    assert_eq!(registered["code"], json!("TC00000130"));
    assert_eq!(
        (&registered["hamlet"]["name"], &registered["version"], &registered["digital"]),
        (&json!("Ấp 1"), &json!(1), &json!(false))
    );
    assert_eq!(registered["criteria"][3]["criterion"], json!("OPEN_LEARNING_MATERIALS"));
    let again = act(&app, "registerInstitution", input).await;
    assert_eq!((&again["replayed"], &again["institution"]), (&json!(true), &registered));

    let code = registered["code"].clone();
    let found = "query($code: RegistryCode!) { institution(code: $code) { id name kind } }";
    let found = app.data(found, json!({ "code": code })).await["institution"].clone();
    assert_eq!(found["kind"], json!("PRIMARY_SCHOOL"));
    let node = "query($id: ID!) { node(id: $id) { id ... on Institution { name } } }";
    let node = app.data(node, json!({ "id": found["id"] })).await;
    assert_eq!(node["node"]["name"], json!("Trường Tiểu học Nguyễn Trãi"));
    let unknown = r#"{ institution(code: "TC00000227") { name } }"#;
    assert_eq!(app.data(unknown, json!({})).await["institution"], json!(null));
    let wrong = r#"{ institution(code: "TC00000199") { name } }"#;
    let wrong = app.answer(wrong, json!({})).await;
    assert_eq!(wrong["errors"][0]["extensions"]["rule"], json!("CHECK_DIGIT_WRONG"));

    let change = json!({ "institution": code, "version": 1, "effectiveOn": "2024-05-01", "name": "Trường Tiểu học Vị Tân 1" });
    let changed = done(&app, "updateInstitution", change.clone()).await;
    assert_eq!(
        (&changed["name"], &changed["version"]),
        (&json!("Trường Tiểu học Vị Tân 1"), &json!(2))
    );
    let stale = act(&app, "updateInstitution", change).await;
    assert_eq!(faults(&stale), ["CONFLICT input.version"]);
    assert_eq!(stale["errors"][0]["currentVersion"], json!(2));
    let close = json!({ "institution": code, "version": 2, "closedOn": "2025-06-01" });
    let closed = done(&app, "closeInstitution", close).await;
    assert_eq!((&closed["closedOn"], &closed["version"]), (&json!("2025-06-01"), &json!(3)));
    // The name is free again.
    register(&app, school("Trường Tiểu học Vị Tân 1")).await;
    assert_eq!(app.store.check_rollups().await.unwrap(), []);
}

async fn a_school_is_digital_while_it_fulfils_all_criteria(engine: Engine) {
    let app = TestApp::start(engine).await;
    let code = register(&app, school("Trường Tiểu học Nguyễn Trãi")).await;
    let preschool = with(school("Trường Mầm non Hoa Sen"), json!({ "kind": "PRESCHOOL" }));
    let preschool = register(&app, preschool).await;
    for criterion in CRITERIA {
        assess(&app, &preschool, criterion, "2024-01-10").await;
    }
    for (criterion, on) in CRITERIA.into_iter().zip(["2023-05-04", "2023-09-01", "2024-02-10"]) {
        assert_eq!(assess(&app, &code, criterion, on).await["digital"], json!(false));
    }
    let last = assess(&app, &code, CRITERIA[3], "2024-05-31").await;
    assert_eq!(last["digital"], json!(true));
    assert_eq!(
        last["criteria"][3],
        json!({ "criterion": CRITERIA[3], "fulfilledOn": "2024-05-31", "evidence": "QĐ 12" })
    );
    let withdraw = json!({ "institution": code, "criterion": CRITERIA[1], "withdrawnOn": "2025-08-15", "reason": "hết hạn" });
    let withdrawn = done(&app, "withdrawSchoolAssessment", withdraw).await;
    assert_eq!(withdrawn["digital"], json!(false));
    assert_eq!(
        withdrawn["criteria"][1],
        json!({ "criterion": CRITERIA[1], "fulfilledOn": null, "evidence": null })
    );
    assess(&app, &code, CRITERIA[1], "2026-01-01").await;

    let query = "query($code: RegistryCode!, $on: Date) { institution(code: $code) {
        digital(on: $on) criteria(on: $on) { fulfilledOn } } }";
    for (on, digital) in [
        ("2024-05-30", false),
        ("2024-05-31", true),
        ("2025-08-14", true),
        ("2025-08-15", false),
        ("2026-01-01", true),
    ] {
        let told = app.data(query, json!({ "code": code, "on": on })).await;
        assert_eq!(told["institution"]["digital"], json!(digital), "{on}");
    }
    for (month_end, digital) in [
        ("2024-04-30", 0),
        ("2024-05-31", 1),
        ("2025-07-31", 1),
        ("2025-08-31", 0),
        ("2025-12-31", 0),
        ("2026-01-31", 1),
    ] {
        let told = figure(&app, "SCHOOL_DIGITAL", in_2024("93"), month_end).await;
        assert_eq!(told, count(digital, 1), "{month_end}");
    }
    let now = json!({ "code": "31333" });
    assert_eq!(figure(&app, "SCHOOL_DIGITAL", now, "2026-10-31").await, count(1, 1));
    assert_eq!(app.store.check_rollups().await.unwrap(), []);
}

async fn a_bank_counts_while_it_offers_any_service(engine: Engine) {
    let app = TestApp::start(engine).await;
    let bank =
        with(school("Ngân hàng Nông nghiệp"), json!({ "kind": "BANK", "openedOn": "2003-02-01" }));
    let code = register(&app, bank).await;
    offer(&app, &code, "SMS_BANKING", "2015-01-01").await;
    let told = offer(&app, &code, "QR_PAYMENT", "2024-06-15").await;
    assert_eq!(
        told["services"],
        json!([{ "service": "SMS_BANKING", "offeredSince": "2015-01-01" },
            { "service": "QR_PAYMENT", "offeredSince": "2024-06-15" }])
    );
    assert_eq!((&told["digital"], &told["criteria"]), (&json!(null), &json!([])));
    for (service, on) in [("SMS_BANKING", "2024-03-01"), ("QR_PAYMENT", "2026-03-01")] {
        let end = json!({ "institution": code, "service": service, "endedOn": on, "reason": "thay bằng ứng dụng" });
        done(&app, "endBankService", end).await;
    }
    for (on, with_service) in [
        ("2014-12-31", 0),
        ("2015-01-31", 1),
        ("2024-03-31", 0),
        ("2024-06-30", 1),
        ("2026-02-28", 1),
        ("2026-03-31", 0),
    ] {
        let told = figure(&app, "BANK_EBANKING", in_2024("93"), on).await;
        assert_eq!(told, count(with_service, 1), "{on}");
        let told = figure(&app, "BANK_EBANKING", json!({ "code": "92" }), on).await;
        assert_eq!(told, count(with_service, 1), "{on}");
    }
    assert_eq!(app.store.check_rollups().await.unwrap(), []);
}

async fn figures_follow_moves_and_closures_on_either_boundaries(engine: Engine) {
    let app = TestApp::start(engine).await;
    // Xã Vị Trung (31444) became a part of Xã Vị Thủy (31441); Xã Vị Thuỷ (31447) did not.
    let at =
        |hamlet: &str| with(school("Trường THCS Vị Thủy"), json!({ "hamlet": { "code": hamlet } }));
    let code = register(&app, at("31444001")).await;
    for criterion in CRITERIA {
        assess(&app, &code, criterion, "2024-01-10").await;
    }
    let schools = async |unit: Value, on: &str| figure(&app, "SCHOOL_DIGITAL", unit, on).await;
    assert_eq!(schools(in_2024("31444"), "2024-06-30").await, count(1, 1));
    assert_eq!(schools(json!({ "code": "31441" }), "2024-06-30").await, count(1, 1));

    let move_ = json!({ "institution": code, "version": 1, "effectiveOn": "2026-03-15", "hamlet": { "code": "31447001" } });
    done(&app, "updateInstitution", move_).await;
    assert_eq!(schools(json!({ "code": "31441" }), "2026-02-28").await, count(1, 1));
    assert_eq!(schools(json!({ "code": "31441" }), "2026-03-31").await, count(0, 0));
    assert_eq!(schools(json!({ "code": "31453" }), "2026-03-31").await, count(1, 1));
    let close = |on: &str| json!({ "institution": code, "version": 2, "closedOn": on });
    let early = act(&app, "closeInstitution", close("2026-03-14")).await;
    assert_eq!(faults(&early), ["DATE_TOO_EARLY input.closedOn"]);
    done(&app, "closeInstitution", close("2026-09-30")).await;
    assert_eq!(schools(json!({ "code": "92" }), "2026-08-31").await, count(1, 1));
    assert_eq!(schools(json!({ "code": "92" }), "2026-09-30").await, count(0, 0));
    assert_eq!(schools(in_2024("93"), "2024-06-30").await, count(1, 1));
    assert_eq!(app.store.check_rollups().await.unwrap(), []);
}

async fn schools_are_listed_filtered_and_sorted(engine: Engine) {
    let app = TestApp::start(engine).await;
    for (name, kind, hamlet, opened_on) in [
        ("Trường THCS Nguyễn Trãi", "LOWER_SECONDARY_SCHOOL", HAMLET, "2001-09-05"),
        ("Trường Tiểu học Đông Phước", "PRIMARY_SCHOOL", "31444001", "1999-09-05"),
        ("Ngân hàng 100%_Số", "BANK", HAMLET, "2010-01-01"),
        ("Trường Tiểu học Bình An", "PRIMARY_SCHOOL", "31444001", "2001-09-05"),
    ] {
        register(&app, json!({ "kind": kind, "name": name, "hamlet": { "code": hamlet }, "openedOn": opened_on })).await;
    }
    let [first, second] = ["TC00000130", "TC00000227"];
    for criterion in CRITERIA {
        assess(&app, first, criterion, "2024-01-10").await;
    }
    assess(&app, second, CRITERIA[0], "2024-01-10").await;
    let close = json!({ "institution": first, "version": 1, "closedOn": "2026-05-01" });
    done(&app, "closeInstitution", close).await;

    let query = "query($filter: InstitutionFilter, $orderBy: InstitutionOrder, $first: Int, $after: String, $last: Int, $before: String) {
        institutions(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
            totalCount nodes { name } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }";
    let list = async |variables: Value| app.data(query, variables).await["institutions"].clone();
    let names = |page: &Value| -> Vec<String> {
        let nodes = page["nodes"].as_array().unwrap().iter();
        nodes
            .map(|node| node["name"].as_str().unwrap().rsplit(' ').next().unwrap().to_owned())
            .collect()
    };
    for (filter, found) in [
        (json!({}), &["Trãi", "Phước", "100%_Số", "An"][..]),
        (json!({ "within": { "code": "31441" } }), &["Phước", "An"]),
        (json!({ "within": in_2024("31333") }), &["Trãi", "100%_Số"]),
        (json!({ "kind": ["BANK", "LOWER_SECONDARY_SCHOOL"] }), &["Trãi", "100%_Số"]),
        (json!({ "kind": "BANK" }), &["100%_Số"]),
        (json!({ "kind": [], "lacks": [] }), &["Trãi", "Phước", "100%_Số", "An"]),
        (json!({ "kind": vec!["BANK"; 2_000] }), &["100%_Số"]),
        (json!({ "lacks": vec!["DIGITAL_OPERATION"; 2_000] }), &["Phước", "An"]),
        (json!({ "openOn": "2000-01-01" }), &["Phước"]),
        (json!({ "openOn": "2026-05-01" }), &["Phước", "100%_Số", "An"]),
        (json!({ "digital": true }), &["Trãi"]),
        (json!({ "digital": true, "openOn": "2023-12-31" }), &[]),
        (json!({ "digital": false }), &["Phước", "An"]),
        (json!({ "lacks": ["DIGITAL_GOVERNANCE"] }), &["An"]),
        (json!({ "lacks": ["STANDARD_DATA", "DIGITAL_OPERATION"] }), &["Phước", "An"]),
        (json!({ "search": "truong dong ph" }), &["Phước"]),
        (json!({ "search": "PHƯỚC  đông" }), &["Phước"]),
        (json!({ "search": "guyen" }), &[]),
        (json!({ "search": "100%_s" }), &["100%_Số"]),
        (json!({ "search": "so 100" }), &["100%_Số"]),
    ] {
        let page = list(json!({ "filter": filter })).await;
        assert_eq!(names(&page), found, "{filter}");
        assert_eq!(page["totalCount"], json!(found.len()), "{filter}");
    }
    let many = vec!["a"; 1_001].join(" ");
    for search in ["", " ", "%", "a b c d e f g h i", &many] {
        let refused = app.answer(query, json!({ "filter": { "search": search } })).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{search}");
    }
    for (field, direction, sorted) in [
        ("CODE", "DESCENDING", ["An", "100%_Số", "Phước", "Trãi"]),
        ("NAME", "ASCENDING", ["100%_Số", "Trãi", "An", "Phước"]),
        ("OPENED_ON", "ASCENDING", ["Phước", "Trãi", "An", "100%_Số"]),
        ("OPENED_ON", "DESCENDING", ["100%_Số", "An", "Trãi", "Phước"]),
    ] {
        let order = json!({ "field": field, "direction": direction });
        let (mut walked, mut after) = (Vec::new(), json!(null));
        loop {
            let page = list(json!({ "orderBy": order, "first": 1, "after": after })).await;
            walked.extend(names(&page));
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
        }
        assert_eq!(walked, sorted, "{order}");
        let last = list(json!({ "orderBy": order, "last": 2 })).await;
        let before =
            json!({ "orderBy": order, "last": 2, "before": last["pageInfo"]["startCursor"] });
        assert_eq!([names(&list(before).await), names(&last)].concat(), sorted, "{order}");
    }
}

async fn a_page_costs_two_statements(engine: Engine) {
    let app = TestApp::start(engine).await;
    let nested = "digital criteria { fulfilledOn } services { service } hamlet { name }";
    let query =
        format!("query($first: Int) {{ institutions(first: $first) {{ nodes {{ {nested} }} }} }}");
    for number in 1..=12 {
        let code = register(&app, school(&format!("Trường Tiểu học Số {number}"))).await;
        assess(&app, &code, CRITERIA[0], "2024-01-10").await;
    }
    for first in [1, 12] {
        let (data, statements) = app.counted(&query, json!({ "first": first })).await;
        assert_eq!(data["institutions"]["nodes"].as_array().unwrap().len(), first);
        assert_eq!(statements, 2, "{first}");
    }
    let ids = "{ institutions { nodes { id } } }";
    let ids = app.data(ids, json!({})).await["institutions"]["nodes"].clone();
    let ids: Vec<&Value> = ids.as_array().unwrap().iter().map(|node| &node["id"]).collect();
    let nodes = format!(
        "query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Institution {{ {nested} }} }} }}"
    );
    assert_eq!(app.counted(&nodes, json!({ "ids": ids })).await.1, 2);
}
