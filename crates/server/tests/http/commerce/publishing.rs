//! What may be listed, where, at which address and price, with which stars.

use super::{LISTING, Shop, act, done, listing, product, rating, refused, register};
use crate::reporting::{faults, with};
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    a_published_listing_can_be_read_back,
    every_fault_of_a_listing_is_told_at_once,
    a_listing_has_an_https_address_of_its_own,
    a_price_is_whole_dong_within_its_range,
    a_listing_shows_the_stars_that_hold_on_its_date,
    what_shows_stars_goes_on_sale_while_they_hold,
);

async fn a_published_listing_can_be_read_back(engine: Engine) {
    let Shop { app, product, seller } = Shop::open(engine).await;
    let input = with(listing(&product, "khom"), json!({ "idempotencyKey": "a" }));
    let published = done(&app, "publishListing", input.clone()).await;
    let id = published["id"].clone();
    assert_eq!(
        published,
        json!({ "id": id, "code": "LS00000196", "product": { "code": product }, "seller": { "code": seller },
            "marketplace": { "code": "SHOPEE", "name": "Shopee" }, "url": "https://shopee.vn/khom",
            "priceVnd": 85_000, "ocopStars": null, "status": "ACTIVE", "listedOn": "2024-01-10",
            "effectiveOn": "2024-01-10", "version": 1,
            "history": [{ "version": 1, "status": "ACTIVE", "priceVnd": 85_000, "effectiveOn": "2024-01-10", "reason": null }] })
    );
    let again = act(&app, "publishListing", input.clone()).await;
    assert_eq!((&again["replayed"], &again["listing"]), (&json!(true), &published));
    let other = with(input, json!({ "priceVnd": 85_001 }));
    assert_eq!(
        refused(&app, "publishListing", other).await,
        ["IDEMPOTENCY_CONFLICT input.idempotencyKey"]
    );
    let one = format!("query($code: RegistryCode!) {{ listing(code: $code) {{ {LISTING} }} }}");
    let (found, statements) = app.counted(&one, json!({ "code": "LS00000196" })).await;
    assert_eq!((&found["listing"], statements), (&published, 3));
    assert_eq!(app.data(&one, json!({ "code": "LS00099912" })).await["listing"], json!(null));
    for (code, rule) in [("LS00000197", "CHECK_DIGIT_WRONG"), ("SP00000193", "MALFORMED")] {
        let told = app.answer(&one, json!({ "code": code })).await;
        let extensions = &told["errors"][0]["extensions"];
        assert_eq!(
            (&extensions["code"], &extensions["rule"]),
            (&json!("BAD_USER_INPUT"), &json!(rule))
        );
    }
}

async fn every_fault_of_a_listing_is_told_at_once(engine: Engine) {
    let Shop { app, product, .. } = Shop::open(engine).await;
    // What the input says by itself is told first.
    let wrong = json!({ "product": "SP00000194", "marketplace": "shopee", "url": "http://shopee.vn/x",
        "priceVnd": -1, "ocopStars": 6, "listedOn": "2026-11-02" });
    assert_eq!(
        refused(&app, "publishListing", wrong).await,
        [
            "CHECK_DIGIT_WRONG input.product",
            "MALFORMED input.marketplace",
            "NOT_HTTPS input.url",
            "OUT_OF_RANGE input.priceVnd",
            "OUT_OF_RANGE input.ocopStars",
        ]
    );
    done(&app, "publishListing", listing(&product, "x")).await;
    let wrong = json!({ "marketplace": "AMAZON", "ocopStars": 4, "listedOn": "2022-06-30" });
    assert_eq!(
        refused(&app, "publishListing", with(listing(&product, "x"), wrong)).await,
        [
            "UNKNOWN_MARKETPLACE input.marketplace",
            "DATE_TOO_EARLY input.listedOn",
            "NO_RATING input.ocopStars",
        ]
    );
    let wrong = json!({ "product": "SP00099909" });
    assert_eq!(
        refused(&app, "publishListing", with(listing(&product, "x"), wrong)).await,
        ["DUPLICATE_URL input.url", "UNKNOWN_PRODUCT input.product"]
    );
    for (members, told) in [
        (json!({ "listedOn": "2026-11-02" }), "FUTURE_DATE input.listedOn"),
        (json!({ "product": "NB00000117" }), "MALFORMED input.product"),
        (json!({ "ocopStars": 0 }), "OUT_OF_RANGE input.ocopStars"),
        (json!({ "marketplace": "SHOPEE; DROP TABLE listing" }), "MALFORMED input.marketplace"),
    ] {
        let input = with(listing(&product, "y"), members);
        assert_eq!(refused(&app, "publishListing", input).await, [told]);
    }
    let all = app.data("{ listings { totalCount } }", json!({})).await;
    assert_eq!(all["listings"]["totalCount"], json!(1), "nothing was written");
}

