//! Tokens: listing, issuing, revoking. How a token is signed is the server's matter.

use std::fmt;
use std::sync::Arc;

use async_graphql::connection::EmptyFields;
use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use async_trait::async_trait;
use registry_domain::access::{IssuedToken, Mode, Role, Scope, TokenId, TokenWish};
use registry_domain::certificate::Notary;
use registry_domain::fault::{Faults, Path, Rule};
use registry_persistence::{IssueToken, PartnerKey, RevokeToken, StoreError, TokenFilter};

use crate::access::{AccessScope, needs};
use crate::at_once::AtOnce;
use crate::cursor::List;
use crate::error::ApiError;
use crate::fault::UserError;
use crate::in_order::One;
use crate::mutation::{Attempt, write};
use crate::page::{Connection, PageArguments, connection};
use crate::scalar::DateTime;
use crate::session::Session;
use crate::unit::{AdministrativeUnit, UnitRef};

/// What the schema asks of whoever makes tokens.
#[async_trait]
pub trait TokenIssuer: fmt::Debug + Send + Sync {
    /// The longest life of a token, in seconds.
    fn longest(&self) -> i64;

    /// Signs a token that was recorded.
    async fn sign(&self, token: &IssuedToken) -> Result<String, StoreError>;

    /// Whoever signs receipts, holding the key that signs now.
    async fn notary(&self) -> Result<Arc<dyn Notary>, StoreError>;

    /// Reads public keys from a JWK set; all of them must be usable.
    fn read_keys(&self, jwk_set: &str) -> Result<Vec<PartnerKey>, Rule>;
}

/// Whom a token is for (vai trò).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Role", name = "TokenRole")]
pub(crate) enum TokenRole {
    /// A front end (ứng dụng): reads everything but personal data in clear.
    Reader,
    /// A field officer (cán bộ) of one unit: households and listings.
    Officer,
    /// A partner's machine (đối tác): certificate counts.
    Partner,
    /// An auditor (kiểm toán): reads everything with its history.
    Auditor,
    /// An administrator (quản trị): reference data, partners, tokens.
    Admin,
}

/// A token that was issued here (mã truy cập). The token itself is shown once, when it is issued.
pub(crate) struct Token(IssuedToken);

impl AtOnce for Token {}

/// A token that was issued here (mã truy cập). The token itself is shown once, when it is issued.
#[Object(directive = needs::apply(vec![AccessScope::Admin]))]
impl Token {
    /// Its unique name, `jti` in the token (định danh).
    async fn jti(&self) -> &str {
        self.0.id.as_str()
    }

    /// The name that the record keeps of its bearer (người dùng).
    async fn actor(&self) -> &str {
        &self.0.actor
    }

    /// Whom it is for (vai trò).
    async fn role(&self) -> TokenRole {
        self.0.role.into()
    }

    /// What it permits (các quyền).
    async fn scopes(&self) -> Vec<AccessScope> {
        self.0.grant.scopes().iter().map(Into::into).collect()
    }

    /// The code of the partner it acts for (mã đối tác).
    async fn partner(&self) -> Option<String> {
        self.0.grant.partner().map(ToString::to_string)
    }

    /// The unit that writing is limited to (đơn vị được phép ghi), seen on the day of issue.
    async fn unit(&self) -> Option<AdministrativeUnit> {
        let on = registry_domain::time::local_date(self.0.issued_at);
        self.0.grant.unit().map(|id| AdministrativeUnit { id, on, as_of: None })
    }

    /// Whether it can't write at all (chỉ đọc).
    async fn read_only(&self) -> bool {
        self.0.grant.mode() == Mode::ReadOnly
    }

    /// Since when it is valid (có hiệu lực từ).
    async fn issued_at(&self) -> DateTime {
        DateTime(self.0.issued_at)
    }

    /// When it ends (hết hạn lúc).
    async fn expires_at(&self) -> DateTime {
        DateTime(self.0.expires_at)
    }

    /// Who had it issued (người cấp).
    async fn issued_by(&self) -> &str {
        &self.0.issued_by
    }

    /// When it was revoked (thu hồi lúc), if it was.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revocation.as_ref().map(|revocation| DateTime(revocation.at))
    }

    /// Who revoked it (người thu hồi).
    async fn revoked_by(&self) -> Option<&str> {
        self.0.revocation.as_ref().map(|revocation| revocation.by.as_str())
    }
}

pub(crate) type TokenConnection = One<Connection<TokenId, Token, EmptyFields>>;

/// A page of tokens, newest first.
pub(crate) async fn token_page(
    session: &Session,
    in_force: bool,
    arguments: PageArguments,
) -> Result<TokenConnection, ApiError> {
    let filter = if in_force { TokenFilter::InForce } else { TokenFilter::All };
    let list = List::of(("tokens", filter));
    let request = arguments.request::<TokenId>(list, session)?;
    let page = session.reader.tokens(filter, &request).await?;
    let page = page.map(|token| (token.id.clone(), Token(token)));
    Ok(connection(page, list, EmptyFields))
}

