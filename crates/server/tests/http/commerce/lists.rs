//! Lists of sellers, products and listings: filters, orders, cursors, facets on both boundaries.

use super::walk::{codes, no_page, page, walk};
use super::{done, listing, product, rating, register, seller};
use crate::harness::TestApp;
use crate::reporting::with;
use registry_testing::{Engine, on_both_engines};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

on_both_engines!(
    sellers_and_products_are_filtered,
    sellers_and_products_are_sorted_and_walked_both_ways,
    listings_are_filtered_by_each_condition_and_by_all,
    listings_are_sorted_and_walked_both_ways,
    facets_are_told_on_the_boundaries_of_any_date,
    facets_name_marketplaces_as_another_instance_wrote_them,
    what_a_product_is_listed_as_is_sorted_and_cut,
    a_page_and_its_count_cost_a_statement_each,
);

/// A small registry: three sellers, four products, six listings, by their codes.
struct Lists {
    app: TestApp,
    sellers: Vec<String>,
    products: Vec<String>,
    listings: Vec<String>,
}

/// Of which product, on which marketplace, since when, for how much, and what becomes of it.
const LISTINGS: [(usize, &str, &str, i64, &str); 6] = [
    (0, "SHOPEE", "2024-01-10", 85_000, "ACTIVE"),
    (0, "VOSO", "2024-02-10", 80_000, "SUSPENDED"),
    (1, "SHOPEE", "2024-01-05", 200_000, "ACTIVE"),
    (2, "POSTMART", "2024-03-01", 80_000, "DRAFT"),
    (3, "SHOPEE", "2024-01-10", 50_000, "DELISTED"),
    (3, "POSTMART", "2025-08-01", 0, "ACTIVE"),
];

impl Lists {
    async fn start(engine: Engine) -> Self {
        let app = TestApp::start(engine).await;
        let mut sellers = Vec::new();
        for (name, kind, hamlet) in [
            ("Hợp tác xã Khóm", "COOPERATIVE", "31333001"),
            ("Công ty Cá thát lát", "ENTERPRISE", "31441001"),
            ("Hợp tác xã Vị Trung", "COOPERATIVE", "31444001"),
        ] {
            let new = json!({ "kind": kind, "hamlet": { "code": hamlet } });
            sellers.push(register(&app, "registerSeller", with(seller(name), new)).await);
        }
        let mut products = Vec::new();
        for (seller, name, category) in [
            (0, "Khóm sấy dẻo", "PROCESSED_FOOD"),
            (0, "Rượu khóm", "DRINK"),
            (1, "Cá thát lát", "FRESH_FOOD"),
            (2, "Trà mãng cầu", "DRINK"),
        ] {
            let new = with(product(&sellers[seller], name), json!({ "category": category }));
            products.push(register(&app, "registerProduct", new).await);
        }
        // The second has none, those of the third expired.
        for (place, stars, on) in [(0, 4, "2025-01-01"), (2, 3, "2022-08-01"), (3, 3, "2023-11-02")]
        {
            done(&app, "rateProduct", rating(&products[place], stars, on)).await;
        }
        let mut lists = Self { app, sellers, products, listings: Vec::new() };
        for (place, (product, marketplace, on, price, status)) in LISTINGS.into_iter().enumerate() {
            let members = json!({ "marketplace": marketplace, "listedOn": on, "priceVnd": price, "draft": status == "DRAFT" });
            let new = with(listing(&lists.products[product], &place.to_string()), members);
            let code = register(&lists.app, "publishListing", new).await;
            if ["SUSPENDED", "DELISTED"].contains(&status) {
                let change = json!({ "listing": code, "version": 1, "status": status, "effectiveOn": "2026-01-01" });
                done(&lists.app, "changeListingStatus", change).await;
            }
            lists.listings.push(code);
        }
        lists
    }

    /// The places of what a page shows.
    async fn places(&self, list: &str, arguments: &Value) -> Vec<usize> {
        let known = match list {
            "sellers" => &self.sellers,
            "products" => &self.products,
            _ => &self.listings,
        };
        let page = page(&self.app, list, arguments).await;
        let place = |code: &String| known.iter().position(|known| known == code).unwrap();
        let found: Vec<usize> = codes(&page).iter().map(place).collect();
        assert_eq!(page["totalCount"], json!(found.len()), "{list} {arguments}");
        found
    }
}

fn then(code: &str) -> Value {
    json!({ "codeOn": { "code": code, "on": "2024-06-30" } })
}

