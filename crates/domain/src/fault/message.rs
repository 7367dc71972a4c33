//! What is said of a broken rule, in either language: what is wrong and what to do.

use chrono::SecondsFormat;

use super::{Language, Rule};
use crate::time::Instant;

impl Rule {
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
                format!("{name} is not a hamlet; name an ấp or khu vực")
            }
            Self::OutsideUnit { unit } => {
                format!("this is outside {unit}, which the token is for")
            }
            Self::OutsideProvince { asked } => {
                format!("the hamlet {asked} is outside the province of this registry")
            }
            Self::FutureDate { today } => format!("the date is in the future; today is {today}"),
            Self::DateTooEarly { earliest } => format!("the date must not be before {earliest}"),
            Self::FutureMoment { now } => {
                format!("the moment is in the future; it is {} now", written(*now))
            }
            Self::PresentOnly => {
                "this can be asked of the present only; leave it out, or leave out asOf".into()
            }
            Self::UnknownHousehold { code } => format!("no household has the code {code}"),
            Self::HouseholdClosed { status, since } => {
                format!("the household is {} since {since}", status.code())
            }
            Self::StaleVersion { given, current } => format!(
                "the change was meant for version {given} but the record is at version {current}; read it again"
            ),
            Self::DuplicateHousehold { code } => {
                format!("the active household {code} has the same head")
            }
            Self::DuplicateSurvey { on } => format!("the household already has a survey of {on}"),
            Self::DuplicateInBatch { first } => {
                format!("row {first} of the batch, counted from 0, says the same")
            }
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
            Self::Certificate(rule) => rule.message(Language::English),
            Self::Unit(rule) => rule.message(Language::English),
            Self::Commerce(rule) => rule.message(Language::English),
            Self::Community(rule) => rule.message(Language::English),
            Self::Coverage(rule) => rule.message(Language::English),
            Self::Institution(rule) => rule.message(Language::English),
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
                format!("{name} không phải ấp hoặc khu vực; hãy chỉ định một ấp hoặc khu vực")
            }
            Self::OutsideUnit { unit } => {
                format!("nằm ngoài {unit}, là nơi mã truy cập được cấp cho")
            }
            Self::OutsideProvince { asked } => format!("ấp, khu vực {asked} nằm ngoài tỉnh"),
            Self::FutureDate { today } => format!("ngày ở tương lai; hôm nay là {today}"),
            Self::DateTooEarly { earliest } => format!("ngày không được trước {earliest}"),
            Self::FutureMoment { now } => {
                format!("thời điểm ở tương lai; bây giờ là {}", written(*now))
            }
            Self::PresentOnly => {
                "chỉ hỏi được ở hiện tại; hãy bỏ điều kiện này hoặc bỏ asOf".into()
            }
            Self::UnknownHousehold { code } => format!("không có hộ mang mã {code}"),
            Self::HouseholdClosed { status, since } => {
                format!("hộ đã {} từ ngày {since}", status.vietnamese())
            }
            Self::StaleVersion { given, current } => format!(
                "thay đổi dành cho phiên bản {given} nhưng hồ sơ đang ở phiên bản {current}; hãy đọc lại"
            ),
            Self::DuplicateHousehold { code } => {
                format!("hộ đang hoạt động {code} có cùng chủ hộ")
            }
            Self::DuplicateSurvey { on } => format!("hộ đã có khảo sát ngày {on}"),
            Self::DuplicateInBatch { first } => {
                format!("trùng với dòng {first} (đếm từ 0) trong cùng lô")
            }
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
            Self::Certificate(rule) => rule.message(Language::Vietnamese),
            Self::Unit(rule) => rule.message(Language::Vietnamese),
            Self::Commerce(rule) => rule.message(Language::Vietnamese),
            Self::Community(rule) => rule.message(Language::Vietnamese),
            Self::Coverage(rule) => rule.message(Language::Vietnamese),
            Self::Institution(rule) => rule.message(Language::Vietnamese),
        }
    }
}

/// A moment as the API writes it.
fn written(moment: Instant) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Millis, true)
}
