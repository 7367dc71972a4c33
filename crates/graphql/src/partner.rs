//! Partners: their agreements, the public keys of their machines, the authorities of their certificates.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use registry_domain::access::{self, PartnerCode, PartnerName, Scope, SignaturePolicy};
use registry_domain::certificate::Authority;
use registry_domain::fault::{Faults, Path};
use registry_persistence::{
    Command, NewPartner, PartnerRecord, RegisterPartner, SetPartnerAuthorities, SetPartnerKeys,
    UpdatePartner,
};

use crate::access::{AccessScope, needs};
use crate::error::ApiError;
use crate::fault::UserError;
use crate::mutation::{Attempt, write};
use crate::scalar::{Date, DateTime};
use crate::session::Session;

/// A partner (đối tác): a telco that issues certificates and reports them.
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::Admin]))]
pub(crate) struct Partner {
    /// Its code (mã đối tác), like `VNPT`.
    code: String,
    /// Its name (tên).
    name: String,
    /// Whether its tokens are refused for now (đang bị tạm ngưng).
    suspended: bool,
    /// The ground on which it reports (thoả thuận); without one it can't.
    agreement: Option<Agreement>,
    /// Whether its reports must be signed (báo cáo phải được ký).
    signatures_required: bool,
    /// The public keys that its machines sign with (các khoá công khai).
    keys: Vec<PartnerKey>,
    /// The authorities that sign its certificates (các tổ chức cấp chứng thư).
    authorities: Vec<PartnerAuthority>,
}

/// What a partner and the province agreed on (thoả thuận).
#[derive(Debug, Clone, SimpleObject, InputObject)]
#[graphql(input_name = "AgreementInput")]
#[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
pub(crate) struct Agreement {
    /// The document, as cited (số hiệu văn bản), 1…200 characters.
    reference: String,
    /// The first day (từ ngày).
    from: Date,
    /// The day after the last (đến trước ngày), if an end was agreed.
    until: Option<Date>,
}

/// A partner's public key (khoá công khai của đối tác).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::Admin]))]
pub(crate) struct PartnerKey {
    /// Its name (định danh khoá).
    kid: String,
    /// Since when it is known (ghi nhận lúc).
    added_at: DateTime,
}

/// An authority that a partner's certificates may be signed by (tổ chức cấp chứng thư).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::Admin]))]
pub(crate) struct PartnerAuthority {
    /// Its name (tên).
    name: String,
    /// The first day on which its own certificate is good (có hiệu lực từ ngày).
    valid_from: Date,
    /// The day after the last (hết hiệu lực từ ngày).
    valid_to: Date,
}

impl From<PartnerRecord> for Partner {
    fn from(PartnerRecord { partner, keys, authorities }: PartnerRecord) -> Self {
        let key = |(kid, added_at)| PartnerKey { kid, added_at: DateTime(added_at) };
        let authority = |authority: Authority| PartnerAuthority {
            name: authority.name.as_str().to_owned(),
            valid_from: Date(authority.validity.from),
            valid_to: Date(authority.validity.until),
        };
        let agreement = |agreement: access::Agreement| Agreement {
            reference: agreement.reference,
            from: Date(agreement.from),
            until: agreement.until.map(Date),
        };
        Self {
            code: partner.code.to_string(),
            name: partner.name,
            suspended: partner.suspended,
            agreement: partner.agreement.map(agreement),
            signatures_required: partner.signatures == SignaturePolicy::Required,
            keys: keys.into_iter().map(key).collect(),
            authorities: authorities.into_iter().map(authority).collect(),
        }
    }
}

/// All partners by code.
pub(crate) async fn all_partners(session: &Session) -> Result<Vec<Partner>, ApiError> {
    Ok(session.reader.partners().await?.into_iter().map(Into::into).collect())
}

/// A partner to be made known (đối tác mới).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct RegisterPartnerInput {
    /// Its code (mã đối tác): 2…16 capital letters or digits.
    code: String,
    /// Its name (tên), 1…100 characters.
    name: String,
    /// The ground on which it reports (thoả thuận); without one it can't.
    agreement: Option<Agreement>,
    /// Whether its reports must be signed (báo cáo phải được ký).
    #[graphql(default)]
    signatures_required: bool,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What changes of a partner (thay đổi về đối tác); what is not given stays.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct UpdatePartnerInput {
    /// Its code (mã đối tác).
    code: String,
    /// Its name (tên), 1…100 characters.
    name: Option<String>,
    /// The ground on which it reports (thoả thuận).
    agreement: Option<Agreement>,
    /// Whether its tokens are refused and nothing is taken from it (tạm ngưng).
    suspended: Option<bool>,
    /// Whether its reports must be signed (báo cáo phải được ký).
    signatures_required: Option<bool>,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
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

/// The authorities of a partner's certificates (tổ chức cấp chứng thư của đối tác), in place of those before.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct SetPartnerAuthoritiesInput {
    /// The partner's code (mã đối tác).
    partner: String,
    /// Their certificates (RFC 5280) as PEM, at most 10. An empty text takes all away.
    pem: String,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What came of a change of a partner (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::Admin]))]
