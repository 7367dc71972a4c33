//! Officers act for what is sold from their own unit, and for nothing else.

use super::{
    Shop, act, done, listing, month, product, rating, record_sales, refused, register, seller,
};
use crate::harness::HAMLET;
use crate::reporting::{faults, with};
use registry_testing::{Engine, on_both_engines};
use serde_json::json;

on_both_engines!(
    an_officer_changes_only_what_is_sold_from_the_unit,
    what_moved_away_is_the_other_officers,
);

async fn an_officer_changes_only_what_is_sold_from_the_unit(engine: Engine) {
    let shop = Shop::open(engine).await;
    let (code, household) = (shop.publish("x").await, shop.app.register(HAMLET).await);
    // Xã Vị Thủy; the shop is in Phường Vị Tân.
    let officer = shop.app.bearer(json!({ "role": "OFFICER", "unit": { "code": "31441" } })).await;
    let here = json!({ "hamlet": { "code": "31441001" } });
    let change = json!({ "listing": code, "version": 1, "effectiveOn": "2024-02-01" });
    let attempts = [
        ("registerSeller", seller("A"), "hamlet"),
        (
            "registerSeller",
            with(
                with(seller("A"), here.clone()),
                json!({ "kind": "HOUSEHOLD", "household": household }),
            ),
            "household",
        ),
        ("updateSeller", json!({ "seller": shop.seller, "version": 1, "name": "A" }), "seller"),
        // Whatever the version: it is not told to others.
        ("updateSeller", json!({ "seller": shop.seller, "version": 7, "name": "A" }), "seller"),
        ("registerProduct", product(&shop.seller, "A"), "seller"),
        ("updateProduct", json!({ "product": shop.product, "version": 1, "name": "A" }), "product"),
        ("rateProduct", rating(&shop.product, 3, "2024-01-01"), "product"),
        ("publishListing", listing(&shop.product, "y"), "product"),
        ("changeListingStatus", with(change.clone(), json!({ "status": "SUSPENDED" })), "listing"),
        ("changeListingPrice", with(change, json!({ "priceVnd": 1 })), "listing"),
    ];
    for (mutation, input, field) in attempts {
        let told = format!("OUTSIDE_UNIT input.{field}");
        assert_eq!(refused(&officer, mutation, input).await, [told], "{mutation}");
    }
    let told = record_sales(&officer, &[month(&code, "2024-02")]).await;
    assert_eq!(faults(&told), ["OUTSIDE_UNIT input.sales.0.listing"]);

    let own = register(&officer, "registerSeller", with(seller("A"), here)).await;
    let own_product = register(&officer, "registerProduct", product(&own, "B")).await;
    done(&officer, "rateProduct", rating(&own_product, 3, "2024-01-01")).await;
    let own_listing = register(&officer, "publishListing", listing(&own_product, "z")).await;
    let told =
        record_sales(&officer, &[month(&own_listing, "2024-02"), month(&code, "2024-02")]).await;
    assert_eq!(faults(&told), ["OUTSIDE_UNIT input.sales.1.listing"], "all or none");
    assert_eq!(
        record_sales(&officer, &[month(&own_listing, "2024-02")]).await["recorded"],
        json!(1)
    );
    let away = json!({ "seller": own, "version": 1, "hamlet": { "code": HAMLET } });
    assert_eq!(refused(&officer, "updateSeller", away).await, ["OUTSIDE_UNIT input.hamlet"]);
    // All may be read.
    let all = officer.data("{ listings { totalCount } }", json!({})).await;
    assert_eq!(all["listings"]["totalCount"], json!(2));
}

async fn what_moved_away_is_the_other_officers(engine: Engine) {
    let shop = Shop::open(engine).await;
    let code = shop.publish("x").await;
    let officer = |unit: &'static str| {
        shop.app.bearer(json!({ "role": "OFFICER", "unit": { "code": unit } }))
    };
    let (before, after) = (officer("31333").await, officer("31441").await);
    let price = |version: u32| json!({ "listing": code, "version": version, "priceVnd": version, "effectiveOn": "2024-02-01" });
    done(&before, "changeListingPrice", price(1)).await;
    let away = json!({ "seller": shop.seller, "version": 1, "hamlet": { "code": "31441001" } });
    done(&shop.app, "updateSeller", away).await;
    let told = act(&before, "changeListingPrice", price(2)).await;
    assert_eq!(faults(&told), ["OUTSIDE_UNIT input.listing"]);
    done(&after, "changeListingPrice", price(2)).await;
}
