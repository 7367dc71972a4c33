//! Connectivity surveys: one household observed on one date. Knows nothing of how they are stored or counted up.

use crate::fault::{Faults, Path, Rule};
use crate::household::{Composition, HouseholdCode, HouseholdNumber, count};
use crate::time::Date;

/// The technology of a fixed line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FixedTechnology {
    /// Optical fibre to the home (cáp quang).
    Fibre,
    /// Cable television network.
    Cable,
    /// Copper telephone line.
    Dsl,
    /// Radio in place of a line.
    FixedWireless,
}

/// Who provides a fixed line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FixedProvider {
    /// VNPT.
    Vnpt,
    /// Viettel.
    Viettel,
    /// FPT Telecom.
    Fpt,
    /// MobiFone.
    MobiFone,
    /// Any other provider.
    Other,
}

/// The newest generation of mobile network that the household uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MobileGeneration {
    /// GSM and its like.
    G2,
    /// UMTS and its like.
    G3,
    /// LTE.
    G4,
    /// 5G NR.
    G5,
}

/// A digital service whose use is counted per household.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DigitalService {
    /// The province's own app.
    HauGiangApp,
    /// Social insurance app `VssID`.
    Vssid,
    /// Zalo messenger.
    Zalo,
    /// A bank's app.
    BankApp,
    /// Mobile Money of any operator.
    MobileMoney,
    /// Viettel Money.
    ViettelMoney,
    /// Paying electricity bills without cash.
    CashlessElectricity,
    /// Paying water bills without cash.
    CashlessWater,
    /// Paying telecom bills without cash.
    CashlessTelecom,
}

macro_rules! coded {
    ($name:ident { $($variant:ident = $code:literal),+ $(,)? }) => {
        impl $name {
            /// All of them, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name; the form that is stored and imported.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// Reads the stable name.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

pub(crate) use coded;

coded!(FixedTechnology { Fibre = "FIBRE", Cable = "CABLE", Dsl = "DSL", FixedWireless = "FIXED_WIRELESS" });
coded!(FixedProvider { Vnpt = "VNPT", Viettel = "VIETTEL", Fpt = "FPT", MobiFone = "MOBIFONE", Other = "OTHER" });
coded!(MobileGeneration { G2 = "G2", G3 = "G3", G4 = "G4", G5 = "G5" });
coded!(DigitalService {
    HauGiangApp = "HAUGIANG_APP",
    Vssid = "VSSID",
    Zalo = "ZALO",
    BankApp = "BANK_APP",
    MobileMoney = "MOBILE_MONEY",
    ViettelMoney = "VIETTEL_MONEY",
    CashlessElectricity = "CASHLESS_ELECTRICITY",
    CashlessWater = "CASHLESS_WATER",
    CashlessTelecom = "CASHLESS_TELECOM",
});

impl DigitalService {
    /// How many services are counted.
    pub const COUNT: usize = Self::ALL.len();

    /// The name by which people know it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HauGiangApp => "Hậu Giang app",
            Self::Vssid => "VssID",
            Self::Zalo => "Zalo",
            Self::BankApp => "Mobile Banking",
            Self::MobileMoney => "Mobile Money",
            Self::ViettelMoney => "Viettel Money",
            Self::CashlessElectricity => "e-payment (điện)",
            Self::CashlessWater => "e-payment (nước)",
            Self::CashlessTelecom => "e-payment (viễn thông)",
        }
    }

    /// The services that are a way of paying bills without cash.
    pub const CASHLESS: [Self; 3] =
        [Self::CashlessElectricity, Self::CashlessWater, Self::CashlessTelecom];
}

/// A fixed line into the home.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FixedLine {
    /// How it is built.
    pub technology: FixedTechnology,
    /// Who provides it.
    pub provider: FixedProvider,
}

/// How many people of the household do what. Unchecked until [`Survey::check`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Adoption<N> {
    /// Adults with a smartphone.
    pub smartphone: N,
    /// People of working age trained in digital skills.
    pub trained: N,
    /// Adults with an account for online public services.
    pub public_service_account: N,
    /// Adults with a `VNeID` account of level 2.
    pub vneid_level_2: N,
    /// Adults who pay any bill without cash.
    pub cashless: N,
    /// Adults using each digital service, in the order of [`DigitalService::ALL`].
    pub services: [N; DigitalService::COUNT],
}

/// A survey as told by whoever made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewSurvey {
    /// The household visited.
    pub household: HouseholdCode,
    /// The day of the visit.
    pub surveyed_on: Date,
    /// The fixed line, if there is one.
    pub fixed: Option<FixedLine>,
    /// The best mobile generation in use, if any.
    pub mobile: Option<MobileGeneration>,
    /// The counts as told.
    pub adoption: Adoption<i32>,
}

