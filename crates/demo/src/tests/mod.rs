//! What the generated networks, institutions, teams and goods promise: published counts, and dates in order.

mod commerce;
mod society;

use std::collections::{BTreeMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use registry_domain::commerce::{
    NewListing, NewProduct, NewRating, NewSales, NewSeller, Rating, StatusChange, Vnd,
};
use registry_domain::community::{NewActivity, NewTeam, NewTraining};
use registry_domain::coverage::{CoverageEnd, NewCoverage};
use registry_domain::institution::{NewFeature, NewInstitution};
use registry_domain::time::{Date, local_date};
use registry_domain::unit::{Level, UnitId, Units};
use registry_testing::{Engine, TestDatabase};

use crate::{BATCH, Demo, Scale, Society, Step, Trade, Work};

/// The largest is left out: what these tests look at is the same there, and would take long.
const SCALES: [Scale; 3] = [Scale::Small, Scale::Tenth, Scale::Province];

async fn units() -> Arc<Units> {
    let database = TestDatabase::create(Engine::Sqlite).await;
    database.open().await.units()
}

/// All rows of each kind, each with the day on which it is recorded.
#[derive(Debug, Default)]
struct Recorded {
    coverage: Vec<(Date, NewCoverage)>,
    coverage_ends: Vec<(Date, CoverageEnd)>,
    institutions: Vec<(Date, NewInstitution)>,
    features: Vec<(Date, NewFeature)>,
    teams: Vec<(Date, NewTeam)>,
    help: Vec<(Date, NewActivity)>,
    trainings: Vec<(Date, NewTraining)>,
    sellers: Vec<(Date, NewSeller)>,
    products: Vec<(Date, NewProduct)>,
    ratings: Vec<(Date, NewRating)>,
    listings: Vec<(Date, NewListing)>,
    statuses: Vec<(Date, StatusChange)>,
    sales: Vec<(Date, NewSales)>,
    /// Each listing's state: its version, since when, and what it costs.
    states: Vec<(u32, Date, Vnd)>,
    steps: usize,
}

impl Recorded {
    fn of(demo: &Demo) -> Self {
        let mut all = Self { steps: demo.others.len(), ..Self::default() };
        for Step { at, work } in demo.others.iter().cloned() {
            assert!((1..=BATCH).contains(&work.rows()), "{at}");
            let on = local_date(at);
            match work {
                Work::Society(society) => all.society(on, society),
                Work::Trade(trade) => all.trade(on, trade),
                other => panic!("{other:?}"),
            }
        }
        all
    }

    fn society(&mut self, on: Date, society: Society) {
        match society {
            Society::Coverage(rows) => keep(&mut self.coverage, on, rows, |row| row.key.from),
            Society::CoverageEnds(rows) => keep(&mut self.coverage_ends, on, rows, |row| row.until),
            Society::Institutions(rows) => {
                keep(&mut self.institutions, on, rows, |row| row.opened_on);
            }
            Society::Features(rows) => keep(&mut self.features, on, rows, |row| row.from),
            Society::Teams(rows) => keep(&mut self.teams, on, rows, |row| row.founded_on),
            Society::TeamEnds(rows) => assert!(rows.iter().all(|row| row.dissolved_on <= on)),
            Society::Help(rows) => keep(&mut self.help, on, rows, |row| row.month.last_day()),
            Society::Trainings(rows) => keep(&mut self.trainings, on, rows, |row| row.held_on),
        }
    }

    fn trade(&mut self, on: Date, trade: Trade) {
        match trade {
            Trade::Sellers(rows) => keep(&mut self.sellers, on, rows, |row| row.registered_on),
            Trade::Products(rows) => keep(&mut self.products, on, rows, |row| row.registered_on),
            Trade::Ratings(rows) => keep(&mut self.ratings, on, rows, |row| row.decided_on),
            Trade::Listings(rows) => {
                self.states.extend(rows.iter().map(|row| (1, row.listed_on, row.price)));
                keep(&mut self.listings, on, rows, |row| row.listed_on);
            }
            Trade::Prices(rows) => {
                for row in rows {
                    assert!(row.on <= on);
                    self.change(row.listing.number(), row.version, row.on, Some(row.price));
                }
            }
            Trade::Statuses(rows) => {
                for row in &rows {
                    self.change(row.listing.number(), row.version, row.on, None);
                }
                keep(&mut self.statuses, on, rows, |row| row.on);
            }
            Trade::Sales(rows) => keep(&mut self.sales, on, rows, |row| row.month.last_day()),
        }
    }

    fn change(&mut self, listing: u32, version: u32, on: Date, price: Option<Vnd>) {
        let (current, since, costs) = &mut self.states[listing as usize - 1];
        assert_eq!(version, *current, "listing {listing} on {on}");
        assert!(*since <= on, "listing {listing} on {on}");
        assert_ne!(price, Some(*costs), "listing {listing} on {on}");
        (*current, *since, *costs) = (version + 1, on, price.unwrap_or(*costs));
    }

    fn product(&self, number: u32) -> &NewProduct {
        &self.products[number as usize - 1].1
    }

    fn seller(&self, product: u32) -> &NewSeller {
        &self.sellers[self.product(product).seller.number() as usize - 1].1
    }

    /// The stars of all products with a rating that holds.
    fn stars_on(&self, on: Date) -> BTreeMap<u32, u8> {
        let newest_first = self.ratings.iter().rev().map(|(_, rating)| rating);
        let decided = newest_first.filter(|rating| rating.decided_on <= on);
        let mut stars = BTreeMap::new();
        for rating in decided.filter(|rating| on < Rating::expiry(rating.decided_on)) {
            stars.entry(rating.product.number()).or_insert(rating.stars.get());
        }
        stars
    }
}

/// Notes rows; none is dated after the day on which it is recorded.
fn keep<T>(into: &mut Vec<(Date, T)>, on: Date, rows: Vec<T>, dated: impl Fn(&T) -> Date) {
    into.extend(rows.into_iter().map(|row| {
        assert!(dated(&row) <= on, "{} is recorded on {on}", dated(&row));
        (on, row)
    }));
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// How many different things of a kind there are.
fn distinct<T, K: Eq + Hash>(rows: &[(Date, T)], of: impl Fn(&T) -> K) -> usize {
    rows.iter().map(|(_, row)| of(row)).collect::<HashSet<K>>().len()
}

#[tokio::test]
async fn counts_are_of_the_scale() {
    let units = units().await;
    for scale in SCALES {
        let all = Recorded::of(&Demo::new(&units, scale));
        let counts = [
            all.products.len(),
            all.listings.len(),
            all.sales.len(),
            all.help.len(),
            all.trainings.len(),
            all.coverage.len(),
            all.institutions.len(),
            all.features.len(),
            all.steps,
        ];
        println!(
            "{scale:?}: products, listings, sales, help, trainings, coverage, institutions, features, steps: {counts:?}"
        );
        let expected = match scale {
            Scale::Province | Scale::Tenfold => {
                [416, 1_300, 15_000, 30_000, 1_500, 950, 371, 1_200, 200]
            }
            Scale::Small | Scale::Tenth => [281, 170, 2_000, 4_400, 150, 950, 75, 250, 190],
        };
        for (count, expected) in counts.into_iter().zip(expected) {
            assert!(count.abs_diff(expected) * 5 <= expected, "{count}, not {expected}");
        }
    }
}

#[tokio::test]
async fn everything_is_there_at_every_scale() {
    let units = units().await;
    for scale in SCALES {
        let all = Recorded::of(&Demo::new(&units, scale));
        let kinds = [
            distinct(&all.listings, |row| row.marketplace.clone()),
            distinct(&all.products, |row| row.category),
            distinct(&all.sellers, |row| row.kind),
            distinct(&all.statuses, |row| row.to),
            distinct(&all.help, |row| row.kind),
            distinct(&all.trainings, |row| row.topic),
            distinct(&all.trainings, |row| row.audience),
            distinct(&all.institutions, |row| row.kind),
            distinct(&all.features, |row| row.feature),
        ];
        assert_eq!(kinds, [9, 9, 3, 3, 5, 6, 5, 8, 9]);
        assert!(all.listings.iter().any(|(_, listing)| listing.draft));
    }
}

#[tokio::test]
async fn the_newspaper_s_communes_have_something_of_everything() {
    let units = units().await;
    for scale in SCALES {
        let all = Recorded::of(&Demo::new(&units, scale));
        let sold_in: HashSet<UnitId> = { all.listings.iter() }
            .map(|(_, listing)| all.seller(listing.product.number()).hamlet)
            .collect();
        let helped_in: HashSet<UnitId> =
            all.help.iter().filter_map(|(_, help)| help.hamlet).collect();
        let taught_in: HashSet<UnitId> = { all.institutions.iter() }
            .filter(|(_, new)| new.kind.is_school())
            .map(|(_, new)| new.hamlet)
            .collect();
        // Ấp 10 of Xã Lương Nghĩa; Xã Thạnh Xuân and Xã Vị Thủy as they are since the merger.
        for (code, on) in
            [("31493010", "2024-06-07"), ("31360", "2024-06-07"), ("31441", "2026-10-31")]
        {
            let on = day(on);
            let tree = units.tree(on);
            let code = code.parse().unwrap();
            let found = { units.all().iter() }.find(|unit| {
                unit.code == code && unit.validity.holds(on) && tree.contains(unit.id)
            });
            let unit = found.unwrap();
            let within = |hamlets: &HashSet<UnitId>| {
                hamlets.iter().any(|hamlet| tree.is_within(*hamlet, unit.id))
            };
            let taught = unit.level() == Level::Hamlet || within(&taught_in);
            assert!(within(&sold_in) && within(&helped_in) && taught, "{}", unit.name);
        }
    }
}

#[tokio::test]
async fn the_same_scale_gives_the_same_steps() {
    let units = units().await;
    let steps = || format!("{:?}", Demo::new(&units, Scale::Small).others);
    assert_eq!(steps(), steps());
}
