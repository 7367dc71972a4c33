//! Telling listeners of reports that were taken or decided on.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::Arc;

use async_graphql::Result;
use futures_util::{Stream, StreamExt as _, stream};
use registry_domain::access::PartnerCode;
use registry_domain::certificate::Report;

use super::report::CertificateReport;
use crate::error::ApiError;
use crate::session::Session;

type Moments = Pin<Box<dyn Stream<Item = ()> + Send>>;

/// What a listener has been told, and what it is to be told next.
struct Listener {
    session: Session,
    partner: Option<PartnerCode>,
    moments: Moments,
    /// The newest change of each partner's reports that was told.
    seen: HashMap<PartnerCode, i64>,
    waiting: VecDeque<Report>,
    /// Whether something may have changed that was not read yet.
    due: bool,
}

/// Every report from now on that is taken, or whose state changes; of one partner if it is named.
pub(crate) async fn report_changes(
    session: Session,
    partner: Option<PartnerCode>,
) -> Result<impl Stream<Item = Result<CertificateReport>> + use<>, ApiError> {
    // Listening begins before the first look, so that no change falls between the two.
    let moments = session.store.changes().boxed();
    let seen = session.reader.newest_report_changes().await?;
    session.listening.notify_one();
    let listener =
        Listener { session, partner, moments, seen, waiting: VecDeque::new(), due: false };
    Ok(stream::unfold(listener, async |mut listener| {
        let next = listener.next().await?;
        Some((next.map_err(Into::into), listener))
    }))
}

impl Listener {
    async fn next(&mut self) -> Option<Result<CertificateReport, ApiError>> {
        loop {
            if let Some(report) = self.waiting.pop_front() {
                return Some(Ok(CertificateReport(Arc::new(report), None)));
            }
            if !self.due {
                self.moments.next().await?;
                self.due = true;
            }
            match self.session.reader.reports_changed_after(&self.seen).await {
                Ok(changed) => {
                    self.due = false;
                    self.take(changed);
                }
                Err(error) => return Some(Err(error.into())),
            }
        }
    }

    fn take(&mut self, changed: Vec<Report>) {
        for report in changed {
            let newest = self.seen.entry(report.key.partner.clone()).or_default();
            *newest = report.change.max(*newest);
            if self.partner.as_ref().is_none_or(|only| *only == report.key.partner) {
                self.waiting.push_back(report);
            }
        }
    }
}
