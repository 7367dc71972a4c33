//! Sellers and products: what lists of them ask for, and reading them.

use std::collections::HashMap;

use registry_domain::access::Scope;
use registry_domain::commerce::{
    Product, ProductCategory, ProductCode, Rating, SearchText, Seller, SellerCode, SellerKind,
    Stars,
};
use registry_domain::page::{Page, PageRequest, Take};
use registry_domain::time::Date;
use sea_orm::sea_query::{
    Asterisk, Condition, Expr, ExprTrait, JoinType, Order, Query, SelectStatement, SimpleExpr,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QueryResult,
};

use super::key::{self, CommerceKey, Place};
use super::{code, product, search, select_all, seller, stored};
use crate::entity::{product as product_row, seller as seller_row};
use crate::page::{one_statement_each, tagged};
use crate::{Direction, HouseholdScope, Reader, StoreError};

const DISTANCE: &str = "distance";

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
    /// Found by these words.
    pub search: Option<SearchText>,
}

/// A product and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductRecord {
    /// The product.
    pub product: Product,
    /// Its seller.
    pub seller: Seller,
}

impl ProductRecord {
    pub(super) fn read(row: &QueryResult) -> Result<Self, StoreError> {
        Ok(Self {
            product: product(product_row::Model::from_query_result(row, "product_")?)?,
            seller: seller(seller_row::Model::from_query_result(row, "seller_")?)?,
        })
    }
}

/// Products with their sellers, all columns of both.
pub(super) fn select_products(select: &mut SelectStatement) {
    select_all::<product_row::Entity>(select, "product_");
    select_all::<seller_row::Entity>(select, "seller_");
}

/// Joins the sellers to a statement that has the products.
pub(super) fn join_sellers(select: &mut SelectStatement) {
    use product_row::{Column, Entity};
    let same = Expr::col((Entity, Column::Seller))
        .equals((seller_row::Entity, seller_row::Column::Number));
    select.join(JoinType::InnerJoin, seller_row::Entity, same);
}

impl ProductFilter {
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
                .add(Expr::col((Entity, Column::ExpiresOn)).gt(today));
        }
        select.cond_where(all);
        if let Some(search) = &self.search {
            search::join_hits(select, search);
        }
    }

    /// The statement that pages and counts have in common.
    fn select(&self, today: Date) -> SelectStatement {
        let mut select = Query::select();
        select.from(product_row::Entity);
        join_sellers(&mut select);
        self.apply(&mut select, today);
        select
    }
}

impl Reader {
    /// The sellers with these codes, in no order; unknown ones are left out.
    pub async fn sellers(&self, codes: &[SellerCode]) -> Result<Vec<Seller>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let numbers = codes.iter().map(|code| stored(*code));
        let select = seller_row::Entity::find().filter(seller_row::Column::Number.is_in(numbers));
        select.all(&self.connection).await?.into_iter().map(seller).collect()
    }

    /// A page of sellers by code.
    pub async fn seller_page(
        &self,
        filter: &SellerFilter,
        page: &PageRequest<SellerCode>,
    ) -> Result<Page<Seller>, StoreError> {
        use seller_row::Column::Number;
        self.require(Scope::RegistryRead)?;
        let mut select = seller_row::Entity::find().filter(sellers_of(filter));
        if let Some(after) = page.after {
            select = select.filter(Number.gt(stored(after)));
        }
        if let Some(before) = page.before {
            select = select.filter(Number.lt(stored(before)));
        }
        let order = match page.take {
            Take::First(_) => Order::Asc,
            Take::Last(_) => Order::Desc,
        };
        let select = select.order_by(Number, order);
        let rows = sea_orm::QuerySelect::limit(select, page.take.limit() as u64 + 1);
        let rows = rows.all(&self.connection).await?.into_iter().map(seller);
        Ok(Page::from_overfetch(rows.collect::<Result<_, _>>()?, page))
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
        rows.iter().map(ProductRecord::read).collect()
    }

    /// One page of products per filter, in the order of the filters: best found first, else by code.
    /// Either all of them search or none does.
    pub async fn product_pages(
        &self,
        filters: &[ProductFilter],
        page: &PageRequest<CommerceKey>,
    ) -> Result<Vec<Page<(CommerceKey, ProductRecord)>>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let selects = filters.iter().map(|filter| {
            let mut select = filter.select(self.today());
            select_products(&mut select);
            let place = filter.search.as_ref().map(search::distance).map(Place::number);
            if let Some(place) = &place {
                select.expr_as(place.of_row.clone(), DISTANCE);
            }
            let number = Expr::col((product_row::Entity, product_row::Column::Number));
            key::cut(&mut select, (place.as_ref(), number), Direction::Ascending, page);
            select
        });
        let mut found: Vec<Vec<(CommerceKey, ProductRecord)>> = vec![Vec::new(); filters.len()];
        for statement in one_statement_each(selects.collect()) {
            for row in self.connection.query_all(&statement).await? {
                let record = ProductRecord::read(&row)?;
                let place = tagged(&row)?;
                let searched = filters[place].search.is_some();
                let value = if searched { row.try_get("", DISTANCE)? } else { 0 };
                let number = record.product.code.number();
                found[place].push((CommerceKey { value, number }, record));
            }
        }
        let page = |items| key::page(items, Direction::Ascending, page);
        Ok(found.into_iter().map(page).collect())
    }

    /// How many products each filter finds.
    pub async fn product_counts(&self, filters: &[ProductFilter]) -> Result<Vec<u64>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let select = |filter: &ProductFilter| {
            let mut select = filter.select(self.today());
            select.expr_as(Expr::col(Asterisk).count(), "count").to_owned()
        };
        let mut counts = vec![0; filters.len()];
        for statement in one_statement_each(filters.iter().map(select).collect()) {
            for row in self.connection.query_all(&statement).await? {
                counts[tagged(&row)?] = row.try_get::<i64>("", "count")?.cast_unsigned();
            }
        }
        Ok(counts)
    }

    /// All ratings of products, newest first.
    pub async fn product_ratings(
        &self,
        codes: &[ProductCode],
    ) -> Result<HashMap<ProductCode, Vec<Rating>>, StoreError> {
        use product_row::rating::{Column, Entity};
        self.require(Scope::RegistryRead)?;
        let select = Entity::find()
            .filter(Column::Product.is_in(codes.iter().map(|code| stored(*code))))
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
        let begins: SimpleExpr = FoldedName.like(format!("{word}%"));
        all = all.add(begins.or(FoldedName.like(format!("% {word}%"))));
    }
    all
}
