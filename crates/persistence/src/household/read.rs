//! Reading households: by number, and as keyset pages of any number of scopes in one statement.

use std::cmp::Ordering;
use std::sync::Arc;

use registry_domain::access::Scope;
use registry_domain::connectivity::FixedProvider;
use registry_domain::household::{
    HeadState, Household, HouseholdCodePrefix, HouseholdNumber, HouseholdState, Status,
};
use registry_domain::page::{Page, PageRequest};
use registry_domain::personal::{CitizenNumber, Clarity};
use registry_domain::time::{Date, Instant};
use registry_domain::unit::UnitId;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Func, Query, SelectStatement, SimpleExpr};
use sea_orm::{ConnectionTrait, EntityName};

use super::together::read_together;
use super::{composition, number, past, status, stored_number};
use crate::cells::Cells;
use crate::entity::household::{Column, Entity};
use crate::page::{Direction, counts, one_statement_each, read_tag};
use crate::{Reader, StoreError};

/// How much of households is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HouseholdExtent {
    /// Which they are, where they live and when they were surveyed.
    Place,
    /// How they are as well.
    State,
    /// All of it, with the head: opened, and shown in clear or masked as [`Reader`] decides.
    Head,
}

/// The hamlets whose households are meant; `None` for the whole registry.
pub type HouseholdScope = Option<Arc<[UnitId]>>;

/// Conditions on households; all of those given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct HouseholdFilter {
    /// Whether the newest survey found fibre; never surveyed households match neither.
    pub has_fibre: Option<bool>,
    /// The provider of the fixed line by the newest survey.
    pub provider: Option<FixedProvider>,
    /// The status.
    pub status: Option<Status>,
    /// The newest survey is before this date, or there is none.
    pub surveyed_before: Option<Date>,
    /// The newest survey is after this date.
    pub surveyed_after: Option<Date>,
    /// The code begins so.
    pub code_prefix: Option<HouseholdCodePrefix>,
    /// The head has this citizen number; found by keyed hash, where the head may be seen in clear.
    /// Needs `pii:read` and a purpose; each search that finds leaves a note.
    pub citizen_number: Option<CitizenNumber>,
    /// Known at this moment: households, and what the other conditions say of them.
    pub as_of: Option<Instant>,
}

/// The orders of a list of households.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HouseholdOrder {
    /// By what.
    pub by: HouseholdSort,
    /// Which way.
    pub direction: Direction,
}

/// What households can be sorted by; always unique by the code in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HouseholdSort {
    /// The code.
    Code,
    /// The date of the newest survey; those never surveyed count as oldest.
    SurveyedOn,
}

/// Where a household stands in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HouseholdKey {
    /// The date of the newest survey, if the list is sorted by it.
    pub surveyed_on: Option<Date>,
    /// The number.
    pub number: HouseholdNumber,
}

impl HouseholdKey {
    /// Where `household` stands in a list sorted by `sort`.
    #[must_use]
    pub fn of(household: &Household, sort: HouseholdSort) -> Self {
        let surveyed_on = match sort {
            HouseholdSort::Code => None,
            HouseholdSort::SurveyedOn => household.surveyed_on,
        };
        Self { surveyed_on, number: household.number }
    }
}

/// One page of a list of households.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HouseholdQuery {
    /// Which.
    pub filter: HouseholdFilter,
    /// In which order.
    pub order: HouseholdOrder,
    /// Which part.
    pub page: PageRequest<HouseholdKey>,
    /// How much of each.
    pub extent: HouseholdExtent,
}

/// The columns that tell the place of a [`Household`].
const PLACE: [Column; 3] = [Column::Number, Column::HamletId, Column::SurveyedOn];

/// The columns of a [`HouseholdState`].
const STATE: [Column; 7] = [
    Column::Members,
    Column::Adults,
    Column::WorkingAge,
    Column::Status,
    Column::RegisteredOn,
    Column::EffectiveOn,
    Column::Version,
];

/// The first and last number of a range that is asked for by itself: the primary key finds one range in order, but
/// not either of two. `None` for all numbers.
type Part = Option<(u32, u32)>;

