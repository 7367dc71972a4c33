//! Units and what was published about them: read once, when the store opens.

use registry_domain::indicator::{Comparison, IndicatorCode, PublishedFigure, Target};
use registry_domain::unit::{Parentage, Share, Succession, Title, Unit, UnitId, Units, Validity};
use sea_orm::{ConnectionTrait, EntityTrait};

use crate::StoreError;
use crate::entity::unit::{parentage, published_figure, row, succession, target};

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
