//! Facets: how many listings of a list there are of each kind.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_graphql::{Context, Object, SimpleObject};
use registry_domain::time;
use registry_domain::unit::{Level, UnitId, Units};
use registry_persistence::Facets;

use super::{Marketplace, ProductCategory, readers};
use crate::access::{list_size, needs};
use crate::at_once::{AtOnce, Field, Teller};
use crate::in_order::{One, Rows};
use crate::scalar::Date;
use crate::session::Session;
use crate::unit::{AdministrativeUnit, UnitLevel};

/// How many listings are on a marketplace (số tin đăng trên sàn).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(readers()))]
pub(crate) struct MarketplaceFacet {
    /// The marketplace (sàn).
    marketplace: One<Marketplace>,
    /// How many (số tin đăng).
    count: u64,
}

/// How many listings are of products in a group (số tin đăng theo nhóm sản phẩm).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(readers()))]
pub(crate) struct CategoryFacet {
    /// The group (nhóm sản phẩm).
    category: ProductCategory,
    /// How many (số tin đăng).
    count: u64,
}

/// How many listings are of products with so many OCOP stars (số tin đăng theo hạng sao).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(readers()))]
pub(crate) struct StarsFacet {
    /// The stars by a rating that holds today, or on the day of `asOf` (số sao), 1…5; null for products without one.
    stars: Option<u8>,
    /// How many (số tin đăng).
    count: u64,
}

/// How many listings are sold from a unit (số tin đăng theo đơn vị).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(readers()))]
pub(crate) struct UnitFacet {
    /// The unit (đơn vị).
    unit: One<AdministrativeUnit>,
    /// How many (số tin đăng).
    count: u64,
}

/// The facets of one list, counted once.
pub(crate) struct ListingFacets {
    pub(super) facets: Arc<Facets>,
    /// The day whose boundaries the list is told on.
    pub(super) on: time::Date,
    /// The moment as of which it is told; none for now.
    pub(super) as_of: Option<time::Instant>,
}

/// How many listings of a list there are of each kind (số tin đăng theo nhóm), the most first. All
/// conditions of the list count.
#[Object(directive = needs::apply(readers()))]
impl ListingFacets {
    /// By marketplace (theo sàn).
    #[graphql(directive = list_size::apply(Some(10), None))]
    async fn marketplace(&self) -> Rows<MarketplaceFacet> {
        self.by_marketplace()
    }

    /// By group of products (theo nhóm sản phẩm).
    #[graphql(directive = list_size::apply(Some(9), None))]
    async fn category(&self) -> Rows<CategoryFacet> {
        self.by_category()
    }

    /// By OCOP stars (theo hạng sao OCOP), the most stars first.
    #[graphql(directive = list_size::apply(Some(6), None))]
    async fn stars(&self) -> Rows<StarsFacet> {
        self.by_stars()
    }

    /// By unit (theo đơn vị), on the boundaries of any date; costs no further statement.
    #[graphql(directive = list_size::apply(Some(50), None))]
    async fn unit(
        &self,
        context: &Context<'_>,
        #[graphql(
            desc = "The level (cấp hành chính).",
            default_with = "UnitLevel::Commune"
        )]
        level: UnitLevel,
        #[graphql(
            desc = "On the boundaries of this date (theo địa giới ngày); of the date that `within` was named by, or today, if not given."
        )]
        on: Option<Date>,
    ) -> Rows<UnitFacet> {
        let units = Session::of(context).reader.units();
        self.by_unit(&units, level.into(), on.map_or(self.on, |on| on.0))
    }
}

impl ListingFacets {
    fn by_marketplace(&self) -> Rows<MarketplaceFacet> {
        let told = |(known, count): &(Arc<_>, _)| MarketplaceFacet {
            marketplace: One(Marketplace(Arc::clone(known))),
            count: *count,
        };
        self.facets.marketplaces.iter().map(told).collect()
    }

    fn by_category(&self) -> Rows<CategoryFacet> {
        let told = |(category, count): &(_, u64)| CategoryFacet {
            category: ProductCategory::from(*category),
            count: *count,
        };
        self.facets.categories.iter().map(told).collect()
    }

    fn by_stars(&self) -> Rows<StarsFacet> {
        let told = |(stars, count): &(_, u64)| StarsFacet { stars: *stars, count: *count };
        self.facets.stars.iter().map(told).collect()
    }

    fn by_unit(&self, units: &Units, level: Level, on: time::Date) -> Rows<UnitFacet> {
        let tree = units.tree(on);
        let is_meant = |id: &UnitId| units.get(*id).is_some_and(|unit| unit.level() == level);
        let mut counts: BTreeMap<UnitId, u64> = BTreeMap::new();
        for (hamlet, count) in &self.facets.hamlets {
            let mut line = std::iter::once(*hamlet).chain(tree.ancestors(*hamlet));
            if let Some(unit) = line.find(is_meant) {
                *counts.entry(unit).or_default() += count;
            }
        }
        let mut counts: Vec<(UnitId, u64)> = counts.into_iter().collect();
        counts.sort_by_key(|(unit, count)| (std::cmp::Reverse(*count), units.rank(*unit)));
        let as_of = self.as_of;
        let told = |(id, count)| {
            let unit = One(AdministrativeUnit { id, on, as_of });
            UnitFacet { unit, count }
        };
        counts.into_iter().map(told).collect()
    }
}

impl AtOnce for ListingFacets {
    fn tell(&self, field: &Field<'_>, to: &mut Teller<'_>) -> Option<()> {
        match field.name {
            "marketplace" => to.put(field, &self.by_marketplace()),
            "category" => to.put(field, &self.by_category()),
            "stars" => to.put(field, &self.by_stars()),
            "unit" => to.put(field, &self.by_unit(to.units, Level::Commune, self.on)),
            _ => None,
        }
    }
}

impl AtOnce for MarketplaceFacet {
    fn tell(&self, field: &Field<'_>, to: &mut Teller<'_>) -> Option<()> {
        match field.name {
            "marketplace" => to.put(field, &self.marketplace),
            "count" => to.put(field, &self.count),
            _ => None,
        }
    }
}

impl AtOnce for CategoryFacet {
    fn tell(&self, field: &Field<'_>, to: &mut Teller<'_>) -> Option<()> {
        match field.name {
            "category" => to.word(self.category),
            "count" => to.put(field, &self.count),
            _ => None,
        }
    }
}

impl AtOnce for StarsFacet {
    fn tell(&self, field: &Field<'_>, to: &mut Teller<'_>) -> Option<()> {
        match field.name {
            "stars" => to.put(field, &self.stars),
            "count" => to.put(field, &self.count),
            _ => None,
        }
    }
}

impl AtOnce for UnitFacet {
    fn tell(&self, field: &Field<'_>, to: &mut Teller<'_>) -> Option<()> {
        match field.name {
            "unit" => to.put(field, &self.unit),
            "count" => to.put(field, &self.count),
            _ => None,
        }
    }
}
