//! Units, in memory: read when the store opens, and again when a reorganisation changed them.
//! Also what was published about them, which never changes.

mod reorganise;

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;

use registry_domain::indicator::{Comparison, IndicatorCode, PublishedFigure, Target};
use registry_domain::unit::{Parentage, Share, Succession, Title, Unit, UnitId, Units, Validity};
use sea_orm::{ConnectionTrait, EntityTrait};

use crate::StoreError;
use crate::entity::unit::{parentage, published_figure, row, succession, target, version};
use crate::store::Inner;

pub use reorganise::{ReorganisationPlan, ReorganiseUnits};

/// All units as they were last read, and the version that says so.
pub(crate) struct UnitCache(ArcSwap<(i64, Arc<Units>)>);

impl fmt::Debug for UnitCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UnitCache").field(&self.0.load().0).finish()
    }
}

impl UnitCache {
    pub(crate) async fn open(connection: &impl ConnectionTrait) -> Result<Self, StoreError> {
        // Read before the units: what is written in between is read again.
        let version = newest(connection).await?;
        Ok(Self(ArcSwap::from_pointee((version, Arc::new(load(connection).await?)))))
    }

    pub(crate) fn load(&self) -> Arc<Units> {
        Arc::clone(&self.0.load().1)
    }
}

impl Inner {
    /// Reads the units again if they changed; if it fails now, the next look will do it.
    pub(crate) async fn notice_units(&self) {
        if let Err(error) = self.refresh_units().await {
            tracing::warn!(code = error.code(), "units could not be read again");
        }
    }

    /// Reads the units again if a reorganisation changed them, whichever process wrote.
    pub(crate) async fn refresh_units(&self) -> Result<(), StoreError> {
        let connection = &self.connections.readers;
        if newest(connection).await? != self.units.0.load().0 {
            let UnitCache(read) = UnitCache::open(connection).await?;
            self.units.0.store(read.into_inner());
            // What is kept of certificates is told on boundaries.
            self.ledger.forget();
        }
        Ok(())
    }
}

/// How often the database is asked whether other processes reorganised units.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Reads the units again whenever they changed, for as long as the store is open.
pub(crate) async fn keep_current(store: Weak<Inner>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Some(store) = store.upgrade() else { return };
        store.notice_units().await;
    }
}

/// Counts the reorganisations.
async fn newest(connection: &impl ConnectionTrait) -> Result<i64, StoreError> {
    let row = version::Entity::find().one(connection).await?;
    row.map(|row| row.version).ok_or_else(|| StoreError::damaged("version of units"))
}

/// Reads all units as the connection sees them.
pub(crate) async fn load(connection: &impl ConnectionTrait) -> Result<Units, StoreError> {
    let units = row::Entity::find().all(connection).await?;
    let units = units.into_iter().map(unit).collect::<Result<_, _>>()?;
    let parentages: Vec<Parentage> = parentage::Entity::find()
        .all(connection)
        .await?
        .into_iter()
        .map(|row| Parentage {
            unit: UnitId::new(row.unit_id),
            parent: UnitId::new(row.parent_id),
            validity: Validity { from: row.valid_from, until: row.valid_until },
        })
        .collect();
    let successions = succession::Entity::find().all(connection).await?;
    let successions = successions.into_iter().map(succession).collect::<Result<_, _>>()?;
    Ok(Units::build(units, &parentages, successions)?)
}

fn unit(row: row::Model) -> Result<Unit, StoreError> {
    let damaged = || StoreError::damaged(format!("unit {}", row.id));
    Ok(Unit {
        id: UnitId::new(row.id),
        code: row.code.parse().map_err(|_| damaged())?,
        title: Title::from_vietnamese(&row.title).ok_or_else(damaged)?,
        validity: Validity { from: row.valid_from, until: row.valid_until },
        name: row.name,
    })
}

fn succession(row: succession::Model) -> Result<Succession, StoreError> {
    let share = u32::try_from(row.share_millionths).ok().and_then(Share::from_millionths);
    Ok(Succession {
        old: UnitId::new(row.old_id),
        new: UnitId::new(row.new_id),
        share: share.ok_or_else(|| StoreError::damaged(format!("succession {}", row.id)))?,
        effective_on: row.effective_on,
        legal_act: row.legal_act,
    })
}

pub(crate) async fn load_published(
    connection: &impl ConnectionTrait,
) -> Result<Vec<PublishedFigure>, StoreError> {
    let rows = published_figure::Entity::find().all(connection).await?.into_iter();
    rows.map(|row| {
        let damaged = || StoreError::damaged(format!("published figure {}", row.id));
        Ok(PublishedFigure {
            code: IndicatorCode::from_code(&row.indicator).ok_or_else(damaged)?,
            unit: UnitId::new(row.unit_id),
            value: row.value,
            comparison: match row.comparison.as_str() {
                "=" => Comparison::Equal,
                ">" => Comparison::MoreThan,
                _ => return Err(damaged()),
            },
            as_of: row.as_of,
            source: row.source,
        })
    })
    .collect()
}

pub(crate) async fn load_targets(
    connection: &impl ConnectionTrait,
) -> Result<Vec<Target>, StoreError> {
    let rows = target::Entity::find().all(connection).await?.into_iter();
    rows.map(|row| {
        let code = IndicatorCode::from_code(&row.indicator);
        Ok(Target {
            code: code.ok_or_else(|| StoreError::damaged(format!("target {}", row.id)))?,
            value: row.value,
            due_on: row.due_on,
            source: row.source,
        })
    })
    .collect()
}
