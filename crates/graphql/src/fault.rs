//! Expected failures of mutations, told as data.

use async_graphql::{Enum, InputType, SimpleObject, Value};
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
    /// A moment is in the future (thời điểm ở tương lai).
    FutureMoment,
    /// It can be asked of the present only (chỉ hỏi được ở hiện tại).
    PresentOnly,
    /// No such household (không có hộ này).
    UnknownHousehold,
    /// The household is closed (hộ đã kết thúc).
    HouseholdClosed,
    /// The record was changed meanwhile (đã được thay đổi).
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
    /// The unit is not a commune (không phải cấp xã).
    NotACommune,
    /// The month has not begun (tháng chưa bắt đầu).
    FuturePeriod,
    /// The month is outside the partner's agreement (ngoài thời hạn thoả thuận).
    OutsideAgreement,
    /// There is a report about the month (đã có báo cáo của tháng).
    ReportExists,
    /// A report about the month waits for review (có báo cáo đang chờ duyệt).
    ReportPending,
    /// No such report (không có báo cáo này).
    UnknownReport,
    /// The report's state does not allow it (trạng thái báo cáo không cho phép).
    ReportState,
    /// The token is for another partner (mã truy cập thuộc đối tác khác).
    NotOwnPartner,
    /// Two fields go together (hai trường phải đi cùng nhau).
    NeededTogether,
    /// The partner's own total is too far off (luỹ kế lệch quá mức).
    ControlTotalContradicts,
    /// The report must be signed (báo cáo phải được ký).
    SignatureMissing,
    /// The signature is wrong (chữ ký sai).
    SignatureWrong,
    /// The month is not over (tháng chưa kết thúc).
    PeriodNotOver,
    /// The period is closed already (kỳ đã khoá).
    PeriodClosed,
    /// The period is not closed (kỳ chưa khoá).
    PeriodOpen,
    /// There is such a partner (đã có đối tác này).
    PartnerExists,
    /// The certificate is registered already (chứng thư đã được ghi).
    DuplicateCertificate,
    /// No such certificate (không có chứng thư này).
    UnknownCertificate,
    /// The certificate's status does not allow it (trạng thái chứng thư không cho phép).
    CertificateStatus,
    /// No registered authority has signed it (không do tổ chức cấp đã đăng ký ký).
    UnknownAuthority,
    /// The unit stands on another level (đơn vị không đúng cấp).
    WrongLevel,
    /// Another unit has the code then (mã đang được dùng).
    CodeInUse,
    /// The name does not begin with the title (tên thiếu loại đơn vị).
    NameWithoutTitle,
    /// The unit is about to change by another act (đơn vị sắp thay đổi theo văn bản khác).
    AboutToChange,
    /// The hamlet is not in that commune (ấp, khu vực không thuộc xã đó).
    NotInCommune,
    /// The hamlet goes elsewhere already (ấp, khu vực đã được chuyển).
    TransferredTwice,
    /// A commune can't go into itself (không thể nhập vào chính nó).
    IntoItself,
    /// The address is not https (địa chỉ không phải https).
    NotHttps,
    /// The text is no address (không phải địa chỉ trang).
    NotAnAddress,
    /// Another listing has the address (địa chỉ đã có tin đăng khác dùng).
    DuplicateUrl,
    /// No such marketplace (không có sàn này).
    UnknownMarketplace,
    /// There is such a marketplace (đã có sàn này).
    MarketplaceExists,
    /// The marketplace is closed on the date (sàn không hoạt động vào ngày đó).
    MarketplaceClosed,
    /// No such seller (không có người bán này).
    UnknownSeller,
    /// A household is missing, or one too many (thiếu hoặc thừa mã hộ của người bán).
    HouseholdOfSeller,
    /// There is such a seller (đã có người bán này).
    DuplicateSeller,
    /// No such product (không có sản phẩm này).
    UnknownProduct,
    /// The seller has such a product (người bán đã có sản phẩm này).
    DuplicateProduct,
    /// The product was rated on the date (đã xếp hạng vào ngày đó).
    DuplicateRating,
    /// The product has no OCOP rating (chưa có hạng sao OCOP).
    NoRating,
    /// The OCOP rating expired (hạng sao OCOP đã hết hạn).
    RatingExpired,
    /// The OCOP rating has other stars (hạng sao OCOP khác).
    OtherRating,
    /// No such listing (không có tin đăng này).
    UnknownListing,
    /// The listing's life has no such way (trạng thái tin đăng không cho phép).
    ListingStatus,
    /// The listing was not on sale then (tin đăng chưa có hoặc đã gỡ vào tháng đó).
    NotListedThen,
    /// The month's sales are recorded (doanh số của tháng đã được ghi).
    DuplicateSales,
    /// The unit has no team of its own (đơn vị không có tổ riêng).
    NotATeamUnit,
    /// The unit has a team at that time (đơn vị khi đó đã có tổ).
    TeamExists,
    /// No such team (không có tổ này).
    UnknownTeam,
    /// The team is dissolved (tổ đã giải thể).
    TeamDissolved,
    /// The team does not help there (ngoài địa bàn của tổ).
    OutsideTeam,
    /// The team does not exist then (tổ chưa thành lập hoặc đã giải thể khi đó).
    OutsideTeamTime,
    /// There is a count of this (số liệu này đã được ghi).
    ActivityRecorded,
    /// No such training session (không có buổi tập huấn này).
    UnknownTraining,
    /// The training session is cancelled (buổi tập huấn đã huỷ).
    TrainingCancelled,
    /// The training session is recorded already (buổi tập huấn đã được ghi).
    DuplicateTraining,
    /// The network is recorded there for some of these days (trùng thời gian phủ sóng).
    CoverageOverlap,
    /// No coverage without an end is recorded there (không có phủ sóng đang hiệu lực).
    CoverageNotOpen,
    /// No such institution (không có tổ chức này).
    UnknownInstitution,
    /// The institution is closed (tổ chức đã ngừng hoạt động).
    InstitutionClosed,
    /// An open institution in the hamlet has the same name (trùng tổ chức).
    DuplicateInstitution,
    /// The institution is not a school (không phải trường học).
    NotASchool,
    /// The institution is not a bank (không phải ngân hàng).
    NotABank,
    /// The school fulfils the criterion already (tiêu chí đã đạt).
    CriterionFulfilled,
    /// The school does not fulfil the criterion (tiêu chí chưa đạt).
    CriterionNotFulfilled,
    /// The bank offers the service already (dịch vụ đã cung cấp).
    ServiceOffered,
    /// The bank does not offer the service (dịch vụ chưa cung cấp).
    ServiceNotOffered,
}

