//! Units over HTTP: both eras, codes that are reused, search, order.

use crate::harness::TestApp;
use registry_testing::{Engine, on_both_engines};
use serde_json::json;

on_both_engines!(
    a_code_means_what_it_meant_on_the_date,
    search_needs_no_accents,
    walking_all_units_meets_each_once
);

async fn a_code_means_what_it_meant_on_the_date(engine: Engine) {
    let app = TestApp::start(engine).await;
    let query = r#"{
        then: unit(ref: { codeOn: { code: "31441", on: "2024-06-30" } }) {
            name title parent { name } successors { share effectiveOn legalAct unit { code name } } }
        now: unit(ref: { code: "31441" }) {
            name title ancestors { name } predecessors { unit { name } } validFrom validTo }
    }"#;
    let (data, statements) = app.counted(query, json!({})).await;
    assert_eq!(
        data,
        json!({
            "then": {
                "name": "Thị trấn Nàng Mau",
                "title": "TOWNSHIP",
                "parent": { "name": "Huyện Vị Thuỷ" },
                "successors": [{
                    "share": 1.0,
                    "effectiveOn": "2025-07-01",
                    "legalAct": "1668/NQ-UBTVQH15",
                    "unit": { "code": "31441", "name": "Xã Vị Thủy" },
                }],
            },
            "now": {
                "name": "Xã Vị Thủy",
                "title": "COMMUNE",
                "ancestors": [{ "name": "Thành phố Cần Thơ" }],
                "predecessors": [
                    { "unit": { "name": "Thị trấn Nàng Mau" } },
                    { "unit": { "name": "Xã Vị Trung" } },
                    { "unit": { "name": "Xã Vị Thắng" } },
                ],
                "validFrom": "2025-07-01",
                "validTo": null,
            },
        })
    );
    assert_eq!(statements, 0, "units come from memory");
}

#[tokio::test]
async fn an_unknown_code_is_told_with_when_it_was_in_use() {
    let app = TestApp::start(Engine::Sqlite).await;
    let answer = app.answer(r#"{ unit(ref: { code: "31447" }) { name } }"#, json!({})).await;
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT");
    assert_eq!(error["extensions"]["rule"], "UNKNOWN_UNIT");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("Xã Vị Thuỷ (… → 2025-07-01)"), "{message}");
}

async fn search_needs_no_accents(engine: Engine) {
    let app = TestApp::start(engine).await;
    let query = "query($search: String!, $on: Date) {
        units(filter: { search: $search, level: COMMUNE, on: $on }) { totalCount nodes { name } } }";
    let found = async |search: &str, on: &str| {
        let data = app.data(query, json!({ "search": search, "on": on })).await;
        let nodes = data["units"]["nodes"].as_array().unwrap().clone();
        nodes.iter().map(|node| node["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for typed in ["vi thuy", "VỊ THỦY", "Vị Thuỷ", "vi\u{323} thu\u{309}y"] {
        assert_eq!(found(typed, "2024-06-30").await, ["Xã Vị Thuỷ"], "{typed}");
        assert_eq!(found(typed, "2026-01-01").await, ["Xã Vị Thủy"], "{typed}");
    }
    assert_eq!(found("binh thanh", "2024-06-30").await, ["Xã Bình Thành", "Phường Bình Thạnh"]);
    assert_eq!(found("phường 3", "2024-06-30").await, ["Phường III"]);
    assert_eq!(found("dong phuoc", "2026-01-01").await, ["Xã Đông Phước"]);
    assert_eq!(found("   ", "2026-01-01").await, Vec::<String>::new());
}

async fn walking_all_units_meets_each_once(engine: Engine) {
    let app = TestApp::start(engine).await;
    let query = "query($after: String) {
        units(filter: { on: \"2024-06-30\" }, first: 100, after: $after) {
            totalCount pageInfo { hasNextPage endCursor } nodes { id level } } }";
    let mut ids = std::collections::HashSet::new();
    let mut after = json!(null);
    loop {
        let data = app.data(query, json!({ "after": after })).await;
        let page = &data["units"];
        assert_eq!(page["totalCount"], 84 + 525);
        for node in page["nodes"].as_array().unwrap() {
            assert!(ids.insert(node["id"].as_str().unwrap().to_owned()), "{node} came twice");
        }
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(ids.len(), 84 + 525);
}

#[tokio::test]
async fn hamlets_sort_by_number_and_names_the_vietnamese_way() {
    let app = TestApp::start(Engine::Sqlite).await;
    let query = r#"{ unit(ref: { codeOn: { code: "93", on: "2024-06-30" } }) {
        children(first: 8) { nodes { name } } } }"#;
    let data = app.data(query, json!({})).await;
    let names: Vec<_> = data["unit"]["children"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n["name"].clone())
        .collect();
    assert_eq!(
        names,
        [
            "Huyện Châu Thành",
            "Huyện Châu Thành A",
            "Huyện Long Mỹ",
            "Thị xã Long Mỹ",
            "Thành phố Ngã Bảy",
            "Huyện Phụng Hiệp",
            "Thành phố Vị Thanh",
            "Huyện Vị Thuỷ"
        ]
    );
    let query = r#"{ units(filter: { search: "luong nghia", on: "2024-06-30" }) {
        nodes { children(first: 20) { nodes { name } } } } }"#;
    let data = app.data(query, json!({})).await;
    let hamlets = data["units"]["nodes"][0]["children"]["nodes"].as_array().unwrap().clone();
    assert_eq!(hamlets[1]["name"], "Ấp 2");
    assert_eq!(hamlets.last().unwrap()["name"], "Ấp 10");
}
