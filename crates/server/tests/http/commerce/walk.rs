//! Walking through lists page by page, both ways.

use crate::harness::TestApp;
use serde_json::{Value, json};

/// The operation that asks for a page of `marketplaces`, `sellers`, `products` or `listings`.
fn operation(list: &str) -> String {
    let (filter, variables, arguments) = match list {
        "marketplaces" => ("MarketplaceFilter", "", ""),
        "sellers" => ("SellerFilter", ", $orderBy: SellerOrder", ", orderBy: $orderBy"),
        "products" => (
            "ProductFilter",
            ", $search: String, $orderBy: ProductOrder",
            ", search: $search, orderBy: $orderBy",
        ),
        _ => (
            "ListingFilter",
            ", $search: String, $orderBy: ListingOrder",
            ", search: $search, orderBy: $orderBy",
        ),
    };
    format!(
        "query($filter: {filter}{variables}, $first: Int, $after: String, $last: Int, $before: String) {{
            {list}(filter: $filter{arguments}, first: $first, after: $after, last: $last, before: $before) {{
                totalCount pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} nodes {{ code }} }} }}"
    )
}

/// One page of a list.
pub(super) async fn page(app: &TestApp, list: &str, arguments: &Value) -> Value {
    app.data(&operation(list), arguments.clone()).await[list].clone()
}

/// The error that a page of a list is refused with.
pub(super) async fn no_page(app: &TestApp, list: &str, arguments: &Value) -> Value {
    let answer = app.answer(&operation(list), arguments.clone()).await;
    answer["errors"][0].clone()
}

pub(super) fn codes(page: &Value) -> Vec<String> {
    let nodes = page["nodes"].as_array().unwrap().iter();
    nodes.map(|node| node["code"].as_str().unwrap().to_owned()).collect()
}

/// The whole list in pages of `size`, from its beginning to its end, and the same backwards.
pub(super) async fn walk(app: &TestApp, list: &str, arguments: &Value, size: u32) -> Vec<String> {
    let mut forward = Vec::new();
    let mut next = json!({ "first": size });
    loop {
        let page = page(app, list, &crate::reporting::with(arguments.clone(), next)).await;
        forward.extend(codes(&page));
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            assert_eq!(page["totalCount"], json!(forward.len()), "{list} {arguments}");
            break;
        }
        next = json!({ "first": size, "after": page["pageInfo"]["endCursor"] });
    }
    let mut backward = Vec::new();
    let mut next = json!({ "last": size });
    loop {
        let page = page(app, list, &crate::reporting::with(arguments.clone(), next)).await;
        backward.extend(codes(&page).into_iter().rev());
        if page["pageInfo"]["hasPreviousPage"] == json!(false) {
            break;
        }
        next = json!({ "last": size, "before": page["pageInfo"]["startCursor"] });
    }
    backward.reverse();
    assert_eq!(forward, backward, "{list} {arguments}");
    forward
}
