//! Sellers as CSV.

use registry_domain::commerce::{Seller, SellerCode};
use registry_domain::page::{Page, PageRequest};
use registry_persistence::{Reader, SellerFilter, StoreError};

use super::Table;
use super::cell::Cell;

/// All sellers.
pub(super) struct Sellers(pub(super) Reader);

impl Table for Sellers {
    type Key = SellerCode;

    const COLUMNS: &'static [&'static str] =
        &["code", "kind", "name", "hamlet_code", "household_code", "registered_on"];

    async fn page(
        &self,
        request: &PageRequest<SellerCode>,
    ) -> Result<Page<(SellerCode, Vec<Cell>)>, StoreError> {
        let page = self.0.seller_page(&SellerFilter::default(), request).await?;
        Ok(page.map(|seller| (seller.code, self.row(&seller))))
    }
}

impl Sellers {
    fn row(&self, seller: &Seller) -> Vec<Cell> {
        let units = self.0.units();
        vec![
            Cell::ours(seller.code),
            Cell::ours(seller.kind.code()),
            Cell::typed(&seller.name),
            Cell::ours_if(units.get(seller.hamlet).map(|hamlet| hamlet.code)),
            Cell::ours_if(seller.household),
            Cell::ours(seller.registered_on),
        ]
    }
}
