//! The stored tree, beside which the events are read.

use std::collections::BTreeMap;

use registry_domain::audit::{Digest, Frontier, TILE_WIDTH};
use sea_orm::{ConnectionTrait, EntityTrait};

use crate::StoreError;
use crate::entity::audit::tile;

/// All stored hashes by level and place of their tile: 32 bytes an event, and a little above them.
pub(super) struct StoredTree(BTreeMap<(u8, u64), Vec<Digest>>);

impl StoredTree {
    pub(super) async fn load(connection: &impl ConnectionTrait) -> Result<Self, StoreError> {
        let rows = tile::Entity::find().all(connection).await?;
        let tiles = rows.into_iter().map(|row| {
            // What is cut short is no hash, and missed.
            let hashes = row.hashes.as_chunks::<32>().0.iter().copied().map(Digest::from_bytes);
            let level = u8::try_from(row.level).unwrap_or(u8::MAX);
            ((level, row.place.cast_unsigned()), hashes.collect())
        });
        Ok(Self(tiles.collect()))
    }

    /// The hash that an event has in the tree.
    pub(super) fn leaf(&self, sequence: u64) -> Option<Digest> {
        self.hash(0, sequence)
    }

    fn hash(&self, level: u8, at: u64) -> Option<Digest> {
        let within = usize::try_from(at % TILE_WIDTH).ok()?;
        self.0.get(&(level, at / TILE_WIDTH))?.get(within).copied()
    }

    /// The tiles of a tree of this size that are missing or don't follow from those below, lowest
    /// first; the lowest themselves follow from events.
    pub(super) fn wrong_tiles(&self, size: u64) -> Vec<(u8, u64)> {
        let mut wrong = Vec::new();
        let mut expected = BTreeMap::new();
        let (mut level, mut hashes) = (0, size);
        while hashes > 0 {
            for place in 0..hashes.div_ceil(TILE_WIDTH) {
                let length = (hashes - place * TILE_WIDTH).min(TILE_WIDTH);
                expected.insert((level, place), length);
            }
            hashes /= TILE_WIDTH;
            level += 1;
        }
        for (&(level, place), &length) in &expected {
            let stored = self.0.get(&(level, place));
            let is_whole = stored.is_some_and(|stored| stored.len() as u64 == length);
            let follows = level == 0
                || (0..length).all(|at| {
                    let above = place * TILE_WIDTH + at;
                    self.hash(level, above) == self.root_of(level - 1, above)
                });
            if !is_whole || !follows {
                wrong.push((level, place));
            }
        }
        wrong.extend(self.0.keys().filter(|tile| !expected.contains_key(*tile)));
        wrong
    }

    fn root_of(&self, level: u8, place: u64) -> Option<Digest> {
        let mut tree = Frontier::default();
        self.0.get(&(level, place))?.iter().for_each(|hash| tree.append(*hash));
        Some(tree.root())
    }
}
