//! Tokens as records: issuing, revoking, listing. What a token looks like is the server's matter.

use registry_domain::access::{
    Grant, IssuedToken, Mode, NewToken, PartnerCode, Revocation, Role, Scope, Scopes, TokenId,
};
use registry_domain::fault::{Fault, Path, Rule};
use registry_domain::page::{Page, PageRequest, Take};
use registry_domain::time::Instant;
use registry_domain::unit::UnitId;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entity::partner::{assertion, row as partner};
use crate::entity::token::{Column, Entity, Model};
use crate::personal::{hex, random};
use crate::writer::{Command, Writer, refuse};
use crate::{Reader, StoreError, WriteError, bulk};

/// Bytes of chance in a token's name.
const CHANCE: usize = 10;

/// Records a token, which then can be signed.
#[derive(Debug)]
pub struct IssueToken {
    /// The token.
    pub token: NewToken,
    /// What the token is given for, if its bearer asks itself; it counts once.
    pub against: Option<ClientAssertion>,
}

/// An assertion by which a partner showed who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientAssertion {
    /// The partner.
    pub partner: PartnerCode,
    /// The assertion's unique name.
    pub id: TokenId,
    /// Until when it could be shown again.
    pub expires_at: Instant,
}

impl Command for IssueToken {
    const ACTION: &'static str = "token.issue";
    type Plan = Self;
    /// The token's name.
    type Outcome = String;

    fn subjects(&self) -> usize {
        1
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        if let Some(code) = self.token.grant.partner().cloned() {
            let found = partner::Entity::find_by_id(code.as_str()).one(&writer.transaction).await?;
            match found {
                None => return Err(refuse("partner", Rule::UnknownPartner { code })),
                Some(row) if row.suspended => {
                    return Err(refuse("partner", Rule::PartnerSuspended { code }));
                }
                Some(_) => {}
            }
        }
        if let Some(shown) = &self.against {
            let id = (shown.partner.to_string(), shown.id.as_str().to_owned());
            if assertion::Entity::find_by_id(id).one(&writer.transaction).await?.is_some() {
                let fault = Fault { path: Path::root(), rule: Rule::ShownBefore };
                return Err(WriteError::Refused(fault.into()));
            }
        }
        Ok(self)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        if let Some(shown) = plan.against {
            redeem(shown, writer).await?;
        }
        let row = stored(plan.token, writer)?;
        let jti = row.jti.clone();
        writer.record::<Entity>(&[row]).await?;
        Ok(jti)
    }
}

/// Of two that show the same at once, one fails on the key.
async fn redeem(shown: ClientAssertion, writer: &Writer) -> Result<(), StoreError> {
    assertion::Entity::delete_many()
        .filter(assertion::Column::ExpiresAt.lt(writer.now))
        .exec(&writer.transaction)
        .await?;
    let row = assertion::Model {
        partner: shown.partner.to_string(),
        jti: shown.id.as_str().to_owned(),
        expires_at: shown.expires_at,
    };
    bulk::insert::<assertion::Entity>(&writer.transaction, &[row], "").await
}

/// The name begins with the time, so that the newest tokens sort last.
fn stored(token: NewToken, writer: &Writer) -> Result<Model, StoreError> {
    let seconds = writer.now.timestamp();
    let instant = |seconds| {
        Instant::from_timestamp(seconds, 0).ok_or_else(|| StoreError::damaged("token time"))
    };
    Ok(Model {
        jti: format!("{:012x}{}", writer.now.timestamp_millis(), hex(&random()[..CHANCE])),
        actor: token.actor,
        role: token.role.name().to_owned(),
        scopes: token.grant.scopes().to_string(),
        partner: token.grant.partner().map(ToString::to_string),
        unit_id: token.grant.unit().map(UnitId::get),
        read_only: token.grant.mode() == Mode::ReadOnly,
        issued_at: instant(seconds)?,
        expires_at: instant(seconds.saturating_add(token.seconds))?,
        issued_by: writer.principal.actor().to_owned(),
        revoked_at: None,
        revoked_by: None,
    })
}

/// Ends a token early; one that has ended so before stays as it is.
#[derive(Debug)]
pub struct RevokeToken(pub TokenId);

impl Command for RevokeToken {
    const ACTION: &'static str = "token.revoke";
    const CHANGES_STANDING: bool = true;
    type Plan = TokenId;
    /// The token's name.
    type Outcome = String;

    fn subjects(&self) -> usize {
        1
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        let known = Entity::find_by_id(self.0.as_str());
        match writer.locking(known).one(&writer.transaction).await? {
            Some(_) => Ok(self.0),
            None => Err(refuse("jti", Rule::UnknownToken)),
        }
    }

    async fn carry_out(id: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let revoked = Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::value(writer.now))
            .col_expr(Column::RevokedBy, Expr::value(writer.principal.actor()))
            .filter(Column::Jti.eq(id.as_str()))
            .filter(Column::RevokedAt.is_null());
        writer.update(revoked).await?;
        Ok(id.as_str().to_owned())
    }
}

/// Which tokens are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenFilter {
    /// All that were ever issued.
    All,
    /// Those that are neither revoked nor expired.
    InForce,
}

impl Reader {
    /// One token by its name. Needs `admin`.
    pub async fn token(&self, id: &str) -> Result<Option<IssuedToken>, StoreError> {
        self.require(Scope::Admin)?;
        let row = Entity::find_by_id(id).one(&self.connection).await?;
        row.map(issued).transpose()
    }

    /// A page of tokens, newest first. Needs `admin`.
    pub async fn tokens(
        &self,
        filter: TokenFilter,
        page: &PageRequest<TokenId>,
    ) -> Result<Page<IssuedToken>, StoreError> {
        self.require(Scope::Admin)?;
        let mut select = Entity::find();
        if filter == TokenFilter::InForce {
            select = select
                .filter(Column::RevokedAt.is_null())
                .filter(Column::ExpiresAt.gt(self.store.clock.now()));
        }
        if let Some(after) = &page.after {
            select = select.filter(Column::Jti.lt(after.as_str()));
        }
        if let Some(before) = &page.before {
            select = select.filter(Column::Jti.gt(before.as_str()));
        }
        let select = match page.take {
            Take::First(_) => select.order_by_desc(Column::Jti),
            Take::Last(_) => select.order_by_asc(Column::Jti),
        };
        let rows = select.limit(page.take.limit() as u64 + 1).all(&self.connection).await?;
        let tokens = rows.into_iter().map(issued).collect::<Result<_, _>>()?;
        Ok(Page::from_overfetch(tokens, page))
    }
}

fn issued(row: Model) -> Result<IssuedToken, StoreError> {
    let damaged = || StoreError::damaged(format!("token {}", row.jti));
    let partner = row.partner.as_deref().map(str::parse).transpose().map_err(|_| damaged())?;
    let mode = if row.read_only { Mode::ReadOnly } else { Mode::ReadWrite };
    let unit = row.unit_id.map(UnitId::new);
    let grant = Grant::new(Scopes::from_claim(&row.scopes), mode, partner, unit);
    Ok(IssuedToken {
        id: TokenId::new(&row.jti).ok_or_else(damaged)?,
        role: Role::from_name(&row.role).ok_or_else(damaged)?,
        grant: grant.map_err(|_| damaged())?,
        actor: row.actor,
        issued_at: row.issued_at,
        expires_at: row.expires_at,
        issued_by: row.issued_by,
        revocation: row.revoked_at.zip(row.revoked_by).map(|(at, by)| Revocation { at, by }),
    })
}