async fn sellers_and_products_are_filtered(engine: Engine) {
    let lists = Lists::start(engine).await;
    for (filter, found) in [
        (json!({}), &[0, 1, 2][..]),
        (json!({ "kind": ["COOPERATIVE"] }), &[0, 2]),
        (json!({ "kind": ["HOUSEHOLD"] }), &[]),
        (json!({ "kind": ["HOUSEHOLD", "ENTERPRISE"] }), &[1]),
        (json!({ "within": { "code": "31441" } }), &[1, 2]),
        (json!({ "within": then("31441") }), &[1]),
        (json!({ "within": then("935") }), &[1, 2]),
        (json!({ "within": { "code": "31444001" } }), &[2]),
        (json!({ "search": "HOP TAC" }), &[0, 2]),
        (json!({ "search": "vi tru" }), &[2]),
        (json!({ "search": "rung" }), &[]),
        (json!({ "search": "hợp", "kind": ["COOPERATIVE"], "within": then("930") }), &[0]),
        (json!({ "search": "cá", "kind": ["COOPERATIVE"] }), &[]),
    ] {
        let arguments = json!({ "filter": filter });
        assert_eq!(lists.places("sellers", &arguments).await, found, "{filter}");
    }
    for (filter, found) in [
        (json!({}), &[0, 1, 2, 3][..]),
        (json!({ "category": ["DRINK", "HERBAL"] }), &[1, 3]),
        (json!({ "stars": [3] }), &[3]),
        (json!({ "stars": [3, 4] }), &[0, 3]),
        (json!({ "stars": [5] }), &[]),
        (json!({ "seller": lists.sellers[0] }), &[0, 1]),
        (json!({ "seller": "NB00099930" }), &[]),
        (json!({ "within": then("31444") }), &[3]),
        (json!({ "within": { "code": "31441" }, "category": ["DRINK"], "stars": [3] }), &[3]),
    ] {
        let arguments = json!({ "filter": filter });
        assert_eq!(lists.places("products", &arguments).await, found, "{filter}");
    }
    assert_eq!(walk(&lists.app, "sellers", &json!({}), 2).await, lists.sellers);
    assert_eq!(walk(&lists.app, "products", &json!({}), 3).await, lists.products);
}

async fn sellers_and_products_are_sorted_and_walked_both_ways(engine: Engine) {
    let app = TestApp::start(engine).await;
    let days = ["2023-05-01", "2022-06-01", "2024-01-01", "2022-06-01"];
    let (mut sellers, mut products) = (Vec::new(), Vec::new());
    for (place, day) in days.into_iter().enumerate() {
        let new = with(seller(&format!("Hợp tác xã {place}")), json!({ "registeredOn": day }));
        sellers.push(register(&app, "registerSeller", new).await);
        let new = with(
            product(&sellers[place], &format!("Khóm {place}")),
            json!({ "registeredOn": "2024-02-01" }),
        );
        let later = json!({ "registeredOn": format!("2024-0{}-01", 9 - place) });
        products.push(register(&app, "registerProduct", with(new, later)).await);
    }
    let by = |field: &str, direction: &str| json!({ "orderBy": { "field": field, "direction": direction } });
    let picked =
        |known: &[String], places: [usize; 4]| places.map(|place| known[place].clone()).to_vec();
    for (arguments, of_sellers, of_products) in [
        (json!({}), [0, 1, 2, 3], [0, 1, 2, 3]),
        (by("CODE", "DESCENDING"), [3, 2, 1, 0], [3, 2, 1, 0]),
        // Those of one day by code.
        (by("REGISTERED_ON", "ASCENDING"), [1, 3, 0, 2], [3, 2, 1, 0]),
        (by("REGISTERED_ON", "DESCENDING"), [2, 0, 3, 1], [0, 1, 2, 3]),
    ] {
        for size in [1, 3] {
            let walked = walk(&app, "sellers", &arguments, size).await;
            assert_eq!(walked, picked(&sellers, of_sellers), "{arguments}");
            let walked = walk(&app, "products", &arguments, size).await;
            assert_eq!(walked, picked(&products, of_products), "{arguments}");
        }
    }
    let found = with(json!({ "search": "khom" }), by("REGISTERED_ON", "ASCENDING"));
    assert_eq!(walk(&app, "products", &found, 2).await, picked(&products, [3, 2, 1, 0]));
}

