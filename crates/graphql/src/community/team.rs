//! Teams: the object, its past, and the list of them.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use registry_domain::community::{self as domain, TeamCode};
use registry_persistence as store;

use super::activity::{ActivityArguments, TeamActivityConnection, activity_page};
use crate::access::{AccessScope, list_size, needs};
use crate::at_once::AtOnce;
use crate::audit::Audited;
use crate::cursor::List;
use crate::error::ApiError;
use crate::in_order::One;
use crate::loader::{TeamKey, TeamVersionsKey};
use crate::node::GlobalId;
use crate::page::{Connection, PAGE, PageArguments, connection, paging};
use crate::scalar::{Date, DateTime, RegistryCode, YearMonth};
use crate::session::Session;
use crate::unit::{AdministrativeUnit, UnitLevel, UnitRef};

#[derive(Debug, Clone)]
pub(crate) struct CommunityTeam(pub(crate) domain::Team);

impl AtOnce for CommunityTeam {}

/// A digital-technology team (tổ công nghệ số cộng đồng): of a hamlet, or of a commune as a whole.
#[Object(directive = needs::apply(vec![AccessScope::RegistryRead]))]
impl CommunityTeam {
    /// The global id (định danh toàn cục).
    pub(crate) async fn id(&self) -> ID {
        GlobalId::Team(self.0.code).write()
    }

    #[graphql(flatten)]
    async fn audited(&self) -> Audited {
        Audited(GlobalId::Team(self.0.code))
    }

    /// The registry code (mã tổ): `TO` and 8 digits.
    async fn code(&self) -> RegistryCode {
        self.0.code.into()
    }

    /// The hamlet or commune that it is for (đơn vị của tổ), as it is today; one that is no more, as
    /// it was on its last day.
    async fn unit(&self, context: &Context<'_>) -> One<AdministrativeUnit> {
        let reader = &Session::of(context).reader;
        let (id, today) = (self.0.unit, reader.today());
        let on = reader.units().get(id).map_or(today, |unit| unit.validity.nearest(today));
        One(AdministrativeUnit { id, on, as_of: None })
    }

    /// How many people it has (số thành viên), 1…100.
    async fn members(&self) -> u8 {
        self.0.members.get()
    }

    /// Its first day (ngày thành lập).
    async fn founded_on(&self) -> Date {
        Date(self.0.founded_on)
    }

    /// The first day without it (ngày giải thể); null while it exists.
    async fn dissolved_on(&self) -> Option<Date> {
        self.0.dissolved_on.map(Date)
    }

    /// Since when its present state holds (ngày hiệu lực).
    async fn effective_on(&self) -> Date {
        Date(self.0.effective_on)
    }

    /// Counts the changes from 1 (phiên bản); give it back with the next change.
    async fn version(&self) -> u32 {
        self.0.version
    }

    /// The states that it was in (lịch sử thay đổi), the oldest first; of more than 100, the newest 100.
    #[graphql(directive = list_size::apply(Some(5), None))]
    async fn history(&self, context: &Context<'_>) -> Result<Vec<CommunityTeamVersion>> {
        let key = TeamVersionsKey(self.0.code);
        let versions = Session::of(context).records().load_one(key).await?.unwrap_or_default();
        Ok(versions.into_iter().map(CommunityTeamVersion::from).collect())
    }

    /// Whom it helped (kết quả hỗ trợ), month by month, the newest first.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())))]
    #[expect(clippy::too_many_arguments, reason = "the four arguments of every connection")]
    async fn activities(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first month (từ tháng); from the beginning if not given.")]
        from: Option<YearMonth>,
        #[graphql(desc = "The last month (đến tháng); to the end if not given.")] to: Option<
            YearMonth,
        >,
        #[graphql(
            desc = "Also counts that were replaced (kể cả số liệu đã bị thay thế).",
            default = false
        )]
        superseded: bool,
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<TeamActivityConnection> {
        let page = PageArguments { first, after, last, before };
        let revisions = if superseded {
            store::ActivityRevisions::All
        } else {
            store::ActivityRevisions::Current
        };
        let arguments = ActivityArguments { from, to, revisions, page };
        Ok(activity_page(Session::of(context), self.0.code, arguments).await?)
    }
}

