//! Reading institutions: by code, and as keyset pages; what they fulfil or offer.

use std::collections::HashMap;

use registry_domain::access::Scope;
use registry_domain::institution::{
    Feature, Institution, InstitutionCode, InstitutionKind, KnownFeature, SchoolCriterion,
};
use registry_domain::page::{Page, PageRequest};
use registry_domain::search::{SearchText, joined_words};
use registry_domain::time::Date;
use registry_domain::unit::UnitId;
use sea_orm::sea_query::{Expr, ExprTrait, SelectStatement, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};

use super::{code, kind, known_feature, stored_number};
use crate::entity::institution::{Column, Entity, Model, feature};
use crate::household::HouseholdScope;
use crate::page::{Direction, begins_word};
use crate::{Reader, StoreError};

/// Conditions on institutions; all of those given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct InstitutionFilter {
    /// In one of these hamlets.
    pub hamlets: HouseholdScope,
    /// Of one of these kinds; of any if there is none.
    pub kinds: Vec<InstitutionKind>,
    /// Open on this day; criteria are then judged on it, else on the present day.
    pub open_on: Option<Date>,
    /// Schools that fulfil all criteria, or that do not.
    pub digital: Option<bool>,
    /// Schools that fulfil none of these criteria; any if there is none.
    pub lacks: Vec<SchoolCriterion>,
    /// Each of the words begins a word of the name.
    pub search: Option<SearchText>,
}

/// What institutions can be sorted by; always unique by the code in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InstitutionSort {
    /// The code.
    Code,
    /// The name without accents and case.
    Name,
    /// The first day.
    OpenedOn,
}

/// The orders of a list of institutions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct InstitutionOrder {
    /// By what.
    pub by: InstitutionSort,
    /// Which way.
    pub direction: Direction,
}

/// Where an institution stands in a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum InstitutionPosition {
    /// In one by code.
    Code(InstitutionCode),
    /// In one by name: the folded name.
    Name(String, InstitutionCode),
    /// In one by the first day.
    OpenedOn(Date, InstitutionCode),
}

impl InstitutionPosition {
    /// Where `institution` stands in a list sorted by `sort`.
    #[must_use]
    pub fn of(institution: &Institution, sort: InstitutionSort) -> Self {
        let code = institution.code;
        match sort {
            InstitutionSort::Code => Self::Code(code),
            InstitutionSort::Name => Self::Name(joined_words(&institution.name).0, code),
            InstitutionSort::OpenedOn => Self::OpenedOn(institution.opened_on, code),
        }
    }

    /// What is compared, and with what.
    fn sides(&self) -> (SimpleExpr, SimpleExpr) {
        let (column, value, code): (_, SimpleExpr, _) = match self {
            Self::Code(code) => {
                return (Expr::col(Column::Number), Expr::val(stored_number(*code)));
            }
            Self::Name(name, code) => (Column::FoldedName, Expr::val(name.as_str()), code),
            Self::OpenedOn(date, code) => (Column::OpenedOn, Expr::val(*date), code),
        };
        let columns = Expr::tuple([Expr::col(column), Expr::col(Column::Number)]);
        (columns, Expr::tuple([value, Expr::val(stored_number(*code))]))
    }

    fn beyond(&self, direction: Direction) -> SimpleExpr {
        let (place, limit) = self.sides();
        match direction {
            Direction::Ascending => place.gt(limit),
            Direction::Descending => place.lt(limit),
        }
    }
}

impl InstitutionFilter {
    fn select(&self, today: Date) -> Select<Entity> {
        let mut all = Condition::all();
        if let Some(hamlets) = &self.hamlets {
            all = all.add(Column::HamletId.is_in(hamlets.iter().map(|hamlet| hamlet.get())));
        }
        if !self.kinds.is_empty() {
            all = all.add(Column::Kind.is_in(self.kinds.iter().map(|kind| kind.code())));
        }
        if let Some(on) = self.open_on {
            let goes_on =
                Condition::any().add(Column::ClosedOn.is_null()).add(Column::ClosedOn.gt(on));
            all = all.add(Column::OpenedOn.lte(on)).add(goes_on);
        }
        if self.digital.is_some() || !self.lacks.is_empty() {
            all = all.add(Column::Kind.ne(InstitutionKind::Bank.code()));
        }
        let on = self.open_on.unwrap_or(today);
        for criterion in &self.lacks {
            all = all.add(Column::Number.not_in_subquery(fulfilling(*criterion, on)));
        }
        if let Some(digital) = self.digital {
            let each = SchoolCriterion::ALL.iter().fold(Condition::all(), |each, criterion| {
                each.add(Column::Number.in_subquery(fulfilling(*criterion, on)))
            });
            all = all.add(if digital { each } else { each.not() });
        }
        for word in self.search.iter().flat_map(SearchText::words) {
            all = all.add(begins_word(&Expr::col(Column::FoldedName), word));
        }
        Entity::find().filter(all)
    }
}