async fn listings_are_filtered_by_each_condition_and_by_all(engine: Engine) {
    let lists = Lists::start(engine).await;
    for (filter, found) in [
        (json!({}), &[0, 1, 2, 3, 4, 5][..]),
        (json!({ "within": { "code": "92" } }), &[0, 1, 2, 3, 4, 5]),
        (json!({ "within": then("93") }), &[0, 1, 2, 3, 4, 5]),
        (json!({ "within": then("930") }), &[0, 1, 2]),
        (json!({ "within": then("935") }), &[3, 4, 5]),
        (json!({ "within": { "code": "31441" } }), &[3, 4, 5]),
        (json!({ "within": then("31441") }), &[3]),
        (json!({ "within": then("31444") }), &[4, 5]),
        (json!({ "within": { "code": "31333001" } }), &[0, 1, 2]),
        (json!({ "within": { "code": "31333002" } }), &[]),
        (json!({ "marketplace": ["SHOPEE"] }), &[0, 2, 4]),
        (json!({ "marketplace": ["VOSO", "POSTMART"] }), &[1, 3, 5]),
        (json!({ "marketplace": ["TIKI"] }), &[]),
        (json!({ "marketplace": ["NEVER_HEARD"] }), &[]),
        (json!({ "marketplace": [] }), &[0, 1, 2, 3, 4, 5]),
        (json!({ "category": ["DRINK"] }), &[2, 4, 5]),
        (json!({ "stars": [4] }), &[0, 1]),
        (json!({ "stars": [3] }), &[4, 5]),
        (json!({ "status": ["ACTIVE"] }), &[0, 2, 5]),
        (json!({ "status": ["DRAFT", "SUSPENDED", "DELISTED"] }), &[1, 3, 4]),
        (json!({ "priceVnd": { "min": 80_000 } }), &[0, 1, 2, 3]),
        (json!({ "priceVnd": { "max": 80_000 } }), &[1, 3, 4, 5]),
        (json!({ "priceVnd": { "min": 80_000, "max": 80_000 } }), &[1, 3]),
        (json!({ "priceVnd": { "min": 2, "max": 1 } }), &[]),
        (json!({ "priceVnd": {} }), &[0, 1, 2, 3, 4, 5]),
        (json!({ "seller": lists.sellers[2] }), &[4, 5]),
        (
            json!({ "within": { "code": "31441" }, "marketplace": ["POSTMART", "SHOPEE"], "category": ["DRINK"], "stars": [3, 4],
                "status": ["ACTIVE", "DRAFT"], "priceVnd": { "min": 0, "max": 60_000 }, "seller": lists.sellers[2] }),
            &[5],
        ),
    ] {
        let arguments = json!({ "filter": filter });
        assert_eq!(lists.places("listings", &arguments).await, found, "{filter}");
    }
    for (filter, rule) in [
        (json!({ "stars": [0] }), "OUT_OF_RANGE"),
        (json!({ "stars": [3, 6] }), "OUT_OF_RANGE"),
        (json!({ "marketplace": ["shopee"] }), "MALFORMED"),
        (json!({ "seller": lists.products[0] }), "MALFORMED"),
        (json!({ "seller": "NB00000118" }), "CHECK_DIGIT_WRONG"),
        (json!({ "within": { "code": "31444" } }), "UNKNOWN_UNIT"),
    ] {
        let error = no_page(&lists.app, "listings", &json!({ "filter": filter })).await;
        let extensions = &error["extensions"];
        assert_eq!(
            (&extensions["code"], &extensions["rule"]),
            (&json!("BAD_USER_INPUT"), &json!(rule)),
            "{filter}: {error}"
        );
    }
    for price in [json!("x"), json!(1.5)] {
        let arguments = json!({ "filter": { "priceVnd": { "min": price } } });
        let error = no_page(&lists.app, "listings", &arguments).await;
        assert_eq!(error["extensions"]["code"], json!("BAD_USER_INPUT"), "{error}");
    }
}

