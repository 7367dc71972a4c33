use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::unit::{Level, Portion, Share, Validity};

/// Today in these tests is day 0.
fn day(offset: u16) -> Date {
    Date::from_ymd_opt(2027, 3, 1).unwrap() + chrono::Days::new(offset.into())
}

/// Later than any act of these tests.
const LAST_DAY: u16 = 10;

const PROVINCE: UnitId = UnitId::new(1);

/// What is stored of units.
struct Records {
    units: Vec<Unit>,
    parentages: Vec<Parentage>,
    successions: Vec<Succession>,
}

impl Records {
    /// A province of communes that have this many hamlets each.
    fn of(communes: &[u32]) -> Self {
        let mut records =
            Self { units: Vec::new(), parentages: Vec::new(), successions: Vec::new() };
        records.add("92", Title::CentralCity, "Thành phố Cần Thơ", None);
        for (index, hamlets) in communes.iter().enumerate() {
            let commune = format!("3144{index}");
            let id = records.add(&commune, Title::Commune, &format!("Xã {index}"), Some(PROVINCE));
            for hamlet in 1..=*hamlets {
                let name = format!("Ấp {hamlet} xã {index}");
                records.add(&format!("{commune}{hamlet:03}"), Title::Hamlet, &name, Some(id));
            }
        }
        records
    }

    fn add(&mut self, code: &str, title: Title, name: &str, parent: Option<UnitId>) -> UnitId {
        let id = UnitId::new(self.next_key());
        let validity = Validity::default();
        let (code, name) = (code.parse().unwrap(), name.to_owned());
        self.units.push(Unit { id, code, title, name, validity });
        self.parentages.extend(parent.map(|parent| Parentage { unit: id, parent, validity }));
        id
    }

    fn next_key(&self) -> i32 {
        i32::try_from(self.units.len()).unwrap() + 1
    }

    fn units(&self) -> Units {
        let (units, successions) = (self.units.clone(), self.successions.clone());
        Units::build(units, &self.parentages, successions).unwrap()
    }

    fn check(&self, act: &Reorganisation) -> Result<Reorganised, Faults> {
        act.check(&self.units(), day(0), self.next_key(), &Path::root())
    }

    /// As the store does it.
    fn carry_out(&mut self, plan: Reorganised) {
        let until = Some(plan.effective_on);
        for unit in self.units.iter_mut().filter(|unit| plan.ended.contains(&unit.id)) {
            unit.validity.until = until;
        }
        let open = |parentage: &&mut Parentage| {
            plan.moved.contains(&parentage.unit) && parentage.validity.until.is_none()
        };
        for parentage in self.parentages.iter_mut().filter(open) {
            parentage.validity.until = until;
        }
        self.units.extend(plan.founded);
        self.parentages.extend(plan.parentages);
        self.successions.extend(plan.successions);
    }

    fn accept(&mut self, act: &Reorganisation) -> Reorganised {
        let plan = self.check(act).unwrap();
        self.carry_out(plan.clone());
        plan
    }

    /// The rules that the act breaks, each with its place.
    fn refused(&self, act: &Reorganisation) -> Vec<String> {
        let faults = self.check(act).unwrap_err();
        let told = |fault: &crate::fault::Fault| format!("{:?} {}", fault.rule.code(), fault.path);
        faults.as_slice().iter().map(told).collect()
    }
}

fn on_level(units: &Units, level: Level, on: Date) -> Vec<UnitId> {
    let there = units.all().iter().filter(|unit| unit.level() == level && unit.validity.holds(on));
    there.map(|unit| unit.id).collect()
}

/// Every hamlet is in a commune and every commune in the province; a code means one unit.
fn check_day(units: &Units, on: Date) -> Result<(), TestCaseError> {
    let tree = units.tree(on);
    for unit in units.all().iter().filter(|unit| unit.validity.holds(on)) {
        prop_assert_eq!(units.resolve(unit.code, on).map(|unit| unit.id), Ok(unit.id));
        let parent = tree.parent(unit.id).and_then(|parent| units.get(parent));
        let above = parent.filter(|parent| parent.validity.holds(on)).map(Unit::level);
        let expected = match unit.level() {
            Level::Hamlet => Some(Level::Commune),
            Level::Commune => Some(Level::Province),
            _ => None,
        };
        prop_assert_eq!(above, expected, "{} on {}", unit.name, on);
    }
    let mut portions = units.portions(PROVINCE, on);
    portions.sort_by_key(|portion| portion.hamlet);
    let mut hamlets = on_level(units, Level::Hamlet, on);
    hamlets.sort_unstable();
    let whole = |hamlet| Portion { hamlet, share: Share::WHOLE };
    prop_assert_eq!(portions, hamlets.into_iter().map(whole).collect::<Vec<_>>());
    Ok(())
}

