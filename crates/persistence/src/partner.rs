//! Partners: registering and changing them, the public keys by which their machines are known, and
//! the authorities that sign their certificates.

use registry_domain::access::{
    Agreement, Partner, PartnerCode, PartnerName, Scope, SignaturePolicy,
};
use registry_domain::certificate::{Authority, CertificateRule};
use registry_domain::fault::{Fault, Path, Rule};
use registry_domain::time::Instant;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::entity::partner::{authority, key, row};
use crate::writer::{Command, Writer, refuse};
use crate::{Reader, Store, StoreError, WriteError};

/// A partner's public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerKey {
    /// Its name.
    pub kid: String,
    /// The key as a JWK.
    pub jwk: String,
}

/// A partner with what its machines are known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerRecord {
    /// The partner.
    pub partner: Partner,
    /// The names of its keys, and when they were added.
    pub keys: Vec<(String, Instant)>,
    /// The authorities that sign its certificates.
    pub authorities: Vec<Authority>,
}

/// Makes a partner known.
#[derive(Debug)]
pub struct RegisterPartner(pub NewPartner);

/// A partner to be made known.
#[derive(Debug)]
pub struct NewPartner {
    /// Its code.
    pub code: PartnerCode,
    /// Its name.
    pub name: PartnerName,
    /// The ground on which it reports.
    pub agreement: Option<Agreement>,
    /// Whether its reports must be signed.
    pub signatures: SignaturePolicy,
}

/// Changes what is known of a partner; what is not given stays.
#[derive(Debug)]
pub struct UpdatePartner {
    /// Which one.
    pub code: PartnerCode,
    /// Its name.
    pub name: Option<PartnerName>,
    /// The ground on which it reports.
    pub agreement: Option<Agreement>,
    /// Whether its tokens are refused.
    pub suspended: Option<bool>,
    /// Whether its reports must be signed.
    pub signatures: Option<SignaturePolicy>,
}

/// Replaces all public keys of a partner; with none, it can get no more tokens by itself.
#[derive(Debug)]
pub struct SetPartnerKeys {
    /// Whose.
    pub partner: PartnerCode,
    /// The keys, checked.
    pub keys: Vec<PartnerKey>,
}

/// Replaces all authorities that a partner's certificates may be signed by.
#[derive(Debug)]
pub struct SetPartnerAuthorities {
    /// Whose.
    pub partner: PartnerCode,
    /// The authorities, checked.
    pub authorities: Vec<Authority>,
}

impl Command for RegisterPartner {
    const ACTION: &'static str = "partner.register";
    const CHANGES_STANDING: bool = true;
    type Plan = NewPartner;
    /// The partner's code.
    type Outcome = String;

    fn subjects(&self) -> usize {
        1
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        let known = row::Entity::find_by_id(self.0.code.as_str()).one(&writer.transaction).await?;
        match known {
            None => Ok(self.0),
            Some(_) => Err(refuse("code", CertificateRule::PartnerExists.into())),
        }
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let NewPartner { code, name, agreement, signatures } = plan;
        let code = code.to_string();
        let row = row::Model {
            code: code.clone(),
            name: name.as_str().to_owned(),
            suspended: false,
            agreed_from: agreement.as_ref().map(|agreement| agreement.from),
            agreed_until: agreement.as_ref().and_then(|agreement| agreement.until),
            agreement_reference: agreement.map(|agreement| agreement.reference),
            signatures_required: signatures == SignaturePolicy::Required,
        };
        writer.record::<row::Entity>(&[row]).await?;
        Ok(code)
    }
}

impl Command for UpdatePartner {
    const ACTION: &'static str = "partner.update";
    const CHANGES_STANDING: bool = true;
    type Plan = Self;
    /// The partner's code.
    type Outcome = String;

    fn subjects(&self) -> usize {
        1
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        locked(writer, &self.code, &Path::root().field("input").field("code")).await?;
        let nothing = self.name.is_none()
            && self.agreement.is_none()
            && self.suspended.is_none()
            && self.signatures.is_none();
        if nothing {
            return Err(refuse("code", Rule::NothingToChange));
        }
        Ok(self)
    }

    async fn carry_out(change: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let code = change.code.to_string();
        let mut row = row::ActiveModel::default();
        if let Some(name) = change.name {
            row.name = Set(name.as_str().to_owned());
        }
        if let Some(Agreement { reference, from, until }) = change.agreement {
            row.agreement_reference = Set(Some(reference));
            row.agreed_from = Set(Some(from));
            row.agreed_until = Set(until);
        }
        if let Some(suspended) = change.suspended {
            row.suspended = Set(suspended);
        }
        if let Some(signatures) = change.signatures {
            row.signatures_required = Set(signatures == SignaturePolicy::Required);
        }
        writer
            .update(row::Entity::update_many().set(row).filter(row::Column::Code.eq(&code)))
            .await?;
        Ok(code)
    }
}

impl Command for SetPartnerKeys {
    const ACTION: &'static str = "partner.keys";
    type Plan = Self;
    /// The partner's code.
    type Outcome = String;

