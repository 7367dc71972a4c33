//! Where the households live: how many in each hamlet, and which number lives where.

use std::collections::HashMap;

use registry_domain::time::Date;
use registry_domain::unit::{Level, Title, UnitId, Units};

use crate::Scale;
use crate::calibration::Calibration;
use crate::chance::{Question, chance, pick};

/// Years in which newcomers are registered.
pub(crate) const NEWCOMER_YEARS: [i32; 3] = [2023, 2024, 2025];

/// A hamlet and its commune's way of being ahead or behind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hamlet {
    pub(crate) id: UnitId,
    /// Added to every share in this commune.
    pub(crate) offset: f64,
    commune: UnitId,
}

/// All households by where they live.
#[derive(Debug)]
pub(crate) struct Places {
    hamlets: Vec<Hamlet>,
    /// The hamlet of each household, by number − 1: first those that were always there, hamlet by
    /// hamlet, then the newcomers year by year.
    homes: Vec<u16>,
    settled: u32,
    newcomers_a_year: u32,
}

impl Places {
    pub(crate) fn settle(units: &Units, calibration: &Calibration, scale: Scale) -> Self {
        let before = Date::from_ymd_opt(2024, 1, 1).unwrap_or_default();
        let tree = units.tree(before);
        let mut hamlets = Vec::new();
        let mut weights = Vec::new();
        let mut by_district: HashMap<String, f64> = HashMap::new();
        for unit in units.all().iter().filter(|unit| unit.level() == Level::Hamlet) {
            let above = |level| {
                tree.ancestors(unit.id)
                    .filter_map(|id| units.get(id))
                    .find(|unit| unit.level() == level)
            };
            let (Some(commune), Some(district)) = (above(Level::Commune), above(Level::District))
            else {
                continue;
            };
            let subject = unit.id.get().unsigned_abs();
            let weight = 0.6 + 0.8 * chance(subject, Question::HamletSize, 0);
            let district = format!("district_{}", district.code);
            *by_district.entry(district.clone()).or_default() += weight;
            weights.push((district, weight));
            let urban = if commune.title == Title::Ward { 0.03 } else { 0.0 };
            let spread =
                0.1 * (chance(commune.id.get().unsigned_abs(), Question::CommuneOffset, 0) - 0.5);
            hamlets.push(Hamlet { id: unit.id, offset: urban + spread, commune: commune.id });
        }
        // Communes one after another, so that a month's visits stay close together.
        let mut order: Vec<usize> = (0..hamlets.len()).collect();
        order.sort_by_key(|at| (hamlets[*at].commune, hamlets[*at].id));
        let total = calibration.get("households") / scale.divisor();
        let mut homes = Vec::new();
        let mut sum_of_offsets = 0.0;
        for at in order {
            let (district, weight) = &weights[at];
            let share = calibration.get(district) * weight / by_district[district];
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a few thousand at most"
            )]
            let households = (total * share).round() as usize;
            let place = u16::try_from(at).unwrap_or_default();
            homes.extend(std::iter::repeat_n(place, households));
            #[expect(clippy::cast_precision_loss, reason = "a few thousand at most")]
            let households = households as f64;
            sum_of_offsets += hamlets[at].offset * households;
        }
        #[expect(clippy::cast_precision_loss, reason = "a few millions at most")]
        let mean = sum_of_offsets / homes.len().max(1) as f64;
        for hamlet in &mut hamlets {
            hamlet.offset -= mean;
        }
        let settled = u32::try_from(homes.len()).unwrap_or(u32::MAX);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few thousand at most"
        )]
        let newcomers_a_year = (calibration.get("newcomers_a_year") / scale.divisor()) as u32;
        let mut places = Self { hamlets, homes, settled, newcomers_a_year };
        for number in settled + 1..=places.last() {
            let home = pick(number, Question::NewHamlet, places.hamlets.len());
            places.homes.push(u16::try_from(home).unwrap_or_default());
        }
        places
    }

    /// The largest number of a household; the first is 1.
    pub(crate) fn last(&self) -> u32 {
        let years = u32::try_from(NEWCOMER_YEARS.len()).unwrap_or_default();
        self.settled + years * self.newcomers_a_year
    }

    /// The households that were always there.
    pub(crate) fn settled(&self) -> std::ops::RangeInclusive<u32> {
        1..=self.settled
    }

    /// The households that came in one of [`NEWCOMER_YEARS`].
    pub(crate) fn newcomers(&self, year: usize) -> std::ops::RangeInclusive<u32> {
        let first =
            self.settled + 1 + u32::try_from(year).unwrap_or_default() * self.newcomers_a_year;
        first..=first + self.newcomers_a_year - 1
    }

    /// The year a household came in, unless it was always there.
    pub(crate) fn arrival(&self, number: u32) -> Option<i32> {
        let late = number.checked_sub(self.settled + 1)?;
        NEWCOMER_YEARS.get((late / self.newcomers_a_year.max(1)) as usize).copied()
    }

    /// Where a household lives at first.
    pub(crate) fn home(&self, number: u32) -> Hamlet {
        self.hamlets[usize::from(self.homes[number as usize - 1])]
    }

    /// The households that were always there and live in a hamlet at first.
    pub(crate) fn settled_in(&self, hamlet: UnitId) -> impl Iterator<Item = u32> + '_ {
        self.settled().filter(move |number| self.home(*number).id == hamlet)
    }

    /// Another hamlet, for a household that moves.
    pub(crate) fn elsewhere(&self, number: u32) -> UnitId {
        self.hamlets[pick(number, Question::NewHamlet, self.hamlets.len())].id
    }
}
