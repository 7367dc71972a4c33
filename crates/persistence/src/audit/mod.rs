//! The audit log: every write, refused write and reading of personal data in clear leaves an event
//! in the same transaction; events make a Merkle tree (RFC 9162) whose checkpoints are signed.
//!
//! What is noted: `event.rs`, with a line per changed record (`change.rs`, `record.rs`). How events
//! get into the tree: `sequence.rs`. How anyone makes certain of it: `verify.rs`.

mod change;
mod cosign;
mod event;
mod finding;
mod key;
mod mention;
mod read;
mod record;
mod sequence;
mod subject;
mod tree;
mod verify;

pub(crate) use change::Changes;
pub(crate) use event::{Deed, Occasion, Outcome, note, refusal};
pub use finding::AuditFinding;
pub(crate) use key::begin;
pub use key::stored_log_key;
pub use read::{
    AuditChange, AuditChangeKind, AuditCheckpoint, AuditEvent, AuditExported, AuditFilter,
    AuditInclusion, AuditOutcome, AuditRefusal, AuditRevision,
};
pub(crate) use record::Recorded;
pub(crate) use sequence::Sequencing;
pub use subject::AuditSubject;
pub use verify::{AuditProgress, AuditReport, AuditTrust, verify};
