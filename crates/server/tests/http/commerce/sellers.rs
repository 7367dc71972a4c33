//! Sellers: registered, moved, renamed, and everything that can be wrong with them.

use super::{Shop, act, done, product, refused, register, seller};
use crate::harness::{HAMLET, TestApp, code_of};
use crate::reporting::{faults, with};
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    a_registered_seller_can_be_read_back,
    names_are_kept_letter_by_letter,
    a_seller_is_found_by_its_new_name_and_place,
    every_fault_of_a_seller_is_told_at_once,
    a_seller_that_is_a_household_names_it_and_no_other_does,
    nobody_is_registered_twice,
    a_change_of_a_seller_is_checked,
);

async fn a_registered_seller_can_be_read_back(engine: Engine) {
    let app = TestApp::start(engine).await;
    let household = app.register(HAMLET).await;
    let input = json!({ "kind": "HOUSEHOLD", "name": "  Vườn bưởi Sáu Thơm ", "hamlet": { "code": HAMLET },
        "household": household, "registeredOn": "2022-06-01", "idempotencyKey": "a" });
    let first = act(&app, "registerSeller", input.clone()).await;
    let registered = first["seller"].clone();
    let id = registered["id"].clone();
    assert_eq!(
        registered,
        json!({ "id": id, "code": "NB00000117", "kind": "HOUSEHOLD", "name": "Vườn bưởi Sáu Thơm",
            "hamlet": { "code": HAMLET, "name": "Ấp 1" }, "household": { "code": household },
            "registeredOn": "2022-06-01", "version": 1 })
    );
    let again = act(&app, "registerSeller", input.clone()).await;
    assert_eq!((&again["replayed"], &again["seller"]), (&json!(true), &registered));
    let other = with(input, json!({ "name": "Vườn khác" }));
    assert_eq!(
        refused(&app, "registerSeller", other).await,
        ["IDEMPOTENCY_CONFLICT input.idempotencyKey"]
    );

    let one = "query($code: RegistryCode!) { seller(code: $code) { id name household { code } } }";
    let (found, statements) = app.counted(one, json!({ "code": "NB00000117" })).await;
    let short =
        json!({ "id": id, "name": "Vườn bưởi Sáu Thơm", "household": { "code": household } });
    assert_eq!((&found["seller"], statements), (&short, 2));
    let unknown = app.data(one, json!({ "code": "NB00000214" })).await;
    assert_eq!(unknown["seller"], json!(null));
    let node = "query($id: ID!) { node(id: $id) { __typename ... on Seller { code } } }";
    let node = app.data(node, json!({ "id": id })).await;
    assert_eq!(node["node"], json!({ "__typename": "Seller", "code": "NB00000117" }));
    for (code, rule) in [("NB00000118", "CHECK_DIGIT_WRONG"), ("SP00000193", "MALFORMED")] {
        let told = app.answer(one, json!({ "code": code })).await;
        let extensions = &told["errors"][0]["extensions"];
        assert_eq!(
            (&extensions["code"], &extensions["rule"]),
            (&json!("BAD_USER_INPUT"), &json!(rule))
        );
    }
}

async fn names_are_kept_letter_by_letter(engine: Engine) {
    let app = TestApp::start(engine).await;
    let names = [
        "NULL",
        "Vườn \"Sáu\" \\ Thơm",
        "{bưởi,\"khóm\"}",
        "\\x41",
        "Bưởi 🍊 của ông Bảy",
        "',(1)--",
    ];
    for name in names {
        let input = json!({ "kind": "COOPERATIVE", "name": name, "hamlet": { "code": HAMLET },
            "registeredOn": "2022-06-01" });
        let seller = done(&app, "registerSeller", input).await;
        let change = json!({ "seller": seller["code"], "version": 1, "name": format!("{name} 2") });
        let changed = done(&app, "updateSeller", change).await;
        assert_eq!(
            (&seller["name"], &changed["name"]),
            (&json!(name), &json!(format!("{name} 2")))
        );
    }
}

/// The names of the sellers, and of the products, that words find.
async fn found(app: &TestApp, words: &str) -> [Value; 2] {
    let query = "query($words: String!) {
        sellers(filter: { search: $words }) { nodes { name } } products(search: $words) { nodes { name } } }";
    let told = app.data(query, json!({ "words": words })).await;
    ["sellers", "products"].map(|list| {
        let nodes = told[list]["nodes"].as_array().unwrap().iter();
        nodes.map(|node| node["name"].clone()).collect()
    })
}

