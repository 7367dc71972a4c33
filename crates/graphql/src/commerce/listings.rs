//! Lists of listings, and what a list says as a whole.

use std::sync::Arc;

use async_graphql::context::SelectionField;
use async_graphql::{Context, Object, OutputType, Result, SimpleObject};
use registry_domain::commerce::ProductCode;
use registry_domain::page::{Page, PageRequest};
use registry_domain::time;
use registry_persistence::{self as store, CommerceKey, ListingExtent, ListingSeen, StoreError};

use super::facet::ListingFacets;
use super::listing::{Listing, month};
use super::loader::{ListingCountKey, ListingPageKey};
use super::{ListingFilter, ListingOrder, readers};
use crate::access::needs;
use crate::at_once::{AtOnce, Field, Teller};
use crate::cursor::List;
use crate::error::ApiError;
use crate::in_order::One;
use crate::loader::answered;
use crate::page::{Connection, Naming, PageArguments, connection};
use crate::scalar::{DateTime, Total, Vnd, YearMonth};
use crate::session::Session;

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
        Ok(answered(Session::of(context).records().load_one(key).await?)?)
    }

    /// How many listings of the whole list there are of each kind (số tin đăng theo nhóm); all of them are
    /// counted by the statement that reads the page.
    async fn facets(&self) -> Result<One<ListingFacets>> {
        let unread = || StoreError::Damaged { what: "facets that were not selected".into() };
        Ok(self.read_facets().ok_or_else(unread).map_err(ApiError::from)?)
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

impl ListingSummary {
    fn read_facets(&self) -> Option<One<ListingFacets>> {
        let facets = Arc::clone(self.facets.as_ref()?);
        Some(One(ListingFacets { facets, on: self.on, as_of: self.filter.products.as_of }))
    }
}

impl AtOnce for ListingSummary {
    fn tell(&self, field: &Field<'_>, to: &mut Teller<'_>) -> Option<()> {
        match field.name {
            "totalCount" => to.put(field, &self.facets.as_ref()?.total()),
            "facets" => to.put(field, &self.read_facets()?),
            _ => None,
        }
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

impl AtOnce for ListingCount {}

#[Object(directive = needs::apply(readers()))]
impl ListingCount {
    /// The number of all listings of the product (tổng số tin đăng); costs a statement.
    async fn total_count(&self, context: &Context<'_>) -> Result<u64> {
        Ok(answered(Session::of(context).records().load_one(self.0.clone()).await?)?)
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
        let extent = extent(context.look_ahead().selection_fields().iter());
        let reader = &session.reader;
        let read = reader.listing_page_with_facets(&filter, order, &request, extent).await?;
        let (page, facets) = read;
        // Every listing of the page is counted on its marketplace.
        let known: Vec<_> = facets.marketplaces.iter().map(|(known, _)| known.clone()).collect();
        session.know_marketplaces(&known).await;
        (shown(page, as_of), list, Some(Arc::new(facets)))
    } else {
        let (page, list) = page_of(session, &filter, order, arguments.page).await?;
        (page, list, None)
    };
    Ok(connection(page, list, ListingSummary { filter, on, facets }))
}

/// How much of listings the fields of a list ask for.
fn extent<'asked, 'context: 'asked>(
    fields: impl Iterator<Item = &'asked SelectionField<'context>>,
) -> ListingExtent {
    /// Fields of listings, products and sellers that no head has.
    const BEYOND: [&str; 7] =
        ["url", "ocopStars", "effectiveOn", "version", "registeredOn", "ocop", "household"];
    /// Fields that lead to others.
    const WAY: [&str; 5] = ["nodes", "edges", "node", "product", "seller"];
    fn is_beyond(field: &SelectionField<'_>) -> bool {
        BEYOND.contains(&field.name())
            || WAY.contains(&field.name()) && field.selection_set().any(|field| is_beyond(&field))
    }
    let mut lists = fields.flat_map(SelectionField::selection_set);
    if lists.any(|field| is_beyond(&field)) { ListingExtent::Whole } else { ListingExtent::Head }
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
    let page = answered(session.records().load_one(key).await?)?;
    let page = page.map(|(key, record)| (key, ListingSeen::Whole(record)));
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
    page: Page<(CommerceKey, ListingSeen)>,
    as_of: Option<time::Instant>,
) -> Page<(CommerceKey, Listing)> {
    page.map(|(key, record)| (key, Listing(record, as_of)))
}
