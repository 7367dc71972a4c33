//! Roles: the usual sets of scopes, for issuing tokens. A token names its scopes, not its role.

use super::{Mode, Scope, Scopes};

/// Whom a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A front end: reads everything but personal data in clear.
    Reader,
    /// A field officer: keeps the households and listings of one unit up to date.
    Officer,
    /// A partner's machine: posts certificate counts and reads its own.
    Partner,
    /// An auditor: reads everything with its history, changes nothing by any way.
    Auditor,
    /// An administrator: reference data, partners, tokens.
    Admin,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Reader, Self::Officer, Self::Partner, Self::Auditor, Self::Admin];

    /// The name on the command line and in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Officer => "officer",
            Self::Partner => "partner",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// What the role may do.
    #[must_use]
    pub fn scopes(self) -> Scopes {
        use Scope::{
            Admin, AuditRead, CertificatesReport, HouseholdsWrite, ListingsWrite, PiiRead,
            RegistryRead,
        };
        let scopes: &[Scope] = match self {
            Self::Reader => &[RegistryRead],
            Self::Officer => &[RegistryRead, HouseholdsWrite, ListingsWrite, PiiRead],
            Self::Partner => &[CertificatesReport],
            Self::Auditor => &[RegistryRead, AuditRead],
            Self::Admin => &[RegistryRead, HouseholdsWrite, ListingsWrite, AuditRead, Admin],
        };
        scopes.iter().copied().collect()
    }

    /// Whether the role's tokens can write at all. A front end's reading goes with everyone's; an
    /// auditor's has connections of its own.
    #[must_use]
    pub const fn mode(self) -> Mode {
        match self {
            Self::Auditor => Mode::ReadOnly,
            Self::Reader | Self::Officer | Self::Partner | Self::Admin => Mode::ReadWrite,
        }
    }
}
