//! Single certificates: changing their status, finding them.

use std::collections::{BTreeMap, HashMap};

use registry_domain::access::PartnerCode;
use registry_domain::certificate::{
    Certificate, CertificateKey, CertificateRule, CertificateStatus, IssuerName, Kind,
    StatusChange, Validity,
};
use registry_domain::fault::{Faults, Path, Rule};
use registry_domain::page::{Page, PageRequest, Take};
use registry_domain::time::{Date, YearMonth};
use registry_domain::unit::UnitId;
use sea_orm::sea_query::Condition;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::entity::certificate::{Column, Entity, Model, status_change};
use crate::personal::{hex, unhex};
use crate::writer::{Command, Row, Writer, bounded};
use crate::{Reader, StoreError, WriteError};

/// Suspends, resumes or revokes certificates, all or none.
#[derive(Debug)]
pub struct ChangeCertificateStatus(pub Vec<Row<StatusChange>>);

/// The certificates as they become, each with why.
#[derive(Debug)]
pub struct StatusPlan(Vec<(StatusChange, Registered)>);

/// A certificate as it is stored.
#[derive(Debug)]
struct Registered(Model);

/// The rows are known whole; only their status changes.
const STATUS: [Column; 2] = [Column::Status, Column::StatusOn];

impl Command for ChangeCertificateStatus {
    const ACTION: &'static str = "certificate.status";
    type Plan = StatusPlan;
    /// How many were changed.
    type Outcome = usize;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let mut known = locked(writer, self.0.iter().map(|row| &row.value.key)).await?;
        let mut faults = Faults::default();
        let mut plan = Vec::with_capacity(self.0.len());
        for Row { at, value: change } in self.0 {
            // Taken out: a second change of the same certificate would find none.
            let Some(Registered(row)) = known.remove(&change.key) else {
                faults.push(at.field("serial"), CertificateRule::UnknownCertificate.into());
                continue;
            };
            match check(writer, &row, &change, &at)? {
                Ok(()) => plan.push((change, Registered(row))),
                Err(found) => faults.extend(found),
            }
        }
        faults.or(Some(StatusPlan(plan))).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let (event, mut rows, mut changes) = (writer.event().await?, Vec::new(), Vec::new());
        for (StatusChange { key, to, on, reason }, Registered(row)) in plan.0 {
            let status = to.code().to_owned();
            rows.push(Model { status: status.clone(), status_on: on, ..row });
            changes.push(status_change::Model {
                issuer: key.issuer.as_str().to_owned(),
                serial: key.serial.to_string(),
                event,
                recorded_at: writer.now,
                status,
                status_on: on,
                reason,
                actor: writer.principal.actor().to_owned(),
            });
        }
        writer.rewrite::<Entity>(&rows, &STATUS).await?;
        writer.record::<status_change::Entity>(&changes).await?;
        Ok(rows.len())
    }
}

/// The certificates with these keys, locked in order, so that two batches can't wait for each other.
async fn locked(
    writer: &Writer,
    keys: impl Iterator<Item = &CertificateKey>,
) -> Result<HashMap<CertificateKey, Registered>, StoreError> {
    let mut by_issuer: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for key in keys {
        by_issuer.entry(key.issuer.as_str()).or_default().push(key.serial.as_str());
    }
    let mut found = HashMap::new();
    for (issuer, serials) in by_issuer {
        let mut select = Entity::find()
            .filter(Column::Issuer.eq(issuer))
            .filter(Column::Serial.is_in(serials))
            .order_by_asc(Column::Serial);
        // A partner's machines don't learn which certificates others have.
        if let Some(own) = writer.principal.partner() {
            select = select.filter(Column::Partner.eq(own.as_str()));
        }
        for row in writer.locking(select).all(&writer.transaction).await? {
            found.insert(certificate(&row)?.key, Registered(row));
        }
    }
    Ok(found)
}

fn check(
    writer: &Writer,
    row: &Model,
    change: &StatusChange,
    at: &Path,
) -> Result<Result<(), Faults>, StoreError> {
    let mut faults = Faults::default();
    let changed = certificate(row)?.status.change(change.to);
    let changed = changed.map_err(|refused| CertificateRule::CertificateStatus { refused });
    faults.keep(at.field("status"), changed.map_err(Rule::from));
    let today = writer.today();
    if change.on > today {
        faults.push(at.field("on"), Rule::FutureDate { today });
    } else if change.on < row.status_on {
        faults.push(at.field("on"), Rule::DateTooEarly { earliest: row.status_on });
    }
    Ok(faults.or(Some(())))
}

/// Conditions on certificates; all of those given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct CertificateFilter {
    /// Whose.
    pub partner: Option<PartnerCode>,
    /// Counted in one of these communes.
    pub communes: Option<Vec<UnitId>>,
    /// In this status.
    pub status: Option<CertificateStatus>,
    /// Issued on this day or later.
    pub issued_from: Option<Date>,
    /// Issued on this day or earlier.
    pub issued_to: Option<Date>,
    /// Of the holder with this pseudonym.
    pub pseudonym: Option<String>,
}

