//! Listings: which product is on which marketplaces, from when to when, for how much.

use chrono::Days;
use registry_domain::commerce::{
    ListingCode, ListingStatus, ListingUrl, MarketplaceCode, NewListing, NewRating, PriceChange,
    Rating, Stars, StatusChange, Vnd,
};
use registry_domain::text::{Label, fold};
use registry_domain::time::Date;

use super::product::Product;
use crate::chance::{Question, chance, pick, pick_in, whole};
use crate::ground::{Ground, date, start};

/// Marketplaces, how readily products come to each, and the name of its addresses.
const SHOPS: [(&str, f64, &str); 9] = [
    (POSTMART, 3.0, "postmart"),
    ("VOSO", 2.6, "voso"),
    ("SHOPEE", 1.6, "shopee"),
    ("LAZADA", 1.0, "lazada"),
    ("TIKI", 0.7, "tiki"),
    (SENDO, 0.9, "sendo"),
    ("FACEBOOK", 1.8, "facebook"),
    ("ZALO", 1.6, "zalo"),
    ("TIKTOK_SHOP", 1.2, "tiktok-shop"),
];
const POSTMART: &str = "POSTMART";
/// It closes on 01/08/2025; everything is taken off in the weeks before.
const SENDO: &str = "SENDO";

/// Days between two changes of one listing, so that no two are recorded on one day.
const APART: u64 = 100;

/// The last day on which anything changes.
fn last_day() -> Date {
    date(2026, 10, 28)
}

/// What becomes of a listing.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Price(f64),
    Status(ListingStatus, &'static str),
}

/// A listing with all that is recorded of it.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    pub(super) new: NewListing,
    /// What chance decides about it by.
    pub(super) key: u32,
    /// In order of time.
    pub(super) changes: Vec<(Date, Change)>,
}

/// All listings in the order of their numbers: by their first day.
pub(super) fn all(ground: &Ground, products: &[Product]) -> Vec<Listing> {
    let mut listings: Vec<Listing> =
        products.iter().flat_map(|product| of_product(ground, product)).collect();
    listings.sort_by_key(|listing| (listing.new.listed_on, listing.key));
    listings
}

/// On how many marketplaces a product is, and on which.
fn shops(key: u32) -> Vec<usize> {
    let count = match chance(key, Question::Shops, 0) {
        x if x < 0.09 => 1,
        x if x < 0.32 => 2,
        x if x < 0.66 => 3,
        x if x < 0.88 => 4,
        _ => 5,
    };
    let mut order: Vec<(f64, usize)> = (0..)
        .zip(SHOPS)
        .map(|(shop, (_, weight, _))| (-chance(key, Question::Shop, shop).ln() / weight, shop))
        .map(|(order, shop)| (order, shop as usize))
        .collect();
    order.sort_by(|left, right| left.0.total_cmp(&right.0));
    order.into_iter().take(count).map(|(_, shop)| shop).collect()
}

fn of_product(ground: &Ground, product: &Product) -> Vec<Listing> {
    let mut found = Vec::new();
    for shop in shops(product.key) {
        let key = product.key * 32 + u32::try_from(shop).unwrap_or_default();
        let closed = if SHOPS[shop].0 == SENDO { date(2025, 4, 1) } else { last_day() };
        let after = 20 + pick(key, Question::ListedAfter, 500);
        let listed_on = product.new.registered_on + Days::new(after as u64);
        if listed_on > closed || !ground.keeps(&ground.communes[product.commune], key) {
            continue;
        }
        let Some(first) = listing(product, (shop, key), listed_on, shown(product, key, listed_on))
        else {
            continue;
        };
        let again = listed_again(product, &first);
        found.push(first);
        found.extend(again.filter(|listing| listing.new.listed_on <= closed));
    }
    found
}

/// The rating that holds on a day.
fn rating_on(product: &Product, on: Date) -> Option<&NewRating> {
    let holds =
        |rating: &&NewRating| rating.decided_on <= on && on < Rating::expiry(rating.decided_on);
    product.ratings.iter().find(holds)
}

