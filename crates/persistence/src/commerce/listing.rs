//! Listings: pages, counts, histories and sales, each of any number of lists in one statement.

use std::collections::HashMap;
use std::sync::Arc;

use registry_domain::access::Scope;
use registry_domain::commerce::{
    Listing, ListingChange, ListingCode, ListingStatus, MarketplaceCode, MonthlySales,
    ProductCategory, ProductCode, SellerCode, SellerKind,
};
use registry_domain::page::{Page, PageRequest};
use registry_domain::time::{Date, Instant, YearMonth};
use registry_domain::unit::UnitId;
use sea_orm::sea_query::{Expr, ExprTrait, JoinType, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::catalogue::join_sellers;
use super::key::{self, CommerceKey, DISTANCE, Place, nothing};
use super::row::select_listings;
use super::{ProductFilter, ProductRecord, code, past, search, stored};
use crate::cells::Cells;
use crate::entity::listing::{Column, Entity, sales, version};
use crate::entity::product;
use crate::moment::{recorded, standing};
use crate::page::{counts, one_statement_each, tagged};
use crate::{Direction, Reader, StoreError};

/// Conditions on listings; all of those given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ListingFilter {
    /// Of such products.
    pub products: ProductFilter,
    /// Of this product.
    pub product: Option<ProductCode>,
    /// On one of these marketplaces; on any if empty.
    pub marketplaces: Vec<MarketplaceCode>,
    /// In one of these states; in any if empty.
    pub statuses: Vec<ListingStatus>,
    /// At this price or above, in ₫.
    pub price_from: Option<i64>,
    /// At this price or below, in ₫.
    pub price_to: Option<i64>,
}

/// The orders of a list of listings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ListingOrder {
    /// By what.
    pub by: ListingSort,
    /// Which way.
    pub direction: Direction,
}

/// What listings can be sorted by; always unique by the code in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListingSort {
    /// The code.
    Code,
    /// The first day.
    ListedOn,
    /// The price.
    Price,
    /// How far the product is from what was searched; by code if nothing was.
    Distance,
}

/// A listing with its product and seller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingRecord {
    /// The listing.
    pub listing: Arc<Listing>,
    /// Its product, and whose it is.
    pub product: ProductRecord,
}

/// What most lists show of a listing, its product and its seller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingHead {
    /// The listing.
    pub code: ListingCode,
    /// Where it is.
    pub marketplace: MarketplaceCode,
    /// The price of one item, in ₫.
    pub price: i64,
    /// Where it is in its life.
    pub status: ListingStatus,
    /// Its first day.
    pub listed_on: Date,
    /// The product.
    pub product: ProductCode,
    /// What that is called.
    pub product_name: String,
    /// Its group.
    pub category: ProductCategory,
    /// The seller.
    pub seller: SellerCode,
    /// What that is.
    pub seller_kind: SellerKind,
    /// The name that customers see.
    pub seller_name: String,
    /// The hamlet it sells from.
    pub hamlet: UnitId,
}

/// How much of listings is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListingExtent {
    /// What most lists show.
    Head,
    /// All of them, their products and their sellers.
    Whole,
}

/// A listing, as far as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListingSeen {
    /// What most lists show.
    Head(Arc<ListingHead>),
    /// All of it.
    Whole(ListingRecord),
}

/// Sales added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SalesTotal {
    /// Orders.
    pub orders: i64,
    /// Items.
    pub items: i64,
    /// What was paid, in ₫.
    pub revenue: i64,
}

/// How many states of a listing are told.
pub const HISTORY: i32 = 100;

impl ListingFilter {
    /// The statement that pages, counts, facets and sums have in common.
    pub(super) fn select(&self, today: Date) -> SelectStatement {
        let mut select = Query::select();
        let same =
            Expr::col((Entity, Column::Product)).equals((product::Entity, product::Column::Number));
        let as_of = self.products.as_of;
        select.from(past::listings(as_of));
        select.join(JoinType::InnerJoin, past::products(as_of), same);
        join_sellers(&mut select, as_of);
        self.products.apply(&mut select, today);
        let column = |column| Expr::col((Entity, column));
        if let Some(product) = self.product {
            select.and_where(column(Column::Product).eq(stored(product)));
        }
        if !self.marketplaces.is_empty() {
            let codes = self.marketplaces.iter().map(MarketplaceCode::as_str);
            select.and_where(column(Column::Marketplace).is_in(codes));
        }
        if !self.statuses.is_empty() {
            let codes = self.statuses.iter().map(|status| status.code());
            select.and_where(column(Column::Status).is_in(codes));
        }
        if let Some(price) = self.price_from {
            select.and_where(column(Column::Price).gte(price));
        }
        if let Some(price) = self.price_to {
            select.and_where(column(Column::Price).lte(price));
        }
        select
    }

