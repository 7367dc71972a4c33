//! Documents that were read and found valid, kept so that the next request with the same text need
//! not do it again. Bounded by number and by bytes.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use registry_persistence::DocumentHash;

use super::Prepared;

/// The most documents kept.
const ENTRIES: usize = 2_000;

/// About how many bytes all of them may take.
const BYTES: u64 = 16 << 20;

/// Bytes that a parsed document takes for each byte of its text, roughly.
const BYTES_PER_BYTE: u64 = 24;

#[derive(Debug, Clone)]
pub(super) struct ByText;

impl Weighter<DocumentHash, Arc<Prepared>> for ByText {
    fn weight(&self, _: &DocumentHash, prepared: &Arc<Prepared>) -> u64 {
        // The floor bounds the number.
        (prepared.length as u64 * BYTES_PER_BYTE).max(BYTES / ENTRIES as u64)
    }
}

/// Valid documents by the hash of their text.
pub(super) type DocumentCache = Cache<DocumentHash, Arc<Prepared>, ByText>;

pub(super) fn new() -> DocumentCache {
    Cache::with_weighter(ENTRIES, BYTES, ByText)
}
