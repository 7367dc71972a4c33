//! Where reading begins: a list of entry points, nothing else.

use async_graphql::{Context, ID, Object, Result};
use futures_util::future::try_join_all;

use crate::access::{AccessScope, list_size, needs, open};
use crate::certificate::{
    Certificate, CertificateConnection, CertificateFilter, CertificateGroup,
    CertificateReconciliation, CertificateTotal, ReportArguments, ReportConnection, ReportFilter,
    ReportingPeriod, TotalsArguments, certificate_page, key_argument, one_certificate, readers,
    reconcile, report_page, reporting_periods, totals,
};
use crate::error::ApiError;
use crate::household::{
    Household, HouseholdArguments, HouseholdConnection, HouseholdFilter, HouseholdOrder,
    head_selected, household_page, one,
};
use crate::indicator::{IndicatorCode, IndicatorPoint, IndicatorValue, series, values};
use crate::node::{Node, find};
use crate::page::{PAGE, PageArguments, paging};
use crate::partner::{Partner, all_partners};
use crate::scalar::{Date, DateTime, HouseholdCode, YearMonth};
use crate::service_config::ServiceConfig;
use crate::session::Session;
use crate::token::{TokenConnection, token_page};
use crate::unit::{AdministrativeUnit, UnitConnection, UnitFilter, UnitRef, find_units};

#[derive(Default)]
pub(crate) struct Query;

