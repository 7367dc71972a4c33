//! What bounds, guards and erases: long lists in filters, tokens that only write, one request that does
//! several things, names that must go.

use super::{Shop, act, done, listing, month, product, record_sales, refused, register, seller};
use crate::harness::{HAMLET, REGISTER, TestApp, household};
use crate::reporting::{faults, with};
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    filters_with_endless_lists_are_bounded,
    many_records_are_found_by_their_ids_at_once,
    a_token_that_only_writes_is_told_that_it_was_done,
    one_request_sees_the_marketplaces_it_changes,
    a_listing_does_not_end_before_what_it_sold,
    a_change_that_changes_nothing_is_refused,
    erasing_a_household_takes_the_name_of_its_stall,
    the_newest_hundred_states_are_told,
);

async fn filters_with_endless_lists_are_bounded(engine: Engine) {
    let Shop { app, .. } = Shop::open(engine).await;
    let query = "query($filter: ListingFilter) { listings(filter: $filter) { totalCount } }";
    let codes: Vec<String> = (0..40_000).map(|number| format!("M{number}")).collect();
    let answer = app.answer(query, json!({ "filter": { "marketplace": codes } })).await;
    let told = &answer["errors"][0]["extensions"];
    assert_eq!((&told["code"], &told["limit"]), (&json!("BAD_USER_INPUT"), &json!(100)));
    let same = vec!["ACTIVE"; 40_000];
    let stars = vec![4; 40_000];
    let data = app.data(query, json!({ "filter": { "status": same, "stars": stars } })).await;
    assert_eq!(data["listings"]["totalCount"], json!(0));
}

async fn many_records_are_found_by_their_ids_at_once(engine: Engine) {
    let shop = Shop::open(engine).await;
    let mut codes = Vec::new();
    for page in ["a", "b", "c"] {
        codes.push(shop.publish(page).await);
    }
    let query = "{ listings { nodes { id product { id } seller { id } } } }";
    let nodes = shop.app.data(query, json!({})).await["listings"]["nodes"].clone();
    let nodes = nodes.as_array().unwrap();
    let mut ids: Vec<&Value> = nodes.iter().map(|node| &node["id"]).collect();
    ids.extend([&nodes[0]["product"]["id"], &nodes[0]["seller"]["id"]]);
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
    let (found, statements) = shop.app.counted(query, json!({ "ids": ids })).await;
    let found = found["nodes"].as_array().unwrap();
    assert_eq!(found.iter().map(|node| &node["id"]).collect::<Vec<_>>(), ids);
    assert_eq!(statements, 3, "listings, products, sellers");
}

async fn a_token_that_only_writes_is_told_that_it_was_done(engine: Engine) {
    let app = TestApp::start(engine).await;
    let token =
        json!({ "role": "OFFICER", "scopes": ["LISTINGS_WRITE"], "unit": { "code": "31333" } });
    let officer = app.bearer(token).await;
    let query = "mutation($input: RegisterSellerInput!) { registerSeller(input: $input) {
        replayed errors { code } } }";
    let input = json!({ "input": seller("Hợp tác xã Vị Tân") });
    let data = officer.data(query, input.clone()).await;
    assert_eq!(data["registerSeller"], json!({ "replayed": false, "errors": [] }));
    let shown = query.replace("replayed", "seller { code }");
    let answer = officer.answer(&shown, input).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let sellers = app.data("{ sellers { totalCount } }", json!({})).await;
    assert_eq!(sellers["sellers"]["totalCount"], 1, "what is forbidden was not carried out");
}

