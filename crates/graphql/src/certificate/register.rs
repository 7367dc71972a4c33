//! Registering single certificates, and changing their status.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use registry_domain::access::{PartnerCode, Scope};
use registry_domain::certificate::{
    CertificateKey, Holder, IssuerName, Kind, NewCertificate, Presented, SerialNumber,
    StatusChange, Submission, Validity,
};
use registry_domain::fault::{Expected, Faults, Path, Rule};
use registry_domain::personal::CitizenNumber;
use registry_domain::time;
use registry_domain::unit::UnitId;
use registry_persistence::{ChangeCertificateStatus, RegisterCertificates, Row};

use super::acting_partner;
use super::single::{Certificate, CertificateStatus, one_certificate};
use crate::access::{AccessScope, list_size, needs};
use crate::error::ApiError;
use crate::fault::UserError;
use crate::mutation::{Attempt, BATCH_LIMIT, write};
use crate::scalar::{Date, Told, UnitCode};
use crate::session::Session;

/// A certificate to be registered (chứng thư số cần ghi): either `pem`, or number, issuer, holder and validity.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct CertificateInput {
    /// The certificate itself (chứng thư X.509 dạng PEM), signed by an authority that is registered for the partner.
    pem: Option<String>,
    /// Its number (số hiệu), in hexadecimal.
    serial: Option<String>,
    /// Who signed it (tổ chức cấp), like `VNPT-CA`.
    issuer: Option<String>,
    /// The holder's citizen number (số định danh cá nhân); only a keyed hash of it is kept.
    holder: Option<String>,
    /// The commune's code on the day of issue (mã xã, phường, thị trấn).
    unit: Told<UnitCode>,
    /// The day of issue (ngày cấp); the first day of its validity if not given.
    issued_on: Option<Date>,
    /// The first day on which it is good (có hiệu lực từ ngày).
    valid_from: Option<Date>,
    /// The day after the last on which it is good (hết hiệu lực từ ngày).
    valid_to: Option<Date>,
    /// Whether it follows one that ran out (gia hạn).
    #[graphql(default)]
    renewal: bool,
}

/// Certificates to be registered (lô chứng thư số): all or none.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct RegisterCertificatesInput {
    /// Whose (mã đối tác); the token's partner if not given.
    partner: Option<String>,
    /// The certificates (các chứng thư số), 1…1,000.
    certificates: Vec<CertificateInput>,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What came of registering certificates (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::CertificatesReport]))]
pub(crate) struct RegisterCertificatesPayload {
    /// How many were registered (số chứng thư đã ghi): all of them, or 0.
    registered: usize,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with any row (các lỗi theo dòng); empty if all were registered.
    errors: Vec<UserError>,
}

/// A certificate whose status changes (chứng thư số cần đổi tình trạng).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct ChangeCertificateStatusInput {
    /// Its number (số hiệu), in hexadecimal.
    serial: String,
    /// Who signed it (tổ chức cấp).
    issuer: String,
    /// What it becomes (tình trạng mới). A revoked certificate stays so.
    status: CertificateStatus,
    /// From this day on (từ ngày).
    on: Date,
    /// Why (lý do), 1…500 characters.
    reason: String,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What came of changing a certificate's status (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::CertificatesReport]))]
pub(crate) struct ChangeCertificateStatusPayload {
    /// The certificate as it stands now (chứng thư số); null if the input was refused.
    certificate: Option<Certificate>,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with the input (các lỗi); empty if it was changed.
    errors: Vec<UserError>,
}

/// Mutations of single certificates.
#[derive(Default)]
pub(crate) struct RegistrationMutation;