    fn subjects(&self) -> usize {
        self.keys.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        locked(writer, &self.partner, &Path::root().field("input").field("partner")).await?;
        Ok(self)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let partner = plan.partner.to_string();
        writer.delete(key::Entity::delete_many().filter(key::Column::Partner.eq(&partner))).await?;
        let row = |key: PartnerKey| key::Model {
            partner: partner.clone(),
            kid: key.kid,
            jwk: key.jwk,
            added_at: writer.now,
        };
        let rows: Vec<_> = plan.keys.into_iter().map(row).collect();
        writer.record::<key::Entity>(&rows).await?;
        Ok(partner)
    }
}

impl Command for SetPartnerAuthorities {
    const ACTION: &'static str = "partner.authorities";
    type Plan = Self;
    /// The partner's code.
    type Outcome = String;

    fn subjects(&self) -> usize {
        self.authorities.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        locked(writer, &self.partner, &Path::root().field("input").field("partner")).await?;
        Ok(self)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let partner = plan.partner.to_string();
        writer
            .delete(
                authority::Entity::delete_many().filter(authority::Column::Partner.eq(&partner)),
            )
            .await?;
        let row = |(place, authority): (i32, &Authority)| authority::Model {
            partner: partner.clone(),
            place,
            der: authority.der().to_vec(),
            added_at: writer.now,
        };
        let rows: Vec<_> = (0..).zip(&plan.authorities).map(row).collect();
        writer.record::<authority::Entity>(&rows).await?;
        Ok(partner)
    }
}

/// A partner, locked until the end; `at` is where the input names it.
pub(crate) async fn locked(
    writer: &Writer,
    code: &PartnerCode,
    at: &Path,
) -> Result<row::Model, WriteError> {
    let known = writer.locking(row::Entity::find_by_id(code.as_str()));
    known.one(&writer.transaction).await?.ok_or_else(|| {
        let rule = Rule::UnknownPartner { code: code.clone() };
        WriteError::Refused(Fault { path: at.clone(), rule }.into())
    })
}

impl Store {
    /// The public keys of a partner; none of an unknown one.
    pub async fn partner_keys(&self, partner: &PartnerCode) -> Result<Vec<PartnerKey>, StoreError> {
        let select = key::Entity::find().filter(key::Column::Partner.eq(partner.as_str()));
        let rows = select.all(&self.inner.connections.readers).await?.into_iter();
        Ok(rows.map(|row| PartnerKey { kid: row.kid, jwk: row.jwk }).collect())
    }
}

impl Reader {
    /// All partners by code with their keys and authorities. Needs `admin`.
    pub async fn partners(&self) -> Result<Vec<PartnerRecord>, StoreError> {
        self.require(Scope::Admin)?;
        let keys = key::Entity::find().order_by_asc(key::Column::Kid).all(&self.connection).await?;
        let authorities = authority::Entity::find()
            .order_by_asc(authority::Column::Place)
            .all(&self.connection)
            .await?;
        let record = |partner: Partner| {
            let own = keys.iter().filter(|key| key.partner == partner.code.as_str());
            let signing =
                { &authorities }.iter().filter(|row| row.partner == partner.code.as_str());
            Ok(PartnerRecord {
                keys: own.map(|key| (key.kid.clone(), key.added_at)).collect(),
                authorities: { signing }.map(stored_authority).collect::<Result<_, _>>()?,
                partner,
            })
        };
        all(&self.connection).await?.into_iter().map(record).collect()
    }
}

/// The authorities that a partner's certificates may be signed by.
pub(crate) async fn authorities(
    connection: &impl ConnectionTrait,
    partner: &PartnerCode,
) -> Result<Vec<Authority>, StoreError> {
    let select = authority::Entity::find().filter(authority::Column::Partner.eq(partner.as_str()));
    select.all(connection).await?.iter().map(stored_authority).collect()
}

fn stored_authority(row: &authority::Model) -> Result<Authority, StoreError> {
    let damaged = || StoreError::damaged(format!("an authority of {}", row.partner));
    Authority::from_der(row.der.clone()).ok_or_else(damaged)
}

/// All partners by code.
pub(crate) async fn all(connection: &impl ConnectionTrait) -> Result<Vec<Partner>, StoreError> {
    let rows = row::Entity::find().order_by_asc(row::Column::Code).all(connection).await?;
    rows.into_iter().map(stored_partner).collect()
}

pub(crate) fn stored_partner(row: row::Model) -> Result<Partner, StoreError> {
    let code = row.code.parse();
    let code = code.map_err(|_| StoreError::damaged(format!("partner {}", row.code)))?;
    let agreement = row.agreement_reference.zip(row.agreed_from);
    Ok(Partner {
        code,
        name: row.name,
        suspended: row.suspended,
        agreement: agreement.map(|(reference, from)| Agreement {
            reference,
            from,
            until: row.agreed_until,
        }),
        signatures: if row.signatures_required {
            SignaturePolicy::Required
        } else {
            SignaturePolicy::Optional
        },
    })
}
