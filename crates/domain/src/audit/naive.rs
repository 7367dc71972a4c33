//! The tree's definitions in RFC 9162, word by word; what tests compare with.

use super::digest::{Digest, empty_root, leaf_hash, node_hash};

/// The hashes of `size` different rows.
pub(super) fn leaves(size: usize) -> Vec<Digest> {
    (0..size).map(|row| leaf_hash(&row.to_be_bytes())).collect()
}

/// The two parts of a list of at least 2: the left one is the largest power of two below the whole.
fn parts(leaves: &[Digest]) -> (&[Digest], &[Digest]) {
    leaves.split_at(leaves.len().next_power_of_two() / 2)
}

/// MTH, section 2.1.1.
pub(super) fn naive_root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = parts(leaves);
            node_hash(naive_root(left), naive_root(right))
        }
    }
}

/// PATH, section 2.1.3.1.
pub(super) fn naive_inclusion_proof(index: usize, leaves: &[Digest]) -> Vec<Digest> {
    if leaves.len() == 1 {
        return vec![];
    }
    let (left, right) = parts(leaves);
    let (mut proof, other) = if index < left.len() {
        (naive_inclusion_proof(index, left), right)
    } else {
        (naive_inclusion_proof(index - left.len(), right), left)
    };
    proof.push(naive_root(other));
    proof
}

/// PROOF, section 2.1.4.1.
pub(super) fn naive_consistency_proof(from: usize, leaves: &[Digest]) -> Vec<Digest> {
    subproof(from, leaves, true)
}

fn subproof(from: usize, leaves: &[Digest], whole: bool) -> Vec<Digest> {
    if from == leaves.len() {
        return if whole { vec![] } else { vec![naive_root(leaves)] };
    }
    let (left, right) = parts(leaves);
    let (mut proof, other) = if from <= left.len() {
        (subproof(from, left, whole), right)
    } else {
        (subproof(from - left.len(), right, false), left)
    };
    proof.push(naive_root(other));
    proof
}
