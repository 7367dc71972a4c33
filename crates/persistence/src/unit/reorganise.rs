//! Reorganising units: what begins, ends and moves by one legal act.

use registry_domain::fault::Path;
use registry_domain::unit::{Parentage, Reorganisation, Reorganised, Succession, Unit, UnitId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::load;
use crate::entity::unit::{parentage, row, succession, version};
use crate::writer::{Command, Writer};
use crate::{StoreError, WriteError, coverage};

/// Reorganises units by one legal act.
#[derive(Debug)]
pub struct ReorganiseUnits(pub Reorganisation);

/// What will begin, end and move.
#[derive(Debug, Clone)]
pub struct ReorganisationPlan(pub Reorganised);

impl Command for ReorganiseUnits {
    const ACTION: &'static str = "unit.reorganise";
    const CHANGES_UNITS: bool = true;
    type Plan = ReorganisationPlan;
    /// The keys of the units that begin, and of those that end; how many hamlets move.
    type Outcome = (Vec<i32>, Vec<i32>, usize);

    fn subjects(&self) -> usize {
        self.0.founded.len() + self.0.transfers.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        // One reorganisation after the other, each on the units that the one before left.
        writer.locking(version::Entity::find()).one(&writer.transaction).await?;
        let units = load(&writer.transaction).await?;
        let first_key = units.all().iter().map(|unit| unit.id.get()).max().unwrap_or_default() + 1;
        // Which hamlets a record of coverage reaches depends on the units.
        coverage::lock(writer).await?;
        let at = Path::root().field("input");
        let checked = self.0.check(&units, writer.today(), first_key, &at);
        checked.map(ReorganisationPlan).map_err(WriteError::Refused)
    }

    async fn carry_out(
        ReorganisationPlan(plan): Self::Plan,
        writer: &Writer,
    ) -> Result<Self::Outcome, StoreError> {
        let before = load(&writer.transaction).await?;
        let outcome = write(plan, writer).await?;
        let after = load(&writer.transaction).await?;
        coverage::units_changed(writer, &before, &after).await?;
        Ok(outcome)
    }
}

/// Writes what begins, ends and moves.
async fn write(
    plan: Reorganised,
    writer: &Writer,
) -> Result<<ReorganiseUnits as Command>::Outcome, StoreError> {
    let Reorganised { effective_on, founded, ended, moved, parentages, successions } = plan;
    let ids = |units: &[UnitId]| units.iter().map(|unit| unit.get()).collect::<Vec<_>>();
    let ends = row::Entity::update_many()
        .col_expr(row::Column::ValidUntil, Expr::value(effective_on))
        .filter(row::Column::Id.is_in(ids(&ended)));
    writer.update(ends).await?;
    let leaves = parentage::Entity::update_many()
        .col_expr(parentage::Column::ValidUntil, Expr::value(effective_on))
        .filter(parentage::Column::UnitId.is_in(ids(&moved)))
        .filter(parentage::Column::ValidUntil.is_null());
    writer.update(leaves).await?;
    let rows: Vec<_> = founded.iter().map(stored).collect();
    writer.record::<row::Entity>(&rows).await?;
    // The rows that a registry begins with have keys of their own, which no sequence knows.
    let first = parentage::Entity::find().count(&writer.transaction).await? + 1;
    let rows_of = (key(first)..).zip(&parentages);
    let belonging: Vec<_> = rows_of.map(|(id, begins)| stored_parentage(id, begins)).collect();
    writer.record::<parentage::Entity>(&belonging).await?;
    let first = succession::Entity::find().count(&writer.transaction).await? + 1;
    let became: Vec<_> = (key(first)..).zip(successions).map(stored_succession).collect();
    writer.record::<succession::Entity>(&became).await?;
    version::Entity::update_many()
        .col_expr(version::Column::Version, Expr::col(version::Column::Version).add(1))
        .exec(&writer.transaction)
        .await?;
    Ok((rows.into_iter().map(|row| row.id).collect(), ids(&ended), moved.len()))
}

fn stored(unit: &Unit) -> row::Model {
    row::Model {
        id: unit.id.get(),
        code: unit.code.to_string(),
        title: unit.title.vietnamese().to_owned(),
        name: unit.name.clone(),
        valid_from: unit.validity.from,
        valid_until: unit.validity.until,
    }
}

/// The place of a row as a key; rows are never taken away.
fn key(place: u64) -> i32 {
    i32::try_from(place).unwrap_or(i32::MAX)
}

fn stored_parentage(id: i32, parentage: &Parentage) -> parentage::Model {
    parentage::Model {
        id,
        unit_id: parentage.unit.get(),
        parent_id: parentage.parent.get(),
        valid_from: parentage.validity.from,
        valid_until: parentage.validity.until,
    }
}

fn stored_succession((id, succession): (i32, Succession)) -> succession::Model {
    succession::Model {
        id,
        old_id: succession.old.get(),
        new_id: succession.new.get(),
        share_millionths: succession.share.millionths().cast_signed(),
        effective_on: succession.effective_on,
        legal_act: succession.legal_act,
    }
}
