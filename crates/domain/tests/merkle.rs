//! The published vectors for verifiers of Merkle proofs, `merkle_vectors/`.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use registry_domain::audit::{Digest, verify_consistency, verify_inclusion};
use serde_json::Value;

fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// A hash as the vectors write it. Where a root does not matter they say so in its place, `don't
/// care 2`, in too few bytes; one such case must be accepted, so zeros are put behind. Empty is no
/// hash.
fn digest(text: &Value) -> Option<Digest> {
    let mut bytes = STANDARD.decode(text.as_str().unwrap()).unwrap();
    if bytes.is_empty() {
        return None;
    }
    bytes.resize(Digest::LENGTH, 0);
    bytes.try_into().ok().map(Digest::from_bytes)
}

fn accepts(case: &Value) -> Option<bool> {
    let number = |name: &str| case[name].as_u64().unwrap();
    let proof = case["proof"].as_array().map_or(&[][..], Vec::as_slice);
    let proof: Vec<_> = proof.iter().map(digest).collect::<Option<_>>()?;
    let verdict = if case["leafIdx"].is_null() {
        let (old, new) = (digest(&case["root1"])?, digest(&case["root2"])?);
        verify_consistency(number("size1"), number("size2"), &proof, old, new)
    } else {
        let (leaf, root) = (digest(&case["leafHash"])?, digest(&case["root"])?);
        verify_inclusion(leaf, number("leafIdx"), number("treeSize"), &proof, root)
    };
    Some(verdict.is_ok())
}

#[test]
fn every_published_vector_gets_its_verdict() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/merkle_vectors");
    let mut cases = files(&folder);
    cases.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    assert_eq!(cases.len(), 196);
    let wrong: Vec<_> = cases
        .into_iter()
        .filter(|path| {
            let case: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            accepts(&case).unwrap_or(false) == case["wantErr"].as_bool().unwrap()
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
