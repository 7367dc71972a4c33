//! Where reading of e-commerce begins.

use async_graphql::{Context, Object, Result};

use super::listing::{Listing, one_listing};
use super::listings::{ListingArguments, ListingConnection, listing_page};
use super::marketplace::{MarketplaceConnection, marketplace_page};
use super::product::{Product, ProductConnection, one_product, product_page};
use super::seller::{Seller, SellerConnection, one_seller, seller_page};
use super::{
    ListingFilter, ListingOrder, MarketplaceFilter, ProductFilter, ProductOrder, SellerFilter,
    SellerOrder, readers,
};
use crate::access::{as_of_weight, cost, list_size, needs};
use crate::in_order::One;
use crate::page::{PAGE, PageArguments, paging};
use crate::scalar::{DateTime, RegistryCode};
use crate::session::Session;

/// Reading e-commerce.
#[derive(Default)]
pub(crate) struct CommerceQuery;

#[Object]
impl CommerceQuery {
    /// Marketplaces (các sàn thương mại điện tử), by code. Needs `registry:read`.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())), directive = needs::apply(readers()))]
    async fn marketplaces(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Conditions (điều kiện lọc).")] filter: Option<MarketplaceFilter>,
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<MarketplaceConnection> {
        let page = PageArguments { first, after, last, before };
        Ok(marketplace_page(Session::of(context), filter, page).await?)
    }

    /// One seller (một người bán) by its code; null if there is none. Needs `registry:read`.
    #[graphql(directive = needs::apply(readers()))]
    async fn seller(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The code (mã người bán).")] code: RegistryCode,
    ) -> Result<Option<One<Seller>>> {
        Ok(one_seller(Session::of(context), code.read("code")?).await?.map(One))
    }

    /// Sellers (những người bán), by code if no order is given. Needs `registry:read`.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())), directive = needs::apply(readers()))]
    #[expect(clippy::too_many_arguments, reason = "the four arguments of every connection")]
    async fn sellers(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Conditions (điều kiện lọc).")] filter: Option<SellerFilter>,
        #[graphql(desc = "The order (thứ tự).")] order_by: Option<SellerOrder>,
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<SellerConnection> {
        let page = PageArguments { first, after, last, before };
        Ok(seller_page(Session::of(context), filter, order_by, page).await?)
    }

    /// One product (một sản phẩm) by its code; null if there is none. Needs `registry:read`.
    #[graphql(directive = needs::apply(readers()))]
    async fn product(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The code (mã sản phẩm).")] code: RegistryCode,
    ) -> Result<Option<One<Product>>> {
        Ok(one_product(Session::of(context), code.read("code")?).await?.map(One))
    }

    /// Products (các sản phẩm). Needs `registry:read`.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())), directive = needs::apply(readers()))]
    #[expect(clippy::too_many_arguments, reason = "the four arguments of every connection")]
    async fn products(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Conditions (điều kiện lọc).")] filter: Option<ProductFilter>,
        #[graphql(
            desc = "Words of the product's or the seller's name (tìm kiếm), 1…8, or their beginnings, with or without accents."
        )]
        search: Option<String>,
        #[graphql(
            desc = "The order (thứ tự); the best found first if searched for, else by code, if not given."
        )]
        order_by: Option<ProductOrder>,
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<ProductConnection> {
        let page = PageArguments { first, after, last, before };
        Ok(product_page(Session::of(context), filter, search, order_by, page).await?)
    }

    /// One listing (một tin đăng) by its code; null if there is none, or was none then. Needs `registry:read`.
    #[graphql(directive = needs::apply(readers()))]
    async fn listing(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The code (mã tin đăng).")] code: RegistryCode,
        #[graphql(
            desc = "As it was known at this moment (theo hiểu biết tại thời điểm); now if not given.",
            directive = cost::apply(as_of_weight())
        )]
        as_of: Option<DateTime>,
    ) -> Result<Option<One<Listing>>> {
        let session = Session::of(context);
        let as_of = session.as_of(as_of)?;
        Ok(one_listing(session, code.read("code")?, as_of).await?.map(One))
    }

    /// Listings (các tin đăng bán). Needs `registry:read`.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())), directive = needs::apply(readers()))]
    #[expect(clippy::too_many_arguments, reason = "the four arguments of every connection")]
    async fn listings(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Conditions (điều kiện lọc).")] filter: Option<ListingFilter>,
        #[graphql(
            desc = "Words of the product's or the seller's name (tìm kiếm), 1…8, or their beginnings, with or without accents."
        )]
        search: Option<String>,
        #[graphql(
            desc = "The order (thứ tự); the best found first if searched for, else by code, if not given."
        )]
        order_by: Option<ListingOrder>,
        #[graphql(
            desc = "As they were known at this moment (theo hiểu biết tại thời điểm); now if not given. Not together with `search`, which knows present names only.",
            directive = cost::apply(as_of_weight())
        )]
        as_of: Option<DateTime>,
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<ListingConnection> {
        let page = PageArguments { first, after, last, before };
        let arguments = ListingArguments { filter, search, order_by, as_of, page };
        Ok(listing_page(context, arguments).await?)
    }
}
