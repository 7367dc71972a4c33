//! The mathematics of the audit log, without a log: a Merkle tree of events that can only grow
//! (RFC 9162), its tiles, and the signed notes that say how far it has grown (C2SP).
//!
//! Whoever holds a [`Checkpoint`] and the log's [`VerifierKey`] needs to trust nobody: an event is
//! in the tree or [`verify_inclusion`] fails; the log only grew or [`verify_consistency`] fails.

mod digest;
mod log;
mod merkle;
#[cfg(test)]
mod naive;
mod note;
mod tile;

pub use digest::{Digest, NotADigest, empty_root, leaf_hash, node_hash};
pub use log::{LogFault, Place};
pub use merkle::{Frontier, ProofFault, inclusion_proof_of, verify_consistency, verify_inclusion};
pub use note::{
    Checkpoint, KeyFault, KeyName, NoteFault, SignatureType, SignedNote, SigningKey, Verified,
    VerifierKey,
};
pub use tile::{
    EntryFault, NotATilePath, TILE_WIDTH, TileFault, TileId, TileKind, TilePath, Tiles,
    decode_entries, encode_entries, tiles_for_consistency, tiles_for_inclusion, tiles_for_root,
    tiles_to_append,
};
