//! The order in which things were recorded: registrations, then month by month what changed and what teams found.

use chrono::{Duration, NaiveTime};
use registry_domain::household::{
    HouseholdChange, HouseholdClosure, HouseholdNumber, NewHousehold,
};
use registry_domain::time::{Date, Instant};

use crate::calibration::Calibration;
use crate::event::{Event, Happening, composition_on, month_of};
use crate::place::{NEWCOMER_YEARS, Places};
use crate::{BATCH, Step, Work, family, visit};

pub(crate) fn all<'demo>(
    calibration: &'demo Calibration,
    places: &'demo Places,
) -> impl Iterator<Item = Step> + 'demo {
    let start = Date::from_ymd_opt(2022, 6, 15).unwrap_or_default();
    let settled =
        batches(places.settled().filter_map(|number| settler(places, number)), Work::Register);
    let settled = at_times(start, settled);
    settled.chain(
        (0..=visit::LAST_MONTH).flat_map(move |month| month_steps(calibration, places, month)),
    )
}

/// Two histories as one, in order of time.
pub(crate) fn merged(
    left: impl Iterator<Item = Step>,
    right: impl Iterator<Item = Step>,
) -> impl Iterator<Item = Step> {
    let (mut left, mut right) = (left.peekable(), right.peekable());
    std::iter::from_fn(move || match (left.peek(), right.peek()) {
        (Some(first), Some(second)) if second.at < first.at => right.next(),
        (Some(_), _) => left.next(),
        (None, _) => right.next(),
    })
}

/// What was recorded in the first days after a month.
fn month_steps<'demo>(
    calibration: &'demo Calibration,
    places: &'demo Places,
    month: u32,
) -> impl Iterator<Item = Step> + 'demo {
    let on = month_of(month).next().first_day();
    let year =
        NEWCOMER_YEARS.iter().position(|year| month_of(month).to_string() == format!("{year}-06"));
    let newcomers = year.map(|year| places.newcomers(year)).into_iter().flatten();
    let newcomers =
        batches(newcomers.filter_map(|number| newcomer(places, number)), Work::Register);
    // Changes come before the visits of the month: a visit is checked against who lives there then.
    let events = move || {
        let happened = places.settled().filter(move |_| month >= visit::THIRD_ROUND);
        happened.filter_map(|number| Some((number, Event::of(number)?))).filter(
            move |(_, event)| month_of(month) == registry_domain::time::YearMonth::of(event.on),
        )
    };
    let changes =
        batches(events().filter_map(|(number, event)| change(places, number, event)), Work::Change);
    let closures =
        batches(events().filter_map(|(number, event)| closure(number, event)), Work::Close);
    let visits =
        (1..=places.last()).filter_map(move |number| survey(calibration, places, number, month));
    let visits = batches(visits, Work::Survey);
    at_times(on, newcomers.chain(changes).chain(closures).chain(visits))
}

fn settler(places: &Places, number: u32) -> Option<NewHousehold> {
    Some(NewHousehold {
        hamlet: places.home(number).id,
        composition: family::composition(number)?,
        head: family::head(number, 0)?,
        registered_on: family::registered_on(number),
    })
}

fn newcomer(places: &Places, number: u32) -> Option<NewHousehold> {
    let registered_on = family::arrived_on(number, places.arrival(number)?);
    Some(NewHousehold { registered_on, ..settler(places, number)? })
}

fn change(places: &Places, number: u32, event: Event) -> Option<HouseholdChange> {
    let mut change = HouseholdChange {
        code: HouseholdNumber::new(number)?.code(),
        version: 1,
        effective_on: event.on,
        hamlet: None,
        composition: None,
        head: None,
    };
    match event.happening {
        Happening::Grown => change.composition = composition_on(number, Some(event), event.on),
        Happening::NewHead => change.head = family::head(number, 1),
        Happening::Moved => change.hamlet = Some(places.elsewhere(number)),
        Happening::Closed(_) => return None,
    }
    Some(change)
}

fn closure(number: u32, event: Event) -> Option<HouseholdClosure> {
    let Happening::Closed(reason) = event.happening else { return None };
    let code = HouseholdNumber::new(number)?.code();
    Some(HouseholdClosure { code, version: 1, reason, closed_on: event.on })
}

fn survey(
    calibration: &Calibration,
    places: &Places,
    number: u32,
    month: u32,
) -> Option<registry_domain::connectivity::NewSurvey> {
    let arrival = places.arrival(number);
    // Newcomers are first visited in the half-year after they came.
    let earliest = arrival.map_or(0, |year| u32::try_from((year - 2_022) * 12).unwrap_or_default());
    if !visit::months(number, earliest).contains(&Some(month)) {
        return None;
    }
    let event = if arrival.is_none() { Event::of(number) } else { None };
    let day = visit::day_in(number, month);
    if !Event::spares(event, day) {
        return None;
    }
    let composition = composition_on(number, event, day)?;
    visit::find(calibration, places.home(number), number, composition, (month, day))
}

/// The rows that are recorded on each of `days`: those dated before it that were not recorded yet.
pub(crate) fn by_day<T>(days: &[Date], mut rows: Vec<(Date, T)>) -> Vec<(Date, Vec<T>)> {
    rows.sort_by_key(|(date, _)| *date);
    let mut rows = rows.into_iter().peekable();
    let on_day = |day: &Date| {
        let due = std::iter::from_fn(|| rows.next_if(|(date, _)| date < day));
        (*day, due.map(|(_, row)| row).collect())
    };
    days.iter().map(on_day).collect()
}

/// Gathers rows into works of at most [`BATCH`] rows.
pub(crate) fn batches<T>(
    mut rows: impl Iterator<Item = T>,
    work: impl Fn(Vec<T>) -> Work,
) -> impl Iterator<Item = Work> {
    std::iter::from_fn(move || {
        let batch: Vec<T> = rows.by_ref().take(BATCH).collect();
        (!batch.is_empty()).then(|| work(batch))
    })
}

/// Spreads works over the working hours that follow the morning of `first`.
pub(crate) fn at_times(
    first: Date,
    works: impl Iterator<Item = Work>,
) -> impl Iterator<Item = Step> {
    // Eight in the morning in the province.
    let morning: Instant = first.and_time(NaiveTime::MIN).and_utc() + Duration::hours(1);
    works.zip(0..).map(move |(work, turn)| Step { at: morning + Duration::minutes(turn), work })
}
