//! Listings: the object with its history and sales, the list of them, and what the list says as a whole.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, OutputType, Result, SimpleObject};
use registry_domain::commerce::{self as domain, ListingCode, ProductCode};
use registry_domain::page::{Page, PageRequest};
use registry_domain::time;
use registry_persistence::{self as store, CommerceKey, ListingRecord, StoreError};

use super::facet::ListingFacets;
use super::loader::{HistoryKey, ListingCountKey, ListingKey, ListingPageKey, SalesKey};
use super::{ListingFilter, ListingOrder, ListingStatus, Marketplace, Product, Seller, readers};
use crate::access::{list_size, needs};
use crate::audit::Audited;
use crate::cursor::List;
use crate::error::ApiError;
use crate::in_order::One;
use crate::loader::answered;
use crate::node::GlobalId;
use crate::page::{Connection, Naming, PageArguments, connection};
use crate::scalar::{Date, DateTime, RegistryCode, Total, Vnd, YearMonth};
use crate::session::Session;

/// One state that a listing was in (một lần thay đổi).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(readers()))]
pub(crate) struct ListingChange {
    /// Counts the changes from 1 (phiên bản).
    version: u32,
    /// Where it was in its life (trạng thái).
    status: ListingStatus,
    /// The price of one item (giá).
    price_vnd: Vnd,
    /// Since when (từ ngày).
    effective_on: Date,
    /// When the registry learned of it (thời điểm ghi nhận).
    recorded_at: DateTime,
    /// Why (lý do), if that was said.
    reason: Option<String>,
}

impl From<domain::ListingChange> for ListingChange {
    fn from(change: domain::ListingChange) -> Self {
        Self {
            version: change.version,
            status: change.status.into(),
            price_vnd: Vnd(change.price),
            effective_on: Date(change.effective_on),
            recorded_at: DateTime(change.recorded_at),
            reason: change.reason,
        }
    }
}

/// What a listing sold in a month (doanh số tháng).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(readers()))]
pub(crate) struct MonthlySales {
    /// The month (tháng).
    month: YearMonth,
    /// Orders (số đơn hàng), 0…10,000,000.
    orders: i64,
    /// Items (số sản phẩm bán ra), 0…10,000,000.
    items: i64,
    /// What was paid for them (doanh thu).
    revenue_vnd: Vnd,
    /// Counts the corrections from 1 (lần ghi).
    revision: u32,
    /// When the registry learned of it (thời điểm ghi nhận).
    recorded_at: DateTime,
}

impl From<domain::MonthlySales> for MonthlySales {
    fn from(sales: domain::MonthlySales) -> Self {
        Self {
            month: YearMonth(sales.month),
            orders: sales.orders,
            items: sales.items,
            revenue_vnd: Vnd(sales.revenue),
            revision: sales.revision,
            recorded_at: DateTime(sales.recorded_at),
        }
    }
}

/// Sales added up (tổng doanh số).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(readers()))]
pub(crate) struct SalesTotal {
    /// Orders (số đơn hàng).
    orders: Total,
    /// Items (số sản phẩm bán ra).
    items: Total,
    /// What was paid for them (doanh thu).
    revenue_vnd: Vnd,
}

/// A listing, and the moment as of which it is told; none for now.
#[derive(Debug, Clone)]
pub(crate) struct Listing(pub(crate) ListingRecord, pub(crate) Option<time::Instant>);

/// One product on one marketplace (tin đăng bán).
#[Object(directive = needs::apply(readers()))]
impl Listing {
    /// The global id (định danh toàn cục).
    pub(crate) async fn id(&self) -> ID {
        GlobalId::Listing(self.0.listing.code).write()
    }

    #[graphql(flatten)]
    async fn audited(&self) -> Audited {
        Audited(GlobalId::Listing(self.0.listing.code))
    }

    /// The registry code (mã tin đăng): `LS` and 8 digits.
    async fn code(&self) -> RegistryCode {
        self.0.listing.code.into()
    }

    /// What is sold (sản phẩm).
    async fn product(&self) -> One<Product> {
        One(Product(self.0.product.clone(), self.1))
    }

    /// Who sells it (người bán).
    async fn seller(&self) -> One<Seller> {
        One(Seller(self.0.product.seller.clone(), self.1))
    }

    /// Where it is sold (sàn).
    async fn marketplace(&self, context: &Context<'_>) -> Result<One<Marketplace>> {
        let code = &self.0.listing.marketplace;
        Ok(One(Marketplace(Session::of(context).marketplace(code).await?)))
    }