impl Reader {
    fn visible_certificates(&self) -> Result<Select<Entity>, StoreError> {
        let only = self.only_partner()?;
        let select = Entity::find();
        Ok(match only {
            Some(only) => select.filter(Column::Partner.eq(only.as_str())),
            None => select,
        })
    }

    fn certificates_of(&self, filter: &CertificateFilter) -> Result<Select<Entity>, StoreError> {
        let mut select = self.visible_certificates()?;
        if let Some(partner) = &filter.partner {
            select = select.filter(Column::Partner.eq(partner.as_str()));
        }
        if let Some(communes) = &filter.communes {
            select = select.filter(Column::UnitId.is_in(communes.iter().map(|unit| unit.get())));
        }
        if let Some(status) = filter.status {
            select = select.filter(Column::Status.eq(status.code()));
        }
        // The month is what the index has.
        if let Some(from) = filter.issued_from {
            select = select.filter(Column::Month.gte(YearMonth::of(from).index()));
            select = select.filter(Column::IssuedOn.gte(from));
        }
        if let Some(to) = filter.issued_to {
            select = select.filter(Column::Month.lte(YearMonth::of(to).index()));
            select = select.filter(Column::IssuedOn.lte(to));
        }
        if let Some(pseudonym) = &filter.pseudonym {
            // What is no pseudonym is nobody's.
            select = select.filter(Column::HolderHash.eq(unhex(pseudonym).unwrap_or_default()));
        }
        Ok(select)
    }

    /// One certificate; none if it may not be seen.
    pub async fn certificate(
        &self,
        key: &CertificateKey,
    ) -> Result<Option<Certificate>, StoreError> {
        let select = self.visible_certificates()?;
        let select = select
            .filter(Column::Issuer.eq(key.issuer.as_str()))
            .filter(Column::Serial.eq(key.serial.as_str()));
        select.one(&self.connection).await?.as_ref().map(certificate).transpose()
    }

    /// A page of certificates, by issuer and serial number.
    pub async fn certificate_page(
        &self,
        filter: &CertificateFilter,
        page: &PageRequest<CertificateKey>,
    ) -> Result<Page<Certificate>, StoreError> {
        let mut select = self.certificates_of(filter)?;
        if let Some(CertificateKey { issuer, serial }) = &page.after {
            let same = Column::Issuer.eq(issuer.as_str());
            let further = Condition::all().add(same).add(Column::Serial.gt(serial.as_str()));
            let any = Condition::any().add(Column::Issuer.gt(issuer.as_str())).add(further);
            select = select.filter(any);
        }
        if let Some(CertificateKey { issuer, serial }) = &page.before {
            let same = Column::Issuer.eq(issuer.as_str());
            let earlier = Condition::all().add(same).add(Column::Serial.lt(serial.as_str()));
            let any = Condition::any().add(Column::Issuer.lt(issuer.as_str())).add(earlier);
            select = select.filter(any);
        }
        let select = match page.take {
            Take::First(_) => select.order_by_asc(Column::Issuer).order_by_asc(Column::Serial),
            Take::Last(_) => select.order_by_desc(Column::Issuer).order_by_desc(Column::Serial),
        };
        let rows = select.limit(page.take.limit() as u64 + 1).all(&self.connection).await?;
        let certificates = rows.iter().map(certificate).collect::<Result<_, _>>()?;
        Ok(Page::from_overfetch(certificates, page))
    }

    /// How many certificates match.
    pub async fn certificate_count(&self, filter: &CertificateFilter) -> Result<u64, StoreError> {
        let counted = self
            .certificates_of(filter)?
            .select_only()
            .column_as(Column::Serial.count(), "certificates")
            .into_tuple::<i64>();
        Ok(counted.one(&self.connection).await?.unwrap_or_default().cast_unsigned())
    }
}

/// All certificates of the holders with these hashes.
pub(super) async fn of_holders(
    connection: &impl ConnectionTrait,
    hashes: Vec<Vec<u8>>,
) -> Result<Vec<Certificate>, StoreError> {
    let rows = Entity::find()
        .filter(Column::HolderHash.is_in(hashes))
        .order_by_asc(Column::HolderHash)
        .order_by_asc(Column::Issuer)
        .order_by_asc(Column::Serial)
        .all(connection)
        .await?;
    rows.iter().map(certificate).collect()
}

fn certificate(row: &Model) -> Result<Certificate, StoreError> {
    let damaged = || StoreError::damaged(format!("certificate {}", row.serial));
    let key = CertificateKey {
        issuer: IssuerName::parse(&row.issuer).map_err(|_| damaged())?,
        serial: row.serial.parse().map_err(|_| damaged())?,
    };
    Ok(Certificate {
        key,
        partner: row.partner.parse().map_err(|_| damaged())?,
        pseudonym: hex(&row.holder_hash),
        unit: UnitId::new(row.unit_id),
        issued_on: row.issued_on,
        validity: Validity { from: row.valid_from, until: row.valid_until },
        kind: if row.is_renewal { Kind::Renewal } else { Kind::First },
        is_checked: row.is_checked,
        status: CertificateStatus::from_code(&row.status).ok_or_else(damaged)?,
        status_on: row.status_on,
        registered_at: row.registered_at,
    })
}
