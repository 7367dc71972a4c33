//! What a token says (RFC 7519, RFC 9068), read into types. Believes nothing by itself.

use registry_domain::access::{Mode, PartnerCode, Scopes, TokenId};
use registry_domain::time::Instant;
use registry_domain::unit::UnitCode;
use serde_json::{Map, Value};

use super::Reason;

/// The longest subject, in characters.
const SUBJECT_LIMIT: usize = 200;

/// Times beyond any that a token may have; keeps sums far from overflowing.
const END_OF_TIME: i64 = 1 << 40;

/// When a token is valid, in seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lifetime {
    pub(super) issued_at: i64,
    pub(super) not_before: i64,
    pub(super) expires_at: i64,
}

/// The claims of an access token.
#[derive(Debug, Clone)]
pub(super) struct Claims {
    pub(super) subject: String,
    pub(super) audience: Vec<String>,
    pub(super) lifetime: Lifetime,
    pub(super) id: TokenId,
    pub(super) scopes: Scopes,
    pub(super) partner: Option<PartnerCode>,
    /// As it was on the day of issue.
    pub(super) unit: Option<UnitCode>,
    pub(super) mode: Mode,
}

impl Claims {
    pub(super) fn read(members: &Map<String, Value>) -> Result<Self, Reason> {
        let parsed = |name: &'static str| match members.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(Reason::Claim(name)),
        };
        // Named by the standard; nothing here depends on it.
        parsed("client_id")?;
        let mode = match members.get("read_only") {
            None | Some(Value::Bool(false)) => Mode::ReadWrite,
            Some(Value::Bool(true)) => Mode::ReadOnly,
            Some(_) => return Err(Reason::Claim("read_only")),
        };
        let partner = parsed("partner")?.map(str::parse).transpose();
        let unit = parsed("unit")?.map(str::parse).transpose();
        Ok(Self {
            subject: subject(members)?,
            audience: audience(members)?,
            lifetime: Lifetime {
                issued_at: seconds(members, "iat")?,
                not_before: seconds(members, "nbf")?,
                expires_at: seconds(members, "exp")?,
            },
            id: id(members)?,
            scopes: parsed("scope")?.map(Scopes::from_claim).unwrap_or_default(),
            partner: partner.map_err(|_| Reason::Claim("partner"))?,
            unit: unit.map_err(|_| Reason::Claim("unit"))?,
            mode,
        })
    }
}

impl Lifetime {
    /// Whether `now` lies within; clocks may differ by `leeway` seconds.
    pub(super) fn holds(self, now: Instant, leeway: i64) -> Result<(), Reason> {
        let now = now.timestamp();
        if now >= self.expires_at + leeway {
            Err(Reason::Expired)
        } else if self.not_before > now + leeway || self.issued_at > now + leeway {
            Err(Reason::Early)
        } else {
            Ok(())
        }
    }
}

/// A text that must be there.
pub(super) fn text<'a>(
    members: &'a Map<String, Value>,
    name: &'static str,
) -> Result<&'a str, Reason> {
    members.get(name).and_then(Value::as_str).ok_or(Reason::Claim(name))
}

/// A time that must be there, in whole seconds.
pub(super) fn seconds(members: &Map<String, Value>, name: &'static str) -> Result<i64, Reason> {
    let seconds = members.get(name).and_then(Value::as_i64);
    seconds.filter(|seconds| (0..END_OF_TIME).contains(seconds)).ok_or(Reason::Claim(name))
}

/// The token's name.
pub(super) fn id(members: &Map<String, Value>) -> Result<TokenId, Reason> {
    TokenId::new(text(members, "jti")?).ok_or(Reason::Claim("jti"))
}

/// Whom the token is for: one name or several.
pub(super) fn audience(members: &Map<String, Value>) -> Result<Vec<String>, Reason> {
    let name = |value: &Value| value.as_str().map(str::to_owned);
    let names = match members.get("aud") {
        Some(Value::Array(names)) => names.iter().map(name).collect(),
        Some(one) => name(one).map(|name| vec![name]),
        None => None,
    };
    names.ok_or(Reason::Claim("aud"))
}

fn subject(members: &Map<String, Value>) -> Result<String, Reason> {
    let subject = text(members, "sub")?;
    let checked = registry_domain::text::check(subject, SUBJECT_LIMIT);
    checked.map(|()| subject.to_owned()).map_err(|_| Reason::Claim("sub"))
}
