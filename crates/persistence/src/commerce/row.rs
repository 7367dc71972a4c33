//! The rows of lists: what is selected of sellers, products and listings, and reading it.

use std::sync::{Arc, LazyLock};

use registry_domain::commerce::{
    Listing, ListingStatus, Product, ProductCategory, Rating, Seller, SellerKind, Stars,
};
use registry_domain::unit::UnitId;
use sea_orm::sea_query::{Expr, SelectStatement};
use sea_orm::{EntityTrait, IdenStatic as _};

use super::listing::ListingHead;
use super::{ListingExtent, ListingRecord, ListingSeen, ProductRecord, code};
use crate::StoreError;
use crate::cells::Cells;
use crate::entity::{listing as listing_row, product as product_row, seller as seller_row};

impl Cells<'_> {
    pub(super) fn read_seller(&mut self) -> Result<Seller, StoreError> {
        let number = self.read()?;
        let damaged = || StoreError::damaged(format!("seller {number}"));
        Ok(Seller {
            code: code(number)?,
            kind: SellerKind::from_code(self.read()?).ok_or_else(damaged)?,
            name: self.read()?,
            hamlet: UnitId::new(self.read()?),
            household: self.read::<Option<i32>>()?.map(household),
            registered_on: self.read()?,
            version: self.read::<i32>()?.cast_unsigned(),
        })
    }

    fn read_product(&mut self) -> Result<Product, StoreError> {
        let number = self.read()?;
        let damaged = || StoreError::damaged(format!("product {number}"));
        Ok(Product {
            code: code(number)?,
            seller: code(self.read()?)?,
            name: self.read()?,
            category: ProductCategory::from_code(self.read()?).ok_or_else(damaged)?,
            registered_on: self.read()?,
            version: self.read::<i32>()?.cast_unsigned(),
            rating: match (self.read::<Option<i16>>()?, self.read()?, self.read()?, self.read()?) {
                (Some(stars), Some(decided_on), Some(expires_on), Some(decision)) => {
                    let stars = Stars::parse(stars.into()).map_err(|_| damaged())?;
                    Some(Rating { stars, decided_on, expires_on, decision })
                }
                _ => None,
            },
        })
    }

    fn read_head(&mut self) -> Result<ListingHead, StoreError> {
        let number = self.read()?;
        let damaged = || StoreError::damaged(format!("listing {number}"));
        Ok(ListingHead {
            code: code(number)?,
            marketplace: self.read::<&str>()?.parse().map_err(|_| damaged())?,
            price: self.read()?,
            status: ListingStatus::from_code(self.read()?).ok_or_else(damaged)?,
            listed_on: self.read()?,
            product: code(self.read()?)?,
            product_name: self.read()?,
            category: ProductCategory::from_code(self.read()?).ok_or_else(damaged)?,
            seller: code(self.read()?)?,
            seller_kind: SellerKind::from_code(self.read()?).ok_or_else(damaged)?,
            seller_name: self.read()?,
            hamlet: UnitId::new(self.read()?),
        })
    }

    fn read_listing(&mut self) -> Result<Listing, StoreError> {
        let number = self.read()?;
        let damaged = || StoreError::damaged(format!("listing {number}"));
        Ok(Listing {
            code: code(number)?,
            product: code(self.read()?)?,
            marketplace: self.read::<&str>()?.parse().map_err(|_| damaged())?,
            url: self.read()?,
            price: self.read()?,
            shown_stars: self.read::<Option<i16>>()?.and_then(|stars| u8::try_from(stars).ok()),
            status: ListingStatus::from_code(self.read()?).ok_or_else(damaged)?,
            listed_on: self.read()?,
            effective_on: self.read()?,
            version: self.read::<i32>()?.cast_unsigned(),
        })
    }
}

impl ListingSeen {
    /// Reads as much as [`select_listings`] selects.
    pub(super) fn read(extent: ListingExtent, cells: &mut Cells<'_>) -> Result<Self, StoreError> {
        Ok(match extent {
            ListingExtent::Head => Self::Head(Arc::new(cells.read_head()?)),
            ListingExtent::Whole => Self::Whole(ListingRecord::read(cells)?),
        })
    }
}

impl ListingRecord {
    pub(super) fn read(cells: &mut Cells<'_>) -> Result<Self, StoreError> {
        let listing = Arc::new(cells.read_listing()?);
        Ok(Self { listing, product: ProductRecord::read(cells)? })
    }
}

