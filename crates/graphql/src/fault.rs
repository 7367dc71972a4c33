//! Expected failures of mutations, told as data.

use async_graphql::{Enum, SimpleObject};
use registry_domain::fault::{Fault, Faults, Language, Rule, RuleCode, Step};

use crate::access::open;

/// The rules an input can break (quy tắc bị vi phạm).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "RuleCode")]
pub(crate) enum UserErrorCode {
    /// A text is empty (chuỗi rỗng).
    TextEmpty,
    /// A text is too long (chuỗi quá dài).
    TextTooLong,
    /// A text is not in Unicode form NFC (chuỗi chưa chuẩn hoá NFC).
    TextNotNfc,
    /// A text has a control character (chuỗi có ký tự điều khiển).
    TextControlCharacter,
    /// A value is not written as its kind is (sai định dạng).
    Malformed,
    /// The check digits don't fit (sai số kiểm tra).
    CheckDigitWrong,
    /// A number is outside its range (số ngoài phạm vi).
    OutOfRange,
    /// A count is above its base (số đếm lớn hơn tổng).
    CountAboveBase,
    /// A count is below a part of it (số đếm nhỏ hơn thành phần).
    CountBelowPart,
    /// No such unit on the date (không có đơn vị vào ngày đó).
    UnknownUnit,
    /// Several units have the code on the date (mã trùng vào ngày đó).
    AmbiguousUnit,
    /// The unit is not a hamlet (không phải ấp, khu vực).
    NotAHamlet,
    /// The token is for another unit (mã truy cập thuộc đơn vị khác).
    OutsideUnit,
    /// The hamlet is outside the province (ấp, khu vực ngoài tỉnh).
    OutsideProvince,
    /// A date is in the future (ngày ở tương lai).
    FutureDate,
    /// A date is too early (ngày quá sớm).
    DateTooEarly,
    /// No such household (không có hộ này).
    UnknownHousehold,
    /// The household is closed (hộ đã kết thúc).
    HouseholdClosed,
    /// The household was changed meanwhile (hộ đã được thay đổi).
    Conflict,
    /// An active household has the same head (trùng chủ hộ).
    DuplicateHousehold,
    /// The household has a survey of that date (đã có khảo sát ngày đó).
    DuplicateSurvey,
    /// A row repeats an earlier one (trùng dòng trong lô).
    DuplicateInBatch,
    /// The batch is empty (lô rỗng).
    BatchEmpty,
    /// The batch is too large (lô quá lớn).
    BatchTooLarge,
    /// Nothing to change (không có gì để thay đổi).
    NothingToChange,
    /// The idempotency key stands for other content (khoá đã dùng cho nội dung khác).
    IdempotencyConflict,
    /// No such partner (không có đối tác này).
    UnknownPartner,
    /// The partner is suspended (đối tác đang bị tạm ngưng).
    PartnerSuspended,
    /// No such token (không có mã truy cập này).
    UnknownToken,
    /// A token of this role can't be without (vai trò này không thể thiếu).
    NeededForRole,
    /// The parts of a grant contradict each other (các quyền mâu thuẫn nhau).
    ContradictingGrant,
    /// What counts once was shown before (đã dùng một lần).
    ShownBefore,
}

/// One thing wrong with an input (một lỗi của dữ liệu gửi lên). Nothing was written.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(directive = open::apply())]
pub(crate) struct UserError {
    /// The broken rule (quy tắc); switch on this.
    code: UserErrorCode,
    /// Where in the input (vị trí), from the outside in; places in lists count from 0.
    path: Vec<String>,
    /// What is wrong and what to do (thông báo), in the language of the request.
    message: String,
    /// For CONFLICT: the version now (phiên bản hiện tại).
    current_version: Option<u32>,
}

impl UserError {
    /// All faults, in the order found.
    pub(crate) fn all(faults: Faults, language: Language) -> Vec<Self> {
        faults.into_iter().map(|fault| Self::new(&fault, language)).collect()
    }

    fn new(fault: &Fault, language: Language) -> Self {
        let step = |step: &Step| match step {
            Step::Field(name) => (*name).to_owned(),
            Step::Index(index) => index.to_string(),
        };
        Self {
            code: fault.rule.code().into(),
            path: fault.path.steps().iter().map(step).collect(),
            message: fault.rule.message(language),
            current_version: match fault.rule {
                Rule::StaleVersion { current, .. } => Some(current),
                _ => None,
            },
        }
    }
}
