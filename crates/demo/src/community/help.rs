//! Whom teams helped: one or two kinds of help a month.

use registry_domain::community::{Entry, HelpCount, HelpKind, NewActivity, TeamCode};

use super::team::Team;
use super::{MONTHS, month_of, recorded_after};
use crate::Step;
use crate::calibration::Calibration;
use crate::chance::{Question, chance, pick_in, whole};
use crate::ground::{Ground, subject};
use crate::steps::{at_times, batches};
use crate::work::{Society, Work};

/// What is told of, out of 100 counts, and the people helped in a month by one count of it.
const KINDS: [(HelpKind, f64, f64); 5] = [
    (HelpKind::RegisterAccount, 0.34, 22.0),
    (HelpKind::FileOnline, 0.27, 16.0),
    (HelpKind::PayCashless, 0.20, 14.0),
    (HelpKind::ListProduct, 0.07, 3.0),
    (HelpKind::Other, 0.12, 8.0),
];

/// What was recorded on the second day after each month.
pub(super) fn steps(ground: &Ground, calibration: &Calibration, teams: &[Team]) -> Vec<Step> {
    let second = calibration.get("team_second_report");
    let steps = (0..MONTHS).flat_map(|month| {
        let rows = teams.iter().zip(1..).flat_map(|(team, number)| {
            let second = chance(number, Question::Reports, month * 4 + 1) < second;
            let turns = 0..=u32::from(second);
            turns.filter_map(move |turn| help(ground, (team, number), month, turn))
        });
        let works = batches(rows, |rows| Work::Society(Society::Help(rows)));
        at_times(recorded_after(month_of(month)), works).collect::<Vec<_>>()
    });
    steps.collect()
}

/// What a team tells of a month; the second thing it tells is of another kind than the first.
fn help(
    ground: &Ground,
    (team, number): (&Team, u32),
    month: u32,
    turn: u32,
) -> Option<NewActivity> {
    let period = month_of(month);
    let ended = team.ends_on().is_some_and(|end| end <= period.first_day());
    if ended || team.new.founded_on > period.last_day() {
        return None;
    }
    let place = match (team.hamlet, team.commune) {
        (Some(hamlet), _) => hamlet,
        (None, Some(commune)) => {
            let hamlets = ground.communes[commune].hamlets.clone();
            hamlets.start + pick_in(number, Question::HelpPlace, month, hamlets.len())
        }
        // Those of the new communes leave help to the hamlets' teams.
        (None, None) => return None,
    };
    let key = subject(ground.hamlets[place].id) * 64 + month;
    let told = chance(number, Question::Reports, month * 4) < 0.95;
    if !told || !ground.keeps(ground.commune_of(place), key) {
        return None;
    }
    let (kind, _, usual) = KINDS[kind(number, month, turn)];
    let spread = 0.4 + 1.2 * chance(number, Question::Helped, month * 4 + turn);
    let people = whole(usual * spread * (1.0 + 0.01 * f64::from(month)));
    Some(NewActivity {
        team: TeamCode::new(number)?,
        hamlet: Some(ground.hamlets[place].id),
        month: period,
        kind,
        people: HelpCount::parse(people).ok()?,
        entry: Entry::First,
    })
}

fn kind(number: u32, month: u32, turn: u32) -> usize {
    let mut left = chance(number, Question::HelpKind, month);
    let first = KINDS.iter().position(|(_, share, _)| {
        left -= share;
        left < 0.0
    });
    (first.unwrap_or_default() + turn as usize) % KINDS.len()
}
