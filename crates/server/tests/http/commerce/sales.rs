//! Monthly sales: recorded in batches that are all or nothing, corrected, added up.

use super::{Shop, done, listing, month, record_sales, register};
use crate::harness::TestApp;
use crate::reporting::{faults, with};
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    sales_are_corrected_and_added_up,
    sales_are_of_months_in_which_it_was_listed,
    a_draft_sells_from_its_first_day_on_sale,
    every_faulty_row_of_a_batch_is_named_and_nothing_is_written,
    a_full_batch_is_recorded_at_once,
    a_retried_batch_is_recorded_once,
);

const SALES: &str = "query($code: RegistryCode!, $from: YearMonth, $to: YearMonth) {
    listing(code: $code) { sales(from: $from, to: $to) { month orders items revenueVnd revision } } }";

async fn sales_of(app: &TestApp, code: &str) -> Value {
    app.data(SALES, json!({ "code": code })).await["listing"]["sales"].clone()
}

async fn sales_are_corrected_and_added_up(engine: Engine) {
    let shop = Shop::open(engine).await;
    let (one, other) = (shop.publish("x").await, shop.publish("y").await);
    let sold = [month(&one, "2024-02"), month(&one, "2024-01"), month(&other, "2024-02")];
    assert_eq!(
        record_sales(&shop.app, &sold).await,
        json!({ "recorded": 3, "replayed": false, "errors": [] })
    );
    let told = record_sales(&shop.app, &[month(&one, "2024-02")]).await;
    assert_eq!(faults(&told), ["DUPLICATE_SALES input.sales.0.month"]);
    assert_eq!(
        told["errors"][0]["message"],
        json!("sales of the month are recorded, with 3 orders; `replace: true` corrects them")
    );
    let correct = |orders: u32| {
        with(
            month(&one, "2024-02"),
            json!({ "orders": orders, "items": 9, "revenueVnd": 1_000_000_000_000_i64, "replace": true }),
        )
    };
    // What was never recorded may be replaced as well.
    let first = with(
        month(&other, "2024-03"),
        json!({ "replace": true, "orders": 0, "items": 0, "revenueVnd": 0 }),
    );
    assert_eq!(record_sales(&shop.app, &[correct(7), first]).await["recorded"], json!(2));
    assert_eq!(record_sales(&shop.app, &[correct(8)]).await["recorded"], json!(1));
    assert_eq!(
        sales_of(&shop.app, &one).await,
        json!([
            { "month": "2024-01", "orders": 3, "items": 5, "revenueVnd": 250_000, "revision": 1 },
            { "month": "2024-02", "orders": 8, "items": 9, "revenueVnd": 1_000_000_000_000_i64, "revision": 3 },
        ])
    );
    let total = "query($from: YearMonth, $to: YearMonth) { listings { sales(from: $from, to: $to) { orders items revenueVnd } } }";
    for (span, orders, items, revenue) in [
        (json!({}), 14, 19, 1_000_000_500_000_i64),
        (json!({ "from": "2024-02" }), 11, 14, 1_000_000_250_000),
        (json!({ "to": "2024-01" }), 3, 5, 250_000),
        (json!({ "from": "2024-03", "to": "2024-03" }), 0, 0, 0),
        (json!({ "from": "2025-01" }), 0, 0, 0),
    ] {
        let told = shop.app.data(total, span.clone()).await["listings"]["sales"].clone();
        assert_eq!(
            told,
            json!({ "orders": orders, "items": items, "revenueVnd": revenue }),
            "{span}"
        );
    }
}

async fn sales_are_of_months_in_which_it_was_listed(engine: Engine) {
    let shop = Shop::open(engine).await;
    let app = &shop.app;
    let code = shop.publish("x").await;
    let draft = with(listing(&shop.product, "draft"), json!({ "draft": true }));
    let draft = register(app, "publishListing", draft).await;
    let gone = shop.publish("gone").await;
    let end =
        json!({ "listing": gone, "version": 1, "status": "DELISTED", "effectiveOn": "2024-05-02" });
    done(app, "changeListingStatus", end).await;
    for (listing, during, told, message) in [
        (&code, "2023-12", "NOT_LISTED_THEN input.sales.0.month", "was not on sale before 2024-01"),
        (
            &gone,
            "2024-06",
            "NOT_LISTED_THEN input.sales.0.month",
            "was on sale from 2024-01 to 2024-05",
        ),
        (
            &gone,
            "2023-12",
            "NOT_LISTED_THEN input.sales.0.month",
            "was on sale from 2024-01 to 2024-05",
        ),
        (&draft, "2024-02", "NOT_LISTED_THEN input.sales.0.listing", "a draft sells nothing"),
        (&code, "2026-12", "FUTURE_PERIOD input.sales.0.month", "2026-11"),
    ] {
        let answer = record_sales(app, &[month(listing, during)]).await;
        assert_eq!(faults(&answer), [told], "{during}");
        let found = answer["errors"][0]["message"].as_str().unwrap();
        assert!(found.contains(message), "{found}");
    }
    let good = [month(&code, "2024-01"), month(&code, "2026-11"), month(&gone, "2024-05")];
    assert_eq!(record_sales(app, &good).await["recorded"], json!(3));
}