/// Reading (truy vấn).
#[Object]
impl Query {
    /// One administrative unit (một đơn vị hành chính). Null if an id names none; a code that is
    /// unknown on its date is an error that tells when it was in use. Open to everyone.
    #[graphql(directive = open::apply())]
    async fn unit(
        &self,
        context: &Context<'_>,
        #[graphql(name = "ref", desc = "Which one (đơn vị nào).")] reference: UnitRef,
    ) -> Result<Option<AdministrativeUnit>> {
        Ok(reference.find(Session::of(context), "ref")?)
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

    /// One household (một hộ) by its code; null if there is none. Needs `registry:read`.
    #[graphql(directive = needs::apply(vec![AccessScope::RegistryRead]))]
    async fn household(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The code (mã hộ).")] code: HouseholdCode,
    ) -> Result<Option<Household>> {
        let heads = head_selected(&context.look_ahead());
        Ok(one(Session::of(context), code.0.number(), heads).await?)
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
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<HouseholdConnection> {
        let page = PageArguments { first, after, last, before };
        Ok(household_page(context, None, HouseholdArguments { filter, order_by, page }).await?)
    }

    /// The indicators of a unit (các chỉ số của một đơn vị). Open to everyone.
    #[graphql(directive = list_size::apply(Some(25), None), directive = open::apply())]
    async fn indicators(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which unit (đơn vị nào).")] unit: UnitRef,
        #[graphql(
            desc = "At the end of the month that holds this date (cuối tháng chứa ngày); today if not given."
        )]
        on: Option<Date>,
        #[graphql(
            desc = "On the boundaries of this date (theo địa giới ngày); those of `on` if the unit existed then, else the nearest date on which it did."
        )]
        boundaries_on: Option<Date>,
        #[graphql(desc = "Which ones (các chỉ số cần lấy); all if not given.")] codes: Option<
            Vec<IndicatorCode>,
        >,
    ) -> Result<Vec<IndicatorValue>> {
        let session = Session::of(context);
        let unit = unit.require(session, "unit")?;
        Ok(values(session, unit.id, on, boundaries_on, codes).await?)
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
    ) -> Result<Vec<IndicatorPoint>> {
        let session = Session::of(context);
        let unit = unit.require(session, "unit")?;
        Ok(series(session, code, unit, from.0, to.0).await?)
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

    /// Reports of certificates (các báo cáo chứng thư số), the newest first. A partner's token sees
    /// its own. Needs `registry:read` or `certificates:report`.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())), directive = needs::apply(readers()))]
    #[expect(clippy::too_many_arguments, reason = "the four arguments of every connection")]
    async fn certificate_reports(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Conditions (điều kiện lọc).")] filter: Option<ReportFilter>,
        #[graphql(
            desc = "As they were known at this moment (theo hiểu biết tại thời điểm); now if not given."
        )]
        as_of: Option<DateTime>,
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<ReportConnection> {
        let page = PageArguments { first, after, last, before };
        Ok(report_page(Session::of(context), ReportArguments { filter, as_of, page }).await?)
    }

    /// Certificates added up (tổng số chứng thư số), of the reports that count; at most 1,000 totals. A
    /// partner's token sees its own. Needs `registry:read` or `certificates:report`.
    #[graphql(directive = list_size::apply(Some(200), None), directive = needs::apply(readers()))]
    #[expect(clippy::too_many_arguments, reason = "each narrows or tells apart on its own")]
    async fn certificate_totals(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Within this unit (thuộc đơn vị).")] within: UnitRef,
        #[graphql(desc = "The first month (từ kỳ); from the beginning if not given.")] from: Option<
            YearMonth,
        >,
        #[graphql(desc = "The last month (đến kỳ); to the end if not given.")] to: Option<
            YearMonth,
        >,
        #[graphql(desc = "Of this partner only (mã đối tác).")] partner: Option<String>,
        #[graphql(desc = "What is told apart (nhóm theo).")] group_by: Option<
            Vec<CertificateGroup>,
        >,
        #[graphql(
            desc = "As it was known at this moment (theo hiểu biết tại thời điểm); now if not given."
        )]
        as_of: Option<DateTime>,
        #[graphql(
            desc = "On the boundaries of this date (theo địa giới ngày); those by which the unit was named if not given."
        )]
        boundaries_on: Option<Date>,
    ) -> Result<Vec<CertificateTotal>> {
        let session = Session::of(context);
        let within = within.require(session, "within")?;
        let group_by = group_by.unwrap_or_default();
        let arguments = TotalsArguments { from, to, partner, group_by, as_of, boundaries_on };
        Ok(totals(session, within, arguments).await?)
    }

    /// The months that partners report about (các kỳ báo cáo), the newest first, at most 240: who
    /// has delivered, who is late. Needs `registry:read` or `certificates:report`.
    #[graphql(directive = list_size::apply(Some(100), None), directive = needs::apply(readers()))]
    async fn reporting_periods(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first month (từ kỳ); that of the first agreement if not given.")]
        from: Option<YearMonth>,
        #[graphql(desc = "The last month (đến kỳ); the present one if not given.")] to: Option<
            YearMonth,
        >,
    ) -> Result<Vec<ReportingPeriod>> {
        let (from, to) = (from.map(|month| month.0), to.map(|month| month.0));
        Ok(reporting_periods(Session::of(context), from, to).await?)
    }

    /// One certificate (một chứng thư số); null if there is none, or it is another partner's. Needs
    /// `registry:read` or `certificates:report`.
    #[graphql(directive = needs::apply(readers()))]
    async fn certificate(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its number (số hiệu), in hexadecimal.")] serial: String,
        #[graphql(desc = "Who signed it (tổ chức cấp).")] issuer: String,
    ) -> Result<Option<Certificate>> {
        let key = key_argument(&serial, &issuer)?;
        Ok(one_certificate(Session::of(context), &key).await?)
    }

    /// Single certificates (các chứng thư số), by issuer and number. A partner's token sees its own.
    /// Needs `registry:read` or `certificates:report`.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())), directive = needs::apply(readers()))]
    async fn certificates(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Conditions (điều kiện lọc).")] filter: Option<CertificateFilter>,
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<CertificateConnection> {
        let page = PageArguments { first, after, last, before };
        Ok(certificate_page(Session::of(context), filter, page).await?)
    }

    /// What partners declared of a month against what is registered of it one by one (đối chiếu).
    /// A partner's token sees its own. Needs `registry:read` or `certificates:report`.
    #[graphql(directive = needs::apply(readers()))]
    async fn certificate_reconciliation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The month (kỳ).")] period: YearMonth,
        #[graphql(desc = "Of this partner only (mã đối tác).")] partner: Option<String>,
        #[graphql(desc = "Within this unit only (thuộc đơn vị).")] within: Option<UnitRef>,
    ) -> Result<CertificateReconciliation> {
        Ok(reconcile(Session::of(context), period.0, partner, within).await?)
    }

    /// The limits in force (các giới hạn đang áp dụng). Open to everyone.
    #[graphql(directive = open::apply())]
    async fn service_config(&self, context: &Context<'_>) -> ServiceConfig {
        ServiceConfig::of(Session::of(context))
    }
}
