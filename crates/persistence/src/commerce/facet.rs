//! Facets: how many listings of a list there are by marketplace, group, stars and hamlet; in one statement
//! with a page of the list.

use std::cmp::Reverse;

use registry_domain::access::Scope;
use registry_domain::commerce::{MarketplaceCode, ProductCategory};
use registry_domain::page::{Page, PageRequest};
use registry_domain::time::Date;
use registry_domain::unit::UnitId;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{
    Alias, Asterisk, CommonTableExpression, Expr, ExprTrait, Query, SelectStatement, SimpleExpr,
    UnionType, WithClause,
};

use super::key::{self, CommerceKey, DISTANCE, Place, nothing};
use super::listing::{ListingFilter, ListingOrder, ListingRecord, ListingSort, select_listings};
use super::row::{Cells, RECORD, name_of};
use crate::entity::{listing, product, seller};
use crate::page::{tag, tagged};
use crate::{Reader, StoreError};

/// How many listings there are of each kind; kinds without any are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facets {
    /// By marketplace.
    pub marketplaces: Vec<(MarketplaceCode, u64)>,
    /// By group of products.
    pub categories: Vec<(ProductCategory, u64)>,
    /// By stars of a rating that holds today; `None` for those without.
    pub stars: Vec<(Option<u8>, u64)>,
    /// By the hamlet that they are sold from.
    pub hamlets: Vec<(UnitId, u64)>,
}

/// The whole list, of which pages are cut and kinds are counted.
const LISTED: &str = "listed";

/// Stars by a rating that holds.
const STARS: &str = "held_stars";

/// What listings are counted by.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Marketplace,
    Category,
    Stars,
    Hamlet,
}

const KINDS: [Kind; 4] = [Kind::Marketplace, Kind::Category, Kind::Stars, Kind::Hamlet];

/// What rows of facets have and those of a page have not: the value and how many have it.
const COUNTED: usize = 2;

impl Reader {
    /// A page of the listings that a filter finds, and the facets of all of them: in one statement,
    /// which finds them once.
    pub async fn listing_page_with_facets(
        &self,
        filter: &ListingFilter,
        order: ListingOrder,
        page: &PageRequest<CommerceKey>,
    ) -> Result<(Page<(CommerceKey, ListingRecord)>, Facets), StoreError> {
        self.require(Scope::RegistryRead)?;
        let listed = filter.listed(self.today());
        let mut named = CommonTableExpression::new();
        named.table_name(LISTED).query(listed);
        let mut with = WithClause::new();
        with.cte(named);
        let mut parts = Query::select();
        // Limits inside a union need a subquery on SQLite.
        parts.column(Asterisk).from_subquery(cut(filter, order, page), "page");
        tag(&mut parts, KINDS.len());
        for (place, kind) in KINDS.into_iter().enumerate() {
            let mut part = kind.counted();
            tag(&mut part, place);
            parts.union(UnionType::All, part);
        }
        let statement = parts.with(with);
        let (mut items, mut facets) = (Vec::new(), Facets::default());
        for row in self.connection.query_all(&statement).await? {
            if let Some(kind) = KINDS.get(tagged(&row)?) {
                facets.add(*kind, &mut Cells::of(&row))?;
            } else {
                let record = ListingRecord::read(&mut Cells::after(&row, COUNTED))?;
                items.push((record.key(order.by, &row)?, record));
            }
        }
        facets.sort();
        Ok((key::page(items, order.direction, page), facets))
    }
}

impl ListingFilter {
    /// All that is listed or counted by.
    fn listed(&self, today: Date) -> SelectStatement {
        let mut listed = self.select(today);
        select_listings(&mut listed);
        let distance = self.place(ListingSort::Distance).map(|place| place.of_row);
        listed.expr_as(distance.unwrap_or_else(nothing), DISTANCE);
        let stars = Expr::col((product::Entity, product::Column::Stars));
        let holds = Expr::col((product::Entity, product::Column::ExpiresOn));
        let stars: SimpleExpr = Expr::case(holds.gt(self.products.day(today)), stars).into();
        listed.expr_as(stars, STARS).to_owned()
    }
}

