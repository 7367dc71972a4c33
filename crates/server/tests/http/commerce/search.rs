//! Full-text search of products and listings: the same order on both engines.

use super::walk::{codes, no_page, page, walk};
use super::{done, listing, product, register, seller};
use crate::harness::TestApp;
use crate::reporting::with;
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    products_are_found_best_first,
    listings_are_found_as_their_products_are,
    a_search_is_walked_both_ways,
    what_is_no_search_is_refused,
);

/// Sellers, each with its products, which are told by their places here.
const SHOPS: [(&str, &str, &[&str]); 4] = [
    (
        "Hợp tác xã Khóm Cầu Đúc Hoả Tiến",
        "31333001",
        &["Khóm Cầu Đúc", "Siro khóm Cầu Đúc", "Rượu khóm", "Cầu Đúc: khóm sấy dẻo"],
    ),
    (
        "Cơ sở cá thát lát Năm Rô",
        "31441001",
        &[
            "Cá thát lát rút xương",
            "Chả cá thát lát",
            "Cá thát lát tẩm gia vị",
            "Khô cá sặc rằn",
            "Mắm cá lóc",
            "Lạp xưởng cá thát lát",
        ],
    ),
    ("Hợp tác xã bưởi Phú Hữu", "31384001", &["Bưởi Năm Roi", "Bưởi da xanh", "Tinh dầu bưởi"]),
    (
        "Đặc sản Hậu Giang",
        "31333002",
        &[
            "Chanh không hạt",
            "Trà mãng cầu",
            "Mứt mãng cầu",
            "Gạo OM 5451",
            "Gạo Đài Thơm 8",
            "Bột chuối xiêm",
            "Nấm bào ngư",
            "Rượu gấc",
            "Bánh tráng",
            "Xoài cát hồng",
            "Dưa hấu",
            "Đông trùng hạ thảo",
            "Giỏ lục bình (100% thủ công)",
        ],
    ),
];

/// What is typed, and the places of the products that are found, the best first.
const SEARCHES: [(&str, &[usize]); 39] = [
    ("ca that lat", CA_THAT_LAT),
    ("cá thát lát", CA_THAT_LAT),
    ("CA THAT LAT", CA_THAT_LAT),
    ("Ca\u{301}  thát, lát!", CA_THAT_LAT),
    ("ca_that_lat", CA_THAT_LAT),
    // In another order nothing is a phrase; then the shorter name comes first.
    ("lat that ca", CA_THAT_LAT),
    ("that lat ca", CA_THAT_LAT),
    ("khom cau duc", &[0, 1, 3, 2]),
    ("Khóm Cầu Đúc", &[0, 1, 3, 2]),
    ("cau duc khom", &[3, 0, 1, 2]),
    ("'khóm' \"cầu\"", &[0, 1, 3, 2]),
    ("buoi nam roi", &[10]),
    ("Bưởi Năm Roi", &[10]),
    ("roi nam buoi", &[10]),
    ("buoi", &[10, 11, 12]),
    ("bưởi xanh", &[11]),
    // The seller's words.
    ("hoa tien", &[2, 0, 1, 3]),
    ("phu huu", &[10, 11, 12]),
    ("phu huu dau", &[12]),
    ("nam ro", &[10, 8, 5, 7, 4, 9, 6]),
    ("dac san hau giang gao", &[16, 17]),
    // The beginnings of words.
    ("khom cau d", &[0, 1, 3, 2]),
    ("buo na", &[10]),
    ("thuc", &[]),
    ("xu", &[4, 9]),
    ("cau", &[0, 14, 15, 1, 3, 2]),
    ("đông", &[24]),
    ("dong trung", &[24]),
    ("gạo 8", &[17]),
    ("gao 54", &[16]),
    ("100%", &[25]),
    ("ca", CA),
    ("ca ca", CA),
    // No part of a word is found that is not its beginning.
    ("hom", &[]),
    ("at lat", &[]),
    ("ong", &[]),
    ("%a%", &[]),
    ("x' OR '1'='1", &[]),
    ("khom; DROP TABLE product", &[]),
];

const CA_THAT_LAT: &[usize] = &[5, 4, 9, 6, 8, 7];

/// The word itself, then what begins with it, then the seller's.
const CA: &[usize] = &[8, 5, 7, 4, 9, 6, 0, 14, 15, 22, 1, 3, 2];

/// Registers all of it, one listing a product; the products' and the listings' codes by place.
async fn shops(app: &TestApp) -> [Vec<String>; 2] {
    let [mut products, mut listings] = [Vec::new(), Vec::new()];
    for (name, hamlet, names) in SHOPS {
        let new = with(seller(name), json!({ "hamlet": { "code": hamlet } }));
        let code = register(app, "registerSeller", new).await;
        for name in names {
            let product = register(app, "registerProduct", product(&code, name)).await;
            let page = listing(&product, &product);
            listings.push(register(app, "publishListing", page).await);
            products.push(product);
        }
    }
    [products, listings]
}

fn at(codes: &[String], places: &[usize]) -> Vec<String> {
    places.iter().map(|place| codes[*place].clone()).collect()
}