/// One thing wrong with an input (một lỗi của dữ liệu gửi lên). Nothing was written.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial, directive = open::apply())]
pub(crate) struct UserError {
    /// The broken rule (quy tắc); switch on this.
    code: UserErrorCode,
    /// Where in the input (vị trí), from the outside in; places in lists count from 0.
    path: Vec<String>,
    /// What is wrong and what to do (thông báo), in the language of the request.
    message: String,
    /// The row of a batch (dòng), from 0.
    row: Option<usize>,
    /// What was sent there (giá trị đã gửi), in reports and certificates; null where it is a whole
    /// object, nothing, or about a person.
    value: Option<String>,
    /// For CONFLICT of a record with versions: the version now (phiên bản hiện tại).
    current_version: Option<u32>,
}

/// What a value sent may be told of: no persons, no long texts.
const TOLD_LIMIT: usize = 100;
const NEVER_TOLD: [&str; 3] = ["holder", "pem", "reason"];

impl UserError {
    /// All faults, in the order found.
    pub(crate) fn all(faults: Faults, language: Language) -> Vec<Self> {
        faults.into_iter().map(|fault| Self::new(&fault, language)).collect()
    }

    /// The same with the values that were sent as `input`.
    pub(crate) fn with_values(errors: Vec<Self>, input: &impl InputType) -> Vec<Self> {
        let input = input.to_value();
        let told = |mut error: Self| {
            error.value = error.sent(&input);
            error
        };
        errors.into_iter().map(told).collect()
    }

    fn sent(&self, input: &Value) -> Option<String> {
        if self.path.last().is_some_and(|field| NEVER_TOLD.contains(&field.as_str())) {
            return None;
        }
        // The first step is `input` itself.
        let found = self.path.iter().skip(1).try_fold(input, |value, step| match value {
            Value::Object(members) => members.get(step.as_str()),
            Value::List(items) => items.get(step.parse::<usize>().ok()?),
            _ => None,
        });
        match found? {
            Value::String(text) => Some(text.chars().take(TOLD_LIMIT).collect()),
            number @ Value::Number(_) => Some(number.to_string()),
            flag @ Value::Boolean(_) => Some(flag.to_string()),
            _ => None,
        }
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
            row: fault.path.steps().iter().find_map(|step| match step {
                Step::Index(index) => Some(*index),
                Step::Field(_) => None,
            }),
            value: None,
            current_version: match fault.rule {
                Rule::StaleVersion { current, .. } => Some(current),
                _ => None,
            },
        }
    }
}
