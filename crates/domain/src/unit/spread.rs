//! Where a commune's counts go on the boundaries of another date.
//!
//! Hamlets go over whole, so a commune's hamlets say where it went. Where they lie in several
//! communes, counts are divided by the number of hamlets, which makes them an estimate.

use std::collections::BTreeMap;

use super::{Level, Share, UnitId, Units};
use crate::time::Date;

impl Units {
    /// The communes on the boundaries of `on` among which what was counted in `commune` on
    /// `counted_on` is to be divided, each with its weight; empty if it left no trace.
    #[must_use]
    pub fn spread(&self, commune: UnitId, counted_on: Date, on: Date) -> Vec<(UnitId, u64)> {
        let mut found = BTreeMap::new();
        for member in self.tree(counted_on).subtree(commune) {
            if self.get(*member).is_some_and(|unit| unit.level() == Level::Hamlet) {
                self.follow(*member, Share::WHOLE, (counted_on, on), &mut found);
            }
        }
        if found.is_empty() && self.tree(on).contains(commune) {
            found.insert(commune, u64::from(Share::WHOLE.millionths()));
        }
        found.into_iter().collect()
    }

    /// The commune on the boundaries of `on` that a commune of any time is, or most of it went to.
    #[must_use]
    pub fn commune_on(&self, commune: UnitId, on: Date) -> Option<UnitId> {
        let validity = self.get(commune)?.validity;
        if validity.holds(on) {
            return Some(commune);
        }
        let parts = self.spread(commune, validity.nearest(on), on);
        parts.into_iter().max_by_key(|(_, weight)| *weight).map(|(unit, _)| unit)
    }

    /// The communes, of any time, that share hamlets with `unit` on the boundaries of `on`.
    #[must_use]
    pub fn communes_meeting(&self, unit: UnitId, on: Date) -> Vec<UnitId> {
        let tree = self.tree(on);
        let meets = |commune: &UnitId| {
            let validity = self.get(*commune).map(|unit| unit.validity).unwrap_or_default();
            let spread = self.spread(*commune, validity.nearest(on), on);
            spread.iter().any(|(there, _)| tree.is_within(*there, unit))
        };
        let communes = self.all().iter().filter(|unit| unit.level() == Level::Commune);
        communes.map(|unit| unit.id).filter(meets).collect()
    }

    /// Follows a hamlet through its successions from one date to the other, forwards or backwards.
    fn follow(
        &self,
        hamlet: UnitId,
        share: Share,
        (from, to): (Date, Date),
        found: &mut BTreeMap<UnitId, u64>,
    ) {
        let tree = self.tree(to);
        let commune = tree
            .ancestors(hamlet)
            .find(|above| self.get(*above).is_some_and(|unit| unit.level() == Level::Commune));
        if let Some(commune) = commune {
            *found.entry(commune).or_default() += u64::from(share.millionths());
            return;
        }
        let onward: Vec<(UnitId, Share)> = if from <= to {
            let later = self.successors(hamlet).filter(|step| step.effective_on <= to);
            later.map(|step| (step.new, step.share.of(share))).collect()
        } else {
            let earlier = self.predecessors(hamlet).filter(|step| step.effective_on > to);
            earlier.map(|step| (step.old, step.share.of(share))).collect()
        };
        for (next, share) in onward {
            self.follow(next, share, (from, to), found);
        }
    }
}
