//! Merkle trees over SHA-256: roots, and proofs that a row is in a tree and that a tree only grew.
//!
//! RFC 9162 section 2.1, whose trees are those of RFC 6962. Sizes and indices are any
//! `u64`.

use super::digest::{Digest, empty_root, node_hash};

/// Why a proof does not prove it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// The tree has no such row.
    #[error(
        "the tree of {size} rows has no row {index} / cây gồm {size} dòng không có dòng {index}"
    )]
    IndexOutside {
        /// The row, from 0.
        index: u64,
        /// The rows of the tree.
        size: u64,
    },
    /// The older tree is larger than the newer one.
    #[error(
        "a tree of {from} rows can't have grown to {to} / cây gồm {from} dòng không thể lớn thành {to} dòng"
    )]
    Shrunk {
        /// The rows of the older tree.
        from: u64,
        /// The rows of the newer tree.
        to: u64,
    },
    /// Every tree grew from the empty one, so such a proof says nothing (RFC 9162 defines none).
    #[error(
        "there is no consistency proof from an empty tree / không có chứng minh nhất quán từ cây rỗng"
    )]
    FromEmpty,
    /// The proof ends before the root is reached.
    #[error("the proof has too few hashes / chứng minh thiếu giá trị băm")]
    TooShort,
    /// The proof goes on after the root was reached.
    #[error("the proof has too many hashes / chứng minh thừa giá trị băm")]
    TooLong,
    /// The proof leads to another root.
    #[error("the proof leads to another root / chứng minh dẫn tới gốc khác")]
    OtherRoot,
    /// The proof leads to another root of the older tree.
    #[error("the proof leads to another older root / chứng minh dẫn tới gốc cũ khác")]
    OtherOldRoot,
}

/// The right edge of a growing tree: all that its root and its growth need.
///
/// Holds the roots of the complete subtrees from left to right, one for each 1 in the binary
/// size; so at most 64.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    roots: Vec<Digest>,
}

impl Frontier {
    /// Adds a row by its leaf hash.
    pub fn append(&mut self, leaf: Digest) {
        let mut root = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                root = node_hash(left, root);
            }
        }
        self.roots.push(root);
        self.size += 1;
    }

    /// The rows so far.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree so far.
    #[must_use]
    pub fn root(&self) -> Digest {
        join(&self.roots).unwrap_or_else(empty_root)
    }
}

impl FromIterator<Digest> for Frontier {
    fn from_iter<I: IntoIterator<Item = Digest>>(leaves: I) -> Self {
        let mut frontier = Self::default();
        leaves.into_iter().for_each(|leaf| frontier.append(leaf));
        frontier
    }
}

/// The root above complete subtrees that shrink from left to right; `None` of none.
pub(super) fn join(roots: &[Digest]) -> Option<Digest> {
    roots.iter().rev().copied().reduce(|right, left| node_hash(left, right))
}

/// Checks that the row with hash `leaf` stands at `index` (from 0) in the tree with `size` rows
/// and this root. RFC 9162 section 2.1.3.2.
pub fn verify_inclusion(
    leaf: Digest,
    index: u64,
    size: u64,
    proof: &[Digest],
    root: Digest,
) -> Result<(), ProofFault> {
    if index >= size {
        return Err(ProofFault::IndexOutside { index, size });
    }
    let (mut at, mut last, mut reached) = (index, size - 1, leaf);
    for &sibling in proof {
        if last == 0 {
            return Err(ProofFault::TooLong);
        }
        if at % 2 == 1 || at == last {
            reached = node_hash(sibling, reached);
            (at, last) = past_lone_levels(at, last);
        } else {
            reached = node_hash(reached, sibling);
        }
        (at, last) = (at / 2, last / 2);
    }
    if last > 0 {
        return Err(ProofFault::TooShort);
    }
    if reached == root { Ok(()) } else { Err(ProofFault::OtherRoot) }
}

/// Checks that the tree of `to` rows begins with the tree of `from` rows: nothing but appending
/// lies between them. RFC 9162 section 2.1.4.2; trees of one size need equal roots and no proof.
pub fn verify_consistency(
    from: u64,
    to: u64,
    proof: &[Digest],
    old_root: Digest,
    new_root: Digest,
) -> Result<(), ProofFault> {
    if from > to {
        return Err(ProofFault::Shrunk { from, to });
    }
    if from == 0 {
        return Err(ProofFault::FromEmpty);
    }
    if from == to {
        return match proof {
            [] if old_root == new_root => Ok(()),
            [] => Err(ProofFault::OtherRoot),
            _ => Err(ProofFault::TooLong),
        };
    }
    let (mut at, mut last) = (from - 1, to - 1);
    (at, last) = (at >> from.trailing_zeros(), last >> from.trailing_zeros());
    // A complete older tree is a subtree of the newer one, and its root need not be sent.
    let (first, rest) = if from.is_power_of_two() {
        (old_root, proof)
    } else {
        let (&first, rest) = proof.split_first().ok_or(ProofFault::TooShort)?;
        (first, rest)
    };
    let (mut old, mut new) = (first, first);
    for &sibling in rest {
        if last == 0 {
            return Err(ProofFault::TooLong);
        }
        if at % 2 == 1 || at == last {
            old = node_hash(sibling, old);
            new = node_hash(sibling, new);
            (at, last) = past_lone_levels(at, last);
        } else {
            new = node_hash(new, sibling);
        }
        (at, last) = (at / 2, last / 2);
    }
    if last > 0 {
        return Err(ProofFault::TooShort);
    }
    if old != old_root {
        return Err(ProofFault::OtherOldRoot);
    }
    if new == new_root { Ok(()) } else { Err(ProofFault::OtherRoot) }
}

