//! Signatures of witnesses, added to the checkpoints that they signed.

use registry_domain::audit::{Checkpoint, LogFault, SignedNote, VerifierKey};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::sequence::stored;
use crate::entity::audit::checkpoint::{Column, Entity};
use crate::{Store, StoreError, engine};

impl Store {
    /// Adds a witness's signature to the checkpoint with the same text; what others signed is left out.
    pub async fn add_cosignatures(
        &self,
        note: &SignedNote,
        witness: &VerifierKey,
    ) -> Result<(), StoreError> {
        witness.verify(note).map_err(|fault| LogFault::Cosignature(fault.to_string()))?;
        let unknown = |_| LogFault::UnknownCheckpoint;
        let size = note.text().parse::<Checkpoint>().map_err(unknown)?.size();
        let transaction = engine::begin_writing(&self.inner.connections.writers).await?;
        let select = Entity::find_by_id(stored(size)?).lock_exclusive();
        let found = select.one(&transaction).await?.ok_or(LogFault::UnknownCheckpoint)?;
        let damaged = |_| StoreError::damaged(format!("the checkpoint of {size} events"));
        let known: SignedNote = found.note.parse().map_err(damaged)?;
        let known = known.merge(&note.signed_by(witness)).map_err(unknown)?;
        Entity::update_many()
            .col_expr(Column::Note, Expr::value(known.to_string()))
            .filter(Column::Size.eq(found.size))
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}
