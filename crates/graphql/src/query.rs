//! Where reading begins: a list of entry points, nothing else. A noun with many has a list of its own.

use async_graphql::{Context, ID, MergedObject, Object, Result};
use futures_util::future::try_join_all;

use crate::access::{AccessScope, as_of_weight, cost, list_size, needs, open};
use crate::audit::AuditQuery;
use crate::certificate::CertificateQuery;
use crate::commerce::CommerceQuery;
use crate::community::CommunityQuery;
use crate::coverage::{CoverageConnection, CoverageFilter, coverage_page};
use crate::error::ApiError;
use crate::household::{
    Household, HouseholdArguments, HouseholdConnection, HouseholdFilter, HouseholdOrder, extent,
    household_page, one,
};
use crate::in_order::{One, Rows};
use crate::indicator::{
    IndicatorArguments, IndicatorCode, IndicatorPoint, IndicatorValue, series, values,
};
use crate::institution::InstitutionQuery;
use crate::node::{Node, find};
use crate::page::{PAGE, PageArguments, paging};
use crate::partner::{Partner, all_partners};
use crate::scalar::{Date, DateTime, HouseholdCode, YearMonth};
use crate::service_config::ServiceConfig;
use crate::session::Session;
use crate::token::{TokenConnection, token_page};
use crate::unit::{AdministrativeUnit, UnitConnection, UnitFilter, UnitRef, find_units};

/// Reading (truy vấn).
#[derive(Default, MergedObject)]
pub(crate) struct Query(
    RegistryQuery,
    CertificateQuery,
    CommerceQuery,
    InstitutionQuery,
    CommunityQuery,
    AuditQuery,
);

#[derive(Default)]
pub(crate) struct RegistryQuery;

#[Object]
impl RegistryQuery {
    /// One administrative unit (một đơn vị hành chính). Null if an id names none; a code that is
    /// unknown on its date is an error that tells when it was in use. Open to everyone.
    #[graphql(directive = open::apply())]
    async fn unit(
        &self,
        context: &Context<'_>,
        #[graphql(name = "ref", desc = "Which one (đơn vị nào).")] reference: UnitRef,
    ) -> Result<Option<One<AdministrativeUnit>>> {
        Ok(reference.find(Session::of(context), "ref")?.map(One))
    }

