//! Sellers as CSV.

use registry_domain::commerce::Seller;
use registry_domain::page::{Page, PageRequest};
use registry_persistence::{CommerceKey, Reader, SellerFilter, StoreError};

use super::cell::Cell;
use super::{BY_CODE, Table};

/// All sellers.
pub(super) struct Sellers(pub(super) Reader);

impl Table for Sellers {
    const COLUMNS: &'static [&'static str] =
        &["code", "kind", "name", "hamlet_code", "household_code", "registered_on"];

    async fn page(
        &self,
        request: &PageRequest<CommerceKey>,
    ) -> Result<Page<(CommerceKey, Vec<Cell>)>, StoreError> {
        let page = self.0.seller_page(&SellerFilter::default(), BY_CODE, request).await?;
        Ok(page.map(|(key, seller)| (key, self.row(&seller))))
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
