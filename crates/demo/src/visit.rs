//! Visits: when teams come to a household, and what they find.

use registry_domain::connectivity::{
    Adoption, DigitalService, FixedLine, FixedProvider, FixedTechnology, MobileGeneration,
    NewSurvey,
};
use registry_domain::household::{Composition, HouseholdNumber};
use registry_domain::time::Date;

use crate::calibration::{Calibration, Growth};
use crate::chance::{Question, chance, pick};
use crate::event::month_of;
use crate::place::Hamlet;

/// July 2022, the month from which months are counted here.
pub(crate) const FIRST_MONTH: i32 = 2_022 * 12 + 6;

/// The first month of the second round: July 2023.
const SECOND_ROUND: u32 = 12;

/// The first month of the third round: July 2024.
pub(crate) const THIRD_ROUND: u32 = 24;

/// The last month: September 2026.
pub(crate) const LAST_MONTH: u32 = 50;

/// The months in which a household is visited, counted from July 2022, from `earliest` on.
pub(crate) fn months(number: u32, earliest: u32) -> [Option<u32>; 3] {
    let within = |question, first: u32, last: u32| {
        first
            + u32::try_from(pick(number, question, (last - first + 1) as usize)).unwrap_or_default()
    };
    let third = chance(number, Question::HasThirdVisit, 0) < 0.5;
    [
        Some(within(Question::FirstVisit, 0, SECOND_ROUND - 1)),
        Some(within(Question::SecondVisit, SECOND_ROUND, THIRD_ROUND - 1)),
        third.then(|| within(Question::ThirdVisit, THIRD_ROUND, LAST_MONTH)),
    ]
    .map(|month| month.filter(|month| *month >= earliest))
}

/// The day of a visit within its month.
pub(crate) fn day_in(number: u32, month: u32) -> Date {
    let day = 1 + u32::try_from(pick(number.wrapping_add(month), Question::EventDay, 28))
        .unwrap_or_default();
    let first = month_of(month).first_day();
    first + chrono::Days::new(u64::from(day - 1))
}

/// What a team finds on `day`.
///
/// Every person has a fixed number per thing and has the thing once the share of the commune
/// exceeds it: nobody loses what he had, and shares come out as calibrated.
pub(crate) fn find(
    calibration: &Calibration,
    hamlet: Hamlet,
    number: u32,
    composition: Composition,
    (month, day): (u32, Date),
) -> Option<NewSurvey> {
    let share = |growth: Growth| growth.at(month) + hamlet.offset;
    let count = |people: u16, question, share: f64| {
        let having =
            (0..u32::from(people)).filter(|person| chance(number, question, *person) < share);
        i32::try_from(having.count()).unwrap_or_default()
    };
    let adults = composition.adults();
    let smart = share(calibration.smartphone);
    let cashless = share(calibration.cashless);
    let services = DigitalService::ALL.iter().map(|service| match service {
        DigitalService::HauGiangApp => count(adults, Question::Smartphone, 0.30 * smart),
        DigitalService::Vssid => count(adults, Question::Smartphone, 0.45 * smart),
        DigitalService::Zalo => count(adults, Question::Smartphone, 0.93 * smart),
        DigitalService::BankApp => count(adults, Question::Smartphone, 0.62 * smart),
        DigitalService::MobileMoney => count(adults, Question::Smartphone, 0.12 * smart),
        DigitalService::ViettelMoney => count(adults, Question::Smartphone, 0.25 * smart),
        DigitalService::CashlessElectricity => count(adults, Question::Cashless, 0.80 * cashless),
        DigitalService::CashlessWater => count(adults, Question::Cashless, 0.55 * cashless),
        DigitalService::CashlessTelecom => count(adults, Question::Cashless, 0.70 * cashless),
    });
    let services: Vec<i32> = services.collect();
    Some(NewSurvey {
        household: HouseholdNumber::new(number)?.code(),
        surveyed_on: day,
        fixed: line(number, month, share(calibration.fibre)),
        mobile: mobile(number, month),
        adoption: Adoption {
            smartphone: count(adults, Question::Smartphone, smart),
            trained: count(composition.working_age(), Question::Skills, share(calibration.skills)),
            public_service_account: count(adults, Question::Account, share(calibration.account)),
            vneid_level_2: count(adults, Question::Vneid, share(calibration.vneid)),
            cashless: count(adults, Question::Cashless, cashless),
            services: services.try_into().ok()?,
        },
    })
}

fn line(number: u32, month: u32, fibre: f64) -> Option<FixedLine> {
    let technology = if chance(number, Question::Fibre, 0) < fibre {
        FixedTechnology::Fibre
    } else {
        match chance(number, Question::OtherLine, 0) {
            x if x < 0.10 => FixedTechnology::Cable,
            x if x < 0.13 => FixedTechnology::Dsl,
            x if x < 0.20 => FixedTechnology::FixedWireless,
            _ => return None,
        }
    };
    // A few change their provider between the second round and the third.
    let changed = month >= THIRD_ROUND && chance(number, Question::ProviderChange, 0) < 0.05;
    let provider = match chance(number, Question::Provider, u32::from(changed)) {
        x if x < 0.44 => FixedProvider::Vnpt,
        x if x < 0.84 => FixedProvider::Viettel,
        x if x < 0.95 => FixedProvider::Fpt,
        x if x < 0.99 => FixedProvider::MobiFone,
        _ => FixedProvider::Other,
    };
    Some(FixedLine { technology, provider })
}

fn mobile(number: u32, month: u32) -> Option<MobileGeneration> {
    let new = f64::from(month) * 0.004;
    Some(match chance(number, Question::Mobile, 0) {
        x if x < new => MobileGeneration::G5,
        x if x < 0.93 + new / 3.0 => MobileGeneration::G4,
        x if x < 0.97 => MobileGeneration::G3,
        x if x < 0.985 => MobileGeneration::G2,
        _ => return None,
    })
}
