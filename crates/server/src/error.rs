//! What ends a command, and with which exit code.

use std::path::PathBuf;
use std::process::ExitCode;

use registry_persistence::{NotADataKey, NotADatabaseUrl, StoreError};

/// Why a command ended early.
///
/// | exit code | meaning |
/// | --- | --- |
/// | 0 | done |
/// | 1 | the command found faults or differences |
/// | 2 | wrong usage (told by the command line itself) |
/// | 3 | wrong configuration |
/// | 4 | the database can't be used |
/// | 5 | the data key is missing or wrong |
/// | 6 | the address can't be listened on |
/// | 7 | a file or folder can't be used |
/// | 8 | another server does not answer, or not to this token |
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The command ran and found what it looks for.
    #[error("{0}")]
    Found(String),
    /// A setting is wrong.
    #[error("configuration: {0}")]
    Configuration(String),
    /// The database URL is none.
    #[error("configuration: database.url: {0}")]
    DatabaseUrl(#[from] NotADatabaseUrl),
    /// The store failed.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The data key is not readable as one.
    #[error("data key from {origin}: {reason}")]
    MalformedDataKey {
        /// Where it came from.
        origin: String,
        /// What is wrong.
        reason: NotADataKey,
    },
    /// There is a database but no key to it.
    #[error(
        "the database is not new, but its data key {0} is missing; restore the file or set REGISTRY_DATA_KEY / thiếu khoá dữ liệu của cơ sở dữ liệu này, hãy khôi phục tệp hoặc đặt REGISTRY_DATA_KEY"
    )]
    MissingDataKey(PathBuf),
    /// Others may read the key.
    #[error(
        "the data key {0} can be read by others; run: chmod 600 {0} / tệp khoá đang mở cho người khác đọc"
    )]
    OpenDataKey(PathBuf),
    /// The address is in use or not ours.
    #[error("cannot listen on {address}: {reason} / không mở được địa chỉ {address}")]
    CannotListen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system says.
        reason: std::io::Error,
    },
    /// A file or folder can't be read or written.
    #[error("{path}: {reason} / không đọc hoặc ghi được {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// Another server gives no answer.
    #[error("{address}: {reason}")]
    NoAnswer {
        /// What was asked for.
        address: String,
        /// What came instead, in both languages.
        reason: String,
    },
}

impl ServerError {
    /// The stable name of the failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Found(_) => "FOUND",
            Self::Configuration(_) | Self::DatabaseUrl(_) => "CONFIGURATION",
            Self::Store(error) => error.code(),
            Self::MalformedDataKey { .. } => "MALFORMED_DATA_KEY",
            Self::MissingDataKey(_) => "MISSING_DATA_KEY",
            Self::OpenDataKey(_) => "OPEN_DATA_KEY",
            Self::CannotListen { .. } => "CANNOT_LISTEN",
            Self::File { .. } => "FILE",
            Self::NoAnswer { .. } => "NO_ANSWER",
        }
    }

    /// What the process ends with.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Found(_) | Self::Store(StoreError::Log(_)) => 1,
            Self::Configuration(_) | Self::DatabaseUrl(_) => 3,
            Self::Store(StoreError::WrongDataKey { .. })
            | Self::MalformedDataKey { .. }
            | Self::MissingDataKey(_)
            | Self::OpenDataKey(_) => 5,
            Self::Store(_) => 4,
            Self::CannotListen { .. } => 6,
            Self::File { .. } => 7,
            Self::NoAnswer { .. } => 8,
        })
    }

    /// Says which file a system error is about.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |reason| Self::File { path, reason }
    }
}
