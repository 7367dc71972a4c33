//! Sales: what was sold through listings, month by month, slowly growing.

use registry_domain::commerce::{ListingCode, NewSales, SaleCounts};
use registry_domain::fault::Path;
use registry_domain::time::{Date, YearMonth};

use super::listing::Listing;
use crate::chance::{Question, chance, pick_in, whole};

/// July 2022, the first month.
const FIRST_MONTH: i32 = 2_022 * 12 + 6;

/// How many months: until October 2026.
const MONTHS: u32 = 52;

/// The sales of a listing, each with the last day of its month. In a `share` of months there are any.
pub(super) fn of(listing: &Listing, number: u32, share: f64) -> Vec<(Date, NewSales)> {
    let Some(first) = listing.first_sale().map(YearMonth::of) else { return Vec::new() };
    let sold = (0..MONTHS).filter_map(|turn| {
        let month = YearMonth::from_index(FIRST_MONTH + turn.cast_signed());
        let price = listing.on(month.last_day())?;
        let told = month > first && chance(listing.key, Question::SoldAnything, turn) < share;
        if !told {
            return None;
        }
        // Some sell ten times as much as others.
        let usual = 2.0 * 12.0_f64.powf(chance(listing.key, Question::Orders, MONTHS));
        let spread = 0.6 + 0.8 * chance(listing.key, Question::Orders, turn);
        let orders = whole(usual * spread * (1.0 + 0.012 * f64::from(turn))).max(1);
        let more = pick_in(listing.key, Question::SoldAnything, turn + MONTHS, 6);
        let items = orders + orders * i32::try_from(more).ok()? / 10;
        let revenue = i64::from(items) * price.get();
        let counts = SaleCounts::parse(orders, items, revenue, &Path::root()).ok()?;
        let listing = ListingCode::new(number)?;
        Some((month.last_day(), NewSales { listing, month, counts, replace: false }))
    });
    sold.collect()
}
