//! Indicators: what each says, of which measures it is made, and how it is told for a unit.

use crate::connectivity::DigitalService;
use crate::fault::Language;
use crate::rollup::{Measure, RollupCube};
use crate::time::{Date, YearMonth};
use crate::unit::{Portion, Share, UnitId};

/// An indicator's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IndicatorCode {
    /// Adults with a smartphone.
    AdultSmartphone,
    /// Households with fibre.
    HouseholdFibre,
    /// People of working age trained in digital skills.
    DigitalSkills,
    /// Adults with a public-service account.
    PublicServiceAccount,
    /// Adults with `VNeID` level 2.
    VneidLevel2,
    /// Adults who pay any bill without cash.
    CashlessPayment,
    /// Digital certificates issued so far.
    CertificatesIssued,
    /// Digital certificates issued so far, per 100 adults.
    CertificatesPer100Adults,
    /// Adults using one digital service.
    Service(DigitalService),
}

/// What an indicator counts, out of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Something in surveyed households, out of something there.
    Surveyed(Measure, Measure),
    /// Certificates, out of nothing: a plain number.
    Certificates,
    /// Certificates, out of adults in surveyed households.
    CertificatesOf(Measure),
}

impl IndicatorCode {
    /// Those that are not about one digital service.
    const GENERAL: [Self; 8] = [
        Self::AdultSmartphone,
        Self::HouseholdFibre,
        Self::DigitalSkills,
        Self::PublicServiceAccount,
        Self::VneidLevel2,
        Self::CashlessPayment,
        Self::CertificatesIssued,
        Self::CertificatesPer100Adults,
    ];

    /// All of them: the general ones, then one per digital service.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::GENERAL.into_iter().chain(DigitalService::ALL.iter().copied().map(Self::Service))
    }

    /// The stable name; the form that is stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AdultSmartphone => "ADULT_SMARTPHONE",
            Self::HouseholdFibre => "HOUSEHOLD_FIBRE",
            Self::DigitalSkills => "DIGITAL_SKILLS",
            Self::PublicServiceAccount => "PUBLIC_SERVICE_ACCOUNT",
            Self::VneidLevel2 => "VNEID_LEVEL_2",
            Self::CashlessPayment => "CASHLESS_PAYMENT",
            Self::CertificatesIssued => "CERTIFICATES_ISSUED",
            Self::CertificatesPer100Adults => "CERTIFICATES_PER_100_ADULTS",
            Self::Service(service) => match service {
                DigitalService::HauGiangApp => "SERVICE_HAUGIANG_APP",
                DigitalService::Vssid => "SERVICE_VSSID",
                DigitalService::Zalo => "SERVICE_ZALO",
                DigitalService::BankApp => "SERVICE_BANK_APP",
                DigitalService::MobileMoney => "SERVICE_MOBILE_MONEY",
                DigitalService::ViettelMoney => "SERVICE_VIETTEL_MONEY",
                DigitalService::CashlessElectricity => "SERVICE_CASHLESS_ELECTRICITY",
                DigitalService::CashlessWater => "SERVICE_CASHLESS_WATER",
                DigitalService::CashlessTelecom => "SERVICE_CASHLESS_TELECOM",
            },
        }
    }

    /// Reads the stable name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::all().find(|indicator| indicator.code() == code)
    }

    /// What it says, for people: who, out of whom.
    #[must_use]
    pub fn definition(self, language: Language) -> String {
        let (vietnamese, english) = match self {
            Self::AdultSmartphone => {
                ("Người trưởng thành có điện thoại thông minh", "Adults with a smartphone")
            }
            Self::HouseholdFibre => {
                ("Hộ có cáp quang băng rộng", "Households with fibre broadband")
            }
            Self::DigitalSkills => (
                "Người trong độ tuổi lao động được tập huấn kỹ năng số",
                "People of working age trained in digital skills",
            ),
            Self::PublicServiceAccount => (
                "Người trưởng thành có tài khoản dịch vụ công trực tuyến",
                "Adults with an online public-service account",
            ),
            Self::VneidLevel2 => (
                "Người trưởng thành có tài khoản VNeID mức 2",
                "Adults with a VNeID account of level 2",
            ),
            Self::CashlessPayment => (
                "Người trưởng thành thanh toán hoá đơn không dùng tiền mặt",
                "Adults who pay any bill without cash",
            ),
            Self::CertificatesIssued => {
                ("Chứng thư số công cộng đã cấp", "Public digital certificates issued so far")
            }
            Self::CertificatesPer100Adults => (
                "Chứng thư số công cộng đã cấp trên 100 người trưởng thành",
                "Public digital certificates issued so far, per 100 adults",
            ),
            Self::Service(service) => {
                let name = service.name();
                return match language {
                    Language::Vietnamese => format!("Người trưởng thành dùng {name}"),
                    Language::English => format!("Adults using {name}"),
                };
            }
        };
        match language {
            Language::Vietnamese => vietnamese.to_owned(),
            Language::English => english.to_owned(),
        }
    }

    /// What is counted, out of what.
    #[must_use]
    pub const fn counted(self) -> Counted {
        use Counted::{Certificates, CertificatesOf, Surveyed};
        match self {
            Self::AdultSmartphone => Surveyed(Measure::AdultsWithSmartphone, Measure::Adults),
            Self::HouseholdFibre => {
                Surveyed(Measure::HouseholdsWithFibre, Measure::HouseholdsSurveyed)
            }
            Self::DigitalSkills => Surveyed(Measure::WorkingAgeTrained, Measure::WorkingAge),
            Self::PublicServiceAccount => {
                Surveyed(Measure::AdultsWithPublicServiceAccount, Measure::Adults)
            }
            Self::VneidLevel2 => Surveyed(Measure::AdultsWithVneidLevel2, Measure::Adults),
            Self::CashlessPayment => Surveyed(Measure::AdultsPayingCashless, Measure::Adults),
            Self::CertificatesIssued => Certificates,
            Self::CertificatesPer100Adults => CertificatesOf(Measure::Adults),
            Self::Service(service) => Surveyed(Measure::AdultsUsing(service), Measure::Adults),
        }
    }

    /// Whether it needs [`Totals::with_certificates`].
    #[must_use]
    pub const fn counts_certificates(self) -> bool {
        !matches!(self.counted(), Counted::Surveyed(..))
    }
}