/// Communes become others whole, and while they last none loses its last hamlet.
fn check_communes(units: &Units) -> Result<(), TestCaseError> {
    for unit in units.all().iter().filter(|unit| unit.level() == Level::Commune) {
        let shares = units.successors(unit.id).map(|became| became.share.millionths());
        let expected = if unit.validity.until.is_some() { 1_000_000 } else { 0 };
        prop_assert_eq!(shares.sum::<u32>(), expected, "{}", &unit.name);
        for offset in 0..LAST_DAY {
            let hamlets = |offset| units.tree(day(offset)).children(unit.id).len();
            if hamlets(offset) > 0 && unit.validity.holds(day(offset + 1)) {
                prop_assert!(hamlets(offset + 1) > 0, "{} after {}", &unit.name, day(offset));
            }
        }
    }
    Ok(())
}

/// Every act holds on its day, whatever was recorded before and after it.
fn check_parentages(records: &Records, units: &Units) -> Result<(), TestCaseError> {
    for Parentage { unit, parent, validity } in &records.parentages {
        if let Some(first) = validity.from {
            prop_assert_eq!(units.tree(first).parent(*unit), Some(*parent), "on {}", first);
        }
    }
    Ok(())
}

/// A place before it is known which units there are.
#[derive(Debug, Clone, Copy)]
enum Somewhere {
    Known(usize),
    Founded(usize),
}

#[derive(Debug, Clone)]
struct RandomAct {
    on: u16,
    /// Communes to found, by the last digit of their codes.
    communes: Vec<u32>,
    /// Hamlets to found.
    hamlets: Vec<(u32, Somewhere)>,
    /// From, to, and whether all hamlets or which of them.
    transfers: Vec<(usize, Somewhere, Option<Vec<bool>>)>,
}

fn random_act() -> impl Strategy<Value = RandomAct> {
    let somewhere = || {
        prop_oneof![
            3 => (0usize..9).prop_map(Somewhere::Known),
            2 => (0usize..2).prop_map(Somewhere::Founded),
        ]
    };
    let which = prop::option::weighted(0.5, prop::collection::vec(any::<bool>(), 0..5));
    (
        1u16..6,
        prop::collection::vec(0u32..10, 0..3),
        prop::collection::vec((1u32..20, somewhere()), 0..2),
        prop::collection::vec((0usize..9, somewhere(), which), 0..4),
    )
        .prop_map(|(on, communes, hamlets, transfers)| RandomAct {
            on,
            communes,
            hamlets,
            transfers,
        })
}

impl RandomAct {
    fn among(&self, units: &Units) -> Reorganisation {
        let on = day(self.on);
        let communes = on_level(units, Level::Commune, on);
        let place = |somewhere| match somewhere {
            Somewhere::Known(index) => Place::Known(communes[index % communes.len()]),
            Somewhere::Founded(index) => Place::Founded(index),
        };
        let commune = |digit: &u32| {
            founded(&format!("3144{digit}"), Title::Commune, "Xã mới", Place::Known(PROVINCE))
        };
        let hamlet = |(number, parent): &(u32, Somewhere)| {
            founded(&format!("31449{number:03}"), Title::Hamlet, "Ấp mới", place(*parent))
        };
        let hamlets = self.hamlets.iter().map(hamlet);
        let transfers = self.transfers.iter().map(|(from, to, which)| {
            let from = communes[from % communes.len()];
            let named = which.as_ref().map(|which| {
                let there = units.tree(on).children(from).to_vec().into_iter().zip(which);
                there.filter_map(|(hamlet, goes)| goes.then_some(hamlet)).collect()
            });
            Transfer { from, to: place(*to), hamlets: named }
        });
        Reorganisation {
            legal_act: Label::parse("99/NQ-UBTVQH16").unwrap(),
            effective_on: on,
            founded: self.communes.iter().map(commune).chain(hamlets).collect(),
            transfers: transfers.collect(),
        }
    }
}

fn founded(code: &str, title: Title, name: &str, parent: Place) -> Founded {
    let (code, name) = (code.parse().unwrap(), Label::parse(name).unwrap());
    Founded { code, title, name, parent }
}

