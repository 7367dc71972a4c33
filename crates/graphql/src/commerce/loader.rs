//! What products and listings of one level ask for, in one statement a kind.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use registry_domain::commerce::{
    ListingChange, ListingCode, MonthlySales, ProductCode, Rating, Seller, SellerCode,
};
use registry_domain::page::{Page, PageRequest};
use registry_domain::time::{Instant, YearMonth};
use registry_persistence::{
    CatalogueOrder, CommerceKey, ListingFilter, ListingOrder, ListingRecord, ProductFilter,
    ProductRecord,
};

use crate::error::ApiError;
use crate::loader::{Records, grouped};

/// A seller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SellerKey(pub(super) SellerCode);

/// A product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ProductKey(pub(super) ProductCode);

/// A listing, as known at a moment or now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ListingKey(pub(super) ListingCode, pub(super) Option<Instant>);

/// One page of the products that a filter finds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ProductPageKey(
    pub(super) ProductFilter,
    pub(super) CatalogueOrder,
    pub(super) PageRequest<CommerceKey>,
);

/// The number of products that a filter finds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ProductCountKey(pub(super) ProductFilter);

/// All ratings of a product, as known at a moment or now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct RatingsKey(pub(super) ProductCode, pub(super) Option<Instant>);

/// One page of the listings that a filter finds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ListingPageKey(
    pub(super) ListingFilter,
    pub(super) ListingOrder,
    pub(super) PageRequest<CommerceKey>,
);

/// The number of listings that a filter finds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ListingCountKey(pub(super) ListingFilter);

/// All states of a listing, as known at a moment or now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct HistoryKey(pub(super) ListingCode, pub(super) Option<Instant>);

/// The monthly sales of a listing, from month to month, as known at a moment or now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SalesKey(
    pub(super) ListingCode,
    pub(super) Option<YearMonth>,
    pub(super) Option<YearMonth>,
    pub(super) Option<Instant>,
);

impl Loader<SellerKey> for Records {
    type Value = Seller;
    type Error = ApiError;

    async fn load(&self, keys: &[SellerKey]) -> Result<HashMap<SellerKey, Seller>, ApiError> {
        let codes: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = self.0.sellers(&codes).await?.into_iter();
        Ok(found.map(|found| (SellerKey(found.code), found)).collect())
    }
}

impl Loader<ProductKey> for Records {
    type Value = ProductRecord;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[ProductKey],
    ) -> Result<HashMap<ProductKey, ProductRecord>, ApiError> {
        let codes: Vec<_> = keys.iter().map(|key| key.0).collect();
        let found = self.0.products(&codes).await?.into_iter();
        Ok(found.map(|found| (ProductKey(found.product.code), found)).collect())
    }
}

impl Loader<ListingKey> for Records {
    type Value = ListingRecord;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[ListingKey],
    ) -> Result<HashMap<ListingKey, ListingRecord>, ApiError> {
        let mut found = HashMap::new();
        for (as_of, codes) in grouped(keys, |ListingKey(code, as_of)| (*code, *as_of)) {
            let listings = self.0.listings(&codes, as_of).await?.into_iter();
            found.extend(listings.map(|known| (ListingKey(known.listing.code, as_of), known)));
        }
        Ok(found)
    }
}

impl Loader<ProductPageKey> for Records {
    type Value = Page<(CommerceKey, ProductRecord)>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[ProductPageKey],
    ) -> Result<HashMap<ProductPageKey, Self::Value>, ApiError> {
        let mut found = HashMap::new();
        let split = |ProductPageKey(filter, order, page): &ProductPageKey| {
            (filter.clone(), (*order, page.clone()))
        };
        for ((order, page), filters) in grouped(keys, split) {
            let pages = self.0.product_pages(&filters, order, &page).await?;
            let keys =
                filters.into_iter().map(|filter| ProductPageKey(filter, order, page.clone()));
            found.extend(keys.zip(pages));
        }
        Ok(found)
    }
}

impl Loader<ProductCountKey> for Records {
    type Value = u64;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[ProductCountKey],
    ) -> Result<HashMap<ProductCountKey, u64>, ApiError> {
        let filters: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        let counts = self.0.product_counts(&filters).await?;
        Ok(keys.iter().cloned().zip(counts).collect())
    }
}

impl Loader<RatingsKey> for Records {
    type Value = Vec<Rating>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[RatingsKey],
    ) -> Result<HashMap<RatingsKey, Vec<Rating>>, ApiError> {
        let mut found = HashMap::new();
        for (as_of, codes) in grouped(keys, |RatingsKey(code, as_of)| (*code, *as_of)) {
            let ratings = self.0.product_ratings(&codes, as_of).await?.into_iter();
            found.extend(ratings.map(|(code, ratings)| (RatingsKey(code, as_of), ratings)));
        }
        Ok(found)
    }
}

impl Loader<ListingPageKey> for Records {
    type Value = Page<(CommerceKey, ListingRecord)>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[ListingPageKey],
    ) -> Result<HashMap<ListingPageKey, Self::Value>, ApiError> {
        let mut found = HashMap::new();
        let split = |ListingPageKey(filter, order, page): &ListingPageKey| {
            (filter.clone(), (*order, page.clone()))
        };
        for ((order, page), filters) in grouped(keys, split) {
            let pages = self.0.listing_pages(&filters, order, &page).await?;
            let keys =
                filters.into_iter().map(|filter| ListingPageKey(filter, order, page.clone()));
            found.extend(keys.zip(pages));
        }
        Ok(found)
    }
}

impl Loader<ListingCountKey> for Records {
    type Value = u64;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[ListingCountKey],
    ) -> Result<HashMap<ListingCountKey, u64>, ApiError> {
        let filters: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        let counts = self.0.listing_counts(&filters).await?;
        Ok(keys.iter().cloned().zip(counts).collect())
    }
}

impl Loader<HistoryKey> for Records {
    type Value = Vec<ListingChange>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[HistoryKey],
    ) -> Result<HashMap<HistoryKey, Vec<ListingChange>>, ApiError> {
        let mut found = HashMap::new();
        for (as_of, codes) in grouped(keys, |HistoryKey(code, as_of)| (*code, *as_of)) {
            let histories = self.0.listing_histories(&codes, as_of).await?.into_iter();
            found.extend(histories.map(|(code, states)| (HistoryKey(code, as_of), states)));
        }
        Ok(found)
    }
}

impl Loader<SalesKey> for Records {
    type Value = Vec<MonthlySales>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[SalesKey],
    ) -> Result<HashMap<SalesKey, Vec<MonthlySales>>, ApiError> {
        let mut found = HashMap::new();
        let split = |SalesKey(code, from, to, as_of): &_| (*code, (*from, *to, *as_of));
        for ((from, to, as_of), codes) in grouped(keys, split) {
            let sales = self.0.listing_sales(&codes, from, to, as_of).await?.into_iter();
            found.extend(sales.map(|(code, sales)| (SalesKey(code, from, to, as_of), sales)));
        }
        Ok(found)
    }
}