/// The stars that a listing shows. Few show those that run out before long.
fn shown(product: &Product, key: u32, on: Date) -> Option<Stars> {
    let rating = rating_on(product, on)?;
    let lasts = Rating::expiry(rating.decided_on) > last_day();
    let share = if lasts { 0.75 } else { 0.3 };
    let enough = on + Days::new(2 * APART) < Rating::expiry(rating.decided_on);
    (enough && chance(key, Question::ShowsStars, 0) < share).then_some(rating.stars)
}

/// A listing that showed stars ends before they do; the product is listed anew, with the stars of the
/// next rating if there is one.
fn listed_again(product: &Product, first: &Listing) -> Option<Listing> {
    let (ended, Change::Status(ListingStatus::Delisted, REASON_STARS)) = first.changes.last()?
    else {
        return None;
    };
    let shop = SHOPS.iter().position(|shop| shop.0 == first.new.marketplace.as_str())?;
    let rated = product.ratings.iter().map(|rating| rating.decided_on).find(|day| day > ended);
    let listed_on = rated.unwrap_or(*ended) + Days::new(12);
    let stars = rating_on(product, listed_on).map(|rating| rating.stars);
    (listed_on <= last_day()).then(|| listing(product, (shop, first.key + 16), listed_on, stars))?
}

const REASON_STARS: &str = "Hết thời hạn công nhận OCOP";

fn listing(
    product: &Product,
    (shop, key): (usize, u32),
    listed_on: Date,
    shown_stars: Option<Stars>,
) -> Option<Listing> {
    let (code, _, site) = SHOPS[shop];
    let slug = fold(product.new.name.as_str()).replace(' ', "-");
    let url: ListingUrl = format!("https://{site}.example/hg/{slug}-{key}").parse().ok()?;
    let marketplace: MarketplaceCode = code.parse().ok()?;
    let price = product.price * (0.95 + 0.12 * chance(key, Question::Price, 1));
    // Newest ones may still be prepared; of others a few were at first.
    let newest = listed_on > date(2026, 5, 1);
    let draft = chance(key, Question::Fate, 1) < if newest { 0.3 } else { 0.03 };
    let mut changes = Vec::new();
    if draft && !newest {
        let ready = listed_on + Days::new(14);
        changes
            .push((ready, Change::Status(ListingStatus::Active, "Đã đủ ảnh và giấy chứng nhận")));
    }
    if !draft || !newest {
        changes.extend(life(key, listed_on, price));
    }
    let until = end(product, code, listed_on, shown_stars);
    if let Some((day, reason)) = until {
        changes.retain(|(on, _)| *on + Days::new(APART) < day);
        let gone = matches!(changes.last(), Some((_, Change::Status(ListingStatus::Delisted, _))));
        if !gone {
            changes.push((day, Change::Status(ListingStatus::Delisted, reason)));
        }
    }
    changes.retain(|(on, _)| *on <= last_day());
    let new = NewListing {
        product: registry_domain::commerce::ProductCode::new(product.number)?,
        marketplace,
        url,
        price: dong(price)?,
        shown_stars,
        draft,
        listed_on,
    };
    Some(Listing { new, key, changes })
}

/// When a listing must be gone, and why.
fn end(
    product: &Product,
    shop: &str,
    listed_on: Date,
    shown: Option<Stars>,
) -> Option<(Date, &'static str)> {
    let rating = shown.and_then(|_| rating_on(product, listed_on));
    let run_out =
        rating.map(|rating| (Rating::expiry(rating.decided_on) - Days::new(2), REASON_STARS));
    let run_out = run_out.filter(|(day, _)| *day <= last_day());
    let closed = (shop == SENDO).then(|| (date(2025, 7, 21), "Sàn ngừng hoạt động từ 01/08/2025"));
    [run_out, closed].into_iter().flatten().min_by_key(|(day, _)| *day)
}

