//! The life of a listing: from its draft to its end, and what has no way.

use super::{LISTING, Shop, act, done, listing, month, record_sales, refused, register};
use crate::reporting::{faults, with};
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    a_listing_lives_from_its_draft_to_its_end,
    a_status_changes_as_it_may,
    every_fault_of_a_change_is_told,
    what_is_delisted_no_longer_changes,
    a_retried_change_is_made_once,
);

async fn a_listing_lives_from_its_draft_to_its_end(engine: Engine) {
    let Shop { app, product, .. } = Shop::open(engine).await;
    let draft = with(listing(&product, "khom"), json!({ "draft": true }));
    let code = register(&app, "publishListing", draft).await;
    let changes = [
        (json!({ "status": "ACTIVE" }), "2024-02-01", json!("Đã chụp ảnh")),
        (json!({ "priceVnd": 90_000 }), "2024-03-01", json!(null)),
        (json!({ "status": "SUSPENDED" }), "2024-04-01", json!("Hết hàng")),
        (json!({ "priceVnd": 80_000 }), "2024-04-01", json!(null)),
        (json!({ "status": "ACTIVE" }), "2024-05-01", json!(null)),
        (json!({ "status": "DELISTED" }), "2024-06-15", json!("Hết mùa")),
    ];
    let mut history = vec![
        json!({ "version": 1, "status": "DRAFT", "priceVnd": 85_000, "effectiveOn": "2024-01-10", "reason": null }),
    ];
    let mut last = json!(null);
    for (version, (change, day, reason)) in (1..).zip(changes) {
        let members = json!({ "listing": code, "version": version, "effectiveOn": day });
        let mut input = with(change.clone(), members);
        let mutation = if change["status"] == json!(null) {
            "changeListingPrice"
        } else {
            input["reason"] = reason.clone();
            "changeListingStatus"
        };
        last = done(&app, mutation, input).await;
        let known = json!({ "version": version + 1, "effectiveOn": day, "reason": reason });
        history.push(with(with(history[history.len() - 1].clone(), change), known));
        if version == 5 {
            let told =
                record_sales(&app, &[month(&code, "2024-02"), month(&code, "2024-05")]).await;
            assert_eq!(told["recorded"], json!(2), "{told}");
        }
    }
    assert_eq!(last["history"], json!(history));
    assert_eq!(
        (&last["status"], &last["priceVnd"], &last["effectiveOn"], &last["version"]),
        (&json!("DELISTED"), &json!(80_000), &json!("2024-06-15"), &json!(7))
    );
    assert_eq!(last["listedOn"], json!("2024-01-10"));
    // Counts of the last month come after the end.
    let late =
        with(month(&code, "2024-06"), json!({ "orders": 1, "items": 1, "revenueVnd": 80_000 }));
    assert_eq!(record_sales(&app, &[late]).await["recorded"], json!(1));

    let node = format!("query($id: ID!) {{ node(id: $id) {{ ... on Listing {{ {LISTING}
        sales {{ month orders }} spring: sales(from: \"2024-03\", to: \"2024-05\") {{ month items }}
        none: sales(from: \"2024-05\", to: \"2024-03\") {{ month }} history {{ recordedAt }} }} }} }}");
    let (node, statements) = app.counted(&node, json!({ "id": last["id"] })).await;
    let told = &node["node"];
    assert_eq!(
        told["sales"],
        json!([{ "month": "2024-02", "orders": 3 }, { "month": "2024-05", "orders": 3 }, { "month": "2024-06", "orders": 1 }])
    );
    assert_eq!(told["spring"], json!([{ "month": "2024-05", "items": 5 }]));
    assert_eq!(told["none"], json!([]));
    assert_eq!(told["history"][6]["recordedAt"], json!("2026-11-01T05:00:00.000Z"));
    // The listing, its marketplace, its history, and sales of three spans.
    assert_eq!(statements, 6);
}

async fn a_status_changes_as_it_may(engine: Engine) {
    let shop = Shop::open(engine).await;
    let ways = [
        ("DRAFT", "only ACTIVE, DELISTED"),
        ("ACTIVE", "only SUSPENDED, DELISTED"),
        ("SUSPENDED", "only ACTIVE, DELISTED"),
        ("DELISTED", "stays so"),
    ];
    for (from, told) in ways {
        let draft = with(listing(&shop.product, from), json!({ "draft": from == "DRAFT" }));
        let code = register(&shop.app, "publishListing", draft).await;
        let change = |version: u32, to: &str| json!({ "listing": code, "version": version, "status": to, "effectiveOn": "2024-02-01" });
        let mut version = 1;
        if ["SUSPENDED", "DELISTED"].contains(&from) {
            done(&shop.app, "changeListingStatus", change(1, from)).await;
            version = 2;
        }
        for (to, _) in ways {
            if told.split([' ', ',']).any(|way| way == to) {
                continue;
            }
            let answer = act(&shop.app, "changeListingStatus", change(version, to)).await;
            assert_eq!(faults(&answer), ["LISTING_STATUS input.status"], "{from} {to}");
            let message = answer["errors"][0]["message"].as_str().unwrap();
            assert!(message.contains(from) && message.contains(to), "{message}");
            assert!(message.contains(told), "{message}");
        }
    }
}

async fn every_fault_of_a_change_is_told(engine: Engine) {
    let shop = Shop::open(engine).await;
    let code = shop.publish("x").await;
    done(
        &shop.app,
        "changeListingPrice",
        json!({ "listing": code, "version": 1, "priceVnd": 1_000, "effectiveOn": "2024-03-01" }),
    )
    .await;
    let input = json!({ "listing": code, "version": 2, "effectiveOn": "2024-03-01" });
    let (long, status) = ("x".repeat(501), json!({ "status": "SUSPENDED" }));
    for (members, told) in [
        (
            json!({ "listing": "LS00000197", "reason": "Thu\u{309}y" }),
            vec!["CHECK_DIGIT_WRONG input.listing", "TEXT_NOT_NFC input.reason"],
        ),
        (json!({ "listing": "SP00000193" }), vec!["MALFORMED input.listing"]),
        (json!({ "listing": "LS00099912" }), vec!["UNKNOWN_LISTING input.listing"]),
        (json!({ "version": 1 }), vec!["CONFLICT input.version"]),
        (json!({ "effectiveOn": "2024-02-29" }), vec!["DATE_TOO_EARLY input.effectiveOn"]),
        (json!({ "effectiveOn": "2026-11-02" }), vec!["FUTURE_DATE input.effectiveOn"]),
        (json!({ "reason": "" }), vec!["TEXT_EMPTY input.reason"]),
        (json!({ "reason": long }), vec!["TEXT_TOO_LONG input.reason"]),
        (json!({ "reason": "a\u{2028}\u{0}" }), vec!["TEXT_CONTROL_CHARACTER input.reason"]),
    ] {
        let input = with(with(input.clone(), status.clone()), members);
        assert_eq!(refused(&shop.app, "changeListingStatus", input).await, told);
    }
    let price = json!({ "priceVnd": 2_000 });
    for (members, told) in [
        (
            json!({ "listing": "LS", "priceVnd": "x" }),
            vec!["MALFORMED input.listing", "OUT_OF_RANGE input.priceVnd"],
        ),
        (json!({ "listing": "LS00099912" }), vec!["UNKNOWN_LISTING input.listing"]),
        (json!({ "version": 3 }), vec!["CONFLICT input.version"]),
        (json!({ "priceVnd": 1_000 }), vec!["NOTHING_TO_CHANGE input.priceVnd"]),
        (json!({ "effectiveOn": "2024-02-29" }), vec!["DATE_TOO_EARLY input.effectiveOn"]),
        (json!({ "effectiveOn": "2026-11-02" }), vec!["FUTURE_DATE input.effectiveOn"]),
    ] {
        let input = with(with(input.clone(), price.clone()), members);
        assert_eq!(refused(&shop.app, "changeListingPrice", input).await, told);
    }
    let stale =
        json!({ "listing": code, "version": 1, "priceVnd": 5, "effectiveOn": "2024-03-01" });
    let told = act(&shop.app, "changeListingPrice", stale).await;
    assert_eq!(told["errors"][0]["currentVersion"], json!(2));
}

async fn what_is_delisted_no_longer_changes(engine: Engine) {
    let shop = Shop::open(engine).await;
    let code = shop.publish("x").await;
    let end =
        json!({ "listing": code, "version": 1, "status": "DELISTED", "effectiveOn": "2024-02-01" });
    done(&shop.app, "changeListingStatus", end).await;
    let price =
        json!({ "listing": code, "version": 2, "priceVnd": 1, "effectiveOn": "2024-02-02" });
    let told = act(&shop.app, "changeListingPrice", price).await;
    assert_eq!(faults(&told), ["LISTING_STATUS input.listing"]);
    assert_eq!(told["errors"][0]["message"], json!("the listing is delisted since 2024-02-01"));
}

async fn a_retried_change_is_made_once(engine: Engine) {
    let shop = Shop::open(engine).await;
    let code = shop.publish("x").await;
    let status = json!({ "listing": code, "version": 1, "status": "SUSPENDED", "effectiveOn": "2024-02-01", "idempotencyKey": "a" });
    let price = json!({ "listing": code, "version": 2, "priceVnd": 7, "effectiveOn": "2024-02-01", "idempotencyKey": "b" });
    for (mutation, input, field, other) in [
        ("changeListingStatus", status, "reason", json!("Hết hàng")),
        ("changeListingPrice", price, "priceVnd", json!(8)),
    ] {
        let first = act(&shop.app, mutation, input.clone()).await;
        assert_eq!((&first["errors"], &first["replayed"]), (&json!([]), &json!(false)));
        let again = act(&shop.app, mutation, input.clone()).await;
        assert_eq!((&again["replayed"], &again["listing"]), (&json!(true), &first["listing"]));
        let mut changed: Value = input;
        changed[field] = other;
        assert_eq!(
            refused(&shop.app, mutation, changed).await,
            ["IDEMPOTENCY_CONFLICT input.idempotencyKey"]
        );
    }
}
