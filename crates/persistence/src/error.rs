//! What can go wrong with the store. Each variant has a stable code; none carries personal data.

use registry_domain::access::AccessDenied;
use registry_domain::audit::{LogFault, ProofFault, TileFault};
use registry_domain::fault::Faults;
use registry_domain::unit::UnitsError;
use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database can't be opened or reached.
    #[error("cannot open the database {url}: {reason} / không mở được cơ sở dữ liệu")]
    CannotOpen {
        /// Which one, without its password.
        url: String,
        /// What the engine says.
        reason: String,
    },
    /// The database lacks migrations.
    #[error(
        "the database lacks {pending} migration(s); run `registry migrate up` / cơ sở dữ liệu cần nâng cấp, hãy chạy `registry migrate up`"
    )]
    SchemaOutdated {
        /// How many.
        pending: usize,
    },
    /// The database was made by a newer version of the registry.
    #[error(
        "the database was made by a newer version of the registry ({unknown}); use that version / cơ sở dữ liệu thuộc phiên bản mới hơn, hãy dùng phiên bản đó"
    )]
    SchemaNewer {
        /// What is unknown here.
        unknown: String,
    },
    /// The data key is not the one the database was made with.
    #[error(
        "the data key is not the one this database was made with (key id {expected}); restore that key / khoá dữ liệu không đúng, hãy khôi phục khoá có mã {expected}"
    )]
    WrongDataKey {
        /// The id of the right key.
        expected: String,
    },
    /// The asker may not.
    #[error(transparent)]
    Denied(#[from] AccessDenied),
    /// The audit log has no such event, tree or checkpoint.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// Others were changing the same records; the same request can simply be sent again.
    #[error(
        "the registry is busy with the same records; try again / hệ thống đang bận, hãy thử lại"
    )]
    Contention,
    /// The engine ended a statement that took too long.
    #[error("this took too long; ask for less at once / mất quá nhiều thời gian, hãy hỏi ít hơn")]
    TooSlow,
    /// No number is left for another record of its kind.
    #[error("all numbers of such records are used up / đã hết số")]
    NumbersUsedUp,
    /// A stored record breaks a rule that every record is checked against before it is stored.
    #[error("a stored record is damaged: {what}")]
    Damaged {
        /// Which, without personal data.
        what: String,
    },
    /// The reference data in this build is damaged.
    #[error("the reference data is damaged: {what}")]
    Reference {
        /// File, line and reason.
        what: String,
    },
    /// The stored units don't make a hierarchy.
    #[error(transparent)]
    Units(#[from] UnitsError),
    /// Anything else the engine says.
    #[error("the database failed")]
    Engine(#[source] DbErr),
}

impl StoreError {
    /// The stable name of the failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::CannotOpen { .. } => "CANNOT_OPEN",
            Self::SchemaOutdated { .. } => "SCHEMA_OUTDATED",
            Self::SchemaNewer { .. } => "SCHEMA_NEWER",
            Self::WrongDataKey { .. } => "WRONG_DATA_KEY",
            Self::Denied(AccessDenied::Unauthenticated { .. }) => "UNAUTHENTICATED",
            Self::Denied(
                AccessDenied::Forbidden { .. }
                | AccessDenied::ReadOnly
                | AccessDenied::PurposeMissing,
            ) => "FORBIDDEN",
            Self::Log(_) => "BAD_USER_INPUT",
            Self::Contention => "CONTENTION",
            Self::TooSlow => "TOO_SLOW",
            Self::NumbersUsedUp => "NUMBERS_USED_UP",
            Self::Damaged { .. } => "DAMAGED",
            Self::Reference { .. } => "REFERENCE",
            Self::Units(_) => "UNITS",
            Self::Engine(_) => "ENGINE",
        }
    }

    /// Whether the same request may succeed when sent again.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Contention)
    }

    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged { what: what.into() }
    }
}

impl From<TileFault> for StoreError {
    fn from(fault: TileFault) -> Self {
        Self::damaged(format!("the audit log: {fault}"))
    }
}

impl From<ProofFault> for StoreError {
    fn from(fault: ProofFault) -> Self {
        TileFault::from(fault).into()
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
            || is_contention(&error)
        {
            Self::Contention
        } else if matches!(code(&error).as_deref(), Some("57014" | "9")) {
            // PostgreSQL: query_canceled; SQLite: SQLITE_INTERRUPT.
            Self::TooSlow
        } else {
            Self::Engine(error)
        }
    }
}

/// PostgreSQL: serialisation failure, deadlock, lock or pool time-out; SQLite: busy or locked.
fn is_contention(error: &DbErr) -> bool {
    let busy = ["40001", "40P01", "55P03", "5", "6", "261", "517"];
    matches!(error, DbErr::ConnectionAcquire(_))
        || code(error).is_some_and(|code| busy.contains(&&*code))
}

/// The engine's own code of a failure.
fn code(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) =
        error
    else {
        return None;
    };
    Some(cause.as_database_error()?.code()?.into_owned())
}

/// Why a write did not happen.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The input breaks rules.
    #[error("the input breaks {} rule(s)", .0.as_slice().len())]
    Refused(Faults),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbErr> for WriteError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}
