//! The indicators by name: what each says, and of what it is made.

use crate::connectivity::DigitalService;
use crate::fault::Language;
use crate::rollup::Measure;
use crate::tally::Tally;

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
    /// Communes that a mobile network reaches.
    MobileCoverage,
    /// Schools that completed digital transformation.
    SchoolDigital,
    /// Banks that offer e-banking.
    BankEbanking,
    /// Hamlets with a digital-technology team of their own.
    CommunityTeam,
    /// Times that teams helped somebody so far.
    PeopleHelped,
    /// Attendances at training sessions so far.
    PeopleTrained,
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
    /// One tally out of another.
    Tallied(Tally, Tally),
    /// A tally, out of nothing: a plain number.
    TalliedSoFar(Tally),
    /// Hamlets with a tally of 1, out of all hamlets.
    Hamlets(Tally),
    /// Communes all of whose hamlets a mobile network reaches, out of all communes.
    CommunesReached,
}

impl IndicatorCode {
    /// Those that are not about one digital service.
    const GENERAL: [Self; 14] = [
        Self::AdultSmartphone,
        Self::HouseholdFibre,
        Self::DigitalSkills,
        Self::PublicServiceAccount,
        Self::VneidLevel2,
        Self::CashlessPayment,
        Self::CertificatesIssued,
        Self::CertificatesPer100Adults,
        Self::MobileCoverage,
        Self::SchoolDigital,
        Self::BankEbanking,
        Self::CommunityTeam,
        Self::PeopleHelped,
        Self::PeopleTrained,
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
            Self::MobileCoverage => "MOBILE_COVERAGE",
            Self::SchoolDigital => "SCHOOL_DIGITAL",
            Self::BankEbanking => "BANK_EBANKING",
            Self::CommunityTeam => "COMMUNITY_TEAM",
            Self::PeopleHelped => "PEOPLE_HELPED",
            Self::PeopleTrained => "PEOPLE_TRAINED",
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
            Self::MobileCoverage => (
                "Xã, phường, thị trấn được phủ sóng di động",
                "Communes that a mobile network reaches",
            ),
            Self::SchoolDigital => (
                "Trường học hoàn thành chuyển đổi số (bốn tiêu chí), từ tiểu học trở lên",
                "Schools, from primary up, that fulfil all four criteria of digital transformation",
            ),
            Self::BankEbanking => {
                ("Ngân hàng cung cấp dịch vụ ngân hàng điện tử", "Banks that offer e-banking")
            }
            Self::CommunityTeam => (
                "Ấp, khu vực có tổ công nghệ số cộng đồng",
                "Hamlets with a community digital-technology team of their own",
            ),
            Self::PeopleHelped => (
                "Lượt người được tổ công nghệ số cộng đồng hỗ trợ",
                "Times that a community team helped somebody, so far",
            ),
            Self::PeopleTrained => {
                ("Lượt người dự các buổi tập huấn", "Attendances at training sessions, so far")
            }
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
        use Counted::{
            Certificates, CertificatesOf, CommunesReached, Hamlets, Surveyed, Tallied, TalliedSoFar,
        };
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
            Self::MobileCoverage => CommunesReached,
            Self::SchoolDigital => Tallied(Tally::DigitalSchools, Tally::Schools),
            Self::BankEbanking => Tallied(Tally::BanksWithEbanking, Tally::Banks),
            Self::CommunityTeam => Hamlets(Tally::WithTeam),
            Self::PeopleHelped => TalliedSoFar(Tally::Helped),
            Self::PeopleTrained => TalliedSoFar(Tally::Trained),
            Self::Service(service) => Surveyed(Measure::AdultsUsing(service), Measure::Adults),
        }
    }

    /// Whether it needs [`Totals::with_certificates`].
    #[must_use]
    pub const fn counts_certificates(self) -> bool {
        matches!(self.counted(), Counted::Certificates | Counted::CertificatesOf(_))
    }
}
