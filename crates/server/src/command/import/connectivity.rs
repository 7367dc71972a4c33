//! Connectivity surveys from a file.

use registry_domain::access::Scope;
use registry_domain::connectivity::{
    Adoption, DigitalService, FixedLine, FixedProvider, FixedTechnology, MobileGeneration,
    NewSurvey,
};
use registry_domain::fault::{Expected, Faults, Rule};
use registry_domain::household::{HouseholdCode, HouseholdNumber};
use registry_domain::time::Date;
use registry_persistence::{RecordConnectivity, Row, Store};

use super::Kind;
use super::rows::RawRow;

/// One survey per row.
pub(super) struct Connectivity;

/// The first of the columns that count users of a service; in the order of [`DigitalService::ALL`].
const FIRST_SERVICE: usize = 10;

impl Kind for Connectivity {
    type Value = NewSurvey;
    type Command = RecordConnectivity;
    type Identity = (HouseholdNumber, Date);

    const SCOPE: Scope = Scope::HouseholdsWrite;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("household_code", "household"),
        ("surveyed_on", "surveyedOn"),
        ("fixed_technology", "technology"),
        ("fixed_provider", "provider"),
        ("mobile_generation", "mobileGeneration"),
        ("adults_with_smartphone", "adultsWithSmartphone"),
        ("working_age_trained", "workingAgeTrained"),
        ("adults_with_public_service_account", "adultsWithPublicServiceAccount"),
        ("adults_with_vneid_level2", "adultsWithVneidLevel2"),
        ("adults_paying_cashless", "adultsPayingCashless"),
        ("haugiang_app", "HAUGIANG_APP"),
        ("vssid", "VSSID"),
        ("zalo", "ZALO"),
        ("bank_app", "BANK_APP"),
        ("mobile_money", "MOBILE_MONEY"),
        ("viettel_money", "VIETTEL_MONEY"),
        ("cashless_electricity", "CASHLESS_ELECTRICITY"),
        ("cashless_water", "CASHLESS_WATER"),
        ("cashless_telecom", "CASHLESS_TELECOM"),
    ];

    fn parse(row: &RawRow, _: &Store) -> Result<Row<NewSurvey>, Faults> {
        let at = row.at();
        let mut faults = Faults::default();
        let household = faults.keep(at.field("household"), row.cell(0).parse::<HouseholdCode>());
        let surveyed_on = faults.keep(at.field("surveyedOn"), row.date(1));
        let fixed = fixed_line(row, &mut faults);
        let mobile = row.named(
            4,
            MobileGeneration::from_code,
            Expected {
                english: "G2, G3, G4, G5 or nothing",
                vietnamese: "G2, G3, G4, G5 hoặc để trống",
            },
        );
        let mobile = faults.keep(at.field("mobileGeneration"), mobile).flatten();
        let mut number = |column: usize| {
            let field = Self::COLUMNS[column].1;
            faults.keep(at.field(field), row.number(column)).unwrap_or_default()
        };
        let adoption = Adoption {
            smartphone: number(5),
            trained: number(6),
            public_service_account: number(7),
            vneid_level_2: number(8),
            cashless: number(9),
            services: std::array::from_fn::<_, { DigitalService::COUNT }, _>(|at| {
                number(FIRST_SERVICE + at)
            }),
        };
        let survey = household.zip(surveyed_on);
        let survey = survey.map(|(household, surveyed_on)| NewSurvey {
            household,
            surveyed_on,
            fixed,
            mobile,
            adoption,
        });
        faults.or(survey).map(|value| Row { at, value })
    }

    fn identities(survey: &NewSurvey) -> Vec<(&'static str, (HouseholdNumber, Date))> {
        vec![("surveyed_on", (survey.household.number(), survey.surveyed_on))]
    }

    fn command(rows: Vec<Row<NewSurvey>>) -> RecordConnectivity {
        RecordConnectivity(rows)
    }
}

fn fixed_line(row: &RawRow, faults: &mut Faults) -> Option<FixedLine> {
    let at = row.at();
    let technology = row.named(
        2,
        FixedTechnology::from_code,
        Expected {
            english: "FIBRE, CABLE, DSL, FIXED_WIRELESS or nothing",
            vietnamese: "FIBRE, CABLE, DSL, FIXED_WIRELESS hoặc để trống",
        },
    );
    let technology = faults.keep(at.field("technology"), technology)?;
    let provider = row.named(
        3,
        FixedProvider::from_code,
        Expected {
            english: "VNPT, VIETTEL, FPT, MOBIFONE, OTHER or nothing",
            vietnamese: "VNPT, VIETTEL, FPT, MOBIFONE, OTHER hoặc để trống",
        },
    );
    let provider = faults.keep(at.field("provider"), provider)?;
    match (technology, provider) {
        (Some(technology), Some(provider)) => Some(FixedLine { technology, provider }),
        (None, None) => None,
        (None, Some(_)) => {
            let expected = Expected {
                english: "a technology, since there is a provider",
                vietnamese: "công nghệ, vì đã có nhà cung cấp",
            };
            faults.push(at.field("technology"), Rule::Malformed { expected });
            None
        }
        (Some(_), None) => {
            let expected = Expected {
                english: "a provider, since there is a technology",
                vietnamese: "nhà cung cấp, vì đã có công nghệ",
            };
            faults.push(at.field("provider"), Rule::Malformed { expected });
            None
        }
    }
}
