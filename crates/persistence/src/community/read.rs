//! Reading teams: by code, as pages, and their past.

use registry_domain::access::Scope;
use registry_domain::community::{Team, TeamCode, TeamVersion};
use registry_domain::page::{Page, PageRequest, Take};
use registry_domain::time::Date;
use registry_domain::unit::{Level, UnitId};
use sea_orm::sea_query::{Condition, Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationDef, Select,
};

use super::{code, members, stored_number, team};
use crate::entity::community::{Column, Entity, version};
use crate::{Reader, StoreError};

/// The most states that are told of a team.
const VERSIONS_LIMIT: i32 = 100;

/// Conditions on teams; all of those given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct TeamFilter {
    /// For one of these units.
    pub units: Option<Vec<UnitId>>,
    /// For a unit of this level.
    pub level: Option<Level>,
    /// Existing on this day.
    pub existing_on: Option<Date>,
}

impl TeamFilter {
    fn apply(&self) -> Select<Entity> {
        let mut select = Entity::find();
        if let Some(units) = &self.units {
            select = select.filter(Column::UnitId.is_in(units.iter().map(|unit| unit.get())));
        }
        match self.level {
            None => {}
            Some(Level::Hamlet) => select = select.filter(Column::IsHamlet.eq(true)),
            Some(Level::Commune) => select = select.filter(Column::IsHamlet.eq(false)),
            // No other unit has a team.
            Some(Level::Province | Level::District) => {
                select = select.filter(Column::Number.is_in([0_i32; 0]));
            }
        }
        if let Some(on) = self.existing_on {
            let lasts =
                Condition::any().add(Column::DissolvedOn.is_null()).add(Column::DissolvedOn.gt(on));
            select = select.filter(Column::FoundedOn.lte(on)).filter(lasts);
        }
        select
    }
}

impl Reader {
    /// The teams with these codes, in no order; unknown codes are left out.
    pub async fn teams(&self, codes: &[TeamCode]) -> Result<Vec<Team>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let numbers = codes.iter().copied().map(stored_number);
        let select = Entity::find().filter(Column::Number.is_in(numbers));
        select.all(&self.connection).await?.iter().map(team).collect()
    }

    /// A page of teams, by code.
    pub async fn team_page(
        &self,
        filter: &TeamFilter,
        page: &PageRequest<TeamCode>,
    ) -> Result<Page<Team>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let mut select = filter.apply();
        if let Some(after) = page.after {
            select = select.filter(Column::Number.gt(stored_number(after)));
        }
        if let Some(before) = page.before {
            select = select.filter(Column::Number.lt(stored_number(before)));
        }
        let select = match page.take {
            Take::First(_) => select.order_by_asc(Column::Number),
            Take::Last(_) => select.order_by_desc(Column::Number),
        };
        let rows = select.limit(page.take.limit() as u64 + 1).all(&self.connection).await?;
        let teams = rows.iter().map(team).collect::<Result<_, _>>()?;
        Ok(Page::from_overfetch(teams, page))
    }

    /// How many teams match.
    pub async fn team_count(&self, filter: &TeamFilter) -> Result<u64, StoreError> {
        self.require(Scope::RegistryRead)?;
        let counted = filter.apply().select_only().column_as(Column::Number.count(), "teams");
        let counted = counted.into_tuple::<i64>().one(&self.connection).await?;
        Ok(counted.unwrap_or_default().cast_unsigned())
    }

    /// The newest states that these teams were in, at most 100 of each, the oldest of each team first.
    pub async fn team_versions(&self, codes: &[TeamCode]) -> Result<Vec<TeamVersion>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let newest = Expr::col((Entity, Column::Version)).sub(VERSIONS_LIMIT);
        let rows = version::Entity::find()
            .join(JoinType::InnerJoin, teams())
            .filter(version::Column::Number.is_in(codes.iter().copied().map(stored_number)))
            .filter(Expr::col((version::Entity, version::Column::Version)).gt(newest))
            .order_by_asc(version::Column::Number)
            .order_by_asc(version::Column::Version)
            .all(&self.connection)
            .await?;
        rows.iter().map(team_version).collect()
    }
}

/// The team whose state a version was.
fn teams() -> RelationDef {
    version::Entity::belongs_to(Entity).from(version::Column::Number).to(Column::Number).into()
}

fn team_version(row: &version::Model) -> Result<TeamVersion, StoreError> {
    Ok(TeamVersion {
        team: code(row.number)?,
        version: row.version.cast_unsigned(),
        recorded_at: row.recorded_at,
        effective_on: row.effective_on,
        members: members(row.members)?,
        dissolved_on: row.dissolved_on,
    })
}
