//! Products and their OCOP ratings: 266 that were rated by May 2024, those rated again, and others.

use std::collections::HashSet;

use chrono::{Datelike, Days};
use registry_domain::commerce::{
    Decision, NewProduct, NewRating, NewSeller, ProductCode, ProductName, Rating, SellerCode, Stars,
};
use registry_domain::time::Date;

use super::goods::{BY_DISTRICT, Good, VARIANTS};
use super::seller::{self, Settling};
use crate::calibration::Calibration;
use crate::chance::{Question, chance, day, pick, pick_in};
use crate::ground::{Ground, date};
use crate::place::Places;

/// Sellers and products, each in the order of their numbers.
pub(super) struct Catalogue {
    pub(super) sellers: Vec<NewSeller>,
    pub(super) products: Vec<Product>,
}

/// A product with all that is recorded of it.
pub(super) struct Product {
    pub(super) number: u32,
    pub(super) new: NewProduct,
    /// What chance decides about it by.
    pub(super) key: u32,
    pub(super) price: f64,
    /// The place of its seller's commune.
    pub(super) commune: usize,
    /// In order of time.
    pub(super) ratings: Vec<NewRating>,
}

/// A product before it has a name, seller and number.
struct Draft {
    district: &'static str,
    goods: &'static [Good],
    /// The place of its seller in the district.
    seller: usize,
    key: u32,
    registered_on: Date,
    /// The first rating.
    rated: Option<(Date, i32)>,
}

/// The days of decisions: those by July 2021, by January 2023, by May 2024, and the later ones on which
/// products are rated again.
const DECISIONS: [&[(i32, u32, u32)]; 4] = [
    &[(2021, 6, 18), (2021, 7, 15)],
    &[(2021, 12, 20), (2022, 6, 10), (2022, 9, 28), (2022, 12, 15)],
    &[(2023, 5, 30), (2023, 11, 20), (2024, 3, 15), (2024, 5, 20)],
    &[(2024, 9, 25), (2025, 6, 20), (2025, 12, 12), (2026, 5, 28), (2026, 9, 15)],
];

/// How many are rated with five stars in 2025.
const FIVE_STARS: usize = 3;

pub(super) fn plan(ground: &Ground, calibration: &Calibration, places: &Places) -> Catalogue {
    let mut drafts = rated(calibration);
    drafts.extend(unrated(ground, calibration));
    let mut settling = Settling::new(ground, places);
    let mut sellers: Vec<(NewSeller, Vec<Draft>, usize)> = Vec::new();
    for (turn, (district, _)) in BY_DISTRICT.iter().enumerate() {
        let count = seller::count(calibration.count(&format!("ocop_{district}")));
        for place in 0..count {
            let here = |draft: &mut Draft| draft.district == *district && draft.seller == place;
            let mine: Vec<Draft> = drafts.extract_if(.., here).collect();
            let Some(first) = mine.iter().map(|draft| draft.registered_on).min() else { continue };
            let key = u32::try_from(turn * 100 + place).unwrap_or_default();
            let before = 5 + pick(key, Question::SellsBefore, 90);
            let since = first - Days::new(before as u64);
            let found = settling.seller(district, (place, count), since, key);
            sellers.extend(found.map(|seller| (seller.new, mine, seller.hamlet)));
        }
    }
    sellers.sort_by_key(|(seller, ..)| seller.registered_on);
    numbered(ground, sellers)
}

/// The products that were rated by May 2024. Those rated first are of each district's first sellers.
fn rated(calibration: &Calibration) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (turn, (district, goods)) in (0..).zip(BY_DISTRICT) {
        let count = calibration.count(&format!("ocop_{district}"));
        let draft = |(place, key): (usize, u32)| {
            let seller = place % seller::count(count);
            let order = chance(key, Question::RatedInTurn, 0) + ratio(place, count) * 8.0;
            let registered_on = Date::default();
            (order, Draft { district, goods, seller, key, registered_on, rated: None })
        };
        drafts.extend((0..count).zip(turn * 100..).map(draft));
    }
    drafts.sort_by(|left, right| left.0.total_cmp(&right.0));
    let until = ["ocop_by_2021_07", "ocop_by_2023_01"].map(|name| calibration.count(name));
    let mut drafts: Vec<Draft> = drafts.into_iter().map(|(_, draft)| draft).collect();
    for (place, draft) in drafts.iter_mut().enumerate() {
        let days = DECISIONS[until.iter().filter(|until| **until <= place).count()];
        let (year, month, day) = days[pick(draft.key, Question::RatedInTurn, days.len())];
        let decided_on = date(year, month, day);
        let before = 20 + pick(draft.key, Question::OnSaleBefore, 280);
        draft.registered_on = decided_on - Days::new(before as u64);
        draft.rated = Some((decided_on, 3));
    }
    drafts.sort_by(|left, right| {
        let order = |draft: &Draft| chance(draft.key, Question::StarsInTurn, 0);
        order(left).total_cmp(&order(right))
    });
    for draft in drafts.iter_mut().take(calibration.count("ocop_four_stars")) {
        draft.rated = draft.rated.map(|(decided_on, _)| (decided_on, 4));
    }
    drafts
}

