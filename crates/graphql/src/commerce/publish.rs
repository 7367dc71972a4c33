//! Publishing and changing listings, recording their sales.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use registry_domain::access::Scope;
use registry_domain::commerce::{
    ListingCode, ListingUrl, MarketplaceCode, NewListing, NewSales, PriceChange, ProductCode,
    SaleCounts, Stars, StatusChange,
};
use registry_domain::fault::{Faults, Path};
use registry_domain::text::Label;
use registry_persistence::{
    ChangeListingPrice, ChangeListingStatus, Command, PublishListings, RecordListingSales, Row,
};

use super::register::{first, root};
use super::{Listing, ListingStatus, one_listing, writers};
use crate::access::{list_size, needs};
use crate::error::ApiError;
use crate::fault::UserError;
use crate::mutation::{Attempt, rows, write};
use crate::scalar::{Date, Told, Vnd, YearMonth};
use crate::session::Session;

/// A listing to be published (đăng bán sản phẩm).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct PublishListingInput {
    /// Of which product (mã sản phẩm).
    product: String,
    /// Where (mã sàn); it must be open on `listedOn`.
    marketplace: String,
    /// Its address there (địa chỉ trang): https, at most 1,000 characters; one listing an address.
    url: String,
    /// The price of one item (giá), 0…1,000,000,000,000.
    price_vnd: Told<Vnd>,
    /// The OCOP stars that it shows (số sao OCOP hiển thị), if it does, 1…5: those of the rating that holds
    /// on `listedOn`.
    ocop_stars: Option<i32>,
    /// The first day (ngày đăng): from the product's registration up to today.
    listed_on: Date,
    /// Only prepares it (bản nháp); a change of status puts it on sale.
    #[graphql(default)]
    draft: bool,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// A change of a listing's status (đổi trạng thái tin đăng).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct ChangeListingStatusInput {
    /// Which listing (mã tin đăng).
    listing: String,
    /// The version that the change is meant for (phiên bản).
    version: u32,
    /// Where it goes (trạng thái mới).
    status: ListingStatus,
    /// Since when (từ ngày): from the last change up to today.
    effective_on: Date,
    /// Why (lý do), at most 500 characters.
    reason: Option<String>,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// A change of a listing's price (đổi giá).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct ChangeListingPriceInput {
    /// Which listing (mã tin đăng).
    listing: String,
    /// The version that the change is meant for (phiên bản).
    version: u32,
    /// The price of one item from then on (giá mới), 0…1,000,000,000,000.
    price_vnd: Told<Vnd>,
    /// Since when (từ ngày): from the last change up to today.
    effective_on: Date,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What a listing sold in a month (doanh số tháng của một tin đăng).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct ListingSalesInput {
    /// Which listing (mã tin đăng).
    listing: String,
    /// In which month (tháng): one in which it was listed, up to the present one.
    month: YearMonth,
    /// Orders (số đơn hàng), 0…10,000,000.
    orders: i32,
    /// Items (số sản phẩm bán ra), at least one an order, up to 10,000,000.
    items: i32,
    /// What was paid for them (doanh thu), 0…1,000,000,000,000.
    revenue_vnd: Told<Vnd>,
    /// Whether it stands in place of what was recorded for the month before (thay số đã ghi).
    #[graphql(default)]
    replace: bool,
}

/// Monthly sales to be recorded (lô doanh số tháng): all or none.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct RecordListingSalesInput {
    /// The sales (các dòng doanh số), 1…1,000.
    sales: Vec<ListingSalesInput>,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What came of a change of a listing (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(writers()))]
pub(crate) struct ListingPayload {
    /// The listing as it is now (tin đăng); null if the input was refused.
    listing: Option<Listing>,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with the input (các lỗi); empty if it was done.
    errors: Vec<UserError>,
}

/// What came of recording monthly sales (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(writers()))]
pub(crate) struct RecordListingSalesPayload {
    /// How many were recorded (số dòng đã ghi): all of them, or 0.
    recorded: usize,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with any row (các lỗi theo dòng); empty if all were recorded.
    errors: Vec<UserError>,
}

/// Mutations of listings.
#[derive(Default)]
pub(crate) struct ListingMutation;

