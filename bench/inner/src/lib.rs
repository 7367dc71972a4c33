//! The registry's inner works, one by one: what is timed by `benches/time.rs` and whose instructions
//! `cargo xtask test` counts.
//!
//! Each work is large enough for chance not to tell: hash maps are seeded anew in every run.
#![expect(clippy::unnecessary_wraps, reason = "all works are prepared the same way")]

mod access;
mod audit;
mod cursor;
mod rollup;
mod unit;

use std::hint::black_box;

use registry_domain::access::GrantFault;
use registry_domain::audit::TileFault;
use registry_domain::fault::Rule;
use registry_domain::unit::UnitsError;

/// A work by its name.
pub struct Work {
    /// `noun/what-is-done`.
    pub name: &'static str,
    /// Makes everything that the work needs and that is not to be measured.
    pub prepare: fn() -> Result<Prepared, Unprepared>,
}

/// A work with all that it needs; every call does the same.
pub type Prepared = Box<dyn Fn()>;

/// Why a work could not be prepared: it has fallen behind the domain.
#[derive(Debug, thiserror::Error)]
pub enum Unprepared {
    /// A principal.
    #[error(transparent)]
    Grant(#[from] GrantFault),
    /// A code or a name.
    #[error("{0:?}")]
    Rule(Rule),
    /// The hashes of the log.
    #[error(transparent)]
    Tile(#[from] TileFault),
    /// The units.
    #[error(transparent)]
    Units(#[from] UnitsError),
    /// A date or a token's name.
    #[error("{0} is none")]
    Value(&'static str),
}

impl From<Rule> for Unprepared {
    fn from(rule: Rule) -> Self {
        Self::Rule(rule)
    }
}

/// All of them.
pub const WORKS: &[Work] = &[
    Work { name: "access/require", prepare: access::require },
    Work { name: "access/writer", prepare: access::writer },
    Work { name: "audit/consistency-proof", prepare: audit::consistency_proof },
    Work { name: "audit/frontier-append", prepare: audit::frontier_append },
    Work { name: "audit/inclusion-proof", prepare: audit::inclusion_proof },
    Work { name: "audit/leaf-hash", prepare: audit::leaf_hashes },
    Work { name: "audit/tiles-append", prepare: audit::tiles_append },
    Work { name: "audit/verify-inclusion", prepare: audit::verify },
    Work { name: "cursor/open", prepare: cursor::open },
    Work { name: "cursor/seal", prepare: cursor::seal },
    Work { name: "rollup/accumulate", prepare: rollup::accumulated },
    Work { name: "rollup/changes", prepare: rollup::changed },
    Work { name: "rollup/cube", prepare: rollup::cube },
    Work { name: "rollup/figures", prepare: rollup::figures },
    Work { name: "unit/ancestors", prepare: unit::ancestors },
    Work { name: "unit/portions", prepare: unit::portions },
    Work { name: "unit/resolve", prepare: unit::resolve },
    Work { name: "unit/within", prepare: unit::within },
];

/// A work whose result the compiler must not leave out.
fn prepared<T>(work: impl Fn() -> T + 'static) -> Prepared {
    Box::new(move || {
        black_box(work());
    })
}