pub(crate) struct PartnerPayload {
    /// The partner as it is now (đối tác); null if the input was refused.
    partner: Option<Partner>,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with the input (các lỗi); empty if it was done.
    errors: Vec<UserError>,
}

/// Mutations of partners.
#[derive(Default)]
pub(crate) struct PartnerMutation;

#[Object]
impl PartnerMutation {
    /// Makes a partner known (đăng ký đối tác). Needs `admin`.
    #[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
    async fn register_partner(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The partner (đối tác).")] input: RegisterPartnerInput,
    ) -> Result<PartnerPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        Ok(change(Session::of(context), input.parse(), attempt).await?)
    }

    /// Changes a partner's name or agreement, suspends it or lets it in again (cập nhật đối tác). Needs `admin`.
    #[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
    async fn update_partner(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What changes (thay đổi).")] input: UpdatePartnerInput,
    ) -> Result<PartnerPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        Ok(change(Session::of(context), input.parse(), attempt).await?)
    }

    /// Replaces the public keys of a partner (đặt khoá công khai của đối tác). Needs `admin`.
    #[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
    async fn set_partner_keys(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The keys (các khoá).")] input: SetPartnerKeysInput,
    ) -> Result<PartnerPayload> {
        let session = Session::of(context);
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        Ok(change(session, input.parse(session), attempt).await?)
    }

    /// Replaces the authorities that a partner's certificates may be signed by (đặt tổ chức cấp chứng thư). Needs `admin`.
    #[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
    async fn set_partner_authorities(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The authorities (các tổ chức cấp).")] input: SetPartnerAuthoritiesInput,
    ) -> Result<PartnerPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        Ok(change(Session::of(context), input.parse(), attempt).await?)
    }
}

/// Carries out a command whose outcome is the partner's code, and shows the partner.
async fn change<C: Command<Outcome = String>>(
    session: &Session,
    command: Result<C, Faults>,
    attempt: Attempt,
) -> Result<PartnerPayload, ApiError> {
    Ok(match write(session, Scope::Admin, command, attempt).await? {
        Ok(written) => {
            let partners = all_partners(session).await?.into_iter();
            PartnerPayload {
                partner: { partners }.find(|partner| partner.code == written.outcome),
                replayed: written.replayed,
                errors: Vec::new(),
            }
        }
        Err(errors) => PartnerPayload { partner: None, replayed: false, errors },
    })
}

impl Agreement {
    fn parse(self, at: &Path) -> Result<access::Agreement, Faults> {
        let until = self.until.map(|until| until.0);
        access::Agreement::parse(self.reference, self.from.0, until, at)
    }
}

impl RegisterPartnerInput {
    fn parse(self) -> Result<RegisterPartner, Faults> {
        let at = Path::root().field("input");
        let mut faults = Faults::default();
        let code = faults.keep(at.field("code"), self.code.parse::<PartnerCode>());
        let name = faults.keep(at.field("name"), PartnerName::parse(&self.name));
        let agreement = self.agreement.map(|told| told.parse(&at.field("agreement"))).transpose();
        let agreement = agreement.map_err(|found| faults.extend(found)).ok();
        let signatures = SignaturePolicy::from_required(self.signatures_required);
        let partner = code.zip(name).zip(agreement);
        let partner = partner.map(|((code, name), agreement)| {
            RegisterPartner(NewPartner { code, name, agreement, signatures })
        });
        faults.or(partner)
    }
}

impl UpdatePartnerInput {
    fn parse(self) -> Result<UpdatePartner, Faults> {
        let at = Path::root().field("input");
        let mut faults = Faults::default();
        let code = faults.keep(at.field("code"), self.code.parse::<PartnerCode>());
        let name = self.name.as_deref().map(PartnerName::parse).transpose();
        let name = faults.keep(at.field("name"), name);
        let agreement = self.agreement.map(|told| told.parse(&at.field("agreement"))).transpose();
        let agreement = agreement.map_err(|found| faults.extend(found)).ok();
        let (suspended, signatures) =
            (self.suspended, self.signatures_required.map(SignaturePolicy::from_required));
        let partner = code.zip(name).zip(agreement);
        let partner = partner.map(|((code, name), agreement)| UpdatePartner {
            code,
            name,
            agreement,
            suspended,
            signatures,
        });
        faults.or(partner)
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

impl SetPartnerAuthoritiesInput {
    fn parse(&self) -> Result<SetPartnerAuthorities, Faults> {
        let at = Path::root().field("input");
        let mut faults = Faults::default();
        let partner = faults.keep(at.field("partner"), self.partner.parse::<PartnerCode>());
        let authorities = faults.keep(at.field("pem"), Authority::parse_all(&self.pem));
        let command = partner.zip(authorities);
        let command =
            command.map(|(partner, authorities)| SetPartnerAuthorities { partner, authorities });
        faults.or(command)
    }
}
