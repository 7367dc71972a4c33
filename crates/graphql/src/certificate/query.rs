//! Where reading of certificates begins.

use async_graphql::{Context, Object, Result};

use super::period::{ReportingPeriod, reporting_periods};
use super::readers;
use super::reconciliation::{CertificateReconciliation, reconcile};
use super::register::key_argument;
use super::report::{ReportArguments, ReportConnection, ReportFilter, report_page};
use super::single::{
    Certificate, CertificateConnection, CertificateFilter, certificate_page, one_certificate,
};
use super::totals::{CertificateGroup, CertificateTotal, TotalsArguments, totals};
use crate::access::{as_of_weight, cost, list_size, needs};
use crate::in_order::{One, Rows};
use crate::page::{PAGE, PageArguments, paging};
use crate::scalar::{Date, DateTime, YearMonth};
use crate::session::Session;
use crate::unit::UnitRef;

/// Reading certificates.
#[derive(Default)]
pub(crate) struct CertificateQuery;

#[Object]
impl CertificateQuery {
    /// Reports of certificates (các báo cáo chứng thư số), the newest first. A partner's token sees
    /// its own. Needs `registry:read` or `certificates:report`.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())), directive = needs::apply(readers()))]
    #[expect(clippy::too_many_arguments, reason = "the four arguments of every connection")]
    async fn certificate_reports(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Conditions (điều kiện lọc).")] filter: Option<ReportFilter>,
        #[graphql(
            desc = "As they were known at this moment (theo hiểu biết tại thời điểm); now if not given.",
            directive = cost::apply(as_of_weight())
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
            desc = "As it was known at this moment (theo hiểu biết tại thời điểm); now if not given.",
            directive = cost::apply(as_of_weight())
        )]
        as_of: Option<DateTime>,
        #[graphql(
            desc = "On the boundaries of this date (theo địa giới ngày); those by which the unit was named if not given."
        )]
        boundaries_on: Option<Date>,
    ) -> Result<Rows<CertificateTotal>> {
        let session = Session::of(context);
        let within = within.require(session, "within")?;
        let group_by = group_by.unwrap_or_default();
        let as_of = session.as_of(as_of)?;
        let arguments = TotalsArguments { from, to, partner, group_by, as_of, boundaries_on };
        Ok(Rows(totals(session, within, arguments).await?))
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
    ) -> Result<Option<One<Certificate>>> {
        let key = key_argument(&serial, &issuer)?;
        Ok(one_certificate(Session::of(context), &key).await?.map(One))
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
}
