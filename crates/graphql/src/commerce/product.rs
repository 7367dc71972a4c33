//! Products: the object with its ratings, and the list of them.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use registry_domain::commerce::{self as domain, ProductCode};
use registry_domain::page::PageRequest;
use registry_domain::time::Instant;
use registry_persistence::{
    self as store, CatalogueOrder, CommerceKey, ListingHead, ListingSeen, ProductRecord,
};

use super::listing::whole;
use super::listings::{ProductListingConnection, listings_of};
use super::loader::{ProductCountKey, ProductKey, ProductPageKey, RatingsKey};
use super::seller::SellerSeen;
use super::{ListingOrder, ProductCategory, ProductFilter, ProductOrder, Seller, readers};
use crate::access::{list_size, needs};
use crate::at_once::{AtOnce, Field, Teller};
use crate::audit::Audited;
use crate::cursor::List;
use crate::error::ApiError;
use crate::in_order::One;
use crate::loader::answered;
use crate::node::GlobalId;
use crate::page::{Connection, PAGE, PageArguments, connection, paging};
use crate::scalar::{Date, RegistryCode};
use crate::session::Session;

/// An OCOP rating (hạng sao OCOP): stars by a decision, for three years.
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(readers()))]
pub(crate) struct OcopRating {
    /// How many stars (số sao), 1…5.
    stars: u8,
    /// The day of the decision (ngày quyết định); the first on which it holds.
    decided_on: Date,
    /// The day after the last on which it holds (hết hạn từ ngày).
    expires_on: Date,
    /// The decision, as cited (quyết định).
    decision: String,
}

impl From<domain::Rating> for OcopRating {
    fn from(rating: domain::Rating) -> Self {
        Self {
            stars: rating.stars.get(),
            decided_on: Date(rating.decided_on),
            expires_on: Date(rating.expires_on),
            decision: rating.decision,
        }
    }
}

/// A product, as far as it was read, and the moment as of which it is told; none for now.
#[derive(Debug, Clone)]
pub(crate) struct Product(pub(crate) ProductSeen, pub(crate) Option<Instant>);

/// A product, as far as it was read.
#[derive(Debug, Clone)]
pub(crate) enum ProductSeen {
    /// With what most lists of listings show.
    OfListing(Arc<ListingHead>),
    /// All of it.
    Whole(ProductRecord),
}

impl Product {
    fn own_code(&self) -> ProductCode {
        match &self.0 {
            ProductSeen::OfListing(head) => head.product,
            ProductSeen::Whole(record) => record.product.code,
        }
    }

    fn own_name(&self) -> &str {
        match &self.0 {
            ProductSeen::OfListing(head) => &head.product_name,
            ProductSeen::Whole(record) => &record.product.name,
        }
    }

    fn own_category(&self) -> ProductCategory {
        match &self.0 {
            ProductSeen::OfListing(head) => head.category.into(),
            ProductSeen::Whole(record) => record.product.category.into(),
        }
    }

    fn own_seller(&self) -> One<Seller> {
        let seen = match &self.0 {
            ProductSeen::OfListing(head) => SellerSeen::OfListing(Arc::clone(head)),
            ProductSeen::Whole(record) => SellerSeen::Whole(Arc::clone(&record.seller)),
        };
        One(Seller(seen, self.1))
    }

    async fn whole(&self, context: &Context<'_>) -> Result<Arc<domain::Product>> {
        match &self.0 {
            ProductSeen::OfListing(head) => {
                let seen = ListingSeen::Head(Arc::clone(head));
                Ok(whole(context, &seen, self.1).await?.product.product)
            }
            ProductSeen::Whole(record) => Ok(Arc::clone(&record.product)),
        }
    }
}

/// What is sold (sản phẩm).
#[Object(directive = needs::apply(readers()))]
impl Product {
    /// The global id (định danh toàn cục).
    pub(crate) async fn id(&self) -> ID {
        GlobalId::Product(self.own_code()).write()
    }

    #[graphql(flatten)]
    async fn audited(&self) -> Audited {
        Audited(GlobalId::Product(self.own_code()))
    }

    /// The registry code (mã sản phẩm): `SP` and 8 digits.
    async fn code(&self) -> RegistryCode {
        self.own_code().into()
    }

    /// What it is called (tên sản phẩm).
    async fn name(&self) -> &str {
        self.own_name()
    }

