//! Administrative units: what they are called, when they exist, what they belong to on a date.
//!
//! General Statistics Office codes are reused with other names, so a unit's key is its own
//! [`UnitId`]; a code is only ever read on a date.

mod code;
mod reorganisation;
mod spread;
mod succession;
mod tree;

use std::collections::HashMap;

use crate::time::Date;

pub use code::UnitCode;
pub use reorganisation::{Founded, Place, Reorganisation, Reorganised, Transfer, UnitRule};
pub use succession::{Portion, Share, Succession};
pub use tree::{Resolved, UnitQuery, UnitTree, Units, UnitsError};

/// What is known of each of many units; looked up all the time.
pub(crate) type UnitMap<T> = HashMap<UnitId, T, foldhash::fast::RandomState>;

/// The registry's own key of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId(i32);

impl UnitId {
    /// The unit stored under `id`.
    #[must_use]
    pub const fn new(id: i32) -> Self {
        Self(id)
    }

    /// The key as stored.
    #[must_use]
    pub const fn get(self) -> i32 {
        self.0
    }
}

/// Where a unit stands in the hierarchy, from the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Cấp tỉnh.
    Province,
    /// Cấp huyện; ended on 2025-07-01.
    District,
    /// Cấp xã.
    Commune,
    /// Ấp, khu vực.
    Hamlet,
}

/// What kind of unit it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Title {
    /// Tỉnh.
    Province,
    /// Thành phố trực thuộc trung ương.
    CentralCity,
    /// Thành phố thuộc tỉnh.
    City,
    /// Thị xã.
    Town,
    /// Huyện.
    District,
    /// Phường.
    Ward,
    /// Thị trấn.
    Township,
    /// Xã.
    Commune,
    /// Khu vực.
    Quarter,
    /// Ấp.
    Hamlet,
}

impl Title {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Province,
        Self::CentralCity,
        Self::City,
        Self::Town,
        Self::District,
        Self::Ward,
        Self::Township,
        Self::Commune,
        Self::Quarter,
        Self::Hamlet,
    ];

    /// The title as the statistics office writes it; the form that is stored.
    #[must_use]
    pub const fn vietnamese(self) -> &'static str {
        match self {
            Self::Province => "tỉnh",
            Self::CentralCity => "thành phố trực thuộc trung ương",
            Self::City => "thành phố",
            Self::Town => "thị xã",
            Self::District => "huyện",
            Self::Ward => "phường",
            Self::Township => "thị trấn",
            Self::Commune => "xã",
            Self::Quarter => "khu vực",
            Self::Hamlet => "ấp",
        }
    }

    /// Reads a title as the statistics office writes it.
    #[must_use]
    pub fn from_vietnamese(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|title| title.vietnamese() == text)
    }

    /// The level that units with this title stand on.
    #[must_use]
    pub const fn level(self) -> Level {
        match self {
            Self::Province | Self::CentralCity => Level::Province,
            Self::City | Self::Town | Self::District => Level::District,
            Self::Ward | Self::Township | Self::Commune => Level::Commune,
            Self::Quarter | Self::Hamlet => Level::Hamlet,
        }
    }
}

/// A span of days [from, until); an open end is not known or not yet come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Validity {
    /// The first day.
    pub from: Option<Date>,
    /// The day after the last.
    pub until: Option<Date>,
}

impl Validity {
    /// Whether `date` lies within.
    #[must_use]
    pub fn holds(self, date: Date) -> bool {
        self.from.is_none_or(|from| from <= date) && self.until.is_none_or(|until| date < until)
    }

    /// The day within that is nearest to `date`.
    #[must_use]
    pub fn nearest(self, date: Date) -> Date {
        match self {
            Self { from: Some(from), .. } if date < from => from,
            Self { until: Some(until), .. } if date >= until => until.pred_opt().unwrap_or(until),
            _ => date,
        }
    }
}

/// One administrative unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its own key.
    pub id: UnitId,
    /// Its code while it is valid.
    pub code: UnitCode,
    /// What it is called.
    pub title: Title,
    /// Full name, title included, as the statistics office spells it in that era.
    pub name: String,
    /// When it exists.
    pub validity: Validity,
}

impl Unit {
    /// Where it stands in the hierarchy.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.title.level()
    }

    /// The name without the title: "Vị Thuỷ" of "Xã Vị Thuỷ".
    #[must_use]
    pub fn bare_name(&self) -> &str {
        // A central city's name begins with the shorter "Thành phố".
        let title = match self.title {
            Title::CentralCity => Title::City.vietnamese(),
            title => title.vietnamese(),
        };
        let letters = title.chars().count();
        match self.name.char_indices().nth(letters) {
            Some((at, ' ')) if self.name[..at].to_lowercase() == title => &self.name[at + 1..],
            _ => &self.name,
        }
    }
}

/// What a unit belongs to over a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parentage {
    /// The unit.
    pub unit: UnitId,
    /// What it belongs to.
    pub parent: UnitId,
    /// When.
    pub validity: Validity,
}