/// Whether a figure may still change in the ordinary course of reporting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FigureStatus {
    /// Surveys of the month are still coming in.
    Provisional,
    /// The month and the time for late surveys are over.
    Final,
}

/// Months after a month's end in which late surveys are expected.
const MONTHS_FOR_LATE_SURVEYS: i32 = 2;

impl FigureStatus {
    /// The status of a month's figures, seen from `today`.
    #[must_use]
    pub fn of(month: YearMonth, today: Date) -> Self {
        let age = YearMonth::of(today).index() - month.index();
        if age > MONTHS_FOR_LATE_SURVEYS { Self::Final } else { Self::Provisional }
    }
}

/// Whether a figure was counted or derived by shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quality {
    /// All hamlets count whole.
    Exact,
    /// A hamlet was split between units; its records were divided by share.
    Estimated,
}

/// A counted ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figure {
    /// What is counted.
    pub numerator: i64,
    /// Out of how many; 1 for a plain number.
    pub denominator: i64,
    /// Per how many it is told: 1, or 100.
    pub per: i64,
    /// Counted or derived.
    pub quality: Quality,
    /// How much of the unit it covers.
    pub coverage: Coverage,
}

impl Figure {
    /// The ratio; nothing out of nothing is `None`, not 0.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of people are far below 2^52")]
    pub fn value(self) -> Option<f64> {
        let told = (self.numerator * self.per) as f64;
        (self.denominator != 0).then(|| told / self.denominator as f64)
    }
}

/// Who looks at figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Whoever may read households: everything counts.
    Trusted,
    /// Everyone: hamlets with few surveyed households are left out of every figure, of all units
    /// above them too. So no figure, and no difference of figures, is about so few households.
    Public,
}

/// The fewest surveyed households that a public figure may be about.
pub const PUBLIC_MINIMUM: i32 = 5;

/// How much of a unit its figure covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Coverage {
    /// All of it.
    Whole,
    /// All but hamlets with fewer than [`PUBLIC_MINIMUM`] surveyed households.
    WithoutSmallHamlets,
    /// Nothing: it has such hamlets only.
    Suppressed,
}

/// All that is counted of a unit at the end of a month, added up once for all indicators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// In millionths, since hamlets may count by share.
    millionths: [i64; Measure::COUNT],
    quality: Quality,
    coverage: Coverage,
    certificates: Option<(u64, Quality)>,
}

impl Totals {
    /// Adds up the `portions` of a unit at the end of `month`, as `audience` may see them.
    #[must_use]
    pub fn add_up(
        cube: &RollupCube,
        portions: &[Portion],
        month: YearMonth,
        audience: Audience,
    ) -> Self {
        let mut millionths = [0; Measure::COUNT];
        let (mut counted, mut left_out) = (false, false);
        for portion in portions {
            let share = i64::from(portion.share.millionths());
            let measures = cube.at(portion.hamlet, month);
            let households = measures[Measure::HouseholdsSurveyed];
            if audience == Audience::Public && (1..PUBLIC_MINIMUM).contains(&households) {
                left_out = true;
                continue;
            }
            counted |= households > 0;
            for (total, count) in millionths.iter_mut().zip(measures.as_array()) {
                *total += i64::from(*count) * share;
            }
        }
        let exact = portions.iter().all(|portion| portion.share == Share::WHOLE);
        let quality = if exact { Quality::Exact } else { Quality::Estimated };
        let coverage = match (left_out, counted) {
            (false, _) => Coverage::Whole,
            (true, true) => Coverage::WithoutSmallHamlets,
            (true, false) => Coverage::Suppressed,
        };
        Self { millionths, quality, coverage, certificates: None }
    }

