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

    /// The shares of parts of these sizes, none of them 0, in their order. They add up to the whole:
    /// what rounding leaves over goes to the last.
    #[must_use]
    pub fn divide(parts: &[u32]) -> Vec<Self> {
        let all = parts.iter().map(|part| u64::from(*part)).sum::<u64>().max(1);
        let rounded = |part: &u32| {
            let millionths = u64::from(Self::WHOLE.0) * u64::from(*part) / all;
            u32::try_from(millionths).unwrap_or(Self::WHOLE.0)
        };
        let mut shares: Vec<u32> = parts.iter().map(rounded).collect();
        let left_over = Self::WHOLE.0.saturating_sub(shares.iter().sum());
        if let Some(last) = shares.last_mut() {
            *last += left_over;
        }
        shares.into_iter().map(Self).collect()
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn shares_add_up_to_the_whole(parts in prop::collection::vec(1u32..500, 1..20)) {
            let shares = Share::divide(&parts);
            prop_assert_eq!(shares.len(), parts.len());
            let sum: u32 = shares.iter().map(|share| share.millionths()).sum();
            prop_assert_eq!(sum, Share::WHOLE.millionths());
            let all: u32 = parts.iter().sum();
            for (share, part) in shares.iter().zip(&parts) {
                prop_assert!(Share::from_millionths(share.millionths()).is_some());
                let exact = f64::from(*part) / f64::from(all) * 1e6;
                prop_assert!((f64::from(share.millionths()) - exact).abs() <= 20.0);
            }
        }
    }

    #[test]
    fn the_last_part_takes_what_is_left_over() {
        let shares = Share::divide(&[1, 1, 1]).into_iter().map(Share::millionths);
        assert_eq!(shares.collect::<Vec<_>>(), [333_333, 333_333, 333_334]);
    }
}
