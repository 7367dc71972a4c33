//! Where reading of teams, help and training begins.

use async_graphql::{Context, Object, Result};

use super::team::{
    CommunityTeam, CommunityTeamConnection, CommunityTeamFilter, one_team, team_page,
};
use super::totals::{HelpTotal, Months, TrainingTotal, help_totals, training_totals};
use super::training::{
    TrainingArguments, TrainingOrder, TrainingSession, TrainingSessionConnection,
    TrainingSessionFilter, one_training, training_page,
};
use crate::access::{AccessScope, list_size, needs, open};
use crate::in_order::One;
use crate::page::{PAGE, PageArguments, paging};
use crate::scalar::{Date, RegistryCode, YearMonth};
use crate::session::Session;
use crate::unit::UnitRef;

/// Reading what teams do.
#[derive(Default)]
pub(crate) struct CommunityQuery;

#[Object]
impl CommunityQuery {
    /// One digital-technology team (một tổ công nghệ số cộng đồng) by its code; null if there is none.
    /// Needs `registry:read`.
    #[graphql(directive = needs::apply(vec![AccessScope::RegistryRead]))]
    async fn community_team(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The code (mã tổ).")] code: RegistryCode,
    ) -> Result<Option<One<CommunityTeam>>> {
        Ok(one_team(Session::of(context), code.read("code")?).await?.map(One))
    }

    /// Digital-technology teams (các tổ công nghệ số cộng đồng), by code. Needs `registry:read`.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())), directive = needs::apply(vec![AccessScope::RegistryRead]))]
    async fn community_teams(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Conditions (điều kiện lọc).")] filter: Option<CommunityTeamFilter>,
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<CommunityTeamConnection> {
        let page = PageArguments { first, after, last, before };
        Ok(team_page(Session::of(context), filter, page).await?)
    }

    /// How many people were helped by teams in a unit (tổng số lượt hỗ trợ), by what they were helped with.
    /// Open to everyone.
    #[graphql(directive = list_size::apply(Some(5), None), directive = open::apply())]
    async fn help_totals(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which unit (đơn vị nào).")] unit: UnitRef,
        #[graphql(desc = "The first month (từ tháng); from the beginning if not given.")]
        from: Option<YearMonth>,
        #[graphql(desc = "The last month (đến tháng); to the end if not given.")] to: Option<
            YearMonth,
        >,
        #[graphql(
            desc = "On the boundaries of this date (theo địa giới ngày); those by which the unit was named if not given."
        )]
        boundaries_on: Option<Date>,
    ) -> Result<Vec<HelpTotal>> {
        let session = Session::of(context);
        let unit = unit.require(session, "unit")?;
        Ok(help_totals(session, unit, Months { from, to, boundaries_on }).await?)
    }

    /// One training session (một buổi tập huấn) by its code; null if there is none. Needs `registry:read`.
    #[graphql(directive = needs::apply(vec![AccessScope::RegistryRead]))]
    async fn training_session(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The code (mã buổi tập huấn).")] code: RegistryCode,
    ) -> Result<Option<One<TrainingSession>>> {
        Ok(one_training(Session::of(context), code.read("code")?).await?.map(One))
    }

    /// Training sessions (các buổi tập huấn), the newest first if no order is given; those that were
    /// cancelled too, unless `status` says otherwise. Needs `registry:read`.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())), directive = needs::apply(vec![AccessScope::RegistryRead]))]
    #[expect(clippy::too_many_arguments, reason = "the four arguments of every connection")]
    async fn training_sessions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Conditions (điều kiện lọc).")] filter: Option<TrainingSessionFilter>,
        #[graphql(desc = "The order (thứ tự); the newest first if not given.")] order_by: Option<
            TrainingOrder,
        >,
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<TrainingSessionConnection> {
        let page = PageArguments { first, after, last, before };
        let arguments = TrainingArguments { filter, order_by, page };
        Ok(training_page(Session::of(context), arguments).await?)
    }

    /// Training sessions held in a unit and how many people came (tổng số tập huấn), by topic; those that were
    /// cancelled don't count. Open to everyone.
    #[graphql(directive = list_size::apply(Some(6), None), directive = open::apply())]
    async fn training_totals(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which unit (đơn vị nào).")] unit: UnitRef,
        #[graphql(desc = "The first month (từ tháng); from the beginning if not given.")]
        from: Option<YearMonth>,
        #[graphql(desc = "The last month (đến tháng); to the end if not given.")] to: Option<
            YearMonth,
        >,
        #[graphql(
            desc = "On the boundaries of this date (theo địa giới ngày); those by which the unit was named if not given."
        )]
        boundaries_on: Option<Date>,
    ) -> Result<Vec<TrainingTotal>> {
        let session = Session::of(context);
        let unit = unit.require(session, "unit")?;
        Ok(training_totals(session, unit, Months { from, to, boundaries_on }).await?)
    }
}