async fn listings_are_sorted_and_walked_both_ways(engine: Engine) {
    let lists = Lists::start(engine).await;
    let ascending = |field: &str| json!({ "orderBy": { "field": field } });
    for (field, mut places) in [
        ("CODE", vec![0, 1, 2, 3, 4, 5]),
        ("RELEVANCE", vec![0, 1, 2, 3, 4, 5]),
        ("LISTED_ON", vec![2, 0, 4, 1, 3, 5]),
        ("PRICE", vec![5, 4, 1, 3, 0, 2]),
    ] {
        assert_eq!(lists.places("listings", &ascending(field)).await, places, "{field}");
        for direction in ["ASCENDING", "DESCENDING"] {
            let arguments = json!({ "orderBy": { "field": field, "direction": direction } });
            let expected: Vec<_> =
                places.iter().map(|place| lists.listings[*place].clone()).collect();
            for size in [1, 2, 4] {
                assert_eq!(
                    walk(&lists.app, "listings", &arguments, size).await,
                    expected,
                    "{arguments}"
                );
            }
            places.reverse();
        }
    }
    let first = page(&lists.app, "listings", &json!({ "first": 1 })).await;
    let cursor = &first["pageInfo"]["endCursor"];
    assert_eq!(first["pageInfo"]["hasNextPage"], json!(true));
    for (list, others) in [
        ("listings", ascending("PRICE")),
        ("listings", ascending("CODE")),
        ("listings", json!({ "search": "khom" })),
        ("listings", json!({ "filter": { "status": ["ACTIVE"] } })),
        ("products", json!({})),
        ("sellers", json!({})),
    ] {
        for side in ["after", "before"] {
            let mut arguments = others.clone();
            arguments[side] = cursor.clone();
            let error = no_page(&lists.app, list, &arguments).await;
            assert_eq!(error["extensions"]["code"], json!("BAD_USER_INPUT"), "{list} {arguments}");
        }
    }
    for wrong in [
        json!({ "after": "x" }),
        json!({ "first": 0 }),
        json!({ "last": 201 }),
        json!({ "first": 1, "last": 1 }),
    ] {
        for list in ["listings", "products", "sellers"] {
            let error = no_page(&lists.app, list, &wrong).await;
            assert_eq!(error["extensions"]["code"], json!("BAD_USER_INPUT"), "{list} {wrong}");
        }
    }
}

const FACETS: &str = r#"query($filter: ListingFilter, $search: String) { listings(filter: $filter, search: $search) { facets {
    marketplace { marketplace { code name } count } category { category count } stars { stars count }
    unit { unit { name } count }
    today: unit(level: COMMUNE, on: "2026-11-01") { unit { name } count }
    then: unit(level: COMMUNE, on: "2024-06-30") { unit { name } count }
    districts: unit(level: DISTRICT, on: "2024-06-30") { unit { name } count }
    districtsToday: unit(level: DISTRICT, on: "2026-11-01") { unit { name } count }
    hamlets: unit(level: HAMLET, on: "2024-06-30") { unit { name parent { name } } count }
    provinces: unit(level: PROVINCE, on: "2024-06-30") { unit { name } count } } } }"#;

async fn facets_name_marketplaces_as_another_instance_wrote_them(engine: Engine) {
    let lists = Lists::start(engine).await;
    let named = async || {
        let (data, statements) = lists.app.counted(FACETS, json!({})).await;
        let shopee = &data["listings"]["facets"]["marketplace"][0]["marketplace"]["name"];
        (shopee.as_str().unwrap().to_owned(), statements)
    };
    assert_eq!(named().await, ("Shopee".to_owned(), 1));
    let beside = lists.app.database.beside().await;
    let rename = "UPDATE marketplace SET name = 'Shopee Việt Nam', version = version + 1 \
        WHERE code = 'SHOPEE'";
    beside.execute_unprepared(rename).await.unwrap();
    assert_eq!(named().await, ("Shopee Việt Nam".to_owned(), 2));
    assert_eq!(named().await, ("Shopee Việt Nam".to_owned(), 1));
}

