//! Digital certificates: what partners report of them, month by month. Knows units only by id.

mod report;
mod state;

pub use report::{
    CertificateCount, ControlTotal, Counts, Line, LineDifference, Revision, Tolerance, differences,
};
pub use state::{NotAllowed, ReportAction, ReportState};