/// A page of the list.
fn cut(
    filter: &ListingFilter,
    order: ListingOrder,
    page: &PageRequest<CommerceKey>,
) -> SelectStatement {
    let column = |column| -> SimpleExpr { Expr::col(name_of::<listing::Entity>(column)) };
    let place = match order.by {
        ListingSort::Code => None,
        ListingSort::Price => Some(Place::number(column(listing::Column::Price))),
        ListingSort::ListedOn => Some(Place::day(column(listing::Column::ListedOn))),
        ListingSort::Distance => {
            filter.products.search.as_ref().map(|_| Place::number(Expr::col(DISTANCE)))
        }
    };
    let mut select = Query::select();
    select
        .expr_as(nothing_of("TEXT"), "value")
        .expr_as(nothing_of("BIGINT"), "count")
        .column((LISTED, Asterisk))
        .from(LISTED);
    let number = column(listing::Column::Number);
    key::cut(&mut select, (place.as_ref(), number), order.direction, page);
    select
}

fn nothing_of(kind: &'static str) -> SimpleExpr {
    Expr::cust("NULL").cast_as(kind)
}

impl Kind {
    /// Its column in the list.
    fn column(self) -> Alias {
        match self {
            Self::Marketplace => name_of::<listing::Entity>(listing::Column::Marketplace),
            Self::Category => name_of::<product::Entity>(product::Column::Category),
            Self::Stars => Alias::new(STARS),
            Self::Hamlet => name_of::<seller::Entity>(seller::Column::HamletId),
        }
    }

    /// How many of the list have each value of it, in rows as wide as those of a page.
    fn counted(self) -> SelectStatement {
        let mut select = Query::select();
        select
            .expr_as(Expr::col(self.column()).cast_as("TEXT"), "value")
            .expr_as(Expr::col(Asterisk).count(), "count")
            .from(LISTED)
            .group_by_col(self.column());
        // Distance and stars come after what makes a listing.
        select.expr(Expr::cust(["NULL"; RECORD + 2].join(", ")));
        select
    }
}

impl Facets {
    /// How many listings there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        // Each is on one marketplace.
        self.marketplaces.iter().map(|(_, count)| count).sum()
    }

    fn add(&mut self, kind: Kind, cells: &mut Cells<'_>) -> Result<(), StoreError> {
        let value: Option<String> = cells.read()?;
        let count = cells.read::<i64>()?.cast_unsigned();
        let damaged = || StoreError::damaged(format!("{kind:?} of a listing"));
        let text = || value.as_deref().ok_or_else(damaged);
        match kind {
            Kind::Marketplace => {
                let code = text()?.parse().map_err(|_| damaged())?;
                self.marketplaces.push((code, count));
            }
            Kind::Category => {
                let category = ProductCategory::from_code(text()?).ok_or_else(damaged)?;
                self.categories.push((category, count));
            }
            Kind::Stars => {
                let stars = value.as_deref().map(str::parse).transpose();
                self.stars.push((stars.map_err(|_| damaged())?, count));
            }
            Kind::Hamlet => {
                let hamlet = text()?.parse().map_err(|_| damaged())?;
                self.hamlets.push((UnitId::new(hamlet), count));
            }
        }
        Ok(())
    }

    /// The largest first; what is equal in the order of its names.
    fn sort(&mut self) {
        self.marketplaces.sort_by(|left, right| (right.1, &left.0).cmp(&(left.1, &right.0)));
        self.categories.sort_by(|left, right| (right.1, left.0).cmp(&(left.1, right.0)));
        self.stars.sort_by_key(|(stars, _)| Reverse(*stars));
        self.hamlets.sort_by(|left, right| (right.1, left.0).cmp(&(left.1, right.0)));
    }
}