    /// Its address there (địa chỉ trang), https.
    async fn url(&self) -> &str {
        &self.0.listing.url
    }

    /// The price of one item (giá).
    async fn price_vnd(&self) -> Vnd {
        Vnd(self.0.listing.price)
    }

    /// The OCOP stars that it shows (số sao OCOP hiển thị), if it does, 1…5.
    async fn ocop_stars(&self) -> Option<u8> {
        self.0.listing.shown_stars
    }

    /// Where it is in its life (trạng thái).
    async fn status(&self) -> ListingStatus {
        self.0.listing.status.into()
    }

    /// The first day (ngày đăng).
    async fn listed_on(&self) -> Date {
        Date(self.0.listing.listed_on)
    }

    /// Since when its present state holds (ngày hiệu lực).
    async fn effective_on(&self) -> Date {
        Date(self.0.listing.effective_on)
    }

    /// Counts the changes from 1 (phiên bản); give it back with the next change.
    async fn version(&self) -> u32 {
        self.0.listing.version
    }

    /// The states and prices it had (lịch sử giá và trạng thái), the newest 100, oldest first.
    #[graphql(directive = list_size::apply(Some(10), None))]
    async fn history(&self, context: &Context<'_>) -> Result<Vec<ListingChange>> {
        let key = HistoryKey(self.0.listing.code, self.1);
        let states = Session::of(context).records.load_one(key).await?;
        Ok(states.unwrap_or_default().into_iter().map(Into::into).collect())
    }

    /// What it sold (doanh số theo tháng), month by month; months without a record are left out.
    #[graphql(directive = list_size::apply(Some(12), None))]
    async fn sales(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first month (từ tháng); from the beginning if not given.")]
        from: Option<YearMonth>,
        #[graphql(desc = "The last month (đến tháng); to the end if not given.")] to: Option<
            YearMonth,
        >,
    ) -> Result<Vec<MonthlySales>> {
        let key = SalesKey(self.0.listing.code, month(from), month(to), self.1);
        let sales = Session::of(context).records.load_one(key).await?;
        Ok(sales.unwrap_or_default().into_iter().map(Into::into).collect())
    }
}

fn month(month: Option<YearMonth>) -> Option<time::YearMonth> {
    month.map(|month| month.0)
}

pub(crate) type ListingConnection = One<Connection<CommerceKey, Listing, ListingSummary>>;

/// What the whole list says, whatever part of it the page shows.
pub(crate) struct ListingSummary {
    filter: store::ListingFilter,
    /// The day whose boundaries the list is told on.
    on: time::Date,
    /// Read with the page if they are selected; they tell the number of listings as well.
    facets: Option<Arc<store::Facets>>,
}

#[Object(directive = needs::apply(readers()))]
impl ListingSummary {
    /// The number of listings in the whole list (tổng số tin đăng); costs a statement, unless the facets
    /// are selected as well.
    async fn total_count(&self, context: &Context<'_>) -> Result<u64> {
        if let Some(facets) = &self.facets {
            return Ok(facets.total());
        }
        let key = ListingCountKey(self.filter.clone());
        Ok(answered(Session::of(context).records.load_one(key).await?)?)
    }

    /// How many listings of the whole list there are of each kind (số tin đăng theo nhóm); all of them are
    /// counted by the statement that reads the page.
    async fn facets(&self) -> Result<One<ListingFacets>> {
        let unread = || StoreError::Damaged { what: "facets that were not selected".into() };
        let facets = self.facets.clone().ok_or_else(unread).map_err(ApiError::from)?;
        Ok(One(ListingFacets { facets, on: self.on, as_of: self.filter.products.as_of }))
    }

    /// What all listings of the list sold (tổng doanh số của danh sách); costs a statement.
    async fn sales(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first month (từ tháng); from the beginning if not given.")]
        from: Option<YearMonth>,
        #[graphql(desc = "The last month (đến tháng); to the end if not given.")] to: Option<
            YearMonth,
        >,
    ) -> Result<SalesTotal> {
        let reader = &Session::of(context).reader;
        let total = reader.listing_sales_total(&self.filter, month(from), month(to)).await;
        let store::SalesTotal { orders, items, revenue } = total.map_err(ApiError::from)?;
        let [orders, items] = [orders, items].map(|count| Total(count.cast_unsigned()));
        Ok(SalesTotal { orders, items, revenue_vnd: Vnd(revenue) })
    }
}

