//! Households: their code, composition and life. Knows units only by id.

mod code;

use crate::fault::{Faults, Path, Rule};
use crate::personal::{Head, HeadView};
use crate::time::Date;
use crate::unit::UnitId;

pub use code::{HouseholdCode, HouseholdCodePrefix, HouseholdNumber};

/// The most members a household can have.
pub const MEMBERS_LIMIT: u16 = 99;

/// Where the registry's memory begins; earlier dates are taken for typing errors.
#[must_use]
pub fn earliest_date() -> Date {
    Date::from_ymd_opt(2000, 1, 1).unwrap_or(Date::MIN)
}

/// Who lives in a household: members ≥ adults ≥ people of working age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Composition {
    members: u16,
    adults: u16,
    working_age: u16,
}

impl Composition {
    /// The counts, if they go together; 1…[`MEMBERS_LIMIT`] members.
    #[must_use]
    pub fn of(members: i32, adults: i32, working_age: i32) -> Option<Self> {
        let [members, adults, working_age] =
            [count(members, 1), count(adults, 0), count(working_age, 0)].map(Result::ok);
        let (members, adults, working_age) = (members?, adults?, working_age?);
        let goes_together = working_age <= adults && adults <= members;
        goes_together.then_some(Self { members, adults, working_age })
    }

    /// Checks the counts as [`Self::of`] does, and tells all that is wrong.
    pub fn parse(members: i32, adults: i32, working_age: i32, path: &Path) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let members_at = path.field("members");
        let members = faults.keep(members_at, count(members, 1));
        let adults = faults.keep(path.field("adults"), count(adults, 0));
        let working_age = faults.keep(path.field("workingAge"), count(working_age, 0));
        if let Some((members, adults)) = members.zip(adults) {
            let base = Rule::CountAboveBase { count: adults, base_name: "members", base: members };
            faults.keep(path.field("adults"), (adults <= members).then_some(()).ok_or(base));
        }
        if let Some((adults, working_age)) = adults.zip(working_age) {
            let base =
                Rule::CountAboveBase { count: working_age, base_name: "adults", base: adults };
            faults
                .keep(path.field("workingAge"), (working_age <= adults).then_some(()).ok_or(base));
        }
        let composition = members
            .zip(adults)
            .zip(working_age)
            .map(|((members, adults), working_age)| Self { members, adults, working_age });
        faults.or(composition)
    }

    /// People in the household.
    #[must_use]
    pub const fn members(self) -> u16 {
        self.members
    }

    /// Members of 18 years and over.
    #[must_use]
    pub const fn adults(self) -> u16 {
        self.adults
    }

    /// Adults of working age, Labour Code 45/2019/QH14 art. 169.
    #[must_use]
    pub const fn working_age(self) -> u16 {
        self.working_age
    }
}

/// A count of people from `min` to [`MEMBERS_LIMIT`].
pub fn count(value: i32, min: u16) -> Result<u16, Rule> {
    u16::try_from(value)
        .ok()
        .filter(|count| (min..=MEMBERS_LIMIT).contains(count))
        .ok_or(Rule::OutOfRange { min: min.into(), max: MEMBERS_LIMIT.into() })
}

/// Whether a household still is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// It lives in the province.
    Active,
    /// It left the province.
    MovedAway,
    /// It is no more: merged into another, or died out.
    Dissolved,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Active, Self::MovedAway, Self::Dissolved];

    /// The stable name; the form that is stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::MovedAway => "MOVED_AWAY",
            Self::Dissolved => "DISSOLVED",
        }
    }

    /// In Vietnamese, after "hộ đã".
    #[must_use]
    pub const fn vietnamese(self) -> &'static str {
        match self {
            Self::Active => "hoạt động",
            Self::MovedAway => "chuyển đi",
            Self::Dissolved => "giải thể",
        }
    }
}

/// Why a household is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Closure {
    /// It left the province.
    MovedAway,
    /// It is no more.
    Dissolved,
}

