//! The hierarchy of units on any date, in memory. Built once from all units and shared.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::{
    Level, Parentage, Portion, Share, Succession, Unit, UnitCode, UnitId, UnitMap, Validity,
};
use crate::fault::Rule;
use crate::text::{self, VietnameseOrder};
use crate::time::Date;

/// The place of a unit in [`Units::all`]. Units are kept in Vietnamese order, so places sort.
type Place = usize;

/// Every unit that ever was, what each belonged to and became, and the tree of any date.
#[derive(Debug)]
pub struct Units {
    all: Vec<Unit>,
    search_keys: Vec<Vec<String>>,
    places: UnitMap<Place>,
    by_code: HashMap<UnitCode, Vec<Place>>,
    parentages: HashMap<Place, Vec<(Place, Validity)>>,
    successions: Vec<Succession>,
    /// First days of the spans in which no unit or parentage changes.
    boundaries: Vec<Date>,
    trees: Vec<OnceLock<Arc<UnitTree>>>,
}

/// What a code or id was found to mean on a date.
pub type Resolved<'units> = Result<&'units Unit, Rule>;

/// The stored units don't make a hierarchy.
#[derive(Debug, thiserror::Error)]
pub enum UnitsError {
    /// The compiled-in locale data lacks Vietnamese.
    #[error("the Vietnamese sort order is missing from this build")]
    NoVietnameseOrder,
    /// A parentage or succession names a unit that does not exist.
    #[error("a parentage or succession names unit {0}, which does not exist")]
    UnknownUnit(i32),
}

impl Units {
    /// Checks references and sorts the units by level and name.
    pub fn build(
        mut units: Vec<Unit>,
        parentages: &[Parentage],
        successions: Vec<Succession>,
    ) -> Result<Self, UnitsError> {
        let order = VietnameseOrder::load().ok_or(UnitsError::NoVietnameseOrder)?;
        units.sort_by(|left, right| {
            (left.level().cmp(&right.level()))
                .then_with(|| order.compare(left.bare_name(), right.bare_name()))
                .then(left.code.cmp(&right.code))
                .then(left.id.cmp(&right.id))
        });
        let places: UnitMap<Place> =
            units.iter().enumerate().map(|(at, unit)| (unit.id, at)).collect();
        let place = |id: UnitId| places.get(&id).copied().ok_or(UnitsError::UnknownUnit(id.get()));

        let mut by_code: HashMap<_, Vec<_>> = HashMap::new();
        for (at, unit) in units.iter().enumerate() {
            by_code.entry(unit.code).or_default().push(at);
        }
        let mut parents: HashMap<_, Vec<_>> = HashMap::new();
        for parentage in parentages {
            let entry = (place(parentage.parent)?, parentage.validity);
            parents.entry(place(parentage.unit)?).or_default().push(entry);
        }
        for succession in &successions {
            place(succession.old)?;
            place(succession.new)?;
        }
        let boundaries = boundaries(&units, parentages);
        Ok(Self {
            search_keys: units.iter().map(search_keys).collect(),
            trees: boundaries.iter().map(|_| OnceLock::new()).collect(),
            all: units,
            places,
            by_code,
            parentages: parents,
            successions,
            boundaries,
        })
    }

    /// All units of all times: by level, then in Vietnamese order.
    #[must_use]
    pub fn all(&self) -> &[Unit] {
        &self.all
    }

    /// A unit by its key.
    #[must_use]
    pub fn get(&self, id: UnitId) -> Option<&Unit> {
        self.places.get(&id).map(|place| &self.all[*place])
    }

    /// The place of a unit in the order of [`Self::all`].
    #[must_use]
    pub fn rank(&self, id: UnitId) -> Option<usize> {
        self.places.get(&id).copied()
    }