/// The listings of one product: without what only a whole list of listings says.
pub(crate) type ProductListingConnection =
    One<Connection<CommerceKey, Listing, ListingCount, OfProduct>>;

/// Names the connection of a product's listings.
pub(crate) struct OfProduct;

impl Naming for OfProduct {
    fn name<N: OutputType>() -> String {
        "ProductListing".into()
    }
}

/// How many listings the product has; counted only if selected.
pub(crate) struct ListingCount(ListingCountKey);

#[Object(directive = needs::apply(readers()))]
impl ListingCount {
    /// The number of all listings of the product (tổng số tin đăng); costs a statement.
    async fn total_count(&self, context: &Context<'_>) -> Result<u64> {
        Ok(answered(Session::of(context).records.load_one(self.0.clone()).await?)?)
    }
}

/// All arguments of a list of listings.
#[derive(Debug)]
pub(crate) struct ListingArguments {
    pub(crate) filter: Option<ListingFilter>,
    pub(crate) search: Option<String>,
    pub(crate) order_by: Option<ListingOrder>,
    pub(crate) as_of: Option<DateTime>,
    pub(crate) page: PageArguments,
}

/// A page of listings: in the order asked for, else the best found first, or by code.
pub(crate) async fn listing_page(
    context: &Context<'_>,
    arguments: ListingArguments,
) -> Result<ListingConnection, ApiError> {
    let session = Session::of(context);
    let as_of = session.as_of(arguments.as_of)?;
    let filter = arguments.filter.unwrap_or_default();
    let on = filter.within().map(|within| within.require(session, "within")).transpose()?;
    let on = on.map_or_else(|| session.day(as_of), |unit| unit.on);
    let order = ListingOrder::of(arguments.order_by.as_ref());
    let filter = filter.conditions(session, arguments.search.as_deref(), as_of)?;
    let (page, list, facets) = if context.look_ahead().field("facets").exists() {
        let (list, request) = requested(session, &filter, order, arguments.page)?;
        let read = session.reader.listing_page_with_facets(&filter, order, &request).await?;
        (shown(read.0, as_of), list, Some(Arc::new(read.1)))
    } else {
        let (page, list) = page_of(session, &filter, order, arguments.page).await?;
        (page, list, None)
    };
    Ok(connection(page, list, ListingSummary { filter, on, facets }))
}

/// A page of the listings of one product, as known at a moment or now.
pub(super) async fn listings_of(
    session: &Session,
    (product, as_of): (ProductCode, Option<time::Instant>),
    order: store::ListingOrder,
    page: PageArguments,
) -> Result<ProductListingConnection, ApiError> {
    let products = store::ProductFilter { as_of, ..Default::default() };
    let filter = store::ListingFilter { product: Some(product), products, ..Default::default() };
    let (page, list) = page_of(session, &filter, order, page).await?;
    Ok(connection(page, list, ListingCount(ListingCountKey(filter))))
}

async fn page_of(
    session: &Session,
    filter: &store::ListingFilter,
    order: store::ListingOrder,
    page: PageArguments,
) -> Result<(Page<(CommerceKey, Listing)>, List), ApiError> {
    let (list, request) = requested(session, filter, order, page)?;
    let key = ListingPageKey(filter.clone(), order, request);
    let page = answered(session.records.load_one(key).await?)?;
    Ok((shown(page, filter.products.as_of), list))
}

fn requested(
    session: &Session,
    filter: &store::ListingFilter,
    order: store::ListingOrder,
    page: PageArguments,
) -> Result<(List, PageRequest<CommerceKey>), ApiError> {
    let list = List::of(("listings", filter, order));
    Ok((list, page.request(list, session)?))
}

fn shown(
    page: Page<(CommerceKey, ListingRecord)>,
    as_of: Option<time::Instant>,
) -> Page<(CommerceKey, Listing)> {
    page.map(|(key, record)| (key, Listing(record, as_of)))
}

/// One listing by its code, as known at a moment or now.
pub(crate) async fn one_listing(
    session: &Session,
    code: ListingCode,
    as_of: Option<time::Instant>,
) -> Result<Option<Listing>, ApiError> {
    let found = session.records.load_one(ListingKey(code, as_of)).await?;
    Ok(found.map(|found| Listing(found, as_of)))
}