async fn one_request_sees_the_marketplaces_it_changes(engine: Engine) {
    let Shop { app, product, .. } = Shop::open(engine).await;
    let query = "mutation($first: PublishListingInput!, $second: PublishListingInput!) {
        a: publishListing(input: $first) { listing { marketplace { name } } errors { code } }
        b: registerMarketplace(input: { code: \"CHO\", name: \"Chợ quê\" }) { errors { code } }
        c: publishListing(input: $second) { listing { marketplace { name version } } errors { code } }
        d: updateMarketplace(input: { code: \"CHO\", version: 1, name: \"Chợ nổi\" }) { marketplace { name version } } }";
    let second = with(listing(&product, "b"), json!({ "marketplace": "CHO" }));
    let data = app.data(query, json!({ "first": listing(&product, "a"), "second": second })).await;
    assert_eq!(data["a"]["listing"]["marketplace"], json!({ "name": "Shopee" }));
    assert_eq!(data["c"]["listing"]["marketplace"], json!({ "name": "Chợ quê", "version": 1 }));
    assert_eq!(data["d"]["marketplace"], json!({ "name": "Chợ nổi", "version": 2 }));
}

async fn a_listing_does_not_end_before_what_it_sold(engine: Engine) {
    let shop = Shop::open(engine).await;
    let code = shop.publish("x").await;
    record_sales(&shop.app, &[month(&code, "2024-06")]).await;
    let end = |on: &str| json!({ "listing": code, "version": 1, "status": "DELISTED", "effectiveOn": on });
    let told = act(&shop.app, "changeListingStatus", end("2024-05-31")).await;
    assert_eq!(faults(&told), ["DATE_TOO_EARLY input.effectiveOn"]);
    assert_eq!(told["errors"][0]["message"], json!("the date must not be before 2024-06-01"));
    done(&shop.app, "changeListingStatus", end("2024-06-01")).await;
}

async fn a_change_that_changes_nothing_is_refused(engine: Engine) {
    let Shop { app, seller, product } = Shop::open(engine).await;
    for (mutation, input, at) in [
        (
            "updateSeller",
            json!({ "seller": seller, "version": 1, "name": "Hợp tác xã Cầu Đúc", "hamlet": { "code": HAMLET } }),
            "seller",
        ),
        (
            "updateProduct",
            json!({ "product": product, "version": 1, "category": "PROCESSED_FOOD" }),
            "product",
        ),
        ("updateMarketplace", json!({ "code": "TIKI", "version": 1, "name": "Tiki" }), "code"),
    ] {
        assert_eq!(refused(&app, mutation, input).await, [format!("NOTHING_TO_CHANGE input.{at}")]);
    }
    let backwards = json!({ "code": "TIKI", "version": 1, "validity": { "from": "2024-01-01", "to": "2024-01-01" } });
    let told = act(&app, "updateMarketplace", backwards).await;
    assert_eq!(told["errors"][0]["message"], json!("the date must not be before 2024-01-02"));
}

async fn erasing_a_household_takes_the_name_of_its_stall(engine: Engine) {
    let app = TestApp::start(engine).await;
    let registered = app.data(REGISTER, json!({ "input": household(HAMLET) })).await;
    let code = registered["registerHousehold"]["household"]["code"].as_str().unwrap();
    let new = json!({ "kind": "HOUSEHOLD", "household": code, "name": "Cô Bưởi bán khóm" });
    let stall = register(&app, "registerSeller", with(seller("x"), new)).await;
    let renamed = json!({ "seller": stall, "version": 1, "name": "Khóm cô Bưởi" });
    done(&app, "updateSeller", renamed).await;
    register(&app, "registerProduct", product(&stall, "Mứt khóm")).await;
    let find =
        "query($search: String) { products(search: $search) { nodes { name seller { name } } } }";
    assert_eq!(
        app.data(find, json!({ "search": "co buoi" })).await["products"]["nodes"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    let erase = "mutation($input: EraseHouseholdPersonalDataInput!) {
        eraseHouseholdPersonalData(input: $input) { errors { code } } }";
    let input = json!({ "input": { "household": code, "version": 1 } });
    let erased = app.data(erase, input).await;
    assert_eq!(erased["eraseHouseholdPersonalData"]["errors"], json!([]));
    assert_eq!(
        app.data(find, json!({ "search": "co buoi" })).await["products"]["nodes"],
        json!([])
    );
    assert_eq!(
        app.data(find, json!({ "search": "mut khom" })).await["products"]["nodes"],
        json!([{ "name": "Mứt khóm", "seller": { "name": stall } }])
    );
    for table in ["seller", "seller_version"] {
        let names = super::past::kept(&app, table, "name", "name").await;
        assert!(names.iter().all(|name| *name == stall), "{table}: {names:?}");
    }
}

async fn the_newest_hundred_states_are_told(engine: Engine) {
    let shop = Shop::open(engine).await;
    let code = shop.publish("x").await;
    for version in 1..=104 {
        let price = json!({ "listing": code, "version": version, "priceVnd": version, "effectiveOn": "2024-02-01" });
        done(&shop.app, "changeListingPrice", price).await;
    }
    let query = "query($code: RegistryCode!) { listing(code: $code) { history { version } } }";
    let data = shop.app.data(query, json!({ "code": code })).await;
    let versions: Vec<_> = data["listing"]["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|state| state["version"].as_u64().unwrap())
        .collect();
    assert_eq!(versions, (6..=105).collect::<Vec<_>>());
}
