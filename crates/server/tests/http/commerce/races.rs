//! Many at once: what may be there once is there once.

use super::walk::{codes, page};
use super::{Shop, act, done, listing, month, product, record_sales, seller};
use crate::harness::{HAMLET, TestApp};
use crate::reporting::with;
use futures_util::future::join_all;
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    what_may_be_there_once_is_there_once,
    of_many_changes_of_one_version_one_is_made,
    a_product_is_found_by_its_sellers_name_whoever_comes_first,
);

const TRIES: usize = 6;

/// How many of the same requests, sent at once, were carried out; the others were refused.
async fn carried_out(app: &TestApp, mutation: &str, inputs: Vec<Value>) -> usize {
    let tries = inputs.into_iter().map(async |input| {
        let (name, _) = super::record(mutation);
        let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!(
            "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {name} {{ code }} }} }}"
        );
        let answer = app.answer(&query, json!({ "input": input })).await;
        if answer["data"] == json!(null) {
            // It waited for another that then had the address or the household.
            let code = &answer["errors"][0]["extensions"]["code"];
            assert_eq!(*code, json!("UNAVAILABLE"), "{answer:#}");
        }
        answer["data"][mutation][name]["code"].is_string()
    });
    join_all(tries).await.into_iter().filter(|done| *done).count()
}

async fn what_may_be_there_once_is_there_once(engine: Engine) {
    let shop = Shop::open(engine).await;
    let household = shop.app.register(HAMLET).await;
    let own = json!({ "kind": "HOUSEHOLD", "household": household });
    let garden = |number: usize| with(seller(&format!("Vườn {number}")), own.clone());
    for (mutation, inputs) in [
        ("registerSeller", vec![seller("Vườn Sáu Thơm"); TRIES]),
        ("registerSeller", (0..TRIES).map(garden).collect()),
        ("registerProduct", vec![product(&shop.seller, "Rượu khóm"); TRIES]),
        ("publishListing", vec![listing(&shop.product, "x"); TRIES]),
        ("registerMarketplace", vec![json!({ "code": "CHO", "name": "Chợ" }); TRIES]),
    ] {
        let first = inputs[0].clone();
        assert_eq!(carried_out(&shop.app, mutation, inputs).await, 1, "{mutation} {first}");
    }
}

async fn of_many_changes_of_one_version_one_is_made(engine: Engine) {
    let shop = Shop::open(engine).await;
    let code = shop.publish("x").await;
    let price = |price: usize| json!({ "listing": code, "version": 1, "priceVnd": price, "effectiveOn": "2024-02-01" });
    let inputs = (0..TRIES).map(price).collect();
    assert_eq!(carried_out(&shop.app, "changeListingPrice", inputs).await, 1);
    let name = |number: usize| json!({ "seller": shop.seller, "version": 1, "name": format!("Tên {number}") });
    let inputs = (0..TRIES).map(name).collect();
    assert_eq!(carried_out(&shop.app, "updateSeller", inputs).await, 1);
    let recorded = (0..TRIES).map(async |_| {
        record_sales(&shop.app, &[month(&code, "2024-03")]).await["recorded"] == json!(1)
    });
    let recorded = join_all(recorded).await;
    assert_eq!(recorded.into_iter().filter(|recorded| *recorded).count(), 1);
}

async fn a_product_is_found_by_its_sellers_name_whoever_comes_first(engine: Engine) {
    let Shop { app, seller, .. } = Shop::open(engine).await;
    for round in 1..=8 {
        let rename =
            json!({ "seller": seller, "version": round, "name": format!("Nông trại {round}") });
        let new = (0..3).map(|number| {
            let input = product(&seller, &format!("Khóm {round} {number}"));
            act(&app, "registerProduct", input)
        });
        let (_, registered) =
            futures_util::join!(done(&app, "updateSeller", rename), join_all(new));
        assert!(registered.iter().all(|told| told["errors"] == json!([])));
        let words = json!({ "search": format!("nong trai {round}"), "first": 100 });
        let found = codes(&page(&app, "products", &words).await);
        let all = codes(&page(&app, "products", &json!({ "first": 100 })).await);
        assert_eq!(found.len(), all.len(), "{round}");
    }
}
