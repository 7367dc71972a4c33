//! Marketplaces: known from the start, added, renamed, closed.

use super::walk::walk;
use super::{Shop, act, done, listing, refused, register};
use crate::harness::TestApp;
use crate::reporting::{faults, with};
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    the_known_marketplaces_are_there_from_the_start,
    a_marketplace_is_added_changed_and_closed,
    what_is_wrong_with_a_marketplace_is_told_at_once,
    a_draft_does_not_go_on_sale_where_it_is_closed,
);

fn fair() -> Value {
    json!({ "code": "CHO_NONG_SAN", "name": "Chợ nông sản Hậu Giang", "validity": { "from": "2024-01-01" } })
}

async fn the_known_marketplaces_are_there_from_the_start(engine: Engine) {
    let app = TestApp::start(engine).await;
    let (all, statements) = app
        .counted(
            "{ marketplaces { totalCount nodes { code name validFrom validTo version } } }",
            json!({}),
        )
        .await;
    let all = &all["marketplaces"];
    let codes: Vec<_> = all["nodes"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert_eq!(
        codes,
        [
            "FACEBOOK",
            "LAZADA",
            "POSTMART",
            "SENDO",
            "SHOPEE",
            "TIKI",
            "TIKTOK_SHOP",
            "VOSO",
            "ZALO"
        ]
    );
    assert_eq!(
        all["nodes"][7],
        json!({ "code": "VOSO", "name": "Vỏ Sò (Viettel Post)", "validFrom": null, "validTo": null, "version": 1 })
    );
    assert_eq!((&all["totalCount"], statements), (&json!(9), 1));
    let walked = walk(&app, "marketplaces", &json!({}), 2).await;
    assert_eq!(codes, walked.iter().collect::<Vec<_>>());

    let close = json!({ "code": "SENDO", "version": 1, "validity": { "to": "2025-08-01" } });
    done(&app, "updateMarketplace", close).await;
    let open = async |on: &str| {
        walk(&app, "marketplaces", &json!({ "filter": { "openOn": on } }), 3).await
    };
    assert_eq!(open("2025-07-31").await, walked);
    let then = open("2025-08-01").await;
    assert_eq!((then.len(), then.contains(&"SENDO".to_owned())), (8, false));
}

async fn a_marketplace_is_added_changed_and_closed(engine: Engine) {
    let Shop { app, product, .. } = Shop::open(engine).await;
    let new = with(fair(), json!({ "idempotencyKey": "a" }));
    let first = act(&app, "registerMarketplace", new.clone()).await;
    assert_eq!(
        first["marketplace"],
        json!({ "code": "CHO_NONG_SAN", "name": "Chợ nông sản Hậu Giang", "validFrom": "2024-01-01",
            "validTo": null, "version": 1 })
    );
    let again = act(&app, "registerMarketplace", new.clone()).await;
    assert_eq!((&again["replayed"], &again["marketplace"]), (&json!(true), &first["marketplace"]));
    let other = with(new, json!({ "name": "Chợ khác" }));
    assert_eq!(
        refused(&app, "registerMarketplace", other).await,
        ["IDEMPOTENCY_CONFLICT input.idempotencyKey"]
    );

    let close = json!({ "code": "CHO_NONG_SAN", "version": 1, "name": "Chợ nông sản",
        "validity": { "from": "2024-01-01", "to": "2025-01-01" } });
    let closed = done(&app, "updateMarketplace", close.clone()).await;
    assert_eq!(
        closed,
        json!({ "code": "CHO_NONG_SAN", "name": "Chợ nông sản", "validFrom": "2024-01-01",
            "validTo": "2025-01-01", "version": 2 })
    );
    let stale = act(&app, "updateMarketplace", close).await;
    assert_eq!(faults(&stale), ["CONFLICT input.version"]);
    assert_eq!(stale["errors"][0]["currentVersion"], json!(2));

    let on = |page: &str, day: &str| {
        with(listing(&product, page), json!({ "marketplace": "CHO_NONG_SAN", "listedOn": day }))
    };
    for day in ["2023-12-31", "2025-01-01"] {
        let told = act(&app, "publishListing", on("x", day)).await;
        assert_eq!(faults(&told), ["MARKETPLACE_CLOSED input.marketplace"], "{day}");
        assert_eq!(
            told["errors"][0]["message"],
            json!("the marketplace is open from 2024-01-01 until before 2025-01-01")
        );
    }
    for day in ["2024-01-01", "2024-12-31"] {
        let published = done(&app, "publishListing", on(day, day)).await;
        assert_eq!(
            published["marketplace"],
            json!({ "code": "CHO_NONG_SAN", "name": "Chợ nông sản" })
        );
    }
    let reopen = json!({ "code": "CHO_NONG_SAN", "version": 2, "validity": {} });
    let reopened = done(&app, "updateMarketplace", reopen).await;
    assert_eq!(
        (&reopened["validFrom"], &reopened["validTo"], &reopened["version"]),
        (&json!(null), &json!(null), &json!(3))
    );
    done(&app, "publishListing", on("x", "2025-01-01")).await;
}

async fn what_is_wrong_with_a_marketplace_is_told_at_once(engine: Engine) {
    let app = TestApp::start(engine).await;
    let wrong = json!({ "code": "cho nong san", "name": " ", "validity": { "from": "2024-01-01", "to": "2024-01-01" } });
    assert_eq!(
        refused(&app, "registerMarketplace", wrong).await,
        ["MALFORMED input.code", "TEXT_EMPTY input.name", "DATE_TOO_EARLY input.validity.to"]
    );
    for (code, name, told) in [
        ("A", "A", "MALFORMED input.code"),
        ("ABCDEFGHIJKLMNOPQRSTU", "A", "MALFORMED input.code"),
        ("CHỢ", "A", "MALFORMED input.code"),
        ("SHOPEE", "A", "MARKETPLACE_EXISTS input.code"),
        ("CHO", "Cho\u{31b}\u{323}", "TEXT_NOT_NFC input.name"),
        ("CHO", "Chợ\u{7}", "TEXT_CONTROL_CHARACTER input.name"),
        ("CHO", &*"ợ".repeat(101), "TEXT_TOO_LONG input.name"),
    ] {
        let input = json!({ "code": code, "name": name });
        assert_eq!(refused(&app, "registerMarketplace", input).await, [told], "{code} {name}");
    }
    for (input, told) in [
        (json!({ "code": "CHO", "version": 1, "name": "A" }), "UNKNOWN_MARKETPLACE input.code"),
        (json!({ "code": "TIKI", "version": 1 }), "NOTHING_TO_CHANGE input.code"),
        (json!({ "code": "TIKI", "version": 1, "name": "" }), "TEXT_EMPTY input.name"),
        (json!({ "code": "tiki", "version": 1, "name": "A" }), "MALFORMED input.code"),
    ] {
        assert_eq!(refused(&app, "updateMarketplace", input).await, [told]);
    }
    let all = app.data("{ marketplaces { nodes { version } } }", json!({})).await;
    assert_eq!(all["marketplaces"]["nodes"], json!(vec![json!({ "version": 1 }); 9]));
}

async fn a_draft_does_not_go_on_sale_where_it_is_closed(engine: Engine) {
    let Shop { app, product, .. } = Shop::open(engine).await;
    let draft = with(listing(&product, "x"), json!({ "marketplace": "SENDO", "draft": true }));
    let code = register(&app, "publishListing", draft).await;
    let close = json!({ "code": "SENDO", "version": 1, "validity": { "to": "2025-07-01" } });
    done(&app, "updateMarketplace", close).await;
    let sell = |day: &str| json!({ "listing": code, "version": 1, "status": "ACTIVE", "effectiveOn": day });
    let told = act(&app, "changeListingStatus", sell("2025-07-01")).await;
    assert_eq!(faults(&told), ["MARKETPLACE_CLOSED input.effectiveOn"]);
    assert_eq!(told["errors"][0]["message"], json!("the marketplace is closed from 2025-07-01"));
    let sold = done(&app, "changeListingStatus", sell("2025-06-30")).await;
    assert_eq!(sold["status"], json!("ACTIVE"));
    // What is on sale may still be taken off after the end.
    let end =
        json!({ "listing": code, "version": 2, "status": "DELISTED", "effectiveOn": "2025-08-01" });
    done(&app, "changeListingStatus", end).await;
}