/// The numbers of schools that fulfil a criterion on a day.
fn fulfilling(criterion: SchoolCriterion, on: Date) -> SelectStatement {
    let goes_on = Condition::any()
        .add(feature::Column::ValidUntil.is_null())
        .add(feature::Column::ValidUntil.gt(on));
    feature::Entity::find()
        .select_only()
        .column(feature::Column::Number)
        .filter(feature::Column::Feature.eq(Feature::Criterion(criterion).code()))
        .filter(feature::Column::ValidFrom.lte(on))
        .filter(goes_on)
        .into_query()
}

impl Reader {
    /// The institutions with these codes, in no order; unknown codes are left out.
    pub async fn institutions(
        &self,
        codes: &[InstitutionCode],
    ) -> Result<Vec<Institution>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let numbers = codes.iter().map(|code| stored_number(*code));
        let rows =
            Entity::find().filter(Column::Number.is_in(numbers)).all(&self.connection).await?;
        rows.into_iter().map(institution).collect()
    }

    /// A page of institutions.
    pub async fn institution_page(
        &self,
        filter: &InstitutionFilter,
        order: InstitutionOrder,
        page: &PageRequest<InstitutionPosition>,
    ) -> Result<Page<Institution>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let mut select = filter.select(self.today());
        if let Some(after) = &page.after {
            select = select.filter(after.beyond(order.direction));
        }
        if let Some(before) = &page.before {
            select = select.filter(before.beyond(order.direction.reversed()));
        }
        let direction = order.direction.of_rows(page.take);
        select = match order.by {
            InstitutionSort::Code => select,
            InstitutionSort::Name => select.order_by(Column::FoldedName, direction.order()),
            InstitutionSort::OpenedOn => select.order_by(Column::OpenedOn, direction.order()),
        };
        let select = select.order_by(Column::Number, direction.order());
        let rows = select.limit(page.take.limit() as u64 + 1).all(&self.connection).await?;
        let institutions = rows.into_iter().map(institution).collect::<Result<_, _>>()?;
        Ok(Page::from_overfetch(institutions, page))
    }

    /// How many institutions match.
    pub async fn institution_count(&self, filter: &InstitutionFilter) -> Result<u64, StoreError> {
        self.require(Scope::RegistryRead)?;
        let counted = filter
            .select(self.today())
            .select_only()
            .column_as(Column::Number.count(), "institutions")
            .into_tuple::<i64>();
        Ok(counted.one(&self.connection).await?.unwrap_or_default().cast_unsigned())
    }

    /// All that these institutions fulfil or offer, or did; none for those without.
    pub async fn institution_features(
        &self,
        codes: &[InstitutionCode],
    ) -> Result<HashMap<InstitutionCode, Vec<KnownFeature>>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let mut found: HashMap<_, Vec<_>> = codes.iter().map(|code| (*code, Vec::new())).collect();
        let numbers = codes.iter().map(|code| stored_number(*code));
        let rows = feature::Entity::find()
            .filter(feature::Column::Number.is_in(numbers))
            .order_by_asc(feature::Column::ValidFrom)
            .all(&self.connection)
            .await?;
        for row in rows {
            found.entry(code(row.number)?).or_default().push(known_feature(row)?);
        }
        Ok(found)
    }
}

fn institution(row: Model) -> Result<Institution, StoreError> {
    Ok(Institution {
        code: code(row.number)?,
        kind: kind(&row.kind)?,
        name: row.name,
        hamlet: UnitId::new(row.hamlet_id),
        opened_on: row.opened_on,
        closed_on: row.closed_on,
        effective_on: row.effective_on,
        version: row.version.cast_unsigned(),
    })
}
