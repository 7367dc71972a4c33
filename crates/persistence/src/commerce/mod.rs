//! E-commerce: marketplaces, sellers, products, listings, sales.

mod catalogue;
mod facet;
mod key;
mod listing;
mod marketplace;
mod past;
mod product;
mod publish;
mod row;
mod sales;
mod search;
mod seller;

use registry_domain::code::{Code, CodeKind};
use registry_domain::commerce::{Listing, ListingStatus};

use crate::StoreError;
use crate::entity::listing as listing_row;

pub use catalogue::{CatalogueOrder, CatalogueSort, ProductFilter, ProductRecord, SellerFilter};
pub use facet::Facets;
pub use key::CommerceKey;
pub use listing::{
    ListingExtent, ListingFilter, ListingHead, ListingOrder, ListingRecord, ListingSeen,
    ListingSort, SalesTotal,
};
pub(crate) use marketplace::MarketplaceCache;
pub use marketplace::{RegisterMarketplace, UpdateMarketplace};
pub use product::{RateProducts, RegisterProducts, UpdateProduct};
pub use publish::{ChangeListingPrice, ChangeListingStatus, PublishListings};
pub use sales::RecordListingSales;
pub(crate) use seller::erase_name;
pub use seller::{RegisterSellers, UpdateSeller};

/// A stored number as a code; the tables hold only numbers that were valid when they were given.
fn code<K: CodeKind>(stored: i32) -> Result<Code<K>, StoreError> {
    let code = u32::try_from(stored).ok().and_then(Code::new);
    code.ok_or_else(|| StoreError::damaged(format!("{} {stored}", K::PREFIX)))
}

fn stored<K: CodeKind>(code: Code<K>) -> i32 {
    code.number().cast_signed()
}

fn listing(row: listing_row::Model) -> Result<Listing, StoreError> {
    let damaged = || StoreError::damaged(format!("listing {}", row.number));
    Ok(Listing {
        code: code(row.number)?,
        product: code(row.product)?,
        marketplace: row.marketplace.parse().map_err(|_| damaged())?,
        status: ListingStatus::from_code(&row.status).ok_or_else(damaged)?,
        url: row.url,
        price: row.price,
        shown_stars: row.shown_stars.and_then(|stars| u8::try_from(stars).ok()),
        listed_on: row.listed_on,
        effective_on: row.effective_on,
        version: row.version.cast_unsigned(),
    })
}