    /// The same with the certificates issued in the unit by then. Hamlets have none: they are
    /// reported by commune.
    #[must_use]
    pub const fn with_certificates(self, certificates: Option<(u64, Quality)>) -> Self {
        Self { certificates, ..self }
    }

    /// The figure of one indicator; `None` if there is none for such a unit.
    #[must_use]
    pub fn figure(&self, code: IndicatorCode) -> Option<Figure> {
        let (coverage, quality) = (self.coverage, self.quality);
        Some(match code.counted() {
            Counted::Surveyed(numerator, denominator) => Figure {
                numerator: self.count(numerator),
                denominator: self.count(denominator),
                per: 1,
                quality,
                coverage,
            },
            Counted::Certificates => {
                let (issued, quality) = self.certificates?;
                let numerator = issued.cast_signed();
                Figure { numerator, denominator: 1, per: 1, quality, coverage: Coverage::Whole }
            }
            Counted::CertificatesOf(denominator) => {
                let (issued, counted) = self.certificates?;
                Figure {
                    numerator: issued.cast_signed(),
                    denominator: self.count(denominator),
                    per: 100,
                    quality: quality.max(counted),
                    coverage,
                }
            }
        })
    }

    const fn count(&self, measure: Measure) -> i64 {
        const WHOLE: i64 = Share::WHOLE.millionths() as i64;
        (self.millionths[measure.place()] + WHOLE / 2) / WHOLE
    }
}

/// How a published statement compares the truth with its figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// "80 %".
    Equal,
    /// "over 76 %".
    MoreThan,
}

/// A figure that somebody stated in public. It stands beside what the registry counts, never in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedFigure {
    /// The indicator stated.
    pub code: IndicatorCode,
    /// The unit it was stated for.
    pub unit: UnitId,
    /// The figure: a ratio 0…1, or a plain number for a plain number.
    pub value: f64,
    /// Exactly, or at least.
    pub comparison: Comparison,
    /// When it was stated.
    pub as_of: Date,
    /// Where.
    pub source: String,
}

/// What a plan wants an indicator to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The indicator.
    pub code: IndicatorCode,
    /// The ratio wanted, 0…1.
    pub value: f64,
    /// By when.
    pub due_on: Date,
    /// The plan.
    pub source: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_out_of_nothing_has_no_value() {
        let figure = Figure {
            numerator: 0,
            denominator: 0,
            per: 1,
            quality: Quality::Exact,
            coverage: Coverage::Whole,
        };
        assert_eq!(figure.value(), None);
    }

    mod public {
        use proptest::prelude::*;

        use super::*;

        fn portions(hamlets: impl Iterator<Item = usize>) -> Vec<Portion> {
            let id = |hamlet: usize| UnitId::new(i32::try_from(hamlet).unwrap());
            hamlets.map(|hamlet| Portion { hamlet: id(hamlet), share: Share::WHOLE }).collect()
        }

        proptest! {
            /// Any two units, one within the other, on whatever boundaries: the difference of their
            /// public figures is about no household or about enough of them.
            #[test]
            fn no_difference_is_about_few_households(
                counts in prop::collection::vec(0i32..12, 1..20),
                outer in prop::collection::vec(any::<bool>(), 20),
                inner in prop::collection::vec(any::<bool>(), 20),
            ) {
                let month = YearMonth::from_index(24_000);
                let mut cube = RollupCube::default();
                for (hamlet, count) in counts.iter().enumerate() {
                    let mut measures = [0; Measure::COUNT];
                    measures[Measure::HouseholdsSurveyed.place()] = *count;
                    let id = UnitId::new(i32::try_from(hamlet).unwrap());
                    cube.replace(id, [(month, crate::rollup::Measures::from_array(measures))]);
                }
                let public = |members: Vec<usize>| {
                    let totals = Totals::add_up(&cube, &portions(members.into_iter()), month, Audience::Public);
                    totals.figure(IndicatorCode::HouseholdFibre).unwrap().denominator
                };
                let outer: Vec<usize> = (0..counts.len()).filter(|hamlet| outer[*hamlet]).collect();
                let inner = outer.iter().copied().filter(|hamlet| inner[*hamlet]).collect();
                let (all, part) = (public(outer), public(inner));
                for told in [all, part, all - part] {
                    prop_assert!(told == 0 || told >= PUBLIC_MINIMUM.into(), "{told} households");
                }
            }
        }
    }

    #[test]
    fn stable_names_are_unique_and_lead_back() {
        for code in IndicatorCode::all() {
            assert_eq!(IndicatorCode::from_code(code.code()), Some(code));
        }
    }

    #[test]
    fn a_month_is_final_once_the_time_for_late_surveys_is_over() {
        let today = Date::from_ymd_opt(2024, 9, 1).unwrap();
        let status = |month: &str| FigureStatus::of(month.parse().unwrap(), today);
        assert_eq!(status("2024-06"), FigureStatus::Final);
        assert_eq!(status("2024-07"), FigureStatus::Provisional);
        assert_eq!(status("2024-09"), FigureStatus::Provisional);
    }
}
