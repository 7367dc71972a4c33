//! Reorganisations: communes merge, split and are renamed, hamlets move and are founded, by one legal act.
//!
//! Everything is said by two lists: which units begin, and which hamlets go from one commune into
//! another. A commune whose hamlets all go ends; what it became follows from where they went.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Level, Parentage, Share, Succession, Title, Unit, UnitCode, UnitId, Units, Validity};
use crate::fault::{Faults, Language, Path, Rule, RuleCode};
use crate::text::Label;
use crate::time::Date;

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
    /// Which; all that the commune has if not told.
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

/// The rules of reorganisations that an input can break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitRule {
    /// The unit is not on the level that is needed.
    WrongLevel {
        /// Its name.
        name: String,
    },
    /// Another unit has the code on that day.
    CodeInUse {
        /// Its name.
        name: String,
    },
    /// The name does not begin with the title.
    NameWithoutTitle {
        /// The title.
        title: Title,
    },
    /// The unit is about to end, or to begin, by another act.
    AboutToChange {
        /// Its name.
        name: String,
    },
    /// The hamlet is not in the commune it should leave.
    NotInCommune {
        /// The hamlet's name.
        name: String,
    },
    /// The hamlet goes elsewhere by an earlier row.
    TransferredTwice {
        /// The hamlet's name.
        name: String,
    },
    /// A commune can't go into itself.
    IntoItself,
}

impl From<UnitRule> for Rule {
    fn from(rule: UnitRule) -> Self {
        Self::Unit(rule)
    }
}

impl UnitRule {
    /// The stable name of the rule, for programs.
    #[must_use]
    pub const fn code(&self) -> RuleCode {
        match self {
            Self::WrongLevel { .. } => RuleCode::WrongLevel,
            Self::CodeInUse { .. } => RuleCode::CodeInUse,
            Self::NameWithoutTitle { .. } => RuleCode::NameWithoutTitle,
            Self::AboutToChange { .. } => RuleCode::AboutToChange,
            Self::NotInCommune { .. } => RuleCode::NotInCommune,
            Self::TransferredTwice { .. } => RuleCode::TransferredTwice,
            Self::IntoItself => RuleCode::IntoItself,
        }
    }

    /// What is wrong and what to do, for people.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        match language {
            Language::English => self.english(),
            Language::Vietnamese => self.vietnamese(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::WrongLevel { name } => format!(
                "{name} stands on another level: hamlets go into communes, communes into provinces"
            ),
            Self::CodeInUse { name } => format!("{name} has this code on that day"),
            Self::NameWithoutTitle { title } => {
                format!("the full name begins with the title, {}", title.vietnamese())
            }
            Self::AboutToChange { name } => {
                format!("{name} is about to change by another act; take a day after that")
            }
            Self::NotInCommune { name } => format!("{name} is not in that commune on that day"),
            Self::TransferredTwice { name } => format!("{name} goes elsewhere by an earlier row"),
            Self::IntoItself => "a commune can't go into itself".into(),
        }
    }

    fn vietnamese(&self) -> String {
        match self {
            Self::WrongLevel { name } => {
                format!("{name} không đúng cấp: ấp, khu vực thuộc cấp xã; cấp xã thuộc cấp tỉnh")
            }
            Self::CodeInUse { name } => format!("{name} đang dùng mã này vào ngày đó"),
            Self::NameWithoutTitle { title } => {
                format!("tên đầy đủ phải bắt đầu bằng {}", title.vietnamese())
            }
            Self::AboutToChange { name } => {
                format!("{name} sắp thay đổi theo văn bản khác; hãy chọn ngày sau đó")
            }
            Self::NotInCommune { name } => format!("{name} không thuộc xã đó vào ngày đó"),
            Self::TransferredTwice { name } => {
                format!("{name} đã được chuyển ở một dòng phía trên")
            }
            Self::IntoItself => "một xã không thể nhập vào chính nó".into(),
        }
    }
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
        let act = Act { units, this: self, first_key };
        let moves = act.moves(at, &mut faults);
        let left: HashMap<UnitId, usize> = moves.iter().fold(HashMap::new(), |mut left, step| {
            *left.entry(step.from).or_default() += 1;
            left
        });
        let ended: Vec<UnitId> = left
            .iter()
            .filter(|(commune, count)| act.hamlets_of(**commune).len() == **count)
            .map(|(commune, _)| *commune)
            .collect();
        act.check_founded(&ended, at, &mut faults);
        faults.or(Some(act.carried_out(&moves, ended)))
    }
}

/// One hamlet on its way.
#[derive(Debug, Clone, Copy)]
struct Move {
    hamlet: UnitId,
    from: UnitId,
    to: Place,
}

/// A reorganisation and the units it is about.
struct Act<'act> {
    units: &'act Units,
    this: &'act Reorganisation,
    first_key: i32,
}