async fn a_draft_sells_from_its_first_day_on_sale(engine: Engine) {
    let shop = Shop::open(engine).await;
    let draft = with(listing(&shop.product, "draft"), json!({ "draft": true }));
    let code = register(&shop.app, "publishListing", draft.clone()).await;
    let on_sale =
        json!({ "listing": code, "version": 1, "status": "ACTIVE", "effectiveOn": "2024-04-20" });
    done(&shop.app, "changeListingStatus", on_sale).await;
    let told = record_sales(&shop.app, &[month(&code, "2024-03")]).await;
    assert_eq!(faults(&told), ["NOT_LISTED_THEN input.sales.0.month"]);
    let message = &told["errors"][0]["message"];
    assert_eq!(message, &json!("the listing was not on sale before 2024-04"));
    assert_eq!(record_sales(&shop.app, &[month(&code, "2024-04")]).await["recorded"], json!(1));

    // One that never was on sale sold nothing, whatever became of it.
    let never = with(draft, json!({ "url": "https://shopee.vn/never" }));
    let never = register(&shop.app, "publishListing", never).await;
    let gone = json!({ "listing": never, "version": 1, "status": "DELISTED", "effectiveOn": "2024-05-01" });
    done(&shop.app, "changeListingStatus", gone).await;
    let told = record_sales(&shop.app, &[month(&never, "2024-02")]).await;
    assert_eq!(faults(&told), ["NOT_LISTED_THEN input.sales.0.listing"]);
}

async fn every_faulty_row_of_a_batch_is_named_and_nothing_is_written(engine: Engine) {
    let shop = Shop::open(engine).await;
    let (app, code) = (&shop.app, shop.publish("x").await);
    let row = |members: Value| with(month(&code, "2024-02"), members);
    // What a row says by itself is told before anything is read.
    let rows = [
        row(json!({})),
        row(json!({ "listing": "LS00000197", "orders": -1 })),
        row(json!({ "orders": 6 })),
        row(json!({ "items": 10_000_001 })),
        row(json!({ "revenueVnd": "x" })),
        row(json!({ "revenueVnd": 1_000_000_000_001_i64, "listing": "NB00000117" })),
        row(json!({ "revenueVnd": -1, "items": -1 })),
        row(json!({ "revenueVnd": 0.5 })),
    ];
    let told = record_sales(app, &rows).await;
    assert_eq!(told["recorded"], json!(0));
    assert_eq!(
        faults(&told),
        [
            "CHECK_DIGIT_WRONG input.sales.1.listing",
            "OUT_OF_RANGE input.sales.1.orders",
            "OUT_OF_RANGE input.sales.2.items",
            "OUT_OF_RANGE input.sales.3.items",
            "OUT_OF_RANGE input.sales.4.revenueVnd",
            "MALFORMED input.sales.5.listing",
            "OUT_OF_RANGE input.sales.5.revenueVnd",
            "OUT_OF_RANGE input.sales.6.items",
            "OUT_OF_RANGE input.sales.6.revenueVnd",
            "OUT_OF_RANGE input.sales.7.revenueVnd",
        ]
    );
    assert_eq!(told["errors"][2]["row"], json!(2));
    let rows = [
        row(json!({})),
        row(json!({ "listing": "LS00099912", "month": "2026-12" })),
        row(json!({ "month": "2023-12" })),
        row(json!({ "replace": true })),
        row(json!({ "month": "2024-03" })),
    ];
    assert_eq!(
        faults(&record_sales(app, &rows).await),
        [
            "FUTURE_PERIOD input.sales.1.month",
            "UNKNOWN_LISTING input.sales.1.listing",
            "NOT_LISTED_THEN input.sales.2.month",
            "DUPLICATE_IN_BATCH input.sales.3.month",
        ]
    );
    assert_eq!(faults(&record_sales(app, &[]).await), ["BATCH_EMPTY input.sales"]);
    let many = vec![row(json!({})); 1_001];
    assert_eq!(faults(&record_sales(app, &many).await), ["BATCH_TOO_LARGE input.sales"]);
    assert_eq!(sales_of(app, &code).await, json!([]), "nothing was written");
}

async fn a_full_batch_is_recorded_at_once(engine: Engine) {
    let shop = Shop::open(engine).await;
    let mut rows = Vec::new();
    for page in 0..50 {
        let code = shop.publish(&page.to_string()).await;
        let months = (0..20).map(|at| format!("{}-{:02}", 2024 + at / 12, at % 12 + 1));
        rows.extend(months.map(|during| month(&code, &during)));
    }
    assert_eq!(rows.len(), 1_000);
    assert_eq!(record_sales(&shop.app, &rows).await["recorded"], json!(1_000));
    let query = "{ listings { sales { orders items revenueVnd } } }";
    assert_eq!(
        shop.app.data(query, json!({})).await["listings"]["sales"],
        json!({ "orders": 3_000, "items": 5_000, "revenueVnd": 250_000_000 })
    );
}

async fn a_retried_batch_is_recorded_once(engine: Engine) {
    let shop = Shop::open(engine).await;
    let code = shop.publish("x").await;
    let query = "mutation($input: RecordListingSalesInput!) { recordListingSales(input: $input) {
        recorded replayed errors { code path } } }";
    let input = json!({ "input": { "sales": [month(&code, "2024-02")], "idempotencyKey": "a" } });
    for replayed in [false, true] {
        let told = shop.app.data(query, input.clone()).await["recordListingSales"].clone();
        assert_eq!(told, json!({ "recorded": 1, "replayed": replayed, "errors": [] }));
    }
    let other = json!({ "input": { "sales": [month(&code, "2024-03")], "idempotencyKey": "a" } });
    let told = shop.app.data(query, other).await["recordListingSales"].clone();
    assert_eq!(faults(&told), ["IDEMPOTENCY_CONFLICT input.idempotencyKey"]);
    assert_eq!(sales_of(&shop.app, &code).await.as_array().unwrap().len(), 1);
}