async fn products_are_found_best_first(engine: Engine) {
    let app = TestApp::start(engine).await;
    let [products, _] = shops(&app).await;
    assert_eq!(products.len(), 26);
    let mut wrong = Vec::new();
    for (words, places) in SEARCHES {
        let told = page(&app, "products", &json!({ "search": words })).await;
        let place = |code: &String| products.iter().position(|known| known == code).unwrap();
        let found: Vec<usize> = codes(&told).iter().map(place).collect();
        if found != places {
            wrong.push(format!("{words}: {found:?}, not {places:?}"));
        }
        assert_eq!(told["totalCount"], json!(found.len()), "{words}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Conditions hold beside the words.
    for (filter, places) in [
        (json!({ "within": { "code": "31441001" } }), &[8, 5, 7, 4, 9, 6][..]),
        (json!({ "within": { "code": "31333" } }), &[]),
        (json!({ "category": ["DRINK"] }), &[]),
    ] {
        let arguments = json!({ "search": "nam ro", "filter": filter });
        assert_eq!(codes(&page(&app, "products", &arguments).await), at(&products, places));
    }
}

async fn listings_are_found_as_their_products_are(engine: Engine) {
    let app = TestApp::start(engine).await;
    let [products, listings] = shops(&app).await;
    for (words, places) in SEARCHES {
        let told = page(&app, "listings", &json!({ "search": words })).await;
        assert_eq!(codes(&told), at(&listings, places), "{words}");
        assert_eq!(told["totalCount"], json!(places.len()), "{words}");
    }
    // A second listing of a product stands beside those as good, by its code.
    let second = with(listing(&products[4], "second"), json!({ "priceVnd": 1_000 }));
    let second = register(&app, "publishListing", second).await;
    let mut best_first = at(&listings, CA_THAT_LAT);
    best_first.insert(3, second.clone());
    let search = |order: Value| json!({ "search": "ca that lat", "orderBy": order });
    for (order, expected) in [
        (json!(null), best_first.clone()),
        (json!({ "field": "RELEVANCE" }), best_first.clone()),
        (
            json!({ "field": "RELEVANCE", "direction": "DESCENDING" }),
            best_first.iter().rev().cloned().collect(),
        ),
        (
            json!({ "field": "PRICE" }),
            [vec![second.clone()], at(&listings, &[4, 5, 6, 7, 8, 9])].concat(),
        ),
        (json!({ "field": "CODE" }), [at(&listings, &[4, 5, 6, 7, 8, 9]), vec![second]].concat()),
    ] {
        let told = page(&app, "listings", &search(order.clone())).await;
        assert_eq!(codes(&told), expected, "{order}");
    }
    // With nothing to be found by, RELEVANCE is the order of codes.
    let told = page(
        &app,
        "listings",
        &json!({ "orderBy": { "field": "RELEVANCE", "direction": "DESCENDING" }, "first": 2 }),
    )
    .await;
    let newest = [best_first[3].clone(), listings[25].clone()];
    assert_eq!(codes(&told), newest);
}

async fn a_search_is_walked_both_ways(engine: Engine) {
    let app = TestApp::start(engine).await;
    let [products, _] = shops(&app).await;
    for place in [4, 5, 7] {
        let again = with(
            listing(&products[place], "again"),
            json!({ "url": format!("https://shopee.vn/again-{place}") }),
        );
        done(&app, "publishListing", again).await;
    }
    for (words, count) in [("ca that lat", 6), ("nam ro", 7), ("d", 0), ("c", 0), ("xa", 0)] {
        for list in ["products", "listings"] {
            let whole = page(&app, list, &json!({ "search": words, "first": 100 })).await;
            let whole = codes(&whole);
            assert!(whole.len() >= count.max(3), "{words}");
            for size in [1, 2, 3] {
                let walked = walk(&app, list, &json!({ "search": words }), size).await;
                assert_eq!(walked, whole, "{list} {words} {size}");
            }
        }
    }
    for order in ["RELEVANCE", "PRICE", "LISTED_ON"] {
        let order = json!({ "field": order, "direction": "DESCENDING" });
        let arguments = json!({ "search": "ca that lat", "orderBy": order });
        let whole = codes(&page(&app, "listings", &arguments).await);
        assert_eq!(walk(&app, "listings", &arguments, 2).await, whole, "{order}");
    }
}

async fn what_is_no_search_is_refused(engine: Engine) {
    let app = TestApp::start(engine).await;
    let long = "x".repeat(101);
    for (words, rule) in [
        ("", "MALFORMED"),
        ("   ", "MALFORMED"),
        ("%", "MALFORMED"),
        ("_", "MALFORMED"),
        ("'", "MALFORMED"),
        ("\\ \" * ; --", "MALFORMED"),
        ("\u{0}", "MALFORMED"),
        ("a b c d e f g h i", "MALFORMED"),
        (&*long, "TEXT_TOO_LONG"),
    ] {
        for (list, arguments) in [
            ("products", json!({ "search": words })),
            ("listings", json!({ "search": words })),
            ("sellers", json!({ "filter": { "search": words } })),
        ] {
            let error = no_page(&app, list, &arguments).await;
            let extensions = &error["extensions"];
            assert_eq!(
                (&extensions["code"], &extensions["rule"]),
                (&json!("BAD_USER_INPUT"), &json!(rule)),
                "{list} {words:?}: {error:#}"
            );
            assert_eq!(error["path"], json!([list]));
        }
    }
    // What has words besides is searched for them; nothing in it is taken for a pattern or for SQL.
    for words in ["a\u{0}b", "\u{202e}ca", "🍍 khóm", "'; --a", "\\a", "a%", &*"x".repeat(100)] {
        let told = page(&app, "products", &json!({ "search": words })).await;
        assert_eq!(told["totalCount"], json!(0), "{words:?}");
    }
}