    /// The unit that has `code` on `date`.
    pub fn resolve(&self, code: UnitCode, on: Date) -> Resolved<'_> {
        let ever = self.by_code.get(&code).map_or(&[][..], Vec::as_slice);
        let mut valid =
            ever.iter().map(|place| &self.all[*place]).filter(|unit| unit.validity.holds(on));
        match (valid.next(), valid.next()) {
            (Some(unit), None) => Ok(unit),
            (Some(_), Some(_)) => Err(Rule::AmbiguousUnit { asked: code.to_string(), on }),
            (None, _) => {
                Err(Rule::UnknownUnit { asked: code.to_string(), on, hint: self.hint(ever) })
            }
        }
    }

    /// The hamlet that has `code` on `date`, for a household to live in.
    pub fn resolve_hamlet(&self, code: UnitCode, on: Date) -> Resolved<'_> {
        let known = |listed_in| self.by_code.contains_key(&listed_in);
        if code.listed_in().is_some_and(|commune| !known(commune)) {
            return Err(Rule::OutsideProvince { asked: code.to_string() });
        }
        self.hamlet(self.resolve(code, on)?, on)
    }

    /// Checks that `unit` is a hamlet that belongs to the province on `date`.
    pub fn hamlet<'units>(&self, unit: &'units Unit, on: Date) -> Resolved<'units> {
        if unit.level() != Level::Hamlet {
            return Err(Rule::NotAHamlet { name: unit.name.clone() });
        }
        if self.tree(on).ancestors(unit.id).next().is_none() {
            return Err(Rule::OutsideProvince { asked: unit.code.to_string() });
        }
        Ok(unit)
    }

    fn hint(&self, ever: &[Place]) -> Option<String> {
        let spans = ever.iter().map(|place| {
            let Unit { name, validity: Validity { from, until }, .. } = &self.all[*place];
            match (from, until) {
                (None, None) => name.clone(),
                (Some(from), None) => format!("{name} ({from} → …)"),
                (None, Some(until)) => format!("{name} (… → {until})"),
                (Some(from), Some(until)) => format!("{name} ({from} → {until})"),
            }
        });
        let spans: Vec<_> = spans.collect();
        (!spans.is_empty()).then(|| spans.join("; "))
    }

    /// Whether `query`, as people type it, finds the unit.
    #[must_use]
    pub fn matches(&self, id: UnitId, query: &UnitQuery) -> bool {
        self.places.get(&id).is_some_and(|place| {
            self.search_keys[*place].iter().any(|key| text::matches_at_word(key, &query.0))
        })
    }

    /// The hierarchy on `date`.
    #[must_use]
    pub fn tree(&self, date: Date) -> Arc<UnitTree> {
        let span = self.boundaries.partition_point(|first| *first <= date).saturating_sub(1);
        match self.trees.get(span) {
            Some(tree) => Arc::clone(tree.get_or_init(|| Arc::new(UnitTree::build(self, date)))),
            None => Arc::new(UnitTree::build(self, date)),
        }
    }

    /// The first day of the span around `date` in which no unit or parentage changes.
    #[must_use]
    pub fn span(&self, date: Date) -> Date {
        let past = self.boundaries.partition_point(|first| *first <= date);
        past.checked_sub(1).map_or(Date::MIN, |at| self.boundaries[at])
    }

    /// The days after `date` on which any unit or parentage changes, in order.
    pub(super) fn boundaries_after(&self, date: Date) -> &[Date] {
        &self.boundaries[self.boundaries.partition_point(|first| *first <= date)..]
    }

    /// What `unit` came from.
    pub fn predecessors(&self, unit: UnitId) -> impl Iterator<Item = &Succession> {
        self.successions.iter().filter(move |succession| succession.new == unit)
    }

    /// What `unit` became.
    pub fn successors(&self, unit: UnitId) -> impl Iterator<Item = &Succession> {
        self.successions.iter().filter(move |succession| succession.old == unit)
    }

    /// The hamlets, of any time, whose figures make up `unit` on the boundaries of `date`.
    ///
    /// Hamlets that were dissolved by then count where they went. Empty if the unit is not valid then.
    #[must_use]
    pub fn portions(&self, unit: UnitId, boundaries_on: Date) -> Vec<Portion> {
        let tree = self.tree(boundaries_on);
        let mut found = Vec::new();
        for &member in tree.subtree(unit) {
            if self.get(member).is_some_and(|unit| unit.level() == Level::Hamlet) {
                self.collect_portions(
                    Portion { hamlet: member, share: Share::WHOLE },
                    boundaries_on,
                    &mut found,
                );
            }
        }
        found
    }

    fn collect_portions(&self, portion: Portion, until: Date, found: &mut Vec<Portion>) {
        for before in
            self.predecessors(portion.hamlet).filter(|before| before.effective_on <= until)
        {
            let share = before.share.of(portion.share);
            self.collect_portions(Portion { hamlet: before.old, share }, until, found);
        }
        found.push(portion);
    }
}

/// A search text, folded once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UnitQuery(String);

impl UnitQuery {
    /// Folds what a person typed; `None` if nothing is left to search for.
    #[must_use]
    pub fn new(typed: &str) -> Option<Self> {
        let folded = text::fold(typed);
        (!folded.is_empty()).then_some(Self(folded))
    }
}

