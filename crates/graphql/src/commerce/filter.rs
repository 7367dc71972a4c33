//! Which sellers, products and listings a list shows, and in which order.

use std::collections::BTreeSet;

use async_graphql::{Enum, InputObject};
use registry_domain::commerce::{MarketplaceCode, Stars};
use registry_domain::fault::Rule;
use registry_domain::time::Instant;
use registry_persistence::{
    self as store, CatalogueOrder, CatalogueSort, Direction, HouseholdScope, ListingSort,
};

use super::{ListingStatus, ProductCategory, SellerKind};
use crate::error::ApiError;
use crate::filter::{each_once, search};
use crate::household::OrderDirection;
use crate::scalar::{Date, RegistryCode, Vnd};
use crate::session::Session;
use crate::unit::UnitRef;

/// The most marketplaces that a filter names.
const MARKETPLACES_LIMIT: usize = 100;

/// Conditions on marketplaces (điều kiện lọc sàn).
#[derive(Debug, Default, InputObject)]
pub(crate) struct MarketplaceFilter {
    /// That can be sold on on this day (hoạt động vào ngày).
    pub(super) open_on: Option<Date>,
}

/// Conditions on sellers (điều kiện lọc người bán); all of those given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct SellerFilter {
    /// In a hamlet of this unit (thuộc đơn vị), by its boundaries on the date it was named by.
    within: Option<UnitRef>,
    /// Of one of these kinds (loại).
    kind: Option<Vec<SellerKind>>,
    /// Words that begin words of the name (tìm theo tên), with or without accents.
    search: Option<String>,
}

/// Conditions on products (điều kiện lọc sản phẩm); all of those given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct ProductFilter {
    /// Sold from a hamlet of this unit (thuộc đơn vị), by its boundaries on the date it was named by.
    within: Option<UnitRef>,
    /// Of this seller (mã người bán).
    seller: Option<RegistryCode>,
    /// In one of these groups (nhóm).
    category: Option<Vec<ProductCategory>>,
    /// With one of these numbers of OCOP stars by a rating that holds today (số sao OCOP), 1…5.
    stars: Option<Vec<i32>>,
}

/// Conditions on listings (điều kiện lọc tin đăng); all of those given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct ListingFilter {
    /// Sold from a hamlet of this unit (thuộc đơn vị), by its boundaries on the date it was named by.
    within: Option<UnitRef>,
    /// On one of these marketplaces (mã sàn), at most 100.
    marketplace: Option<Vec<String>>,
    /// Of products in one of these groups (nhóm sản phẩm).
    category: Option<Vec<ProductCategory>>,
    /// Of products with one of these numbers of OCOP stars by a rating that holds today, or on the day of
    /// `asOf` (số sao OCOP), 1…5.
    stars: Option<Vec<i32>>,
    /// In one of these states (trạng thái).
    status: Option<Vec<ListingStatus>>,
    /// At such prices (khoảng giá).
    price_vnd: Option<PriceRange>,
    /// Of this seller (mã người bán).
    seller: Option<RegistryCode>,
}

/// From a price to a price (khoảng giá), both included.
#[derive(Debug, InputObject)]
pub(crate) struct PriceRange {
    /// The lowest price (giá thấp nhất).
    min: Option<Vnd>,
    /// The highest price (giá cao nhất).
    max: Option<Vnd>,
}

/// What sellers are sorted by (sắp xếp theo).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum SellerOrderField {
    /// The code (mã người bán).
    Code,
    /// The day of registration (ngày đăng ký).
    RegisteredOn,
}

/// The order of a list of sellers (thứ tự).
#[derive(Debug, InputObject)]
pub(crate) struct SellerOrder {
    /// By what (theo).
    field: SellerOrderField,
    /// Which way (chiều).
    #[graphql(default_with = "OrderDirection::Ascending")]
    direction: OrderDirection,
}

/// What products are sorted by (sắp xếp theo).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "CatalogueSort")]
pub(crate) enum ProductOrderField {
    /// The code (mã sản phẩm).
    Code,
    /// The day of registration (ngày đăng ký).
    RegisteredOn,
    /// How well it was found (mức độ phù hợp), ASCENDING from the best; by code if nothing is searched.
    #[graphql(name = "RELEVANCE")]
    Distance,
}

/// The order of a list of products (thứ tự).
#[derive(Debug, InputObject)]
pub(crate) struct ProductOrder {
    /// By what (theo).
    field: ProductOrderField,
    /// Which way (chiều).
    #[graphql(default_with = "OrderDirection::Ascending")]
    direction: OrderDirection,
}

/// What listings are sorted by (sắp xếp theo).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "ListingSort")]
pub(crate) enum ListingOrderField {
    /// The code (mã tin đăng).
    Code,
    /// The first day (ngày đăng).
    ListedOn,
    /// The price (giá).
    Price,
    /// How well it was found (mức độ phù hợp), ASCENDING from the best; by code if nothing is searched.
    #[graphql(name = "RELEVANCE")]
    Distance,
}

