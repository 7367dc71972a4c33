//! Sellers and products: what lists of them ask for, and reading them.

use std::collections::HashMap;
use std::sync::Arc;

use registry_domain::access::Scope;
use registry_domain::commerce::{
    Product, ProductCategory, ProductCode, Rating, Seller, SellerCode, SellerKind, Stars,
};
use registry_domain::page::{Page, PageRequest};
use registry_domain::search::SearchText;
use registry_domain::time::{Date, Instant, local_date};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, JoinType, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::key::{self, CommerceKey, DISTANCE, Place, nothing};
use super::row::{select_products, select_seller};
use super::{code, past, search, stored};
use crate::cells::Cells;
use crate::entity::{product as product_row, seller as seller_row};
use crate::moment::recorded;
use crate::page::{begins_word, counts, one_statement_each, tagged};
use crate::{Direction, HouseholdScope, Reader, StoreError};

/// Conditions on sellers; all of those given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct SellerFilter {
    /// In one of these hamlets.
    pub hamlets: HouseholdScope,
    /// Of one of these kinds; of any if empty.
    pub kinds: Vec<SellerKind>,
    /// Every word begins a word of the name.
    pub search: Option<SearchText>,
}

/// Conditions on products; all of those given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ProductFilter {
    /// Sold from one of these hamlets.
    pub hamlets: HouseholdScope,
    /// Of this seller.
    pub seller: Option<SellerCode>,
    /// In one of these groups; in any if empty.
    pub categories: Vec<ProductCategory>,
    /// With one of these numbers of stars by a rating that holds today; with any or none if empty.
    pub stars: Vec<Stars>,
    /// Found by these words; in present names, so not together with a moment.
    pub search: Option<SearchText>,
    /// Known at this moment: products, sellers, listings, and what the other conditions say of them.
    pub as_of: Option<Instant>,
}

/// The orders of lists of sellers and products.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CatalogueOrder {
    /// By what.
    pub by: CatalogueSort,
    /// Which way.
    pub direction: Direction,
}

/// What sellers and products can be sorted by; always unique by the code in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CatalogueSort {
    /// The code.
    Code,
    /// The day of registration.
    RegisteredOn,
    /// How far a product is from what was searched; by code if nothing was.
    Distance,
}

impl CatalogueSort {
    /// The value of a key, where it is the day of registration.
    fn day_of(self, registered_on: Date) -> i64 {
        match self {
            Self::RegisteredOn => registered_on.to_epoch_days().into(),
            Self::Code | Self::Distance => 0,
        }
    }
}

/// A product and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductRecord {
    /// The product.
    pub product: Arc<Product>,
    /// Its seller.
    pub seller: Arc<Seller>,
}

/// Joins the sellers to a statement that has the products, both as known at a moment or now.
pub(super) fn join_sellers(select: &mut SelectStatement, as_of: Option<Instant>) {
    use product_row::{Column, Entity};
    let same = Expr::col((Entity, Column::Seller))
        .equals((seller_row::Entity, seller_row::Column::Number));
    select.join(JoinType::InnerJoin, past::sellers(as_of), same);
}

impl ProductFilter {
    /// The day on which ratings must hold: that of the moment asked about, or today.
    pub(super) fn day(&self, today: Date) -> Date {
        self.as_of.map_or(today, local_date)
    }

    /// Puts the conditions on a statement that has products and sellers.
    pub(super) fn apply(&self, select: &mut SelectStatement, today: Date) {
        use product_row::{Column, Entity};
        let mut all = Condition::all();
        if let Some(hamlets) = &self.hamlets {
            let hamlet = Expr::col((seller_row::Entity, seller_row::Column::HamletId));
            all = all.add(hamlet.is_in(hamlets.iter().map(|hamlet| hamlet.get())));
        }
        if let Some(seller) = self.seller {
            all = all.add(Expr::col((Entity, Column::Seller)).eq(stored(seller)));
        }
        if !self.categories.is_empty() {
            let codes = self.categories.iter().map(|category| category.code());
            all = all.add(Expr::col((Entity, Column::Category)).is_in(codes));
        }
        if !self.stars.is_empty() {
            let stars = self.stars.iter().map(|stars| i16::from(stars.get()));
            all = all
                .add(Expr::col((Entity, Column::Stars)).is_in(stars))
                .add(Expr::col((Entity, Column::ExpiresOn)).gt(self.day(today)));
        }
        select.cond_where(all);
        if let Some(search) = &self.search {
            search::join_hits(select, search);
        }
    }

    /// What a list is sorted by before the code, if by anything.
    fn place(&self, by: CatalogueSort) -> Option<Place> {
        use product_row::{Column, Entity};
        match by {
            CatalogueSort::Code => None,
            CatalogueSort::RegisteredOn => {
                Some(Place::day(Expr::col((Entity, Column::RegisteredOn))))
            }
            CatalogueSort::Distance => {
                self.search.as_ref().map(search::distance).map(Place::number)
            }
        }
    }

    /// The statement that pages and counts have in common.
    fn select(&self, today: Date) -> SelectStatement {
        let mut select = Query::select();
        select.from(past::products(self.as_of));
        join_sellers(&mut select, self.as_of);
        self.apply(&mut select, today);
        select
    }
}

