//! Registering and changing sellers and products, rating products.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use registry_domain::access::Scope;
use registry_domain::code::{Code, CodeKind};
use registry_domain::commerce::{
    Decision, NewProduct, NewRating, NewSeller, ProductChange, ProductCode, ProductName,
    SellerChange, SellerCode, SellerName, Stars,
};
use registry_domain::fault::{Faults, Path};
use registry_domain::household::HouseholdCode;
use registry_persistence::{
    Command, RateProducts, RegisterProducts, RegisterSellers, Row, UpdateProduct, UpdateSeller,
};

use super::{Product, ProductCategory, Seller, SellerKind, one_product, one_seller, writers};
use crate::access::needs;
use crate::error::ApiError;
use crate::fault::UserError;
use crate::mutation::{Attempt, is_shown, write};
use crate::scalar::Date;
use crate::session::Session;
use crate::unit::UnitRef;

/// A seller to be registered (đăng ký người bán).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct RegisterSellerInput {
    /// What it is (loại).
    kind: SellerKind,
    /// The name that customers see (tên gian hàng), 1…200 characters. It is shown to whoever may read the
    /// registry: no private person's data that customers don't see.
    name: String,
    /// The hamlet it sells from (ấp, khu vực); a bare code is read on `registeredOn`.
    hamlet: UnitRef,
    /// The household that it is (mã hộ); for the kind HOUSEHOLD, and only there.
    household: Option<String>,
    /// Since when it sells (ngày đăng ký), 2000-01-01 up to today.
    registered_on: Date,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What changes of a seller (thay đổi về người bán); what is not given stays.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct UpdateSellerInput {
    /// Its code (mã người bán).
    seller: String,
    /// The version that the change is meant for (phiên bản).
    version: u32,
    /// The name that customers see now (tên gian hàng), 1…200 characters.
    name: Option<String>,
    /// The hamlet it sells from now (ấp, khu vực mới).
    hamlet: Option<UnitRef>,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// A product to be registered (đăng ký sản phẩm).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct RegisterProductInput {
    /// Whose it is (mã người bán).
    seller: String,
    /// What it is called (tên sản phẩm), 1…200 characters.
    name: String,
    /// Its group (nhóm sản phẩm).
    category: ProductCategory,
    /// Since when it is sold (ngày đăng ký): from the seller's registration up to today.
    registered_on: Date,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What changes of a product (thay đổi về sản phẩm); what is not given stays.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct UpdateProductInput {
    /// Its code (mã sản phẩm).
    product: String,
    /// The version that the change is meant for (phiên bản).
    version: u32,
    /// What it is called now (tên sản phẩm), 1…200 characters.
    name: Option<String>,
    /// Its group now (nhóm sản phẩm).
    category: Option<ProductCategory>,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// An OCOP rating to be recorded (ghi nhận hạng sao OCOP); it holds for three years.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct RateProductInput {
    /// Of which product (mã sản phẩm).
    product: String,
    /// How many stars (số sao), 1…5.
    stars: i32,
    /// The day of the decision (ngày quyết định), 2000-01-01 up to today.
    decided_on: Date,
    /// The decision, as cited (số quyết định), 1…200 characters.
    decision: String,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What came of a change of a seller (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(writers()))]
pub(crate) struct SellerPayload {
    /// The seller as it is now (người bán); null if the input was refused.
    seller: Option<Seller>,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with the input (các lỗi); empty if it was done.
    errors: Vec<UserError>,
}

/// What came of a change of a product (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(writers()))]
pub(crate) struct ProductPayload {
    /// The product as it is now (sản phẩm); null if the input was refused.
    product: Option<Product>,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with the input (các lỗi); empty if it was done.
    errors: Vec<UserError>,
}

/// Mutations of sellers and products.
#[derive(Default)]
pub(crate) struct CatalogueMutation;

#[Object]
impl CatalogueMutation {
    /// Registers a seller (đăng ký người bán). Needs `listings:write`.
    #[graphql(directive = needs::apply(writers()))]
    async fn register_seller(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The seller (người bán).")] input: RegisterSellerInput,
    ) -> Result<SellerPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let command = input.parse(Session::of(context));
        Ok(seller(context, command, attempt).await?)
    }

    /// Changes a seller's name or place (cập nhật người bán). Needs `listings:write`.
    #[graphql(directive = needs::apply(writers()))]
    async fn update_seller(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What changes (thay đổi).")] input: UpdateSellerInput,
    ) -> Result<SellerPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let command = input.parse(Session::of(context));
        Ok(seller(context, command, attempt).await?)
    }

    /// Registers a product (đăng ký sản phẩm). Needs `listings:write`.
    #[graphql(directive = needs::apply(writers()))]
    async fn register_product(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The product (sản phẩm).")] input: RegisterProductInput,
    ) -> Result<ProductPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        Ok(product(context, input.parse(), attempt).await?)
    }

    /// Changes a product's name or group (cập nhật sản phẩm). Needs `listings:write`.
    #[graphql(directive = needs::apply(writers()))]
    async fn update_product(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What changes (thay đổi).")] input: UpdateProductInput,
    ) -> Result<ProductPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        Ok(product(context, input.parse(), attempt).await?)
    }

    /// Records an OCOP rating (ghi nhận hạng sao OCOP). Needs `listings:write`.
    #[graphql(directive = needs::apply(writers()))]
    async fn rate_product(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The rating (hạng sao).")] input: RateProductInput,
    ) -> Result<ProductPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        Ok(product(context, input.parse(), attempt).await?)
    }
}

