//! Products and their OCOP ratings.

use super::{Shop, act, done, product, rating, refused, register, seller};
use crate::reporting::{faults, with};
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    a_registered_product_can_be_read_back_and_changed,
    every_fault_of_a_product_is_told_at_once,
    a_seller_has_one_product_of_a_name,
    a_product_is_rated_again_and_again,
    every_fault_of_a_rating_is_told_at_once,
);

async fn a_registered_product_can_be_read_back_and_changed(engine: Engine) {
    let Shop { app, seller, .. } = Shop::open(engine).await;
    let input = with(product(&seller, "Cá thát lát rút xương"), json!({ "idempotencyKey": "a" }));
    let registered = done(&app, "registerProduct", input.clone()).await;
    let id = registered["id"].clone();
    assert_eq!(
        registered,
        json!({ "id": id, "code": "SP00000290", "name": "Cá thát lát rút xương", "category": "PROCESSED_FOOD",
            "seller": { "code": seller, "name": "Hợp tác xã Cầu Đúc" }, "registeredOn": "2022-07-01",
            "version": 1, "ocop": null, "ratings": [] })
    );
    let again = act(&app, "registerProduct", input.clone()).await;
    assert_eq!((&again["replayed"], &again["product"]), (&json!(true), &registered));
    let other = with(input, json!({ "category": "FRESH_FOOD" }));
    assert_eq!(
        refused(&app, "registerProduct", other).await,
        ["IDEMPOTENCY_CONFLICT input.idempotencyKey"]
    );

    let change = json!({ "product": "SP00000290", "version": 1, "name": "Chả cá thác lác", "category": "FRESH_FOOD" });
    let changed = done(&app, "updateProduct", change.clone()).await;
    assert_eq!(
        (&changed["name"], &changed["category"], &changed["version"]),
        (&json!("Chả cá thác lác"), &json!("FRESH_FOOD"), &json!(2))
    );
    let stale = act(&app, "updateProduct", change).await;
    assert_eq!(faults(&stale), ["CONFLICT input.version"]);
    assert_eq!(stale["errors"][0]["currentVersion"], json!(2));
    let search = "query($words: String!) { products(search: $words) { nodes { code } } }";
    for (words, found) in [
        ("thac lac", json!([{ "code": "SP00000290" }])),
        ("thát lát", json!([])),
        ("rut xuong", json!([])),
        ("cau duc cha", json!([{ "code": "SP00000290" }])),
    ] {
        let told = app.data(search, json!({ "words": words })).await;
        assert_eq!(told["products"]["nodes"], found, "{words}");
    }
    let node = "query($id: ID!) { node(id: $id) { ... on Product { name } } }";
    let node = app.data(node, json!({ "id": id })).await;
    assert_eq!(node["node"], json!({ "name": "Chả cá thác lác" }));
    let one = "query($code: RegistryCode!) { product(code: $code) { name } }";
    assert_eq!(app.data(one, json!({ "code": "SP00099909" })).await["product"], json!(null));
    for (code, rule) in [("SP00000291", "CHECK_DIGIT_WRONG"), ("NB00000117", "MALFORMED")] {
        let told = app.answer(one, json!({ "code": code })).await;
        assert_eq!(told["errors"][0]["extensions"]["rule"], json!(rule));
    }
}

async fn every_fault_of_a_product_is_told_at_once(engine: Engine) {
    let Shop { app, seller, product: code } = Shop::open(engine).await;
    assert_eq!(
        refused(&app, "registerProduct", product("NB00000118", "Thu\u{309}y")).await,
        ["CHECK_DIGIT_WRONG input.seller", "TEXT_NOT_NFC input.name"]
    );
    for (name, told) in [
        ("", "TEXT_EMPTY"),
        ("\u{3000} ", "TEXT_EMPTY"),
        ("Bưởi\u{1b}[31m", "TEXT_CONTROL_CHARACTER"),
        (&*"x".repeat(201), "TEXT_TOO_LONG"),
    ] {
        let told = format!("{told} input.name");
        assert_eq!(refused(&app, "registerProduct", product(&seller, name)).await, [told]);
    }
    for (code, told) in
        [("NB00099930", "UNKNOWN_SELLER"), ("SP00000193", "MALFORMED"), ("NB", "MALFORMED")]
    {
        let told = format!("{told} input.seller");
        assert_eq!(refused(&app, "registerProduct", product(code, "A")).await, [told]);
    }
    for (day, told) in [
        // The seller is registered since 2022-06-01.
        ("2022-05-31", "DATE_TOO_EARLY"),
        ("2026-11-02", "FUTURE_DATE"),
    ] {
        let input = with(product(&seller, "khom cau duc SAY DEO"), json!({ "registeredOn": day }));
        assert_eq!(
            refused(&app, "registerProduct", input).await,
            [&*format!("{told} input.registeredOn"), "DUPLICATE_PRODUCT input.name"]
        );
    }
    let change = |members: Value| with(json!({ "product": code, "version": 1 }), members);
    for (input, told) in [
        (change(json!({})), "NOTHING_TO_CHANGE input.product"),
        (change(json!({ "product": "SP00099909", "name": "A" })), "UNKNOWN_PRODUCT input.product"),
        (
            change(json!({ "product": "SP00000194", "name": "A" })),
            "CHECK_DIGIT_WRONG input.product",
        ),
        (change(json!({ "product": "HG00000117", "name": "A" })), "MALFORMED input.product"),
        (change(json!({ "name": "\u{85}" })), "TEXT_EMPTY input.name"),
    ] {
        assert_eq!(refused(&app, "updateProduct", input).await, [told]);
    }
    let all = app.data("{ products { totalCount } }", json!({})).await;
    assert_eq!(all["products"]["totalCount"], json!(1), "nothing was written");
}

