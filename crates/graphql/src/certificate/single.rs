//! Single certificates: the object and the list of them.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use registry_domain::certificate::{self as domain, CertificateKey, Kind};
use registry_persistence as store;

use super::report::partner_argument;
use super::{ReportingPartner, readers};
use crate::access::needs;
use crate::at_once::AtOnce;
use crate::audit::Audited;
use crate::cursor::List;
use crate::error::ApiError;
use crate::in_order::One;
use crate::node::GlobalId;
use crate::page::{Connection, PageArguments, connection};
use crate::scalar::{Date, DateTime};
use crate::session::Session;
use crate::unit::{AdministrativeUnit, UnitRef};

/// Whether a certificate may be relied on, apart from its dates (tình trạng chứng thư).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::CertificateStatus")]
pub(crate) enum CertificateStatus {
    /// It may (còn hiệu lực).
    Valid,
    /// Not for now (tạm dừng).
    Suspended,
    /// Never again (đã thu hồi).
    Revoked,
}

#[derive(Debug, Clone)]
pub(crate) struct Certificate(pub(crate) domain::Certificate);

impl AtOnce for Certificate {}

/// One digital certificate (chứng thư số). Who holds it is told as a pseudonym only.
#[Object(directive = needs::apply(readers()))]
impl Certificate {
    /// The global id (định danh toàn cục).
    pub(crate) async fn id(&self) -> ID {
        GlobalId::Certificate(self.0.key.clone()).write()
    }

    #[graphql(flatten)]
    async fn audited(&self) -> Audited {
        Audited(GlobalId::Certificate(self.0.key.clone()))
    }

    /// Its number (số hiệu), in hexadecimal; unique for each issuer (RFC 5280).
    async fn serial(&self) -> &str {
        self.0.key.serial.as_str()
    }

    /// Who signed it (tổ chức cấp).
    async fn issuer(&self) -> &str {
        self.0.key.issuer.as_str()
    }

    /// Whose (đối tác).
    async fn partner(&self, context: &Context<'_>) -> Result<One<ReportingPartner>> {
        Ok(One(ReportingPartner::of(Session::of(context), &self.0.partner).await?))
    }

    /// A name for the holder that tells nobody who it is (bí danh): the same holder has the same.
    async fn pseudonym(&self) -> &str {
        &self.0.pseudonym
    }

    /// The commune it counts in (đơn vị cấp xã), on the boundaries of the day of issue.
    async fn unit(&self) -> One<AdministrativeUnit> {
        One(AdministrativeUnit { id: self.0.unit, on: self.0.issued_on, as_of: None })
    }

    /// The day of issue (ngày cấp); its month is the period it counts in.
    async fn issued_on(&self) -> Date {
        Date(self.0.issued_on)
    }

    /// The first day on which it is good (có hiệu lực từ ngày).
    async fn valid_from(&self) -> Date {
        Date(self.0.validity.from)
    }

    /// The day after the last on which it is good (hết hiệu lực từ ngày).
    async fn valid_to(&self) -> Date {
        Date(self.0.validity.until)
    }

    /// Whether it follows one that ran out (gia hạn).
    async fn renewal(&self) -> bool {
        self.0.kind == Kind::Renewal
    }

    /// Whether the certificate itself was sent, and the signature of a registered authority found on it (đã kiểm tra).
    async fn checked(&self) -> bool {
        self.0.is_checked
    }

    /// Whether it may be relied on, apart from its dates (tình trạng).
    async fn status(&self) -> CertificateStatus {
        self.0.status.into()
    }

    /// Since when (từ ngày).
    async fn status_on(&self) -> Date {
        Date(self.0.status_on)
    }

    /// When the registry learned of it (thời điểm ghi nhận).
    async fn registered_at(&self) -> DateTime {
        DateTime(self.0.registered_at)
    }
}

/// Conditions on certificates (điều kiện lọc chứng thư số); all of those given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct CertificateFilter {
    /// Whose (mã đối tác).
    partner: Option<String>,
    /// Counted in a commune of this unit (thuộc đơn vị), whatever the boundaries were.
    within: Option<UnitRef>,
    /// In this status (tình trạng).
    status: Option<CertificateStatus>,
    /// Issued on this day or later (cấp từ ngày).
    issued_from: Option<Date>,
    /// Issued on this day or earlier (cấp đến ngày).
    issued_to: Option<Date>,
    /// Of the holder with this pseudonym (bí danh của người được cấp), as a certificate tells it.
    pseudonym: Option<String>,
}

impl CertificateFilter {
    fn conditions(self, session: &Session) -> Result<store::CertificateFilter, ApiError> {
        let units = session.reader.units();
        let within = self.within.map(|within| within.require(session, "within")).transpose()?;
        Ok(store::CertificateFilter {
            partner: partner_argument(self.partner.as_deref())?,
            communes: within.map(|unit| units.communes_meeting(unit.id, unit.on)),
            status: self.status.map(Into::into),
            issued_from: self.issued_from.map(|date| date.0),
            issued_to: self.issued_to.map(|date| date.0),
            pseudonym: self.pseudonym,
        })
    }
}

pub(crate) type CertificateConnection =
    One<Connection<CertificateKey, Certificate, CertificateNumber>>;

/// How many certificates the whole list has; counted only if selected.
pub(crate) struct CertificateNumber(store::CertificateFilter);

impl AtOnce for CertificateNumber {}

#[Object(directive = needs::apply(readers()))]
impl CertificateNumber {
    /// The number of certificates in the whole list (tổng số chứng thư số); costs a statement.
    async fn total_count(&self, context: &Context<'_>) -> Result<u64> {
        Ok(Session::of(context).reader.certificate_count(&self.0).await.map_err(ApiError::from)?)
    }
}

/// A page of certificates, by issuer and serial number.
pub(crate) async fn certificate_page(
    session: &Session,
    filter: Option<CertificateFilter>,
    page: PageArguments,
) -> Result<CertificateConnection, ApiError> {
    let filter = filter.unwrap_or_default().conditions(session)?;
    let list = List::of(("certificates", &filter));
    let request = page.request::<CertificateKey>(list, session)?;
    let page = session.reader.certificate_page(&filter, &request).await?;
    let page = page.map(|found| (found.key.clone(), Certificate(found)));
    Ok(connection(page, list, CertificateNumber(filter)))
}

/// One certificate by its key; none if it may not be seen.
pub(crate) async fn one_certificate(
    session: &Session,
    key: &CertificateKey,
) -> Result<Option<Certificate>, ApiError> {
    Ok(session.reader.certificate(key).await?.map(Certificate))
}