    /// What the list is sorted by before the code, if by anything.
    pub(super) fn place(&self, sort: ListingSort) -> Option<Place> {
        let column = |column| -> SimpleExpr { Expr::col((Entity, column)) };
        match sort {
            ListingSort::Code => None,
            ListingSort::Price => Some(Place::number(column(Column::Price))),
            ListingSort::ListedOn => Some(Place::day(column(Column::ListedOn))),
            ListingSort::Distance => {
                self.products.search.as_ref().map(|text| Place::number(search::distance(text)))
            }
        }
    }
}

impl ListingSeen {
    /// Its place in a list sorted so; `cells` has the distance next, if that is what it is sorted by.
    pub(super) fn key(
        &self,
        sort: ListingSort,
        cells: &mut Cells<'_>,
    ) -> Result<CommerceKey, StoreError> {
        match self {
            Self::Head(head) => place_in(sort, (head.code, head.price, head.listed_on), cells),
            Self::Whole(record) => record.key(sort, cells),
        }
    }
}

impl ListingRecord {
    fn key(&self, sort: ListingSort, cells: &mut Cells<'_>) -> Result<CommerceKey, StoreError> {
        let Listing { code, price, listed_on, .. } = *self.listing;
        place_in(sort, (code, price, listed_on), cells)
    }
}

fn place_in(
    sort: ListingSort,
    (code, price, listed_on): (ListingCode, i64, Date),
    cells: &mut Cells<'_>,
) -> Result<CommerceKey, StoreError> {
    let value = match sort {
        ListingSort::Code => 0,
        ListingSort::Price => price,
        ListingSort::ListedOn => listed_on.to_epoch_days().into(),
        ListingSort::Distance => cells.read()?,
    };
    Ok(CommerceKey { value, number: code.number() })
}

