//! Principals: whoever sent a request, what they were granted, and the proof that they may write.

use super::{PartnerCode, Scope, Scopes};
use crate::fault::Language;
use crate::unit::UnitId;

/// A token's unique name (`jti`); what logs and records know of a token.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TokenId(String);

impl TokenId {
    /// The longest name, in bytes.
    pub const LIMIT: usize = 128;

    /// Takes 1…128 visible ASCII characters.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        ((1..=Self::LIMIT).contains(&text.len()) && visible).then(|| Self(text.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a token can write at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// It can, within its scopes.
    ReadWrite,
    /// It can't, whatever its scopes say.
    ReadOnly,
}

/// What a token grants.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Grant {
    scopes: Scopes,
    mode: Mode,
    partner: Option<PartnerCode>,
    unit: Option<UnitId>,
}

/// Why claims contradict each other. Such a token is refused, never narrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GrantFault {
    /// Read-only and a writing scope.
    #[error("a read-only token can't hold {}", .0.name())]
    ReadOnlyWrites(Scope),
    /// Reports are some partner's.
    #[error("certificates:report needs the partner it is for")]
    PartnerMissing,
    /// A partner reads and writes its own reports and nothing else.
    #[error("a partner's token can hold certificates:report only, not {}", .0.name())]
    PartnerWithOther(Scope),
    /// A unit limits writing households and listings; administration has no such limit.
    #[error("a token for one unit can't hold admin")]
    UnitWithAdmin,
}

impl Grant {
    /// Checks the parts against each other.
    pub fn new(
        scopes: Scopes,
        mode: Mode,
        partner: Option<PartnerCode>,
        unit: Option<UnitId>,
    ) -> Result<Self, GrantFault> {
        let writing = scopes.iter().find(|scope| scope.writes());
        if let (Mode::ReadOnly, Some(scope)) = (mode, writing) {
            return Err(GrantFault::ReadOnlyWrites(scope));
        }
        if scopes.has(Scope::CertificatesReport) && partner.is_none() {
            return Err(GrantFault::PartnerMissing);
        }
        let other = scopes.iter().find(|scope| *scope != Scope::CertificatesReport);
        if let (Some(_), Some(scope)) = (&partner, other) {
            return Err(GrantFault::PartnerWithOther(scope));
        }
        if unit.is_some() && scopes.has(Scope::Admin) {
            return Err(GrantFault::UnitWithAdmin);
        }
        Ok(Self { scopes, mode, partner, unit })
    }

    /// The permissions.
    #[must_use]
    pub const fn scopes(&self) -> Scopes {
        self.scopes
    }

    /// Whether it can write at all.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// The partner it acts for.
    #[must_use]
    pub const fn partner(&self) -> Option<&PartnerCode> {
        self.partner.as_ref()
    }

    /// The unit that writing and clear personal data are limited to.
    #[must_use]
    pub const fn unit(&self) -> Option<UnitId> {
        self.unit
    }
}

/// Whoever sent a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Principal {
    /// None for someone who showed nothing.
    identity: Option<Identity>,
    grant: Grant,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Identity {
    actor: String,
    token: Option<TokenId>,
}

impl Principal {
    /// Someone who showed nothing: may read units and public, non-personal aggregates.
    #[must_use]
    pub const fn anonymous() -> Self {
        let grant = Grant { scopes: Scopes::NONE, mode: Mode::ReadOnly, partner: None, unit: None };
        Self { identity: None, grant }
    }

    /// The bearer of a verified token.
    #[must_use]
    pub fn bearer(actor: impl Into<String>, token: TokenId, grant: Grant) -> Self {
        Self { identity: Some(Identity { actor: actor.into(), token: Some(token) }), grant }
    }

    /// A part of the registry itself, such as an import started by whoever runs the machine.
    #[must_use]
    pub fn internal(actor: impl Into<String>, scopes: impl IntoIterator<Item = Scope>) -> Self {
        let scopes = scopes.into_iter().collect();
        let grant = Grant { scopes, mode: Mode::ReadWrite, partner: None, unit: None };
        Self { identity: Some(Identity { actor: actor.into(), token: None }), grant }
    }

    /// The principal of a registry that was opened for development: may do everything.
    #[must_use]
    pub fn development() -> Self {
        Self::internal("development", Scope::ALL)
    }

    /// The name that the record keeps.
    #[must_use]
    pub fn actor(&self) -> &str {
        self.identity.as_ref().map_or("anonymous", |identity| &identity.actor)
    }

    /// The token that was shown, if one was.
    #[must_use]
    pub fn token(&self) -> Option<&TokenId> {
        self.identity.as_ref()?.token.as_ref()
    }

    /// Whether anyone knows who this is.
    #[must_use]
    pub const fn is_anonymous(&self) -> bool {
        self.identity.is_none()
    }

    /// What was granted.
    #[must_use]
    pub const fn grant(&self) -> &Grant {
        &self.grant
    }

    /// Checks one permission.
    pub fn require(&self, scope: Scope) -> Result<(), AccessDenied> {
        if self.grant.scopes.has(scope) {
            Ok(())
        } else if self.is_anonymous() {
            Err(AccessDenied::Unauthenticated { needed: scope })
        } else {
            Err(AccessDenied::Forbidden { needed: scope })
        }
    }

    /// The proof, needed by the writing door, that this principal may change things under `scope`.
    pub fn writer(&self, scope: Scope) -> Result<WritingPrincipal, AccessDenied> {
        self.require(scope)?;
        match &self.identity {
            Some(identity) if scope.writes() && self.grant.mode == Mode::ReadWrite => {
                Ok(WritingPrincipal {
                    actor: identity.actor.clone(),
                    token: identity.token.clone(),
                    partner: self.grant.partner.clone(),
                    unit: self.grant.unit,
                })
            }
            _ => Err(AccessDenied::ReadOnly),
        }
    }
}

