//! What is wrong with an input: where (path), which rule, and what to do, in Vietnamese or English.
//!
//! All faults of an input are collected before it is refused. Messages never repeat personal data.

use std::fmt;

use crate::access::{GrantFault, PartnerCode, Role};
use crate::household::{HouseholdCode, Status};
use crate::time::Date;

/// The language of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Tiếng Việt; the default.
    #[default]
    Vietnamese,
    /// English.
    English,
}

impl Language {
    /// Picks the language from an HTTP `Accept-Language` value; Vietnamese unless English weighs more.
    #[must_use]
    pub fn from_accept_language(value: &str) -> Self {
        let weight = |wanted: &str| {
            value
                .split(',')
                .filter_map(|range| {
                    let mut parts = range.split(';');
                    let tag = parts.next()?.trim().to_ascii_lowercase();
                    let matches = tag == wanted || tag.starts_with(&format!("{wanted}-"));
                    let quality = parts.find_map(|part| part.trim().strip_prefix("q="));
                    matches.then(|| quality.map_or(Some(1.0), |text| text.parse::<f32>().ok()))?
                })
                .fold(0.0, f32::max)
        };
        if weight("en") > weight("vi") { Self::English } else { Self::Vietnamese }
    }
}

/// One step into an input.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A named field, as the API spells it.
    Field(&'static str),
    /// A place in a list, from 0.
    Index(usize),
}

/// Where in an input a fault lies, from the outside in.
#[derive(Debug, Clone, PartialEq, Eq, Default, PartialOrd, Ord)]
pub struct Path(Vec<Step>);

impl Path {
    /// The input as a whole.
    #[must_use]
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// The path to the field `name` of what this path points at.
    #[must_use]
    pub fn field(&self, name: &'static str) -> Self {
        self.step(Step::Field(name))
    }

    /// The path to item `index` of the list this path points at.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.step(Step::Index(index))
    }

    fn step(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The steps from the outside in.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Field(name) if at == 0 => write!(f, "{name}")?,
                Step::Field(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// One broken rule at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub path: Path,
    /// Which rule.
    pub rule: Rule,
}

/// Everything that is wrong with one input.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Notes that `rule` is broken at `path`.
    pub fn push(&mut self, path: Path, rule: Rule) {
        self.0.push(Fault { path, rule });
    }

    /// Keeps the value of a check, or notes its fault.
    pub fn keep<T>(&mut self, path: Path, checked: Result<T, Rule>) -> Option<T> {
        checked.map_err(|rule| self.push(path, rule)).ok()
    }

    /// Takes over the faults of another input that was found below `self`.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// `value` if nothing was noted, else the faults.
    pub fn or<T>(self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self),
        }
    }

    /// Whether nothing was noted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The faults in the order found.
    #[must_use]
    pub fn as_slice(&self) -> &[Fault] {
        &self.0
    }
}

impl IntoIterator for Faults {
    type Item = Fault;
    type IntoIter = std::vec::IntoIter<Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

/// How a value is written, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// In English, after "expected".
    pub english: &'static str,
    /// In Vietnamese, after "cần".
    pub vietnamese: &'static str,
}