impl ProductRecord {
    pub(super) fn read(cells: &mut Cells<'_>) -> Result<Self, StoreError> {
        let product = Arc::new(cells.read_product()?);
        Ok(Self { product, seller: Arc::new(cells.read_seller()?) })
    }
}

fn household(stored: i32) -> registry_domain::household::HouseholdCode {
    crate::household::number(stored).code()
}

/// What [`Cells::read_seller`] reads.
const SELLER: [seller_row::Column; 7] = {
    use seller_row::Column::{HamletId, Household, Kind, Name, Number, RegisteredOn, Version};
    [Number, Kind, Name, HamletId, Household, RegisteredOn, Version]
};

/// What [`Cells::read_product`] reads.
const PRODUCT: [product_row::Column; 10] = {
    use product_row::Column::{
        Category, DecidedOn, Decision, ExpiresOn, Name, Number, RegisteredOn, Seller, Stars,
        Version,
    };
    [Number, Seller, Name, Category, RegisteredOn, Version, Stars, DecidedOn, ExpiresOn, Decision]
};

/// What [`Cells::read_listing`] reads.
const LISTING: [listing_row::Column; 10] = {
    use listing_row::Column::{
        EffectiveOn, ListedOn, Marketplace, Number, Price, Product, ShownStars, Status, Url,
        Version,
    };
    [Number, Product, Marketplace, Url, Price, ShownStars, Status, ListedOn, EffectiveOn, Version]
};

/// What [`Cells::read_head`] reads.
const HEAD: ([listing_row::Column; 5], [product_row::Column; 3], [seller_row::Column; 4]) = {
    use listing_row::Column::{ListedOn, Marketplace, Number as Listing, Price, Status};
    use product_row::Column::{Category, Name as ProductName, Number as Product};
    use seller_row::Column::{HamletId, Kind, Name, Number};
    (
        [Listing, Marketplace, Price, Status, ListedOn],
        [Product, ProductName, Category],
        [Number, Kind, Name, HamletId],
    )
};

/// Selects what [`Cells::read_seller`] reads.
pub(super) fn select_seller(select: &mut SelectStatement) {
    static COLUMNS: LazyLock<String> = LazyLock::new(|| named::<seller_row::Entity>(&SELLER));
    select.expr(Expr::cust(COLUMNS.as_str()));
}

/// Selects what [`ProductRecord::read`] reads.
pub(super) fn select_products(select: &mut SelectStatement) {
    static COLUMNS: LazyLock<String> = LazyLock::new(|| named::<product_row::Entity>(&PRODUCT));
    select.expr(Expr::cust(COLUMNS.as_str()));
    select_seller(select);
}

/// Selects what [`ListingSeen::read`] reads; the number of columns.
pub(super) fn select_listings(select: &mut SelectStatement, extent: ListingExtent) -> usize {
    static HEADS: LazyLock<String> = LazyLock::new(|| {
        let listing = named::<listing_row::Entity>(&HEAD.0);
        let product = named::<product_row::Entity>(&HEAD.1);
        format!("{listing}, {product}, {}", named::<seller_row::Entity>(&HEAD.2))
    });
    static COLUMNS: LazyLock<String> = LazyLock::new(|| named::<listing_row::Entity>(&LISTING));
    match extent {
        ListingExtent::Head => {
            select.expr(Expr::cust(HEADS.as_str()));
            HEAD.0.len() + HEAD.1.len() + HEAD.2.len()
        }
        ListingExtent::Whole => {
            select.expr(Expr::cust(COLUMNS.as_str()));
            select_products(select);
            LISTING.len() + PRODUCT.len() + SELLER.len()
        }
    }
}

/// Columns, each named with its table, so that those of several tables can stand together; written once
/// for all statements.
fn named<E: EntityTrait>(columns: &[E::Column]) -> String {
    let table = E::default();
    let table = table.table_name();
    let named = columns.iter().map(|column| {
        let column = column.as_str();
        format!(r#""{table}"."{column}" AS "{table}_{column}""#)
    });
    named.collect::<Vec<_>>().join(", ")
}

/// The name under which a column is selected.
pub(super) fn name_of<E: EntityTrait>(column: E::Column) -> String {
    format!("{}_{}", E::default().table_name(), column.as_str())
}