/// A principal that was found to hold a writing scope. There is no other way to make one than
/// [`Principal::writer`], so whoever can't write can't name a writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WritingPrincipal {
    actor: String,
    token: Option<TokenId>,
    partner: Option<PartnerCode>,
    unit: Option<UnitId>,
}

impl WritingPrincipal {
    /// The name that the record keeps.
    #[must_use]
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// The token that was shown, if one was.
    #[must_use]
    pub const fn token(&self) -> Option<&TokenId> {
        self.token.as_ref()
    }

    /// The partner it acts for; it writes that partner's reports only.
    #[must_use]
    pub const fn partner(&self) -> Option<&PartnerCode> {
        self.partner.as_ref()
    }

    /// The unit that writing is limited to.
    #[must_use]
    pub const fn unit(&self) -> Option<UnitId> {
        self.unit
    }
}

/// Why something was not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message(Language::English))]
pub enum AccessDenied {
    /// Nobody knows who asks.
    Unauthenticated {
        /// The permission that would do.
        needed: Scope,
    },
    /// The asker is known and may not.
    Forbidden {
        /// The permission that is missing.
        needed: Scope,
    },
    /// The asker's token can't write by any way.
    ReadOnly,
    /// Personal data is asked for, and not what for.
    PurposeMissing,
}

impl AccessDenied {
    /// What was not allowed and what would do.
    #[must_use]
    pub fn message(self, language: Language) -> String {
        match (self, language) {
            (Self::Unauthenticated { needed }, Language::English) => {
                format!("this needs a token with the scope {}", needed.name())
            }
            (Self::Unauthenticated { needed }, Language::Vietnamese) => {
                format!("cần mã truy cập có quyền {}", needed.name())
            }
            (Self::PurposeMissing, Language::English) => {
                "personal data is given for a purpose; say which in the header X-Purpose".to_owned()
            }
            (Self::PurposeMissing, Language::Vietnamese) => {
                "dữ liệu cá nhân chỉ được cung cấp khi có mục đích; hãy nêu ở tiêu đề X-Purpose"
                    .to_owned()
            }
            (Self::Forbidden { needed }, Language::English) => {
                format!("the token lacks the scope {}", needed.name())
            }
            (Self::Forbidden { needed }, Language::Vietnamese) => {
                format!("mã truy cập thiếu quyền {}", needed.name())
            }
            (Self::ReadOnly, Language::English) => "the token is read-only".into(),
            (Self::ReadOnly, Language::Vietnamese) => "mã truy cập chỉ được đọc".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;

    fn bearer(scopes: &[Scope], mode: Mode) -> Principal {
        let grant =
            Grant { scopes: scopes.iter().copied().collect(), mode, partner: None, unit: None };
        Principal::bearer("someone", TokenId::new("t1").unwrap(), grant)
    }

    #[test]
    fn a_reading_scope_never_makes_a_writer() {
        let reader = bearer(&[Scope::RegistryRead, Scope::PiiRead], Mode::ReadWrite);
        for scope in Scope::ALL {
            assert!(reader.writer(scope).is_err(), "{scope:?}");
        }
        assert!(Principal::development().writer(Scope::HouseholdsWrite).is_ok());
    }

    #[test]
    fn a_read_only_principal_never_gets_a_writer() {
        // Such a grant can't be made from claims; the type refuses it all the same.
        let odd = bearer(&Scope::ALL, Mode::ReadOnly);
        for scope in Scope::ALL {
            assert_eq!(odd.writer(scope), Err(AccessDenied::ReadOnly), "{scope:?}");
        }
    }

    #[test]
    fn whoever_showed_nothing_is_told_to_show_a_token() {
        let needed = Scope::RegistryRead;
        assert_eq!(
            Principal::anonymous().require(needed),
            Err(AccessDenied::Unauthenticated { needed })
        );
    }

    #[test]
    fn contradicting_claims_are_refused() {
        let grant = |scopes: &str, mode, partner: Option<&str>, unit| {
            let partner = partner.map(|code| code.parse().unwrap());
            Grant::new(Scopes::from_claim(scopes), mode, partner, unit).map(|_| ())
        };
        let vnpt = Some("VNPT");
        assert_eq!(
            grant("registry:read households:write", Mode::ReadOnly, None, None),
            Err(GrantFault::ReadOnlyWrites(Scope::HouseholdsWrite))
        );
        assert_eq!(
            grant("certificates:report", Mode::ReadWrite, None, None),
            Err(GrantFault::PartnerMissing)
        );
        assert_eq!(
            grant("certificates:report registry:read", Mode::ReadWrite, vnpt, None),
            Err(GrantFault::PartnerWithOther(Scope::RegistryRead))
        );
        assert_eq!(
            grant("admin", Mode::ReadWrite, None, Some(UnitId::new(1))),
            Err(GrantFault::UnitWithAdmin)
        );
        assert_eq!(grant("certificates:report", Mode::ReadWrite, vnpt, None), Ok(()));
    }

    #[test]
    fn every_role_makes_a_grant() {
        for role in Role::ALL {
            let partner = (role == Role::Partner).then(|| "VNPT".parse().unwrap());
            let grant = Grant::new(role.scopes(), role.mode(), partner, None);
            assert!(grant.is_ok(), "{role:?}");
        }
    }
}