/// The parts of a list: by a code prefix there are as many as ranges, and at least one.
fn parts(filter: &HouseholdFilter) -> Vec<Part> {
    match filter.code_prefix {
        None => vec![None],
        Some(prefix) => prefix.ranges().map(Some).collect(),
    }
}

impl Reader {
    /// The households with these numbers, in no order, as known at a moment or now; unknown numbers are left out.
    pub async fn households(
        &self,
        numbers: &[HouseholdNumber],
        extent: HouseholdExtent,
        as_of: Option<Instant>,
    ) -> Result<Vec<Household>, StoreError> {
        self.require(Scope::RegistryRead)?;
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        if let ([number], None) = (numbers, as_of)
            && extent < HouseholdExtent::Head
            && self.connection.share()
            && let Some(found) = read_together(&self.store, *number).await
        {
            return Ok(found.into_iter().collect());
        }
        let select = by_number(numbers.iter().copied(), extent, as_of);
        let rows = self.connection.query_all(&select).await?;
        let read = |row| self.household(&mut Cells::of(row)?, extent, as_of);
        let found: Vec<Household> = rows.iter().map(read).collect::<Result<_, _>>()?;
        self.note_clear_reads(&shown_in_clear(&found)).await?;
        Ok(found)
    }

    /// One page of one scope.
    pub async fn household_page(
        &self,
        scope: &HouseholdScope,
        query: &HouseholdQuery,
    ) -> Result<Page<Household>, StoreError> {
        let mut pages = self.household_pages(std::slice::from_ref(scope), query).await?;
        pages.pop().ok_or_else(|| StoreError::damaged("page"))
    }

    /// One page per scope, in the order of the scopes.
    pub async fn household_pages(
        &self,
        scopes: &[HouseholdScope],
        query: &HouseholdQuery,
    ) -> Result<Vec<Page<Household>>, StoreError> {
        self.require(Scope::RegistryRead)?;
        self.require_filter(&query.filter)?;
        let direction = query.order.direction.of_rows(query.page.take);
        let parts = parts(&query.filter);
        let of_scope = |scope| parts.iter().map(move |part| self.page_select(scope, *part, query));
        let selects = scopes.iter().flat_map(of_scope).collect();
        let mut found: Vec<Vec<Household>> = vec![Vec::new(); scopes.len()];
        for statement in one_statement_each(selects) {
            for row in self.connection.query_all(&statement).await? {
                let mut cells = Cells::of(&row)?;
                let household = self.household(&mut cells, query.extent, query.filter.as_of)?;
                found[read_tag(&mut cells)? / parts.len()].push(household);
            }
        }
        let page = |mut households: Vec<Household>| {
            // A union keeps no promise about the order of its parts' rows.
            households.sort_unstable_by(|left, right| {
                let order = compare(left, right, query.order.by);
                if direction == Direction::Descending { order.reverse() } else { order }
            });
            Page::from_overfetch(households, &query.page)
        };
        let pages: Vec<Page<Household>> = found.into_iter().map(page).collect();
        let clear = pages.iter().flat_map(|page| shown_in_clear(&page.items)).collect::<Vec<_>>();
        self.note_clear_reads(&clear).await?;
        self.note_search(scopes, &query.filter).await?;
        Ok(pages)
    }

    /// How many households each scope has.
    pub async fn household_counts(
        &self,
        scopes: &[HouseholdScope],
        filter: &HouseholdFilter,
    ) -> Result<Vec<u64>, StoreError> {
        self.require(Scope::RegistryRead)?;
        self.require_filter(filter)?;
        let parts = parts(filter);
        let select = |scope, part| {
            let mut select = Query::select();
            from(&mut select, filter.as_of);
            select.cond_where(self.condition(scope, part, filter)).to_owned()
        };
        let of_scope = |scope| parts.iter().map(move |part| select(scope, *part));
        let selects = scopes.iter().flat_map(of_scope).collect();
        let counts = counts(&self.connection, selects).await?;
        let counts = counts.chunks(parts.len()).map(|parts| parts.iter().sum()).collect();
        self.note_search(scopes, filter).await?;
        Ok(counts)
    }

