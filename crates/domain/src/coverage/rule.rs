//! The rules of coverage that an input can break.

use crate::fault::{Language, Rule, RuleCode};
use crate::time::Date;

/// The rules of coverage, each with the figures that explain it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CoverageRule {
    /// The unit is not a commune on the first day.
    NotACommune {
        /// Its name.
        name: String,
    },
    /// There is a record of the same commune and network for some of these days.
    Overlap {
        /// Its first day.
        from: Date,
        /// The day after its last, if it ended.
        until: Option<Date>,
    },
    /// No record of this commune and network is without an end.
    NoneOpen,
}

impl From<CoverageRule> for Rule {
    fn from(rule: CoverageRule) -> Self {
        Self::Coverage(rule)
    }
}

impl CoverageRule {
    /// The stable name of the rule, for programs.
    #[must_use]
    pub const fn code(&self) -> RuleCode {
        match self {
            Self::NotACommune { .. } => RuleCode::NotACommune,
            Self::Overlap { .. } => RuleCode::CoverageOverlap,
            Self::NoneOpen => RuleCode::CoverageNotOpen,
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
                format!("{name} is not a commune; coverage is recorded by xã, phường or thị trấn")
            }
            Self::Overlap { from, until: Some(until) } => {
                format!("this network is recorded there from {from} until before {until}")
            }
            Self::Overlap { from, until: None } => {
                format!("this network is recorded there since {from}; end that record first")
            }
            Self::NoneOpen => "this network is not recorded there without an end; name the commune as it was when coverage began".into(),
        }
    }

    fn vietnamese(&self) -> String {
        match self {
            Self::NotACommune { name } => {
                format!("{name} không phải xã, phường, thị trấn; vùng phủ sóng ghi theo cấp xã")
            }
            Self::Overlap { from, until: Some(until) } => {
                format!("mạng này đã được ghi tại đây từ {from} đến trước {until}")
            }
            Self::Overlap { from, until: None } => {
                format!("mạng này đã được ghi tại đây từ {from}; hãy kết thúc bản ghi đó trước")
            }
            Self::NoneOpen => "không có bản ghi nào của mạng này tại đây còn hiệu lực; hãy chỉ định đơn vị như lúc bắt đầu phủ sóng".into(),
        }
    }
}
