//! Random lists, facets and sums, against a plain recount of what was put in.

use std::collections::BTreeMap;

use super::stock::{Dice, HAMLETS, Item, MARKETPLACES, Size, fill};
use super::walk::{codes, page};
use crate::harness::TestApp;
use registry_testing::{Engine, on_both_engines};
use serde_json::{Map, Value, json};

on_both_engines!(random_lists_are_as_a_recount_says);

/// What one random list asks for.
#[derive(Debug, Default)]
struct Asked {
    within: Option<Place>,
    marketplaces: Vec<&'static str>,
    categories: Vec<&'static str>,
    stars: Vec<u8>,
    statuses: Vec<&'static str>,
    price: [Option<i64>; 2],
    seller: Option<String>,
    words: Option<&'static str>,
    order: Option<(&'static str, bool)>,
}

/// A unit: its code, its column in [`HAMLETS`], and whether it is named as of 2024.
#[derive(Debug, Clone, Copy)]
struct Place(&'static str, usize, bool);

const PLACES: [Place; 9] = [
    Place("31333", 3, false),
    Place("31441", 3, false),
    Place("31333", 1, true),
    Place("31441", 1, true),
    Place("31447", 1, true),
    Place("930", 2, true),
    Place("935", 2, true),
    Place("31318001", 0, false),
    Place("31453", 3, false),
];

const CATEGORIES: [&str; 4] = ["FRESH_FOOD", "DRINK", "HERBAL", "TOURISM"];
const STATUSES: [&str; 4] = ["DRAFT", "ACTIVE", "SUSPENDED", "DELISTED"];
const WORDS: [&str; 8] =
    ["ca", "ca that lat", "khom", "cau", "lat that", "hop tac", "d", "thuy ca"];
const ORDERS: [&str; 4] = ["CODE", "LISTED_ON", "PRICE", "RELEVANCE"];

/// Any of some, or none of them.
fn some<T: Copy>(dice: &mut Dice, of: &[T]) -> Vec<T> {
    if dice.roll(3) > 0 {
        Vec::new()
    } else {
        of.iter().copied().filter(|_| dice.roll(2) == 0).collect()
    }
}

fn ask(dice: &mut Dice, items: &[Item]) -> Asked {
    let price = |dice: &mut Dice| {
        (dice.roll(4) == 0).then(|| i64::try_from(dice.roll(40)).unwrap() * 5_000)
    };
    Asked {
        within: (dice.roll(2) == 0).then(|| dice.pick(&PLACES)),
        marketplaces: some(dice, &MARKETPLACES),
        categories: some(dice, &CATEGORIES),
        stars: some(dice, &[2, 3, 4, 5]),
        statuses: some(dice, &STATUSES),
        price: [price(dice), price(dice)],
        seller: (dice.roll(6) == 0).then(|| items[dice.roll(items.len())].seller.clone()),
        words: (dice.roll(2) == 0).then(|| dice.pick(&WORDS)),
        order: (dice.roll(3) > 0).then(|| (dice.pick(&ORDERS), dice.roll(2) == 0)),
    }
}

impl Asked {
    fn arguments(&self) -> Value {
        let mut filter = Map::new();
        if let Some(Place(code, _, then)) = self.within {
            let named = json!({ "codeOn": { "code": code, "on": "2024-06-30" } });
            filter.insert("within".into(), if then { named } else { json!({ "code": code }) });
        }
        for (name, list) in [
            ("marketplace", json!(self.marketplaces)),
            ("category", json!(self.categories)),
            ("stars", json!(self.stars)),
            ("status", json!(self.statuses)),
        ] {
            if list != json!([]) {
                filter.insert(name.into(), list);
            }
        }
        filter.insert("priceVnd".into(), json!({ "min": self.price[0], "max": self.price[1] }));
        filter.insert("seller".into(), json!(self.seller));
        let order = self.order.map(|(field, down)| {
            json!({ "field": field, "direction": if down { "DESCENDING" } else { "ASCENDING" } })
        });
        json!({ "filter": filter, "search": self.words, "orderBy": order, "first": 200 })
    }

    fn finds(&self, item: &Item) -> bool {
        fn any<T: PartialEq>(of: &[T], one: &T) -> bool {
            of.is_empty() || of.contains(one)
        }
        self.within.is_none_or(|Place(code, column, _)| HAMLETS[item.hamlet][column] == code)
            && any(&self.marketplaces, &item.marketplace)
            && any(&self.categories, &item.category)
            && (self.stars.is_empty()
                || item.stars.is_some_and(|stars| self.stars.contains(&stars)))
            && any(&self.statuses, &item.status)
            && self.price[0].is_none_or(|price| item.price >= price)
            && self.price[1].is_none_or(|price| item.price <= price)
            && self.seller.as_ref().is_none_or(|seller| item.seller == *seller)
            && self.words.is_none_or(|words| distance(words, item).is_some())
    }

    /// The codes of the list in its order.
    fn sorted(&self, found: &[&Item]) -> Vec<String> {
        let (field, down) = self.order.unwrap_or(("RELEVANCE", false));
        let value = |item: &Item| match field {
            "PRICE" => item.price,
            "LISTED_ON" => item.listed_on.to_epoch_days().into(),
            "RELEVANCE" => self.words.and_then(|words| distance(words, item)).unwrap_or(0),
            _ => 0,
        };
        let mut keyed: Vec<_> = found.iter().map(|item| (value(item), &item.code[..8])).collect();
        keyed.sort_unstable();
        if down {
            keyed.reverse();
        }
        let whole = |number: &str| found.iter().find(|item| item.code.starts_with(number));
        keyed.iter().map(|(_, number)| whole(number).unwrap().code.clone()).collect()
    }
}

/// How far an item is from the words typed: every word must begin one of its words; whole words count
/// twice, the product's four times, the words in order sixteen; then the shorter name.
fn distance(typed: &str, item: &Item) -> Option<i64> {
    let [product, seller] = &item.names;
    let mut score = 0;
    for word in typed.split(' ') {
        let best = |name: &str, counts: i64| {
            let begun = name.split(' ').filter(|known| known.starts_with(word));
            begun.map(|known| if known == word { counts * 2 } else { counts }).max()
        };
        score += best(product, 4).max(best(seller, 1))?;
    }
    if format!(" {product}").contains(&format!(" {typed}")) {
        score += 16;
    }
    let words = i64::try_from(product.split(' ').count()).unwrap();
    Some(words - score * 1_000)
}

/// What a facet says: names and counts, the largest first.
fn facet<K: Ord + Clone>(found: &[&Item], key: impl Fn(&Item) -> K) -> BTreeMap<K, u64> {
    let mut counts = BTreeMap::new();
    for item in found {
        *counts.entry(key(item)).or_insert(0) += 1;
    }
    counts
}

fn told(facets: &Value, name: &str, field: &str, of: &str) -> BTreeMap<String, u64> {
    let rows = facets[name].as_array().unwrap();
    let counts: Vec<u64> = rows.iter().map(|row| row["count"].as_u64().unwrap()).collect();
    assert!(name == "stars" || counts.is_sorted_by(|left, right| left >= right), "{facets:#}");
    let text = |row: &Value| {
        let value = if of.is_empty() { &row[field] } else { &row[field][of] };
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    };
    rows.iter().map(text).zip(counts).collect()
}

const WHOLE: &str = "query($filter: ListingFilter, $search: String) { listings(filter: $filter, search: $search) {
    totalCount sales { orders items revenueVnd } spring: sales(from: \"2024-05\", to: \"2024-08\") { orders items revenueVnd }
    facets { marketplace { marketplace { code } count } category { category count } stars { stars count }
        today: unit(on: \"2026-11-01\") { unit { code } count } then: unit(on: \"2024-06-30\") { unit { code } count }
        districts: unit(level: DISTRICT, on: \"2024-06-30\") { unit { code } count } } } }";

async fn random_lists_are_as_a_recount_says(engine: Engine) {
    let app = TestApp::start(engine).await;
    let mut dice = Dice(0x00C0_FFEE);
    let items = fill(&app, Size(16, 4, 3), &mut dice).await;
    assert_eq!(items.len(), 192);
    let mut sizes = Vec::new();
    for _ in 0..60 {
        let asked = ask(&mut dice, &items);
        let found: Vec<&Item> = items.iter().filter(|item| asked.finds(item)).collect();
        sizes.push(found.len());
        let listed = page(&app, "listings", &asked.arguments()).await;
        assert_eq!(codes(&listed), asked.sorted(&found), "{asked:?}");
        assert_eq!(listed["totalCount"], json!(found.len()), "{asked:?}");
        check_whole(&app, &asked, &found).await;
    }
    sizes.sort_unstable();
    assert!(sizes[30] > 0 && sizes[59] > 100, "the dice fall badly: {sizes:?}");
}

async fn check_whole(app: &TestApp, asked: &Asked, found: &[&Item]) {
    let mut arguments = asked.arguments();
    for unused in ["orderBy", "first"] {
        arguments.as_object_mut().unwrap().remove(unused);
    }
    let whole = app.data(WHOLE, arguments).await["listings"].clone();
    let facets = &whole["facets"];
    let text = |text: &str| text.to_owned();
    for (name, field, of, counts) in [
        ("marketplace", "marketplace", "code", facet(found, |item| text(item.marketplace))),
        ("category", "category", "", facet(found, |item| text(item.category))),
        ("stars", "stars", "", facet(found, |item| json!(item.stars).to_string())),
        ("today", "unit", "code", facet(found, |item| text(HAMLETS[item.hamlet][3]))),
        ("then", "unit", "code", facet(found, |item| text(HAMLETS[item.hamlet][1]))),
        ("districts", "unit", "code", facet(found, |item| text(HAMLETS[item.hamlet][2]))),
    ] {
        assert_eq!(told(facets, name, field, of), counts, "{name} {asked:?}");
    }
    for (name, spring) in [("sales", false), ("spring", true)] {
        let mut sums = [0; 3];
        for (month, sold) in found.iter().filter_map(|item| item.sales) {
            if !spring || ["2024-05", "2024-08"].contains(&&*month.to_string()) {
                sums = std::array::from_fn(|at| sums[at] + sold[at]);
            }
        }
        let [orders, items, revenue] = sums;
        let expected = json!({ "orders": orders, "items": items, "revenueVnd": revenue });
        assert_eq!(whole[name], expected, "{name} {asked:?}");
    }
}
