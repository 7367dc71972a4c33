//! Reorganisations: communes merge, split and are renamed, hamlets move and are founded, by one legal act.
//!
//! Everything is said by two lists: which units begin, and which hamlets go from one commune into
//! another. A commune whose hamlets all go ends; what it became follows from where they went.
//!
//! Acts may be recorded in any order, long before their day. One is refused if it would change what
//! another one, of the same day or a later one, was checked against.

mod act;
mod rule;

use super::{Parentage, Succession, Title, Unit, UnitCode, UnitId, Units};
use crate::fault::{Faults, Path, Rule};
use crate::text::Label;
use crate::time::Date;

use act::Act;
pub use rule::UnitRule;

/// A unit that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Founded {
    /// Its code; free on the day it begins.
    pub code: UnitCode,
    /// What it is called.
    pub title: Title,
    /// Its full name, title included.
    pub name: Label<100>,
    /// What it belongs to.
    pub parent: Place,
}

/// A unit that there is, or one that begins with the same act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// There is.
    Known(UnitId),
    /// Begins: its place in [`Reorganisation::founded`].
    Founded(usize),
}

/// Hamlets that go from one commune into another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The commune they were in.
    pub from: UnitId,
    /// The commune they go to.
    pub to: Place,
    /// Which, at least one; all that the commune has if not told.
    pub hamlets: Option<Vec<UnitId>>,
}

/// What one legal act changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reorganisation {
    /// The law or resolution, as cited.
    pub legal_act: Label<200>,
    /// The first day of the new state; after today.
    pub effective_on: Date,
    /// Units that begin.
    pub founded: Vec<Founded>,
    /// Hamlets that go elsewhere.
    pub transfers: Vec<Transfer>,
}

/// A checked reorganisation, as records of units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reorganised {
    /// The first day of the new state.
    pub effective_on: Date,
    /// Units that begin, with keys of their own.
    pub founded: Vec<Unit>,
    /// Units that end.
    pub ended: Vec<UnitId>,
    /// Hamlets that leave the commune they were in.
    pub moved: Vec<UnitId>,
    /// What begins to belong to what.
    pub parentages: Vec<Parentage>,
    /// What the units that end became.
    pub successions: Vec<Succession>,
}

impl Reorganisation {
    /// Checks an act against the units there are, as of `today`; `first_key` is free, and so are all after it.
    pub fn check(
        &self,
        units: &Units,
        today: Date,
        first_key: i32,
        at: &Path,
    ) -> Result<Reorganised, Faults> {
        let mut faults = Faults::default();
        // What was recorded up to today stands on the boundaries that were known.
        let earliest = today.succ_opt().unwrap_or(today);
        if self.effective_on < earliest {
            faults.push(at.field("effectiveOn"), Rule::DateTooEarly { earliest });
        }
        if self.founded.is_empty() && self.transfers.is_empty() {
            faults.push(at.clone(), Rule::NothingToChange);
        }
        let act = Act::new(self, units, first_key);
        let moves = act.moves(at, &mut faults);
        act.check_founded(at, &mut faults);
        faults.or(Some(act.carried_out(&moves)))
    }
}

#[cfg(test)]
mod tests;
