//! Who acts and what they may do. Knows scopes and principals; how they prove it is the server's matter.

use std::collections::BTreeSet;

/// One permission, as it stands in a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// `registry:read`: everything but personal data in clear.
    RegistryRead,
    /// `households:write`: register and update households, record surveys.
    HouseholdsWrite,
    /// `pii:read`: personal data in clear.
    PiiRead,
    /// `admin`: reference data.
    Admin,
}

impl Scope {
    /// The scope as written in a token.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RegistryRead => "registry:read",
            Self::HouseholdsWrite => "households:write",
            Self::PiiRead => "pii:read",
            Self::Admin => "admin",
        }
    }

    /// Whether the scope lets its holder change anything.
    #[must_use]
    pub const fn writes(self) -> bool {
        matches!(self, Self::HouseholdsWrite | Self::Admin)
    }
}

/// Whoever sent a request: a name for the record and a set of scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    actor: Option<String>,
    scopes: BTreeSet<Scope>,
}

impl Principal {
    /// Someone who showed nothing: may read units and published, non-personal aggregates.
    #[must_use]
    pub const fn anonymous() -> Self {
        Self { actor: None, scopes: BTreeSet::new() }
    }

    /// Someone known as `actor` with `scopes`.
    #[must_use]
    pub fn known(actor: impl Into<String>, scopes: impl IntoIterator<Item = Scope>) -> Self {
        Self { actor: Some(actor.into()), scopes: scopes.into_iter().collect() }
    }

    /// The principal of a registry that was opened for development: may do everything.
    #[must_use]
    pub fn development() -> Self {
        Self::known(
            "development",
            [Scope::RegistryRead, Scope::HouseholdsWrite, Scope::PiiRead, Scope::Admin],
        )
    }

    /// The name that the record keeps.
    #[must_use]
    pub fn actor(&self) -> &str {
        self.actor.as_deref().unwrap_or("anonymous")
    }

    /// Checks one permission.
    pub fn require(&self, scope: Scope) -> Result<(), AccessDenied> {
        if self.scopes.contains(&scope) {
            Ok(())
        } else if self.actor.is_none() {
            Err(AccessDenied::Unauthenticated { needed: scope })
        } else {
            Err(AccessDenied::Forbidden { needed: scope })
        }
    }

    /// The proof, needed by the writing door, that this principal may change things under `scope`.
    pub fn writer(&self, scope: Scope) -> Result<WritingPrincipal, AccessDenied> {
        if !scope.writes() {
            return Err(AccessDenied::Forbidden { needed: scope });
        }
        self.require(scope)?;
        Ok(WritingPrincipal { actor: self.actor().to_owned() })
    }
}

/// A principal that was found to hold a writing scope. There is no other way to make one than
/// [`Principal::writer`], so whoever can't write can't name a writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WritingPrincipal {
    actor: String,
}

impl WritingPrincipal {
    /// The name that the record keeps.
    #[must_use]
    pub fn actor(&self) -> &str {
        &self.actor
    }
}

/// Why something was not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccessDenied {
    /// Nobody knows who asks.
    #[error("this needs a token with the scope {} / cần mã truy cập có quyền {}", needed.name(), needed.name())]
    Unauthenticated {
        /// The permission that would do.
        needed: Scope,
    },
    /// The asker is known and may not.
    #[error("the token lacks the scope {} / mã truy cập thiếu quyền {}", needed.name(), needed.name())]
    Forbidden {
        /// The permission that is missing.
        needed: Scope,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_scope_never_makes_a_writer() {
        let reader = Principal::known("auditor", [Scope::RegistryRead, Scope::PiiRead]);
        for scope in [Scope::RegistryRead, Scope::PiiRead, Scope::HouseholdsWrite, Scope::Admin] {
            assert_eq!(reader.writer(scope), Err(AccessDenied::Forbidden { needed: scope }));
        }
        assert!(Principal::development().writer(Scope::HouseholdsWrite).is_ok());
    }

    #[test]
    fn whoever_showed_nothing_is_told_to_show_a_token() {
        let needed = Scope::RegistryRead;
        assert_eq!(
            Principal::anonymous().require(needed),
            Err(AccessDenied::Unauthenticated { needed })
        );
    }
}
