//! The audit log: every write, refused write and reading of personal data in clear leaves an event
//! in the same transaction; events make a Merkle tree (RFC 9162) whose checkpoints are signed.
//!
//! What is noted: `event.rs`, with a line per changed record (`change.rs`, `record.rs`). How events
//! get into the tree: `sequence.rs`. How anyone makes certain of it: `verify.rs`.

mod canonical;
mod change;
mod cosign;
mod event;
mod finding;
mod key;
mod mention;
mod proof;
mod read;
mod record;
mod refusal;
mod sequence;
mod subject;
mod tree;
mod verify;

/// Whether writes leave no event: in builds for measuring alone.
pub(crate) const IS_LEFT_OUT: bool = cfg!(feature = "unaudited");

pub(crate) use change::Changes;
pub(crate) use event::{Deed, Occasion, Outcome, add_note, note_apart};
pub use finding::AuditFinding;
pub(crate) use key::begin;
pub use key::stored_log_key;
pub use proof::{AuditCheckpoint, AuditExported, AuditInclusion};
pub use read::{
    AuditChange, AuditChangeKind, AuditEvent, AuditFilter, AuditOutcome, AuditRefusal,
    AuditRevision,
};
pub(crate) use record::Recorded;
pub(crate) use sequence::Sequencing;
pub use subject::AuditSubject;
pub use verify::{AuditProgress, AuditReport, AuditTrust, verify};