/// A node at the right edge may have no sibling for some levels; it stands for itself there.
const fn past_lone_levels(at: u64, last: u64) -> (u64, u64) {
    if at == 0 { (at, last) } else { (at >> at.trailing_zeros(), last >> at.trailing_zeros()) }
}

/// The proof that leaf `index` is in the tree of `leaves`; `None` if there is no such leaf. For
/// lists in memory: takes time and space in proportion to them.
#[must_use]
pub fn inclusion_proof_of(leaves: &[Digest], index: usize) -> Option<Vec<Digest>> {
    if index >= leaves.len() {
        return None;
    }
    let (mut level, mut at, mut proof) = (leaves.to_vec(), index, Vec::new());
    while level.len() > 1 {
        proof.extend(level.get(at ^ 1));
        level = level.chunks(2).filter_map(join).collect();
        at /= 2;
    }
    Some(proof)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::super::naive::{leaves, naive_consistency_proof, naive_inclusion_proof, naive_root};
    use super::*;
    use crate::audit::digest::leaf_hash;

    fn flipped(digest: Digest, bit: usize) -> Digest {
        let mut bytes = *digest.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        Digest::from_bytes(bytes)
    }

    #[test]
    fn sizes_at_the_limit_are_judged_without_overflow() {
        let some = leaf_hash(&[]);
        for (at, size) in
            [(u64::MAX, u64::MAX), (u64::MAX - 1, u64::MAX), (0, u64::MAX), (1 << 63, u64::MAX)]
        {
            for length in [0, 1, 63, 64, 65, 200] {
                assert!(verify_inclusion(some, at, size, &vec![some; length], some).is_err());
                let refused =
                    verify_consistency(at, size, &vec![some; length], some, flipped(some, 0));
                assert!(refused.is_err());
            }
        }
    }

    proptest! {
        #[test]
        fn the_frontier_has_the_root_of_the_whole_tree(size in 0usize..600) {
            let frontier: Frontier = leaves(size).into_iter().collect();
            prop_assert_eq!(frontier.size(), size as u64);
            prop_assert_eq!(frontier.root(), naive_root(&leaves(size)));
            prop_assert_eq!(frontier.roots.len(), size.count_ones() as usize);
        }

        #[test]
        fn a_row_is_proved_and_nothing_else_is(
            size in 1usize..300, index: Index, other: Index, bit in 0usize..256,
        ) {
            let leaves = leaves(size);
            let (root, at) = (naive_root(&leaves), index.index(size));
            let proof = inclusion_proof_of(&leaves, at).unwrap();
            prop_assert_eq!(&proof, &naive_inclusion_proof(at, &leaves));
            let verify = |leaf, at: usize, size: usize, proof: &[Digest], root| {
                verify_inclusion(leaf, at as u64, size as u64, proof, root)
            };
            prop_assert_eq!(verify(leaves[at], at, size, &proof, root), Ok(()));
            let other_root = Err(ProofFault::OtherRoot);
            prop_assert_eq!(verify(flipped(leaves[at], bit), at, size, &proof, root), other_root);
            prop_assert_eq!(verify(leaves[at], at, size, &proof, flipped(root, bit)), other_root);
            let elsewhere = other.index(size);
            if elsewhere != at {
                prop_assert!(verify(leaves[at], elsewhere, size, &proof, root).is_err());
            }
            if !proof.is_empty() {
                let mut altered = proof.clone();
                let place = other.index(altered.len());
                altered[place] = flipped(altered[place], bit);
                prop_assert_eq!(verify(leaves[at], at, size, &altered, root), other_root);
                prop_assert!(verify(leaves[at], at, size, &proof[1..], root).is_err());
            }
            let longer = [proof, vec![root]].concat();
            prop_assert_eq!(verify(leaves[at], at, size, &longer, root), Err(ProofFault::TooLong));
            prop_assert_eq!(inclusion_proof_of(&leaves, size), None);
        }

        #[test]
        fn growth_is_proved_and_nothing_else_is(
            to in 1usize..300, from: Index, other: Index, bit in 0usize..256,
        ) {
            let leaves = leaves(to);
            let from = from.index(to) + 1;
            let (old, new) = (naive_root(&leaves[..from]), naive_root(&leaves));
            let proof = naive_consistency_proof(from, &leaves);
            let verify = |proof: &[Digest], old, new| {
                verify_consistency(from as u64, to as u64, proof, old, new)
            };
            prop_assert_eq!(verify(&proof, old, new), Ok(()));
            prop_assert!(verify(&proof, flipped(old, bit), new).is_err());
            prop_assert!(verify(&proof, old, flipped(new, bit)).is_err());
            if !proof.is_empty() {
                let mut altered = proof.clone();
                let place = other.index(altered.len());
                altered[place] = flipped(altered[place], bit);
                prop_assert!(verify(&altered, old, new).is_err());
                prop_assert!(verify(&proof[1..], old, new).is_err());
            }
            prop_assert_eq!(verify(&[proof, vec![new]].concat(), old, new), Err(ProofFault::TooLong));
        }
    }
}
