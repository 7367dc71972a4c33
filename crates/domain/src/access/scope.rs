//! Scopes: single permissions, as they stand in a token.

use std::fmt;

/// One permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// `registry:read`: everything but personal data in clear.
    RegistryRead,
    /// `households:write`: register and update households, record surveys and what community teams do.
    HouseholdsWrite,
    /// `certificates:report`: post certificate counts of one partner, and read them.
    CertificatesReport,
    /// `listings:write`: sellers, products and listings.
    ListingsWrite,
    /// `audit:read`: who did what.
    AuditRead,
    /// `pii:read`: personal data in clear, for a stated purpose.
    PiiRead,
    /// `admin`: reference data, partners, tokens.
    Admin,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::RegistryRead,
        Self::HouseholdsWrite,
        Self::CertificatesReport,
        Self::ListingsWrite,
        Self::AuditRead,
        Self::PiiRead,
        Self::Admin,
    ];

    /// The scope as written in a token.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RegistryRead => "registry:read",
            Self::HouseholdsWrite => "households:write",
            Self::CertificatesReport => "certificates:report",
            Self::ListingsWrite => "listings:write",
            Self::AuditRead => "audit:read",
            Self::PiiRead => "pii:read",
            Self::Admin => "admin",
        }
    }

    /// Reads a scope as written in a token.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }

    /// Whether the scope lets its holder change anything.
    #[must_use]
    pub const fn writes(self) -> bool {
        matches!(
            self,
            Self::HouseholdsWrite | Self::CertificatesReport | Self::ListingsWrite | Self::Admin
        )
    }
}

/// A set of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Scopes(u8);

impl Scopes {
    /// None at all.
    pub const NONE: Self = Self(0);

    /// Whether `scope` is among them.
    #[must_use]
    pub const fn has(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    /// These and `scope`.
    #[must_use]
    pub const fn with(self, scope: Scope) -> Self {
        Self(self.0 | 1 << scope as u8)
    }

    /// Each of them, in the order of [`Scope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }

    /// Reads scopes separated by spaces, as in a token. Those of other services are passed over.
    #[must_use]
    pub fn from_claim(claim: &str) -> Self {
        claim.split(' ').filter_map(Scope::from_name).collect()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        scopes.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, scope) in self.iter().enumerate() {
            write!(f, "{}{}", if place == 0 { "" } else { " " }, scope.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_survives_its_text_form() {
        for bits in 0..1 << Scope::ALL.len() {
            let scopes: Scopes = Scope::ALL
                .into_iter()
                .enumerate()
                .filter(|(place, _)| bits & (1 << place) != 0)
                .map(|(_, scope)| scope)
                .collect();
            assert_eq!(Scopes::from_claim(&scopes.to_string()), scopes);
        }
        assert_eq!(Scopes::from_claim("openid profile"), Scopes::NONE);
    }
}
