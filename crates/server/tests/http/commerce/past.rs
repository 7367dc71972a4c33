//! Nothing that was is lost: every state stays in the tables, with who recorded it and when.

use super::{Shop, act, done, month, rating, record_sales};
use crate::harness::TestApp;
use crate::reporting::with;
use registry_testing::{Engine, on_both_engines};
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};

on_both_engines!(every_state_is_kept_and_a_refused_change_leaves_none);

/// One column of a table's rows as texts.
pub async fn kept(app: &TestApp, table: &str, column: &str, order: &str) -> Vec<String> {
    let beside = app.database.beside().await;
    let sql = format!("SELECT CAST({column} AS TEXT) AS kept FROM {table} ORDER BY {order}");
    let statement = Statement::from_string(beside.get_database_backend(), sql);
    let rows = beside.query_all_raw(statement).await.unwrap().into_iter();
    rows.map(|row| row.try_get::<Option<String>>("", "kept").unwrap().unwrap_or_default()).collect()
}

async fn every_state_is_kept_and_a_refused_change_leaves_none(engine: Engine) {
    let shop = Shop::open(engine).await;
    let (app, code) = (&shop.app, shop.publish("x").await);
    let changes: [(&str, Value); 5] = [
        ("updateSeller", json!({ "seller": shop.seller, "version": 1, "name": "Nông trại" })),
        ("updateProduct", json!({ "product": shop.product, "version": 1, "name": "Mứt khóm" })),
        ("updateMarketplace", json!({ "code": "TIKI", "version": 1, "name": "Tiki mới" })),
        (
            "changeListingPrice",
            json!({ "listing": code, "version": 1, "priceVnd": 9, "effectiveOn": "2024-02-01" }),
        ),
        ("rateProduct", rating(&shop.product, 3, "2024-02-01")),
    ];
    for (mutation, input) in changes {
        done(app, mutation, input.clone()).await;
        let refused = act(app, mutation, input).await;
        assert_eq!(refused["errors"].as_array().unwrap().len(), 1, "{mutation}");
    }
    done(app, "rateProduct", rating(&shop.product, 4, "2025-02-01")).await;
    for orders in [1, 2, 3] {
        let sales = json!({ "orders": orders, "replace": true });
        record_sales(app, &[with(month(&code, "2024-02"), sales)]).await;
    }
    for (table, column, order, expected) in [
        ("seller_version", "name", "number, version", &["Hợp tác xã Cầu Đúc", "Nông trại"][..]),
        ("product_version", "name", "version", &["Khóm Cầu Đúc sấy dẻo", "Mứt khóm"]),
        ("marketplace_version WHERE code = 'TIKI'", "name", "version", &["Tiki", "Tiki mới"]),
        ("listing_version", "price", "version", &["85000", "9"]),
        ("product_rating", "stars", "decided_on", &["3", "4"]),
        ("listing_sales", "orders", "revision", &["1", "2", "3"]),
        ("listing_sales WHERE superseded_at IS NULL", "orders", "revision", &["3"]),
    ] {
        assert_eq!(kept(app, table, column, order).await, expected, "{table}");
        let actors = kept(app, table, "actor", order).await;
        assert!(actors.iter().all(|actor| !actor.is_empty()), "{table}");
        assert!(kept(app, table, "recorded_at", order).await.iter().all(|at| !at.is_empty()));
    }
}
