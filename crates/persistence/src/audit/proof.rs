//! Checkpoints, proofs, and the log in the forms that others verify it in. Needs `audit:read`; hashes
//! and checkpoints alone are open to everyone.

use std::collections::BTreeSet;
use std::ops::Range;

use registry_domain::access::Scope;
use registry_domain::audit::{
    Digest, LogFault, Place, TILE_WIDTH, TileId, VerifierKey, inclusion_proof_of, leaf_hash,
    tiles_for_consistency, tiles_for_inclusion,
};
use registry_domain::time::Instant;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::change::Lines;
use super::event::entry;
use super::key::verifier_key;
use super::read::{AuditEvent, Placed, placed, placed_without_changes, unpacked};
use super::sequence::{load_tiles, stored};
use crate::entity::audit::{checkpoint, place};
use crate::{Reader, Store, StoreError};

/// A proof that a leaf is in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditInclusion {
    /// The place of the leaf, from 0.
    pub index: u64,
    /// The number of leaves of the tree.
    pub size: u64,
    /// The leaf's hash.
    pub leaf: Digest,
    /// The hashes beside the way up, from the leaf's.
    pub hashes: Vec<Digest>,
}

/// An event with all that proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditExported {
    /// Its place in the log, from 0.
    pub sequence: u64,
    /// The bytes whose hash is its leaf: canonical JSON.
    pub entry: String,
    /// The lines of what it changed, whose root the entry names.
    pub changes: Vec<String>,
    /// That it is in the tree.
    pub proof: Vec<Digest>,
}

/// A signed checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditCheckpoint {
    /// How many events it is about.
    pub size: u64,
    /// When it was signed.
    pub at: Instant,
    /// The signed note.
    pub note: String,
}

impl Reader {
    /// The checkpoint of a tree of this size, or the newest; fails for a size that was not signed.
    pub async fn audit_checkpoint(&self, size: Option<u64>) -> Result<AuditCheckpoint, StoreError> {
        self.require(Scope::AuditRead)?;
        let found = newest_checkpoint(&self.connection, size).await?;
        found.ok_or(StoreError::Log(LogFault::NoCheckpoint { size }))
    }

    /// The public key of the log, as the database has it.
    pub async fn audit_key(&self) -> Result<VerifierKey, StoreError> {
        self.require(Scope::AuditRead)?;
        verifier_key(&self.connection).await
    }

    /// Proves that an event is in the tree of this size; in the newest signed one if none is given.
    pub async fn audit_inclusion(
        &self,
        event: Place,
        size: Option<u64>,
    ) -> Result<AuditInclusion, StoreError> {
        self.require(Scope::AuditRead)?;
        let size = self.tree_size(size).await?;
        let index = event.0;
        if index >= size {
            return Err(StoreError::Log(LogFault::NoEvent { sequence: index, size }));
        }
        let entry = self.audit_event(event).await?.entry;
        let tiles = load_tiles(&self.connection, &tiles_for_inclusion(index, size)?).await?;
        Ok(AuditInclusion {
            index,
            size,
            leaf: leaf_hash(entry.as_bytes()),
            hashes: tiles.inclusion_proof(index, size)?,
        })
    }

    /// Proves that the tree of one size begins with all of that of another.
    pub async fn audit_consistency(
        &self,
        from: u64,
        to: Option<u64>,
    ) -> Result<(u64, Vec<Digest>), StoreError> {
        self.require(Scope::AuditRead)?;
        let to = self.tree_size(to).await?;
        if from > to {
            return Err(StoreError::Log(LogFault::Backwards { from, to }));
        }
        if from == 0 {
            // Every tree goes on from that of no events; nothing proves it.
            return Ok((to, Vec::new()));
        }
        let tiles = load_tiles(&self.connection, &tiles_for_consistency(from, to)?).await?;
        Ok((to, tiles.consistency_proof(from, to)?))
    }