/// The order of a list of listings (thứ tự).
#[derive(Debug, InputObject)]
pub(crate) struct ListingOrder {
    /// By what (theo).
    field: ListingOrderField,
    /// Which way (chiều).
    #[graphql(default_with = "OrderDirection::Ascending")]
    direction: OrderDirection,
}

impl SellerFilter {
    pub(super) fn conditions(self, session: &Session) -> Result<store::SellerFilter, ApiError> {
        Ok(store::SellerFilter {
            hamlets: hamlets(session, self.within.as_ref())?,
            kinds: each_once(self.kind),
            search: search(self.search.as_deref())?,
        })
    }
}

impl ProductFilter {
    pub(super) fn conditions(
        self,
        session: &Session,
        typed: Option<&str>,
    ) -> Result<store::ProductFilter, ApiError> {
        Ok(store::ProductFilter {
            hamlets: hamlets(session, self.within.as_ref())?,
            seller: self.seller.map(|code| code.read("seller")).transpose()?,
            categories: each_once(self.category),
            stars: stars(self.stars)?,
            search: search(typed)?,
            as_of: None,
        })
    }
}

impl ListingFilter {
    pub(super) fn conditions(
        self,
        session: &Session,
        typed: Option<&str>,
        as_of: Option<Instant>,
    ) -> Result<store::ListingFilter, ApiError> {
        // Only present names have their words kept.
        if typed.is_some() && as_of.is_some() {
            return Err(ApiError::Argument { name: "search", rule: Rule::PresentOnly });
        }
        let price = self.price_vnd.unwrap_or(PriceRange { min: None, max: None });
        Ok(store::ListingFilter {
            products: store::ProductFilter {
                hamlets: hamlets(session, self.within.as_ref())?,
                seller: self.seller.map(|code| code.read("seller")).transpose()?,
                categories: each_once(self.category),
                stars: stars(self.stars)?,
                search: search(typed)?,
                as_of,
            },
            product: None,
            marketplaces: marketplaces(self.marketplace)?,
            statuses: each_once(self.status),
            price_from: price.min.map(|price| price.0),
            price_to: price.max.map(|price| price.0),
        })
    }

    /// The unit that the list is about, if it is about one.
    pub(super) const fn within(&self) -> Option<&UnitRef> {
        self.within.as_ref()
    }
}

impl SellerOrder {
    /// The order that was asked for; else by code.
    pub(super) fn of(asked: Option<&Self>) -> CatalogueOrder {
        let by = match asked.map(|order| order.field) {
            Some(SellerOrderField::RegisteredOn) => CatalogueSort::RegisteredOn,
            Some(SellerOrderField::Code) | None => CatalogueSort::Code,
        };
        let direction = asked.map(|order| order.direction.into());
        CatalogueOrder { by, direction: direction.unwrap_or(Direction::Ascending) }
    }
}

impl ProductOrder {
    /// The order that was asked for; else the best found first, or by code.
    pub(super) fn of(asked: Option<&Self>) -> CatalogueOrder {
        match asked {
            Some(order) => {
                CatalogueOrder { by: order.field.into(), direction: order.direction.into() }
            }
            None => CatalogueOrder { by: CatalogueSort::Distance, direction: Direction::Ascending },
        }
    }
}

impl ListingOrder {
    /// The order that was asked for; else the best found first, or by code.
    pub(super) fn of(asked: Option<&Self>) -> store::ListingOrder {
        match asked {
            Some(order) => {
                store::ListingOrder { by: order.field.into(), direction: order.direction.into() }
            }
            None => {
                store::ListingOrder { by: ListingSort::Distance, direction: Direction::Ascending }
            }
        }
    }
}

fn marketplaces(given: Option<Vec<String>>) -> Result<Vec<MarketplaceCode>, ApiError> {
    let codes = given.into_iter().flatten().map(|code| code.parse());
    let codes = codes.collect::<Result<BTreeSet<_>, _>>().map_err(invalid("marketplace"))?;
    if codes.len() > MARKETPLACES_LIMIT {
        return Err(ApiError::TooMany { what: "marketplace", limit: MARKETPLACES_LIMIT });
    }
    Ok(codes.into_iter().collect())
}

fn hamlets(session: &Session, within: Option<&UnitRef>) -> Result<HouseholdScope, ApiError> {
    let within = within.map(|within| within.require(session, "within")).transpose()?;
    Ok(within.and_then(|within| within.scope(&session.reader.units())))
}

fn stars(given: Option<Vec<i32>>) -> Result<Vec<Stars>, ApiError> {
    let stars = given.into_iter().flatten().map(Stars::parse);
    let stars = stars.collect::<Result<BTreeSet<_>, _>>().map_err(invalid("stars"))?;
    Ok(stars.into_iter().collect())
}

fn invalid(name: &'static str) -> impl Fn(Rule) -> ApiError {
    move |rule| ApiError::Argument { name, rule }
}
