//! Listings as known at a moment: repriced, suspended, delisted, their sales corrected, what is sold renamed.

use super::{Diary, pass_a_day};
use crate::commerce::{Shop, done, month, rating, record_sales, register};
use crate::reporting::with;
use registry_domain::commerce::ListingCode;
use registry_domain::time::Clock as _;
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    all_that_was_told_of_listings_is_told_again,
    the_past_of_many_listings_costs_what_the_present_does,
);

async fn all_that_was_told_of_listings_is_told_again(engine: Engine) {
    const TOLD: &str = r#"query($asOf: DateTime) {
        listing(code: "CODE", asOf: $asOf) {
            url priceVnd status effectiveOn version ocopStars
            history { version status priceVnd reason }
            sales(from: "2024-01") { month orders revenueVnd revision }
            marketplace { code }
            seller { name hamlet { code } version products { totalCount nodes { name ratings { stars } } } }
            product { name category version ocop { stars } ratings { stars }
                listings { totalCount nodes { code priceVnd } } seller { name } } }
        all: listings(asOf: $asOf, orderBy: { field: PRICE }) {
            totalCount nodes { code priceVnd status }
            facets { marketplace { marketplace { code } count } category { category count } stars { stars count }
                unit { unit { code } count } }
            sales { orders items revenueVnd } }
        active: listings(asOf: $asOf, filter: { status: [ACTIVE], priceVnd: { max: 80000 } }) { totalCount nodes { code } }
        drinks: listings(asOf: $asOf, filter: { category: [DRINK] }) { totalCount sales { orders } }
        starred: listings(asOf: $asOf, filter: { stars: [4] }) { totalCount }
        here: listings(asOf: $asOf, filter: { within: { code: "31333001" } }) { totalCount }
    }"#;
    let shop = Shop::open(engine).await;
    let app = &shop.app;
    let first = ListingCode::new(1).unwrap().to_string();
    let mut diary = Diary::of(app, &TOLD.replace("CODE", &first));
    assert_eq!(diary.note().await["listing"], json!(null));
    let code = shop.publish("khom").await;
    assert_eq!(code, first);
    diary.note().await;
    let change = |version: u32, more: Value| {
        with(json!({ "listing": code, "version": version, "effectiveOn": "2024-03-01" }), more)
    };
    done(app, "changeListingPrice", change(1, json!({ "priceVnd": 70_000 }))).await;
    shop.publish("khom-2").await;
    diary.note().await;
    record_sales(app, &[month(&code, "2024-02")]).await;
    diary.note().await;
    let corrected = json!({ "orders": 2, "replace": true });
    record_sales(app, &[with(month(&code, "2024-02"), corrected), month(&code, "2024-03")]).await;
    let sold = diary.note().await;
    assert_eq!(sold["all"]["sales"]["orders"], json!(5));
    done(app, "rateProduct", rating(&shop.product, 4, "2024-05-01")).await;
    diary.note().await;
    // Decided before, recorded later: the newer decision stays the one that holds.
    done(app, "rateProduct", rating(&shop.product, 3, "2024-02-01")).await;
    diary.note().await;
    let rename =
        json!({ "product": shop.product, "version": 1, "name": "Rượu khóm", "category": "DRINK" });
    done(app, "updateProduct", rename).await;
    diary.note().await;
    let moved = json!({ "seller": shop.seller, "version": 1, "name": "Nông trại", "hamlet": { "code": "31441001" } });
    done(app, "updateSeller", moved).await;
    let moved = diary.note().await;
    assert_eq!(moved["here"]["totalCount"], json!(0));
    let over = change(2, json!({ "status": "DELISTED", "reason": "hết mùa" }));
    done(app, "changeListingStatus", over).await;
    let over = diary.note().await;
    assert_eq!(over["listing"]["status"], json!("DELISTED"));
    diary.is_told_again().await;
}

async fn the_past_of_many_listings_costs_what_the_present_does(engine: Engine) {
    const PAGE: &str =
        "query($asOf: DateTime, $first: Int) { listings(asOf: $asOf, first: $first) {
        totalCount sales { orders } facets { stars { stars count } }
        nodes { code history { version } sales { month orders }
            product { ratings { stars } listings { totalCount nodes { code } } } } } }";
    let shop = Shop::open(engine).await;
    for page in ["a", "b", "c"] {
        let code = shop.publish(page).await;
        record_sales(&shop.app, &[month(&code, "2024-02")]).await;
    }
    let then = shop.app.database.clock.now().to_rfc3339();
    pass_a_day(&shop.app);
    let more = crate::commerce::product(&shop.seller, "Mứt khóm");
    register(&shop.app, "registerProduct", more).await;
    shop.publish("d").await;
    let (_, of_one) = shop.app.counted(PAGE, json!({ "asOf": then, "first": 1 })).await;
    let (many, of_many) = shop.app.counted(PAGE, json!({ "asOf": then, "first": 50 })).await;
    let (_, now) = shop.app.counted(PAGE, json!({ "first": 50 })).await;
    assert_eq!((of_one, of_many), (now, now));
    assert_eq!(many["listings"]["totalCount"], json!(3));
    assert_eq!(many["listings"]["sales"]["orders"], json!(9));
}
