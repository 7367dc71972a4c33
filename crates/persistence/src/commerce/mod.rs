//! E-commerce: marketplaces, sellers, products, listings, sales.

mod catalogue;
mod facet;
mod key;
mod listing;
mod marketplace;
mod past;
mod product;
mod publish;
mod sales;
mod search;
mod seller;

use registry_domain::code::{Code, CodeKind};
use registry_domain::commerce::{
    Listing, ListingStatus, Product, ProductCategory, Rating, Seller, SellerKind, Stars,
};
use registry_domain::unit::UnitId;
use sea_orm::sea_query::SelectStatement;
use sea_orm::{EntityTrait, IdenStatic, Iterable};

use crate::StoreError;
use crate::entity::{listing as listing_row, product as product_row, seller as seller_row};

pub use catalogue::{CatalogueOrder, CatalogueSort, ProductFilter, ProductRecord, SellerFilter};
pub use facet::Facets;
pub use key::CommerceKey;
pub use listing::{ListingFilter, ListingOrder, ListingRecord, ListingSort, SalesTotal};
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

/// Selects all columns of `E`, named with `prefix`, so that those of several tables can stand together.
fn select_all<E: EntityTrait>(select: &mut SelectStatement, prefix: &str) {
    use sea_orm::sea_query::Expr;
    for column in E::Column::iter() {
        let name = column.as_str();
        select.expr_as(Expr::col((E::default(), column)), format!("{prefix}{name}"));
    }
}

fn seller(row: seller_row::Model) -> Result<Seller, StoreError> {
    let damaged = || StoreError::damaged(format!("seller {}", row.number));
    let household = |stored| crate::household::number(stored).code();
    Ok(Seller {
        code: code(row.number)?,
        kind: SellerKind::from_code(&row.kind).ok_or_else(damaged)?,
        name: row.name,
        hamlet: UnitId::new(row.hamlet_id),
        household: row.household.map(household),
        registered_on: row.registered_on,
        version: row.version.cast_unsigned(),
    })
}

fn product(row: product_row::Model) -> Result<Product, StoreError> {
    let damaged = || StoreError::damaged(format!("product {}", row.number));
    let rating = match (row.stars, row.decided_on, row.expires_on, row.decision) {
        (Some(stars), Some(decided_on), Some(expires_on), Some(decision)) => {
            let stars = Stars::parse(stars.into()).map_err(|_| damaged())?;
            Some(Rating { stars, decided_on, expires_on, decision })
        }
        _ => None,
    };
    Ok(Product {
        code: code(row.number)?,
        seller: code(row.seller)?,
        category: ProductCategory::from_code(&row.category).ok_or_else(damaged)?,
        name: row.name,
        registered_on: row.registered_on,
        rating,
        version: row.version.cast_unsigned(),
    })
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
