//! The rules of reorganisations that an input can break.

use crate::fault::{Language, Rule, RuleCode};
use crate::unit::Title;

/// The rules of reorganisations that an input can break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitRule {
    /// The unit is not on the level that is needed.
    WrongLevel {
        /// Its name.
        name: String,
    },
    /// Another unit has the code on that day.
    CodeInUse {
        /// Its name.
        name: String,
    },
    /// The name does not begin with the title.
    NameWithoutTitle {
        /// The title.
        title: Title,
    },
    /// The unit is about to end, or to begin, by another act.
    AboutToChange {
        /// Its name.
        name: String,
    },
    /// The unit ends with the same act.
    Ends {
        /// Its name.
        name: String,
    },
    /// No hamlet goes elsewhere by the row.
    NoHamlets,
    /// The hamlet is not in the commune it should leave.
    NotInCommune {
        /// The hamlet's name.
        name: String,
    },
    /// The hamlet goes elsewhere by an earlier row.
    TransferredTwice {
        /// The hamlet's name.
        name: String,
    },
    /// A commune can't go into itself.
    IntoItself,
}

impl From<UnitRule> for Rule {
    fn from(rule: UnitRule) -> Self {
        Self::Unit(rule)
    }
}

impl UnitRule {
    /// The stable name of the rule, for programs.
    #[must_use]
    pub const fn code(&self) -> RuleCode {
        match self {
            Self::WrongLevel { .. } => RuleCode::WrongLevel,
            Self::CodeInUse { .. } => RuleCode::CodeInUse,
            Self::NameWithoutTitle { .. } => RuleCode::NameWithoutTitle,
            Self::AboutToChange { .. } | Self::Ends { .. } => RuleCode::AboutToChange,
            Self::NoHamlets => RuleCode::NothingToChange,
            Self::NotInCommune { .. } => RuleCode::NotInCommune,
            Self::TransferredTwice { .. } => RuleCode::TransferredTwice,
            Self::IntoItself => RuleCode::IntoItself,
        }
    }

    /// What is wrong and what to do, for people.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        match language {
            Language::English => self.english(),
            Language::Vietnamese => self.vietnamese(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::WrongLevel { name } => format!(
                "{name} stands on another level: hamlets go into communes, communes into provinces"
            ),
            Self::CodeInUse { name } => format!("{name} has this code on that day"),
            Self::NameWithoutTitle { title } => {
                format!("the full name begins with the title, {}", title.vietnamese())
            }
            Self::AboutToChange { name } => {
                format!("{name} is about to change by another act; take a day after that")
            }
            Self::Ends { name } => {
                format!("{name} ends with this act, as all its hamlets go elsewhere")
            }
            Self::NoHamlets => "no hamlet goes elsewhere by this row".into(),
            Self::NotInCommune { name } => format!("{name} is not in that commune on that day"),
            Self::TransferredTwice { name } => format!("{name} goes elsewhere by an earlier row"),
            Self::IntoItself => "a commune can't go into itself".into(),
        }
    }

    fn vietnamese(&self) -> String {
        match self {
            Self::WrongLevel { name } => {
                format!("{name} không đúng cấp: ấp, khu vực thuộc cấp xã; cấp xã thuộc cấp tỉnh")
            }
            Self::CodeInUse { name } => format!("{name} đang dùng mã này vào ngày đó"),
            Self::NameWithoutTitle { title } => {
                format!("tên đầy đủ phải bắt đầu bằng {}", title.vietnamese())
            }
            Self::AboutToChange { name } => {
                format!("{name} sắp thay đổi theo văn bản khác; hãy chọn ngày sau đó")
            }
            Self::Ends { name } => format!(
                "{name} chấm dứt theo chính văn bản này vì mọi ấp, khu vực của đơn vị được chuyển đi"
            ),
            Self::NoHamlets => "dòng này không chuyển ấp, khu vực nào".into(),
            Self::NotInCommune { name } => format!("{name} không thuộc xã đó vào ngày đó"),
            Self::TransferredTwice { name } => {
                format!("{name} đã được chuyển ở một dòng phía trên")
            }
            Self::IntoItself => "một xã không thể nhập vào chính nó".into(),
        }
    }
}