/// The rules that an input can break, each with the figures that explain it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// A text is empty or only blank.
    TextEmpty,
    /// A text has more characters than fit.
    TextTooLong {
        /// Characters found.
        length: usize,
        /// Characters allowed.
        limit: usize,
    },
    /// A text is not in Unicode normalisation form C.
    TextNotNfc,
    /// A text has a control character.
    TextControlCharacter {
        /// Its place, in characters from 1.
        position: usize,
    },
    /// A value is not written as its kind is.
    Malformed {
        /// How it is written.
        expected: Expected,
    },
    /// The check digits of a household code don't fit its number.
    CheckDigitWrong,
    /// A number is outside its range.
    OutOfRange {
        /// The smallest allowed.
        min: i64,
        /// The largest allowed.
        max: i64,
    },
    /// A count is above the count it is a part of.
    CountAboveBase {
        /// The count found.
        count: u16,
        /// The base's name, as the API spells it.
        base_name: &'static str,
        /// The base.
        base: u16,
    },
    /// A count is below the count it contains.
    CountBelowPart {
        /// The count found.
        count: u16,
        /// The part's name, as the API spells it.
        part_name: &'static str,
        /// The part.
        part: u16,
    },
    /// No unit has this code on that date.
    UnknownUnit {
        /// What was asked for.
        asked: String,
        /// The date of the boundaries.
        on: Date,
        /// When the code was or will be in use, if ever, told in words.
        hint: Option<String>,
    },
    /// Several units have this code on that date.
    AmbiguousUnit {
        /// The code.
        asked: String,
        /// The date of the boundaries.
        on: Date,
    },
    /// The unit is not a hamlet (ấp, khu vực).
    NotAHamlet {
        /// The unit's name.
        name: String,
    },
    /// The writer may change the records of one unit only.
    OutsideUnit {
        /// The unit that the writer's token is for.
        unit: String,
    },
    /// The hamlet does not belong to the province on the date.
    OutsideProvince {
        /// What was asked for.
        asked: String,
    },
    /// A date lies in the future.
    FutureDate {
        /// The province's present day.
        today: Date,
    },
    /// A date lies before the earliest possible one.
    DateTooEarly {
        /// The earliest possible date.
        earliest: Date,
    },
    /// No household has this code.
    UnknownHousehold {
        /// The code.
        code: HouseholdCode,
    },
    /// The household is no longer active.
    HouseholdClosed {
        /// How it ended.
        status: Status,
        /// Since when.
        since: Date,
    },
    /// Somebody else changed the household since it was read.
    StaleVersion {
        /// The version that the change was meant for.
        given: u32,
        /// The version now.
        current: u32,
    },
    /// An active household has the same head.
    DuplicateHousehold {
        /// That household.
        code: HouseholdCode,
    },
    /// The household has a survey of that date.
    DuplicateSurvey {
        /// The date.
        on: Date,
    },
    /// An earlier row of the same batch says the same.
    DuplicateInBatch {
        /// The earlier row, from 0.
        first: usize,
    },
    /// A list is empty.
    BatchEmpty,
    /// A list has more rows than allowed.
    BatchTooLarge {
        /// Rows found.
        rows: usize,
        /// Rows allowed.
        limit: usize,
    },
    /// The change says nothing.
    NothingToChange,
    /// The idempotency key was used before for other content.
    IdempotencyConflict,
    /// No partner has this code.
    UnknownPartner {
        /// The code.
        code: PartnerCode,
    },
    /// The partner's tokens are refused for now.
    PartnerSuspended {
        /// The partner.
        code: PartnerCode,
    },
    /// No token has this name.
    UnknownToken,
    /// A token of this role can't be without.
    NeededForRole {
        /// The role.
        role: Role,
    },
    /// The parts of a grant contradict each other.
    ContradictingGrant {
        /// How.
        fault: GrantFault,
    },
    /// What may be shown once was shown before.
    ShownBefore,
}

