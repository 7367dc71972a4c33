//! What the generated province is calibrated by: `seeds/calibration.csv`.

use std::collections::HashMap;

use crate::chance::whole;

const FILE: &str = include_str!("../../../seeds/calibration.csv");

/// Months from July 2022 to the middle of the first round of visits, of the second, and of the last.
const MIDDLES: [f64; 3] = [5.5, 17.5, 37.0];

/// A share of people or households that grows over the months.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Growth([f64; 3]);

impl Growth {
    /// The share in a month, counted from July 2022.
    ///
    /// Straight lines through the middle of each round: at the end of a round, the newest visits
    /// were made evenly over it, so their mean is the share at its middle.
    pub(crate) fn at(self, month: u32) -> f64 {
        let month = f64::from(month);
        let [first, second, third] = self.0;
        if month <= 23.0 {
            let slope = (second - first) / (MIDDLES[1] - MIDDLES[0]);
            first + slope * (month - MIDDLES[0])
        } else {
            let slope = (third - second) / (MIDDLES[2] - MIDDLES[1]);
            second + slope * (month - MIDDLES[1])
        }
    }
}

/// All figures.
#[derive(Debug)]
pub(crate) struct Calibration {
    values: HashMap<&'static str, f64>,
    pub(crate) smartphone: Growth,
    pub(crate) fibre: Growth,
    pub(crate) skills: Growth,
    pub(crate) account: Growth,
    pub(crate) vneid: Growth,
    pub(crate) cashless: Growth,
}

impl Calibration {
    pub(crate) fn load() -> Self {
        let lines = FILE.lines().skip(1).filter_map(|line| line.split_once(','));
        let values: HashMap<_, _> =
            lines.filter_map(|(name, value)| Some((name, value.parse().ok()?))).collect();
        let growth = |name: &str| {
            let in_year = |year| values.get(format!("{name}_{year}").as_str()).copied();
            Growth([2023, 2024, 2026].map(|year| in_year(year).unwrap_or_default()))
        };
        Self {
            smartphone: growth("smartphone"),
            fibre: growth("fibre"),
            skills: growth("skills"),
            account: growth("account"),
            vneid: growth("vneid"),
            cashless: growth("cashless"),
            values,
        }
    }

    /// A figure by its name; 0 if the file lacks it.
    pub(crate) fn get(&self, name: &str) -> f64 {
        self.values.get(name).copied().unwrap_or_default()
    }

    /// A figure that is a number of things.
    pub(crate) fn count(&self, name: &str) -> usize {
        usize::try_from(whole(self.get(name))).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_growth_is_in_the_file() {
        let calibration = Calibration::load();
        for growth in
            [calibration.smartphone, calibration.fibre, calibration.skills, calibration.account]
        {
            assert!(growth.0.iter().all(|share| (0.3..1.0).contains(share)), "{growth:?}");
        }
        assert!((calibration.smartphone.at(23) - 0.8229).abs() < 0.001);
    }
}