    /// Its group (nhóm sản phẩm).
    async fn category(&self) -> ProductCategory {
        self.own_category()
    }

    /// Whose it is (người bán).
    async fn seller(&self) -> One<Seller> {
        self.own_seller()
    }

    /// Since when it is sold (ngày đăng ký).
    async fn registered_on(&self, context: &Context<'_>) -> Result<Date> {
        Ok(Date(self.whole(context).await?.registered_on))
    }

    /// Counts the changes from 1 (phiên bản); give it back with the next change.
    async fn version(&self, context: &Context<'_>) -> Result<u32> {
        Ok(self.whole(context).await?.version)
    }

    /// The OCOP rating that holds today (hạng sao OCOP hiện nay), or on the day of `asOf`, if one does.
    async fn ocop(&self, context: &Context<'_>) -> Result<Option<OcopRating>> {
        let today = Session::of(context).day(self.1);
        let rating = self.whole(context).await?.rating.clone();
        Ok(rating.filter(|rating| rating.holds(today)).map(Into::into))
    }

    /// All OCOP ratings (các lần xếp hạng), newest first.
    #[graphql(directive = list_size::apply(Some(5), None))]
    async fn ratings(&self, context: &Context<'_>) -> Result<Vec<OcopRating>> {
        let key = RatingsKey(self.own_code(), self.1);
        let ratings = Session::of(context).records().load_one(key).await?;
        Ok(ratings.unwrap_or_default().into_iter().map(Into::into).collect())
    }

    /// Where it is listed (các tin đăng), by code if no order is given.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())))]
    async fn listings(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The order (thứ tự).")] order_by: Option<ListingOrder>,
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<ProductListingConnection> {
        let page = PageArguments { first, after, last, before };
        let order = ListingOrder::of(order_by.as_ref());
        let product = (self.own_code(), self.1);
        Ok(listings_of(Session::of(context), product, order, page).await?)
    }
}

impl AtOnce for Product {
    fn tell(&self, field: &Field<'_>, to: &mut Teller<'_>) -> Option<()> {
        match field.name {
            "id" => to.put(field, &GlobalId::Product(self.own_code()).write()),
            "code" => to.put(field, &RegistryCode::from(self.own_code())),
            "name" => to.put(field, self.own_name()),
            "category" => to.word(self.own_category()),
            "seller" => to.put(field, &self.own_seller()),
            _ => None,
        }
    }
}

pub(crate) type ProductConnection = One<Connection<CommerceKey, Product, ProductCount>>;

/// How many products the whole list has; counted only if selected.
pub(crate) struct ProductCount(ProductCountKey);

impl AtOnce for ProductCount {}

#[Object(directive = needs::apply(readers()))]
impl ProductCount {
    /// The number of products in the whole list (tổng số sản phẩm); costs a statement.
    async fn total_count(&self, context: &Context<'_>) -> Result<u64> {
        Ok(answered(Session::of(context).records().load_one(self.0.clone()).await?)?)
    }
}

/// A page of products: the best found first, or by code.
pub(crate) async fn product_page(
    session: &Session,
    filter: Option<ProductFilter>,
    search: Option<String>,
    order: Option<ProductOrder>,
    page: PageArguments,
) -> Result<ProductConnection, ApiError> {
    let filter = filter.unwrap_or_default().conditions(session, search.as_deref())?;
    products_of(session, filter, ProductOrder::of(order.as_ref()), page).await
}

/// A page of the products that a filter finds.
pub(super) async fn products_of(
    session: &Session,
    filter: store::ProductFilter,
    order: CatalogueOrder,
    page: PageArguments,
) -> Result<ProductConnection, ApiError> {
    let list = List::of(("products", &filter, order));
    let request: PageRequest<CommerceKey> = page.request(list, session)?;
    let key = ProductPageKey(filter.clone(), order, request);
    let page = answered(session.records().load_one(key).await?)?;
    let page = page.map(|(key, record)| (key, Product(ProductSeen::Whole(record), filter.as_of)));
    Ok(connection(page, list, ProductCount(ProductCountKey(filter))))
}

/// One product by its code.
pub(crate) async fn one_product(
    session: &Session,
    code: ProductCode,
) -> Result<Option<Product>, ApiError> {
    let found = session.records().load_one(ProductKey(code)).await?;
    Ok(found.map(|found| Product(ProductSeen::Whole(found), None)))
}