#[Object]
impl RegistrationMutation {
    /// Registers up to 1,000 single certificates (ghi nhận chứng thư số), all or none. Needs `certificates:report`.
    #[graphql(
        directive = needs::apply(vec![AccessScope::CertificatesReport]),
        directive = list_size::apply(None, Some(vec!["input.certificates".into()]))
    )]
    async fn register_certificates(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The certificates (các chứng thư số).")] input: RegisterCertificatesInput,
    ) -> Result<RegisterCertificatesPayload> {
        let session = Session::of(context);
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let command = input.parse(session).map(RegisterCertificates);
        Ok(match write(session, Scope::CertificatesReport, command, attempt).await? {
            Ok(written) => RegisterCertificatesPayload {
                registered: written.outcome,
                replayed: written.replayed,
                errors: Vec::new(),
            },
            Err(errors) => RegisterCertificatesPayload {
                registered: 0,
                replayed: false,
                errors: UserError::with_values(errors, &input),
            },
        })
    }

    /// Suspends, resumes or revokes a certificate (đổi tình trạng chứng thư số). Needs `certificates:report`.
    #[graphql(directive = needs::apply(vec![AccessScope::CertificatesReport]))]
    async fn change_certificate_status(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The certificate (chứng thư số).")] input: ChangeCertificateStatusInput,
    ) -> Result<ChangeCertificateStatusPayload> {
        let session = Session::of(context);
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let at = Path::root().field("input");
        let mut faults = Faults::default();
        let key = key(&input.serial, &input.issuer, &at).map_err(|found| faults.extend(found)).ok();
        let reason = faults.keep(at.field("reason"), Submission::reason(&input.reason));
        let (to, on) = (input.status.into(), input.on.0);
        let change = key.clone().zip(reason);
        let change = change.map(|(key, reason)| StatusChange { key, to, on, reason });
        let command = faults.or(change);
        let command = command.map(|value| ChangeCertificateStatus(vec![Row { at, value }]));
        let done = write(session, Scope::CertificatesReport, command, attempt).await?;
        Ok(match done {
            Ok(written) => ChangeCertificateStatusPayload {
                certificate: match &key {
                    Some(key) => one_certificate(session, key).await?,
                    None => None,
                },
                replayed: written.replayed,
                errors: Vec::new(),
            },
            Err(errors) => {
                ChangeCertificateStatusPayload { certificate: None, replayed: false, errors }
            }
        })
    }
}

/// A certificate's key as it was given.
fn key(serial: &str, issuer: &str, at: &Path) -> Result<CertificateKey, Faults> {
    let mut faults = Faults::default();
    let serial = faults.keep(at.field("serial"), serial.parse::<SerialNumber>());
    let issuer = faults.keep(at.field("issuer"), IssuerName::parse(issuer));
    faults.or(serial.zip(issuer).map(|(serial, issuer)| CertificateKey { issuer, serial }))
}

/// A certificate's key as arguments name it.
pub(crate) fn key_argument(serial: &str, issuer: &str) -> Result<CertificateKey, ApiError> {
    key(serial, issuer, &Path::root()).map_err(|faults| {
        let first = faults.into_iter().next();
        let rule = first.map_or(Rule::TextEmpty, |fault| fault.rule);
        ApiError::Argument { name: "serial, issuer", rule }
    })
}

impl RegisterCertificatesInput {
    fn parse(&self, session: &Session) -> Result<Vec<Row<NewCertificate>>, Faults> {
        let at = Path::root().field("input");
        let mut faults = Faults::default();
        let named = acting_partner(session, self.partner.as_deref());
        let partner = faults.keep(at.field("partner"), named);
        let at = at.field("certificates");
        let rows = self.certificates.len();
        if rows == 0 {
            faults.push(at, Rule::BatchEmpty);
            return Err(faults);
        }
        if rows > BATCH_LIMIT {
            faults.push(at, Rule::BatchTooLarge { rows, limit: BATCH_LIMIT });
            return Err(faults);
        }
        let parsed = self.certificates.iter().enumerate().filter_map(|(index, certificate)| {
            let parsed = certificate.parse(session, partner.clone(), at.index(index));
            parsed.map_err(|found| faults.extend(found)).ok()
        });
        let parsed = parsed.flatten().collect();
        faults.or(Some(parsed))
    }
}