#[Object]
impl ListingMutation {
    /// Publishes a listing (đăng bán sản phẩm trên sàn). Needs `listings:write`.
    #[graphql(directive = needs::apply(writers()))]
    async fn publish_listing(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The listing (tin đăng).")] input: PublishListingInput,
    ) -> Result<ListingPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        Ok(listing(context, input.parse(), attempt).await?)
    }

    /// Puts a listing on sale, suspends or delists it (đổi trạng thái tin đăng). Needs `listings:write`.
    #[graphql(directive = needs::apply(writers()))]
    async fn change_listing_status(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The change (thay đổi).")] input: ChangeListingStatusInput,
    ) -> Result<ListingPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        Ok(listing(context, input.parse(), attempt).await?)
    }

    /// Changes the price of a listing (đổi giá). Needs `listings:write`.
    #[graphql(directive = needs::apply(writers()))]
    async fn change_listing_price(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The change (thay đổi).")] input: ChangeListingPriceInput,
    ) -> Result<ListingPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        Ok(listing(context, input.parse(), attempt).await?)
    }

    /// Records up to 1,000 monthly sales (ghi nhận doanh số tháng), all or none. Needs `listings:write`.
    #[graphql(
        directive = needs::apply(writers()),
        directive = list_size::apply(None, Some(vec!["input.sales".into()]))
    )]
    async fn record_listing_sales(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The sales (doanh số).")] input: RecordListingSalesInput,
    ) -> Result<RecordListingSalesPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let at = root().field("sales");
        let command = rows(&input.sales, &at, ListingSalesInput::parse).map(RecordListingSales);
        let session = Session::of(context);
        Ok(match write(session, Scope::ListingsWrite, command, attempt).await? {
            Ok(written) => RecordListingSalesPayload {
                recorded: written.outcome,
                replayed: written.replayed,
                errors: Vec::new(),
            },
            Err(errors) => RecordListingSalesPayload { recorded: 0, replayed: false, errors },
        })
    }
}

async fn listing<C: Command<Outcome = Vec<u32>>>(
    context: &Context<'_>,
    command: Result<C, Faults>,
    attempt: Attempt,
) -> Result<ListingPayload, ApiError> {
    let session = Session::of(context);
    Ok(match write(session, Scope::ListingsWrite, command, attempt).await? {
        Ok(written) => ListingPayload {
            listing: match first(context, "listing", &written.outcome) {
                Some(code) => one_listing(session, code, None).await?,
                None => None,
            },
            replayed: written.replayed,
            errors: Vec::new(),
        },
        Err(errors) => ListingPayload { listing: None, replayed: false, errors },
    })
}

impl PublishListingInput {
    fn parse(self) -> Result<PublishListings, Faults> {
        let at = root();
        let mut faults = Faults::default();
        let product = faults.keep(at.field("product"), self.product.parse::<ProductCode>());
        let marketplace = self.marketplace.parse::<MarketplaceCode>();
        let marketplace = faults.keep(at.field("marketplace"), marketplace);
        let url = faults.keep(at.field("url"), self.url.parse::<ListingUrl>());
        let price = faults.keep(at.field("priceVnd"), Vnd::judge(&self.price_vnd));
        let shown_stars = self.ocop_stars.map(Stars::parse).transpose();
        let shown_stars = faults.keep(at.field("ocopStars"), shown_stars);
        let (draft, listed_on) = (self.draft, self.listed_on.0);
        let known = product.zip(marketplace).zip(url.zip(price)).zip(shown_stars);
        let new = known.map(|(((product, marketplace), (url, price)), shown_stars)| NewListing {
            product,
            marketplace,
            url,
            price,
            shown_stars,
            draft,
            listed_on,
        });
        faults.or(new.map(|value| PublishListings(vec![Row { at, value }])))
    }
}

impl ChangeListingStatusInput {
    fn parse(self) -> Result<ChangeListingStatus, Faults> {
        let at = root();
        let mut faults = Faults::default();
        let (version, to, on) = (self.version, self.status.into(), self.effective_on.0);
        let listing = faults.keep(at.field("listing"), self.listing.parse::<ListingCode>());
        let reason = self.reason.as_deref().map(Label::parse).transpose();
        let reason = faults.keep(at.field("reason"), reason);
        let change = listing.zip(reason);
        let change =
            change.map(|(listing, reason)| StatusChange { listing, version, to, on, reason });
        faults.or(change.map(|value| ChangeListingStatus(vec![Row { at, value }])))
    }
}

impl ChangeListingPriceInput {
    fn parse(self) -> Result<ChangeListingPrice, Faults> {
        let at = root();
        let mut faults = Faults::default();
        let (version, on) = (self.version, self.effective_on.0);
        let listing = faults.keep(at.field("listing"), self.listing.parse::<ListingCode>());
        let price = faults.keep(at.field("priceVnd"), Vnd::judge(&self.price_vnd));
        let change = listing.zip(price);
        let change = change.map(|(listing, price)| PriceChange { listing, version, price, on });
        faults.or(change.map(|value| ChangeListingPrice(vec![Row { at, value }])))
    }
}

impl ListingSalesInput {
    fn parse(&self, at: &Path) -> Result<NewSales, Faults> {
        let mut faults = Faults::default();
        let (month, replace) = (self.month.0, self.replace);
        let listing = faults.keep(at.field("listing"), self.listing.parse::<ListingCode>());
        // What is no amount at all is told as an amount out of range.
        let revenue = self.revenue_vnd.understood().map_or(-1, |revenue| revenue.0);
        let counts = SaleCounts::parse(self.orders, self.items, revenue, at);
        let counts = counts.map_err(|found| faults.extend(found)).ok();
        let new = listing.zip(counts);
        let new = new.map(|(listing, counts)| NewSales { listing, month, counts, replace });
        faults.or(new)
    }
}
