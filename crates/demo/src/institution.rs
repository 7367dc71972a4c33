//! Schools and banks: where they stand, when schools fulfilled which criterion, what banks offer.

use std::collections::HashMap;

use registry_domain::institution::{
    BankService, Feature, InstitutionCode, InstitutionKind, InstitutionName, NewFeature,
    NewInstitution, SchoolCriterion,
};
use registry_domain::text::Label;
use registry_domain::time::Date;

use crate::Step;
use crate::calibration::Calibration;
use crate::chance::{Question, chance, day, pick, pick_in, whole};
use crate::ground::{Ground, date, start, subject};
use crate::steps::{at_times, batches, by_day};
use crate::work::{Society, Work};

/// The kinds, the figures that tell how many there are, and what each is called before its place.
const KINDS: [(InstitutionKind, &str, &str); 8] = [
    (InstitutionKind::Preschool, "schools_preschool", "Trường Mầm non"),
    (InstitutionKind::PrimarySchool, "schools_primary", "Trường Tiểu học"),
    (InstitutionKind::LowerSecondarySchool, "schools_lower_secondary", "Trường Trung học cơ sở"),
    (
        InstitutionKind::UpperSecondarySchool,
        "schools_upper_secondary",
        "Trường Trung học phổ thông",
    ),
    (InstitutionKind::VocationalSchool, "schools_vocational", "Trường Trung cấp nghề"),
    (InstitutionKind::College, "schools_college", "Trường Cao đẳng nghề"),
    (InstitutionKind::University, "schools_university", "Phân hiệu đại học"),
    (InstitutionKind::Bank, "banks", "Ngân hàng thương mại"),
];

/// Banks, told apart by letters: none of them is a real one.
const BANKS: [&str; 8] = ["A", "B", "C", "D", "E", "G", "H", "K"];

/// Services, the year from which each is offered, and by what share of branches.
const SERVICES: [(BankService, i32, f64); 5] = [
    (BankService::InternetBanking, 2_012, 1.0),
    (BankService::MobileBanking, 2_015, 1.0),
    (BankService::SmsBanking, 2_010, 0.8),
    (BankService::QrPayment, 2_018, 0.9),
    (BankService::CardlessWithdrawal, 2_020, 0.5),
];

/// Days on which what was found since the day before was recorded.
fn days() -> [Date; 5] {
    [start(), date(2022, 12, 2), date(2023, 6, 2), date(2023, 12, 2), date(2024, 6, 2)]
}

pub(crate) fn steps(ground: &Ground, calibration: &Calibration) -> Vec<Step> {
    let institutions = institutions(ground, calibration);
    let share = calibration.get("schools_digital_2023");
    let features = institutions.iter().zip(1..).flat_map(|(new, number)| {
        let features =
            if new.kind.is_school() { criteria(new, number, share) } else { services(new, number) };
        features.into_iter().map(|new| (new.from, new))
    });
    let mut by_day = by_day(&days(), features.collect()).into_iter();
    let first = by_day.next().map(|(_, rows)| rows).unwrap_or_default();
    let register =
        batches(institutions.into_iter(), |rows| Work::Society(Society::Institutions(rows)));
    let first = register.chain(batches(first.into_iter(), features_of));
    let later =
        by_day.flat_map(|(day, rows)| at_times(day, batches(rows.into_iter(), features_of)));
    at_times(start(), first).chain(later).collect()
}

fn features_of(rows: Vec<NewFeature>) -> Work {
    Work::Society(Society::Features(rows))
}

/// All of them, kind by kind; those of a kind are spread evenly over the hamlets.
fn institutions(ground: &Ground, calibration: &Calibration) -> Vec<NewInstitution> {
    let mut named: HashMap<String, u32> = HashMap::new();
    let mut found = Vec::new();
    for (turn, (kind, figure, called)) in (0..).zip(KINDS) {
        let count = calibration.count(figure);
        for at in 0..count {
            // The kinds are shifted, so that not all of them stand in the same hamlets.
            let shift = turn as usize * 3;
            let hamlet = (at * ground.hamlets.len() / count + shift) % ground.hamlets.len();
            let commune = ground.commune_of(hamlet);
            let key = subject(ground.hamlets[hamlet].id) * 8 + turn;
            if count >= 10 && !ground.keeps_tenth(commune, at) {
                continue;
            }
            let mut name = if kind == InstitutionKind::Bank {
                format!("{called} {}, chi nhánh {}", BANKS[at % BANKS.len()], commune.name)
            } else {
                format!("{called} {}", commune.name)
            };
            let same = named.entry(name.clone()).or_default();
            *same += 1;
            if *same > 1 {
                name = format!("{name} {same}");
            }
            let opened_on = day(key, Question::Opened, date(1990, 9, 5), 9_500);
            let Ok(name) = InstitutionName::parse(&name) else { continue };
            let hamlet = ground.hamlets[hamlet].id;
            found.push(NewInstitution { kind, name, hamlet, opened_on });
        }
    }
    found
}

/// When a school fulfilled each criterion: all four by May 2024, a `share` of schools by the end of 2023.
/// Of preschools a part fulfils a part.
fn criteria(school: &NewInstitution, number: u32, share: f64) -> Vec<NewFeature> {
    let rank = chance(number, Question::CriterionDay, 9);
    let done = if rank < share {
        date(2021, 9, 1) + days_of(840.0 * rank / share)
    } else {
        date(2024, 1, 2) + days_of(145.0 * (rank - share) / (1.0 - share))
    };
    let last = pick(number, Question::CriterionDay, SchoolCriterion::ALL.len());
    let fulfilled = (0..).zip(SchoolCriterion::ALL).filter_map(|(turn, criterion)| {
        if school.kind == InstitutionKind::Preschool
            && chance(number, Question::HasService, turn) < 0.6
        {
            return None;
        }
        let early = pick_in(number, Question::CriterionDay, turn + 1, 240);
        let from =
            if turn as usize == last { done } else { done - chrono::Days::new(early as u64) };
        let decision = 100 + pick_in(number, Question::Evidence, turn, 900);
        let evidence = Label::parse(&format!("QĐ {decision}/QĐ-SGDĐT")).ok();
        let feature = Feature::Criterion(*criterion);
        Some(NewFeature { code: InstitutionCode::new(number)?, feature, from, evidence })
    });
    fulfilled.collect()
}

fn services(bank: &NewInstitution, number: u32) -> Vec<NewFeature> {
    let offered = (0..).zip(SERVICES).filter_map(|(turn, (service, year, share))| {
        let offers = chance(number, Question::HasService, turn) < share;
        let since = day(number * 8 + turn, Question::ServiceDay, date(year, 4, 1), 700);
        let (from, feature) = (since.max(bank.opened_on), Feature::Service(service));
        let code = InstitutionCode::new(number)?;
        offers.then_some(NewFeature { code, feature, from, evidence: None })
    });
    offered.collect()
}

fn days_of(days: f64) -> chrono::Days {
    chrono::Days::new(u64::from(whole(days).unsigned_abs()))
}
