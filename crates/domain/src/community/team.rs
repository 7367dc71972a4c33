//! Teams: one at a time for a hamlet, or for a commune as a whole.

use crate::code::{Code, CodeKind};
use crate::fault::{Expected, Rule};
use crate::tally::{Span, Tally, TallyChanges, while_any_holds};
use crate::time::{Date, Instant, YearMonth};
use crate::unit::UnitId;

/// Marks the codes of teams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfTeam {}

impl CodeKind for OfTeam {
    const PREFIX: &'static str = "TO";
    const EXPECTED: Expected =
        Expected { english: "TO and 8 digits", vietnamese: "TO và 8 chữ số" };
}

/// The code of a team.
pub type TeamCode = Code<OfTeam>;

/// How many people a team has: 1…100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberCount(u8);

impl MemberCount {
    /// The most members.
    pub const LIMIT: u8 = 100;

    /// Checks a count as it was told.
    pub fn parse(told: i32) -> Result<Self, Rule> {
        let count = u8::try_from(told).ok().filter(|count| (1..=Self::LIMIT).contains(count));
        count.map(Self).ok_or(Rule::OutOfRange { min: 1, max: Self::LIMIT.into() })
    }

    /// The count.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// A team to be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewTeam {
    /// The hamlet or commune that it is for, which must exist on the day it is founded.
    pub unit: UnitId,
    /// Its members on that day.
    pub members: MemberCount,
    /// The day; not in the future.
    pub founded_on: Date,
}

/// A change of a team's members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeamChange {
    /// Which team.
    pub team: TeamCode,
    /// The version the change is meant for.
    pub version: u32,
    /// Since when the change holds; not in the future, not before the last change.
    pub effective_on: Date,
    /// Its members from then on.
    pub members: MemberCount,
}

/// The end of a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeamDissolution {
    /// Which team.
    pub team: TeamCode,
    /// The version the dissolution is meant for.
    pub version: u32,
    /// The first day without it; not in the future, not before the last change.
    pub dissolved_on: Date,
}

/// A team as the registry knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Team {
    /// Its code.
    pub code: TeamCode,
    /// The hamlet or commune that it is for, as it was on the day the team was founded.
    pub unit: UnitId,
    /// Its members.
    pub members: MemberCount,
    /// Its first day.
    pub founded_on: Date,
    /// The first day without it, if it ended.
    pub dissolved_on: Option<Date>,
    /// Since when its present state holds.
    pub effective_on: Date,
    /// Counts the changes, from 1.
    pub version: u32,
}

impl Team {
    /// When it exists.
    #[must_use]
    pub const fn span(&self) -> Span {
        (self.founded_on, self.dissolved_on)
    }

    /// Whether it exists on any day of `month`.
    #[must_use]
    pub fn exists_in(&self, month: YearMonth) -> bool {
        let (from, until) = self.span();
        from <= month.last_day() && until.is_none_or(|until| month.first_day() < until)
    }
}

/// A team's state between two changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeamVersion {
    /// Which team.
    pub team: TeamCode,
    /// Which state, from 1.
    pub version: u32,
    /// When the registry learned of it.
    pub recorded_at: Instant,
    /// Since when it holds.
    pub effective_on: Date,
    /// The members then.
    pub members: MemberCount,
    /// The first day without the team, if this is its end.
    pub dissolved_on: Option<Date>,
}

/// What teams of `hamlet` with these spans count there.
#[must_use]
pub fn presence(hamlet: UnitId, spans: &[Span]) -> TallyChanges {
    let changes = while_any_holds(spans).into_iter();
    changes.map(|(month, change)| ((hamlet, month, Tally::WithTeam), change)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn team(founded_on: &str, dissolved_on: Option<&str>) -> Team {
        Team {
            code: TeamCode::new(1).unwrap(),
            unit: UnitId::new(1),
            members: MemberCount::parse(5).unwrap(),
            founded_on: day(founded_on),
            dissolved_on: dissolved_on.map(day),
            effective_on: day(founded_on),
            version: 1,
        }
    }

    #[test]
    fn a_team_exists_in_every_month_that_has_one_of_its_days() {
        let exists = |team: Team, month: &str| team.exists_in(month.parse().unwrap());
        let lasting = team("2024-02-29", None);
        assert!(!exists(lasting, "2024-01"));
        assert!(exists(lasting, "2024-02"));
        assert!(exists(lasting, "2030-01"));
        let ended = team("2024-02-29", Some("2024-05-01"));
        assert!(exists(ended, "2024-04"));
        assert!(!exists(ended, "2024-05"), "the day it ended is the first without it");
    }

    #[test]
    fn members_are_from_1_to_100() {
        for (told, fits) in [(0, false), (1, true), (100, true), (101, false), (-1, false)] {
            assert_eq!(MemberCount::parse(told).is_ok(), fits, "{told}");
        }
    }

    #[test]
    fn a_team_is_counted_from_the_month_end_that_it_lives_to_see() {
        let spans = [team("2024-02-10", Some("2024-05-20")), team("2024-06-01", None)];
        let changes = presence(UnitId::new(7), &spans.map(|team| team.span()));
        let told: Vec<_> =
            changes.iter().map(|((_, month, _), change)| (month.to_string(), *change)).collect();
        let pair = |month: &str, change: i64| (month.to_owned(), change);
        assert_eq!(told, [pair("2024-02", 1), pair("2024-05", -1), pair("2024-06", 1)]);
    }
}
