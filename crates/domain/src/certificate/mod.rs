//! Digital certificates: what partners report of them, month by month, and the single ones.
//! Knows units only by id.

mod content;
mod ledger;
mod period;
mod record;
mod report;
mod rule;
mod single;
mod state;
mod x509;

pub use content::{Content, ContentLine, Notary, Receipt};
pub use ledger::{Grouping, Ledger, LedgerView, Statement, Sum, SumQuery};
pub use period::{Delivery, ReportingRules, delivery};
pub use record::{Certificate, Decided, DetachedSignature, Reconciled, Report, SharedHolder};
pub use report::{
    CertificateCount, ControlTotal, Counts, Decision, HistoryState, Line, LineDifference,
    NewReport, ReportKey, Revision, Submission, Tolerance, Warning, check_communes, differences,
};
pub use rule::CertificateRule;
pub use single::{
    CertificateKey, CertificateStatus, Holder, IssuerName, Kind, NewCertificate, SerialNumber,
    StatusChange, StatusNotAllowed, Validity,
};
pub use state::{NotAllowed, ReportAction, ReportState};
pub use x509::{Authority, Presented};
