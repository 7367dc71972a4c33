//! Whether whoever asks may, for every role and every permission.

use std::hint::black_box;

use registry_domain::access::{Grant, Principal, Role, Scope, TokenId};

use crate::{Prepared, Unprepared, prepared};

/// As often as fields of a large request ask.
const TIMES: usize = 1_000;

fn principals() -> Result<Vec<Principal>, Unprepared> {
    let bearers = Role::ALL.into_iter().map(|role| {
        let partner = (role == Role::Partner).then(|| "VNPT".parse()).transpose()?;
        let token = TokenId::new("01JDXH8V9T").ok_or(Unprepared::Value("token"))?;
        let grant = Grant::new(role.scopes(), role.mode(), partner, None)?;
        Ok(Principal::bearer(role.name(), token, grant))
    });
    std::iter::once(Ok(Principal::anonymous())).chain(bearers).collect()
}

/// How often `is_allowed` says yes.
fn asked(is_allowed: fn(&Principal, Scope) -> bool) -> Result<Prepared, Unprepared> {
    let principals = principals()?;
    Ok(prepared(move || {
        let everyone = principals.iter().cycle().take(TIMES);
        let asked = everyone.flat_map(|principal| Scope::ALL.map(|scope| (principal, scope)));
        asked.filter(|asked| is_allowed(black_box(asked.0), black_box(asked.1))).count()
    }))
}

pub(crate) fn require() -> Result<Prepared, Unprepared> {
    asked(|principal, scope| principal.require(scope).is_ok())
}

pub(crate) fn writer() -> Result<Prepared, Unprepared> {
    asked(|principal, scope| black_box(principal.writer(scope)).is_ok())
}
