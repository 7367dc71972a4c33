//! E-commerce: who sells what, where, for how much, and how much of it.
//!
//! What happened since the day before is recorded quarter by quarter: sellers before their products,
//! products before their ratings and listings, and what became of listings before what they sold.

mod goods;
mod listing;
mod product;
mod sales;
mod seller;

use registry_domain::time::Date;

use crate::Step;
use crate::calibration::Calibration;
use crate::ground::{Ground, date, start};
use crate::place::Places;
use crate::steps::{at_times, batches, by_day};
use crate::work::{Trade, Work};

/// The days on which things are recorded.
fn days() -> Vec<Date> {
    let quarters = (2022..=2026).flat_map(|year| [1, 4, 7, 10].map(|month| date(year, month, 2)));
    let quarters = quarters.filter(|day| *day > start());
    [start()].into_iter().chain(quarters).chain([date(2026, 11, 2)]).collect()
}

/// What is recorded on each of the days, kind by kind.
struct Records {
    days: Vec<Date>,
    steps: Vec<Vec<Work>>,
}

impl Records {
    fn add<T>(&mut self, rows: Vec<(Date, T)>, work: impl Fn(Vec<T>) -> Trade) {
        let by_day = by_day(&self.days, rows);
        for (works, (_, rows)) in self.steps.iter_mut().zip(by_day) {
            works.extend(batches(rows.into_iter(), |rows| Work::Trade(work(rows))));
        }
    }
}

pub(crate) fn steps(ground: &Ground, calibration: &Calibration, places: &Places) -> Vec<Step> {
    let catalogue = product::plan(ground, calibration, places);
    let listings = listing::all(ground, &catalogue.products);
    let share = calibration.get("listing_months_with_sales");
    let (mut prices, mut statuses, mut sales) = (Vec::new(), Vec::new(), Vec::new());
    for (number, listing) in (1..).zip(&listings) {
        prices.extend(listing.prices(number).map(|change| (change.on, change)));
        statuses.extend(listing.statuses(number).map(|change| (change.on, change)));
        sales.extend(sales::of(listing, number, share));
    }
    let ratings = catalogue.products.iter().flat_map(|product| product.ratings.clone());
    let ratings = ratings.map(|rating| (rating.decided_on, rating)).collect();
    let sellers = catalogue.sellers.into_iter().map(|new| (new.registered_on, new)).collect();
    let products = catalogue.products.into_iter().map(|product| product.new);
    let products = products.map(|new| (new.registered_on, new)).collect();
    let listings = listings.into_iter().map(|listing| (listing.new.listed_on, listing.new));
    let days = days();
    let mut records = Records { steps: vec![Vec::new(); days.len()], days };
    records.add(sellers, Trade::Sellers);
    records.add(products, Trade::Products);
    records.add(ratings, Trade::Ratings);
    records.add(listings.collect(), Trade::Listings);
    records.add(prices, Trade::Prices);
    records.add(statuses, Trade::Statuses);
    records.add(sales, Trade::Sales);
    let Records { days, steps } = records;
    days.into_iter().zip(steps).flat_map(|(day, works)| at_times(day, works.into_iter())).collect()
}
