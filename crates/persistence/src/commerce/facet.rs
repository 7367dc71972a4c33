//! Facets: how many listings of a list there are by marketplace, group, stars and hamlet, in one statement.

use std::cmp::Reverse;

use registry_domain::access::Scope;
use registry_domain::commerce::{MarketplaceCode, ProductCategory};
use registry_domain::unit::UnitId;
use sea_orm::sea_query::{
    Asterisk, CommonTableExpression, Expr, ExprTrait, Query, SelectStatement, SimpleExpr, UnionType,
};
use sea_orm::{ConnectionTrait, QueryResult};

use super::ListingFilter;
use crate::entity::{listing, product, seller};
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

/// The list that is counted.
const LISTED: &str = "listed";

const MARKETPLACE: &str = "marketplace";
const CATEGORY: &str = "category";
const STARS: &str = "stars";
const HAMLET: &str = "hamlet";

impl Reader {
    /// The facets of the listings that a filter finds.
    pub async fn listing_facets(&self, filter: &ListingFilter) -> Result<Facets, StoreError> {
        self.require(Scope::RegistryRead)?;
        let mut listed = filter.select(self.today());
        let stars = Expr::col((product::Entity, product::Column::Stars));
        let holds = Expr::col((product::Entity, product::Column::ExpiresOn))
            .gt(filter.products.day(self.today()));
        let stars: SimpleExpr = Expr::case(holds, stars).into();
        listed
            .expr_as(Expr::col((listing::Entity, listing::Column::Marketplace)), MARKETPLACE)
            .expr_as(Expr::col((product::Entity, product::Column::Category)), CATEGORY)
            .expr_as(stars, STARS)
            .expr_as(Expr::col((seller::Entity, seller::Column::HamletId)), HAMLET);
        let listed = CommonTableExpression::new().table_name(LISTED).query(listed).to_owned();
        let mut counts = counted(MARKETPLACE);
        for column in [CATEGORY, STARS, HAMLET] {
            counts.union(UnionType::All, counted(column));
        }
        let statement = counts.with(Query::with().cte(listed).to_owned());
        let mut facets = Facets::default();
        for row in self.connection.query_all(&statement).await? {
            facets.add(&row)?;
        }
        facets.sort();
        Ok(facets)
    }
}

/// How many of the list have each value of a column.
fn counted(column: &'static str) -> SelectStatement {
    Query::select()
        .expr_as(Expr::val(column), "facet")
        .expr_as(Expr::col(column).cast_as("TEXT"), "value")
        .expr_as(Expr::col(Asterisk).count(), "count")
        .from(LISTED)
        .group_by_col(column)
        .to_owned()
}

impl Facets {
    /// How many listings there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        // Each is on one marketplace.
        self.marketplaces.iter().map(|(_, count)| count).sum()
    }

    fn add(&mut self, row: &QueryResult) -> Result<(), StoreError> {
        let (facet, value): (String, Option<String>) =
            (row.try_get("", "facet")?, row.try_get("", "value")?);
        let count = row.try_get::<i64>("", "count")?.cast_unsigned();
        let damaged = || StoreError::damaged(format!("{facet} of a listing"));
        let text = || value.as_deref().ok_or_else(damaged);
        match facet.as_str() {
            MARKETPLACE => {
                let code = text()?.parse().map_err(|_| damaged())?;
                self.marketplaces.push((code, count));
            }
            CATEGORY => {
                let category = ProductCategory::from_code(text()?).ok_or_else(damaged)?;
                self.categories.push((category, count));
            }
            STARS => {
                let stars = value.as_deref().map(str::parse).transpose();
                self.stars.push((stars.map_err(|_| damaged())?, count));
            }
            _ => {
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
