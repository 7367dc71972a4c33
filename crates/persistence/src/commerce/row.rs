//! The rows of lists: what is selected of sellers, products and listings, and reading it by its place in
//! the row, since names would be looked up anew for every cell.

use registry_domain::commerce::{
    Listing, Product, ProductCategory, Rating, Seller, SellerKind, Stars,
};
use registry_domain::unit::UnitId;
use sea_orm::sea_query::{Alias, Expr, SelectStatement};
use sea_orm::{EntityTrait, IdenStatic as _, QueryResult, TryGetable};

use super::{code, listing};
use crate::StoreError;
use crate::entity::{listing as listing_row, product as product_row, seller as seller_row};

/// The cells of a row, in the order in which they were selected.
pub(super) struct Cells<'a> {
    row: &'a QueryResult,
    next: usize,
}

impl<'a> Cells<'a> {
    pub(super) const fn of(row: &'a QueryResult) -> Self {
        Self::after(row, 0)
    }

    /// Those after so many others.
    pub(super) const fn after(row: &'a QueryResult, others: usize) -> Self {
        Self { row, next: others }
    }

    pub(super) fn read<T: TryGetable>(&mut self) -> Result<T, StoreError> {
        let cell = self.row.try_get_by_index(self.next)?;
        self.next += 1;
        Ok(cell)
    }

    pub(super) fn read_seller(&mut self) -> Result<Seller, StoreError> {
        let number = self.read()?;
        let damaged = || StoreError::damaged(format!("seller {number}"));
        Ok(Seller {
            code: code(number)?,
            kind: SellerKind::from_code(&self.read::<String>()?).ok_or_else(damaged)?,
            name: self.read()?,
            hamlet: UnitId::new(self.read()?),
            household: self.read::<Option<i32>>()?.map(household),
            registered_on: self.read()?,
            version: self.read::<i32>()?.cast_unsigned(),
        })
    }

    pub(super) fn read_product(&mut self) -> Result<Product, StoreError> {
        let number = self.read()?;
        let damaged = || StoreError::damaged(format!("product {number}"));
        Ok(Product {
            code: code(number)?,
            seller: code(self.read()?)?,
            name: self.read()?,
            category: ProductCategory::from_code(&self.read::<String>()?).ok_or_else(damaged)?,
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

    pub(super) fn read_listing(&mut self) -> Result<Listing, StoreError> {
        listing(listing_row::Model {
            number: self.read()?,
            product: self.read()?,
            marketplace: self.read()?,
            url: self.read()?,
            price: self.read()?,
            shown_stars: self.read()?,
            status: self.read()?,
            listed_on: self.read()?,
            effective_on: self.read()?,
            version: self.read()?,
        })
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

/// Selects what [`Cells::read_seller`] reads.
pub(super) fn select_seller(select: &mut SelectStatement) {
    select_named::<seller_row::Entity>(select, &SELLER);
}

/// Selects what [`Cells::read_product`] reads.
pub(super) fn select_product(select: &mut SelectStatement) {
    select_named::<product_row::Entity>(select, &PRODUCT);
}

/// Selects what [`Cells::read_listing`] reads.
pub(super) fn select_listing(select: &mut SelectStatement) {
    select_named::<listing_row::Entity>(select, &LISTING);
}

/// How many columns make a listing with its product and seller.
pub(super) const RECORD: usize = LISTING.len() + PRODUCT.len() + SELLER.len();

/// Selects columns, each named with its table, so that those of several tables can stand together.
fn select_named<E: EntityTrait>(select: &mut SelectStatement, columns: &[E::Column]) {
    for column in columns {
        select.expr_as(Expr::col((E::default(), *column)), name_of::<E>(*column));
    }
}

/// The name under which a column is selected.
pub(super) fn name_of<E: EntityTrait>(column: E::Column) -> Alias {
    Alias::new(format!("{}_{}", E::default().table_name(), column.as_str()))
}
