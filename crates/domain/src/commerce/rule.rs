//! The rules of e-commerce that an input can break.

use super::{ListingCode, ProductCode, SellerCode, StatusNotAllowed};
use crate::fault::{Language, Rule, RuleCode};
use crate::time::{Date, YearMonth};
use crate::unit::Validity;

/// The rules of e-commerce, each with the figures that explain it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommerceRule {
    /// The address does not begin with `https://`.
    NotHttps,
    /// The text is no address.
    NotAnAddress,
    /// Another listing has this address on the marketplace.
    DuplicateUrl {
        /// That listing.
        listing: ListingCode,
    },
    /// No marketplace has this code.
    UnknownMarketplace,
    /// There is a marketplace with this code.
    MarketplaceExists,
    /// The marketplace can't be sold on on that date.
    MarketplaceClosed {
        /// When it can be.
        validity: Validity,
    },
    /// No seller has this code.
    UnknownSeller,
    /// A household that sells must be named.
    HouseholdMissing,
    /// Only a household that sells is one.
    HouseholdUnexpected,
    /// There is such a seller.
    DuplicateSeller {
        /// That seller.
        seller: SellerCode,
    },
    /// No product has this code.
    UnknownProduct,
    /// The seller has such a product.
    DuplicateProduct {
        /// That product.
        product: ProductCode,
    },
    /// The product was rated on that date.
    DuplicateRating,
    /// The product has no rating that holds on the date.
    NoRating {
        /// When the newest one held no longer, if there was one.
        expired_on: Option<Date>,
    },
    /// The rating that holds on the date has other stars.
    OtherRating {
        /// How many.
        stars: u8,
    },
    /// No listing has this code.
    UnknownListing,
    /// The life of the listing has no such way.
    ListingStatus {
        /// What was tried, and what would do.
        refused: StatusNotAllowed,
    },
    /// What is delisted no longer changes.
    Delisted {
        /// Since when.
        since: Date,
    },
    /// The listing was not on sale in that month.
    NotListedThen {
        /// The month in which it was on sale for the first time.
        first: YearMonth,
        /// The month in which it was delisted, if it was.
        last: Option<YearMonth>,
    },
    /// A draft sells nothing.
    DraftSells,
    /// The month's sales are recorded; they can be replaced.
    DuplicateSales {
        /// The orders that are recorded.
        orders: u32,
    },
}

impl From<CommerceRule> for Rule {
    fn from(rule: CommerceRule) -> Self {
        Self::Commerce(rule)
    }
}

impl CommerceRule {
    /// The stable name of the rule, for programs.
    #[must_use]
    pub const fn code(&self) -> RuleCode {
        match self {
            Self::NotHttps => RuleCode::NotHttps,
            Self::NotAnAddress => RuleCode::NotAnAddress,
            Self::DuplicateUrl { .. } => RuleCode::DuplicateUrl,
            Self::UnknownMarketplace => RuleCode::UnknownMarketplace,
            Self::MarketplaceExists => RuleCode::MarketplaceExists,
            Self::MarketplaceClosed { .. } => RuleCode::MarketplaceClosed,
            Self::UnknownSeller => RuleCode::UnknownSeller,
            Self::HouseholdMissing | Self::HouseholdUnexpected => RuleCode::HouseholdOfSeller,
            Self::DuplicateSeller { .. } => RuleCode::DuplicateSeller,
            Self::UnknownProduct => RuleCode::UnknownProduct,
            Self::DuplicateProduct { .. } => RuleCode::DuplicateProduct,
            Self::DuplicateRating => RuleCode::DuplicateRating,
            Self::NoRating { expired_on: None } => RuleCode::NoRating,
            Self::NoRating { expired_on: Some(_) } => RuleCode::RatingExpired,
            Self::OtherRating { .. } => RuleCode::OtherRating,
            Self::UnknownListing => RuleCode::UnknownListing,
            Self::ListingStatus { .. } | Self::Delisted { .. } => RuleCode::ListingStatus,
            Self::NotListedThen { .. } | Self::DraftSells => RuleCode::NotListedThen,
            Self::DuplicateSales { .. } => RuleCode::DuplicateSales,
        }
    }

