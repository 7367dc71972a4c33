//! Where the registry's records live: SQLite or PostgreSQL behind two doors.
//!
//! The only crate that knows SQL. [`Store::read`] gives a [`Reader`]; [`Store::write`] carries out
//! one command in one transaction: it checks the idempotency key, applies the change, adjusts the
//! rollups, notes the event and commits, or does none of it. Domain types come in and go out;
//! rows stay inside.

mod audit;
mod bulk;
mod cells;
mod certificate;
mod changes;
mod commerce;
mod community;
mod connectivity;
mod coverage;
mod document;
mod engine;
mod entity;
mod error;
mod figures;
mod household;
mod institution;
pub mod migrate;
mod moment;
mod page;
mod partner;
mod personal;
mod personal_read;
mod reader;
mod reference;
mod retry;
mod rollup;
mod signing_key;
mod standing;
mod store;
mod token;
mod unit;
mod writer;

pub use audit::{
    AuditChange, AuditChangeKind, AuditCheckpoint, AuditEvent, AuditExported, AuditFilter,
    AuditFinding, AuditInclusion, AuditOutcome, AuditProgress, AuditRefusal, AuditReport,
    AuditRevision, AuditSubject, AuditTrust, stored_log_key, verify,
};
pub use certificate::{
    BodySignature, CertificateFilter, CertificateSums, ChangeCertificateStatus, ClosePeriod,
    LedgerSnapshot, PeriodState, Reconciliation, RegisterCertificates, ReopenPeriod, ReportFilter,
    ReportPlan, ReportPosition, ReviewReport, SubmitReport, TakenReport, WithdrawReport,
};
pub use commerce::{
    CatalogueOrder, CatalogueSort, ChangeListingPrice, ChangeListingStatus, CommerceKey, Facets,
    ListingExtent, ListingFilter, ListingHead, ListingOrder, ListingRecord, ListingSeen,
    ListingSort, ProductFilter, ProductRecord, PublishListings, RateProducts, RecordListingSales,
    RegisterMarketplace, RegisterProducts, RegisterSellers, SalesTotal, SellerFilter,
    UpdateMarketplace, UpdateProduct, UpdateSeller,
};
pub use community::{
    ActivityFilter, ActivityKey, ActivityRevisions, CancelTrainings, ChangeTeams, DissolveTeams,
    RecordActivity, RecordTrainings, RegisterTeams, TeamFilter, TrainingFilter, TrainingKey,
};
pub use connectivity::{RecordConnectivity, RecordedSurvey, SurveyKey};
pub use coverage::{CoverageFilter, EndCoverage, RecordCoverage};
pub use document::{AddDocuments, DocumentHash, NewDocument, NotADocumentHash, TrustedDocument};
pub use engine::{DatabaseUrl, Durability, NotADatabaseUrl, StoreConfig};
pub use error::{StoreError, WriteError};
pub use figures::Figures;
pub use household::{
    ChangeHouseholds, CloseHouseholds, EraseHousehold, HouseholdExtent, HouseholdFilter,
    HouseholdKey, HouseholdOrder, HouseholdQuery, HouseholdScope, HouseholdSort,
    RegisterHouseholds, Registered,
};
pub use institution::{
    ChangeInstitutions, CloseInstitutions, EndFeatures, InstitutionFilter, InstitutionOrder,
    InstitutionPosition, InstitutionSort, RecordFeatures, RegisterInstitutions,
};
pub use page::Direction;
pub use partner::{
    NewPartner, PartnerKey, PartnerRecord, RegisterPartner, SetPartnerAuthorities, SetPartnerKeys,
    UpdatePartner,
};
pub use personal::{DataKey, NotADataKey};
pub use reader::{ReadRequest, Reader};
pub use retry::Idempotency;
pub use rollup::RollupDifference;
pub use signing_key::{AddSigningKey, KeyPair, SigningKey};
pub use standing::Standing;
pub use store::Store;
pub use token::{ClientAssertion, IssueToken, RevokeToken, TokenFilter};
pub use unit::{ReorganisationPlan, ReorganiseUnits};
pub use writer::{Command, Row, WriteRequest, Written};
