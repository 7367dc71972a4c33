//! Listings: the object with its history and sales.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use registry_domain::commerce::{self as domain, ListingCode, MarketplaceCode};
use registry_domain::time;
use registry_persistence::{ListingRecord, ListingSeen};

use super::loader::{HistoryKey, ListingKey, SalesKey};
use super::product::ProductSeen;
use super::seller::SellerSeen;
use super::{ListingStatus, Marketplace, Product, Seller, readers};
use crate::access::{list_size, needs};
use crate::at_once::{AtOnce, Field, Teller};
use crate::audit::Audited;
use crate::error::ApiError;
use crate::in_order::One;
use crate::loader::answered;
use crate::node::GlobalId;
use crate::scalar::{Date, DateTime, RegistryCode, Vnd, YearMonth};
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

/// A listing, as far as it was read, and the moment as of which it is told; none for now.
#[derive(Debug, Clone)]
pub(crate) struct Listing(pub(crate) ListingSeen, pub(crate) Option<time::Instant>);

impl Listing {
    fn own_code(&self) -> ListingCode {
        match &self.0 {
            ListingSeen::Head(head) => head.code,
            ListingSeen::Whole(record) => record.listing.code,
        }
    }

    fn own_product(&self) -> One<Product> {
        let seen = match &self.0 {
            ListingSeen::Head(head) => ProductSeen::OfListing(Arc::clone(head)),
            ListingSeen::Whole(record) => ProductSeen::Whole(record.product.clone()),
        };
        One(Product(seen, self.1))
    }

    fn own_seller(&self) -> One<Seller> {
        let seen = match &self.0 {
            ListingSeen::Head(head) => SellerSeen::OfListing(Arc::clone(head)),
            ListingSeen::Whole(record) => SellerSeen::Whole(Arc::clone(&record.product.seller)),
        };
        One(Seller(seen, self.1))
    }

    fn own_price(&self) -> i64 {
        match &self.0 {
            ListingSeen::Head(head) => head.price,
            ListingSeen::Whole(record) => record.listing.price,
        }
    }

    fn own_status(&self) -> ListingStatus {
        match &self.0 {
            ListingSeen::Head(head) => head.status.into(),
            ListingSeen::Whole(record) => record.listing.status.into(),
        }
    }

    fn first_day(&self) -> time::Date {
        match &self.0 {
            ListingSeen::Head(head) => head.listed_on,
            ListingSeen::Whole(record) => record.listing.listed_on,
        }
    }

    fn own_marketplace(&self) -> &MarketplaceCode {
        match &self.0 {
            ListingSeen::Head(head) => &head.marketplace,
            ListingSeen::Whole(record) => &record.listing.marketplace,
        }
    }

    async fn whole(&self, context: &Context<'_>) -> Result<Arc<domain::Listing>> {
        Ok(whole(context, &self.0, self.1).await?.listing)
    }
}

/// All of a listing, its product and its seller; read now if only the head was.
pub(super) async fn whole(
    context: &Context<'_>,
    seen: &ListingSeen,
    as_of: Option<time::Instant>,
) -> Result<ListingRecord> {
    match seen {
        ListingSeen::Whole(record) => Ok(record.clone()),
        ListingSeen::Head(head) => {
            let records = Session::of(context).records();
            Ok(answered(records.load_one(ListingKey(head.code, as_of)).await?)?)
        }
    }
}

/// One product on one marketplace (tin đăng bán).
#[Object(directive = needs::apply(readers()))]
impl Listing {
    /// The global id (định danh toàn cục).
    pub(crate) async fn id(&self) -> ID {
        GlobalId::Listing(self.own_code()).write()
    }

    #[graphql(flatten)]
    async fn audited(&self) -> Audited {
        Audited(GlobalId::Listing(self.own_code()))
    }

    /// The registry code (mã tin đăng): `LS` and 8 digits.
    async fn code(&self) -> RegistryCode {
        self.own_code().into()
    }

    /// What is sold (sản phẩm).
    async fn product(&self) -> One<Product> {
        self.own_product()
    }

    /// Who sells it (người bán).
    async fn seller(&self) -> One<Seller> {
        self.own_seller()
    }

    /// Where it is sold (sàn).
    async fn marketplace(&self, context: &Context<'_>) -> Result<One<Marketplace>> {
        Ok(One(Marketplace(Session::of(context).marketplace(self.own_marketplace()).await?)))
    }

    /// Its address there (địa chỉ trang), https.
    async fn url(&self, context: &Context<'_>) -> Result<String> {
        Ok(self.whole(context).await?.url.clone())
    }

    /// The price of one item (giá).
    async fn price_vnd(&self) -> Vnd {
        Vnd(self.own_price())
    }

    /// The OCOP stars that it shows (số sao OCOP hiển thị), if it does, 1…5.
    async fn ocop_stars(&self, context: &Context<'_>) -> Result<Option<u8>> {
        Ok(self.whole(context).await?.shown_stars)
    }

    /// Where it is in its life (trạng thái).
    async fn status(&self) -> ListingStatus {
        self.own_status()
    }

    /// The first day (ngày đăng).
    async fn listed_on(&self) -> Date {
        Date(self.first_day())
    }

    /// Since when its present state holds (ngày hiệu lực).
    async fn effective_on(&self, context: &Context<'_>) -> Result<Date> {
        Ok(Date(self.whole(context).await?.effective_on))
    }

    /// Counts the changes from 1 (phiên bản); give it back with the next change.
    async fn version(&self, context: &Context<'_>) -> Result<u32> {
        Ok(self.whole(context).await?.version)
    }

    /// The states and prices it had (lịch sử giá và trạng thái), the newest 100, oldest first.
    #[graphql(directive = list_size::apply(Some(10), None))]
    async fn history(&self, context: &Context<'_>) -> Result<Vec<ListingChange>> {
        let key = HistoryKey(self.own_code(), self.1);
        let states = Session::of(context).records().load_one(key).await?;
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
        let key = SalesKey(self.own_code(), month(from), month(to), self.1);
        let sales = Session::of(context).records().load_one(key).await?;
        Ok(sales.unwrap_or_default().into_iter().map(Into::into).collect())
    }
}

impl AtOnce for Listing {
    fn tell(&self, field: &Field<'_>, to: &mut Teller<'_>) -> Option<()> {
        match field.name {
            "id" => to.put(field, &GlobalId::Listing(self.own_code()).write()),
            "code" => to.put(field, &RegistryCode::from(self.own_code())),
            "product" => to.put(field, &self.own_product()),
            "seller" => to.put(field, &self.own_seller()),
            "marketplace" => {
                let marketplace = to.session.known_marketplace(self.own_marketplace())?;
                to.put(field, &One(Marketplace(marketplace)))
            }
            "priceVnd" => to.put(field, &Vnd(self.own_price())),
            "status" => to.word(self.own_status()),
            "listedOn" => to.put(field, &Date(self.first_day())),
            _ => None,
        }
    }
}

pub(super) fn month(month: Option<YearMonth>) -> Option<time::YearMonth> {
    month.map(|month| month.0)
}

/// One listing by its code, as known at a moment or now.
pub(crate) async fn one_listing(
    session: &Session,
    code: ListingCode,
    as_of: Option<time::Instant>,
) -> Result<Option<Listing>, ApiError> {
    let found = session.records().load_one(ListingKey(code, as_of)).await?;
    Ok(found.map(|found| Listing(ListingSeen::Whole(found), as_of)))
}
