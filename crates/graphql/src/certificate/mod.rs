//! Certificates: reports and their receipts, totals, periods, single certificates, reconciliation.

mod decide;
mod live;
mod period;
mod query;
mod reconciliation;
mod register;
mod report;
mod single;
mod submit;
mod totals;

use async_graphql::{Result, SimpleObject};
use registry_domain::access::PartnerCode;
use registry_domain::fault::{Expected, Rule};
use registry_persistence::Standing;

use crate::access::{AccessScope, needs};
use crate::at_once::{AtOnce, Field, Teller};
use crate::error::ApiError;
use crate::session::Session;

pub(crate) use decide::DecisionMutation;
pub(crate) use live::report_changes;
pub(crate) use query::CertificateQuery;
pub(crate) use register::RegistrationMutation;
pub(crate) use report::{CertificateReport, one_report, partner_argument};
pub(crate) use single::{Certificate, one_certificate};
pub(crate) use submit::SubmissionMutation;
pub(crate) use totals::{CertificateGroup, CertificateTotal, TotalsArguments, totals};

/// Who may see reports and certificates; a partner's token sees its own.
pub(crate) fn readers() -> Vec<AccessScope> {
    vec![AccessScope::RegistryRead, AccessScope::CertificatesReport]
}

/// A partner by name (đối tác).
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial, directive = needs::apply(readers()))]
pub(crate) struct ReportingPartner {
    /// Its code (mã đối tác), like `VNPT`.
    code: String,
    /// Its name (tên).
    name: String,
}

impl AtOnce for ReportingPartner {
    fn tell(&self, field: &Field<'_>, to: &mut Teller<'_>) -> Option<()> {
        match field.name {
            "code" => to.put(field, &self.code),
            "name" => to.put(field, &self.name),
            _ => None,
        }
    }
}

impl ReportingPartner {
    async fn of(session: &Session, code: &PartnerCode) -> Result<Self, ApiError> {
        Ok(Self::known(&*session.store.standing().await?, code))
    }

    fn known(standing: &Standing, code: &PartnerCode) -> Self {
        let name = standing.partner(code).map(|partner| partner.name.clone());
        Self { code: code.to_string(), name: name.unwrap_or_default() }
    }
}

/// The partner that a token acts for, or the one that was named.
fn acting_partner(session: &Session, named: Option<&str>) -> Result<PartnerCode, Rule> {
    const NAMED: Expected = Expected {
        english: "a partner's code, since the token is for none",
        vietnamese: "mã đối tác, vì mã truy cập không thuộc đối tác nào",
    };
    match (named, session.reader.principal().grant().partner()) {
        (Some(named), _) => named.parse(),
        (None, Some(own)) => Ok(own.clone()),
        (None, None) => Err(Rule::Malformed { expected: NAMED }),
    }
}