impl Rule {
    /// The stable name of the rule, for programs.
    #[must_use]
    pub const fn code(&self) -> RuleCode {
        match self {
            Self::TextEmpty => RuleCode::TextEmpty,
            Self::TextTooLong { .. } => RuleCode::TextTooLong,
            Self::TextNotNfc => RuleCode::TextNotNfc,
            Self::TextControlCharacter { .. } => RuleCode::TextControlCharacter,
            Self::Malformed { .. } => RuleCode::Malformed,
            Self::CheckDigitWrong => RuleCode::CheckDigitWrong,
            Self::OutOfRange { .. } => RuleCode::OutOfRange,
            Self::CountAboveBase { .. } => RuleCode::CountAboveBase,
            Self::CountBelowPart { .. } => RuleCode::CountBelowPart,
            Self::UnknownUnit { .. } => RuleCode::UnknownUnit,
            Self::AmbiguousUnit { .. } => RuleCode::AmbiguousUnit,
            Self::NotAHamlet { .. } => RuleCode::NotAHamlet,
            Self::OutsideUnit { .. } => RuleCode::OutsideUnit,
            Self::OutsideProvince { .. } => RuleCode::OutsideProvince,
            Self::FutureDate { .. } => RuleCode::FutureDate,
            Self::DateTooEarly { .. } => RuleCode::DateTooEarly,
            Self::UnknownHousehold { .. } => RuleCode::UnknownHousehold,
            Self::HouseholdClosed { .. } => RuleCode::HouseholdClosed,
            Self::StaleVersion { .. } => RuleCode::Conflict,
            Self::DuplicateHousehold { .. } => RuleCode::DuplicateHousehold,
            Self::DuplicateSurvey { .. } => RuleCode::DuplicateSurvey,
            Self::DuplicateInBatch { .. } => RuleCode::DuplicateInBatch,
            Self::BatchEmpty => RuleCode::BatchEmpty,
            Self::BatchTooLarge { .. } => RuleCode::BatchTooLarge,
            Self::NothingToChange => RuleCode::NothingToChange,
            Self::IdempotencyConflict => RuleCode::IdempotencyConflict,
            Self::UnknownPartner { .. } => RuleCode::UnknownPartner,
            Self::PartnerSuspended { .. } => RuleCode::PartnerSuspended,
            Self::UnknownToken => RuleCode::UnknownToken,
            Self::NeededForRole { .. } => RuleCode::NeededForRole,
            Self::ContradictingGrant { .. } => RuleCode::ContradictingGrant,
            Self::ShownBefore => RuleCode::ShownBefore,
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
            Self::TextEmpty => "the text is empty".into(),
            Self::TextTooLong { length, limit } => {
                format!("the text has {length} characters; at most {limit} fit")
            }
            Self::TextNotNfc => {
                "the text is not in Unicode form NFC; normalise it before sending".into()
            }
            Self::TextControlCharacter { position } => {
                format!("character {position} is a control character; remove it")
            }
            Self::Malformed { expected } => {
                format!("the value is malformed; expected {}", expected.english)
            }
            Self::CheckDigitWrong => {
                "the last two digits (the check) don't fit the number; check for a typing error"
                    .into()
            }
            Self::OutOfRange { min, max } => format!("the number must be from {min} to {max}"),
            Self::CountAboveBase { count, base_name, base } => {
                format!("{count} is more than {base_name}, which is {base}")
            }
            Self::CountBelowPart { count, part_name, part } => {
                format!("{count} is less than {part_name}, which is {part} and counted within")
            }
            Self::UnknownUnit { asked, on, hint } => match hint {
                Some(hint) => format!("no unit {asked} on {on}: {hint}"),
                None => format!("no unit {asked} on {on}"),
            },
            Self::AmbiguousUnit { asked, on } => {
                format!("several units have the code {asked} on {on}; name the unit by its id")
            }
            Self::NotAHamlet { name } => {
                format!("{name} is not a hamlet; a household is registered in an ấp or khu vực")
            }
            Self::OutsideUnit { unit } => {
                format!("this is outside {unit}, which the token is for")
            }
            Self::OutsideProvince { asked } => {
                format!("the hamlet {asked} is outside the province of this registry")
            }
            Self::FutureDate { today } => format!("the date is in the future; today is {today}"),
            Self::DateTooEarly { earliest } => format!("the date must not be before {earliest}"),
            Self::UnknownHousehold { code } => format!("no household has the code {code}"),
            Self::HouseholdClosed { status, since } => {
                format!("the household is {} since {since}", status.code())
            }
            Self::StaleVersion { given, current } => format!(
                "the change was meant for version {given} but the household is at version {current}; read it again"
            ),
            Self::DuplicateHousehold { code } => {
                format!("the active household {code} has the same head")
            }
            Self::DuplicateSurvey { on } => format!("the household already has a survey of {on}"),
            Self::DuplicateInBatch { first } => format!("row {first} of the batch says the same"),
            Self::BatchEmpty => "the batch has no rows".into(),
            Self::BatchTooLarge { rows, limit } => {
                format!("the batch has {rows} rows; at most {limit} are allowed")
            }
            Self::NothingToChange => "the change names no field to change".into(),
            Self::IdempotencyConflict => {
                "the idempotency key was used before with other content; use a new key".into()
            }
            Self::UnknownPartner { code } => format!("no partner has the code {code}"),
            Self::PartnerSuspended { code } => format!("the partner {code} is suspended"),
            Self::UnknownToken => "no token has this id".into(),
            Self::NeededForRole { role } => {
                format!("a token of the role {} can't be without", role.name())
            }
            Self::ContradictingGrant { fault } => fault.to_string(),
            Self::ShownBefore => "this was shown before and counts only once".into(),
        }
    }

