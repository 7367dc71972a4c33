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

/// The key for chance of a household's head; `turn` counts its heads, two at most. No two heads share one.
fn subject(number: u32, turn: u32) -> u32 {
    // Where a province of usual size has no more households, the second heads of its own begin.
    match number {
        ..FEW => number + turn * FEW,
        _ => number + FEW + turn * MANY,
    }
}

/// More households than a province has.
const FEW: u32 = 500_000;

/// Ten times as many; the largest scale has fewer beyond [`FEW`].
const MANY: u32 = 2_000_000;

/// The head of a household; `turn` counts its heads.
pub(crate) fn head(number: u32, turn: u32) -> Option<Head> {
    let subject = subject(number, turn);
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

/// The citizen number of a person; subjects below 5,000,000 have different ones.
pub(crate) fn citizen_number(subject: u32) -> String {
    let birth = pick(subject, Question::Birth, 100);
    // The fourth digit tells sex and century: each has two, in which the last six digits can be given out once.
    let century = subject / 1_000_000 % 5;
    let fourth = usize::try_from(century * 2).unwrap_or_default() + birth % 2;
    let digits = u64::from(subject) * u64::from(SCATTER) % 1_000_000;
    format!("000{fourth}{:02}{digits:06}", 40 + birth / 2)
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::Scale;
    use crate::certificate::numbers_begin;

    /// The most certificates of one partner at the largest scale.
    const CERTIFICATES: u32 = 440_000;

    #[test]
    fn nobody_shares_a_key_at_the_largest_scale() {
        let mut ranges = Vec::new();
        for turn in [0, 1] {
            ranges.push((subject(1, turn), subject(FEW - 1, turn)));
            ranges.push((subject(FEW, turn), subject(2_050_000, turn)));
        }
        for partner in [0, 1] {
            let first = numbers_begin(partner, Scale::Tenfold);
            ranges.push((first, first + CERTIFICATES));
        }
        ranges.sort_unstable();
        assert!(ranges.windows(2).all(|pair| pair[0].1 < pair[1].0), "{ranges:?}");
        assert!(ranges.iter().all(|(_, last)| *last < 5_000_000), "{ranges:?}");
    }

    #[test]
    fn citizen_numbers_differ_where_six_digits_are_given_out_again() {
        let all = (0..5).flat_map(|million| (0..2_000).map(move |at| million * 1_000_000 + at));
        let numbers: HashSet<String> = all.map(citizen_number).collect();
        assert_eq!(numbers.len(), 10_000);
        assert!(numbers.iter().all(|number| number.len() == 12 && number.starts_with("000")));
    }

    #[test]
    fn heads_of_a_usual_province_are_who_they_were() {
        assert_eq!([subject(7, 0), subject(7, 1), subject(201_900, 1)], [7, 500_007, 701_900]);
        assert!(citizen_number(701_900)[3..4].parse::<u8>().unwrap() < 2);
    }
}
