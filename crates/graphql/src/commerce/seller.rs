//! Sellers: the object and the list of them.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};
use registry_domain::commerce::{self as domain, SellerCode};
use registry_domain::page::PageRequest;
use registry_domain::time::{self, Instant};
use registry_persistence::{self as store, CommerceKey, ListingHead, ListingSeen};

use super::listing::whole;
use super::loader::SellerKey;
use super::product::products_of;
use super::{ProductConnection, ProductOrder, SellerFilter, SellerKind, SellerOrder, readers};
use crate::access::{list_size, needs};
use crate::at_once::{AtOnce, Field, Teller};
use crate::audit::Audited;
use crate::cursor::List;
use crate::error::ApiError;
use crate::household::{Household, extent};
use crate::in_order::One;
use crate::loader::HouseholdKey;
use crate::node::GlobalId;
use crate::page::{Connection, PAGE, PageArguments, connection, paging};
use crate::scalar::{Date, RegistryCode};
use crate::session::Session;
use crate::unit::AdministrativeUnit;

/// A seller, as far as it was read, and the moment as of which it is told; none for now.
#[derive(Debug, Clone)]
pub(crate) struct Seller(pub(crate) SellerSeen, pub(crate) Option<Instant>);

/// A seller, as far as it was read.
#[derive(Debug, Clone)]
pub(crate) enum SellerSeen {
    /// With what most lists of listings show.
    OfListing(Arc<ListingHead>),
    /// All of it.
    Whole(Arc<domain::Seller>),
}

impl Seller {
    fn own_code(&self) -> SellerCode {
        match &self.0 {
            SellerSeen::OfListing(head) => head.seller,
            SellerSeen::Whole(seller) => seller.code,
        }
    }

    fn own_kind(&self) -> SellerKind {
        match &self.0 {
            SellerSeen::OfListing(head) => head.seller_kind.into(),
            SellerSeen::Whole(seller) => seller.kind.into(),
        }
    }

    fn own_name(&self) -> &str {
        match &self.0 {
            SellerSeen::OfListing(head) => &head.seller_name,
            SellerSeen::Whole(seller) => &seller.name,
        }
    }

    fn own_hamlet(&self, on: time::Date) -> One<AdministrativeUnit> {
        let id = match &self.0 {
            SellerSeen::OfListing(head) => head.hamlet,
            SellerSeen::Whole(seller) => seller.hamlet,
        };
        One(AdministrativeUnit { id, on, as_of: self.1 })
    }

    async fn whole(&self, context: &Context<'_>) -> Result<Arc<domain::Seller>> {
        match &self.0 {
            SellerSeen::OfListing(head) => {
                let seen = ListingSeen::Head(Arc::clone(head));
                Ok(whole(context, &seen, self.1).await?.product.seller)
            }
            SellerSeen::Whole(seller) => Ok(Arc::clone(seller)),
        }
    }
}

/// Who sells online (người bán): a household, a cooperative or an enterprise of the province.
#[Object(directive = needs::apply(readers()))]
impl Seller {
    /// The global id (định danh toàn cục).
    pub(crate) async fn id(&self) -> ID {
        GlobalId::Seller(self.own_code()).write()
    }

    #[graphql(flatten)]
    async fn audited(&self) -> Audited {
        Audited(GlobalId::Seller(self.own_code()))
    }

    /// The registry code (mã người bán): `NB` and 8 digits.
    async fn code(&self) -> RegistryCode {
        self.own_code().into()
    }

    /// What it is (loại).
    async fn kind(&self) -> SellerKind {
        self.own_kind()
    }

    /// The name that customers see (tên gian hàng).
    async fn name(&self) -> &str {
        self.own_name()
    }

    /// The hamlet it sells from (ấp, khu vực), on today's boundaries, or those of the day of `asOf`.
    async fn hamlet(&self, context: &Context<'_>) -> One<AdministrativeUnit> {
        self.own_hamlet(Session::of(context).day(self.1))
    }

    /// The household that it is (hộ), if it is one.
    async fn household(&self, context: &Context<'_>) -> Result<Option<Household>> {
        let Some(code) = self.whole(context).await?.household else { return Ok(None) };
        let key = HouseholdKey(code.number(), extent(&context.look_ahead()), self.1);
        let found = Session::of(context).records().load_one(key).await?;
        Ok(found.map(|found| Household(found, self.1)))
    }

    /// Since when it sells (ngày đăng ký).
    async fn registered_on(&self, context: &Context<'_>) -> Result<Date> {
        Ok(Date(self.whole(context).await?.registered_on))
    }

    /// Counts the changes from 1 (phiên bản); give it back with the next change.
    async fn version(&self, context: &Context<'_>) -> Result<u32> {
        Ok(self.whole(context).await?.version)
    }

    /// What it sells (các sản phẩm), by code if no order is given.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())))]
    async fn products(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The order (thứ tự).")] order_by: Option<ProductOrder>,
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<ProductConnection> {
        let filter = store::ProductFilter {
            seller: Some(self.own_code()),
            as_of: self.1,
            ..Default::default()
        };
        let page = PageArguments { first, after, last, before };
        let order = ProductOrder::of(order_by.as_ref());
        Ok(products_of(Session::of(context), filter, order, page).await?)
    }
}

impl AtOnce for Seller {
    fn tell(&self, field: &Field<'_>, to: &mut Teller<'_>) -> Option<()> {
        match field.name {
            "id" => to.put(field, &GlobalId::Seller(self.own_code()).write()),
            "code" => to.put(field, &RegistryCode::from(self.own_code())),
            "kind" => to.word(self.own_kind()),
            "name" => to.put(field, self.own_name()),
            "hamlet" => {
                let on = to.day(self.1);
                to.put(field, &self.own_hamlet(on))
            }
            _ => None,
        }
    }
}

pub(crate) type SellerConnection = One<Connection<CommerceKey, Seller, SellerCount>>;

/// How many sellers the whole list has; counted only if selected.
pub(crate) struct SellerCount(store::SellerFilter);

impl AtOnce for SellerCount {}

#[Object(directive = needs::apply(readers()))]
impl SellerCount {
    /// The number of sellers in the whole list (tổng số người bán); costs a statement.
    async fn total_count(&self, context: &Context<'_>) -> Result<u64> {
        Ok(Session::of(context).reader.seller_count(&self.0).await.map_err(ApiError::from)?)
    }
}

/// A page of sellers: in the order asked for, else by code.
pub(super) async fn seller_page(
    session: &Session,
    filter: Option<SellerFilter>,
    order: Option<SellerOrder>,
    page: PageArguments,
) -> Result<SellerConnection, ApiError> {
    let filter = filter.unwrap_or_default().conditions(session)?;
    let order = SellerOrder::of(order.as_ref());
    let list = List::of(("sellers", &filter, order));
    let request: PageRequest<CommerceKey> = page.request(list, session)?;
    let page = session.reader.seller_page(&filter, order, &request).await?;
    let page = page.map(|(key, found)| (key, Seller(SellerSeen::Whole(Arc::new(found)), None)));
    Ok(connection(page, list, SellerCount(filter)))
}

/// One seller by its code.
pub(crate) async fn one_seller(
    session: &Session,
    code: SellerCode,
) -> Result<Option<Seller>, ApiError> {
    let found = session.records().load_one(SellerKey(code)).await?;
    Ok(found.map(|found| Seller(SellerSeen::Whole(Arc::new(found)), None)))
}
