//! An act and the units it is about: what may go where, and what follows.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::{Founded, Place, Reorganisation, Reorganised, Transfer, UnitRule};
use crate::fault::{Faults, Path, Rule};
use crate::time::Date;
use crate::unit::{Level, Parentage, Share, Succession, Unit, UnitId, UnitTree, Units, Validity};

/// One hamlet on its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Move {
    hamlet: UnitId,
    from: UnitId,
    to: Place,
}

/// A reorganisation and the units it is about.
pub(super) struct Act<'act> {
    units: &'act Units,
    this: &'act Reorganisation,
    first_key: i32,
    /// The hierarchy on the first day, without the act.
    tree: Arc<UnitTree>,
    /// The hamlets that are to leave each commune, by all rows together.
    leaving: BTreeMap<UnitId, HashSet<UnitId>>,
    /// The communes that all hamlets leave.
    ended: Vec<UnitId>,
}

impl<'act> Act<'act> {
    pub(super) fn new(this: &'act Reorganisation, units: &'act Units, first_key: i32) -> Self {
        let tree = units.tree(this.effective_on);
        let (leaving, ended) = (BTreeMap::new(), Vec::new());
        let mut act = Self { units, this, first_key, tree, leaving, ended };
        for transfer in &this.transfers {
            let going = act.going(transfer).to_vec();
            act.leaving.entry(transfer.from).or_default().extend(going);
        }
        let communes = act.leaving.keys().copied();
        let ends = |commune: &UnitId| {
            act.stays(*commune, Level::Commune).is_ok()
                && !act.tree.children(*commune).is_empty()
                && !act.keeps_some(*commune, &act.tree)
        };
        act.ended = communes.filter(ends).collect();
        act
    }

    /// The hamlets that a row is about.
    fn going<'row>(&'row self, transfer: &'row Transfer) -> &'row [UnitId] {
        let named = transfer.hamlets.as_deref();
        named.unwrap_or_else(|| self.tree.children(transfer.from))
    }

    /// Whether the act leaves a commune any of the hamlets that it has without it.
    fn keeps_some(&self, commune: UnitId, tree: &UnitTree) -> bool {
        let leaving = self.leaving.get(&commune);
        let goes = |hamlet: &UnitId| leaving.is_some_and(|leaving| leaving.contains(hamlet));
        !tree.children(commune).iter().all(goes)
    }

    fn name(&self, unit: UnitId) -> String {
        self.units.get(unit).map(|unit| unit.name.clone()).unwrap_or_default()
    }

    /// Checks that a unit stands on a level on the day, and no other act begins or ends it.
    fn stays(&self, id: UnitId, level: Level) -> Result<(), Rule> {
        let on = self.this.effective_on;
        let unit = self.units.get(id).filter(|unit| unit.validity.holds(on));
        let Some(unit) = unit else {
            let asked = self.name(id);
            return Err(Rule::UnknownUnit { asked, on, hint: None });
        };
        if unit.level() != level {
            return Err(UnitRule::WrongLevel { name: unit.name.clone() }.into());
        }
        if unit.validity.until.is_some() || unit.validity.from == Some(on) {
            return Err(UnitRule::AboutToChange { name: unit.name.clone() }.into());
        }
        Ok(())
    }

    /// Checks that units can be put into a unit that there is: neither another act nor this one ends it.
    fn goes_on(&self, id: UnitId, level: Level) -> Result<(), Rule> {
        self.stays(id, level)?;
        if self.ended.contains(&id) {
            return Err(UnitRule::Ends { name: self.name(id) }.into());
        }
        Ok(())
    }

    /// Every hamlet that goes elsewhere, once.
    pub(super) fn moves(&self, at: &Path, faults: &mut Faults) -> Vec<Move> {
        let (mut moves, mut gone, mut left) = (Vec::new(), HashSet::new(), HashSet::new());
        for (row, transfer) in self.this.transfers.iter().enumerate() {
            let at = at.field("transfers").index(row);
            let Transfer { from, to, hamlets } = transfer;
            let (from, to, named) = (*from, *to, hamlets.is_some());
            let leaves = faults.keep(at.field("from"), self.stays(from, Level::Commune));
            faults.keep(at.field("to"), self.check_target(from, to));
            if leaves.is_none() {
                continue;
            }
            let going = self.going(transfer);
            if going.is_empty() {
                let field = if named { "hamlets" } else { "from" };
                faults.push(at.field(field), UnitRule::NoHamlets.into());
                continue;
            }
            if left.insert(from) {
                faults.keep(at.field("from"), self.check_left(from));
            }
            for (index, &hamlet) in going.iter().enumerate() {
                let at = if named { at.field("hamlets").index(index) } else { at.field("from") };
                faults.keep(at, self.check_leaving(hamlet, from, &mut gone));
                moves.push(Move { hamlet, from, to });
            }
        }
        moves
    }

    /// Checks that a commune keeps hamlets on every later day if it does on the first, and none if it
    /// ends: other acts may bring it some, or take away those that are left.
    fn check_left(&self, commune: UnitId) -> Result<(), Rule> {
        let keeps_some = self.keeps_some(commune, &self.tree);
        let differs =
            |first: &Date| self.keeps_some(commune, &self.units.tree(*first)) != keeps_some;
        if self.units.boundaries_after(self.this.effective_on).iter().any(differs) {
            return Err(UnitRule::AboutToChange { name: self.name(commune) }.into());
        }
        Ok(())
    }

