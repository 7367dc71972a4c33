//! Sales: what was sold through a listing, month by month.

use super::{ListingCode, Vnd};
use crate::fault::{Faults, Path, Rule};
use crate::time::{Instant, YearMonth};

/// What was sold in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SaleCounts {
    /// Orders.
    pub orders: u32,
    /// Items; at least one an order.
    pub items: u32,
    /// What was paid for them.
    pub revenue: Vnd,
}

impl SaleCounts {
    /// The most orders or items of one listing in one month.
    pub const LIMIT: i32 = 10_000_000;

    /// Checks the counts: 0…10,000,000, no more orders than items, no revenue above 10^12 ₫.
    pub fn parse(orders: i32, items: i32, revenue: i64, at: &Path) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let count = |count: i32| {
            let known = u32::try_from(count).ok().filter(|_| count <= Self::LIMIT);
            known.ok_or(Rule::OutOfRange { min: 0, max: Self::LIMIT.into() })
        };
        let orders = faults.keep(at.field("orders"), count(orders));
        let items = faults.keep(at.field("items"), count(items));
        let revenue = faults.keep(at.field("revenueVnd"), Vnd::parse(revenue));
        if let Some((orders, items)) = orders.zip(items)
            && items < orders
        {
            let (min, max) = (i64::from(orders), Self::LIMIT.into());
            faults.push(at.field("items"), Rule::OutOfRange { min, max });
        }
        let counts = orders.zip(items).zip(revenue);
        faults.or(counts.map(|((orders, items), revenue)| Self { orders, items, revenue }))
    }
}

/// Sales to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSales {
    /// Of which listing.
    pub listing: ListingCode,
    /// In which month.
    pub month: YearMonth,
    /// What was sold.
    pub counts: SaleCounts,
    /// Whether they stand in place of what was recorded for the month before.
    pub replace: bool,
}

/// What is known of a listing's month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthlySales {
    /// The month.
    pub month: YearMonth,
    /// Counts the corrections from 1.
    pub revision: u32,
    /// Orders.
    pub orders: i64,
    /// Items.
    pub items: i64,
    /// What was paid, in ₫.
    pub revenue: i64,
    /// When the registry learned of it.
    pub recorded_at: Instant,
}
