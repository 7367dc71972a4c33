//! Teams: one for each hamlet and commune, founded within sixteen months; those of communes end with them.

use registry_domain::community::{MemberCount, NewTeam, TeamCode, TeamDissolution};
use registry_domain::time::Date;
use registry_domain::unit::UnitId;

use super::{month_of, recorded_after};
use crate::Step;
use crate::calibration::Calibration;
use crate::chance::{Question, chance, day, pick};
use crate::ground::{Ground, date, merger, start, subject};
use crate::steps::{at_times, batches, by_day};
use crate::work::{Society, Work};

/// A team: its number is its place in the list of all, from 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Team {
    pub(super) new: NewTeam,
    /// The place of its commune, if it is one's of before the merger.
    pub(super) commune: Option<usize>,
    /// The place of its hamlet, if it is a hamlet's.
    pub(super) hamlet: Option<usize>,
}

/// The most that a team has at first.
const MEMBERS: std::ops::RangeInclusive<i32> = 4..=9;

/// The days on which teams founded since the day before were registered.
fn days() -> Vec<Date> {
    let monthly = (0..=12).map(|month| recorded_after(month_of(month)));
    [start()].into_iter().chain(monthly).chain([registered_after_merger()]).collect()
}

fn registered_after_merger() -> Date {
    date(2025, 7, 2)
}

/// All teams in the order of their numbers: by the day they were founded.
pub(super) fn all(ground: &Ground, calibration: &Calibration) -> Vec<Team> {
    let hamlets = ground.hamlets.iter().enumerate().map(|(at, hamlet)| (hamlet.id, None, Some(at)));
    let communes =
        ground.communes.iter().enumerate().map(|(at, commune)| (commune.id, Some(at), None));
    let mut teams: Vec<(i32, Team)> = hamlets
        .chain(communes)
        .filter_map(|(unit, commune, hamlet)| {
            let (key, first) = (subject(unit), date(2022, 3, 10));
            let founded_on = day(key, Question::FoundedDay, first, 470);
            let (members, new) = new(unit, founded_on)?;
            Some((members, Team { new, commune, hamlet }))
        })
        .collect();
    teams.sort_by_key(|(_, team)| (team.new.founded_on, team.new.unit));
    even_out(&mut teams, calibration.count("team_members"));
    let founded_again = ground.later.iter().filter_map(|(unit, _)| new(*unit, merger()));
    let founded_again = founded_again.map(|(_, new)| Team { new, commune: None, hamlet: None });
    teams.into_iter().map(|(_, team)| team).chain(founded_again).collect()
}

fn new(unit: UnitId, founded_on: Date) -> Option<(i32, NewTeam)> {
    let more = pick(subject(unit), Question::Members, MEMBERS.count());
    let members = MEMBERS.start() + i32::try_from(more).ok()?;
    Some((members, NewTeam { unit, members: MemberCount::parse(members).ok()?, founded_on }))
}

/// Adds or takes a member here and there until all teams have so many together.
fn even_out(teams: &mut [(i32, Team)], wanted: usize) {
    let wanted = i32::try_from(wanted).unwrap_or_default();
    let mut missing = wanted - teams.iter().map(|(members, _)| members).sum::<i32>();
    for turn in 0.. {
        for (members, team) in teams.iter_mut() {
            if missing == 0 {
                return;
            }
            let after = *members + missing.signum();
            let chosen = chance(subject(team.new.unit), Question::Members, turn + 1) < 0.3;
            if let (true, Ok(count)) = (chosen && after > 2, MemberCount::parse(after)) {
                (*members, team.new.members) = (after, count);
                missing -= missing.signum();
            }
        }
        if turn > 20 {
            return;
        }
    }
}

impl Team {
    /// The first day without it, if there is one.
    pub(super) fn ends_on(&self) -> Option<Date> {
        self.commune.map(|_| merger())
    }
}

pub(super) fn steps(teams: &[Team]) -> impl Iterator<Item = Step> + '_ {
    let dated = teams.iter().map(|team| (team.new.founded_on, team.new)).collect();
    let founded = by_day(&days(), dated).into_iter().flat_map(|(day, rows)| {
        // Those of the communes that were are dissolved first.
        let ended: Vec<TeamDissolution> =
            if day == registered_after_merger() { ends(teams).collect() } else { Vec::new() };
        let ended = batches(ended.into_iter(), |rows| Work::Society(Society::TeamEnds(rows)));
        let founded = batches(rows.into_iter(), |rows| Work::Society(Society::Teams(rows)));
        at_times(day, ended.chain(founded))
    });
    founded.collect::<Vec<_>>().into_iter()
}

fn ends(teams: &[Team]) -> impl Iterator<Item = TeamDissolution> + '_ {
    teams.iter().zip(1..).filter_map(|(team, number)| {
        let dissolved_on = team.ends_on()?;
        Some(TeamDissolution { team: TeamCode::new(number)?, version: 1, dissolved_on })
    })
}
