//! Registering single certificates, many at once.

use std::collections::{BTreeMap, HashMap, HashSet};

use registry_domain::access::PartnerCode;
use registry_domain::certificate::{
    Authority, CertificateKey, CertificateRule, CertificateStatus, Kind, NewCertificate,
};
use registry_domain::fault::{Faults, Path, Rule};
use registry_domain::unit::Level;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::not_suspended;
use crate::entity::certificate::{Column, Entity, Model};
use crate::partner::authorities;
use crate::writer::{Command, Row, Writer, bounded};
use crate::{StoreError, WriteError};

/// Registers certificates, all or none.
#[derive(Debug)]
pub struct RegisterCertificates(pub Vec<Row<NewCertificate>>);

impl Command for RegisterCertificates {
    const ACTION: &'static str = "certificate.register";
    type Plan = Vec<NewCertificate>;
    /// How many were registered.
    type Outcome = usize;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let mut faults = Faults::default();
        let issuing = issuing_partners(writer, &self.0, &mut faults).await?;
        let known = registered(writer, &self.0).await?;
        let mut first_with = HashMap::new();
        for (place, Row { at, value: certificate }) in self.0.iter().enumerate() {
            let first = *first_with.entry(&certificate.key).or_insert(place);
            if first != place {
                faults.push(at.field("serial"), Rule::DuplicateInBatch { first });
            }
            if known.contains(&certificate.key) {
                faults.push(at.field("serial"), CertificateRule::DuplicateCertificate.into());
            }
            check_dates(certificate, at, writer, &mut faults);
            check_unit(certificate, at, writer, &mut faults);
            let partner = issuing.get(&certificate.partner);
            let trusted = match (&certificate.presented, partner) {
                (Some(presented), Some(authorities)) => presented.is_signed_by_any(authorities),
                _ => true,
            };
            if !trusted {
                faults.push(at.field("pem"), CertificateRule::UnknownAuthority.into());
            }
        }
        let certificates = self.0.into_iter().map(|row| row.value).collect();
        faults.or(Some(certificates)).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let rows: Vec<Model> = plan.iter().map(|certificate| stored(certificate, writer)).collect();
        writer.record::<Entity>(&rows).await?;
        Ok(rows.len())
    }
}

/// The partners that issued them, each with its authorities.
async fn issuing_partners(
    writer: &Writer,
    rows: &[Row<NewCertificate>],
    faults: &mut Faults,
) -> Result<HashMap<PartnerCode, Vec<Authority>>, WriteError> {
    let mut partners: BTreeMap<&PartnerCode, Vec<&Row<NewCertificate>>> = BTreeMap::new();
    for row in rows {
        partners.entry(&row.value.partner).or_default().push(row);
    }
    let mut found = HashMap::new();
    for (code, own) in partners {
        let at = own[0].at.field("partner");
        let partner = match writer.lock_partner(code, &at).await {
            Ok(partner) => {
                faults.keep(at, not_suspended(&partner));
                partner
            }
            Err(WriteError::Refused(refused)) => {
                faults.extend(refused);
                continue;
            }
            Err(error) => return Err(error),
        };
        for row in &own {
            let rule = match &partner.agreement {
                None => CertificateRule::NoAgreement,
                Some(agreement) if agreement.covers(row.value.period()) => continue,
                Some(agreement) => CertificateRule::OutsideAgreement {
                    from: agreement.from,
                    until: agreement.until,
                },
            };
            faults.push(row.at.field("issuedOn"), rule.into());
        }
        let presented = own.iter().any(|row| row.value.presented.is_some());
        let authorities =
            if presented { authorities(&writer.transaction, code).await? } else { Vec::new() };
        found.insert(code.clone(), authorities);
    }
    Ok(found)
}

/// Those of `rows` that are registered already.
async fn registered(
    writer: &Writer,
    rows: &[Row<NewCertificate>],
) -> Result<HashSet<CertificateKey>, StoreError> {
    let mut by_issuer: BTreeMap<&str, HashMap<&str, &CertificateKey>> = BTreeMap::new();
    for Row { value: NewCertificate { key, .. }, .. } in rows {
        by_issuer.entry(key.issuer.as_str()).or_default().insert(key.serial.as_str(), key);
    }
    let mut found = HashSet::new();
    for (issuer, serials) in by_issuer {
        let known: Vec<String> = Entity::find()
            .select_only()
            .column(Column::Serial)
            .filter(Column::Issuer.eq(issuer))
            .filter(Column::Serial.is_in(serials.keys().copied()))
            .into_tuple()
            .all(&writer.transaction)
            .await?;
        found.extend(
            known.iter().filter_map(|serial| serials.get(serial.as_str())).copied().cloned(),
        );
    }
    Ok(found)
}

fn check_dates(certificate: &NewCertificate, at: &Path, writer: &Writer, faults: &mut Faults) {
    let today = writer.today();
    if certificate.issued_on > today {
        faults.push(at.field("issuedOn"), Rule::FutureDate { today });
    }
    let span = certificate.validity;
    let earliest = span.from.max(certificate.issued_on);
    if span.until <= earliest {
        faults.push(at.field("validTo"), Rule::DateTooEarly { earliest });
    }
}

fn check_unit(certificate: &NewCertificate, at: &Path, writer: &Writer, faults: &mut Faults) {
    let on = certificate.issued_on;
    let (units, tree) = (writer.units(), writer.units().tree(on));
    match units.get(certificate.unit).filter(|unit| tree.contains(unit.id)) {
        Some(unit) if unit.level() == Level::Commune => {}
        Some(unit) => {
            let name = unit.name.clone();
            faults.push(at.field("unit"), CertificateRule::NotACommune { name }.into());
        }
        None => {
            let asked = certificate.unit.get().to_string();
            faults.push(at.field("unit"), Rule::UnknownUnit { asked, on, hint: None });
        }
    }
}

fn stored(certificate: &NewCertificate, writer: &Writer) -> Model {
    let NewCertificate { key, partner, holder, unit, issued_on, validity, kind, presented } =
        certificate;
    Model {
        issuer: key.issuer.as_str().to_owned(),
        serial: key.serial.to_string(),
        partner: partner.to_string(),
        holder_hash: writer.sealer().hash("holder", holder.reveal()).to_vec(),
        unit_id: unit.get(),
        month: certificate.period().index(),
        issued_on: *issued_on,
        valid_from: validity.from,
        valid_until: validity.until,
        is_renewal: *kind == Kind::Renewal,
        is_checked: presented.is_some(),
        status: CertificateStatus::Valid.code().to_owned(),
        status_on: *issued_on,
        registered_at: writer.now,
        registered_by: writer.principal.actor().to_owned(),
    }
}
