//! The ground that all but households stands on: communes before and after the merger of 2025, and their hamlets.

use std::ops::Range;

use registry_domain::time::Date;
use registry_domain::unit::{Level, Title, Unit, UnitId, Units, Validity};

use crate::Scale;
use crate::chance::{Question, chance};

/// Communes of which there is something at every scale: the newspaper's, and what Xã Vị Thủy became of.
const FEATURED: [&str; 6] = ["31360", "31441", "31444", "31447", "31450", "31493"];

/// A commune as it was until the merger.
#[derive(Debug)]
pub(crate) struct Commune {
    pub(crate) id: UnitId,
    pub(crate) code: String,
    /// What is put into names of things: "Vị Thắng", or "Phường III".
    pub(crate) name: String,
    pub(crate) urban: bool,
    pub(crate) validity: Validity,
    /// The code of its district.
    pub(crate) district: String,
    /// Places of its hamlets in [`Ground::hamlets`].
    pub(crate) hamlets: Range<usize>,
}

impl Commune {
    pub(crate) fn is_featured(&self) -> bool {
        FEATURED.contains(&self.code.as_str())
    }
}

/// A hamlet.
#[derive(Debug)]
pub(crate) struct Hamlet {
    pub(crate) id: UnitId,
    pub(crate) name: String,
    /// The place of its commune in [`Ground::communes`].
    pub(crate) commune: usize,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Ground {
    scale: Scale,
    pub(crate) communes: Vec<Commune>,
    /// Commune by commune.
    pub(crate) hamlets: Vec<Hamlet>,
    /// The communes since the merger, and whether each is a ward.
    pub(crate) later: Vec<(UnitId, bool)>,
}

/// The day on which what was there by then is recorded; households were registered the day before.
pub(crate) fn start() -> Date {
    date(2022, 6, 16)
}

/// The first day of the new communes.
pub(crate) fn merger() -> Date {
    date(2025, 7, 1)
}

/// A day that is in the calendar.
pub(crate) fn date(year: i32, month: u32, day: u32) -> Date {
    Date::from_ymd_opt(year, month, day).unwrap_or_default()
}

impl Ground {
    pub(crate) fn survey(units: &Units, scale: Scale) -> Self {
        let before = units.tree(date(2024, 1, 1));
        let mut ground =
            Self { scale, communes: Vec::new(), hamlets: Vec::new(), later: Vec::new() };
        let communes = units.all().iter().filter(|unit| unit.level() == Level::Commune);
        let after = units.tree(merger());
        for commune in communes {
            if after.contains(commune.id) {
                ground.later.push((commune.id, commune.title == Title::Ward));
                continue;
            }
            let district = before.parent(commune.id).and_then(|id| units.get(id));
            let first = ground.hamlets.len();
            let place = ground.communes.len();
            let below = before.children(commune.id).iter().filter_map(|id| units.get(*id));
            ground.hamlets.extend(below.map(|unit| Hamlet {
                id: unit.id,
                name: unit.name.clone(),
                commune: place,
            }));
            ground.communes.push(Commune {
                id: commune.id,
                code: commune.code.to_string(),
                name: name(commune),
                urban: commune.title != Title::Commune,
                validity: commune.validity,
                district: district.map(|unit| unit.code.to_string()).unwrap_or_default(),
                hamlets: first..ground.hamlets.len(),
            });
        }
        ground
    }

    /// The commune that a hamlet was in.
    pub(crate) fn commune_of(&self, hamlet: usize) -> &Commune {
        &self.communes[self.hamlets[hamlet].commune]
    }

    /// The hamlets of a district.
    pub(crate) fn hamlets_of<'ground>(
        &'ground self,
        district: &'ground str,
    ) -> impl Iterator<Item = usize> + 'ground {
        let communes = self.communes.iter().filter(move |commune| commune.district == district);
        communes.flat_map(|commune| commune.hamlets.clone())
    }

    /// Whether a thing of this commune is there at this scale: all are, or a tenth and what is featured.
    pub(crate) fn keeps(&self, commune: &Commune, subject: u32) -> bool {
        self.scale.is_whole() || commune.is_featured() || chance(subject, Question::Kept, 0) < 0.06
    }

    /// As [`Self::keeps`], but exactly each tenth of those that are counted from 0.
    pub(crate) fn keeps_tenth(&self, commune: &Commune, place: usize) -> bool {
        self.scale.is_whole() || commune.is_featured() || place.is_multiple_of(10)
    }

    /// How many there are at this scale of what the province has so many: all, or a tenth.
    pub(crate) fn scaled(&self, of_province: usize) -> usize {
        if self.scale.is_whole() { of_province } else { of_province.div_ceil(10) }
    }
}

/// A ward that only has a number is named with its title.
fn name(commune: &Unit) -> String {
    let bare = commune.bare_name();
    if bare.chars().all(|letter| "IV".contains(letter)) {
        commune.name.clone()
    } else {
        bare.to_owned()
    }
}

/// A key for chance of a unit.
pub(crate) fn subject(unit: UnitId) -> u32 {
    unit.get().unsigned_abs()
}
