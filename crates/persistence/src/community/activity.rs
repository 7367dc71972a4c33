//! Reading whom teams helped: pages of any number of teams in one statement.

use registry_domain::access::Scope;
use registry_domain::community::{HelpCount, HelpKind, TeamActivity, TeamCode};
use registry_domain::page::{Page, PageRequest, Take};
use registry_domain::time::YearMonth;
use registry_domain::unit::UnitId;
use sea_orm::sea_query::{
    Condition, Expr, ExprTrait as _, Order, Query, SelectStatement, SimpleExpr,
};
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, QuerySelect};

use super::{code, stored_number};
use crate::entity::community::activity::{Column, Entity, Model};
use crate::page::{counts, one_statement_each, tagged};
use crate::{Reader, StoreError};

/// Conditions on counts; all of those given must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ActivityFilter {
    /// Of this month or later.
    pub from: Option<YearMonth>,
    /// Of this month or earlier.
    pub to: Option<YearMonth>,
    /// Those that count only, or those that were replaced too.
    pub revisions: ActivityRevisions,
}

/// Which statements about the same are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActivityRevisions {
    /// The one that counts.
    Current,
    /// All that were ever made.
    All,
}

/// A count's place in the order of a team's list: the newest month first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActivityKey {
    /// The month.
    pub month: YearMonth,
    /// Where.
    pub hamlet: UnitId,
    /// With what.
    pub kind: HelpKind,
    /// Which statement.
    pub revision: u32,
}

impl ActivityKey {
    /// Where `activity` stands.
    #[must_use]
    pub const fn of(activity: &TeamActivity) -> Self {
        let TeamActivity { month, hamlet, kind, revision, .. } = *activity;
        Self { month, hamlet, kind, revision }
    }

    /// What it is sorted by, as stored.
    const fn order(self) -> (i32, i32, &'static str, i32) {
        let revision = self.revision.cast_signed();
        (self.month.index(), self.hamlet.get(), self.kind.code(), revision)
    }
}

/// What lists of counts are sorted by.
const ORDER: [Column; 4] = [Column::Month, Column::HamletId, Column::Kind, Column::Revision];

impl Reader {
    /// One page of counts per team, the newest month first.
    pub async fn activity_pages(
        &self,
        teams: &[TeamCode],
        filter: &ActivityFilter,
        page: &PageRequest<ActivityKey>,
    ) -> Result<Vec<Page<TeamActivity>>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let newest_first = matches!(page.take, Take::First(_));
        let select = |team: &TeamCode| {
            let mut select = QuerySelect::query(&mut Entity::find()).to_owned();
            select.cond_where(condition(*team, filter));
            if let Some(after) = page.after {
                select.and_where(place().lt(limit(after)));
            }
            if let Some(before) = page.before {
                select.and_where(place().gt(limit(before)));
            }
            let order = if newest_first { Order::Desc } else { Order::Asc };
            for column in ORDER {
                select.order_by(column, order.clone());
            }
            select.limit(page.take.limit() as u64 + 1).to_owned()
        };
        let mut found: Vec<Vec<TeamActivity>> = vec![Vec::new(); teams.len()];
        for statement in one_statement_each(teams.iter().map(select).collect()) {
            for row in self.connection.query_all(&statement).await? {
                found[tagged(&row)?].push(activity(&Model::from_query_result(&row, "")?)?);
            }
        }
        let page = |mut activities: Vec<TeamActivity>| {
            // A union keeps no promise about the order of its parts' rows.
            activities.sort_unstable_by_key(|activity| ActivityKey::of(activity).order());
            if newest_first {
                activities.reverse();
            }
            Page::from_overfetch(activities, page)
        };
        Ok(found.into_iter().map(page).collect())
    }

    /// How many counts each team has.
    pub async fn activity_counts(
        &self,
        teams: &[TeamCode],
        filter: &ActivityFilter,
    ) -> Result<Vec<u64>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let select = |team: &TeamCode| -> SelectStatement {
            let mut select = Query::select();
            select.from(Entity).cond_where(condition(*team, filter)).to_owned()
        };
        counts(&self.connection, teams.iter().map(select).collect()).await
    }
}

fn condition(team: TeamCode, filter: &ActivityFilter) -> Condition {
    let mut all = Condition::all().add(Expr::col(Column::Team).eq(stored_number(team)));
    if let Some(from) = filter.from {
        all = all.add(Expr::col(Column::Month).gte(from.index()));
    }
    if let Some(to) = filter.to {
        all = all.add(Expr::col(Column::Month).lte(to.index()));
    }
    match filter.revisions {
        ActivityRevisions::Current => all.add(Expr::col(Column::SupersededAt).is_null()),
        ActivityRevisions::All => all,
    }
}

fn place() -> SimpleExpr {
    Expr::tuple(ORDER.map(Expr::col))
}

fn limit(key: ActivityKey) -> SimpleExpr {
    let (month, hamlet, kind, revision) = key.order();
    Expr::tuple([Expr::val(month), Expr::val(hamlet), Expr::val(kind), Expr::val(revision)])
}

pub(super) fn activity(row: &Model) -> Result<TeamActivity, StoreError> {
    let damaged = || StoreError::damaged(format!("activity of team {}", row.team));
    Ok(TeamActivity {
        team: code(row.team)?,
        hamlet: UnitId::new(row.hamlet_id),
        month: YearMonth::from_index(row.month),
        kind: HelpKind::from_code(&row.kind).ok_or_else(damaged)?,
        revision: row.revision.cast_unsigned(),
        people: HelpCount::parse(row.people).map_err(|_| damaged())?,
        recorded_at: row.recorded_at,
        superseded_at: row.superseded_at,
    })
}
