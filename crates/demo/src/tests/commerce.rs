//! What the generated goods promise: ratings as published, listings in order, sellers that exist.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use registry_domain::commerce::{ListingStatus, Stars};
use registry_domain::search::{SearchText, weighted_words};
use registry_domain::time::{Date, YearMonth};
use registry_domain::unit::{Level, UnitId, Units};

use super::{Recorded, SCALES, day, units};
use crate::{Demo, Scale, family};

fn above(units: &Units, hamlet: UnitId, level: Level, on: Date) -> String {
    let tree = units.tree(on);
    let found = tree.ancestors(hamlet).filter_map(|id| units.get(id));
    found.into_iter().find(|unit| unit.level() == level).unwrap().code.to_string()
}

#[tokio::test]
async fn rated_products_are_as_published() {
    let units = units().await;
    for scale in SCALES {
        let all = Recorded::of(&Demo::new(&units, scale));
        let on = day("2024-05-31");
        let stars = all.stars_on(on);
        let four = stars.values().filter(|stars| **stars == 4).count();
        assert_eq!((stars.len(), four), (266, 92));
        assert!(stars.values().all(|stars| [3, 4].contains(stars)));
        let mut by_district: BTreeMap<String, usize> = BTreeMap::new();
        for product in stars.keys() {
            let hamlet = all.seller(*product).hamlet;
            *by_district.entry(above(&units, hamlet, Level::District, on)).or_default() += 1;
        }
        let by_district: Vec<usize> = by_district.into_values().collect();
        assert_eq!(by_district, [44, 19, 33, 38, 42, 28, 26, 36]);
        let by = ["2021-07-31", "2023-01-31"].map(|on| all.stars_on(day(on)).len());
        assert_eq!(by, [66, 175]);
        let again = all.ratings.len() - 266;
        let five =
            all.ratings.iter().filter(|(_, rating)| rating.stars == Stars::parse(5).unwrap());
        let years: Vec<String> =
            five.map(|(_, rating)| rating.decided_on.to_string()[..4].to_owned()).collect();
        assert_eq!(years, ["2025"; 3]);
        println!("{scale:?}: {again} rated again, {} sellers", all.sellers.len());
        assert!((45..=75).contains(&again), "{again}");
        assert!((165..=190).contains(&all.sellers.len()), "{}", all.sellers.len());
    }
}

#[tokio::test]
async fn searches_find_several_products_each() {
    let all = Recorded::of(&Demo::new(&*units().await, Scale::Small));
    for typed in ["ca that lat", "khom cau duc", "buoi nam roi", "gao"] {
        let words = SearchText::parse(typed).unwrap();
        let found = all.products.iter().zip(1..).filter(|((_, product), number)| {
            let seller = all.seller(*number);
            let known = weighted_words(product.name.as_str(), seller.name.as_str());
            let begins = |typed: &String| known.keys().any(|word| word.starts_with(typed.as_str()));
            words.words().iter().all(begins)
        });
        let found = found.count();
        println!("{typed}: {found}");
        assert!(found >= 5, "{typed}: {found}");
    }
    let names: BTreeSet<_> =
        all.products.iter().map(|(_, product)| product.name.as_str()).collect();
    assert_eq!(names.len(), all.products.len());
    let names: BTreeSet<_> = all.sellers.iter().map(|(_, seller)| seller.name.as_str()).collect();
    assert_eq!(names.len(), all.sellers.len());
    for name in names.iter().take(12) {
        println!("{name}");
    }
}

#[tokio::test]
async fn listings_come_after_their_products_and_show_stars_that_hold() {
    let units = units().await;
    for scale in SCALES {
        let all = Recorded::of(&Demo::new(&units, scale));
        let urls: HashSet<_> =
            all.listings.iter().map(|(_, listing)| listing.url.as_str()).collect();
        assert_eq!(urls.len(), all.listings.len());
        let mut ends: HashMap<u32, Date> = HashMap::new();
        for (_, change) in &all.statuses {
            if change.to == ListingStatus::Delisted {
                ends.insert(change.listing.number(), change.on);
            }
        }
        for ((_, listing), number) in all.listings.iter().zip(1..) {
            let product = listing.product.number();
            assert!(all.product(product).registered_on <= listing.listed_on);
            assert!(all.seller(product).registered_on <= all.product(product).registered_on);
            assert!(listing.url.as_str().contains(".example/hg/"));
            let end = ends.get(&number).copied();
            let closed = listing.marketplace.as_str() != "SENDO"
                || end.is_some_and(|end| end < day("2025-08-01"));
            assert!(closed, "{listing:?}");
            let Some(stars) = listing.shown_stars else { continue };
            for on in [listing.listed_on, end.unwrap_or(day("2026-11-02"))] {
                assert_eq!(all.stars_on(on).get(&product), Some(&stars.get()), "{listing:?} {on}");
            }
        }
        let mut sold = HashSet::new();
        for (_, sales) in &all.sales {
            let listing = &all.listings[sales.listing.number() as usize - 1].1;
            assert!(sales.month > YearMonth::of(listing.listed_on));
            assert!(sold.insert((sales.listing, sales.month)));
            assert!(sales.counts.orders > 0 && sales.counts.revenue.get() > 0);
        }
        let in_year = |year: &str| -> u64 {
            let rows = all.sales.iter().filter(|(_, row)| row.month.to_string().starts_with(year));
            rows.map(|(_, row)| u64::from(row.counts.orders)).sum()
        };
        assert!(["2023", "2024", "2025"].map(in_year).is_sorted());
    }
}

#[tokio::test]
async fn household_sellers_are_households_of_their_hamlet() {
    let units = units().await;
    for scale in SCALES {
        let demo = Demo::new(&units, scale);
        let all = Recorded::of(&demo);
        let households =
            all.sellers.iter().filter_map(|(_, seller)| Some((seller, seller.household?)));
        let mut known = HashSet::new();
        for (seller, household) in households {
            assert!(known.insert(household));
            let number = household.number().get();
            assert_eq!(demo.places.home(number).id, seller.hamlet);
            assert!(family::registered_on(number) <= seller.registered_on);
        }
        println!("{scale:?}: {} households of {} sellers", known.len(), all.sellers.len());
        assert!((50..=80).contains(&known.len()), "{}", known.len());
    }
}
