//! Dates, months, moments and the one clock; in the province's time zone.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, SubsecRound, TimeDelta, Utc};

use crate::fault::Rule;

/// A calendar date in the province (`YYYY-MM-DD`, no time zone: it is a day, not an instant).
pub type Date = NaiveDate;

/// An instant in UTC.
pub type Instant = DateTime<Utc>;

const SECONDS_EAST: i32 = 7 * 3_600;

/// The day that `instant` falls on in the province.
///
/// `Asia/Ho_Chi_Minh` is UTC+7 without daylight saving for every date the registry records, so
/// 2025-06-30T18:30Z is already 2025-07-01 there.
#[must_use]
pub fn local_date(instant: Instant) -> Date {
    FixedOffset::east_opt(SECONDS_EAST)
        .map_or_else(|| instant.date_naive(), |zone| instant.with_timezone(&zone).date_naive())
}

/// The moment as of which records are asked about: the end of the millisecond asked for, since moments are
/// told in milliseconds and what was recorded in the one that is told must be seen as of it. What
/// will be known later than `now` is not known.
pub fn known_moment(asked: Instant, now: Instant) -> Result<Instant, Rule> {
    // Records are stored in microseconds.
    const LAST: TimeDelta = TimeDelta::microseconds(999);
    let told = asked.trunc_subsecs(3);
    if told > now { Err(Rule::FutureMoment { now }) } else { Ok(told + LAST) }
}

/// Where "now" comes from. One is injected at start-up, so that seeds and tests can live in
/// another year.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The present instant.
    fn now(&self) -> Instant;

    /// The present day in the province.
    fn today(&self) -> Date {
        local_date(self.now())
    }
}

/// The machine's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Utc::now()
    }
}

/// A clock that stands still until it is set; for generated history and for tests.
#[derive(Debug)]
pub struct SimulatedClock(AtomicI64);

impl SimulatedClock {
    /// A clock standing at `instant`.
    #[must_use]
    pub fn at(instant: Instant) -> Self {
        Self(AtomicI64::new(instant.timestamp_micros()))
    }

    /// Moves the clock to `instant`.
    pub fn set(&self, instant: Instant) {
        self.0.store(instant.timestamp_micros(), Ordering::Relaxed);
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Instant {
        DateTime::from_timestamp_micros(self.0.load(Ordering::Relaxed)).unwrap_or_default()
    }
}

/// A calendar month, written `2024-06`. Counted from year 0, so neighbours differ by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct YearMonth(i32);

impl YearMonth {
    /// The month that holds `date`.
    #[must_use]
    pub fn of(date: Date) -> Self {
        Self(date.year() * 12 + date.month0().cast_signed())
    }

    /// Months since January of year 0; the form that is stored.
    #[must_use]
    pub const fn index(self) -> i32 {
        self.0
    }

    /// The month of a stored [`YearMonth::index`].
    #[must_use]
    pub const fn from_index(index: i32) -> Self {
        Self(index)
    }

    /// The following month.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The first day of the month.
    #[must_use]
    pub fn first_day(self) -> Date {
        let month = self.0.rem_euclid(12).cast_unsigned() + 1;
        Date::from_ymd_opt(self.0.div_euclid(12), month, 1).unwrap_or(Date::MIN)
    }

    /// The last day of the month.
    #[must_use]
    pub fn last_day(self) -> Date {
        self.next().first_day().pred_opt().unwrap_or(Date::MIN)
    }
}

impl fmt::Display for YearMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

/// The text was not a month written `YYYY-MM` between 1900-01 and 2999-12.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a month is written YYYY-MM, like 2024-06 / tháng viết dạng YYYY-MM, ví dụ 2024-06")]
pub struct NotAMonth;

impl FromStr for YearMonth {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Self, NotAMonth> {
        let well_formed = text.len() == 7
            && text
                .bytes()
                .enumerate()
                .all(|(at, byte)| if at == 4 { byte == b'-' } else { byte.is_ascii_digit() });
        if !well_formed {
            return Err(NotAMonth);
        }
        let date =
            Date::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").map_err(|_| NotAMonth)?;
        if (1900..3000).contains(&date.year()) { Ok(Self::of(date)) } else { Err(NotAMonth) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_evening_before_in_utc_is_already_the_next_day_in_the_province() {
        let instant: Instant = "2025-06-30T18:30:00Z".parse().unwrap();
        assert_eq!(local_date(instant), Date::from_ymd_opt(2025, 7, 1).unwrap());
    }

    #[test]
    fn only_what_was_known_by_now_can_be_asked_for() {
        let at = |text: &str| -> Instant { text.parse().unwrap() };
        let now = at("2025-06-30T18:30:00.123456Z");
        let end = at("2025-06-30T18:30:00.123999Z");
        for asked in ["2025-06-30T18:30:00.123Z", "2025-06-30T18:30:00.123999999Z"] {
            assert_eq!(known_moment(at(asked), now), Ok(end), "{asked}");
        }
        let later = at("2025-06-30T18:30:00.124Z");
        assert_eq!(known_moment(later, now), Err(Rule::FutureMoment { now }));
    }

    #[test]
    fn malformed_months_are_refused() {
        for text in ["2024-13", "2024-00", "2024-6", "24-06", "2024/06", "２024-06", "", "1899-12"]
        {
            assert_eq!(text.parse::<YearMonth>(), Err(NotAMonth), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_month_survives_its_text_form(index in 1900*12..3000*12) {
            let month = YearMonth::from_index(index);
            prop_assert_eq!(month.to_string().parse(), Ok(month));
            prop_assert_eq!(YearMonth::of(month.first_day()), month);
            prop_assert_eq!(YearMonth::of(month.last_day()), month);
            prop_assert_eq!(month.last_day().succ_opt().unwrap(), month.next().first_day());
        }
    }
}