async fn a_seller_has_one_product_of_a_name(engine: Engine) {
    let Shop { app, seller: code, product: first } = Shop::open(engine).await;
    for spelling in ["Khóm Cầu Đúc sấy dẻo", "KHOM CAU DUC (say deo)"] {
        let told = act(&app, "registerProduct", product(&code, spelling)).await;
        assert_eq!(faults(&told), ["DUPLICATE_PRODUCT input.name"], "{spelling}");
        let message = format!("the seller has a product of this name, {first}");
        assert_eq!(told["errors"][0]["message"], json!(message));
    }
    let other = register(&app, "registerSeller", seller("Cơ sở Hoả Tiến")).await;
    done(&app, "registerProduct", product(&other, "Khóm Cầu Đúc sấy dẻo")).await;
    let second = register(&app, "registerProduct", product(&code, "Rượu khóm")).await;
    let rename =
        |product: &str, name: &str| json!({ "product": product, "version": 1, "name": name });
    assert_eq!(
        refused(&app, "updateProduct", rename(&second, "khóm cầu đúc, sấy dẻo")).await,
        ["DUPLICATE_PRODUCT input.name"]
    );
    done(&app, "updateProduct", rename(&first, "KHÓM CẦU ĐÚC SẤY DẺO")).await;
}

async fn a_product_is_rated_again_and_again(engine: Engine) {
    let Shop { app, product, .. } = Shop::open(engine).await;
    let long_ago = done(&app, "rateProduct", rating(&product, 3, "2020-05-20")).await;
    assert_eq!(long_ago["ocop"], json!(null), "it expired on 2023-05-20");
    assert_eq!(long_ago["ratings"].as_array().unwrap().len(), 1);
    // Today is 2026-11-01.
    let ends_today = done(&app, "rateProduct", rating(&product, 3, "2023-11-01")).await;
    assert_eq!(ends_today["ocop"], json!(null));
    let holds = with(rating(&product, 4, "2023-11-02"), json!({ "idempotencyKey": "a" }));
    let last_day = done(&app, "rateProduct", holds.clone()).await;
    let four = json!({ "stars": 4, "decidedOn": "2023-11-02", "expiresOn": "2026-11-02", "decision": "QĐ 77/QĐ-UBND" });
    assert_eq!(last_day["ocop"], four);
    assert_eq!(last_day["version"], json!(1), "a rating is no change of the product");
    assert_eq!(act(&app, "rateProduct", holds.clone()).await["replayed"], json!(true));
    let other = with(holds, json!({ "stars": 5 }));
    assert_eq!(
        refused(&app, "rateProduct", other).await,
        ["IDEMPOTENCY_CONFLICT input.idempotencyKey"]
    );
    let late = done(&app, "rateProduct", rating(&product, 5, "2022-02-01")).await;
    assert_eq!(late["ocop"], four, "an older decision that is recorded later does not count");
    let stars: Vec<_> =
        late["ratings"].as_array().unwrap().iter().map(|one| &one["stars"]).collect();
    assert_eq!(stars, [4, 3, 5, 3], "newest first");
    let newest = done(&app, "rateProduct", rating(&product, 5, "2026-11-01")).await;
    assert_eq!(
        (&newest["ocop"]["stars"], &newest["ocop"]["expiresOn"]),
        (&json!(5), &json!("2029-11-01"))
    );
}

async fn every_fault_of_a_rating_is_told_at_once(engine: Engine) {
    let Shop { app, product, .. } = Shop::open(engine).await;
    done(&app, "rateProduct", rating(&product, 3, "2024-05-20")).await;
    let wrong = with(rating("SP00000194", 0, "2024-01-01"), json!({ "decision": "QĐ\u{9}77" }));
    assert_eq!(
        refused(&app, "rateProduct", wrong).await,
        [
            "CHECK_DIGIT_WRONG input.product",
            "OUT_OF_RANGE input.stars",
            "TEXT_CONTROL_CHARACTER input.decision"
        ]
    );
    let long = "x".repeat(201);
    for (members, told) in [
        (json!({ "stars": 6 }), "OUT_OF_RANGE input.stars"),
        (json!({ "stars": -1 }), "OUT_OF_RANGE input.stars"),
        (json!({ "decision": " " }), "TEXT_EMPTY input.decision"),
        (json!({ "decision": long }), "TEXT_TOO_LONG input.decision"),
        (json!({ "product": "SP00099909" }), "UNKNOWN_PRODUCT input.product"),
        (json!({ "product": "LS00000196" }), "MALFORMED input.product"),
        (json!({ "decidedOn": "2026-11-02" }), "FUTURE_DATE input.decidedOn"),
        (json!({ "decidedOn": "1999-12-31" }), "DATE_TOO_EARLY input.decidedOn"),
        (json!({ "decidedOn": "2024-05-20" }), "DUPLICATE_RATING input.decidedOn"),
    ] {
        let input = with(rating(&product, 4, "2025-01-01"), members);
        assert_eq!(refused(&app, "rateProduct", input).await, [told]);
    }
}
