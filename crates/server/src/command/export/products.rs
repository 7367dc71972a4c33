//! Products as CSV.

use registry_domain::commerce::Product;
use registry_domain::page::{Page, PageRequest};
use registry_persistence::{CommerceKey, ProductFilter, Reader, StoreError};

use super::cell::Cell;
use super::{BY_CODE, Table, only};

/// All products, each with the OCOP rating that holds today.
pub(super) struct Products(pub(super) Reader);

impl Table for Products {
    const COLUMNS: &'static [&'static str] = &[
        "code",
        "seller_code",
        "name",
        "category",
        "registered_on",
        "ocop_stars",
        "ocop_decided_on",
        "ocop_expires_on",
        "ocop_decision",
    ];

    async fn page(
        &self,
        request: &PageRequest<CommerceKey>,
    ) -> Result<Page<(CommerceKey, Vec<Cell>)>, StoreError> {
        let pages = self.0.product_pages(&[ProductFilter::default()], BY_CODE, request).await?;
        Ok(only(pages)?.map(|(key, record)| (key, self.row(&record.product))))
    }
}

impl Products {
    fn row(&self, product: &Product) -> Vec<Cell> {
        let today = self.0.today();
        let rating = product.rating.as_ref().filter(|rating| rating.holds(today));
        vec![
            Cell::ours(product.code),
            Cell::ours(product.seller),
            Cell::typed(&product.name),
            Cell::ours(product.category.code()),
            Cell::ours(product.registered_on),
            Cell::ours_if(rating.map(|rating| rating.stars.get())),
            Cell::ours_if(rating.map(|rating| rating.decided_on)),
            Cell::ours_if(rating.map(|rating| rating.expires_on)),
            Cell::typed_if(rating.map(|rating| rating.decision.as_str())),
        ]
    }
}
