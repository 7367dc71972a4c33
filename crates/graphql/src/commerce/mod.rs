//! E-commerce: marketplaces, sellers, products, listings and their sales.

mod facet;
mod filter;
mod listing;
mod listings;
mod loader;
mod marketplace;
mod product;
mod publish;
mod query;
mod register;
mod seller;

use async_graphql::Enum;
use registry_domain::commerce as domain;

use filter::{
    ListingFilter, ListingOrder, MarketplaceFilter, ProductFilter, ProductOrder, SellerFilter,
    SellerOrder,
};
pub(crate) use listing::{Listing, one_listing};
use marketplace::Marketplace;
pub(crate) use marketplace::MarketplaceMutation;
use product::ProductConnection;
pub(crate) use product::{Product, one_product};
pub(crate) use publish::ListingMutation;
pub(crate) use query::CommerceQuery;
pub(crate) use register::CatalogueMutation;
pub(crate) use seller::{Seller, one_seller};

use crate::access::AccessScope;

/// Who may see sellers, products and listings.
fn readers() -> Vec<AccessScope> {
    vec![AccessScope::RegistryRead]
}

/// Who may change them.
fn writers() -> Vec<AccessScope> {
    vec![AccessScope::ListingsWrite]
}

/// What a seller is (loại người bán).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::SellerKind")]
pub(crate) enum SellerKind {
    /// A household that is registered here (hộ gia đình).
    Household,
    /// A cooperative or a cooperative group (hợp tác xã, tổ hợp tác).
    Cooperative,
    /// An enterprise (doanh nghiệp).
    Enterprise,
}

/// Groups of products, after those of the OCOP programme (nhóm sản phẩm).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::ProductCategory")]
pub(crate) enum ProductCategory {
    /// Fresh food (thực phẩm tươi sống): fruit, vegetables, meat, fish.
    FreshFood,
    /// Food as harvested or hardly processed (thực phẩm thô, sơ chế): rice, honey, dried goods.
    RawFood,
    /// Processed food (thực phẩm chế biến).
    ProcessedFood,
    /// Spices and sauces (gia vị).
    Seasoning,
    /// Drinks (đồ uống): tea, juice, alcohol.
    Drink,
    /// Medicinal herbs and what is made of them (dược liệu).
    Herbal,
    /// Handicrafts (thủ công mỹ nghệ).
    Handicraft,
    /// Ornamental plants and animals (sinh vật cảnh).
    Ornamental,
    /// Community tourism (dịch vụ du lịch cộng đồng).
    Tourism,
}

/// Where a listing is in its life (trạng thái tin đăng): DRAFT to ACTIVE, ACTIVE to SUSPENDED and back, and
/// from each to DELISTED, which is the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::ListingStatus")]
pub(crate) enum ListingStatus {
    /// Prepared; nobody can buy yet (nháp).
    Draft,
    /// On sale (đang bán).
    Active,
    /// Not on sale for now (tạm ngưng).
    Suspended,
    /// Gone for good (đã gỡ).
    Delisted,
}