/// The folded name, and for "Phường III" also "phuong 3", as other lists write it.
fn search_keys(unit: &Unit) -> Vec<String> {
    const ROMAN: [&str; 8] = ["", "I", "II", "III", "IV", "V", "VI", "VII"];
    let mut keys = vec![text::fold(&unit.name)];
    let bare = unit.bare_name();
    if let Some(number) = ROMAN.iter().position(|roman| *roman == bare) {
        keys.push(format!("{} {number}", text::fold(unit.title.vietnamese())));
    }
    keys
}

fn boundaries(units: &[Unit], parentages: &[Parentage]) -> Vec<Date> {
    let validities = units.iter().map(|unit| unit.validity);
    let validities = validities.chain(parentages.iter().map(|parentage| parentage.validity));
    let mut dates: Vec<Date> =
        validities.flat_map(|span| [span.from, span.until]).flatten().collect();
    dates.push(Date::MIN);
    dates.sort_unstable();
    dates.dedup();
    dates
}

/// The hierarchy on one date. Subtree tests cost two comparisons.
#[derive(Debug)]
pub struct UnitTree {
    /// Units in depth-first order; a unit's subtree is the run that begins at it.
    preorder: Vec<UnitId>,
    nodes: UnitMap<Node>,
}

#[derive(Debug, Clone)]
struct Node {
    parent: Option<UnitId>,
    children: Vec<UnitId>,
    /// The run of the subtree in `preorder`.
    enter: usize,
    leave: usize,
}

impl UnitTree {
    fn build(units: &Units, date: Date) -> Self {
        let mut children: HashMap<Option<Place>, Vec<Place>> = HashMap::new();
        let mut parents: HashMap<Place, Place> = HashMap::new();
        for (place, unit) in units.all.iter().enumerate() {
            if !unit.validity.holds(date) {
                continue;
            }
            let spans = units.parentages.get(&place).map_or(&[][..], Vec::as_slice);
            let parent = spans
                .iter()
                .find(|(parent, span)| span.holds(date) && units.all[*parent].validity.holds(date));
            if let Some((parent, _)) = parent {
                parents.insert(place, *parent);
            }
            children.entry(parent.map(|(parent, _)| *parent)).or_default().push(place);
        }
        let mut tree = Self { preorder: Vec::new(), nodes: UnitMap::default() };
        for root in children.get(&None).cloned().unwrap_or_default() {
            tree.visit(units, root, &children, &parents);
        }
        tree
    }

    fn visit(
        &mut self,
        units: &Units,
        place: Place,
        children: &HashMap<Option<Place>, Vec<Place>>,
        parents: &HashMap<Place, Place>,
    ) {
        let id = |place: &Place| units.all[*place].id;
        let enter = self.preorder.len();
        self.preorder.push(id(&place));
        let below = children.get(&Some(place)).map_or(&[][..], Vec::as_slice);
        for child in below {
            self.visit(units, *child, children, parents);
        }
        let node = Node {
            parent: parents.get(&place).map(id),
            children: below.iter().map(id).collect(),
            enter,
            leave: self.preorder.len(),
        };
        self.nodes.insert(id(&place), node);
    }

    /// Whether the unit exists on the date.
    #[must_use]
    pub fn contains(&self, unit: UnitId) -> bool {
        self.nodes.contains_key(&unit)
    }

    /// What the unit belongs to on the date.
    #[must_use]
    pub fn parent(&self, unit: UnitId) -> Option<UnitId> {
        self.nodes.get(&unit)?.parent
    }

    /// What the unit belongs to, from the nearest up.
    pub fn ancestors(&self, unit: UnitId) -> impl Iterator<Item = UnitId> {
        std::iter::successors(self.parent(unit), |above| self.parent(*above))
    }

    /// The units directly below, in Vietnamese order.
    #[must_use]
    pub fn children(&self, unit: UnitId) -> &[UnitId] {
        self.nodes.get(&unit).map_or(&[], |node| &node.children)
    }

    /// The unit and everything below it.
    #[must_use]
    pub fn subtree(&self, unit: UnitId) -> &[UnitId] {
        self.nodes.get(&unit).map_or(&[], |node| &self.preorder[node.enter..node.leave])
    }

    /// Whether `unit` is `ancestor` or lies below it.
    #[must_use]
    pub fn is_within(&self, unit: UnitId, ancestor: UnitId) -> bool {
        match (self.nodes.get(&unit), self.nodes.get(&ancestor)) {
            (Some(unit), Some(ancestor)) => (ancestor.enter..ancestor.leave).contains(&unit.enter),
            _ => false,
        }
    }
}
