//! A log of 3,000 events that grows by as many as a full tile, and its proofs.

use registry_domain::audit::{
    Digest, Frontier, Tiles, leaf_hash, tiles_to_append, verify_inclusion,
};

use crate::{Prepared, Unprepared, prepared};

const SIZE: u64 = 3_000;
const MORE: u64 = 256;

/// An event has some hundred bytes.
fn row(number: u64) -> Vec<u8> {
    number.to_be_bytes().repeat(40)
}

fn leaves(size: u64) -> Vec<Digest> {
    (0..size).map(|number| leaf_hash(&row(number))).collect()
}

fn tiles() -> Result<Tiles, Unprepared> {
    let mut tiles = Tiles::default();
    tiles.append(0, &leaves(SIZE))?;
    Ok(tiles)
}

pub(crate) fn leaf_hashes() -> Result<Prepared, Unprepared> {
    let rows: Vec<_> = (0..MORE).map(row).collect();
    Ok(prepared(move || rows.iter().map(|row| leaf_hash(row)).max()))
}

pub(crate) fn frontier_append() -> Result<Prepared, Unprepared> {
    let (frontier, leaves): (Frontier, _) = (leaves(SIZE).into_iter().collect(), leaves(MORE));
    Ok(prepared(move || {
        let mut frontier = frontier.clone();
        for leaf in &leaves {
            frontier.append(*leaf);
        }
        frontier.root()
    }))
}

/// With the few tiles that the store loads for it.
pub(crate) fn tiles_append() -> Result<Prepared, Unprepared> {
    let (stored, leaves, mut loaded) = (tiles()?, leaves(MORE), Tiles::default());
    for tile in tiles_to_append(SIZE) {
        loaded.insert(tile, &stored.bytes(tile).unwrap_or_default())?;
    }
    Ok(prepared(move || {
        let mut tiles = loaded.clone();
        tiles.append(SIZE, &leaves).map(|changed| (tiles, changed))
    }))
}

/// Rows here and there.
fn places() -> impl Iterator<Item = u64> {
    (0..SIZE).step_by(193)
}

pub(crate) fn inclusion_proof() -> Result<Prepared, Unprepared> {
    let tiles = tiles()?;
    Ok(prepared(move || {
        places().filter_map(|place| tiles.inclusion_proof(place, SIZE).ok()).count()
    }))
}

pub(crate) fn consistency_proof() -> Result<Prepared, Unprepared> {
    let tiles = tiles()?;
    Ok(prepared(move || {
        places().filter_map(|from| tiles.consistency_proof(from, SIZE).ok()).count()
    }))
}

pub(crate) fn verify() -> Result<Prepared, Unprepared> {
    let (tiles, leaves) = (tiles()?, leaves(SIZE));
    let root = tiles.root(SIZE)?;
    let proofs = places()
        .zip(leaves.into_iter().step_by(193))
        .map(|(place, leaf)| Ok((place, leaf, tiles.inclusion_proof(place, SIZE)?)));
    let proofs = proofs.collect::<Result<Vec<_>, Unprepared>>()?;
    Ok(prepared(move || {
        let proved = |(place, leaf, proof): &&(u64, Digest, Vec<Digest>)| {
            verify_inclusion(*leaf, *place, SIZE, proof, root).is_ok()
        };
        proofs.iter().filter(proved).count()
    }))
}