async fn a_listing_has_an_https_address_of_its_own(engine: Engine) {
    let Shop { app, product, .. } = Shop::open(engine).await;
    let at = |url: &str| with(listing(&product, ""), json!({ "url": url }));
    for (url, told) in [
        ("http://shopee.vn/khom", "NOT_HTTPS"),
        ("ftp://shopee.vn/khom", "NOT_HTTPS"),
        ("javascript:alert(1)", "NOT_HTTPS"),
        ("khóm", "NOT_AN_ADDRESS"),
        ("", "NOT_AN_ADDRESS"),
        ("https://", "NOT_AN_ADDRESS"),
        ("https://localhost/khom", "NOT_AN_ADDRESS"),
        ("https://bà-chủ@shopee.vn/khom", "NOT_AN_ADDRESS"),
        ("https://a:b@shopee.vn/khom", "NOT_AN_ADDRESS"),
        ("https://shopee.vn/khom\n", "NOT_AN_ADDRESS"),
        (&*format!("https://shopee.vn/{}", "x".repeat(1_000)), "TEXT_TOO_LONG"),
    ] {
        let told = format!("{told} input.url");
        assert_eq!(refused(&app, "publishListing", at(url)).await, [told], "{url}");
    }
    let first = done(&app, "publishListing", at("HTTPS://Shopee.VN:443/a/../khóm#danh-gia")).await;
    assert_eq!(first["url"], json!("https://shopee.vn/kh%C3%B3m"));
    let code = first["code"].as_str().unwrap();
    for spelling in
        ["https://shopee.vn/khóm", "https://SHOPEE.vn/kh%C3%B3m", "https://shopee.vn/khóm#x"]
    {
        let told = act(&app, "publishListing", at(spelling)).await;
        assert_eq!(faults(&told), ["DUPLICATE_URL input.url"], "{spelling}");
        let message = format!("the listing {code} has this address on the marketplace");
        assert_eq!(told["errors"][0]["message"], json!(message));
    }
    // An address is one listing's on its marketplace, even when that is gone.
    let end =
        json!({ "listing": code, "version": 1, "status": "DELISTED", "effectiveOn": "2024-02-01" });
    done(&app, "changeListingStatus", end).await;
    let again = at("https://shopee.vn/khóm");
    assert_eq!(refused(&app, "publishListing", again.clone()).await, ["DUPLICATE_URL input.url"]);
    done(&app, "publishListing", with(again, json!({ "marketplace": "ZALO" }))).await;
    done(&app, "publishListing", at("https://shopee.vn/khóm?mau=2")).await;
}

