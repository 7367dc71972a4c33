//! The rules of reports and certificates that an input can break.

use super::{NotAllowed, ReportKey, StatusNotAllowed};
use crate::fault::{Language, Rule, RuleCode};
use crate::time::{Date, YearMonth};

/// The rules of reports and certificates, each with the figures that explain it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateRule {
    /// The unit is not a commune; reports count by commune.
    NotACommune {
        /// Its name.
        name: String,
    },
    /// The month has not begun.
    FuturePeriod {
        /// The newest month there can be a report about.
        newest: YearMonth,
    },
    /// The month lies outside the partner's agreement.
    OutsideAgreement {
        /// The agreement's first day.
        from: Date,
        /// The day after its last.
        until: Option<Date>,
    },
    /// The partner has no agreement.
    NoAgreement,
    /// There is a report about the month; it can be corrected.
    ReportExists {
        /// The report that counts.
        report: ReportKey,
    },
    /// A report about the month waits for an administrator.
    ReportPending {
        /// That report.
        report: ReportKey,
    },
    /// No report has this name.
    UnknownReport,
    /// The report was corrected meanwhile.
    ReportSuperseded {
        /// The report that counts instead, if one does.
        by: Option<ReportKey>,
    },
    /// The report's state does not allow it.
    ReportState {
        /// What was tried, and where the report stands.
        refused: NotAllowed,
    },
    /// A partner's token reports for that partner only.
    NotOwnPartner,
    /// A correction names what it corrects, and why.
    NeededTogether {
        /// The field that is missing.
        missing: &'static str,
    },
    /// The partner's own total is too far from what the registry counts.
    ControlTotalContradicts {
        /// The partner's total.
        told: u64,
        /// History and lines together.
        expected: u64,
    },
    /// The partner's reports must be signed.
    SignatureMissing,
    /// The signature of the request is not one by a key of the partner.
    SignatureWrong,
    /// Only a month that is over can be closed.
    PeriodNotOver,
    /// The period is closed already.
    PeriodClosed,
    /// The period is not closed.
    PeriodOpen,
    /// There is such a partner already.
    PartnerExists,
    /// There is a certificate with this serial number by this issuer.
    DuplicateCertificate,
    /// There is no certificate with this serial number by this issuer.
    UnknownCertificate,
    /// The certificate's status does not allow it.
    CertificateStatus {
        /// What was tried, and where the certificate stands.
        refused: StatusNotAllowed,
    },
    /// No authority of the partner has signed the certificate.
    UnknownAuthority,
}

impl From<CertificateRule> for Rule {
    fn from(rule: CertificateRule) -> Self {
        Self::Certificate(rule)
    }
}

impl CertificateRule {
    /// The stable name of the rule, for programs.
    #[must_use]
    pub const fn code(&self) -> RuleCode {
        match self {
            Self::NotACommune { .. } => RuleCode::NotACommune,
            Self::FuturePeriod { .. } => RuleCode::FuturePeriod,
            Self::OutsideAgreement { .. } | Self::NoAgreement => RuleCode::OutsideAgreement,
            Self::ReportExists { .. } => RuleCode::ReportExists,
            Self::ReportPending { .. } => RuleCode::ReportPending,
            Self::UnknownReport => RuleCode::UnknownReport,
            Self::ReportSuperseded { .. } => RuleCode::Conflict,
            Self::ReportState { .. } => RuleCode::ReportState,
            Self::NotOwnPartner => RuleCode::NotOwnPartner,
            Self::NeededTogether { .. } => RuleCode::NeededTogether,
            Self::ControlTotalContradicts { .. } => RuleCode::ControlTotalContradicts,
            Self::SignatureMissing => RuleCode::SignatureMissing,
            Self::SignatureWrong => RuleCode::SignatureWrong,
            Self::PeriodNotOver => RuleCode::PeriodNotOver,
            Self::PeriodClosed => RuleCode::PeriodClosed,
            Self::PeriodOpen => RuleCode::PeriodOpen,
            Self::PartnerExists => RuleCode::PartnerExists,
            Self::DuplicateCertificate => RuleCode::DuplicateCertificate,
            Self::UnknownCertificate => RuleCode::UnknownCertificate,
            Self::CertificateStatus { .. } => RuleCode::CertificateStatus,
            Self::UnknownAuthority => RuleCode::UnknownAuthority,
        }
    }

