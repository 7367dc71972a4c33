//! The rows as they are stored. Private to this crate: they change with the tables, not with the API.

pub(crate) mod audit;
pub(crate) mod certificate;
pub(crate) mod certificate_report;
pub(crate) mod community;
pub(crate) mod connectivity_survey;
pub(crate) mod coverage;
pub(crate) mod household;
pub(crate) mod household_version;
pub(crate) mod institution;
pub(crate) mod listing;
pub(crate) mod marketplace;
pub(crate) mod partner;
pub(crate) mod product;
pub(crate) mod record;
pub(crate) mod rollup;
pub(crate) mod seller;
pub(crate) mod signing_key;
pub(crate) mod tally;
pub(crate) mod token;
pub(crate) mod trusted_document;
pub(crate) mod unit;