async fn a_price_is_whole_dong_within_its_range(engine: Engine) {
    let shop = Shop::open(engine).await;
    let (app, limit) = (&shop.app, 1_000_000_000_000_i64);
    let for_sale = shop.publish("khom").await;
    let at = |page: &str, price: &Value| {
        with(listing(&shop.product, page), json!({ "priceVnd": price }))
    };
    let change = |price: &Value| json!({ "listing": for_sale, "version": 1, "priceVnd": price, "effectiveOn": "2024-02-01" });
    for price in [
        json!(-1),
        json!(limit + 1),
        json!(1.5),
        json!("x"),
        json!("85000"),
        json!(true),
        json!([85_000]),
        json!({}),
        json!(1e300),
        json!(u64::MAX),
    ] {
        let told = act(app, "publishListing", at("x", &price)).await;
        assert_eq!(faults(&told), ["OUT_OF_RANGE input.priceVnd"], "{price}");
        assert_eq!(
            refused(app, "changeListingPrice", change(&price)).await,
            ["OUT_OF_RANGE input.priceVnd"]
        );
    }
    // The same when it stands in the document itself.
    for price in ["-1", "1.5", "\"x\"", "1000000000001", "[1]", "X"] {
        let query = format!(
            "mutation {{ publishListing(input: {{ product: \"{}\", marketplace: \"SHOPEE\", url: \"https://shopee.vn/x\",
                priceVnd: {price}, listedOn: \"2024-01-10\" }}) {{ errors {{ code path }} }} }}",
            shop.product
        );
        let told = app.data(&query, json!({})).await["publishListing"].clone();
        assert_eq!(faults(&told), ["OUT_OF_RANGE input.priceVnd"], "{price}");
    }
    let none = app
        .answer(
            "mutation($input: PublishListingInput!) { publishListing(input: $input) { replayed } }",
            json!({ "input": at("x", &json!(null)) }),
        )
        .await;
    assert_eq!(none["data"], json!(null), "a price must be given: {none}");
    for (page, price) in [("free", 0), ("dear", limit)] {
        let published = done(app, "publishListing", at(page, &json!(price))).await;
        assert_eq!(published["priceVnd"], json!(price));
    }
}

async fn a_listing_shows_the_stars_that_hold_on_its_date(engine: Engine) {
    let Shop { app, product: rated, seller } = Shop::open(engine).await;
    done(&app, "rateProduct", rating(&rated, 3, "2023-03-01")).await;
    done(&app, "rateProduct", rating(&rated, 4, "2025-03-01")).await;
    let unrated = register(&app, "registerProduct", product(&seller, "Rượu khóm")).await;
    done(&app, "rateProduct", rating(&unrated, 5, "2022-07-15")).await;
    let showing = |product: &str, stars: i32, day: &str| {
        with(
            listing(product, &format!("{product}-{day}")),
            json!({ "ocopStars": stars, "listedOn": day }),
        )
    };
    for (product, stars, day, code, message) in [
        (&rated, 3, "2023-02-28", "NO_RATING", "no OCOP rating on that date"),
        (&rated, 4, "2024-06-01", "OTHER_RATING", "holds on that date has 3 stars"),
        (&rated, 3, "2025-03-01", "OTHER_RATING", "holds on that date has 4 stars"),
        (&unrated, 5, "2025-07-15", "RATING_EXPIRED", "OCOP rating expired on 2025-07-15"),
    ] {
        let told = act(&app, "publishListing", showing(product, stars, day)).await;
        assert_eq!(faults(&told), [format!("{code} input.ocopStars")], "{stars} {day}");
        let told = told["errors"][0]["message"].as_str().unwrap().to_owned();
        assert!(told.contains(message), "{told}");
    }
    for (product, stars, day) in [
        (&rated, 3, "2023-03-01"),
        (&rated, 3, "2025-02-28"),
        (&rated, 4, "2025-03-02"),
        (&unrated, 5, "2025-07-14"),
    ] {
        let shown = done(&app, "publishListing", showing(product, stars, day)).await;
        assert_eq!(shown["ocopStars"], json!(stars));
    }
}

async fn what_shows_stars_goes_on_sale_while_they_hold(engine: Engine) {
    let Shop { app, product, .. } = Shop::open(engine).await;
    done(&app, "rateProduct", rating(&product, 3, "2023-03-01")).await;
    let draft = json!({ "ocopStars": 3, "draft": true });
    let code = register(&app, "publishListing", with(listing(&product, "x"), draft)).await;
    let sell = |day: &str| json!({ "listing": code, "version": 1, "status": "ACTIVE", "effectiveOn": day });
    assert_eq!(
        refused(&app, "changeListingStatus", sell("2026-03-01")).await,
        ["RATING_EXPIRED input.listing"]
    );
    done(&app, "changeListingStatus", sell("2026-02-28")).await;
}
