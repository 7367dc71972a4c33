//! Successions: which unit became which, so that figures can be told on other boundaries.

use super::UnitId;
use crate::time::Date;

/// A part of a unit, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(u32);

impl Share {
    /// The unit as a whole.
    pub const WHOLE: Self = Self(1_000_000);

    /// A share of 1…1,000,000 millionths.
    #[must_use]
    pub const fn from_millionths(millionths: u32) -> Option<Self> {
        if millionths >= 1 && millionths <= Self::WHOLE.0 { Some(Self(millionths)) } else { None }
    }

    /// The share in millionths.
    #[must_use]
    pub const fn millionths(self) -> u32 {
        self.0
    }

    /// The share of a share.
    #[must_use]
    pub fn of(self, whole: Self) -> Self {
        let product = u64::from(self.0) * u64::from(whole.0) / u64::from(Self::WHOLE.0);
        Self(u32::try_from(product).unwrap_or(Self::WHOLE.0).max(1))
    }
}

/// One unit going over into another, whole or in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succession {
    /// The unit before.
    pub old: UnitId,
    /// The unit after.
    pub new: UnitId,
    /// How much of the old unit went over.
    pub share: Share,
    /// The first day of the new state.
    pub effective_on: Date,
    /// The law or resolution, as cited: `1668/NQ-UBTVQH15`.
    pub legal_act: String,
}

/// A hamlet that counts, whole or in part, towards a unit's figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Portion {
    /// The hamlet that the records name.
    pub hamlet: UnitId,
    /// How much of it; anything but [`Share::WHOLE`] makes the figure an estimate.
    pub share: Share,
}