async fn a_seller_is_found_by_its_new_name_and_place(engine: Engine) {
    let Shop { app, seller, .. } = Shop::open(engine).await;
    register(&app, "registerProduct", product(&seller, "Mứt mãng cầu")).await;
    // Found by the seller's words alone, the shorter name comes first.
    let both = json!(["Mứt mãng cầu", "Khóm Cầu Đúc sấy dẻo"]);
    assert_eq!(found(&app, "hop tac").await, [json!(["Hợp tác xã Cầu Đúc"]), both.clone()]);

    let change = json!({ "seller": seller, "version": 1, "name": "Nông trại Hoả Tiến",
        "hamlet": { "code": "31441001" } });
    let changed = done(&app, "updateSeller", change).await;
    assert_eq!(
        (&changed["name"], &changed["hamlet"]["code"], &changed["version"]),
        (&json!("Nông trại Hoả Tiến"), &json!("31441001"), &json!(2))
    );
    assert_eq!(found(&app, "HỎA TIẾN").await, [json!(["Nông trại Hoả Tiến"]), both]);
    assert_eq!(found(&app, "hop tac").await, [json!([]), json!([])], "the old name finds nothing");
    assert_eq!(
        found(&app, "khom cau duc").await,
        [json!([]), json!(["Khóm Cầu Đúc sấy dẻo"])],
        "the product's own words stay"
    );
    let within =
        "query($code: UnitCode!) { sellers(filter: { within: { code: $code } }) { totalCount }
        products(filter: { within: { code: $code } }) { totalCount } }";
    for (code, count) in [("31333", json!(0)), ("31441", json!(1))] {
        let told = app.data(within, json!({ "code": code })).await;
        assert_eq!(told["sellers"]["totalCount"], count, "{code}");
        assert_eq!(told["products"]["totalCount"].as_u64(), count.as_u64().map(|one| one * 2));
    }
}

async fn every_fault_of_a_seller_is_told_at_once(engine: Engine) {
    let app = TestApp::start(engine).await;
    let wrong = json!({ "kind": "HOUSEHOLD", "name": "Thu\u{309}y", "hamlet": { "code": "31333" },
        "household": "HG00000199", "registeredOn": "2023-01-01" });
    assert_eq!(
        refused(&app, "registerSeller", wrong).await,
        [
            "TEXT_NOT_NFC input.name",
            "NOT_A_HAMLET input.hamlet",
            "CHECK_DIGIT_WRONG input.household"
        ]
    );
    for (name, told) in [
        ("", "TEXT_EMPTY"),
        (" \u{a0} ", "TEXT_EMPTY"),
        ("Bưởi\u{0}", "TEXT_CONTROL_CHARACTER"),
        ("Bưởi\nNăm Roi", "TEXT_CONTROL_CHARACTER"),
        (&*"ư".repeat(201), "TEXT_TOO_LONG"),
    ] {
        let told = format!("{told} input.name");
        assert_eq!(refused(&app, "registerSeller", seller(name)).await, [told], "{name:?}");
    }
    for (hamlet, told) in
        [("31441", "NOT_A_HAMLET"), ("31333999", "UNKNOWN_UNIT"), ("99999001", "OUTSIDE_PROVINCE")]
    {
        let input = with(seller("A"), json!({ "hamlet": { "code": hamlet } }));
        assert_eq!(refused(&app, "registerSeller", input).await, [format!("{told} input.hamlet")]);
    }
    for (day, told) in [("2026-11-02", "FUTURE_DATE"), ("1999-12-31", "DATE_TOO_EARLY")] {
        let input = with(seller("A"), json!({ "registeredOn": day }));
        let told = format!("{told} input.registeredOn");
        assert_eq!(refused(&app, "registerSeller", input).await, [told]);
    }
    let all = app.data("{ sellers { totalCount } }", json!({})).await;
    assert_eq!(all["sellers"]["totalCount"], json!(0), "nothing was written");
    let longest = done(&app, "registerSeller", seller(&"ư".repeat(200))).await;
    assert_eq!(longest["code"], json!("NB00000117"));
    done(&app, "registerSeller", with(seller("A"), json!({ "registeredOn": "2026-11-01" }))).await;
}

