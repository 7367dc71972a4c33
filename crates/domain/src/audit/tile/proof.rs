//! Roots and proofs from tiles: which subtrees they are made of, and in which tiles those lie.
//!
//! RFC 9162 builds everything from the roots of runs of rows. Such a run falls into complete
//! subtrees, and the hashes from which a complete subtree is computed lie in one tile.

use std::collections::BTreeSet;
use std::iter;
use std::ops::Range;

use super::{FULL, TileFault, TileId, Tiles};
use crate::audit::digest::{Digest, empty_root};
use crate::audit::merkle::{Frontier, ProofFault, join};

/// 2^`height` rows from row `start` on, which is a multiple of that.
#[derive(Clone, Copy)]
struct Subtree {
    start: u64,
    height: u32,
}

impl Subtree {
    /// The tile that its root is computed from, and the hashes in it.
    fn place(self) -> (TileId, Range<usize>) {
        let level = (self.height / 8).to_le_bytes()[0];
        let first = self.start >> (8 * u32::from(level));
        let offset = usize::from(first.to_le_bytes()[0]);
        (
            TileId { level, index: first / u64::from(FULL) },
            offset..offset + (1 << (self.height % 8)),
        )
    }
}

/// The complete subtrees of a run of rows from left to right, each smaller than the one before.
fn subtrees(rows: Range<u64>) -> impl Iterator<Item = Subtree> {
    let mut start = rows.start;
    iter::from_fn(move || {
        let height = (rows.end - start).checked_ilog2()?;
        let subtree = Subtree { start, height };
        start += 1 << height;
        Some(subtree)
    })
}

/// Where a run of at least 2 rows divides: the left part is the largest power of two below it.
const fn middle(rows: &Range<u64>) -> u64 {
    rows.start + (1 << (rows.end - rows.start - 1).ilog2())
}

/// The runs whose roots are the inclusion proof, PATH of RFC 9162 section 2.1.3.1.
fn inclusion_runs(index: u64, size: u64) -> Result<Vec<Range<u64>>, ProofFault> {
    if index >= size {
        return Err(ProofFault::IndexOutside { index, size });
    }
    let (mut rows, mut runs) = (0..size, Vec::new());
    while rows.end - rows.start > 1 {
        let middle = middle(&rows);
        if index < middle {
            runs.push(middle..rows.end);
            rows.end = middle;
        } else {
            runs.push(rows.start..middle);
            rows.start = middle;
        }
    }
    runs.reverse();
    Ok(runs)
}

/// The runs whose roots are the consistency proof, PROOF of RFC 9162 section 2.1.4.1.
fn consistency_runs(from: u64, to: u64) -> Result<Vec<Range<u64>>, ProofFault> {
    match from {
        _ if from > to => return Err(ProofFault::Shrunk { from, to }),
        0 => return Err(ProofFault::FromEmpty),
        _ => {}
    }
    let (mut rows, mut runs) = (0..to, Vec::new());
    while rows.end > from {
        let middle = middle(&rows);
        if from <= middle {
            runs.push(middle..rows.end);
            rows.end = middle;
        } else {
            runs.push(rows.start..middle);
            rows.start = middle;
        }
    }
    // The verifier holds the old root; it can't know another run that ends where the old tree did.
    if rows.start > 0 {
        runs.push(rows);
    }
    runs.reverse();
    Ok(runs)
}

fn tiles_of(runs: Vec<Range<u64>>) -> Vec<TileId> {
    let tiles: BTreeSet<_> =
        runs.into_iter().flat_map(subtrees).map(|subtree| subtree.place().0).collect();
    tiles.into_iter().collect()
}

/// The tiles that [`Tiles::inclusion_proof`] needs: at most two a level.
pub fn tiles_for_inclusion(index: u64, size: u64) -> Result<Vec<TileId>, ProofFault> {
    inclusion_runs(index, size).map(tiles_of)
}

/// The tiles that [`Tiles::consistency_proof`] needs: at most two a level.
pub fn tiles_for_consistency(from: u64, to: u64) -> Result<Vec<TileId>, ProofFault> {
    consistency_runs(from, to).map(tiles_of)
}

/// The tiles that [`Tiles::root`] needs: at most one a level.
#[must_use]
pub fn tiles_for_root(size: u64) -> Vec<TileId> {
    tiles_of(iter::once(0..size).collect())
}

/// The tiles that [`Tiles::append`] needs: the partial ones, at most one a level. They are those
/// of the root.
#[must_use]
pub fn tiles_to_append(size: u64) -> Vec<TileId> {
    tiles_for_root(size)
}