    /// What is wrong and what to do, for people.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        match language {
            Language::Vietnamese => self.vietnamese(),
            Language::English => self.english(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::NotHttps => "the address must begin with https://".into(),
            Self::NotAnAddress => "this is no address of a page, like https://example.vn/x".into(),
            Self::DuplicateUrl { listing } => {
                format!("the listing {listing} has this address on the marketplace")
            }
            Self::UnknownMarketplace => {
                "no marketplace has this code; `marketplaces` lists them".into()
            }
            Self::MarketplaceExists => "there is a marketplace with this code".into(),
            Self::MarketplaceClosed { validity: Validity { from: Some(from), until: None } } => {
                format!("the marketplace is open from {from}")
            }
            Self::MarketplaceClosed { validity: Validity { from: None, until: Some(until) } } => {
                format!("the marketplace is closed from {until}")
            }
            Self::MarketplaceClosed {
                validity: Validity { from: Some(from), until: Some(until) },
            } => format!("the marketplace is open from {from} until before {until}"),
            Self::MarketplaceClosed { validity: Validity { from: None, until: None } } => {
                "the marketplace is closed on that date".into()
            }
            Self::UnknownSeller => "no seller has this code".into(),
            Self::HouseholdMissing => "name the household that the seller is, by its code".into(),
            Self::HouseholdUnexpected => {
                "only a seller of the kind HOUSEHOLD is a household; leave it out".into()
            }
            Self::DuplicateSeller { seller } => format!("this is the seller {seller} already"),
            Self::UnknownProduct => "no product has this code".into(),
            Self::DuplicateProduct { product } => {
                format!("the seller has a product of this name, {product}")
            }
            Self::DuplicateRating => "the product was rated on that date already".into(),
            Self::NoRating { expired_on: None } => {
                "the product has no OCOP rating on that date; record it by rateProduct".into()
            }
            Self::NoRating { expired_on: Some(expired_on) } => format!(
                "the product's OCOP rating expired on {expired_on}; record the new one by rateProduct"
            ),
            Self::OtherRating { stars } => {
                format!("the rating that holds on that date has {stars} stars")
            }
            Self::UnknownListing => "no listing has this code".into(),
            Self::ListingStatus { refused } => refused.message(Language::English),
            Self::Delisted { since } => format!("the listing is delisted since {since}"),
            Self::NotListedThen { first, last: None } => {
                format!("the listing was not on sale before {first}")
            }
            Self::NotListedThen { first, last: Some(last) } => {
                format!("the listing was on sale from {first} to {last}")
            }
            Self::DraftSells => "a draft sells nothing; publish it first".into(),
            Self::DuplicateSales { orders } => format!(
                "sales of the month are recorded, with {orders} orders; `replace: true` corrects them"
            ),
        }
    }

    fn vietnamese(&self) -> String {
        match self {
            Self::NotHttps => "địa chỉ phải bắt đầu bằng https://".into(),
            Self::NotAnAddress => "đây không phải địa chỉ trang, như https://example.vn/x".into(),
            Self::DuplicateUrl { listing } => {
                format!("tin đăng {listing} đã dùng địa chỉ này trên sàn")
            }
            Self::UnknownMarketplace => "không có sàn mang mã này; xem `marketplaces`".into(),
            Self::MarketplaceExists => "đã có sàn mang mã này".into(),
            Self::MarketplaceClosed { validity: Validity { from: Some(from), until: None } } => {
                format!("sàn hoạt động từ ngày {from}")
            }
            Self::MarketplaceClosed { validity: Validity { from: None, until: Some(until) } } => {
                format!("sàn ngừng hoạt động từ ngày {until}")
            }
            Self::MarketplaceClosed {
                validity: Validity { from: Some(from), until: Some(until) },
            } => format!("sàn hoạt động từ ngày {from} đến trước ngày {until}"),
            Self::MarketplaceClosed { validity: Validity { from: None, until: None } } => {
                "sàn không hoạt động vào ngày đó".into()
            }
            Self::UnknownSeller => "không có người bán mang mã này".into(),
            Self::HouseholdMissing => "hãy nêu mã hộ của người bán".into(),
            Self::HouseholdUnexpected => {
                "chỉ người bán loại HOUSEHOLD mới là một hộ; hãy bỏ mã hộ".into()
            }
            Self::DuplicateSeller { seller } => format!("đã có người bán này, mã {seller}"),
            Self::UnknownProduct => "không có sản phẩm mang mã này".into(),
            Self::DuplicateProduct { product } => {
                format!("người bán đã có sản phẩm cùng tên, mã {product}")
            }
            Self::DuplicateRating => "sản phẩm đã được xếp hạng vào ngày đó".into(),
            Self::NoRating { expired_on: None } => {
                "sản phẩm chưa có hạng sao OCOP vào ngày đó; hãy ghi bằng rateProduct".into()
            }
            Self::NoRating { expired_on: Some(expired_on) } => format!(
                "hạng sao OCOP của sản phẩm hết hạn từ ngày {expired_on}; hãy ghi hạng mới bằng rateProduct"
            ),
            Self::OtherRating { stars } => {
                format!("hạng sao có hiệu lực vào ngày đó là {stars} sao")
            }
            Self::UnknownListing => "không có tin đăng mang mã này".into(),
            Self::ListingStatus { refused } => refused.message(Language::Vietnamese),
            Self::Delisted { since } => format!("tin đăng đã gỡ từ ngày {since}"),
            Self::NotListedThen { first, last: None } => {
                format!("trước tháng {first} chưa có tin đăng này")
            }
            Self::NotListedThen { first, last: Some(last) } => {
                format!("tin đăng có từ tháng {first} đến tháng {last}")
            }
            Self::DraftSells => "tin nháp chưa bán được; hãy đăng bán trước".into(),
            Self::DuplicateSales { orders } => format!(
                "doanh số của tháng đã được ghi, {orders} đơn; dùng `replace: true` để đính chính"
            ),
        }
    }
}
