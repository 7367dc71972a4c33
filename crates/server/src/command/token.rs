//! `registry token`: issue, list, revoke.

use registry_domain::access::{IssuedToken, PartnerCode, TokenId, TokenWish};
use registry_domain::fault::{Faults, Path, Rule};
use registry_domain::page::{PageRequest, Take};
use registry_domain::unit::UnitId;
use registry_graphql::TokenIssuer as _;
use registry_persistence::{IssueToken, ReadRequest, RevokeToken, Store, StoreError, TokenFilter};

use super::{administrator, refused, tell, write};
use crate::arguments;
use crate::config::Loaded;
use crate::error::ServerError;
use crate::start::open_store;
use crate::token::Tokens;

/// Tokens read at once.
const PAGE: usize = 500;

pub(super) async fn run(loaded: &Loaded, what: arguments::Token) -> Result<(), ServerError> {
    let store = open_store(loaded).await?;
    let done = match what {
        arguments::Token::Issue(wish) => issue(loaded, &store, wish).await,
        arguments::Token::List { all } => list(&store, all).await,
        arguments::Token::Revoke { id } => revoke(&store, &id).await,
    };
    store.close().await;
    done
}

/// Prints the token only, so that a script can take it.
async fn issue(
    loaded: &Loaded,
    store: &Store,
    wish: arguments::IssueToken,
) -> Result<(), ServerError> {
    let tokens = Tokens::new(store.clone(), &loaded.config.access)?;
    let token = parse(store, tokens.longest(), wish).map_err(|faults| refused(&faults))?;
    let jti = write(store, IssueToken { token, against: None }).await?;
    let recorded = store.read(&administrator(), ReadRequest::default()).token(&jti).await?;
    let recorded = recorded.ok_or_else(|| StoreError::Damaged { what: format!("token {jti}") })?;
    tell(tokens.sign(&recorded).await?);
    Ok(())
}

fn parse(
    store: &Store,
    longest: i64,
    wish: arguments::IssueToken,
) -> Result<registry_domain::access::NewToken, Faults> {
    let mut faults = Faults::default();
    let at = Path::root();
    let units = store.units();
    let unit = wish.unit.map(|code| units.resolve(code, store.today())).transpose();
    let Some(unit) = faults.keep(at.field("unit"), unit) else { return Err(faults) };
    let wish = TokenWish {
        role: wish.role,
        actor: wish.actor,
        scopes: wish.scopes,
        partner: wish.partner,
        unit: unit.map(|unit| unit.id),
        seconds: wish.ttl,
    };
    wish.parse(longest, &at)
}

async fn list(store: &Store, all: bool) -> Result<(), ServerError> {
    let reader = store.read(&administrator(), ReadRequest::default());
    let filter = if all { TokenFilter::All } else { TokenFilter::InForce };
    let mut page = PageRequest { take: Take::First(PAGE), after: None, before: None };
    loop {
        let found = reader.tokens(filter, &page).await?;
        for token in &found.items {
            tell(line(store, token));
        }
        if !found.has_next {
            return Ok(());
        }
        page.after = found.items.last().map(|token| token.id.clone());
    }
}

fn line(store: &Store, token: &IssuedToken) -> String {
    let units = store.units();
    let code = |id: UnitId| units.get(id).map(|unit| unit.code.to_string());
    let until = match &token.revocation {
        Some(revocation) => format!("revoked {}", revocation.at.format("%Y-%m-%dT%H:%M:%SZ")),
        None => format!("until {}", token.expires_at.format("%Y-%m-%dT%H:%M:%SZ")),
    };
    format!(
        "{} {until:<28} {:<8} {:<16} {:<8} {:<8} {}",
        token.id.as_str(),
        token.role.name(),
        token.actor,
        token.grant.partner().map_or("-", PartnerCode::as_str),
        token.grant.unit().and_then(code).unwrap_or_else(|| "-".to_owned()),
        token.grant.scopes(),
    )
}

async fn revoke(store: &Store, id: &str) -> Result<(), ServerError> {
    let mut faults = Faults::default();
    let id = faults.keep(Path::root().field("jti"), TokenId::new(id).ok_or(Rule::UnknownToken));
    let command = faults.or(id.map(RevokeToken)).map_err(|faults| refused(&faults))?;
    let jti = write(store, command).await?;
    tell(format!("revoked / đã thu hồi: {jti}"));
    Ok(())
}