async fn seller<C: Command<Outcome = Vec<u32>>>(
    context: &Context<'_>,
    command: Result<C, Faults>,
    attempt: Attempt,
) -> Result<SellerPayload, ApiError> {
    let session = Session::of(context);
    Ok(match write(session, Scope::ListingsWrite, command, attempt).await? {
        Ok(written) => SellerPayload {
            seller: match first(context, "seller", &written.outcome) {
                Some(code) => one_seller(session, code).await?,
                None => None,
            },
            replayed: written.replayed,
            errors: Vec::new(),
        },
        Err(errors) => SellerPayload { seller: None, replayed: false, errors },
    })
}

async fn product<C: Command<Outcome = Vec<u32>>>(
    context: &Context<'_>,
    command: Result<C, Faults>,
    attempt: Attempt,
) -> Result<ProductPayload, ApiError> {
    let session = Session::of(context);
    Ok(match write(session, Scope::ListingsWrite, command, attempt).await? {
        Ok(written) => ProductPayload {
            product: match first(context, "product", &written.outcome) {
                Some(code) => one_product(session, code).await?,
                None => None,
            },
            replayed: written.replayed,
            errors: Vec::new(),
        },
        Err(errors) => ProductPayload { product: None, replayed: false, errors },
    })
}

/// The code of the first record that was written, if `field` shows it.
pub(super) fn first<K: CodeKind>(
    context: &Context<'_>,
    field: &str,
    written: &[u32],
) -> Option<Code<K>> {
    written.first().copied().filter(|_| is_shown(context, field)).and_then(Code::new)
}

pub(super) fn root() -> Path {
    Path::root().field("input")
}

impl RegisterSellerInput {
    fn parse(self, session: &Session) -> Result<RegisterSellers, Faults> {
        let at = root();
        let mut faults = Faults::default();
        let (kind, registered_on) = (self.kind.into(), self.registered_on.0);
        let name = faults.keep(at.field("name"), SellerName::parse(&self.name));
        let hamlet = faults.keep(at.field("hamlet"), self.hamlet.hamlet(session, registered_on));
        let household = self.household.as_deref().map(str::parse::<HouseholdCode>).transpose();
        let household = household.and_then(|code| NewSeller::household_of(kind, code));
        let household = faults.keep(at.field("household"), household);
        let new = name.zip(hamlet).zip(household).map(|((name, hamlet), household)| {
            let value = NewSeller { kind, name, hamlet, household, registered_on };
            RegisterSellers(vec![Row { at, value }])
        });
        faults.or(new)
    }
}

impl UpdateSellerInput {
    fn parse(self, session: &Session) -> Result<UpdateSeller, Faults> {
        let at = root();
        let mut faults = Faults::default();
        let version = self.version;
        let code = faults.keep(at.field("seller"), self.seller.parse::<SellerCode>());
        let name = self.name.as_deref().map(SellerName::parse).transpose();
        let name = faults.keep(at.field("name"), name);
        let today = session.reader.today();
        let hamlet = self.hamlet.map(|hamlet| hamlet.hamlet(session, today)).transpose();
        let hamlet = faults.keep(at.field("hamlet"), hamlet);
        let change = code.zip(name).zip(hamlet).map(|((code, name), hamlet)| {
            UpdateSeller(SellerChange { code, version, name, hamlet })
        });
        faults.or(change)
    }
}

impl RegisterProductInput {
    fn parse(self) -> Result<RegisterProducts, Faults> {
        let at = root();
        let mut faults = Faults::default();
        let (category, registered_on) = (self.category.into(), self.registered_on.0);
        let seller = faults.keep(at.field("seller"), self.seller.parse::<SellerCode>());
        let name = faults.keep(at.field("name"), ProductName::parse(&self.name));
        let new = seller.zip(name).map(|(seller, name)| {
            let value = NewProduct { seller, name, category, registered_on };
            RegisterProducts(vec![Row { at, value }])
        });
        faults.or(new)
    }
}

impl UpdateProductInput {
    fn parse(self) -> Result<UpdateProduct, Faults> {
        let at = root();
        let mut faults = Faults::default();
        let (version, category) = (self.version, self.category.map(Into::into));
        let code = faults.keep(at.field("product"), self.product.parse::<ProductCode>());
        let name = self.name.as_deref().map(ProductName::parse).transpose();
        let name = faults.keep(at.field("name"), name);
        let change = code
            .zip(name)
            .map(|(code, name)| UpdateProduct(ProductChange { code, version, name, category }));
        faults.or(change)
    }
}

impl RateProductInput {
    fn parse(self) -> Result<RateProducts, Faults> {
        let at = root();
        let mut faults = Faults::default();
        let decided_on = self.decided_on.0;
        let product = faults.keep(at.field("product"), self.product.parse::<ProductCode>());
        let stars = faults.keep(at.field("stars"), Stars::parse(self.stars));
        let decision = faults.keep(at.field("decision"), Decision::parse(&self.decision));
        let new = product.zip(stars).zip(decision).map(|((product, stars), decision)| {
            let value = NewRating { product, stars, decided_on, decision };
            RateProducts(vec![Row { at, value }])
        });
        faults.or(new)
    }
}
