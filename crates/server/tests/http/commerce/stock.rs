//! A stock of sellers, products, listings and sales, thrown by dice that always fall alike, and what
//! is known of each listing by itself.

use crate::harness::TestApp;
use registry_domain::access::{Principal, Scope};
use registry_domain::code::{Code, CodeKind};
use registry_domain::commerce::{
    Decision, ListingCode, ListingStatus, NewListing, NewProduct, NewRating, NewSales, NewSeller,
    ProductCategory, ProductCode, ProductName, SaleCounts, SellerCode, SellerKind, SellerName,
    Stars, StatusChange, Vnd,
};
use registry_domain::fault::Path;
use registry_domain::time::{Date, YearMonth};
use registry_persistence::{
    ChangeListingStatus, Command, PublishListings, RateProducts, RecordListingSales,
    RegisterProducts, RegisterSellers, Row, WriteRequest,
};

/// Hamlets: their code, and their commune and district in 2024, their commune today.
pub(super) const HAMLETS: [[&str; 4]; 6] = [
    ["31333001", "31333", "930", "31333"],
    ["31324001", "31324", "930", "31333"],
    ["31318001", "31318", "930", "31321"],
    ["31441001", "31441", "935", "31441"],
    ["31444001", "31444", "935", "31441"],
    ["31447001", "31447", "935", "31453"],
];

/// Names of products, and the words by which people find them.
const PRODUCTS: [(&str, &str); 8] = [
    ("Cá thát lát rút xương", "ca that lat rut xuong"),
    ("Khóm Cầu Đúc", "khom cau duc"),
    ("Bưởi Năm Roi", "buoi nam roi"),
    ("Trà mãng cầu", "tra mang cau"),
    ("Khô cá sặc rằn", "kho ca sac ran"),
    ("Gạo Đài Thơm 8", "gao dai thom 8"),
    ("Đông trùng hạ thảo", "dong trung ha thao"),
    ("Giỏ lục bình", "gio luc binh"),
];

const SELLERS: [(&str, &str); 3] = [
    ("Hợp tác xã Khóm Hoả Tiến", "hop tac xa khom hoa tien"),
    ("Cơ sở cá thát lát Vị Thuỷ", "co so ca that lat vi thuy"),
    ("Công ty Đặc sản Hậu Giang", "cong ty dac san hau giang"),
];

pub(super) const MARKETPLACES: [&str; 5] = ["LAZADA", "POSTMART", "SHOPEE", "TIKI", "VOSO"];

/// A number generator that always begins alike (xorshift).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    /// One of 0…`sides` - 1.
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 11) % sides as u64).unwrap()
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }
}

/// A listing and all that lists ask about.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) code: String,
    pub(super) seller: String,
    /// Its place in [`HAMLETS`].
    pub(super) hamlet: usize,
    /// The folded names of the product and the seller.
    pub(super) names: [String; 2],
    pub(super) category: &'static str,
    /// The stars that hold today.
    pub(super) stars: Option<u8>,
    pub(super) marketplace: &'static str,
    pub(super) status: &'static str,
    pub(super) price: i64,
    pub(super) listed_on: Date,
    /// The month, orders, items and revenue of its sales.
    pub(super) sales: Option<(YearMonth, [i64; 3])>,
}

/// How many sellers, products of each, listings of each.
pub(super) struct Size(pub(super) usize, pub(super) usize, pub(super) usize);

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn rows<T>(values: impl IntoIterator<Item = T>) -> Vec<Row<T>> {
    values.into_iter().map(|value| Row { at: Path::root(), value }).collect()
}

async fn write<C: Command>(app: &TestApp, command: C) -> C::Outcome {
    let writer = Principal::internal("stock", [Scope::ListingsWrite]).writer(Scope::ListingsWrite);
    let written = app.store.write(&writer.unwrap(), command, WriteRequest::default()).await;
    written.unwrap_or_else(|error| panic!("{error:?}")).outcome
}

fn codes<K: CodeKind>(numbers: Vec<u32>) -> Vec<Code<K>> {
    numbers.into_iter().map(|number| Code::new(number).unwrap()).collect()
}

/// Fills the registry by the store's own commands.
pub(super) async fn fill(app: &TestApp, size: Size, dice: &mut Dice) -> Vec<Item> {
    let shops = sellers(app, size.0, dice).await;
    let goods = products(app, &shops, size.1, dice).await;
    let mut items = Vec::new();
    let mut new = Vec::new();
    for (product, item) in goods {
        for _ in 0..size.2 {
            let item = listed(&item, dice);
            let url = format!("https://example.vn/{product}/{}", new.len());
            new.push(NewListing {
                product,
                marketplace: item.marketplace.parse().unwrap(),
                url: url.parse().unwrap(),
                price: Vnd::parse(item.price).unwrap(),
                shown_stars: None,
                draft: item.status == "DRAFT",
                listed_on: item.listed_on,
            });
            items.push(item);
        }
    }
    let mut listings: Vec<ListingCode> = Vec::new();
    for batch in new.chunks(5_000) {
        listings.extend(codes(write(app, PublishListings(rows(batch.to_vec()))).await));
    }
    for (item, listing) in items.iter_mut().zip(&listings) {
        item.code = listing.to_string();
    }
    change(app, &items, &listings).await;
    sell(app, &items, &listings).await;
    items
}

