//! E-commerce: who sells, what, on which marketplaces, for how much, and how much of it.

mod listing;
mod marketplace;
mod money;
mod product;
mod rule;
mod sales;
mod seller;
mod url;

pub use listing::{
    Listing, ListingChange, ListingCode, ListingMark, ListingStatus, NewListing, PriceChange,
    StatusChange, StatusNotAllowed,
};
pub use marketplace::{
    Marketplace, MarketplaceChange, MarketplaceCode, MarketplaceName, NewMarketplace,
};
pub use money::Vnd;
pub use product::{
    Decision, NewProduct, NewRating, Product, ProductCategory, ProductChange, ProductCode,
    ProductMark, ProductName, Rating, Stars,
};
pub use rule::CommerceRule;
pub use sales::{MonthlySales, NewSales, SaleCounts};
pub use seller::{NewSeller, Seller, SellerChange, SellerCode, SellerKind, SellerMark, SellerName};
pub use url::ListingUrl;