/// Products without a rating, of any seller.
fn unrated<'demo>(
    ground: &'demo Ground,
    calibration: &'demo Calibration,
) -> impl Iterator<Item = Draft> + 'demo {
    let count = ground.scaled(calibration.count("products_unrated"));
    (0..count).zip(1_000..).map(|(turn, key)| {
        let (district, goods) = BY_DISTRICT[turn % BY_DISTRICT.len()];
        let sellers = seller::count(calibration.count(&format!("ocop_{district}")));
        Draft {
            district,
            goods,
            seller: pick(key, Question::ProductOf, sellers),
            key,
            registered_on: day(key, Question::OnSaleBefore, date(2021, 3, 1), 1_850),
            rated: None,
        }
    })
}

/// Gives all their numbers: in the order of the days since when they sell or are sold.
fn numbered(ground: &Ground, sellers: Vec<(NewSeller, Vec<Draft>, usize)>) -> Catalogue {
    let mut names = HashSet::new();
    let mut products = Vec::new();
    let mut numbered_sellers = Vec::new();
    for (number, (seller, drafts, hamlet)) in (1..).zip(sellers) {
        let commune = ground.hamlets[hamlet].commune;
        let place = ground.communes[commune].name.as_str();
        let code = SellerCode::new(number);
        products.extend(drafts.into_iter().filter_map(|draft| {
            let (name, price) = named(&mut names, &draft, place);
            let name = ProductName::parse(&name).ok()?;
            let (category, registered_on) = (draft.good().category, draft.registered_on);
            let new = NewProduct { seller: code?, name, category, registered_on };
            Some((draft, new, price, commune))
        }));
        numbered_sellers.push(seller);
    }
    products.sort_by_key(|(draft, ..)| (draft.registered_on, draft.key));
    let mut five_stars = FIVE_STARS;
    let mut numbered_products = Vec::new();
    for (number, (draft, new, price, commune)) in (1..).zip(products) {
        let key = draft.key;
        let ratings = draft.rated.map(|rated| ratings(number, key, rated, &mut five_stars));
        let ratings = ratings.unwrap_or_default();
        numbered_products.push(Product { number, new, key, price, commune, ratings });
    }
    Catalogue { sellers: numbered_sellers, products: numbered_products }
}

impl Draft {
    fn good(&self) -> Good {
        self.goods[self.key as usize % self.goods.len()]
    }
}

/// A name that no other product has, and what it usually costs.
fn named(names: &mut HashSet<String>, draft: &Draft, place: &str) -> (String, f64) {
    let good = draft.good();
    #[expect(clippy::cast_precision_loss, reason = "prices are small")]
    let usual = good.price as f64 * (0.85 + 0.3 * chance(draft.key, Question::Price, 0));
    let plain = format!("{} {place}", good.name);
    if pick(draft.key, Question::Variant, 2) == 0 && names.insert(plain.clone()) {
        return (plain, usual);
    }
    for turn in 0.. {
        let (variant, factor) = VARIANTS[(draft.key as usize + turn) % VARIANTS.len()];
        let again = turn / VARIANTS.len();
        let name = match again {
            0 => format!("{plain} {variant}"),
            _ => format!("{plain} {variant} mẫu {}", again + 1),
        };
        if names.insert(name.clone()) {
            return (name, usual * factor);
        }
    }
    (plain, usual)
}

/// The first rating, and the one after it ran out, which about a third has.
fn ratings(
    number: u32,
    key: u32,
    (decided_on, stars): (Date, i32),
    five_stars: &mut usize,
) -> Vec<NewRating> {
    let expired_on = Rating::expiry(decided_on);
    let later = DECISIONS[3].iter().map(|(year, month, day)| date(*year, *month, *day));
    let again = later.into_iter().find(|day| *day >= expired_on);
    let again = again.filter(|_| chance(key, Question::RatedAgain, 0) < 0.34);
    let again = again.map(|day| {
        let best = stars == 4 && *five_stars > 0 && day.year() == 2_025;
        if best {
            *five_stars -= 1;
            return (day, 5);
        }
        let better = stars == 3 && chance(key, Question::RatedAgain, 1) < 0.25;
        (day, if better { 4 } else { stars })
    });
    let rating = |(turn, (decided_on, stars)): (u32, (Date, i32))| {
        let decision = 400 + pick_in(key, Question::Evidence, turn, 1_800);
        let decision = format!("QĐ {decision}/QĐ-UBND ngày {}", decided_on.format("%d/%m/%Y"));
        Some(NewRating {
            product: ProductCode::new(number)?,
            stars: Stars::parse(stars).ok()?,
            decided_on,
            decision: Decision::parse(&decision).ok()?,
        })
    };
    (0..).zip([Some((decided_on, stars)), again].into_iter().flatten()).filter_map(rating).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}
