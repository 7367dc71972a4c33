//! Global ids: any object can be fetched again by its id alone.

use async_graphql::{ID, Interface};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use registry_domain::certificate::{CertificateKey, IssuerName, ReportKey};
use registry_domain::commerce::{ListingCode, ProductCode, SellerCode};
use registry_domain::community::{TeamCode, TrainingCode};
use registry_domain::household::{HouseholdCode, HouseholdNumber};
use registry_domain::institution::InstitutionCode;
use registry_domain::time::Date;
use registry_domain::unit::UnitId;
use registry_persistence::{AuditSubject, HouseholdExtent};

use crate::access::open;
use crate::certificate::{Certificate, CertificateReport, one_certificate, one_report};
use crate::commerce::{Listing, Product, Seller, one_listing, one_product, one_seller};
use crate::community::{CommunityTeam, TrainingSession, one_team, one_training};
use crate::connectivity::{ConnectivitySurvey, survey_of};
use crate::error::ApiError;
use crate::household::Household;
use crate::institution::{Institution, one_institution};
use crate::loader::HouseholdKey;
use crate::session::Session;
use crate::unit::AdministrativeUnit;

/// What an id names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GlobalId {
    Unit(UnitId),
    Household(HouseholdNumber),
    Survey(HouseholdNumber, Date),
    Report(ReportKey),
    Certificate(CertificateKey),
    Seller(SellerCode),
    Product(ProductCode),
    Listing(ListingCode),
    Institution(InstitutionCode),
    Team(TeamCode),
    Training(TrainingCode),
}

impl GlobalId {
    pub(crate) fn write(self) -> ID {
        let clear = match self {
            Self::Unit(id) => format!("Unit:{}", id.get()),
            Self::Household(number) => format!("Household:{}", number.code()),
            Self::Survey(number, on) => format!("Survey:{}:{on}", number.code()),
            Self::Report(key) => format!("Report:{key}"),
            Self::Certificate(key) => {
                format!("Certificate:{}:{}", key.serial, key.issuer.as_str())
            }
            Self::Seller(code) => format!("Seller:{code}"),
            Self::Product(code) => format!("Product:{code}"),
            Self::Listing(code) => format!("Listing:{code}"),
            Self::Team(code) => format!("Team:{code}"),
            Self::Training(code) => format!("Training:{code}"),
            Self::Institution(code) => format!("Institution:{code}"),
        };
        URL_SAFE_NO_PAD.encode(clear).into()
    }

    /// The record as the subject of events.
    pub(crate) fn subject(&self) -> AuditSubject {
        match self {
            Self::Unit(id) => AuditSubject::unit(*id),
            Self::Household(number) => AuditSubject::household(*number),
            Self::Survey(number, on) => AuditSubject::survey(*number, *on),
            Self::Report(key) => AuditSubject::report(key),
            Self::Certificate(key) => AuditSubject::certificate(key),
            Self::Seller(code) => AuditSubject::seller(*code),
            Self::Product(code) => AuditSubject::product(*code),
            Self::Listing(code) => AuditSubject::listing(*code),
            Self::Institution(code) => AuditSubject::institution(*code),
            Self::Team(code) => AuditSubject::team(*code),
            Self::Training(code) => AuditSubject::training(*code),
        }
    }

    pub(crate) fn read(id: &ID) -> Option<Self> {
        let clear = String::from_utf8(URL_SAFE_NO_PAD.decode(id.as_str()).ok()?).ok()?;
        let (kind, key) = clear.split_once(':')?;
        let number = |code: &str| code.parse::<HouseholdCode>().ok().map(HouseholdCode::number);
        match kind {
            "Unit" => key.parse().ok().map(|id| Self::Unit(UnitId::new(id))),
            "Household" => number(key).map(Self::Household),
            "Survey" => {
                let (code, on) = key.split_once(':')?;
                Some(Self::Survey(number(code)?, on.parse().ok()?))
            }
            "Institution" => key.parse().ok().map(Self::Institution),
            "Report" => key.parse().ok().map(Self::Report),
            "Certificate" => {
                let (serial, issuer) = key.split_once(':')?;
                let issuer = IssuerName::parse(issuer).ok()?;
                Some(Self::Certificate(CertificateKey { issuer, serial: serial.parse().ok()? }))
            }
            "Seller" => key.parse().ok().map(Self::Seller),
            "Product" => key.parse().ok().map(Self::Product),
            "Listing" => key.parse().ok().map(Self::Listing),
            "Team" => key.parse().ok().map(Self::Team),
            "Training" => key.parse().ok().map(Self::Training),
            _ => None,
        }
    }
}

/// Anything with a global id (đối tượng có định danh toàn cục).
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "The global id (định danh toàn cục)."))]
#[graphql(directive = open::apply())]
pub(crate) enum Node {
    AdministrativeUnit(AdministrativeUnit),
    Household(Household),
    ConnectivitySurvey(ConnectivitySurvey),
    CertificateReport(CertificateReport),
    Certificate(Certificate),
    Seller(Seller),
    Product(Product),
    Listing(Listing),
    Institution(Institution),
    CommunityTeam(CommunityTeam),
    TrainingSession(TrainingSession),
}

/// The object that an id names, if there is one.
pub(crate) async fn find(session: &Session, id: &ID) -> Result<Option<Node>, ApiError> {
    Ok(match GlobalId::read(id) {
        None => None,
        Some(GlobalId::Unit(id)) => {
            let units = session.reader.units();
            let today = session.reader.today();
            let seen = units.get(id).map(|unit| AdministrativeUnit {
                id,
                on: unit.validity.nearest(today),
                as_of: None,
            });
            seen.map(Node::from)
        }
        Some(GlobalId::Household(number)) => {
            let key = HouseholdKey(number, HouseholdExtent::State, None);
            session
                .records()
                .load_one(key)
                .await?
                .map(|household| Household(household, None).into())
        }
        Some(GlobalId::Survey(number, on)) => survey_of(session, number, on).await?.map(Node::from),
        Some(GlobalId::Report(key)) => one_report(session, &key).await?.map(Node::from),
        Some(GlobalId::Institution(code)) => one_institution(session, code).await?.map(Node::from),
        Some(GlobalId::Certificate(key)) => one_certificate(session, &key).await?.map(Node::from),
        Some(GlobalId::Seller(code)) => one_seller(session, code).await?.map(Node::from),
        Some(GlobalId::Product(code)) => one_product(session, code).await?.map(Node::from),
        Some(GlobalId::Listing(code)) => one_listing(session, code, None).await?.map(Node::from),
        Some(GlobalId::Team(code)) => one_team(session, code).await?.map(Node::from),
        Some(GlobalId::Training(code)) => one_training(session, code).await?.map(Node::from),
    })
}