impl Act<'_> {
    fn hamlets_of(&self, commune: UnitId) -> Vec<UnitId> {
        self.units.tree(self.this.effective_on).children(commune).to_vec()
    }

    fn name(&self, unit: UnitId) -> String {
        self.units.get(unit).map(|unit| unit.name.clone()).unwrap_or_default()
    }

    /// Checks that a unit stands on a level on the day, and is there to stay.
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

    /// Every hamlet that goes elsewhere, once.
    fn moves(&self, at: &Path, faults: &mut Faults) -> Vec<Move> {
        let (mut moves, mut gone) = (Vec::new(), HashSet::new());
        for (row, transfer) in self.this.transfers.iter().enumerate() {
            let at = at.field("transfers").index(row);
            let Transfer { from, to, hamlets } = transfer;
            let stays = faults.keep(at.field("from"), self.stays(*from, Level::Commune));
            let arrives = faults.keep(at.field("to"), self.check_target(*from, *to));
            if stays.is_none() {
                continue;
            }
            let there = self.hamlets_of(*from);
            let last = self.units.tree(Date::MAX);
            let all = hamlets.is_none();
            for (index, hamlet) in hamlets.as_ref().unwrap_or(&there).iter().enumerate() {
                let name = || self.name(*hamlet);
                let at = if all { at.field("from") } else { at.field("hamlets").index(index) };
                if !there.contains(hamlet) {
                    faults.push(at, UnitRule::NotInCommune { name: name() }.into());
                } else if !gone.insert(*hamlet) {
                    faults.push(at, UnitRule::TransferredTwice { name: name() }.into());
                } else if last.parent(*hamlet) != Some(*from) {
                    faults.push(at, UnitRule::AboutToChange { name: name() }.into());
                } else if faults.keep(at, self.stays(*hamlet, Level::Hamlet)).is_some()
                    && arrives.is_some()
                {
                    moves.push(Move { hamlet: *hamlet, from: *from, to: *to });
                }
            }
        }
        moves
    }

    fn check_target(&self, from: UnitId, to: Place) -> Result<(), Rule> {
        match to {
            Place::Known(to) if to == from => Err(UnitRule::IntoItself.into()),
            Place::Known(to) => self.stays(to, Level::Commune),
            Place::Founded(index) => match self.this.founded.get(index) {
                Some(founded) if founded.title.level() == Level::Commune => Ok(()),
                Some(founded) => {
                    let name = founded.name.as_str().to_owned();
                    Err(UnitRule::WrongLevel { name }.into())
                }
                None => Err(unknown_code(self.this.effective_on)),
            },
        }
    }

    fn check_founded(&self, ended: &[UnitId], at: &Path, faults: &mut Faults) {
        let on = self.this.effective_on;
        let mut first_with = HashMap::new();
        for (row, founded) in self.this.founded.iter().enumerate() {
            let at = at.field("founded").index(row);
            let first = *first_with.entry(founded.code).or_insert(row);
            if first != row {
                faults.push(at.field("code"), Rule::DuplicateInBatch { first });
            }
            let holder = self.units.all().iter().find(|unit| {
                unit.code == founded.code
                    && (unit.validity.holds(on) || unit.validity.from.is_some_and(|from| from > on))
                    && !ended.contains(&unit.id)
            });
            if let Some(holder) = holder {
                let name = holder.name.clone();
                faults.push(at.field("code"), UnitRule::CodeInUse { name }.into());
            }
            let level = founded.title.level();
            if founded.code.level() != level {
                let name = founded.name.as_str().to_owned();
                faults.push(at.field("code"), UnitRule::WrongLevel { name }.into());
            }
            let title = founded.title.vietnamese();
            if !founded.name.as_str().to_lowercase().starts_with(&format!("{title} ")) {
                let title = founded.title;
                faults.push(at.field("name"), UnitRule::NameWithoutTitle { title }.into());
            }
            faults.keep(at.field("parent"), self.check_parent(founded, ended));
        }
    }

    fn check_parent(&self, founded: &Founded, ended: &[UnitId]) -> Result<(), Rule> {
        let above = match founded.title.level() {
            Level::Hamlet => Level::Commune,
            Level::Commune => Level::Province,
            Level::District | Level::Province => {
                let name = founded.name.as_str().to_owned();
                return Err(UnitRule::WrongLevel { name }.into());
            }
        };
        match founded.parent {
            Place::Known(id) if ended.contains(&id) => {
                Err(UnitRule::AboutToChange { name: self.name(id) }.into())
            }
            Place::Known(id) => self.stays(id, above),
            Place::Founded(index) => match self.this.founded.get(index) {
                Some(parent) if parent.title.level() == above => Ok(()),
                Some(parent) => {
                    let name = parent.name.as_str().to_owned();
                    Err(UnitRule::WrongLevel { name }.into())
                }
                None => Err(unknown_code(self.this.effective_on)),
            },
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

    fn carried_out(&self, moves: &[Move], mut ended: Vec<UnitId>) -> Reorganised {
        ended.sort_unstable();
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
        let mut shares: BTreeMap<(UnitId, UnitId), u32> = BTreeMap::new();
        for step in moves {
            let (unit, parent) = (step.hamlet, self.key(step.to));
            parentages.push(Parentage { unit, parent, validity });
            *shares.entry((step.from, parent)).or_default() += 1;
        }
        shares.retain(|(from, _), _| ended.contains(from));
        let succession = |((old, new), hamlets): ((UnitId, UnitId), u32)| Succession {
            old,
            new,
            share: self.share(old, hamlets),
            effective_on,
            legal_act: self.this.legal_act.as_str().to_owned(),
        };
        Reorganised {
            effective_on,
            founded,
            moved: moves.iter().map(|step| step.hamlet).collect(),
            parentages,
            successions: shares.into_iter().map(succession).collect(),
            ended,
        }
    }

    /// How much of a commune that many of its hamlets are.
    fn share(&self, commune: UnitId, hamlets: u32) -> Share {
        let all = u32::try_from(self.hamlets_of(commune).len()).unwrap_or(1).max(1);
        let millionths = Share::WHOLE.millionths() / all * hamlets;
        let rounded = if hamlets == all { Share::WHOLE.millionths() } else { millionths };
        Share::from_millionths(rounded).unwrap_or(Share::WHOLE)
    }
}

fn unknown_code(on: Date) -> Rule {
    Rule::UnknownUnit { asked: String::new(), on, hint: None }
}
