//! Listings as CSV.

use registry_domain::commerce::{Listing, ListingStatus};
use registry_domain::page::{Page, PageRequest};
use registry_persistence::{
    CommerceKey, Direction, ListingFilter, ListingOrder, ListingSort, Reader, StoreError,
};

use super::cell::Cell;
use super::{Table, only};

/// All listings, in whatever state.
pub(super) struct Listings(pub(super) Reader);

const BY_CODE: ListingOrder =
    ListingOrder { by: ListingSort::Code, direction: Direction::Ascending };

impl Table for Listings {
    const COLUMNS: &'static [&'static str] = &[
        "code",
        "product_code",
        "marketplace",
        "url",
        "price_vnd",
        "ocop_stars",
        "listed_on",
        "draft",
        "status",
    ];

    async fn page(
        &self,
        request: &PageRequest<CommerceKey>,
    ) -> Result<Page<(CommerceKey, Vec<Cell>)>, StoreError> {
        let pages = self.0.listing_pages(&[ListingFilter::default()], BY_CODE, request).await?;
        Ok(only(pages)?.map(|(key, record)| (key, row(&record.listing))))
    }
}

fn row(listing: &Listing) -> Vec<Cell> {
    vec![
        Cell::ours(listing.code),
        Cell::ours(listing.product),
        Cell::ours(&listing.marketplace),
        // Begins with https: whatever else stands in it.
        Cell::ours(&listing.url),
        Cell::ours(listing.price),
        Cell::ours_if(listing.shown_stars),
        Cell::ours(listing.listed_on),
        Cell::ours(listing.status == ListingStatus::Draft),
        Cell::ours(listing.status.code()),
    ]
}