/// Changes of price, pauses and ends that come of themselves.
fn life(key: u32, listed_on: Date, price: f64) -> Vec<(Date, Change)> {
    let mut changes = Vec::new();
    // What happened before the start is recorded as if it had been so from the beginning.
    let (mut day, mut price) = ((listed_on + Days::new(APART + 30)).max(start()), price);
    for turn in 0..2 {
        if chance(key, Question::PriceChange, turn) < 0.16 {
            day = day + Days::new(pick_in(key, Question::PriceChangeAfter, turn, 300) as u64);
            let factor = 1.04 + 0.12 * chance(key, Question::PriceChange, turn + 2);
            // Cheap things become dearer by a thousand at least.
            price = (price * factor).max(price + 1_000.0);
            changes.push((day, Change::Price(price)));
            day = day + Days::new(APART);
        }
    }
    day = day + Days::new(pick(key, Question::FateAfter, 400) as u64);
    let off = |reason| Change::Status(ListingStatus::Suspended, reason);
    match chance(key, Question::Fate, 0) {
        x if x < 0.09 => {
            changes.push((day, off("Hết mùa thu hoạch")));
            let back = day + Days::new(APART + pick_in(key, Question::FateAfter, 1, 60) as u64);
            changes.push((back, Change::Status(ListingStatus::Active, "Có hàng trở lại")));
        }
        x if x < 0.14 => changes.push((day, off("Tạm hết hàng"))),
        x if x < 0.21 => {
            let gone =
                Change::Status(ListingStatus::Delisted, "Người bán ngừng kinh doanh trên sàn");
            changes.push((day, gone));
        }
        _ => {}
    }
    changes
}

/// A price in whole thousands of đồng.
pub(super) fn dong(price: f64) -> Option<Vnd> {
    Vnd::parse(i64::from(whole(price / 1_000.0).max(1)) * 1_000).ok()
}

impl Listing {
    /// Whether it is on sale at the end of a day, and for how much.
    pub(super) fn on(&self, day: Date) -> Option<Vnd> {
        let (mut on_sale, mut price) =
            (!self.new.draft && self.new.listed_on <= day, self.new.price);
        for (_, change) in self.changes.iter().take_while(|(on, _)| *on <= day) {
            match change {
                Change::Price(changed) => price = dong(*changed).unwrap_or(price),
                Change::Status(status, _) => on_sale = *status == ListingStatus::Active,
            }
        }
        on_sale.then_some(price)
    }

    /// The day on which it was first on sale; none if it never was.
    pub(super) fn first_sale(&self) -> Option<Date> {
        if !self.new.draft {
            return Some(self.new.listed_on);
        }
        let active = |(_, change): &&(Date, Change)| {
            matches!(change, Change::Status(ListingStatus::Active, _))
        };
        self.changes.iter().find(active).map(|(on, _)| *on)
    }

    /// Its changes, each with the version that it is meant for.
    fn versions(&self) -> impl Iterator<Item = (u32, &(Date, Change))> {
        (1..).zip(&self.changes)
    }

    /// Its changes of price.
    pub(super) fn prices(&self, number: u32) -> impl Iterator<Item = PriceChange> {
        self.versions().filter_map(move |(version, (on, change))| {
            let Change::Price(price) = change else { return None };
            let listing = ListingCode::new(number)?;
            Some(PriceChange { listing, version, price: dong(*price)?, on: *on })
        })
    }

    /// Its changes of state.
    pub(super) fn statuses(&self, number: u32) -> impl Iterator<Item = StatusChange> {
        self.versions().filter_map(move |(version, (on, change))| {
            let Change::Status(to, reason) = change else { return None };
            let listing = ListingCode::new(number)?;
            let reason = Label::parse(reason).ok();
            Some(StatusChange { listing, version, to: *to, on: *on, reason })
        })
    }
}
