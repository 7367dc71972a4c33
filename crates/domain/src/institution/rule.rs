//! The rules of institutions that an input can break.

use super::{Feature, InstitutionCode};
use crate::fault::{Language, Rule, RuleCode};
use crate::time::Date;

/// The rules of institutions, each with the figures that explain it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstitutionRule {
    /// No institution has this code.
    Unknown {
        /// The code.
        code: InstitutionCode,
    },
    /// The institution is closed.
    Closed {
        /// Since when.
        since: Date,
    },
    /// An open institution in the same hamlet has the same name.
    Duplicate {
        /// That institution.
        code: InstitutionCode,
    },
    /// Criteria are for schools.
    NotASchool,
    /// Services are for banks.
    NotABank,
    /// The school fulfils the criterion, or the bank offers the service, already.
    Has {
        /// The criterion or service.
        feature: Feature,
        /// Since when.
        since: Date,
    },
    /// The school does not fulfil the criterion, or the bank does not offer the service.
    Lacks {
        /// The criterion or service.
        feature: Feature,
    },
}

impl From<InstitutionRule> for Rule {
    fn from(rule: InstitutionRule) -> Self {
        Self::Institution(rule)
    }
}

impl InstitutionRule {
    /// The stable name of the rule, for programs.
    #[must_use]
    pub const fn code(&self) -> RuleCode {
        match self {
            Self::Unknown { .. } => RuleCode::UnknownInstitution,
            Self::Closed { .. } => RuleCode::InstitutionClosed,
            Self::Duplicate { .. } => RuleCode::DuplicateInstitution,
            Self::NotASchool => RuleCode::NotASchool,
            Self::NotABank => RuleCode::NotABank,
            Self::Has { feature: Feature::Criterion(_), .. } => RuleCode::CriterionFulfilled,
            Self::Has { feature: Feature::Service(_), .. } => RuleCode::ServiceOffered,
            Self::Lacks { feature: Feature::Criterion(_) } => RuleCode::CriterionNotFulfilled,
            Self::Lacks { feature: Feature::Service(_) } => RuleCode::ServiceNotOffered,
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
            Self::Unknown { code } => format!("no institution has the code {code}"),
            Self::Closed { since } => format!("the institution is closed since {since}"),
            Self::Duplicate { code } => {
                format!("{code} is open in the same hamlet under the same name")
            }
            Self::NotASchool => "this is not a school; criteria are for schools".into(),
            Self::NotABank => "this is not a bank; e-banking is for banks".into(),
            Self::Has { feature: Feature::Criterion(criterion), since } => {
                format!("the school fulfils {} since {since}", criterion.code())
            }
            Self::Has { feature: Feature::Service(service), since } => {
                format!("the bank offers {} since {since}", service.code())
            }
            Self::Lacks { feature: Feature::Criterion(criterion) } => {
                format!("the school is not recorded as fulfilling {}", criterion.code())
            }
            Self::Lacks { feature: Feature::Service(service) } => {
                format!("the bank is not recorded as offering {}", service.code())
            }
        }
    }

    fn vietnamese(&self) -> String {
        match self {
            Self::Unknown { code } => format!("không có tổ chức mang mã {code}"),
            Self::Closed { since } => format!("tổ chức đã ngừng hoạt động từ ngày {since}"),
            Self::Duplicate { code } => {
                format!("{code} đang hoạt động trong cùng ấp, khu vực với cùng tên")
            }
            Self::NotASchool => "đây không phải trường học; tiêu chí chỉ dành cho trường".into(),
            Self::NotABank => {
                "đây không phải ngân hàng; dịch vụ điện tử chỉ dành cho ngân hàng".into()
            }
            Self::Has { feature: Feature::Criterion(criterion), since } => {
                format!("trường đã đạt {} từ ngày {since}", criterion.code())
            }
            Self::Has { feature: Feature::Service(service), since } => {
                format!("ngân hàng đã cung cấp {} từ ngày {since}", service.code())
            }
            Self::Lacks { feature: Feature::Criterion(criterion) } => {
                format!("trường chưa được ghi nhận là đạt {}", criterion.code())
            }
            Self::Lacks { feature: Feature::Service(service) } => {
                format!("ngân hàng chưa được ghi nhận là cung cấp {}", service.code())
            }
        }
    }
}