    /// Finding whose number it is reads personal data as much as showing it.
    fn require_filter(&self, filter: &HouseholdFilter) -> Result<(), StoreError> {
        match filter.citizen_number {
            Some(_) => self.require_clear(),
            None => Ok(()),
        }
    }

    /// Notes the households found by a citizen number: that they were found tells whose it is, whether
    /// they are shown, masked, or only counted.
    async fn note_search(
        &self,
        scopes: &[HouseholdScope],
        filter: &HouseholdFilter,
    ) -> Result<(), StoreError> {
        if filter.citizen_number.is_none() {
            return Ok(());
        }
        let parts = parts(filter);
        let select = |scope, part| {
            let mut select = Query::select();
            select.columns([Column::Number, Column::HamletId]).from(Entity);
            select.cond_where(self.condition(scope, part, filter)).to_owned()
        };
        let of_scope = |scope| parts.iter().map(move |part| select(scope, *part));
        let mut found = Vec::new();
        for statement in one_statement_each(scopes.iter().flat_map(of_scope).collect()) {
            for row in self.connection.query_all(&statement).await? {
                let hamlet = UnitId::new(row.try_get("", "hamlet_id")?);
                found.push((number(row.try_get("", "number")?), hamlet));
            }
        }
        self.note_clear_reads(&found).await
    }

    fn household(
        &self,
        cells: &mut Cells<'_>,
        extent: HouseholdExtent,
        as_of: Option<Instant>,
    ) -> Result<Household, StoreError> {
        let mut household = cells.read_household(extent)?;
        if extent >= HouseholdExtent::Head {
            let head = self.sealer().open(household.number, cells.read()?)?;
            // Who may see it is decided by the present, whatever moment is asked about.
            let lives_in = match as_of {
                None => household.hamlet,
                Some(_) => UnitId::new(cells.read()?),
            };
            household.head = head.map_or(HeadState::Erased, |head| {
                HeadState::Seen(head.seen(self.clarity(lives_in)))
            });
        }
        Ok(household)
    }

    fn page_select(
        &self,
        scope: &HouseholdScope,
        part: Part,
        query: &HouseholdQuery,
    ) -> SelectStatement {
        let mut select = base(query.extent, query.filter.as_of);
        select.cond_where(self.condition(scope, part, &query.filter));
        let PageRequest { take, after, before } = &query.page;
        let ascending_list = query.order.direction == Direction::Ascending;
        if let Some(after) = after {
            select.and_where(beyond(*after, query.order.by, ascending_list));
        }
        if let Some(before) = before {
            select.and_where(beyond(*before, query.order.by, !ascending_list));
        }
        let order = query.order.direction.of_rows(*take).order();
        if query.order.by == HouseholdSort::SurveyedOn {
            select.order_by_expr(surveyed_or_oldest(), order.clone());
        }
        select.order_by(Column::Number, order).limit(take.limit() as u64 + 1).to_owned()
    }

    /// The conditions of a filter; of its code prefix, those of one part.
    fn condition(&self, scope: &HouseholdScope, part: Part, filter: &HouseholdFilter) -> Condition {
        let mut all = Condition::all();
        if let Some(hamlets) = scope {
            all = all
                .add(Expr::col(Column::HamletId).is_in(hamlets.iter().map(|hamlet| hamlet.get())));
        }
        if let Some(has_fibre) = filter.has_fibre {
            all = all.add(Expr::col(Column::HasFibre).eq(has_fibre));
        }
        if let Some(provider) = filter.provider {
            all = all.add(Expr::col(Column::FixedProvider).eq(provider.code()));
        }
        if let Some(status) = filter.status {
            all = all.add(Expr::col(Column::Status).eq(status.code()));
        }
        if let Some(date) = filter.surveyed_before {
            all = all.add(surveyed_or_oldest().lt(date));
        }
        if let Some(date) = filter.surveyed_after {
            all = all.add(Expr::col(Column::SurveyedOn).gt(date));
        }
        if let Some((first, last)) = part {
            all =
                all.add(Expr::col(Column::Number).between(first.cast_signed(), last.cast_signed()));
        }
        if let Some(hash) = self.sealer().citizen_hash(filter.citizen_number.as_ref()) {
            all = all.add(Expr::col(Column::CitizenHash).eq(hash.to_vec()));
            if let Some(unit) = self.principal().grant().unit() {
                let tree = self.units().tree(self.today());
                let here = tree.subtree(unit).iter().map(|unit| unit.get());
                all = all.add(Expr::col(Column::HamletId).is_in(here));
            }
        }
        all
    }
}

