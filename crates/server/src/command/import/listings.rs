//! Listings from a file.

use registry_domain::access::Scope;
use registry_domain::commerce::{ListingUrl, MarketplaceCode, NewListing, ProductCode, Stars, Vnd};
use registry_domain::fault::Faults;
use registry_persistence::{PublishListings, Row, Store};

use super::Kind;
use super::rows::RawRow;

/// One listing to be published per row.
pub(super) struct Listings;

impl Kind for Listings {
    type Value = NewListing;
    type Command = PublishListings;
    type Identity = (MarketplaceCode, ListingUrl);

    const SCOPE: Scope = Scope::ListingsWrite;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("product_code", "product"),
        ("marketplace", "marketplace"),
        ("url", "url"),
        ("price_vnd", "priceVnd"),
        ("ocop_stars", "ocopStars"),
        ("listed_on", "listedOn"),
        ("draft", "draft"),
    ];

    fn parse(row: &RawRow, _: &Store) -> Result<Row<NewListing>, Faults> {
        let at = row.at();
        let mut faults = Faults::default();
        let product = faults.keep(at.field("product"), row.cell(0).parse::<ProductCode>());
        let marketplace = row.cell(1).parse::<MarketplaceCode>();
        let marketplace = faults.keep(at.field("marketplace"), marketplace);
        let url = faults.keep(at.field("url"), row.cell(2).parse::<ListingUrl>());
        let price = faults.keep(at.field("priceVnd"), row.number(3).and_then(Vnd::parse));
        let shown = row.optional(4).map(|_| row.number(4).and_then(Stars::parse)).transpose();
        let shown_stars = faults.keep(at.field("ocopStars"), shown);
        let listed_on = faults.keep(at.field("listedOn"), row.date(5));
        let draft = faults.keep(at.field("draft"), row.truth(6));
        let known = product.zip(marketplace).zip(url.zip(price));
        let known = known.zip(shown_stars).zip(listed_on.zip(draft));
        let new = known.map(|(((sold, (url, price)), shown_stars), (listed_on, draft))| {
            let (product, marketplace) = sold;
            NewListing { product, marketplace, url, price, shown_stars, draft, listed_on }
        });
        faults.or(new).map(|value| Row { at, value })
    }

    fn identities(new: &NewListing) -> Vec<(&'static str, (MarketplaceCode, ListingUrl))> {
        vec![("url", (new.marketplace.clone(), new.url.clone()))]
    }

    fn command(rows: Vec<Row<NewListing>>) -> PublishListings {
        PublishListings(rows)
    }
}