async fn a_seller_that_is_a_household_names_it_and_no_other_does(engine: Engine) {
    let app = TestApp::start(engine).await;
    let (open, closed) = (app.register(HAMLET).await, app.register(HAMLET).await);
    let close = "mutation($input: CloseHouseholdInput!) { closeHousehold(input: $input) { errors { code } } }";
    let input = json!({ "household": closed, "version": 1, "reason": "DISSOLVED", "closedOn": "2023-05-01" });
    app.data(close, json!({ "input": input })).await;
    for (kind, household, told) in [
        ("HOUSEHOLD", json!(null), "HOUSEHOLD_OF_SELLER"),
        ("COOPERATIVE", json!(open), "HOUSEHOLD_OF_SELLER"),
        ("ENTERPRISE", json!(open), "HOUSEHOLD_OF_SELLER"),
        ("HOUSEHOLD", json!(code_of(999)), "UNKNOWN_HOUSEHOLD"),
        ("HOUSEHOLD", json!(closed), "HOUSEHOLD_CLOSED"),
        ("HOUSEHOLD", json!("NB00000117"), "MALFORMED"),
        ("HOUSEHOLD", json!(""), "MALFORMED"),
    ] {
        let input = with(seller("A"), json!({ "kind": kind, "household": household }));
        let told = format!("{told} input.household");
        assert_eq!(refused(&app, "registerSeller", input).await, [told], "{kind} {household}");
    }
    // What only the records can tell comes at once, too.
    let input = json!({ "kind": "HOUSEHOLD", "household": closed, "registeredOn": "2026-11-02" });
    assert_eq!(
        refused(&app, "registerSeller", with(seller("A"), input)).await,
        ["FUTURE_DATE input.registeredOn", "HOUSEHOLD_CLOSED input.household"]
    );
}

async fn nobody_is_registered_twice(engine: Engine) {
    let app = TestApp::start(engine).await;
    let household = app.register(HAMLET).await;
    let own = json!({ "kind": "HOUSEHOLD", "household": household });
    let first = register(&app, "registerSeller", with(seller("Vườn Sáu Thơm"), own.clone())).await;
    let told = act(&app, "registerSeller", with(seller("Vườn khác"), own.clone())).await;
    assert_eq!(faults(&told), ["DUPLICATE_SELLER input.household"]);
    assert_eq!(told["errors"][0]["message"], json!(format!("this is the seller {first} already")));
    for spelling in ["Vườn Sáu Thơm", "VUON SAU THOM", "vườn  sáu-thơm"] {
        assert_eq!(
            refused(&app, "registerSeller", seller(spelling)).await,
            ["DUPLICATE_SELLER input.name"],
            "{spelling}"
        );
    }
    assert_eq!(
        refused(&app, "registerSeller", with(seller("Vườn Sáu Thơm"), own)).await,
        ["DUPLICATE_SELLER input.name", "DUPLICATE_SELLER input.household"]
    );
    let next_door = json!({ "hamlet": { "code": "31333002" } });
    done(&app, "registerSeller", with(seller("Vườn Sáu Thơm"), next_door)).await;
}

async fn a_change_of_a_seller_is_checked(engine: Engine) {
    let Shop { app, seller: code, .. } = Shop::open(engine).await;
    let next_door = json!({ "hamlet": { "code": "31333002" } });
    done(&app, "registerSeller", with(seller("Hợp tác xã Cầu Đúc"), next_door.clone())).await;
    let change = |members: Value| with(json!({ "seller": code, "version": 1 }), members);
    for (input, told) in [
        (change(json!({})), vec!["NOTHING_TO_CHANGE input.seller"]),
        (change(json!({ "version": 2, "name": "A" })), vec!["CONFLICT input.version"]),
        (
            change(json!({ "seller": "NB00099930", "name": "A" })),
            vec!["UNKNOWN_SELLER input.seller"],
        ),
        (
            change(
                json!({ "seller": "NB00000118", "name": "\t", "hamlet": { "code": "31333999" } }),
            ),
            vec![
                "CHECK_DIGIT_WRONG input.seller",
                "TEXT_EMPTY input.name",
                "UNKNOWN_UNIT input.hamlet",
            ],
        ),
        (change(json!({ "seller": "LS00000196", "name": "A" })), vec!["MALFORMED input.seller"]),
        // There is one of this name next door.
        (change(next_door), vec!["DUPLICATE_SELLER input.name"]),
    ] {
        assert_eq!(refused(&app, "updateSeller", input).await, told);
    }
    // Its own name, spelled in another way, is no other's.
    let again = change(json!({ "name": "Hợp tác xã CẦU ĐÚC", "idempotencyKey": "a" }));
    let changed = done(&app, "updateSeller", again.clone()).await;
    assert_eq!((&changed["name"], &changed["version"]), (&json!("Hợp tác xã CẦU ĐÚC"), &json!(2)));
    assert_eq!(act(&app, "updateSeller", again).await["replayed"], json!(true));
}
