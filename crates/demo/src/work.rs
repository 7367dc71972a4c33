//! What a step records, by kind.

use registry_domain::access::{Agreement, PartnerCode};
use registry_domain::certificate::{Decision, NewCertificate, NewReport, ReportKey, StatusChange};
use registry_domain::commerce::{
    NewListing, NewProduct, NewRating, NewSales, NewSeller, PriceChange,
    StatusChange as ListingChange,
};
use registry_domain::community::{NewActivity, NewTeam, NewTraining, TeamDissolution};
use registry_domain::connectivity::NewSurvey;
use registry_domain::coverage::{CoverageEnd, NewCoverage};
use registry_domain::household::{HouseholdChange, HouseholdClosure, NewHousehold};
use registry_domain::institution::{NewFeature, NewInstitution};
use registry_domain::time::YearMonth;

/// Rows of one kind.
#[derive(Debug, Clone)]
pub enum Work {
    /// Households to register; the registry numbers them in this order, from 1.
    Register(Vec<NewHousehold>),
    /// Surveys to record.
    Survey(Vec<NewSurvey>),
    /// Households to change.
    Change(Vec<HouseholdChange>),
    /// Households to close.
    Close(Vec<HouseholdClosure>),
    /// A partner's agreement.
    Agree(PartnerCode, Agreement),
    /// A partner's report.
    Report(NewReport),
    /// A report that its partner takes back, and why.
    Withdraw(ReportKey, String),
    /// A decision on a report that came after its period was closed, and why.
    Review(ReportKey, Decision, Option<String>),
    /// A reporting period that ends.
    ClosePeriod(YearMonth),
    /// Certificates of one partner to register.
    Certify(Vec<NewCertificate>),
    /// Certificates of one partner to revoke.
    Revoke(PartnerCode, Vec<StatusChange>),
    /// What is sold, where, and how much of it.
    Trade(Trade),
    /// Networks, schools, banks, teams.
    Society(Society),
}

/// Rows about e-commerce.
#[derive(Debug, Clone)]
pub enum Trade {
    /// Sellers to register; the registry numbers them in this order, from 1.
    Sellers(Vec<NewSeller>),
    /// Products to register; the registry numbers them in this order, from 1.
    Products(Vec<NewProduct>),
    /// OCOP ratings to record.
    Ratings(Vec<NewRating>),
    /// Listings to publish; the registry numbers them in this order, from 1.
    Listings(Vec<NewListing>),
    /// Prices of listings to change.
    Prices(Vec<PriceChange>),
    /// Listings that go on sale, off sale, or are gone.
    Statuses(Vec<ListingChange>),
    /// Monthly sales to record.
    Sales(Vec<NewSales>),
}

/// Rows about networks, schools, banks and teams.
#[derive(Debug, Clone)]
pub enum Society {
    /// Coverage to record.
    Coverage(Vec<NewCoverage>),
    /// Coverage that ended.
    CoverageEnds(Vec<CoverageEnd>),
    /// Schools and banks to register; the registry numbers them in this order, from 1.
    Institutions(Vec<NewInstitution>),
    /// What schools fulfil and banks offer.
    Features(Vec<NewFeature>),
    /// Teams to register; the registry numbers them in this order, from 1.
    Teams(Vec<NewTeam>),
    /// Teams to dissolve.
    TeamEnds(Vec<TeamDissolution>),
    /// Whom teams helped.
    Help(Vec<NewActivity>),
    /// Training sessions to record.
    Trainings(Vec<NewTraining>),
}

impl Work {
    /// How many rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Self::Register(rows) => rows.len(),
            Self::Survey(rows) => rows.len(),
            Self::Change(rows) => rows.len(),
            Self::Close(rows) => rows.len(),
            Self::Report(report) => report.lines.len(),
            Self::Certify(rows) => rows.len(),
            Self::Revoke(_, rows) => rows.len(),
            Self::Agree(..) | Self::Withdraw(..) | Self::Review(..) | Self::ClosePeriod(_) => 1,
            Self::Trade(trade) => trade.rows(),
            Self::Society(society) => society.rows(),
        }
    }
}

impl Trade {
    const fn rows(&self) -> usize {
        match self {
            Self::Sellers(rows) => rows.len(),
            Self::Products(rows) => rows.len(),
            Self::Ratings(rows) => rows.len(),
            Self::Listings(rows) => rows.len(),
            Self::Prices(rows) => rows.len(),
            Self::Statuses(rows) => rows.len(),
            Self::Sales(rows) => rows.len(),
        }
    }
}

impl Society {
    const fn rows(&self) -> usize {
        match self {
            Self::Coverage(rows) => rows.len(),
            Self::CoverageEnds(rows) => rows.len(),
            Self::Institutions(rows) => rows.len(),
            Self::Features(rows) => rows.len(),
            Self::Teams(rows) => rows.len(),
            Self::TeamEnds(rows) => rows.len(),
            Self::Help(rows) => rows.len(),
            Self::Trainings(rows) => rows.len(),
        }
    }
}