async fn facets_are_told_on_the_boundaries_of_any_date(engine: Engine) {
    let lists = Lists::start(engine).await;
    let (data, statements) = lists.app.counted(FACETS, json!({})).await;
    // The facets with a page, though none was asked for; the marketplaces were read before.
    assert_eq!(statements, 1);
    let facets = &data["listings"]["facets"];
    assert_eq!(
        facets["marketplace"],
        json!([
            { "marketplace": { "code": "SHOPEE", "name": "Shopee" }, "count": 3 },
            { "marketplace": { "code": "POSTMART", "name": "Postmart (Bưu điện Việt Nam)" }, "count": 2 },
            { "marketplace": { "code": "VOSO", "name": "Vỏ Sò (Viettel Post)" }, "count": 1 },
        ])
    );
    assert_eq!(
        facets["category"],
        json!([{ "category": "DRINK", "count": 3 }, { "category": "PROCESSED_FOOD", "count": 2 }, { "category": "FRESH_FOOD", "count": 1 }])
    );
    assert_eq!(
        facets["stars"],
        json!([{ "stars": 4, "count": 2 }, { "stars": 3, "count": 2 }, { "stars": null, "count": 2 }])
    );
    let units = |rows: &[(&str, u64)]| -> Value {
        rows.iter()
            .map(|(name, count)| json!({ "unit": { "name": name }, "count": count }))
            .collect()
    };
    let today = units(&[("Phường Vị Tân", 3), ("Xã Vị Thủy", 3)]);
    assert_eq!((&facets["unit"], &facets["today"]), (&today, &today));
    assert_eq!(
        facets["then"],
        units(&[("Xã Vị Tân", 3), ("Xã Vị Trung", 2), ("Thị trấn Nàng Mau", 1)])
    );
    assert_eq!(facets["districts"], units(&[("Thành phố Vị Thanh", 3), ("Huyện Vị Thuỷ", 3)]));
    assert_eq!(facets["districtsToday"], json!([]));
    assert_eq!(facets["provinces"], units(&[("Tỉnh Hậu Giang", 6)]));
    assert_eq!(facets["hamlets"][0]["unit"]["parent"]["name"], json!("Xã Vị Tân"));
    // A list that is named by a unit of 2024 is told on the boundaries of 2024.
    let filter = json!({ "within": then("935"), "status": ["ACTIVE", "DRAFT"] });
    let data = lists.app.data(FACETS, json!({ "filter": filter })).await;
    assert_eq!(
        data["listings"]["facets"]["unit"],
        units(&[("Thị trấn Nàng Mau", 1), ("Xã Vị Trung", 1)])
    );
    let data = lists.app.data(FACETS, json!({ "search": "khom ruou" })).await;
    assert_eq!(
        data["listings"]["facets"]["category"],
        json!([{ "category": "DRINK", "count": 1 }])
    );
    let none = json!({ "filter": { "marketplace": ["TIKI"] } });
    let data = lists.app.data(FACETS, none).await;
    let facets = data["listings"]["facets"].as_object().unwrap();
    assert!(facets.values().all(|facet| *facet == json!([])), "{facets:?}");
}

async fn what_a_product_is_listed_as_is_sorted_and_cut(engine: Engine) {
    let lists = Lists::start(engine).await;
    let query = "query($code: RegistryCode!, $order: ListingOrder, $first: Int, $after: String) { product(code: $code) {
        listings(orderBy: $order, first: $first, after: $after) { totalCount pageInfo { endCursor hasNextPage }
            nodes { code } } } }";
    let order = json!({ "field": "PRICE", "direction": "DESCENDING" });
    let mut after = json!(null);
    for (place, more) in [(0, true), (1, false)] {
        let arguments =
            json!({ "code": lists.products[0], "order": order, "first": 1, "after": after });
        let told = lists.app.data(query, arguments).await["product"]["listings"].clone();
        assert_eq!(told["nodes"], json!([{ "code": lists.listings[place] }]));
        let page = (&told["totalCount"], &told["pageInfo"]["hasNextPage"]);
        assert_eq!(page, (&json!(2), &json!(more)));
        after = told["pageInfo"]["endCursor"].clone();
    }
    let other = json!({ "code": lists.products[3], "order": order, "after": after });
    let answer = lists.app.answer(query, other).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], json!("BAD_USER_INPUT"));
}

async fn a_page_and_its_count_cost_a_statement_each(engine: Engine) {
    let lists = Lists::start(engine).await;
    for list in ["sellers", "products", "listings"] {
        let page = format!("{{ {list} {{ nodes {{ code }} }} }}");
        let both = format!("{{ {list} {{ totalCount nodes {{ code }} }} }}");
        let (_, page) = lists.app.counted(&page, json!({})).await;
        let (_, both) = lists.app.counted(&both, json!({})).await;
        assert_eq!([page, both], [1, 2], "{list}");
    }
    let whole = "{ listings { totalCount facets { category { count } } } }";
    let (told, statements) = lists.app.counted(whole, json!({})).await;
    let by_category = told["listings"]["facets"]["category"].as_array().unwrap().iter();
    let counted: u64 = by_category.map(|facet| facet["count"].as_u64().unwrap()).sum();
    // Facets are read with the page and tell the number as well.
    assert_eq!((told["listings"]["totalCount"].as_u64(), statements), (Some(counted), 1));
}