/// A survey that holds against the household's composition of that day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Survey {
    /// The household visited.
    pub household: HouseholdNumber,
    /// The day of the visit.
    pub surveyed_on: Date,
    /// The fixed line, if there is one.
    pub fixed: Option<FixedLine>,
    /// The best mobile generation in use, if any.
    pub mobile: Option<MobileGeneration>,
    /// Adults in the household that day: the base of most counts.
    pub adults: u16,
    /// People of working age in the household that day.
    pub working_age: u16,
    /// The counts.
    pub adoption: Adoption<u16>,
}

impl Survey {
    /// Checks every count against its base. All faults are told, each below `path`.
    pub fn check(new: &NewSurvey, composition: Composition, path: &Path) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let adults = ("adults", composition.adults());
        let services_at = path.field("services");
        let mut part = |path: &Path,
                        name: &'static str,
                        value: i32,
                        (base_name, base): (&'static str, u16)| {
            let checked = count(value, 0).and_then(|count| {
                if count <= base {
                    Ok(count)
                } else {
                    Err(Rule::CountAboveBase { count, base_name, base })
                }
            });
            faults.keep(path.field(name), checked).unwrap_or_default()
        };
        let told = &new.adoption;
        let adoption = Adoption {
            smartphone: part(path, "adultsWithSmartphone", told.smartphone, adults),
            trained: part(
                path,
                "workingAgeTrained",
                told.trained,
                ("workingAge", composition.working_age()),
            ),
            public_service_account: part(
                path,
                "adultsWithPublicServiceAccount",
                told.public_service_account,
                adults,
            ),
            vneid_level_2: part(path, "adultsWithVneidLevel2", told.vneid_level_2, adults),
            cashless: part(path, "adultsPayingCashless", told.cashless, adults),
            services: std::array::from_fn(|at| {
                part(&services_at, DigitalService::ALL[at].code(), told.services[at], adults)
            }),
        };
        for service in DigitalService::CASHLESS {
            let within = adoption.services[service as usize];
            if adoption.cashless < within {
                faults.push(
                    path.field("adultsPayingCashless"),
                    Rule::CountBelowPart {
                        count: adoption.cashless,
                        part_name: service.code(),
                        part: within,
                    },
                );
            }
        }
        faults.or(Some(Self {
            household: new.household.number(),
            surveyed_on: new.surveyed_on,
            fixed: new.fixed,
            mobile: new.mobile,
            adults: composition.adults(),
            working_age: composition.working_age(),
            adoption,
        }))
    }

    /// Whether the household has fibre.
    #[must_use]
    pub fn has_fibre(&self) -> bool {
        self.fixed.is_some_and(|line| line.technology == FixedTechnology::Fibre)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::RuleCode;

    fn survey(adoption: Adoption<i32>) -> Result<Survey, Faults> {
        let composition = Composition::parse(5, 3, 2, &Path::root()).unwrap();
        let new = NewSurvey {
            household: HouseholdNumber::new(7).unwrap().code(),
            surveyed_on: Date::from_ymd_opt(2024, 6, 1).unwrap(),
            fixed: None,
            mobile: Some(MobileGeneration::G4),
            adoption,
        };
        Survey::check(&new, composition, &Path::root())
    }

    #[test]
    fn no_count_exceeds_its_base() {
        let mut services = [0; DigitalService::COUNT];
        services[DigitalService::Zalo as usize] = 4;
        let told = Adoption { smartphone: 4, trained: 3, services, ..Adoption::default() };
        let faults = survey(told).unwrap_err();
        let told: Vec<_> = faults
            .as_slice()
            .iter()
            .map(|fault| (fault.path.to_string(), fault.rule.code()))
            .collect();
        let above = RuleCode::CountAboveBase;
        assert_eq!(
            told,
            [
                ("adultsWithSmartphone".into(), above),
                ("workingAgeTrained".into(), above),
                ("services.ZALO".into(), above)
            ]
        );
    }

    #[test]
    fn whoever_pays_one_bill_without_cash_pays_without_cash() {
        let mut services = [0; DigitalService::COUNT];
        services[DigitalService::CashlessWater as usize] = 2;
        let faults = survey(Adoption { cashless: 1, services, ..Adoption::default() }).unwrap_err();
        assert_eq!(faults.as_slice()[0].rule.code(), RuleCode::CountBelowPart);
        assert!(survey(Adoption { cashless: 2, services, ..Adoption::default() }).is_ok());
    }

    #[test]
    fn stable_names_lead_back_to_their_value() {
        for service in DigitalService::ALL {
            assert_eq!(DigitalService::from_code(service.code()), Some(*service));
        }
    }
}
