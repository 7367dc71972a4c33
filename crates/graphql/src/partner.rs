//! Partners and the public keys of their machines.

use async_graphql::{Context, InputObject, InputType, Object, Result, SimpleObject};
use registry_domain::access::{self, PartnerCode, Scope};
use registry_domain::fault::{Faults, Path};
use registry_domain::time::Instant;
use registry_persistence::SetPartnerKeys;

use crate::access::{AccessScope, needs};
use crate::error::ApiError;
use crate::fault::UserError;
use crate::mutation::{Attempt, write};
use crate::scalar::DateTime;
use crate::session::Session;

/// A partner (đối tác): a telco that issues certificates and reports them.
#[derive(SimpleObject)]
#[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
pub(crate) struct Partner {
    /// Its code (mã đối tác), like `VNPT`.
    code: String,
    /// Its name (tên).
    name: String,
    /// Whether its tokens are refused for now (đang bị tạm ngưng).
    suspended: bool,
    /// The public keys that its machines sign with (các khoá công khai).
    keys: Vec<PartnerKey>,
}

/// A partner's public key (khoá công khai của đối tác).
#[derive(SimpleObject)]
#[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
pub(crate) struct PartnerKey {
    /// Its name (định danh khoá).
    kid: String,
    /// Since when it is known (ghi nhận lúc).
    added_at: DateTime,
}

impl From<(access::Partner, Vec<(String, Instant)>)> for Partner {
    fn from((partner, keys): (access::Partner, Vec<(String, Instant)>)) -> Self {
        let key = |(kid, added_at)| PartnerKey { kid, added_at: DateTime(added_at) };
        Self {
            code: partner.code.to_string(),
            name: partner.name,
            suspended: partner.suspended,
            keys: keys.into_iter().map(key).collect(),
        }
    }
}

/// All partners by code.
pub(crate) async fn all_partners(session: &Session) -> Result<Vec<Partner>, ApiError> {
    Ok(session.reader.partners().await?.into_iter().map(Into::into).collect())
}

/// The public keys of a partner (khoá công khai của đối tác), in place of those before.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct SetPartnerKeysInput {
    /// The partner's code (mã đối tác).
    partner: String,
    /// The keys as a JWK set (RFC 7517), as JSON text: Ed25519, P-256, or RSA of at least 2,048 bits,
    /// each with a `kid` of its own. An empty set takes all keys away.
    jwk_set: String,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What came of setting a partner's keys (kết quả).
#[derive(SimpleObject)]
#[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
pub(crate) struct SetPartnerKeysPayload {
    /// The partner as it is now (đối tác); null if the input was refused.
    partner: Option<Partner>,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with the input (các lỗi); empty if the keys were set.
    errors: Vec<UserError>,
}

/// Mutations of partners.
#[derive(Default)]
pub(crate) struct PartnerMutation;

#[Object]
impl PartnerMutation {
    /// Replaces the public keys of a partner (đặt khoá công khai của đối tác). Needs `admin`.
    #[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
    async fn set_partner_keys(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The keys (các khoá).")] input: SetPartnerKeysInput,
    ) -> Result<SetPartnerKeysPayload> {
        let session = Session::of(context);
        let attempt = Attempt::new(input.idempotency_key.clone(), input.to_value());
        let command = input.parse(session);
        Ok(match write(session, Scope::Admin, command, attempt).await? {
            Ok(written) => {
                let partners = all_partners(session).await?.into_iter();
                SetPartnerKeysPayload {
                    partner: { partners }.find(|partner| partner.code == written.outcome),
                    replayed: written.replayed,
                    errors: Vec::new(),
                }
            }
            Err(errors) => SetPartnerKeysPayload { partner: None, replayed: false, errors },
        })
    }
}

impl SetPartnerKeysInput {
    fn parse(&self, session: &Session) -> Result<SetPartnerKeys, Faults> {
        let at = Path::root().field("input");
        let mut faults = Faults::default();
        let partner = faults.keep(at.field("partner"), self.partner.parse::<PartnerCode>());
        let keys = faults.keep(at.field("jwkSet"), session.issuer.read_keys(&self.jwk_set));
        let command = partner.zip(keys).map(|(partner, keys)| SetPartnerKeys { partner, keys });
        faults.or(command)
    }
}
