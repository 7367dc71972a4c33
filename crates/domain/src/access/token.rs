//! Tokens as records: what is asked for, what is fit to be issued, what was issued. How a token
//! is written and signed is the server's matter.

use super::{Grant, GrantFault, PartnerCode, Role, Scope, Scopes, TokenId};
use crate::fault::{Faults, Path, Rule};
use crate::text;
use crate::time::Instant;
use crate::unit::UnitId;

/// The longest name of an actor, in characters.
const ACTOR_LIMIT: usize = 100;

/// A token that somebody asks for; unchecked.
#[derive(Debug, Clone)]
pub struct TokenWish {
    /// Whom it is for.
    pub role: Role,
    /// The name that the record keeps; the partner or the role if not given.
    pub actor: Option<String>,
    /// The permissions; those of the role if none are given.
    pub scopes: Vec<Scope>,
    /// The partner's code.
    pub partner: Option<String>,
    /// The unit that writing is limited to.
    pub unit: Option<UnitId>,
    /// How long it is valid.
    pub seconds: i64,
}

/// A token fit to be issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// The name that the record keeps.
    pub actor: String,
    /// Whom it is for.
    pub role: Role,
    /// What it grants.
    pub grant: Grant,
    /// How long it is valid, in seconds.
    pub seconds: i64,
}

impl TokenWish {
    /// Checks what was asked for; a token lasts at most `longest` seconds.
    pub fn parse(self, longest: i64, at: &Path) -> Result<NewToken, Faults> {
        let mut faults = Faults::default();
        let partner = self.partner.as_deref().map(str::parse::<PartnerCode>).transpose();
        let partner = faults.keep(at.field("partner"), partner).flatten();
        if self.role == Role::Officer && self.unit.is_none() {
            faults.push(at.field("unit"), Rule::NeededForRole { role: self.role });
        }
        if self.role == Role::Partner && self.partner.is_none() {
            faults.push(at.field("partner"), Rule::NeededForRole { role: self.role });
        }
        if !(1..=longest).contains(&self.seconds) {
            faults.push(at.field("seconds"), Rule::OutOfRange { min: 1, max: longest });
        }
        let usual = || partner.as_ref().map_or(self.role.name(), PartnerCode::as_str).to_owned();
        let actor = self.actor.unwrap_or_else(usual);
        faults.keep(at.field("actor"), text::check(&actor, ACTOR_LIMIT));
        if !faults.is_empty() {
            return Err(faults);
        }
        let scopes: Scopes = match self.scopes.as_slice() {
            [] => self.role.scopes(),
            scopes => scopes.iter().copied().collect(),
        };
        let grant = Grant::new(scopes, self.role.mode(), partner, self.unit);
        let grant = grant.map_err(|fault| Rule::ContradictingGrant { fault }).map(Some);
        let grant = faults.keep(at.field("scopes"), grant).flatten();
        let token = |grant| NewToken { actor, role: self.role, grant, seconds: self.seconds };
        faults.or(grant.map(token))
    }
}

/// A token that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedToken {
    /// Its unique name.
    pub id: TokenId,
    /// The name that the record keeps of its bearer.
    pub actor: String,
    /// Whom it is for.
    pub role: Role,
    /// What it grants.
    pub grant: Grant,
    /// Since when it is valid.
    pub issued_at: Instant,
    /// When it ends.
    pub expires_at: Instant,
    /// Who had it issued.
    pub issued_by: String,
    /// When and by whom it was revoked.
    pub revocation: Option<Revocation>,
}

/// The early end of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// When.
    pub at: Instant,
    /// By whom.
    pub by: String,
}

impl GrantFault {
    /// The contradiction in Vietnamese; the English is its `Display`.
    pub(crate) fn vietnamese(self) -> String {
        match self {
            Self::ReadOnlyWrites(scope) => {
                format!("mã truy cập chỉ đọc không thể có quyền {}", scope.name())
            }
            Self::PartnerMissing => "quyền certificates:report cần có đối tác".into(),
            Self::PartnerWithOther(scope) => format!(
                "mã truy cập của đối tác chỉ có quyền certificates:report, không có {}",
                scope.name()
            ),
            Self::UnitWithAdmin => "mã truy cập của một đơn vị không thể có quyền admin".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Mode;
    use crate::fault::RuleCode;

    fn wish(role: Role) -> TokenWish {
        TokenWish { role, actor: None, scopes: vec![], partner: None, unit: None, seconds: 60 }
    }

    fn faults(wish: TokenWish) -> Vec<(String, RuleCode)> {
        let found = wish.parse(3_600, &Path::root()).unwrap_err();
        let told = |fault: &crate::fault::Fault| (fault.path.to_string(), fault.rule.code());
        found.as_slice().iter().map(told).collect()
    }

    #[test]
    fn an_officer_needs_a_unit_and_a_partner_its_code() {
        let needed = |field: &str| vec![(field.to_owned(), RuleCode::NeededForRole)];
        assert_eq!(faults(wish(Role::Officer)), needed("unit"));
        assert_eq!(faults(wish(Role::Partner)), needed("partner"));
    }

    #[test]
    fn a_token_is_never_narrowed_to_what_would_fit() {
        let greedy = TokenWish { scopes: vec![Scope::Admin], ..wish(Role::Auditor) };
        assert_eq!(faults(greedy), [("scopes".to_owned(), RuleCode::ContradictingGrant)]);
        let limited = TokenWish { unit: Some(UnitId::new(1)), ..wish(Role::Admin) };
        assert_eq!(faults(limited), [("scopes".to_owned(), RuleCode::ContradictingGrant)]);
    }

    #[test]
    fn a_token_has_the_scopes_of_its_role_unless_others_are_named() {
        let usual = wish(Role::Auditor).parse(60, &Path::root()).unwrap();
        assert_eq!(usual.grant.scopes(), Role::Auditor.scopes());
        assert_eq!(usual.grant.mode(), Mode::ReadOnly);
        assert_eq!(usual.actor, "auditor");
        let named = TokenWish { scopes: vec![Scope::AuditRead], ..wish(Role::Auditor) };
        let named = named.parse(60, &Path::root()).unwrap();
        assert_eq!(named.grant.scopes(), Scopes::NONE.with(Scope::AuditRead));
    }

    #[test]
    fn a_lifetime_outside_the_range_is_refused() {
        for seconds in [0, -1, 3_601, i64::MAX] {
            let found = faults(TokenWish { seconds, ..wish(Role::Reader) });
            assert_eq!(found, [("seconds".to_owned(), RuleCode::OutOfRange)], "{seconds}");
        }
    }
}