    fn vietnamese(&self) -> String {
        match self {
            Self::TextEmpty => "chuỗi rỗng".into(),
            Self::TextTooLong { length, limit } => {
                format!("chuỗi có {length} ký tự; tối đa {limit} ký tự")
            }
            Self::TextNotNfc => "chuỗi chưa ở dạng Unicode NFC; hãy chuẩn hoá trước khi gửi".into(),
            Self::TextControlCharacter { position } => {
                format!("ký tự thứ {position} là ký tự điều khiển; hãy xoá")
            }
            Self::Malformed { expected } => {
                format!("giá trị sai định dạng; cần {}", expected.vietnamese)
            }
            Self::CheckDigitWrong => {
                "hai chữ số cuối (số kiểm tra) không khớp; hãy xem lại mã".into()
            }
            Self::OutOfRange { min, max } => format!("số phải từ {min} đến {max}"),
            Self::CountAboveBase { count, base_name, base } => {
                format!("{count} lớn hơn {base_name} là {base}")
            }
            Self::CountBelowPart { count, part_name, part } => {
                format!("{count} nhỏ hơn {part_name} là {part}, vốn nằm trong đó")
            }
            Self::UnknownUnit { asked, on, hint } => match hint {
                Some(hint) => format!("không có đơn vị {asked} vào ngày {on}: {hint}"),
                None => format!("không có đơn vị {asked} vào ngày {on}"),
            },
            Self::AmbiguousUnit { asked, on } => {
                format!("nhiều đơn vị cùng mã {asked} vào ngày {on}; hãy dùng id")
            }
            Self::NotAHamlet { name } => {
                format!("{name} không phải ấp hoặc khu vực; hộ phải thuộc một ấp hoặc khu vực")
            }
            Self::OutsideUnit { unit } => {
                format!("nằm ngoài {unit}, là nơi mã truy cập được cấp cho")
            }
            Self::OutsideProvince { asked } => format!("ấp, khu vực {asked} nằm ngoài tỉnh"),
            Self::FutureDate { today } => format!("ngày ở tương lai; hôm nay là {today}"),
            Self::DateTooEarly { earliest } => format!("ngày không được trước {earliest}"),
            Self::UnknownHousehold { code } => format!("không có hộ mang mã {code}"),
            Self::HouseholdClosed { status, since } => {
                format!("hộ đã {} từ ngày {since}", status.vietnamese())
            }
            Self::StaleVersion { given, current } => format!(
                "thay đổi dành cho phiên bản {given} nhưng hộ đang ở phiên bản {current}; hãy đọc lại"
            ),
            Self::DuplicateHousehold { code } => {
                format!("hộ đang hoạt động {code} có cùng chủ hộ")
            }
            Self::DuplicateSurvey { on } => format!("hộ đã có khảo sát ngày {on}"),
            Self::DuplicateInBatch { first } => format!("trùng với dòng {first} trong cùng lô"),
            Self::BatchEmpty => "lô không có dòng nào".into(),
            Self::BatchTooLarge { rows, limit } => {
                format!("lô có {rows} dòng; tối đa {limit} dòng")
            }
            Self::NothingToChange => "không có trường nào để thay đổi".into(),
            Self::IdempotencyConflict => {
                "khoá idempotency đã dùng cho nội dung khác; hãy dùng khoá mới".into()
            }
            Self::UnknownPartner { code } => format!("không có đối tác mang mã {code}"),
            Self::PartnerSuspended { code } => format!("đối tác {code} đang bị tạm ngưng"),
            Self::UnknownToken => "không có mã truy cập mang định danh này".into(),
            Self::NeededForRole { role } => {
                format!("mã truy cập của vai trò {} không thể thiếu", role.name())
            }
            Self::ContradictingGrant { fault } => fault.vietnamese(),
            Self::ShownBefore => "đã được dùng trước đó và chỉ có giá trị một lần".into(),
        }
    }
}

/// The stable names of the rules; what programs switch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is described at the variant of `Rule` it names")]
pub enum RuleCode {
    TextEmpty,
    TextTooLong,
    TextNotNfc,
    TextControlCharacter,
    Malformed,
    CheckDigitWrong,
    OutOfRange,
    CountAboveBase,
    CountBelowPart,
    UnknownUnit,
    AmbiguousUnit,
    NotAHamlet,
    OutsideUnit,
    OutsideProvince,
    FutureDate,
    DateTooEarly,
    UnknownHousehold,
    HouseholdClosed,
    Conflict,
    DuplicateHousehold,
    DuplicateSurvey,
    DuplicateInBatch,
    BatchEmpty,
    BatchTooLarge,
    NothingToChange,
    IdempotencyConflict,
    UnknownPartner,
    PartnerSuspended,
    UnknownToken,
    NeededForRole,
    ContradictingGrant,
    ShownBefore,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_vietnamese_unless_english_weighs_more() {
        let pick = Language::from_accept_language;
        assert_eq!(pick(""), Language::Vietnamese);
        assert_eq!(pick("fr, de;q=0.5"), Language::Vietnamese);
        assert_eq!(pick("en-GB,en;q=0.9"), Language::English);
        assert_eq!(pick("vi-VN,vi;q=0.9,en;q=0.8"), Language::Vietnamese);
        assert_eq!(pick("vi;q=0.3,en;q=0.8"), Language::English);
    }

    #[test]
    fn a_path_reads_like_the_input() {
        let path = Path::root().field("surveys").index(2).field("surveyedOn");
        assert_eq!(path.to_string(), "surveys[2].surveyedOn");
    }
}
