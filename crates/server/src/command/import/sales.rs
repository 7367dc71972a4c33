//! Monthly sales of listings from a file.

use registry_domain::access::Scope;
use registry_domain::commerce::{ListingCode, NewSales, SaleCounts};
use registry_domain::fault::Faults;
use registry_domain::time::YearMonth;
use registry_persistence::{RecordListingSales, Row, Store};

use super::Kind;
use super::rows::RawRow;

/// What one listing sold in one month per row.
pub(super) struct Sales;

impl Kind for Sales {
    type Value = NewSales;
    type Command = RecordListingSales;
    type Identity = (ListingCode, YearMonth);

    const SCOPE: Scope = Scope::ListingsWrite;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("listing_code", "listing"),
        ("month", "month"),
        ("orders", "orders"),
        ("items", "items"),
        ("revenue_vnd", "revenueVnd"),
        ("replace", "replace"),
    ];

    fn parse(row: &RawRow, _: &Store) -> Result<Row<NewSales>, Faults> {
        let at = row.at();
        let mut faults = Faults::default();
        let listing = faults.keep(at.field("listing"), row.cell(0).parse::<ListingCode>());
        let month = faults.keep(at.field("month"), row.month(1));
        let orders = faults.keep(at.field("orders"), row.number(2));
        let items = faults.keep(at.field("items"), row.number(3));
        let revenue = faults.keep(at.field("revenueVnd"), row.number(4));
        let replace = faults.keep(at.field("replace"), row.truth(5));
        let counts = orders.zip(items).zip(revenue).and_then(|((orders, items), revenue)| {
            let parsed = SaleCounts::parse(orders, items, revenue, &at);
            parsed.map_err(|found| faults.extend(found)).ok()
        });
        let known = listing.zip(month).zip(counts.zip(replace));
        let new = known.map(|((listing, month), (counts, replace))| NewSales {
            listing,
            month,
            counts,
            replace,
        });
        faults.or(new).map(|value| Row { at, value })
    }

    fn identities(new: &NewSales) -> Vec<(&'static str, (ListingCode, YearMonth))> {
        vec![("month", (new.listing, new.month))]
    }

    fn command(rows: Vec<Row<NewSales>>) -> RecordListingSales {
        RecordListingSales(rows)
    }
}