/// A state that a team was in (một phiên bản của tổ).
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::RegistryRead]))]
pub(crate) struct CommunityTeamVersion {
    /// Which one, from 1 (phiên bản).
    version: u32,
    /// When the registry learned of it (thời điểm ghi nhận).
    recorded_at: DateTime,
    /// Since when it holds (ngày hiệu lực).
    effective_on: Date,
    /// How many people the team had (số thành viên), 1…100.
    members: u8,
    /// The first day without the team (ngày giải thể); null unless this is its end.
    dissolved_on: Option<Date>,
}

impl From<domain::TeamVersion> for CommunityTeamVersion {
    fn from(told: domain::TeamVersion) -> Self {
        Self {
            version: told.version,
            recorded_at: DateTime(told.recorded_at),
            effective_on: Date(told.effective_on),
            members: told.members.get(),
            dissolved_on: told.dissolved_on.map(Date),
        }
    }
}

/// Conditions on teams (điều kiện lọc tổ); all of those given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct CommunityTeamFilter {
    /// Of a hamlet in this unit by its boundaries on the date it was named by (thuộc đơn vị), or of a
    /// commune that shares a hamlet with it, whatever the boundaries were.
    within: Option<UnitRef>,
    /// Existing on this day (đang hoạt động vào ngày).
    on: Option<Date>,
    /// Of a hamlet, or of a commune as a whole (cấp của tổ); no other level has teams.
    level: Option<UnitLevel>,
}

impl CommunityTeamFilter {
    fn conditions(self, session: &Session) -> Result<store::TeamFilter, ApiError> {
        let units = session.reader.units();
        let within = self.within.map(|within| within.require(session, "within")).transpose()?;
        let of_units = |unit: AdministrativeUnit| {
            let hamlets = unit.scope(&units)?;
            let communes = units.communes_meeting(unit.id, unit.on);
            Some(hamlets.iter().copied().chain(communes).collect())
        };
        Ok(store::TeamFilter {
            units: within.and_then(of_units),
            level: self.level.map(Into::into),
            existing_on: self.on.map(|on| on.0),
        })
    }
}

pub(crate) type CommunityTeamConnection =
    One<Connection<TeamCode, CommunityTeam, CommunityTeamCount>>;

/// How many teams the whole list has; counted only if selected.
pub(crate) struct CommunityTeamCount(store::TeamFilter);

impl AtOnce for CommunityTeamCount {}

#[Object(directive = needs::apply(vec![AccessScope::RegistryRead]))]
impl CommunityTeamCount {
    /// The number of teams in the whole list (tổng số tổ); costs a statement.
    async fn total_count(&self, context: &Context<'_>) -> Result<u64> {
        Ok(Session::of(context).reader.team_count(&self.0).await.map_err(ApiError::from)?)
    }
}

/// A page of teams, by code.
pub(crate) async fn team_page(
    session: &Session,
    filter: Option<CommunityTeamFilter>,
    page: PageArguments,
) -> Result<CommunityTeamConnection, ApiError> {
    let filter = filter.unwrap_or_default().conditions(session)?;
    let list = List::of(("teams", &filter));
    let request = page.request::<TeamCode>(list, session)?;
    let page = session.reader.team_page(&filter, &request).await?;
    let page = page.map(|team| (team.code, CommunityTeam(team)));
    Ok(connection(page, list, CommunityTeamCount(filter)))
}

/// One team by its code; none if there is none.
pub(crate) async fn one_team(
    session: &Session,
    code: TeamCode,
) -> Result<Option<CommunityTeam>, ApiError> {
    Ok(session.records().load_one(TeamKey(code)).await?.map(CommunityTeam))
}