    /// Proves that one line is among those that an event names the root of.
    pub async fn audit_change_inclusion(
        &self,
        event: Place,
        index: u32,
    ) -> Result<AuditInclusion, StoreError> {
        self.require(Scope::AuditRead)?;
        let rows = self.packed(&[stored(event.0)?]).await?;
        let lines = rows.iter().filter_map(|row| row.lines.as_ref()).flat_map(Lines::iter);
        let leaves: Vec<Digest> = lines.map(|line| leaf_hash(line.as_bytes())).collect();
        let (at, size) = (index as usize, leaves.len() as u64);
        let hashes = inclusion_proof_of(&leaves, at);
        let (Some(leaf), Some(hashes)) = (leaves.get(at).copied(), hashes) else {
            return Err(StoreError::Log(LogFault::NoChange { index, size }));
        };
        Ok(AuditInclusion { index: index.into(), size, leaf, hashes })
    }

    /// Whole entries as clients of the log read them: a bundle of up to 256, or as many as asked for.
    pub async fn audit_entries(
        &self,
        bundle: u64,
        width: u64,
    ) -> Result<Option<Vec<Vec<u8>>>, StoreError> {
        self.require(Scope::AuditRead)?;
        let Some(first) = bundle.checked_mul(TILE_WIDTH) else { return Ok(None) };
        let rows = placed_without_changes()
            .filter(place::Column::Sequence.gte(stored(first)?))
            .filter(place::Column::Sequence.lt(stored(first.saturating_add(width))?))
            .order_by_asc(place::Column::Sequence)
            .into_model::<Placed>()
            .all(&self.connection)
            .await?;
        let is_whole = rows.len() as u64 == width;
        Ok(is_whole.then(|| rows.iter().map(|row| entry(&row.event)).collect()))
    }

    /// Events with all that proves them in the tree of this size.
    pub async fn audit_export(
        &self,
        events: Range<u64>,
        size: u64,
    ) -> Result<Vec<AuditExported>, StoreError> {
        self.require(Scope::AuditRead)?;
        let rows = placed()
            .filter(place::Column::Sequence.gte(stored(events.start)?))
            .filter(place::Column::Sequence.lt(stored(events.end)?))
            .order_by_asc(place::Column::Sequence)
            .into_model::<Placed>()
            .all(&self.connection)
            .await?;
        let mut ids = BTreeSet::new();
        for sequence in events {
            ids.extend(tiles_for_inclusion(sequence, size)?);
        }
        let ids: Vec<TileId> = ids.into_iter().collect();
        let tiles = load_tiles(&self.connection, &ids).await?;
        rows.into_iter()
            .map(|row| {
                let sequence = row.sequence.cast_unsigned();
                let lines = unpacked(sequence, row.event.changes.as_deref())?;
                let changes = lines.iter().flat_map(Lines::iter).map(str::to_owned).collect();
                let proof = tiles.inclusion_proof(sequence, size)?;
                Ok(AuditExported { sequence, entry: AuditEvent::of(row)?.entry, changes, proof })
            })
            .collect()
    }

    pub(super) async fn tree_size(&self, asked: Option<u64>) -> Result<u64, StoreError> {
        let newest = newest_checkpoint(&self.connection, None).await?;
        let newest = newest.map_or(0, |newest| newest.size);
        match asked {
            Some(size) if size > newest => Err(StoreError::Log(LogFault::NoTree { size, newest })),
            Some(size) => Ok(size),
            None => Ok(newest),
        }
    }
}

impl Store {
    /// The newest checkpoint; open to everyone.
    pub async fn log_checkpoint(&self) -> Result<Option<AuditCheckpoint>, StoreError> {
        newest_checkpoint(&self.inner.connections.readers, None).await
    }

    /// The first `width` hashes of a tile, if there are as many; open to everyone.
    pub async fn log_tile(&self, id: TileId, width: usize) -> Result<Option<Vec<u8>>, StoreError> {
        let tiles = load_tiles(&self.inner.connections.readers, &[id]).await?;
        Ok(tiles.bytes(id).and_then(|hashes| Some(hashes.get(..width * Digest::LENGTH)?.to_vec())))
    }
}

async fn newest_checkpoint(
    connection: &impl ConnectionTrait,
    size: Option<u64>,
) -> Result<Option<AuditCheckpoint>, StoreError> {
    let mut select = checkpoint::Entity::find().order_by_desc(checkpoint::Column::Size);
    if let Some(size) = size {
        select = select.filter(checkpoint::Column::Size.eq(stored(size)?));
    }
    let found = select.one(connection).await?;
    Ok(found.map(|row| AuditCheckpoint {
        size: row.size.cast_unsigned(),
        at: row.recorded_at,
        note: row.note,
    }))
}