/// What a certificate says of itself, whichever way it was sent.
struct Identity {
    key: CertificateKey,
    holder: Holder,
    validity: Validity,
    presented: Option<Presented>,
}

impl CertificateInput {
    /// `None` if only the partner is not known, which is told elsewhere.
    fn parse(
        &self,
        session: &Session,
        partner: Option<PartnerCode>,
        at: Path,
    ) -> Result<Option<Row<NewCertificate>>, Faults> {
        let mut faults = Faults::default();
        let identity = match &self.pem {
            Some(pem) => self.presented(pem, &at),
            None => self.described(&at),
        };
        let identity = identity.map_err(|found| faults.extend(found)).ok();
        let issued_on = self.issued_on.map(|date| date.0);
        let issued_on = issued_on.or(identity.as_ref().map(|identity| identity.validity.from));
        let unit =
            issued_on.and_then(|on| faults.keep(at.field("unit"), self.commune(session, on)));
        let known = identity.zip(issued_on).zip(unit);
        let known = known.map(|((identity, issued_on), unit)| {
            let Identity { key, holder, validity, presented } = identity;
            let kind = if self.renewal { Kind::Renewal } else { Kind::First };
            let new = |partner| NewCertificate {
                key,
                partner,
                holder,
                unit,
                issued_on,
                validity,
                kind,
                presented,
            };
            partner.map(new).map(|value| Row { at, value })
        });
        faults.or(known)
    }

    /// What the certificate itself says; then nothing else may say it too.
    fn presented(&self, pem: &str, at: &Path) -> Result<Identity, Faults> {
        const NOTHING: Rule = Rule::Malformed {
            expected: Expected {
                english: "nothing, since `pem` says it",
                vietnamese: "để trống, vì `pem` đã có",
            },
        };
        let mut faults = Faults::default();
        let given = [
            ("serial", self.serial.is_some()),
            ("issuer", self.issuer.is_some()),
            ("holder", self.holder.is_some()),
            ("validFrom", self.valid_from.is_some()),
            ("validTo", self.valid_to.is_some()),
        ];
        for (field, _) in given.into_iter().filter(|(_, given)| *given) {
            faults.push(at.field(field), NOTHING);
        }
        let presented = faults.keep(at.field("pem"), Presented::parse(pem));
        faults.or(presented.map(|presented| Identity {
            key: CertificateKey {
                issuer: presented.issuer.clone(),
                serial: presented.serial.clone(),
            },
            holder: presented.holder.clone(),
            validity: presented.validity,
            presented: Some(presented),
        }))
    }

    fn described(&self, at: &Path) -> Result<Identity, Faults> {
        const DATE: Rule = Rule::Malformed {
            expected: Expected {
                english: "a date, or `pem`", vietnamese: "một ngày, hoặc `pem`"
            },
        };
        let mut faults = Faults::default();
        let text = |given: &Option<String>| given.clone().unwrap_or_default();
        let key = key(&text(&self.serial), &text(&self.issuer), at);
        let key = key.map_err(|found| faults.extend(found)).ok();
        let holder = faults.keep(at.field("holder"), CitizenNumber::parse(&text(&self.holder)));
        let from = faults.keep(at.field("validFrom"), self.valid_from.ok_or(DATE));
        let until = faults.keep(at.field("validTo"), self.valid_to.ok_or(DATE));
        let known = key.zip(holder).zip(from.zip(until));
        faults.or(known.map(|((key, holder), (from, until))| Identity {
            key,
            holder: Holder::person(&holder),
            validity: Validity { from: from.0, until: until.0 },
            presented: None,
        }))
    }

    fn commune(&self, session: &Session, on: time::Date) -> Result<UnitId, Rule> {
        let code = self.unit.understood().map(|code| code.0);
        let code = code.map_or_else(|| "".parse(), Ok)?;
        // A mistyped date is told at its own place; the code is still worth checking.
        Ok(session.reader.units().resolve(code, on.min(session.reader.today()))?.id)
    }
}