impl Reader {
    /// The sellers with these codes, in no order; unknown ones are left out.
    pub async fn sellers(&self, codes: &[SellerCode]) -> Result<Vec<Seller>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let numbers = codes.iter().map(|code| stored(*code));
        let mut select = Query::select();
        select.from(seller_row::Entity).and_where(seller_row::Column::Number.is_in(numbers));
        select_seller(&mut select);
        let rows = self.connection.query_all(&select).await?;
        rows.iter().map(|row| Cells::of(row)?.read_seller()).collect()
    }

    /// A page of sellers.
    pub async fn seller_page(
        &self,
        filter: &SellerFilter,
        order: CatalogueOrder,
        page: &PageRequest<CommerceKey>,
    ) -> Result<Page<(CommerceKey, Seller)>, StoreError> {
        use seller_row::{Column, Entity};
        self.require(Scope::RegistryRead)?;
        let mut select = Query::select();
        select.from(Entity).cond_where(sellers_of(filter));
        select_seller(&mut select);
        let place = match order.by {
            CatalogueSort::RegisteredOn => {
                Some(Place::day(Expr::col((Entity, Column::RegisteredOn))))
            }
            CatalogueSort::Code | CatalogueSort::Distance => None,
        };
        let number = Expr::col((Entity, Column::Number));
        key::cut(&mut select, (place.as_ref(), number), order.direction, page);
        let mut found = Vec::new();
        for row in self.connection.query_all(&select).await? {
            let seller = Cells::of(&row)?.read_seller()?;
            let value = order.by.day_of(seller.registered_on);
            found.push((CommerceKey { value, number: seller.code.number() }, seller));
        }
        Ok(key::page(found, order.direction, page))
    }

    /// How many sellers there are.
    pub async fn seller_count(&self, filter: &SellerFilter) -> Result<u64, StoreError> {
        self.require(Scope::RegistryRead)?;
        let select = seller_row::Entity::find().filter(sellers_of(filter));
        Ok(sea_orm::PaginatorTrait::count(select, &self.connection).await?)
    }

    /// The products with these codes, in no order; unknown ones are left out.
    pub async fn products(&self, codes: &[ProductCode]) -> Result<Vec<ProductRecord>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let mut select = ProductFilter::default().select(self.today());
        select_products(&mut select);
        let number = Expr::col((product_row::Entity, product_row::Column::Number));
        select.and_where(number.is_in(codes.iter().map(|code| stored(*code))));
        let rows = self.connection.query_all(&select).await?;
        rows.iter().map(|row| ProductRecord::read(&mut Cells::of(row)?)).collect()
    }

    /// One page of products per filter, in the order of the filters.
    pub async fn product_pages(
        &self,
        filters: &[ProductFilter],
        order: CatalogueOrder,
        page: &PageRequest<CommerceKey>,
    ) -> Result<Vec<Page<(CommerceKey, ProductRecord)>>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let number = || Expr::col((product_row::Entity, product_row::Column::Number));
        let selects = filters.iter().map(|filter| {
            let mut select = filter.select(self.today());
            select_products(&mut select);
            let place = filter.place(order.by);
            if order.by == CatalogueSort::Distance {
                let distance = place.as_ref().map(|place| place.of_row.clone());
                select.expr_as(distance.unwrap_or_else(nothing), DISTANCE);
            }
            key::cut(&mut select, (place.as_ref(), number()), order.direction, page);
            select
        });
        let mut found: Vec<Vec<(CommerceKey, ProductRecord)>> = vec![Vec::new(); filters.len()];
        for statement in one_statement_each(selects.collect()) {
            for row in self.connection.query_all(&statement).await? {
                let record = ProductRecord::read(&mut Cells::of(&row)?)?;
                let value = match order.by {
                    CatalogueSort::Distance => row.try_get("", DISTANCE)?,
                    by => by.day_of(record.product.registered_on),
                };
                let number = record.product.code.number();
                found[tagged(&row)?].push((CommerceKey { value, number }, record));
            }
        }
        Ok(found.into_iter().map(|items| key::page(items, order.direction, page)).collect())
    }

    /// How many products each filter finds.
    pub async fn product_counts(&self, filters: &[ProductFilter]) -> Result<Vec<u64>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let selects = filters.iter().map(|filter| filter.select(self.today()));
        counts(&self.connection, selects.collect()).await
    }

    /// All ratings of products that were known at a moment or are known now, newest first.
    pub async fn product_ratings(
        &self,
        codes: &[ProductCode],
        as_of: Option<Instant>,
    ) -> Result<HashMap<ProductCode, Vec<Rating>>, StoreError> {
        use product_row::rating::{Column, Entity};
        self.require(Scope::RegistryRead)?;
        let select = Entity::find()
            .filter(Column::Product.is_in(codes.iter().map(|code| stored(*code))))
            .filter(recorded(Column::RecordedAt, as_of))
            .order_by_desc(Column::DecidedOn);
        let mut found: HashMap<ProductCode, Vec<Rating>> = HashMap::new();
        for row in select.all(&self.connection).await? {
            let damaged = || StoreError::damaged(format!("a rating of product {}", row.product));
            found.entry(code(row.product)?).or_default().push(Rating {
                stars: Stars::parse(row.stars.into()).map_err(|_| damaged())?,
                decided_on: row.decided_on,
                expires_on: row.expires_on,
                decision: row.decision,
            });
        }
        Ok(found)
    }
}

fn sellers_of(filter: &SellerFilter) -> Condition {
    use seller_row::Column::{FoldedName, HamletId, Kind};
    let mut all = Condition::all();
    if let Some(hamlets) = &filter.hamlets {
        all = all.add(HamletId.is_in(hamlets.iter().map(|hamlet| hamlet.get())));
    }
    if !filter.kinds.is_empty() {
        all = all.add(Kind.is_in(filter.kinds.iter().map(|kind| kind.code())));
    }
    // There are far fewer sellers than products; looking through their names will do.
    for word in filter.search.iter().flat_map(SearchText::words) {
        all = all.add(begins_word(&Expr::col(FoldedName), word));
    }
    all
}