fn shown_in_clear(households: &[Household]) -> Vec<(HouseholdNumber, UnitId)> {
    let clear = households.iter().filter(|household| {
        matches!(&household.head, HeadState::Seen(head) if head.clarity == Clarity::Clear)
    });
    clear.map(|household| (household.number, household.hamlet)).collect()
}

/// The households with these numbers.
pub(super) fn by_number(
    numbers: impl Iterator<Item = HouseholdNumber>,
    extent: HouseholdExtent,
    as_of: Option<Instant>,
) -> SelectStatement {
    let mut select = base(extent, as_of);
    select.and_where(Expr::col(Column::Number).is_in(numbers.map(stored_number)));
    select
}

fn base(extent: HouseholdExtent, as_of: Option<Instant>) -> SelectStatement {
    let mut select = Query::select();
    select.columns(PLACE);
    from(&mut select, as_of);
    if extent >= HouseholdExtent::State {
        select.columns(STATE);
    }
    if extent >= HouseholdExtent::Head {
        select.column(Column::Head);
        if as_of.is_some() {
            select.column(past::PRESENT_HAMLET);
        }
    }
    select
}

/// The present states, or those that were known at a moment under the same name.
fn from(select: &mut SelectStatement, as_of: Option<Instant>) {
    match as_of {
        None => select.from(Entity),
        Some(moment) => select.from_subquery(past::states(moment), Entity.table_name()),
    };
}

/// Sorts those never surveyed as if surveyed before all others, alike on both engines.
fn surveyed_or_oldest() -> SimpleExpr {
    Func::coalesce([Expr::col(Column::SurveyedOn), Expr::val(oldest())]).into()
}

fn oldest() -> Date {
    registry_domain::household::earliest_date()
}

fn beyond(key: HouseholdKey, sort: HouseholdSort, ascending: bool) -> SimpleExpr {
    let number = stored_number(key.number);
    let (place, limit) = match sort {
        HouseholdSort::Code => (Expr::col(Column::Number), Expr::val(number)),
        HouseholdSort::SurveyedOn => (
            Expr::tuple([surveyed_or_oldest(), Expr::col(Column::Number)]),
            Expr::tuple([Expr::val(key.surveyed_on.unwrap_or_else(oldest)), Expr::val(number)]),
        ),
    };
    if ascending { place.gt(limit) } else { place.lt(limit) }
}

fn compare(left: &Household, right: &Household, sort: HouseholdSort) -> Ordering {
    let by_number = left.number.cmp(&right.number);
    match sort {
        HouseholdSort::Code => by_number,
        HouseholdSort::SurveyedOn => left.surveyed_on.cmp(&right.surveyed_on).then(by_number),
    }
}

impl Cells<'_> {
    /// Reads [`PLACE`], and [`STATE`] if it was selected.
    pub(super) fn read_household(
        &mut self,
        extent: HouseholdExtent,
    ) -> Result<Household, StoreError> {
        Ok(Household {
            number: number(self.read()?),
            hamlet: UnitId::new(self.read()?),
            surveyed_on: self.read()?,
            state: match extent {
                HouseholdExtent::Place => None,
                HouseholdExtent::State | HouseholdExtent::Head => Some(self.read_state()?),
            },
            head: HeadState::NotRead,
        })
    }

    fn read_state(&mut self) -> Result<HouseholdState, StoreError> {
        Ok(HouseholdState {
            composition: composition(self.read()?, self.read()?, self.read()?)?,
            status: status(self.read()?)?,
            registered_on: self.read()?,
            effective_on: self.read()?,
            version: self.read::<i32>()?.cast_unsigned(),
        })
    }
}
