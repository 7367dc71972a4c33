//! The mathematics of the audit log: a Merkle tree of events that can only grow, RFC 9162.

mod digest;
mod merkle;
#[cfg(test)]
mod naive;
mod tile;

pub use digest::{Digest, NotADigest, empty_root, leaf_hash, node_hash};
pub use merkle::{Frontier, ProofFault, inclusion_proof_of, verify_consistency, verify_inclusion};
pub use tile::{
    EntryFault, NotATilePath, TileFault, TileId, TileKind, TilePath, Tiles, decode_entries,
    encode_entries, tiles_for_consistency, tiles_for_inclusion, tiles_for_root, tiles_to_append,
};