impl Tiles {
    /// The root of the tree of `size` rows.
    pub fn root(&self, size: u64) -> Result<Digest, TileFault> {
        self.root_of(0..size)
    }

    /// The proof that row `index`, from 0, is in the tree of `size` rows.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Digest>, TileFault> {
        inclusion_runs(index, size)?.into_iter().map(|rows| self.root_of(rows)).collect()
    }

    /// The proof that the tree of `to` rows begins with that of `from` rows, at least 1.
    pub fn consistency_proof(&self, from: u64, to: u64) -> Result<Vec<Digest>, TileFault> {
        consistency_runs(from, to)?.into_iter().map(|rows| self.root_of(rows)).collect()
    }

    fn root_of(&self, rows: Range<u64>) -> Result<Digest, TileFault> {
        let roots: Vec<_> = subtrees(rows)
            .map(|subtree| {
                let (tile, span) = subtree.place();
                let hashes = self.hashes(tile, span)?;
                Ok(hashes.iter().copied().collect::<Frontier>().root())
            })
            .collect::<Result<_, TileFault>>()?;
        Ok(join(&roots).unwrap_or_else(empty_root))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;
    use crate::audit::merkle::{verify_consistency, verify_inclusion};
    use crate::audit::naive::{leaves, naive_consistency_proof, naive_inclusion_proof, naive_root};

    const ROWS: usize = 3_000;
    static LEAVES: LazyLock<Vec<Digest>> = LazyLock::new(|| leaves(ROWS));
    /// The tiles of a tree that grew larger than what is asked about.
    static TILES: LazyLock<Tiles> = LazyLock::new(|| {
        let mut tiles = Tiles::default();
        tiles.append(0, &LEAVES).unwrap();
        tiles
    });

    /// What a store would hand out: only these tiles, through their bytes.
    fn loaded(stored: &Tiles, needed: &[TileId]) -> Tiles {
        let mut tiles = Tiles::default();
        for &tile in needed {
            tiles.insert(tile, &stored.bytes(tile).unwrap()).unwrap();
        }
        tiles
    }

    #[test]
    fn the_example_of_the_specification_has_its_widths() {
        let tile = |level, index| TileId { level, index };
        assert_eq!(tiles_to_append(70_000), [tile(0, 273), tile(1, 1), tile(2, 0)]);
        let widths = [(0, 272), (0, 273), (0, 274), (1, 0), (1, 1), (2, 0), (3, 0), (200, 0)];
        let widths = widths.map(|(level, index)| tile(level, index).width(70_000));
        assert_eq!(widths, [256, 112, 0, 256, 17, 1, 0, 0]);
        assert_eq!(tile(0, u64::MAX).width(u64::MAX), 0);
        assert_eq!(tile(0, 273).path(70_000).unwrap().to_string(), "tile/0/273.p/112");
        assert_eq!(tile(0, 274).path(70_000), None);
        assert_eq!(tiles_to_append(256), [tile(1, 0)]);
        assert_eq!(tiles_to_append(0), []);
        assert_eq!(Tiles::default().root(0), Ok(empty_root()));
    }

    #[test]
    fn a_missing_or_damaged_tile_is_named() {
        let tile = TileId { level: 0, index: 0 };
        let mut tiles = Tiles::default();
        assert_eq!(tiles.root(3), Err(TileFault::Missing { tile }));
        assert_eq!(tiles.append(3, &LEAVES[..1]), Err(TileFault::Missing { tile }));
        for length in [0, 1, 31, 33, 257 * 32] {
            let fault = TileFault::NotHashes { tile, length };
            assert_eq!(tiles.insert(tile, &vec![0; length]), Err(fault));
        }
        tiles.insert(tile, &[0; 64]).unwrap();
        let fault = TileFault::Truncated { tile, found: 2, needed: 3 };
        assert_eq!(tiles.root(3), Err(fault));
        assert_eq!(tiles.append(3, &LEAVES[..1]), Err(fault));
        assert_eq!(
            fault.to_string(),
            "tile/0/000 has 2 hashes, not 3 / tile/0/000 có 2 giá trị băm, cần 3"
        );
    }

    #[test]
    fn the_largest_sizes_need_few_tiles_and_take_no_more_rows() {
        assert_eq!(tiles_for_root(u64::MAX).len(), 8);
        for index in [0, 1 << 40, u64::MAX - 1] {
            assert!(tiles_for_inclusion(index, u64::MAX).unwrap().len() <= 16);
            assert!(tiles_for_consistency(index + 1, u64::MAX).unwrap().len() <= 16);
        }
        let (size, mut tiles) = (u64::MAX, Tiles::default());
        assert_eq!(tiles.append(size, &LEAVES[..1]), Err(TileFault::Full { size }));
        for tile in tiles_to_append(size) {
            tiles.insert(tile, &[7; 255 * 32]).unwrap();
        }
        assert_eq!(
            tiles.append(size - 1, &LEAVES[..1]),
            Ok(vec![TileId { level: 0, index: size >> 8 }])
        );
        assert!(tiles.root(size).is_ok());
    }

    #[test]
    fn what_there_is_no_proof_of_is_refused() {
        let (index, size) = (5, 5);
        let outside = ProofFault::IndexOutside { index, size };
        assert_eq!(tiles_for_inclusion(index, size), Err(outside));
        assert_eq!(TILES.inclusion_proof(index, size), Err(outside.into()));
        assert_eq!(tiles_for_consistency(6, 5), Err(ProofFault::Shrunk { from: 6, to: 5 }));
        assert_eq!(TILES.consistency_proof(0, 5), Err(ProofFault::FromEmpty.into()));
        assert_eq!(TILES.consistency_proof(5, 5), Ok(vec![]));
    }

    #[test]
    fn what_an_unfinished_append_left_is_written_anew() {
        let mut tiles = Tiles::default();
        tiles.append(0, &LEAVES[..200]).unwrap();
        let mut others = LEAVES[..600].to_vec();
        others.reverse();
        tiles.append(200, &others).unwrap();
        tiles.append(200, &LEAVES[200..700]).unwrap();
        assert_eq!(tiles.root(700), Ok(naive_root(&LEAVES[..700])));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn a_tree_that_grew_in_batches_has_the_root_of_the_whole(batches in vec(0usize..700, 1..8)) {
            let (mut stored, mut size) = (Tiles::default(), 0);
            for batch in batches {
                let rows = &LEAVES[size.min(ROWS)..(size + batch).min(ROWS)];
                let mut tiles = loaded(&stored, &tiles_to_append(size as u64));
                for tile in tiles.append(size as u64, rows).unwrap() {
                    stored.insert(tile, &tiles.bytes(tile).unwrap()).unwrap();
                }
                size += rows.len();
                let needed = loaded(&stored, &tiles_for_root(size as u64));
                prop_assert_eq!(needed.root(size as u64), Ok(naive_root(&LEAVES[..size])));
            }
            let mut whole = Tiles::default();
            whole.append(0, &LEAVES[..size]).unwrap();
            prop_assert_eq!(stored, whole);
        }

        #[test]
        fn rows_of_any_past_tree_are_proved(size in 1usize..=ROWS, index: Index) {
            let at = index.index(size);
            let (place, rows) = (at as u64, size as u64);
            let needed = tiles_for_inclusion(place, rows).unwrap();
            prop_assert!(needed.len() <= 4);
            let proof = loaded(&TILES, &needed).inclusion_proof(place, rows).unwrap();
            prop_assert_eq!(&proof, &naive_inclusion_proof(at, &LEAVES[..size]));
            let root = TILES.root(rows).unwrap();
            prop_assert_eq!(verify_inclusion(LEAVES[at], place, rows, &proof, root), Ok(()));
        }

        #[test]
        fn growth_between_any_past_trees_is_proved(to in 1usize..=ROWS, index: Index) {
            let older = index.index(to) + 1;
            let (from, rows) = (older as u64, to as u64);
            let needed = tiles_for_consistency(from, rows).unwrap();
            prop_assert!(needed.len() <= 4);
            let proof = loaded(&TILES, &needed).consistency_proof(from, rows).unwrap();
            prop_assert_eq!(&proof, &naive_consistency_proof(older, &LEAVES[..to]));
            let (old, new) = (TILES.root(from).unwrap(), TILES.root(rows).unwrap());
            prop_assert_eq!(verify_consistency(from, rows, &proof, old, new), Ok(()));
        }

        #[test]
        fn no_size_or_index_breaks_anything(a: u64, b: u64, level: u8) {
            let _ = tiles_for_inclusion(a, b).and_then(|_| tiles_for_consistency(a, b));
            let _ = TileId { level, index: a }.path(b);
            prop_assert!(Tiles::default().root(a.max(1)).is_err());
        }
    }
}