impl Closure {
    /// The status that follows.
    #[must_use]
    pub const fn status(self) -> Status {
        match self {
            Self::MovedAway => Status::MovedAway,
            Self::Dissolved => Status::Dissolved,
        }
    }
}

/// A household to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHousehold {
    /// The hamlet it lives in.
    pub hamlet: UnitId,
    /// Who lives in it.
    pub composition: Composition,
    /// Its head.
    pub head: Head,
    /// Since when it lives there; not in the future.
    pub registered_on: Date,
}

/// A change to a household; `None` leaves a part as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HouseholdChange {
    /// Which household.
    pub code: HouseholdCode,
    /// The version the change is meant for.
    pub version: u32,
    /// Since when the change holds; not in the future, not before the last change.
    pub effective_on: Date,
    /// The hamlet it lives in now.
    pub hamlet: Option<UnitId>,
    /// Who lives in it now.
    pub composition: Option<Composition>,
    /// Its head now.
    pub head: Option<Head>,
}

/// The end of a household.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HouseholdClosure {
    /// Which household.
    pub code: HouseholdCode,
    /// The version the closure is meant for.
    pub version: u32,
    /// Why.
    pub reason: Closure,
    /// Since when; not in the future, not before the last change.
    pub closed_on: Date,
}

/// A household as the registry knows it, as far as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Household {
    /// Serial number, and so the code.
    pub number: HouseholdNumber,
    /// The hamlet it lives in.
    pub hamlet: UnitId,
    /// The date of its newest survey.
    pub surveyed_on: Option<Date>,
    /// How it is; `None` if nobody asked.
    pub state: Option<HouseholdState>,
    /// Its head.
    pub head: HeadState,
}

/// How a household is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HouseholdState {
    /// Who lives in it.
    pub composition: Composition,
    /// Whether it still is one.
    pub status: Status,
    /// Since when it is registered.
    pub registered_on: Date,
    /// Since when its present state holds.
    pub effective_on: Date,
    /// Counts the changes, from 1.
    pub version: u32,
}

/// What became of asking for a head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadState {
    /// Nobody asked.
    NotRead,
    /// The personal data was erased.
    Erased,
    /// As the asker may see it.
    Seen(HeadView),
}

/// Personal data to be erased for good, past versions included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HouseholdErasure {
    /// Whose.
    pub code: HouseholdCode,
    /// The version that the erasure is meant for.
    pub version: u32,
}

/// Checks a date that must lie between `earliest` and today.
pub fn past_date(date: Date, earliest: Date, today: Date) -> Result<Date, Rule> {
    if date > today {
        Err(Rule::FutureDate { today })
    } else if date < earliest {
        Err(Rule::DateTooEarly { earliest })
    } else {
        Ok(date)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::RuleCode;

    #[test]
    fn every_count_is_checked_against_its_base() {
        let faults = Composition::parse(3, 4, 5, &Path::root()).unwrap_err();
        let told: Vec<_> = faults
            .as_slice()
            .iter()
            .map(|fault| (fault.path.to_string(), fault.rule.code()))
            .collect();
        assert_eq!(
            told,
            [
                ("adults".into(), RuleCode::CountAboveBase),
                ("workingAge".into(), RuleCode::CountAboveBase)
            ]
        );
        assert!(Composition::parse(0, 0, 0, &Path::root()).is_err());
        assert!(Composition::parse(100, 0, 0, &Path::root()).is_err());
        assert!(Composition::parse(4, -1, 0, &Path::root()).is_err());
        assert!(Composition::parse(4, 3, 2, &Path::root()).is_ok());
    }

    #[test]
    fn counts_go_together_where_nothing_is_wrong_with_them() {
        let counts = || [-1, 0, 1, 2, 50, 98, 99, 100];
        for (members, adults) in counts().into_iter().flat_map(|one| counts().map(|two| (one, two)))
        {
            for working_age in counts() {
                let parsed = Composition::parse(members, adults, working_age, &Path::root());
                assert_eq!(Composition::of(members, adults, working_age), parsed.ok());
            }
        }
    }
}
