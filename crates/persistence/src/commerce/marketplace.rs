//! Marketplaces: making them known, changing them, reading all of them.

use std::collections::HashMap;
use std::slice;
use std::sync::Arc;

use arc_swap::ArcSwap;
use registry_domain::access::Scope;
use registry_domain::commerce::{
    CommerceRule, Marketplace, MarketplaceChange, MarketplaceCode, NewMarketplace,
};
use registry_domain::fault::Rule;
use registry_domain::time::Date;
use registry_domain::unit::Validity;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::entity::marketplace::{Column, Entity, Model, version};
use crate::writer::{Command, Writer, refuse};
use crate::{Reader, StoreError, WriteError};

/// Makes a marketplace known.
#[derive(Debug)]
pub struct RegisterMarketplace(pub NewMarketplace);

/// Changes a marketplace.
#[derive(Debug)]
pub struct UpdateMarketplace(pub MarketplaceChange);

/// A marketplace as it becomes.
#[derive(Debug)]
pub struct MarketplacePlan(Model);

/// What may change of a row.
const CHANGING: [Column; 4] =
    [Column::Name, Column::ValidFrom, Column::ValidUntil, Column::Version];

impl Command for RegisterMarketplace {
    const ACTION: &'static str = "marketplace.register";
    type Plan = MarketplacePlan;
    /// The marketplace's code.
    type Outcome = String;

    fn subjects(&self) -> usize {
        1
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        let NewMarketplace { code, name, validity } = self.0;
        let known = Entity::find_by_id(code.as_str()).one(&writer.transaction).await?;
        if known.is_some() {
            return Err(refuse("code", CommerceRule::MarketplaceExists.into()));
        }
        Ok(MarketplacePlan(Model {
            code: code.to_string(),
            name: name.into(),
            valid_from: validity.from,
            valid_until: validity.until,
            version: 1,
        }))
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        writer.record::<Entity>(slice::from_ref(&plan.0)).await?;
        note_state(writer, plan.0).await
    }
}

impl Command for UpdateMarketplace {
    const ACTION: &'static str = "marketplace.update";
    type Plan = MarketplacePlan;
    /// The marketplace's code.
    type Outcome = String;

    fn subjects(&self) -> usize {
        1
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        let MarketplaceChange { code, version, name, validity } = self.0;
        let known = writer.locking(Entity::find_by_id(code.as_str()));
        let Some(before) = known.one(&writer.transaction).await? else {
            return Err(refuse("code", CommerceRule::UnknownMarketplace.into()));
        };
        let current = before.version.cast_unsigned();
        if current != version {
            return Err(refuse("version", Rule::StaleVersion { given: version, current }));
        }
        let mut after = before.clone();
        if let Some(name) = name {
            after.name = name.into();
        }
        if let Some(Validity { from, until }) = validity {
            (after.valid_from, after.valid_until) = (from, until);
        }
        if after == before {
            return Err(refuse("code", Rule::NothingToChange));
        }
        after.version += 1;
        Ok(MarketplacePlan(after))
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        writer.rewrite::<Entity>(slice::from_ref(&plan.0), &CHANGING).await?;
        note_state(writer, plan.0).await
    }
}

async fn note_state(writer: &Writer, row: Model) -> Result<String, StoreError> {
    let state = version::Model {
        code: row.code.clone(),
        version: row.version,
        recorded_at: writer.now,
        actor: writer.principal.actor().to_owned(),
        name: row.name.clone(),
        valid_from: row.valid_from,
        valid_until: row.valid_until,
    };
    writer.record::<version::Entity>(&[state]).await?;
    Ok(row.code)
}

/// The marketplaces that a command is about.
pub(super) struct Known(HashMap<MarketplaceCode, Marketplace>);

impl Known {
    pub(super) async fn load(
        writer: &Writer,
        codes: impl Iterator<Item = &MarketplaceCode>,
    ) -> Result<Self, StoreError> {
        let codes = codes.map(MarketplaceCode::as_str);
        let rows =
            Entity::find().filter(Column::Code.is_in(codes)).all(&writer.transaction).await?;
        let known = rows.into_iter().map(marketplace);
        let keyed = known.map(|known| known.map(|known| (known.code.clone(), known)));
        Ok(Self(keyed.collect::<Result<_, _>>()?))
    }

    /// Checks that something can be sold there on a date.
    pub(super) fn open_on(&self, code: &MarketplaceCode, on: Date) -> Result<(), Rule> {
        match self.0.get(code) {
            None => Err(CommerceRule::UnknownMarketplace.into()),
            Some(known) if known.validity.holds(on) => Ok(()),
            Some(known) => Err(CommerceRule::MarketplaceClosed { validity: known.validity }.into()),
        }
    }
}

fn marketplace(row: Model) -> Result<Marketplace, StoreError> {
    let code = row.code.parse();
    Ok(Marketplace {
        code: code.map_err(|_| StoreError::damaged(format!("marketplace {}", row.code)))?,
        name: row.name,
        validity: Validity { from: row.valid_from, until: row.valid_until },
        version: row.version.cast_unsigned(),
    })
}

/// The marketplaces as they were last read, and the sum of their versions then. Every committed change
/// counts a version up, so an equal sum means an equal state, whichever process wrote.
#[derive(Debug, Default)]
pub(crate) struct MarketplaceCache(ArcSwap<(i64, Arc<[Arc<Marketplace>]>)>);

/// The sum of the versions, in statements about other things.
pub(super) const STATE: &str = r#"(SELECT CAST(SUM("version") AS BIGINT) FROM "marketplace")"#;

impl Reader {
    /// All marketplaces by code; there are few.
    pub async fn marketplaces(&self) -> Result<Arc<[Arc<Marketplace>]>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let rows = Entity::find().all(&self.connection).await?;
        let state = rows.iter().map(|row| i64::from(row.version)).sum();
        let all = rows.into_iter().map(|row| marketplace(row).map(Arc::new));
        let mut all = all.collect::<Result<Vec<_>, _>>()?;
        // By bytes, as cursors compare them, whatever language the database was made for.
        all.sort_by(|left, right| left.code.cmp(&right.code));
        let all: Arc<[_]> = all.into();
        self.store.marketplaces.0.store(Arc::new((state, Arc::clone(&all))));
        Ok(all)
    }

    /// The marketplaces in this state, or a newer one; from memory if they were read in it.
    pub(super) async fn marketplaces_in(
        &self,
        state: Option<i64>,
    ) -> Result<Arc<[Arc<Marketplace>]>, StoreError> {
        let known = self.store.marketplaces.0.load();
        if state == Some(known.0) {
            return Ok(Arc::clone(&known.1));
        }
        self.marketplaces().await
    }
}