    /// Administrative units (các đơn vị hành chính) by level, then in Vietnamese order. Open to everyone.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())), directive = open::apply())]
    async fn units(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Conditions (điều kiện lọc).")] filter: Option<UnitFilter>,
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<UnitConnection> {
        let page = PageArguments { first, after, last, before };
        Ok(find_units(Session::of(context), filter.unwrap_or_default(), page)?)
    }

    /// One household (một hộ) by its code; null if there is none, or was none then. Needs `registry:read`.
    #[graphql(directive = needs::apply(vec![AccessScope::RegistryRead]))]
    async fn household(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The code (mã hộ).")] code: HouseholdCode,
        #[graphql(
            desc = "As it was known at this moment (theo hiểu biết tại thời điểm); now if not given.",
            directive = cost::apply(as_of_weight())
        )]
        as_of: Option<DateTime>,
    ) -> Result<Option<One<Household>>> {
        let extent = extent(&context.look_ahead());
        let session = Session::of(context);
        let as_of = session.as_of(as_of)?;
        Ok(one(session, code.0.number(), extent, as_of).await?.map(One))
    }

    /// Households (các hộ). Needs `registry:read`.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())), directive = needs::apply(vec![AccessScope::RegistryRead]))]
    #[expect(clippy::too_many_arguments, reason = "the four arguments of every connection")]
    async fn households(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Conditions (điều kiện lọc).")] filter: Option<HouseholdFilter>,
        #[graphql(desc = "The order (thứ tự); by code if not given.")] order_by: Option<
            HouseholdOrder,
        >,
        #[graphql(
            desc = "As they were known at this moment (theo hiểu biết tại thời điểm); now if not given.",
            directive = cost::apply(as_of_weight())
        )]
        as_of: Option<DateTime>,
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<HouseholdConnection> {
        let page = PageArguments { first, after, last, before };
        let arguments = HouseholdArguments { filter, order_by, as_of, page };
        Ok(household_page(context, None, arguments).await?)
    }

    /// The indicators of a unit (các chỉ số của một đơn vị). Open to everyone.
    #[graphql(directive = list_size::apply(Some(25), None), directive = open::apply())]
    async fn indicators(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which unit (đơn vị nào).")] unit: UnitRef,
        #[graphql(
            desc = "At the end of the month that holds this date (cuối tháng chứa ngày); today, or the day of `asOf`, if not given."
        )]
        on: Option<Date>,
        #[graphql(
            desc = "On the boundaries of this date (theo địa giới ngày); those of `on` if the unit existed then, else the nearest date on which it did."
        )]
        boundaries_on: Option<Date>,
        #[graphql(desc = "Which ones (các chỉ số cần lấy); all if not given.")] codes: Option<
            Vec<IndicatorCode>,
        >,
        #[graphql(
            desc = "As they were known at this moment (theo hiểu biết tại thời điểm); now if not given. Needs `registry:read`.",
            directive = cost::apply(as_of_weight())
        )]
        as_of: Option<DateTime>,
    ) -> Result<Rows<IndicatorValue>> {
        let session = Session::of(context);
        let unit = unit.require(session, "unit")?;
        let as_of = session.as_of(as_of)?;
        let arguments = IndicatorArguments { on, boundaries_on, codes, as_of };
        Ok(Rows(values(session, unit.id, arguments).await?))
    }

    /// One indicator of a unit, month by month (chuỗi chỉ số theo tháng), at most 240 months, on the
    /// boundaries by which the unit was named. Open to everyone.
    #[graphql(directive = list_size::apply(Some(240), None), directive = open::apply())]
    async fn indicator_series(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which indicator (chỉ số nào).")] code: IndicatorCode,
        #[graphql(desc = "Which unit (đơn vị nào).")] unit: UnitRef,
        #[graphql(desc = "The first month (từ tháng).")] from: YearMonth,
        #[graphql(desc = "The last month (đến tháng).")] to: YearMonth,
        #[graphql(
            desc = "As it was known at this moment (theo hiểu biết tại thời điểm); now if not given. Needs `registry:read`.",
            directive = cost::apply(as_of_weight())
        )]
        as_of: Option<DateTime>,
    ) -> Result<Rows<IndicatorPoint>> {
        let session = Session::of(context);
        let unit = unit.require(session, "unit")?;
        let as_of = session.as_of(as_of)?;
        Ok(Rows(series(session, code, unit, (from.0, to.0), as_of).await?))
    }

    /// The object with this global id (đối tượng theo định danh); null if there is none.
    #[graphql(directive = open::apply())]
    async fn node(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id (định danh toàn cục).")] id: ID,
    ) -> Result<Option<Node>> {
        Ok(find(Session::of(context), &id).await?)
    }

    /// The objects with these global ids (các đối tượng theo định danh), in the same order; null where there is none.
    #[graphql(directive = list_size::apply(None, Some(vec!["ids".into()])), directive = open::apply())]
    async fn nodes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global ids (các định danh toàn cục).")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        let session = Session::of(context);
        let limit = session.settings.max_page;
        if ids.len() > limit {
            return Err(ApiError::TooMany { what: "ids", limit }.into());
        }
        Ok(try_join_all(ids.iter().map(|id| find(session, id))).await?)
    }

    /// Tokens that were issued here (các mã truy cập), newest first. Needs `admin`.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())), directive = needs::apply(vec![AccessScope::Admin]))]
    async fn tokens(
        &self,
        context: &Context<'_>,
        #[graphql(
            desc = "Only those neither revoked nor expired (chỉ mã còn hiệu lực); all if not given.",
            default = false
        )]
        in_force: bool,
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<TokenConnection> {
        let page = PageArguments { first, after, last, before };
        Ok(token_page(Session::of(context), in_force, page).await?)
    }

    /// The partners (các đối tác) by code. Needs `admin`.
    #[graphql(directive = list_size::apply(Some(10), None), directive = needs::apply(vec![AccessScope::Admin]))]
    async fn partners(&self, context: &Context<'_>) -> Result<Vec<Partner>> {
        Ok(all_partners(Session::of(context)).await?)
    }

    /// Records of mobile coverage (các bản ghi phủ sóng di động), by commune, operator, generation and
    /// first day. Needs `registry:read`.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())), directive = needs::apply(vec![AccessScope::RegistryRead]))]
    async fn coverage_records(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Conditions (điều kiện lọc).")] filter: Option<CoverageFilter>,
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<CoverageConnection> {
        let page = PageArguments { first, after, last, before };
        Ok(coverage_page(Session::of(context), filter, page).await?)
    }

    /// The limits in force (các giới hạn đang áp dụng). Open to everyone.
    #[graphql(directive = open::apply())]
    async fn service_config(&self, context: &Context<'_>) -> ServiceConfig {
        ServiceConfig::of(Session::of(context))
    }
}
