//! The tree's hashes as tiles: files that only grow, from which every proof can be made.
//!
//! C2SP tlog-tiles (<https://c2sp.org/tlog-tiles>). A tile holds 1 to 256 hashes of 32 bytes. On
//! level 0 they are leaf hashes; on the levels above, each is the root of a full tile below.
//! Nothing here loads or stores. [`tiles_for_root`] and its siblings say which few tiles are
//! needed; once they were inserted into [`Tiles`], those answer.

mod bundle;
mod path;
mod proof;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use bundle::{EntryFault, decode_entries, encode_entries};
pub use path::{NotATilePath, TileKind, TilePath};
pub use proof::{tiles_for_consistency, tiles_for_inclusion, tiles_for_root, tiles_to_append};

use super::digest::Digest;
use super::merkle::{Frontier, ProofFault};

/// The most that a tile or a bundle holds: hashes, or entries.
const FULL: u16 = 256;

/// The most that a tile or a bundle holds, for reckoning with sizes.
pub const TILE_WIDTH: u64 = FULL as u64;

/// Which tile of hashes: trees of `u64` sizes have levels 0 to 7. Shown as the path of the full
/// tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// How many full tiles stand one above the other below it.
    pub level: u8,
    /// Its place within the level, from 0.
    pub index: u64,
}

impl TileId {
    /// How many of its hashes belong to the tree of `size` rows: 0 to 256.
    #[must_use]
    pub fn width(self, size: u64) -> u16 {
        let hashes = size.checked_shr(8 * u32::from(self.level)).unwrap_or(0);
        let before = self.index.saturating_mul(FULL.into());
        u16::try_from(hashes.saturating_sub(before)).map_or(FULL, |width| width.min(FULL))
    }

    /// Its path in the tree of `size` rows; `None` if no hash of it belongs there.
    #[must_use]
    pub fn path(self, size: u64) -> Option<TilePath> {
        TilePath::new(TileKind::Hashes { level: self.level }, self.index, self.width(size))
    }
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        path::write(f, TileKind::Hashes { level: self.level }, self.index)
    }
}

/// Why the tiles don't answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TileFault {
    /// A tile was not inserted.
    #[error("{tile} is missing / thiếu {tile}")]
    Missing {
        /// The tile.
        tile: TileId,
    },
    /// A tile holds fewer hashes than the tree has there.
    #[error(
        "{tile} has {found} hashes, not {needed} / {tile} có {found} giá trị băm, cần {needed}"
    )]
    Truncated {
        /// The tile.
        tile: TileId,
        /// Its hashes.
        found: usize,
        /// The hashes that are needed.
        needed: usize,
    },
    /// What was stored is not a tile.
    #[error(
        "{tile} has {length} bytes, not 1 to 256 hashes of 32 / {tile} có {length} byte, không phải 1 đến 256 giá trị băm 32 byte"
    )]
    NotHashes {
        /// The tile.
        tile: TileId,
        /// The bytes found.
        length: usize,
    },
    /// The tree would outgrow `u64`.
    #[error(
        "a tree of {size} rows can't take so many more / cây gồm {size} dòng không nhận thêm được"
    )]
    Full {
        /// The rows of the tree.
        size: u64,
    },
    /// There is no such proof.
    #[error(transparent)]
    NoProof(#[from] ProofFault),
}

/// Some tiles of one tree, as they were stored.
///
/// A tile may have grown since the tree had the size that is asked about: only the hashes that
/// belonged to it then are used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tiles(BTreeMap<TileId, Vec<Digest>>);

impl Tiles {
    /// Takes a tile in, in the place of the one it had: 1 to 256 hashes of 32 bytes.
    pub fn insert(&mut self, tile: TileId, stored: &[u8]) -> Result<(), TileFault> {
        let (hashes, rest) = stored.as_chunks();
        if hashes.is_empty() || hashes.len() > usize::from(FULL) || !rest.is_empty() {
            return Err(TileFault::NotHashes { tile, length: stored.len() });
        }
        self.0.insert(tile, hashes.iter().copied().map(Digest::from_bytes).collect());
        Ok(())
    }

    /// A tile as it is to be stored.
    #[must_use]
    pub fn bytes(&self, tile: TileId) -> Option<Vec<u8>> {
        let hashes = self.0.get(&tile)?;
        Some(hashes.iter().flat_map(Digest::as_bytes).copied().collect())
    }

    /// Adds rows to the tree of `size` rows, by their leaf hashes, and tells which tiles changed:
    /// each is to be stored. [`tiles_to_append`] says which tiles must be here. Changes nothing if
    /// one of them fails.
    ///
    /// What a tile holds beyond `size` is written anew: it is left from an append that was never
    /// finished.
    pub fn append(&mut self, size: u64, leaves: &[Digest]) -> Result<Vec<TileId>, TileFault> {
        let grown = u64::try_from(leaves.len()).ok().and_then(|rows| size.checked_add(rows));
        grown.ok_or(TileFault::Full { size })?;
        for tile in tiles_to_append(size) {
            self.hashes(tile, 0..tile.width(size).into())?;
        }
        let mut changed = BTreeSet::new();
        let (mut level, mut above) = (0, leaves.to_vec());
        while !above.is_empty() {
            let first = size >> (8 * u32::from(level));
            let mut finished = Vec::new();
            for (hash, at) in above.into_iter().zip(first..) {
                let tile = TileId { level, index: at / u64::from(FULL) };
                let hashes = self.0.entry(tile).or_default();
                hashes.truncate(usize::from(at.to_le_bytes()[0]));
                hashes.push(hash);
                changed.insert(tile);
                if hashes.len() == usize::from(FULL) {
                    finished.push(hashes.iter().copied().collect::<Frontier>().root());
                }
            }
            (level, above) = (level + 1, finished);
        }
        Ok(changed.into_iter().collect())
    }

    fn hashes(&self, tile: TileId, span: std::ops::Range<usize>) -> Result<&[Digest], TileFault> {
        let hashes = self.0.get(&tile).ok_or(TileFault::Missing { tile })?;
        let (found, needed) = (hashes.len(), span.end);
        hashes.get(span).ok_or(TileFault::Truncated { tile, found, needed })
    }
}