impl Reader {
    /// The listings with these codes, in no order, as known at a moment or now; unknown ones are left out.
    pub async fn listings(
        &self,
        codes: &[ListingCode],
        as_of: Option<Instant>,
    ) -> Result<Vec<ListingRecord>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let products = ProductFilter { as_of, ..ProductFilter::default() };
        let filter = ListingFilter { products, ..ListingFilter::default() };
        let mut select = filter.select(self.today());
        select_listings(&mut select, ListingExtent::Whole);
        let number = Expr::col((Entity, Column::Number));
        select.and_where(number.is_in(codes.iter().map(|code| stored(*code))));
        let rows = self.connection.query_all(&select).await?;
        rows.iter().map(|row| ListingRecord::read(&mut Cells::of(row)?)).collect()
    }

    /// One page of listings per filter, in the order of the filters.
    pub async fn listing_pages(
        &self,
        filters: &[ListingFilter],
        order: ListingOrder,
        page: &PageRequest<CommerceKey>,
    ) -> Result<Vec<Page<(CommerceKey, ListingRecord)>>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let selects = filters.iter().map(|filter| {
            let mut select = filter.select(self.today());
            select_listings(&mut select, ListingExtent::Whole);
            let place = filter.place(order.by);
            if order.by == ListingSort::Distance {
                let distance = place.as_ref().map(|place| place.of_row.clone());
                select.expr_as(distance.unwrap_or_else(nothing), DISTANCE);
            }
            let number = Expr::col((Entity, Column::Number));
            key::cut(&mut select, (place.as_ref(), number), order.direction, page);
            select
        });
        let mut found: Vec<Vec<(CommerceKey, ListingRecord)>> = vec![Vec::new(); filters.len()];
        for statement in one_statement_each(selects.collect()) {
            for row in self.connection.query_all(&statement).await? {
                let mut cells = Cells::of(&row)?;
                let record = ListingRecord::read(&mut cells)?;
                found[tagged(&row)?].push((record.key(order.by, &mut cells)?, record));
            }
        }
        Ok(found.into_iter().map(|items| key::page(items, order.direction, page)).collect())
    }

    /// How many listings each filter finds.
    pub async fn listing_counts(&self, filters: &[ListingFilter]) -> Result<Vec<u64>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let selects = filters.iter().map(|filter| filter.select(self.today()));
        counts(&self.connection, selects.collect()).await
    }

    /// All sales of the listings that a filter finds, from month to month, added up.
    pub async fn listing_sales_total(
        &self,
        filter: &ListingFilter,
        from: Option<YearMonth>,
        to: Option<YearMonth>,
    ) -> Result<SalesTotal, StoreError> {
        use sales::Column::{Items, Listing, Month, Orders, RecordedAt, Revenue, SupersededAt};
        self.require(Scope::RegistryRead)?;
        let column = |column| Expr::col((sales::Entity, column));
        let mut select = filter.select(self.today());
        let same = column(Listing).equals((Entity, Column::Number));
        select.join(JoinType::InnerJoin, sales::Entity, same);
        select.cond_where(standing(RecordedAt, SupersededAt, filter.products.as_of));
        if let Some(from) = from {
            select.and_where(column(Month).gte(from.index()));
        }
        if let Some(to) = to {
            select.and_where(column(Month).lte(to.index()));
        }
        for (counted, name) in [(Orders, "orders"), (Items, "items"), (Revenue, "revenue")] {
            // PostgreSQL sums 64-bit integers into a decimal.
            select.expr_as(column(counted).sum().if_null(0).cast_as("BIGINT"), name);
        }
        let row = self.connection.query_one(&select).await?;
        let row = row.ok_or_else(|| StoreError::damaged("a sum of sales"))?;
        Ok(SalesTotal {
            orders: row.try_get("", "orders")?,
            items: row.try_get("", "items")?,
            revenue: row.try_get("", "revenue")?,
        })
    }

    /// The newest [`HISTORY`] states that listings were in, of those known at a moment or now, oldest first.
    pub async fn listing_histories(
        &self,
        codes: &[ListingCode],
        as_of: Option<Instant>,
    ) -> Result<HashMap<ListingCode, Vec<ListingChange>>, StoreError> {
        use version::Column::{Number, RecordedAt, Version};
        const LAST: &str = "last";
        self.require(Scope::RegistryRead)?;
        let mut last = Query::select();
        last.expr(Expr::col((LAST, Version)).max().sub(HISTORY)).from_as(version::Entity, LAST);
        last.and_where(Expr::col((LAST, Number)).equals((version::Entity, Number)));
        if let Some(moment) = as_of {
            last.and_where(Expr::col((LAST, RecordedAt)).lte(moment));
        }
        let last = Expr::SubQuery(None, Box::new(last.into()));
        let select = version::Entity::find()
            .filter(Number.is_in(codes.iter().map(|code| stored(*code))))
            .filter(Expr::col((version::Entity, Version)).gt(last))
            .filter(recorded(RecordedAt, as_of))
            .order_by_asc(Version);
        let mut found: HashMap<ListingCode, Vec<ListingChange>> = HashMap::new();
        for row in select.all(&self.connection).await? {
            let status = ListingStatus::from_code(&row.status);
            let damaged = || StoreError::damaged(format!("a state of listing {}", row.number));
            found.entry(code(row.number)?).or_default().push(ListingChange {
                version: row.version.cast_unsigned(),
                status: status.ok_or_else(damaged)?,
                price: row.price,
                effective_on: row.effective_on,
                recorded_at: row.recorded_at,
                reason: row.reason,
            });
        }
        Ok(found)
    }

    /// The monthly sales of listings that count, or counted at a moment, from month to month.
    pub async fn listing_sales(
        &self,
        codes: &[ListingCode],
        from: Option<YearMonth>,
        to: Option<YearMonth>,
        as_of: Option<Instant>,
    ) -> Result<HashMap<ListingCode, Vec<MonthlySales>>, StoreError> {
        use sales::Column::{Listing, Month, RecordedAt, SupersededAt};
        self.require(Scope::RegistryRead)?;
        let mut select = sales::Entity::find()
            .filter(Listing.is_in(codes.iter().map(|code| stored(*code))))
            .filter(standing(RecordedAt, SupersededAt, as_of))
            .order_by_asc(Month);
        if let Some(from) = from {
            select = select.filter(Month.gte(from.index()));
        }
        if let Some(to) = to {
            select = select.filter(Month.lte(to.index()));
        }
        let mut found: HashMap<ListingCode, Vec<MonthlySales>> = HashMap::new();
        for row in select.all(&self.connection).await? {
            found.entry(code(row.listing)?).or_default().push(MonthlySales {
                month: YearMonth::from_index(row.month),
                revision: row.revision.cast_unsigned(),
                orders: row.orders.into(),
                items: row.items.into(),
                revenue: row.revenue,
                recorded_at: row.recorded_at,
            });
        }
        Ok(found)
    }
}
