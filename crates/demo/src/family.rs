//! Families: who lives in a household, and what its head is called.

use registry_domain::fault::Path;
use registry_domain::household::Composition;
use registry_domain::personal::Head;
use registry_domain::time::Date;

use crate::chance::{Question, chance, day, pick};

const FAMILY: [&str; 14] = [
    "Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Phan", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô",
    "Dương", "Lý",
];
const MIDDLE: [&str; 10] =
    ["Văn", "Thị", "Hữu", "Ngọc", "Minh", "Thanh", "Hoàng", "Kim", "Quốc", "Mỹ"];
const GIVEN: [&str; 20] = [
    "An", "Bình", "Cường", "Dung", "Đạt", "Giang", "Hạnh", "Hiếu", "Khánh", "Lan", "Mai", "Nam",
    "Nga", "Oanh", "Phúc", "Quý", "Sơn", "Thảo", "Trúc", "Yến",
];

/// Any number that shares no factor with 1,000,000, so that products run through all six digits.
const SCATTER: u32 = 7_919;

/// Who lives in a household at first.
pub(crate) fn composition(number: u32) -> Option<Composition> {
    let adults = match chance(number, Question::Adults, 0) {
        x if x < 0.08 => 1,
        x if x < 0.53 => 2,
        x if x < 0.78 => 3,
        x if x < 0.93 => 4,
        _ => 5,
    };
    let children = match chance(number, Question::Children, 0) {
        x if x < 0.38 => 0,
        x if x < 0.74 => 1,
        x if x < 0.94 => 2,
        _ => 3,
    };
    let old = (0..adults).filter(|adult| chance(number, Question::Elders, *adult) < 0.15).count();
    let adults = i32::try_from(adults).ok()?;
    let working_age = adults - i32::try_from(old).ok()?;
    Composition::parse(adults + children, adults, working_age, &Path::root()).ok()
}

/// A grown child came of age: one more adult, one more of working age.
pub(crate) fn grown(before: Composition) -> Option<Composition> {
    let [members, adults, working_age] =
        [before.members(), before.adults(), before.working_age()].map(|count| i32::from(count) + 1);
    Composition::parse(members, adults, working_age, &Path::root()).ok()
}

/// The head of a household; `turn` counts its heads.
pub(crate) fn head(number: u32, turn: u32) -> Option<Head> {
    let subject = number + turn * 500_000;
    let name = format!(
        "{} {} {}",
        FAMILY[pick(subject, Question::FamilyName, FAMILY.len())],
        MIDDLE[pick(subject, Question::MiddleName, MIDDLE.len())],
        GIVEN[pick(subject, Question::GivenName, GIVEN.len())],
    );
    let citizen_number = citizen_number(subject);
    let phone = format!("050{:07}", pick(subject, Question::Phone, 10_000_000));
    Head::parse(&name, Some(&citizen_number), Some(&phone), &Path::root()).ok()
}

/// The citizen number of a person; subjects that differ in their last six digits have different ones.
pub(crate) fn citizen_number(subject: u32) -> String {
    let birth = pick(subject, Question::Birth, 100);
    let sex = birth % 2;
    let digits = u64::from(subject) * u64::from(SCATTER) % 1_000_000;
    format!("000{sex}{:02}{digits:06}", 40 + birth / 2)
}

/// Since when a household that was always there is registered.
pub(crate) fn registered_on(number: u32) -> Date {
    // The newest commune of that time is of February 2020.
    let first = Date::from_ymd_opt(2020, 3, 1).unwrap_or_default();
    day(number, Question::RegisteredOn, first, 820)
}

/// Since when a newcomer is registered: in the first half of its year.
pub(crate) fn arrived_on(number: u32, year: i32) -> Date {
    let first = Date::from_ymd_opt(year, 1, 1).unwrap_or_default();
    day(number, Question::RegisteredOn, first, 180)
}
