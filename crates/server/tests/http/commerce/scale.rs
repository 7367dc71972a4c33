//! Twenty thousand listings cost no more statements than one.

use super::stock::{Dice, Size, fill};
use super::walk::{codes, page, walk};
use crate::harness::TestApp;
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    pages_of_twenty_thousand_listings_cost_as_much_as_one,
    nested_lists_cost_the_same_for_many_as_for_one,
);

const PAGE: &str = "query($filter: ListingFilter, $search: String, $orderBy: ListingOrder, $first: Int, $facets: Boolean!, $names: Boolean!) {
    listings(filter: $filter, search: $search, orderBy: $orderBy, first: $first) {
        nodes { code priceVnd seller { name hamlet { name parent { name level } } } product { name ocop { stars } }
            marketplace { name } }
        facets @include(if: $facets) { marketplace @include(if: $names) { marketplace { name } count } category { count } stars { count }
            unit { unit { name } count } districts: unit(level: DISTRICT, on: \"2024-06-30\") { unit { name } count } } } }";

async fn pages_of_twenty_thousand_listings_cost_as_much_as_one(engine: Engine) {
    let app = TestApp::start(engine).await;
    let items = fill(&app, Size(200, 10, 10), &mut Dice(0x5EED)).await;
    assert_eq!(items.len(), 20_000);
    let filter = json!({ "within": { "code": "92" }, "status": ["ACTIVE", "SUSPENDED"],
        "marketplace": ["SHOPEE", "VOSO", "TIKI"], "priceVnd": { "min": 10_000 } });
    let by_price = json!({ "field": "PRICE", "direction": "DESCENDING" });
    for (search, order) in [
        (json!(null), json!(null)),
        (json!(null), by_price.clone()),
        (json!("ca that lat"), json!(null)),
        (json!("khom"), by_price),
    ] {
        let cost = async |first: u32, facets: bool, names: bool| {
            let variables = json!({ "filter": filter, "search": search, "orderBy": order, "first": first,
                "facets": facets, "names": names });
            let (data, statements) = app.counted(PAGE, variables).await;
            let nodes = data["listings"]["nodes"].as_array().unwrap();
            assert_eq!(nodes.len(), first as usize);
            assert_eq!(nodes[0]["seller"]["hamlet"]["parent"]["level"], json!("COMMUNE"));
            statements
        };
        // The page with products and sellers, and the marketplaces; units are in memory.
        assert_eq!(
            [cost(1, false, false).await, cost(50, false, false).await],
            [2, 2],
            "{search} {order}"
        );
        // All facets are read with the page; the marketplaces are known since they were read above.
        for names in [false, true] {
            assert_eq!(
                [cost(1, true, names).await, cost(50, true, names).await],
                [1, 1],
                "{search} {order}"
            );
        }
    }
    let active = json!({ "filter": { "status": ["DRAFT"], "category": ["DRINK"] },
        "orderBy": { "field": "LISTED_ON", "direction": "DESCENDING" } });
    let walked = walk(&app, "listings", &active, 100).await;
    let mut known: Vec<_> =
        items.iter().filter(|item| item.status == "DRAFT" && item.category == "DRINK").collect();
    known.sort_by_key(|item| std::cmp::Reverse((item.listed_on, &item.code[..8])));
    assert_eq!(walked, known.iter().map(|item| item.code.clone()).collect::<Vec<_>>());
    let last = page(&app, "listings", &json!({ "last": 1 })).await;
    assert_eq!((&codes(&last)[0], &last["totalCount"]), (&items[19_999].code, &json!(20_000)));
}

async fn nested_lists_cost_the_same_for_many_as_for_one(engine: Engine) {
    let app = TestApp::start(engine).await;
    fill(&app, Size(20, 4, 4), &mut Dice(7)).await;
    let query = "query($sellers: Int!, $each: Int!) { sellers(first: $sellers) { totalCount nodes { name
        products(first: $each) { totalCount nodes { name ratings { stars }
            listings(first: $each, orderBy: { field: PRICE }) { totalCount nodes { priceVnd marketplace { name }
                seller { hamlet { name } } history { status } sales { orders } } } } } } } }";
    let (_, of_one) = app.counted(query, json!({ "sellers": 1, "each": 1 })).await;
    let (data, of_all) = app.counted(query, json!({ "sellers": 20, "each": 3 })).await;
    let sellers = data["sellers"]["nodes"].as_array().unwrap();
    let under = |nodes: &[Value], list: &str| -> Vec<Value> {
        nodes.iter().flat_map(|node| node[list]["nodes"].as_array().unwrap().clone()).collect()
    };
    let products = under(sellers, "products");
    let listings = under(&products, "listings");
    assert_eq!([sellers.len(), products.len(), listings.len()], [20, 60, 180]);
    for product in &products {
        assert_eq!(product["listings"]["totalCount"], json!(4));
        let prices = under(std::slice::from_ref(product), "listings");
        assert!(prices.is_sorted_by_key(|listing| listing["priceVnd"].as_i64()));
    }
    assert!(listings.iter().any(|listing| listing["history"].as_array().unwrap().len() == 2));
    assert!(listings.iter().any(|listing| listing["sales"] != json!([])));
    // Sellers, products, listings, each counted; ratings, marketplaces, histories, sales.
    assert_eq!([of_one, of_all], [10, 10]);
}
