//! Partners and the public keys by which their machines are known.

use registry_domain::access::{Partner, PartnerCode, Scope};
use registry_domain::fault::Rule;
use registry_domain::time::Instant;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::entity::partner::{key, row};
use crate::writer::{Command, Writer, refuse};
use crate::{Reader, Store, StoreError, WriteError, bulk};

/// A partner's public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerKey {
    /// Its name.
    pub kid: String,
    /// The key as a JWK.
    pub jwk: String,
}

/// Replaces all public keys of a partner; with none, it can get no more tokens by itself.
#[derive(Debug)]
pub struct SetPartnerKeys {
    /// Whose.
    pub partner: PartnerCode,
    /// The keys, checked.
    pub keys: Vec<PartnerKey>,
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
        let known = row::Entity::find_by_id(self.partner.as_str());
        match writer.locking(known).one(&writer.transaction).await? {
            Some(_) => Ok(self),
            None => Err(refuse("partner", Rule::UnknownPartner { code: self.partner })),
        }
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let partner = plan.partner.to_string();
        key::Entity::delete_many()
            .filter(key::Column::Partner.eq(&partner))
            .exec(&writer.transaction)
            .await?;
        let row = |key: PartnerKey| key::Model {
            partner: partner.clone(),
            kid: key.kid,
            jwk: key.jwk,
            added_at: writer.now,
        };
        let rows: Vec<_> = plan.keys.into_iter().map(row).collect();
        bulk::insert::<key::Entity>(&writer.transaction, &rows, "").await?;
        Ok(partner)
    }
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
    /// All partners by code, each with the names of its keys and when they were added. Needs `admin`.
    pub async fn partners(&self) -> Result<Vec<(Partner, Vec<(String, Instant)>)>, StoreError> {
        self.require(Scope::Admin)?;
        let keys = key::Entity::find().order_by_asc(key::Column::Kid).all(&self.connection).await?;
        let partners = all(&self.connection).await?.into_iter().map(|partner| {
            let own = keys.iter().filter(|key| key.partner == partner.code.as_str());
            let own = own.map(|key| (key.kid.clone(), key.added_at)).collect();
            (partner, own)
        });
        Ok(partners.collect())
    }
}

/// All partners by code.
pub(crate) async fn all(connection: &impl ConnectionTrait) -> Result<Vec<Partner>, StoreError> {
    let rows = row::Entity::find().order_by_asc(row::Column::Code).all(connection).await?;
    let partner = |row: row::Model| {
        let code = row.code.parse();
        let code = code.map_err(|_| StoreError::damaged(format!("partner {}", row.code)))?;
        Ok(Partner { code, name: row.name, suspended: row.suspended })
    };
    rows.into_iter().map(partner).collect()
}
