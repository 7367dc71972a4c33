//! E-commerce over HTTP: marketplaces, sellers, products, listings and their sales.

mod life;
mod limits;
mod lists;
mod marketplaces;
mod outside;
pub mod past;
mod products;
mod publishing;
mod races;
mod recount;
mod sales;
mod scale;
mod search;
mod sellers;
mod stock;
mod walk;

use crate::harness::{HAMLET, TestApp};
use registry_testing::Engine;
use serde_json::{Value, json};

const MARKETPLACE: &str = "code name validFrom validTo version";

const SELLER: &str =
    "id code kind name hamlet { code name } household { code } registeredOn version";

const PRODUCT: &str = "id code name category seller { code name } registeredOn version
    ocop { stars decidedOn expiresOn decision } ratings { stars decidedOn expiresOn }";

const LISTING: &str =
    "id code product { code } seller { code } marketplace { code name } url priceVnd ocopStars
    status listedOn effectiveOn version history { version status priceVnd effectiveOn reason }";

/// What the answer to a mutation calls the record, and what is asked of it.
fn record(mutation: &str) -> (&'static str, &'static str) {
    let all = [
        ("Marketplace", "marketplace", MARKETPLACE),
        ("Seller", "seller", SELLER),
        ("Product", "product", PRODUCT),
        ("Listing", "listing", LISTING),
    ];
    let (_, name, fields) = all.iter().find(|(kind, ..)| mutation.contains(kind)).unwrap();
    (name, fields)
}

/// The whole answer to a mutation of one record.
async fn act(app: &TestApp, mutation: &str, input: Value) -> Value {
    let (name, fields) = record(mutation);
    let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let query = format!(
        "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {name} {{ {fields} }}
            replayed errors {{ code path message currentVersion }} }} }}"
    );
    app.data(&query, json!({ "input": input })).await[mutation].clone()
}

/// The record after a mutation that must be carried out.
pub async fn done(app: &TestApp, mutation: &str, input: Value) -> Value {
    let told = act(app, mutation, input).await;
    assert_eq!(told["errors"], json!([]), "{mutation}");
    told[record(mutation).0].clone()
}

/// What is wrong with an input: codes and paths.
async fn refused(app: &TestApp, mutation: &str, input: Value) -> Vec<String> {
    let told = act(app, mutation, input).await;
    assert_eq!(told[record(mutation).0], json!(null), "{mutation}");
    crate::reporting::faults(&told)
}

/// Records sales; the whole answer.
pub async fn record_sales(app: &TestApp, sales: &[Value]) -> Value {
    let query = "mutation($input: RecordListingSalesInput!) { recordListingSales(input: $input) {
        recorded replayed errors { code path message row } } }";
    let input = json!({ "input": { "sales": sales } });
    app.data(query, input).await["recordListingSales"].clone()
}

/// A month's sales that nothing is wrong with.
pub fn month(listing: &str, month: &str) -> Value {
    json!({ "listing": listing, "month": month, "orders": 3, "items": 5, "revenueVnd": 250_000 })
}

/// A cooperative that nothing is wrong with.
fn seller(name: &str) -> Value {
    json!({ "kind": "COOPERATIVE", "name": name, "hamlet": { "code": HAMLET }, "registeredOn": "2022-06-01" })
}

pub fn product(seller: &str, name: &str) -> Value {
    json!({ "seller": seller, "name": name, "category": "PROCESSED_FOOD", "registeredOn": "2022-07-01" })
}

fn listing(product: &str, page: &str) -> Value {
    json!({ "product": product, "marketplace": "SHOPEE", "url": format!("https://shopee.vn/{page}"),
        "priceVnd": 85_000, "listedOn": "2024-01-10" })
}

pub fn rating(product: &str, stars: i32, decided_on: &str) -> Value {
    json!({ "product": product, "stars": stars, "decidedOn": decided_on, "decision": "QĐ 77/QĐ-UBND" })
}

/// Registers what must be accepted; its code.
pub async fn register(app: &TestApp, mutation: &str, input: Value) -> String {
    done(app, mutation, input).await["code"].as_str().unwrap().to_owned()
}

/// A server with one seller and one product of it.
pub struct Shop {
    pub app: TestApp,
    pub seller: String,
    pub product: String,
}

impl Shop {
    pub async fn open(engine: Engine) -> Self {
        let app = TestApp::start(engine).await;
        let code = register(&app, "registerSeller", seller("Hợp tác xã Cầu Đúc")).await;
        let product = product(&code, "Khóm Cầu Đúc sấy dẻo");
        let product = register(&app, "registerProduct", product).await;
        Self { app, seller: code, product }
    }

    /// Publishes a listing of the product; its code.
    pub async fn publish(&self, page: &str) -> String {
        register(&self.app, "publishListing", listing(&self.product, page)).await
    }
}

/// Fills the registry with some of everything.
pub async fn stocked(app: &TestApp) {
    stock::fill(app, stock::Size(5, 3, 2), &mut stock::Dice(11)).await;
}
