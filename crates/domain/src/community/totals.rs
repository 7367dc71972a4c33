//! Counts of hamlets added up for a unit, by shares where a hamlet went over in part.

use std::collections::{BTreeMap, HashMap};

use crate::indicator::Quality;
use crate::unit::{Portion, Share, UnitId};

/// `N` counts for each key, and whether they were counted or derived by shares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums<K, const N: usize> {
    /// The counts by key; a key that nothing was counted for is missing.
    pub counts: BTreeMap<K, [u64; N]>,
    /// Estimated if any hamlet counts in part.
    pub quality: Quality,
}

impl<K: Ord, const N: usize> Sums<K, N> {
    /// The counts for `key`; nothing counted is 0.
    #[must_use]
    pub fn of(&self, key: &K) -> [u64; N] {
        self.counts.get(key).copied().unwrap_or([0; N])
    }
}

/// Adds up the counts of the hamlets that make up a unit.
#[must_use]
pub fn add_up<K: Ord, const N: usize>(
    portions: &[Portion],
    counted: impl IntoIterator<Item = (UnitId, K, [u64; N])>,
) -> Sums<K, N> {
    const WHOLE: u64 = Share::WHOLE.millionths() as u64;
    let mut shares: HashMap<UnitId, u64> = HashMap::new();
    for portion in portions {
        *shares.entry(portion.hamlet).or_default() += u64::from(portion.share.millionths());
    }
    let mut millionths: BTreeMap<K, [u64; N]> = BTreeMap::new();
    for (hamlet, key, counts) in counted {
        let share = shares.get(&hamlet).copied().unwrap_or_default();
        let sums = millionths.entry(key).or_insert([0; N]);
        sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count * share);
    }
    let whole = |sum: u64| (sum + WHOLE / 2) / WHOLE;
    let counts = millionths.into_iter().map(|(key, sums)| (key, sums.map(whole))).collect();
    let exact = portions.iter().all(|portion| portion.share == Share::WHOLE);
    Sums { counts, quality: if exact { Quality::Exact } else { Quality::Estimated } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portion(hamlet: i32, millionths: u32) -> Portion {
        let share = Share::from_millionths(millionths).unwrap();
        Portion { hamlet: UnitId::new(hamlet), share }
    }

    #[test]
    fn hamlets_count_by_share_and_others_not_at_all() {
        let counted = [
            (UnitId::new(1), "a", [10, 1]),
            (UnitId::new(2), "a", [3, 1]),
            (UnitId::new(2), "b", [4, 2]),
            (UnitId::new(3), "b", [1_000, 1_000]),
        ];
        let whole = add_up(&[portion(1, 1_000_000), portion(2, 1_000_000)], counted);
        assert_eq!((whole.of(&"a"), whole.of(&"b")), ([13, 2], [4, 2]));
        assert_eq!((whole.of(&"c"), whole.quality), ([0, 0], Quality::Exact));
        let half = add_up(&[portion(1, 1_000_000), portion(2, 500_000)], counted);
        assert_eq!((half.of(&"a"), half.of(&"b")), ([12, 2], [2, 1]));
        assert_eq!(half.quality, Quality::Estimated);
    }
}
