//! What happens to a household after June 2024: at most one thing.

use registry_domain::household::{Closure, Composition};
use registry_domain::time::{Date, YearMonth};

use crate::chance::{Question, chance, day, pick};
use crate::family;
use crate::visit::{FIRST_MONTH, LAST_MONTH, THIRD_ROUND};

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Happening {
    /// A child comes of age.
    Grown,
    /// Another person becomes the head.
    NewHead,
    /// It moves to another hamlet.
    Moved,
    /// It leaves or dissolves.
    Closed(Closure),
}

/// What happens and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    pub(crate) happening: Happening,
    pub(crate) on: Date,
}

impl Event {
    /// The event in a household's life, if there is one.
    pub(crate) fn of(number: u32) -> Option<Self> {
        let happening = match chance(number, Question::Event, 0) {
            x if x < 0.007 => Happening::Grown,
            x if x < 0.010 => Happening::NewHead,
            x if x < 0.013 => Happening::Moved,
            x if x < 0.016 => Happening::Closed(Closure::MovedAway),
            x if x < 0.018 => Happening::Closed(Closure::Dissolved),
            _ => return None,
        };
        let months = (LAST_MONTH - THIRD_ROUND) as usize;
        let month = THIRD_ROUND
            + u32::try_from(pick(number, Question::EventMonth, months)).unwrap_or_default();
        let first = month_of(month).first_day();
        Some(Self { happening, on: day(number, Question::EventDay, first, 28) })
    }

    /// Whether the household still is one on `date`.
    pub(crate) fn spares(event: Option<Self>, date: Date) -> bool {
        !event.is_some_and(|event| {
            matches!(event.happening, Happening::Closed(_)) && event.on <= date
        })
    }
}

/// Who lives in a household on `date`.
pub(crate) fn composition_on(number: u32, event: Option<Event>, date: Date) -> Option<Composition> {
    let first = family::composition(number)?;
    match event {
        Some(Event { happening: Happening::Grown, on }) if on <= date => family::grown(first),
        _ => Some(first),
    }
}

/// A month, counted from July 2022.
pub(crate) fn month_of(month: u32) -> YearMonth {
    YearMonth::from_index(FIRST_MONTH + month.cast_signed())
}
