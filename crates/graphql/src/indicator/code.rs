//! The names of the indicators.

use async_graphql::Enum;
use registry_domain::connectivity::DigitalService;
use registry_domain::indicator as domain;

/// The indicators of the digital society (chỉ số xã hội số).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum IndicatorCode {
    /// Adults with a smartphone (người trưởng thành có điện thoại thông minh).
    AdultSmartphone,
    /// Households with fibre (hộ có cáp quang).
    HouseholdFibre,
    /// People of working age trained in digital skills (được tập huấn kỹ năng số).
    DigitalSkills,
    /// Adults with a public-service account (có tài khoản dịch vụ công).
    PublicServiceAccount,
    /// Adults with VNeID level 2 (có VNeID mức 2).
    #[graphql(name = "VNEID_LEVEL_2")]
    VneidLevel2,
    /// Adults who pay any bill without cash (thanh toán không dùng tiền mặt).
    CashlessPayment,
    /// Digital certificates issued so far (chứng thư số công cộng đã cấp): a plain number. From communes up.
    CertificatesIssued,
    /// Digital certificates issued so far per 100 adults (trên 100 người trưởng thành). From communes up.
    #[graphql(name = "CERTIFICATES_PER_100_ADULTS")]
    CertificatesPer100Adults,
    /// Communes that a mobile network of any operator and generation reaches (xã, phường, thị trấn được
    /// phủ sóng di động). From communes up.
    MobileCoverage,
    /// Schools, from primary up, that fulfil all four criteria of digital transformation (trường học
    /// hoàn thành chuyển đổi số).
    SchoolDigital,
    /// Banks that offer e-banking (ngân hàng cung cấp dịch vụ ngân hàng điện tử).
    BankEbanking,
    /// Hamlets with a community digital-technology team (ấp, khu vực có tổ công nghệ số cộng đồng).
    CommunityTeam,
    /// Times that a community team helped somebody so far (lượt người được hỗ trợ): a plain number.
    PeopleHelped,
    /// Attendances at training sessions so far (lượt người dự tập huấn): a plain number.
    PeopleTrained,
    /// Adults using the province's app (dùng ứng dụng Hậu Giang).
    ServiceHaugiangApp,
    /// Adults using VssID (dùng VssID).
    ServiceVssid,
    /// Adults using Zalo (dùng Zalo).
    ServiceZalo,
    /// Adults using a bank's app (dùng ứng dụng ngân hàng).
    ServiceBankApp,
    /// Adults using Mobile Money (dùng Mobile Money).
    ServiceMobileMoney,
    /// Adults using Viettel Money (dùng Viettel Money).
    ServiceViettelMoney,
    /// Adults paying electricity without cash (trả tiền điện không dùng tiền mặt).
    ServiceCashlessElectricity,
    /// Adults paying water without cash (trả tiền nước không dùng tiền mặt).
    ServiceCashlessWater,
    /// Adults paying telecom without cash (trả cước viễn thông không dùng tiền mặt).
    ServiceCashlessTelecom,
}

/// Pairs of API and domain names, in the order in which indicators are told.
pub(super) const CODES: [(IndicatorCode, domain::IndicatorCode); 23] = {
    use DigitalService as Service;
    use IndicatorCode as Api;
    use domain::IndicatorCode as Domain;
    [
        (Api::AdultSmartphone, Domain::AdultSmartphone),
        (Api::HouseholdFibre, Domain::HouseholdFibre),
        (Api::DigitalSkills, Domain::DigitalSkills),
        (Api::PublicServiceAccount, Domain::PublicServiceAccount),
        (Api::VneidLevel2, Domain::VneidLevel2),
        (Api::CashlessPayment, Domain::CashlessPayment),
        (Api::CertificatesIssued, Domain::CertificatesIssued),
        (Api::CertificatesPer100Adults, Domain::CertificatesPer100Adults),
        (Api::MobileCoverage, Domain::MobileCoverage),
        (Api::SchoolDigital, Domain::SchoolDigital),
        (Api::BankEbanking, Domain::BankEbanking),
        (Api::CommunityTeam, Domain::CommunityTeam),
        (Api::PeopleHelped, Domain::PeopleHelped),
        (Api::PeopleTrained, Domain::PeopleTrained),
        (Api::ServiceHaugiangApp, Domain::Service(Service::HauGiangApp)),
        (Api::ServiceVssid, Domain::Service(Service::Vssid)),
        (Api::ServiceZalo, Domain::Service(Service::Zalo)),
        (Api::ServiceBankApp, Domain::Service(Service::BankApp)),
        (Api::ServiceMobileMoney, Domain::Service(Service::MobileMoney)),
        (Api::ServiceViettelMoney, Domain::Service(Service::ViettelMoney)),
        (Api::ServiceCashlessElectricity, Domain::Service(Service::CashlessElectricity)),
        (Api::ServiceCashlessWater, Domain::Service(Service::CashlessWater)),
        (Api::ServiceCashlessTelecom, Domain::Service(Service::CashlessTelecom)),
    ]
};