async fn sellers(app: &TestApp, count: usize, dice: &mut Dice) -> Vec<(SellerCode, Item)> {
    let mut new = Vec::new();
    let mut known = Vec::new();
    for number in 0..count {
        let (hamlet, (name, folded)) = (dice.roll(HAMLETS.len()), dice.pick(&SELLERS));
        let registered_on = day("2022-06-01");
        let code = HAMLETS[hamlet][0].parse().unwrap();
        new.push(NewSeller {
            kind: dice.pick(&[SellerKind::Cooperative, SellerKind::Enterprise]),
            name: SellerName::parse(&format!("{name} {number}")).unwrap(),
            hamlet: app.store.units().resolve(code, registered_on).unwrap().id,
            household: None,
            registered_on,
        });
        known.push(Item {
            code: String::new(),
            seller: String::new(),
            hamlet,
            names: [String::new(), format!("{folded} {number}")],
            category: "",
            stars: None,
            marketplace: "",
            status: "",
            price: 0,
            listed_on: registered_on,
            sales: None,
        });
    }
    let codes: Vec<SellerCode> = codes(write(app, RegisterSellers(rows(new))).await);
    let named = codes.into_iter().zip(known);
    named.map(|(code, item)| (code, Item { seller: code.to_string(), ..item })).collect()
}

async fn products(
    app: &TestApp,
    shops: &[(SellerCode, Item)],
    each: usize,
    dice: &mut Dice,
) -> Vec<(ProductCode, Item)> {
    let mut new = Vec::new();
    let mut known = Vec::new();
    for (seller, shop) in shops {
        for number in 0..each {
            let ((name, folded), category) =
                (dice.pick(&PRODUCTS), dice.pick(ProductCategory::ALL));
            new.push(NewProduct {
                seller: *seller,
                name: ProductName::parse(&format!("{name} {number}")).unwrap(),
                category,
                registered_on: day("2022-07-01"),
            });
            let names = [format!("{folded} {number}"), shop.names[1].clone()];
            known.push(Item { names, category: category.code(), ..shop.clone() });
        }
    }
    let codes: Vec<ProductCode> = codes(write(app, RegisterProducts(rows(new))).await);
    let mut ratings = Vec::new();
    for (product, item) in codes.iter().zip(&mut known) {
        // One in three has stars that hold, one in three has some that don't any more.
        let decided_on = dice.pick(&[None, Some("2025-01-01"), Some("2022-08-01")]);
        let Some(decided_on) = decided_on else { continue };
        let stars = Stars::parse(dice.pick(&[3, 4, 5])).unwrap();
        item.stars = (decided_on == "2025-01-01").then_some(stars.get());
        let decision = Decision::parse("QĐ 1").unwrap();
        ratings.push(NewRating { product: *product, stars, decided_on: day(decided_on), decision });
    }
    write(app, RateProducts(rows(ratings))).await;
    codes.into_iter().zip(known).collect()
}

fn listed(product: &Item, dice: &mut Dice) -> Item {
    let sold = dice.roll(4) == 0;
    let month = YearMonth::of(day(dice.pick(&["2024-05-01", "2024-08-01", "2025-02-01"])));
    let orders = i64::try_from(dice.roll(100)).unwrap();
    let status = dice.pick(&["ACTIVE", "ACTIVE", "ACTIVE", "SUSPENDED", "DELISTED", "DRAFT"]);
    Item {
        marketplace: dice.pick(&MARKETPLACES),
        status,
        price: i64::try_from(dice.roll(40)).unwrap() * 5_000,
        listed_on: day("2024-01-01") + chrono::Days::new(dice.roll(60) as u64),
        sales: (sold && status != "DRAFT")
            .then_some((month, [orders, orders * 2, orders * 150_000])),
        ..product.clone()
    }
}

/// Suspends and delists.
async fn change(app: &TestApp, items: &[Item], listings: &[ListingCode]) {
    let ended = items.iter().zip(listings);
    let ended = ended.filter(|(item, _)| ["SUSPENDED", "DELISTED"].contains(&item.status));
    let changes: Vec<StatusChange> = ended
        .map(|(item, listing)| StatusChange {
            listing: *listing,
            version: 1,
            to: ListingStatus::from_code(item.status).unwrap(),
            on: day("2025-06-01"),
            reason: None,
        })
        .collect();
    for batch in changes.chunks(5_000) {
        write(app, ChangeListingStatus(rows(batch.to_vec()))).await;
    }
}

async fn sell(app: &TestApp, items: &[Item], listings: &[ListingCode]) {
    let sales: Vec<NewSales> = items
        .iter()
        .zip(listings)
        .filter_map(|(item, listing)| {
            let (month, [orders, items, revenue]) = item.sales?;
            let count = |count: i64| u32::try_from(count).unwrap();
            let revenue = Vnd::parse(revenue).unwrap();
            let counts = SaleCounts { orders: count(orders), items: count(items), revenue };
            Some(NewSales { listing: *listing, month, counts, replace: false })
        })
        .collect();
    for batch in sales.chunks(5_000) {
        write(app, RecordListingSales(rows(batch.to_vec()))).await;
    }
}