/// A token to be issued (mã truy cập cần cấp).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct IssueTokenInput {
    /// Whom it is for (vai trò).
    role: TokenRole,
    /// The name that the record keeps (người dùng), 1…100 characters; the partner's code or the role if not given.
    actor: Option<String>,
    /// What it permits (các quyền); the usual scopes of the role if not given.
    #[graphql(default)]
    scopes: Vec<AccessScope>,
    /// The partner's code (mã đối tác); a partner's token needs it.
    partner: Option<String>,
    /// The unit that writing is limited to (đơn vị được phép ghi); an officer's token needs it.
    unit: Option<UnitRef>,
    /// How long it is valid (thời hạn), in seconds; 90 days if not given.
    #[graphql(default = 7_776_000)]
    seconds: i32,
    /// Makes a retry safe (khoá chống trùng); the token itself is shown at the first attempt only.
    idempotency_key: Option<String>,
}

/// What came of issuing a token (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::Admin]))]
pub(crate) struct IssueTokenPayload {
    /// The token to be shown as `Authorization: Bearer …` (chuỗi mã truy cập). It is told this once
    /// and kept nowhere; null if the input was refused or for a retry.
    access_token: Option<String>,
    /// What is known of it (thông tin); null if the input was refused.
    token: Option<Token>,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with the input (các lỗi); empty if it was issued.
    errors: Vec<UserError>,
}

/// A token to be revoked (mã truy cập cần thu hồi).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct RevokeTokenInput {
    /// Its unique name (định danh), as in the list of tokens.
    jti: String,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What came of revoking a token (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::Admin]))]
pub(crate) struct RevokeTokenPayload {
    /// The token as it is now (mã truy cập); null if the input was refused.
    token: Option<Token>,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with the input (các lỗi); empty if it was revoked.
    errors: Vec<UserError>,
}

/// Mutations of tokens.
#[derive(Default)]
pub(crate) struct TokenMutation;

#[Object]
impl TokenMutation {
    /// Issues a token (cấp mã truy cập). Needs `admin`.
    #[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
    async fn issue_token(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The token (mã truy cập).")] input: IssueTokenInput,
    ) -> Result<IssueTokenPayload> {
        let session = Session::of(context);
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let command = input.parse(session);
        Ok(match write(session, Scope::Admin, command, attempt).await? {
            Ok(written) => {
                let token = recorded(session, &written.outcome).await?;
                let access_token = match &token {
                    Some(token) if !written.replayed => Some(session.issuer.sign(&token.0).await),
                    _ => None,
                };
                IssueTokenPayload {
                    access_token: access_token.transpose().map_err(ApiError::from)?,
                    token,
                    replayed: written.replayed,
                    errors: Vec::new(),
                }
            }
            Err(errors) => {
                IssueTokenPayload { access_token: None, token: None, replayed: false, errors }
            }
        })
    }

    /// Revokes a token (thu hồi mã truy cập): at once here, within five seconds on every other
    /// instance. Revoking twice changes nothing. Needs `admin`.
    #[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
    async fn revoke_token(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The token (mã truy cập).")] input: RevokeTokenInput,
    ) -> Result<RevokeTokenPayload> {
        let session = Session::of(context);
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let at = Path::root().field("input").field("jti");
        let mut faults = Faults::default();
        let id = faults.keep(at, TokenId::new(&input.jti).ok_or(Rule::UnknownToken));
        let command = faults.or(id.map(RevokeToken));
        Ok(match write(session, Scope::Admin, command, attempt).await? {
            Ok(written) => RevokeTokenPayload {
                token: recorded(session, &written.outcome).await?,
                replayed: written.replayed,
                errors: Vec::new(),
            },
            Err(errors) => RevokeTokenPayload { token: None, replayed: false, errors },
        })
    }
}

async fn recorded(session: &Session, jti: &str) -> Result<Option<Token>, ApiError> {
    Ok(session.reader.token(jti).await?.map(Token))
}

impl IssueTokenInput {
    fn parse(self, session: &Session) -> Result<IssueToken, Faults> {
        let at = Path::root().field("input");
        let mut faults = Faults::default();
        let unit = self.unit.as_ref().map(|unit| unit.today(session)).transpose();
        let unit = faults.keep(at.field("unit"), unit);
        let wish = TokenWish {
            role: self.role.into(),
            actor: self.actor,
            scopes: self.scopes.into_iter().map(Into::into).collect(),
            partner: self.partner,
            unit: unit.flatten(),
            seconds: self.seconds.into(),
        };
        // A unit that was not found should not be told as missing, too.
        if !faults.is_empty() {
            return Err(faults);
        }
        let token = wish.parse(session.issuer.longest(), &at)?;
        Ok(IssueToken { token, against: None })
    }
}
