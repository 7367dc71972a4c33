//! Registering, changing and dissolving teams.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use registry_domain::access::Scope;
use registry_domain::community::{MemberCount, NewTeam, TeamChange, TeamCode, TeamDissolution};
use registry_domain::fault::{Faults, Path};
use registry_persistence::{ChangeTeams, Command, DissolveTeams, RegisterTeams, Row};

use super::team::{CommunityTeam, one_team};
use crate::access::{AccessScope, needs};
use crate::error::ApiError;
use crate::fault::UserError;
use crate::mutation::{Attempt, is_shown, write};
use crate::scalar::Date;
use crate::session::Session;
use crate::unit::UnitRef;

/// A team to be registered (thành lập tổ).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct RegisterTeamInput {
    /// The hamlet or commune that it is for (đơn vị của tổ); a bare code is read on `foundedOn`. A unit
    /// has one team at a time.
    unit: UnitRef,
    /// How many people it has on that day (số thành viên), 1…100.
    members: i32,
    /// Its first day (ngày thành lập), 2000-01-01 up to today.
    founded_on: Date,
    /// Makes a retry safe (khoá chống trùng): the same key and content give the same answer.
    idempotency_key: Option<String>,
}

/// A change of a team's members (thay đổi thành viên tổ).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct UpdateTeamInput {
    /// The team's code (mã tổ).
    team: String,
    /// The version that the change is meant for (phiên bản).
    version: u32,
    /// Since when the change holds (ngày hiệu lực): from the last change up to today.
    effective_on: Date,
    /// How many people it has from then on (số thành viên mới), 1…100.
    members: i32,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// The end of a team (giải thể tổ).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct DissolveTeamInput {
    /// The team's code (mã tổ).
    team: String,
    /// The version that the dissolution is meant for (phiên bản).
    version: u32,
    /// The first day without it (ngày giải thể): from the last change up to today, and not before a month
    /// in which it helped anybody.
    dissolved_on: Date,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What came of a change to a team (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::HouseholdsWrite]))]
pub(crate) struct CommunityTeamPayload {
    /// The team as it stands now (tổ sau thay đổi); null if the input was refused.
    team: Option<CommunityTeam>,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with the input (các lỗi); empty if it was carried out.
    errors: Vec<UserError>,
}

/// Mutations of teams.
#[derive(Default)]
pub(crate) struct TeamMutation;

#[Object]
impl TeamMutation {
    /// Registers a digital-technology team (thành lập tổ công nghệ số cộng đồng). Needs `households:write`.
    #[graphql(directive = needs::apply(vec![AccessScope::HouseholdsWrite]))]
    async fn register_team(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The team (tổ).")] input: RegisterTeamInput,
    ) -> Result<CommunityTeamPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let command = input.parse(Session::of(context)).map(|value| RegisterTeams(row(value)));
        Ok(team(context, command, attempt).await?)
    }

    /// Changes how many people a team has (thay đổi thành viên tổ). Needs `households:write`.
    #[graphql(directive = needs::apply(vec![AccessScope::HouseholdsWrite]))]
    async fn update_team(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The change (thay đổi).")] input: UpdateTeamInput,
    ) -> Result<CommunityTeamPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let command = input.parse().map(|value| ChangeTeams(row(value)));
        Ok(team(context, command, attempt).await?)
    }

    /// Dissolves a team (giải thể tổ); what it did stays. Needs `households:write`.
    #[graphql(directive = needs::apply(vec![AccessScope::HouseholdsWrite]))]
    async fn dissolve_team(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The dissolution (giải thể).")] input: DissolveTeamInput,
    ) -> Result<CommunityTeamPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let command = input.parse().map(|value| DissolveTeams(row(value)));
        Ok(team(context, command, attempt).await?)
    }
}

fn root() -> Path {
    Path::root().field("input")
}

fn row<T>(value: T) -> Vec<Row<T>> {
    vec![Row { at: root(), value }]
}

/// Carries out a command about one team, and shows it as it stands then if it is asked for.
async fn team<C>(
    context: &Context<'_>,
    command: Result<C, Faults>,
    attempt: Attempt,
) -> Result<CommunityTeamPayload, ApiError>
where
    C: Command<Outcome = Vec<u32>>,
{
    let session = Session::of(context);
    Ok(match write(session, Scope::HouseholdsWrite, command, attempt).await? {
        Ok(written) => {
            let shown = written.outcome.first().filter(|_| is_shown(context, "team"));
            CommunityTeamPayload {
                team: match shown.copied().and_then(TeamCode::new) {
                    Some(code) => one_team(session, code).await?,
                    None => None,
                },
                replayed: written.replayed,
                errors: Vec::new(),
            }
        }
        Err(errors) => CommunityTeamPayload { team: None, replayed: false, errors },
    })
}

impl RegisterTeamInput {
    fn parse(&self, session: &Session) -> Result<NewTeam, Faults> {
        let mut faults = Faults::default();
        let founded_on = self.founded_on.0;
        let unit = faults.keep(root().field("unit"), self.unit.unit_on(session, founded_on));
        let members = faults.keep(root().field("members"), MemberCount::parse(self.members));
        let team = unit.zip(members).map(|(unit, members)| NewTeam { unit, members, founded_on });
        faults.or(team)
    }
}

impl UpdateTeamInput {
    fn parse(&self) -> Result<TeamChange, Faults> {
        let mut faults = Faults::default();
        let team = faults.keep(root().field("team"), self.team.parse::<TeamCode>());
        let members = faults.keep(root().field("members"), MemberCount::parse(self.members));
        let (version, effective_on) = (self.version, self.effective_on.0);
        let change = team.zip(members);
        faults.or(change.map(|(team, members)| TeamChange { team, version, effective_on, members }))
    }
}

impl DissolveTeamInput {
    fn parse(&self) -> Result<TeamDissolution, Faults> {
        let mut faults = Faults::default();
        let team = faults.keep(root().field("team"), self.team.parse::<TeamCode>());
        let (version, dissolved_on) = (self.version, self.dissolved_on.0);
        faults.or(team.map(|team| TeamDissolution { team, version, dissolved_on }))
    }
}