#[test]
fn accepted_acts_leave_every_hamlet_in_one_commune() {
    let config = Config { cases: 500, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let accepted = Cell::new(0);
    let all_acts = prop::collection::vec(random_act(), 1..10);
    let checked = runner.run(&all_acts, |acts| {
        let mut records = Records::of(&[2, 3, 1, 2]);
        for act in acts {
            let Ok(plan) = records.check(&act.among(&records.units())) else { continue };
            accepted.set(accepted.get() + 1);
            records.carry_out(plan);
            let units = records.units();
            (0..=LAST_DAY).try_for_each(|offset| check_day(&units, day(offset)))?;
            check_communes(&units)?;
            check_parentages(&records, &units)?;
        }
        Ok(())
    });
    checked.unwrap();
    assert!(accepted.get() > 300, "only {} acts were accepted", accepted.get());
}

// The communes of `Records::of(&[2, 2, …])`; the keys of their hamlets follow theirs.
const A: UnitId = UnitId::new(2);
const B: UnitId = UnitId::new(5);
const C: UnitId = UnitId::new(8);

fn act(on: u16, founded: Vec<Founded>, transfers: Vec<Transfer>) -> Reorganisation {
    let legal_act = Label::parse("99/NQ-UBTVQH16").unwrap();
    Reorganisation { legal_act, effective_on: day(on), founded, transfers }
}

fn all(from: UnitId, to: UnitId) -> Transfer {
    Transfer { from, to: Place::Known(to), hamlets: None }
}

fn some(from: UnitId, to: UnitId, hamlets: &[i32]) -> Transfer {
    let hamlets = hamlets.iter().copied().map(UnitId::new).collect();
    Transfer { hamlets: Some(hamlets), ..all(from, to) }
}

#[test]
fn nothing_goes_into_a_commune_that_ends_with_the_act() {
    let records = Records::of(&[2, 2, 2]);
    let chain = act(1, Vec::new(), vec![all(A, B), all(B, C)]);
    assert_eq!(records.refused(&chain), ["AboutToChange transfers[0].to"]);
    let exchange = act(1, Vec::new(), vec![all(A, B), all(B, A)]);
    assert_eq!(
        records.refused(&exchange),
        ["AboutToChange transfers[0].to", "AboutToChange transfers[1].to"]
    );
    let filled_again = act(1, Vec::new(), vec![all(A, B), some(C, A, &[9])]);
    assert_eq!(records.refused(&filled_again), ["AboutToChange transfers[1].to"]);
    let hamlet = founded("31440900", Title::Hamlet, "Ấp mới", Place::Known(A));
    let founded_there = act(1, vec![hamlet], vec![all(A, B)]);
    assert_eq!(records.refused(&founded_there), ["AboutToChange founded[0].parent"]);
    // Both keep some.
    let mut records = records;
    let exchange = act(1, Vec::new(), vec![some(A, B, &[3]), some(B, A, &[6])]);
    assert_eq!(records.accept(&exchange).ended, []);
}

#[test]
fn a_commune_that_a_later_act_fills_does_not_end_before() {
    let mut records = Records::of(&[2, 2, 2]);
    records.accept(&act(6, Vec::new(), vec![some(C, A, &[9])]));
    let merger = |on| act(on, Vec::new(), vec![all(A, B)]);
    assert_eq!(records.refused(&merger(5)), ["AboutToChange transfers[0].from"]);
    // On the same day it is not yet known what was there before.
    assert_eq!(records.refused(&merger(6)), ["AboutToChange transfers[0].from"]);
    assert_eq!(records.accept(&merger(7)).ended, [A]);

    let mut records = Records::of(&[2, 2, 2]);
    let hamlet = founded("31440900", Title::Hamlet, "Ấp mới", Place::Known(A));
    records.accept(&act(6, vec![hamlet], Vec::new()));
    assert_eq!(records.refused(&merger(5)), ["AboutToChange transfers[0].from"]);
    assert_eq!(records.accept(&merger(7)).moved.len(), 3);
}

#[test]
fn a_commune_that_a_later_act_would_leave_empty_is_not_lessened_before() {
    let mut records = Records::of(&[2, 2, 2]);
    records.accept(&act(6, Vec::new(), vec![some(A, C, &[3])]));
    let other = |on| act(on, Vec::new(), vec![some(A, B, &[4])]);
    assert_eq!(records.refused(&other(5)), ["AboutToChange transfers[0].from"]);
    assert_eq!(records.accept(&other(7)).ended, [A]);
}

#[test]
fn a_hamlet_that_a_later_act_moves_stays_until_then() {
    let mut records = Records::of(&[2, 2, 2]);
    let moved = |on, to| act(on, Vec::new(), vec![some(A, to, &[3])]);
    records.accept(&moved(6, B));
    assert_eq!(records.refused(&moved(5, C)), ["AboutToChange transfers[0].hamlets[0]"]);
    assert_eq!(records.refused(&moved(6, C)), ["NotInCommune transfers[0].hamlets[0]"]);
}

#[test]
fn a_row_that_moves_no_hamlet_is_refused() {
    let mut records = Records::of(&[2, 2, 0]);
    let nothing = act(1, Vec::new(), vec![some(A, B, &[]), all(UnitId::new(8), B)]);
    assert_eq!(
        records.refused(&nothing),
        ["NothingToChange transfers[0].hamlets", "NothingToChange transfers[1].from"]
    );
    let into_the_empty = act(1, Vec::new(), vec![some(A, C, &[3])]);
    assert_eq!(records.accept(&into_the_empty).parentages.len(), 1);
}

#[test]
fn a_commune_in_three_parts_goes_over_whole() {
    let mut records = Records::of(&[3, 1, 1]);
    let [from, to, other] = [2, 6, 8].map(UnitId::new);
    let commune = founded("31449", Title::Commune, "Xã mới", Place::Known(PROVINCE));
    let into_new = Transfer { to: Place::Founded(0), ..some(from, to, &[5]) };
    let transfers = vec![some(from, to, &[3]), some(from, other, &[4]), into_new];
    let plan = records.accept(&act(1, vec![commune], transfers));
    let shares = plan.successions.iter().map(|became| became.share.millionths());
    assert_eq!(shares.collect::<Vec<_>>(), [333_333, 333_333, 333_334]);
}
