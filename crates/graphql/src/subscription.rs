//! Where listening begins: a list of entry points, nothing else.

use async_graphql::{Context, Result, Subscription};
use futures_util::Stream;

use crate::access::{list_size, needs, open};
use crate::certificate::{CertificateReport, partner_argument, readers, report_changes};
use crate::indicator::{IndicatorCode, IndicatorValue, live_values};
use crate::session::Session;
use crate::unit::UnitRef;

#[derive(Default)]
pub(crate) struct Subscription;

/// Listening (theo dõi), by WebSocket (`graphql-transport-ws`) or server-sent events.
#[Subscription]
impl Subscription {
    /// The present indicators of a unit (các chỉ số hiện tại của một đơn vị): at once, then again
    /// whenever its figures changed. Open to everyone.
    #[graphql(directive = list_size::apply(Some(25), None), directive = open::apply())]
    async fn indicators_changed(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which unit (đơn vị nào).")] unit: UnitRef,
        #[graphql(desc = "Which ones (các chỉ số cần lấy); all if not given.")] codes: Option<
            Vec<IndicatorCode>,
        >,
    ) -> Result<impl Stream<Item = Result<Vec<IndicatorValue>>> + use<>> {
        let session = Session::of(context);
        let unit = unit.require(session, "unit")?;
        Ok(live_values(session.clone(), unit.id, codes))
    }

    /// Reports of certificates (báo cáo chứng thư số) from now on: each that is taken, and each
    /// whose state changes. A partner's token hears of its own. Needs `registry:read` or
    /// `certificates:report`.
    #[graphql(directive = needs::apply(readers()))]
    async fn certificate_report_changed(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of this partner only (mã đối tác).")] partner: Option<String>,
    ) -> Result<impl Stream<Item = Result<CertificateReport>> + use<>> {
        let partner = partner_argument(partner.as_deref())?;
        Ok(report_changes(Session::of(context).clone(), partner).await?)
    }
}