    /// Checks that a hamlet is in the commune it should leave, and that neither an earlier row nor another
    /// act, on the day or later, moves it.
    fn check_leaving(
        &self,
        hamlet: UnitId,
        from: UnitId,
        gone: &mut HashSet<UnitId>,
    ) -> Result<(), Rule> {
        let on = self.this.effective_on;
        if self.tree.parent(hamlet) != Some(from) {
            return Err(UnitRule::NotInCommune { name: self.name(hamlet) }.into());
        }
        if !gone.insert(hamlet) {
            return Err(UnitRule::TransferredTwice { name: self.name(hamlet) }.into());
        }
        self.stays(hamlet, Level::Hamlet)?;
        let later = self.units.boundaries_after(on).iter().copied();
        let mut days = on.pred_opt().into_iter().chain(later);
        if days.all(|day| self.units.tree(day).parent(hamlet) == Some(from)) {
            return Ok(());
        }
        Err(UnitRule::AboutToChange { name: self.name(hamlet) }.into())
    }

    fn check_target(&self, from: UnitId, to: Place) -> Result<(), Rule> {
        match to {
            Place::Known(to) if to == from => Err(UnitRule::IntoItself.into()),
            to => self.check_place(to, Level::Commune),
        }
    }

    fn check_place(&self, place: Place, level: Level) -> Result<(), Rule> {
        match place {
            Place::Known(id) => self.goes_on(id, level),
            Place::Founded(index) => match self.this.founded.get(index) {
                Some(founded) if founded.title.level() == level => Ok(()),
                Some(founded) => Err(wrong_level(founded)),
                None => {
                    let on = self.this.effective_on;
                    Err(Rule::UnknownUnit { asked: String::new(), on, hint: None })
                }
            },
        }
    }

    /// Checks every unit that begins.
    pub(super) fn check_founded(&self, at: &Path, faults: &mut Faults) {
        let mut first_with = HashMap::new();
        for (row, founded) in self.this.founded.iter().enumerate() {
            let at = at.field("founded").index(row);
            let first = *first_with.entry(founded.code).or_insert(row);
            if first != row {
                faults.push(at.field("code"), Rule::DuplicateInBatch { first });
            }
            faults.keep(at.field("code"), self.check_free(founded));
            if founded.code.level() != founded.title.level() {
                faults.push(at.field("code"), wrong_level(founded));
            }
            let title = founded.title.vietnamese();
            if !founded.name.as_str().to_lowercase().starts_with(&format!("{title} ")) {
                let title = founded.title;
                faults.push(at.field("name"), UnitRule::NameWithoutTitle { title }.into());
            }
            faults.keep(at.field("parent"), self.check_parent(founded));
        }
    }

    /// Checks that no unit has the code on the day or later.
    fn check_free(&self, founded: &Founded) -> Result<(), Rule> {
        let on = self.this.effective_on;
        let holder = self.units.all().iter().find(|unit| {
            unit.code == founded.code
                && (unit.validity.holds(on) || unit.validity.from.is_some_and(|from| from > on))
                && !self.ended.contains(&unit.id)
        });
        match holder {
            Some(holder) => Err(UnitRule::CodeInUse { name: holder.name.clone() }.into()),
            None => Ok(()),
        }
    }

    fn check_parent(&self, founded: &Founded) -> Result<(), Rule> {
        match founded.title.level() {
            Level::Hamlet => self.check_place(founded.parent, Level::Commune),
            Level::Commune => self.check_place(founded.parent, Level::Province),
            Level::District | Level::Province => Err(wrong_level(founded)),
        }
    }

    fn key(&self, place: Place) -> UnitId {
        match place {
            Place::Known(id) => id,
            Place::Founded(index) => {
                UnitId::new(self.first_key + i32::try_from(index).unwrap_or_default())
            }
        }
    }

    /// What follows from the act, if nothing stands against it.
    pub(super) fn carried_out(&self, moves: &[Move]) -> Reorganised {
        let effective_on = self.this.effective_on;
        let validity = Validity { from: Some(effective_on), until: None };
        let mut parentages = Vec::new();
        let mut founded = Vec::new();
        for (index, unit) in self.this.founded.iter().enumerate() {
            let id = self.key(Place::Founded(index));
            parentages.push(Parentage { unit: id, parent: self.key(unit.parent), validity });
            let (code, title, name) = (unit.code, unit.title, unit.name.as_str().to_owned());
            founded.push(Unit { id, code, title, name, validity });
        }
        parentages.extend(moves.iter().map(|step| {
            let (unit, parent) = (step.hamlet, self.key(step.to));
            Parentage { unit, parent, validity }
        }));
        Reorganised {
            effective_on,
            founded,
            ended: self.ended.clone(),
            moved: moves.iter().map(|step| step.hamlet).collect(),
            parentages,
            successions: self.successions(moves),
        }
    }

    /// What the communes that end became.
    fn successions(&self, moves: &[Move]) -> Vec<Succession> {
        let mut hamlets: BTreeMap<UnitId, BTreeMap<UnitId, u32>> = BTreeMap::new();
        for step in moves.iter().filter(|step| self.ended.contains(&step.from)) {
            *hamlets.entry(step.from).or_default().entry(self.key(step.to)).or_default() += 1;
        }
        let became = hamlets.into_iter().flat_map(|(old, parts)| {
            let shares = Share::divide(&parts.values().copied().collect::<Vec<_>>());
            parts.into_keys().zip(shares).map(move |(new, share)| (old, new, share))
        });
        let succession = |(old, new, share)| Succession {
            old,
            new,
            share,
            effective_on: self.this.effective_on,
            legal_act: self.this.legal_act.as_str().to_owned(),
        };
        became.map(succession).collect()
    }
}

fn wrong_level(founded: &Founded) -> Rule {
    UnitRule::WrongLevel { name: founded.name.as_str().to_owned() }.into()
}