    /// What is wrong and what to do, for people.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        match language {
            Language::Vietnamese => self.vietnamese(),
            Language::English => self.english(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::NotACommune { name } => {
                format!("{name} is not a commune; counts are reported by xã, phường or thị trấn")
            }
            Self::FuturePeriod { newest } => {
                format!("the month has not begun; the newest one to report is {newest}")
            }
            Self::OutsideAgreement { from, until: None } => {
                format!("the partner's agreement begins on {from}")
            }
            Self::OutsideAgreement { from, until: Some(until) } => {
                format!("the partner's agreement holds from {from} until before {until}")
            }
            Self::NoAgreement => {
                "the partner has no agreement; an administrator records it by updatePartner".into()
            }
            Self::ReportExists { report } => format!(
                "{report} is the report about this month; correct it by `supersedes` and `reason`"
            ),
            Self::ReportPending { report } => {
                format!("{report} waits for review; withdraw it before sending another")
            }
            Self::UnknownReport => "no report has this name".into(),
            Self::ReportSuperseded { by: Some(by) } => {
                format!("the report was corrected meanwhile; {by} counts now")
            }
            Self::ReportSuperseded { by: None } => "the report was corrected meanwhile".into(),
            Self::ReportState { refused } => refused.message(Language::English),
            Self::NotOwnPartner => "the token is for another partner".into(),
            Self::NeededTogether { missing } => {
                format!("`supersedes` and `reason` go together; {missing} is missing")
            }
            Self::ControlTotalContradicts { told, expected } => format!(
                "the total {told} is too far from {expected}, which earlier reports and these lines make"
            ),
            Self::SignatureMissing => {
                "this partner's reports must be signed; send X-JWS-Signature (RFC 7797)".into()
            }
            Self::SignatureWrong => {
                "X-JWS-Signature is not a signature of this body by a key of the partner".into()
            }
            Self::PeriodNotOver => "the month is not over".into(),
            Self::PeriodClosed => "the period is closed already".into(),
            Self::PeriodOpen => "the period is not closed".into(),
            Self::PartnerExists => "there is a partner with this code".into(),
            Self::DuplicateCertificate => {
                "a certificate with this serial number by this issuer is registered".into()
            }
            Self::UnknownCertificate => {
                "no certificate has this serial number by this issuer".into()
            }
            Self::CertificateStatus { refused } => refused.message(Language::English),
            Self::UnknownAuthority => {
                "none of the partner's registered authorities has signed this certificate".into()
            }
        }
    }

    fn vietnamese(&self) -> String {
        match self {
            Self::NotACommune { name } => {
                format!("{name} không phải xã, phường, thị trấn; số liệu báo cáo theo cấp xã")
            }
            Self::FuturePeriod { newest } => {
                format!("tháng chưa bắt đầu; tháng mới nhất được báo cáo là {newest}")
            }
            Self::OutsideAgreement { from, until: None } => {
                format!("thoả thuận của đối tác có hiệu lực từ {from}")
            }
            Self::OutsideAgreement { from, until: Some(until) } => {
                format!("thoả thuận của đối tác có hiệu lực từ {from} đến trước {until}")
            }
            Self::NoAgreement => {
                "đối tác chưa có thoả thuận; quản trị viên ghi nhận bằng updatePartner".into()
            }
            Self::ReportExists { report } => {
                format!(
                    "đã có báo cáo {report} của tháng này; hãy đính chính bằng `supersedes` và `reason`"
                )
            }
            Self::ReportPending { report } => {
                format!("báo cáo {report} đang chờ duyệt; hãy rút lại trước khi gửi báo cáo khác")
            }
            Self::UnknownReport => "không có báo cáo mang tên này".into(),
            Self::ReportSuperseded { by: Some(by) } => {
                format!("báo cáo vừa được đính chính; {by} đang có giá trị")
            }
            Self::ReportSuperseded { by: None } => "báo cáo vừa được đính chính".into(),
            Self::ReportState { refused } => refused.message(Language::Vietnamese),
            Self::NotOwnPartner => "mã truy cập thuộc đối tác khác".into(),
            Self::NeededTogether { missing } => {
                format!("`supersedes` và `reason` phải đi cùng nhau; thiếu {missing}")
            }
            Self::ControlTotalContradicts { told, expected } => format!(
                "tổng luỹ kế {told} lệch quá xa {expected}, là tổng các báo cáo trước và các dòng này"
            ),
            Self::SignatureMissing => {
                "báo cáo của đối tác này phải được ký; hãy gửi X-JWS-Signature (RFC 7797)".into()
            }
            Self::SignatureWrong => {
                "X-JWS-Signature không phải chữ ký của nội dung này bằng khoá của đối tác".into()
            }
            Self::PeriodNotOver => "tháng chưa kết thúc".into(),
            Self::PeriodClosed => "kỳ báo cáo đã khoá".into(),
            Self::PeriodOpen => "kỳ báo cáo chưa khoá".into(),
            Self::PartnerExists => "đã có đối tác mang mã này".into(),
            Self::DuplicateCertificate => {
                "chứng thư số có số hiệu và nhà cấp này đã được ghi".into()
            }
            Self::UnknownCertificate => "không có chứng thư số mang số hiệu và nhà cấp này".into(),
            Self::CertificateStatus { refused } => refused.message(Language::Vietnamese),
            Self::UnknownAuthority => {
                "chứng thư số không do tổ chức cấp nào đã đăng ký của đối tác ký".into()
            }
        }
    }
}
