//! Facets: how many listings of a list there are by marketplace, group, stars and hamlet; in one statement
//! with a page of the list.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use registry_domain::access::Scope;
use registry_domain::commerce::{Marketplace, ProductCategory};
use registry_domain::page::{Page, PageRequest};
use registry_domain::time::Date;
use registry_domain::unit::UnitId;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{
    Alias, Asterisk, CommonTableExpression, Expr, ExprTrait, Query, SelectStatement, SimpleExpr,
    WithClause,
};

use super::key::{self, CommerceKey, DISTANCE, Place, nothing};
use super::listing::{ListingExtent, ListingFilter, ListingOrder, ListingSeen, ListingSort};
use super::marketplace::STATE;
use super::row::{name_of, select_listings};
use crate::cells::Cells;
use crate::entity::{listing, product, seller};
use crate::{Reader, StoreError};

/// How many listings there are of each kind; kinds without any are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facets {
    /// By marketplace.
    pub marketplaces: Vec<(Arc<Marketplace>, u64)>,
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

/// What a row has beside a listing: the distance and the stars; then, in the one row that tells of the whole
/// list, the kinds of each listing and the state of the marketplaces.
const BESIDE: usize = 2;

impl Reader {
    /// A page of the listings that a filter finds, and the facets of all of them: in one statement,
    /// which finds them once.
    pub async fn listing_page_with_facets(
        &self,
        filter: &ListingFilter,
        order: ListingOrder,
        page: &PageRequest<CommerceKey>,
        extent: ListingExtent,
    ) -> Result<(Page<(CommerceKey, ListingSeen)>, Facets), StoreError> {
        self.require(Scope::RegistryRead)?;
        let (listed, width) = filter.listed(self.today(), extent);
        let mut named = CommonTableExpression::new();
        named.table_name(LISTED).query(listed);
        let mut with = WithClause::new();
        with.cte(named);
        let mut shown = Query::select();
        // Limits inside a union need a subquery on SQLite.
        shown.column(Asterisk).from_subquery(cut(filter, order, page), "page");
        let mut statement = self.connection.get_database_backend().build(&shown.with(with));
        statement.sql.push_str(&kinds(width + BESIDE));
        let (mut items, mut facets) = (Vec::new(), Facets::default());
        for row in self.connection.query_all_raw(statement).await? {
            let mut told = Cells::of(&row)?.skip(width + BESIDE);
            if let Some(kinds) = told.read::<Option<&str>>()? {
                let marketplaces = self.marketplaces_in(told.read()?).await?;
                facets = Facets::read(kinds, &marketplaces)
                    .ok_or_else(|| StoreError::damaged("the kinds of a listing"))?;
                continue;
            }
            let mut cells = Cells::of(&row)?;
            let seen = ListingSeen::read(extent, &mut cells)?;
            items.push((seen.key(order.by, &mut cells)?, seen));
        }
        Ok((key::page(items, order.direction, page), facets))
    }
}

impl ListingFilter {
    /// All that is listed or counted by, and how many columns make a listing.
    fn listed(&self, today: Date, extent: ListingExtent) -> (SelectStatement, usize) {
        let mut listed = self.select(today);
        let width = select_listings(&mut listed, extent);
        let distance = self.place(ListingSort::Distance).map(|place| place.of_row);
        listed.expr_as(distance.unwrap_or_else(nothing), DISTANCE);
        let stars = Expr::col((product::Entity, product::Column::Stars));
        let holds = Expr::col((product::Entity, product::Column::ExpiresOn));
        let stars: SimpleExpr = Expr::case(holds.gt(self.products.day(today)), stars).into();
        listed.expr_as(stars, STARS);
        (listed, width)
    }
}

/// A page of the list.
fn cut(
    filter: &ListingFilter,
    order: ListingOrder,
    page: &PageRequest<CommerceKey>,
) -> SelectStatement {
    let column =
        |column| -> SimpleExpr { Expr::col(Alias::new(name_of::<listing::Entity>(column))) };
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
        .column((LISTED, Asterisk))
        .expr_as(Expr::cust("CAST(NULL AS TEXT)"), "kinds")
        .expr_as(Expr::cust("CAST(NULL AS BIGINT)"), "state")
        .from(LISTED);
    let number = column(listing::Column::Number);
    key::cut(&mut select, (place.as_ref(), number), order.direction, page);
    select
}

/// The part of the statement that tells of the whole list, after so many columns of a page:
/// `marketplace:group:stars:hamlet` of each listing, by commas. Whoever reads that counts quicker than an
/// engine that goes through the list once for each kind.
fn kinds(columns: usize) -> String {
    static KINDS: LazyLock<String> = LazyLock::new(|| {
        let [marketplace, category, hamlet] = [
            name_of::<listing::Entity>(listing::Column::Marketplace),
            name_of::<product::Entity>(product::Column::Category),
            name_of::<seller::Entity>(seller::Column::HamletId),
        ];
        format!(
            "COALESCE((SELECT STRING_AGG(\"{marketplace}\" || ':' || \"{category}\" || ':' || \
             COALESCE(CAST(\"{STARS}\" AS TEXT), '') || ':' || \"{hamlet}\", ',') FROM \"{LISTED}\"), '')"
        )
    });
    format!(" UNION ALL SELECT {}{}, {STATE}", "NULL, ".repeat(columns), *KINDS)
}

impl Facets {
    /// How many listings there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        // Each is on one marketplace.
        self.marketplaces.iter().map(|(_, count)| count).sum()
    }

    /// Counts what [`kinds`] tells.
    fn read(kinds: &str, marketplaces: &[Arc<Marketplace>]) -> Option<Self> {
        let mut counts: [HashMap<&str, u64>; 4] = Default::default();
        for listing in kinds.split(',').filter(|listing| !listing.is_empty()) {
            let mut values = listing.split(':');
            for counts in &mut counts {
                *counts.entry(values.next()?).or_default() += 1;
            }
        }
        let marketplace =
            |code: &str| marketplaces.iter().find(|known| known.code.as_str() == code);
        let stars = |stars: &str| match stars {
            "" => Some(None),
            stars => Some(Some(stars.parse().ok()?)),
        };
        let [by_marketplace, by_category, by_stars, by_hamlet] = counts;
        let mut facets = Self {
            marketplaces: known(by_marketplace, |code| marketplace(code).cloned())?,
            categories: known(by_category, ProductCategory::from_code)?,
            stars: known(by_stars, stars)?,
            hamlets: known(by_hamlet, |hamlet| Some(UnitId::new(hamlet.parse().ok()?)))?,
        };
        facets.sort();
        Some(facets)
    }

    /// The largest first; what is equal in the order of its names.
    fn sort(&mut self) {
        self.marketplaces
            .sort_by(|left, right| (right.1, &left.0.code).cmp(&(left.1, &right.0.code)));
        self.categories.sort_by(|left, right| (right.1, left.0).cmp(&(left.1, right.0)));
        self.stars.sort_by_key(|(stars, _)| Reverse(*stars));
        self.hamlets.sort_by(|left, right| (right.1, left.0).cmp(&(left.1, right.0)));
    }
}

/// Counts by what their values stand for; `None` if one stands for nothing.
fn known<'a, K>(
    counts: HashMap<&'a str, u64>,
    known: impl Fn(&'a str) -> Option<K>,
) -> Option<Vec<(K, u64)>> {
    counts.into_iter().map(|(value, count)| Some((known(value)?, count))).collect()
}
