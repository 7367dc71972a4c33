//! The audit log: events and what they changed, the history of any record, checkpoints and proofs.

mod event;
mod proof;
mod query;
mod revision;

pub(crate) use query::AuditQuery;
pub(crate) use revision::Audited;
