//! Connectivity surveys: the object, its lists, and recording.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use registry_domain::access::Scope;
use registry_domain::connectivity as domain;
use registry_domain::fault::{Faults, Path, Rule};
use registry_domain::household::{HouseholdCode, HouseholdNumber};
use registry_domain::time::Instant;
use registry_persistence::{RecordConnectivity, RecordedSurvey, Row, SurveyKey as RecordedKey};

use crate::access::{AccessScope, list_size, needs};
use crate::at_once::AtOnce;
use crate::audit::Audited;
use crate::cursor::List;
use crate::error::ApiError;
use crate::fault::UserError;
use crate::household::{Household, extent};
use crate::in_order::One;
use crate::loader::{SurveyCountKey, SurveyKey, SurveyPageKey, answered};
use crate::mutation::{Attempt, is_shown, rows, write};
use crate::node::GlobalId;
use crate::page::{Connection, PageArguments, connection};
use crate::scalar::{Date, DateTime};
use crate::session::Session;

/// How a fixed line is built (công nghệ đường truyền cố định).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::FixedTechnology")]
pub(crate) enum FixedTechnology {
    /// Optical fibre to the home (cáp quang).
    Fibre,
    /// Cable television network (cáp truyền hình).
    Cable,
    /// Copper telephone line (cáp đồng).
    Dsl,
    /// Radio in place of a line (vô tuyến cố định).
    FixedWireless,
}

/// Who provides a fixed line (nhà cung cấp).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::FixedProvider")]
pub(crate) enum FixedProvider {
    /// VNPT.
    Vnpt,
    /// Viettel.
    Viettel,
    /// FPT Telecom.
    Fpt,
    /// MobiFone.
    #[graphql(name = "MOBIFONE")]
    MobiFone,
    /// Another provider (nhà cung cấp khác).
    Other,
}

/// Generations of mobile networks (thế hệ mạng di động).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::MobileGeneration")]
pub(crate) enum MobileGeneration {
    /// 2G.
    #[graphql(name = "G2")]
    G2,
    /// 3G.
    #[graphql(name = "G3")]
    G3,
    /// 4G.
    #[graphql(name = "G4")]
    G4,
    /// 5G.
    #[graphql(name = "G5")]
    G5,
}

/// Digital services whose use is counted (dịch vụ số).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::DigitalService")]
pub(crate) enum DigitalService {
    /// The province's own app (ứng dụng Hậu Giang).
    #[graphql(name = "HAUGIANG_APP")]
    HauGiangApp,
    /// Social insurance app (VssID).
    Vssid,
    /// Zalo.
    Zalo,
    /// A bank's app (ứng dụng ngân hàng).
    BankApp,
    /// Mobile Money of any operator.
    MobileMoney,
    /// Viettel Money.
    ViettelMoney,
    /// Paying electricity bills without cash (trả tiền điện không dùng tiền mặt).
    CashlessElectricity,
    /// Paying water bills without cash (trả tiền nước không dùng tiền mặt).
    CashlessWater,
    /// Paying telecom bills without cash (trả cước viễn thông không dùng tiền mặt).
    CashlessTelecom,
}

/// A fixed line into the home (đường truyền cố định).
#[derive(SimpleObject, InputObject, Debug, Clone, Copy)]
#[graphql(input_name = "FixedLineInput")]
#[graphql(directive = needs::apply(vec![AccessScope::RegistryRead]))]
pub(crate) struct FixedLine {
    /// How it is built (công nghệ).
    technology: FixedTechnology,
    /// Who provides it (nhà cung cấp).
    provider: FixedProvider,
}

/// How many adults use a digital service (số người dùng một dịch vụ số).
#[derive(SimpleObject, InputObject, Debug, Clone, Copy)]
#[graphql(input_name = "ServiceUseInput")]
#[graphql(directive = needs::apply(vec![AccessScope::RegistryRead]))]
pub(crate) struct ServiceUse {
    /// The service (dịch vụ).
    service: DigitalService,
    /// Adults of the household who use it (số người trưởng thành).
    adults: i32,
}

/// A survey, and the moment as of which its household is told; none for now.
#[derive(Debug, Clone)]
pub(crate) struct ConnectivitySurvey(pub(crate) RecordedSurvey, pub(crate) Option<Instant>);

impl AtOnce for ConnectivitySurvey {}

/// One household observed on one day (khảo sát kết nối).
#[Object(directive = needs::apply(vec![AccessScope::RegistryRead]))]
impl ConnectivitySurvey {
    /// The global id (định danh toàn cục).
    pub(crate) async fn id(&self) -> ID {
        GlobalId::Survey(self.0.survey.household, self.0.survey.surveyed_on).write()
    }

    #[graphql(flatten)]
    async fn audited(&self) -> Audited {
        Audited(GlobalId::Survey(self.0.survey.household, self.0.survey.surveyed_on))
    }

    /// The household visited (hộ).
    async fn household(&self, context: &Context<'_>) -> Result<Option<Household>> {
        let extent = extent(&context.look_ahead());
        let key = crate::loader::HouseholdKey(self.0.survey.household, extent, self.1);
        let found = Session::of(context).records().load_one(key).await?;
        Ok(found.map(|found| Household(found, self.1)))
    }

    /// The day of the visit (ngày khảo sát).
    async fn surveyed_on(&self) -> Date {
        Date(self.0.survey.surveyed_on)
    }

    /// When the registry learned of it (thời điểm ghi nhận).
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.0.recorded_at)
    }

    /// The fixed line (đường truyền cố định); null if there is none.
    async fn fixed_line(&self) -> Option<FixedLine> {
        let line = self.0.survey.fixed?;
        Some(FixedLine { technology: line.technology.into(), provider: line.provider.into() })
    }

    /// The best mobile generation in use (thế hệ di động tốt nhất); null if none.
    async fn mobile_generation(&self) -> Option<MobileGeneration> {
        self.0.survey.mobile.map(Into::into)
    }

    /// Adults in the household that day (số người trưởng thành): the base of most counts.
    async fn adults(&self) -> u16 {
        self.0.survey.adults
    }

    /// People of working age that day (số người trong độ tuổi lao động).
    async fn working_age(&self) -> u16 {
        self.0.survey.working_age
    }

    /// Adults with a smartphone (có điện thoại thông minh).
    async fn adults_with_smartphone(&self) -> u16 {
        self.0.survey.adoption.smartphone
    }

    /// People of working age trained in digital skills (được tập huấn kỹ năng số).
    async fn working_age_trained(&self) -> u16 {
        self.0.survey.adoption.trained
    }

    /// Adults with a public-service account (có tài khoản dịch vụ công).
    async fn adults_with_public_service_account(&self) -> u16 {
        self.0.survey.adoption.public_service_account
    }

    /// Adults with VNeID level 2 (có VNeID mức 2).
    async fn adults_with_vneid_level2(&self) -> u16 {
        self.0.survey.adoption.vneid_level_2
    }

    /// Adults who pay any bill without cash (thanh toán không dùng tiền mặt).
    async fn adults_paying_cashless(&self) -> u16 {
        self.0.survey.adoption.cashless
    }

    /// Adults using each digital service (số người dùng từng dịch vụ số); those nobody uses too.
    async fn services(&self) -> Vec<ServiceUse> {
        let counts = self.0.survey.adoption.services.into_iter();
        let pairs = domain::DigitalService::ALL.iter().zip(counts);
        pairs
            .map(|(service, adults)| ServiceUse {
                service: (*service).into(),
                adults: adults.into(),
            })
            .collect()
    }
}

pub(crate) type SurveyConnection =
    One<Connection<registry_domain::time::Date, ConnectivitySurvey, SurveyCount>>;

/// How many surveys the household has; counted only if selected.
pub(crate) struct SurveyCount(SurveyCountKey);

impl AtOnce for SurveyCount {}

#[Object(directive = needs::apply(vec![AccessScope::RegistryRead]))]
impl SurveyCount {
    /// The number of all surveys of the household (tổng số khảo sát); costs a statement.
    async fn total_count(&self, context: &Context<'_>) -> Result<u64> {
        Ok(answered(Session::of(context).records().load_one(self.0).await?)?)
    }
}

/// A page of a household's surveys, as known at a moment or now, newest first.
pub(crate) async fn survey_page(
    session: &Session,
    (household, as_of): (HouseholdNumber, Option<Instant>),
    arguments: PageArguments,
) -> Result<SurveyConnection, ApiError> {
    let list = List::of(("surveys", household, as_of));
    let request = arguments.request(list, session)?;
    let key = SurveyPageKey(household, request, as_of);
    let page = answered(session.records().load_one(key).await?)?;
    let page = page.map(|found| (found.survey.surveyed_on, ConnectivitySurvey(found, as_of)));
    Ok(connection(page, list, SurveyCount(SurveyCountKey(household, as_of))))
}

/// A survey to be recorded (khảo sát cần ghi nhận).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct SurveyInput {
    /// The household's code (mã hộ).
    household: String,
    /// The day of the visit (ngày khảo sát): from the registration up to today, one survey a day.
    surveyed_on: Date,
    /// The fixed line (đường truyền cố định), if there is one.
    fixed_line: Option<FixedLine>,
    /// The best mobile generation in use (thế hệ di động tốt nhất), if any.
    mobile_generation: Option<MobileGeneration>,
    /// Adults with a smartphone (có điện thoại thông minh).
    adults_with_smartphone: i32,
    /// People of working age trained in digital skills (được tập huấn kỹ năng số).
    working_age_trained: i32,
    /// Adults with a public-service account (có tài khoản dịch vụ công).
    adults_with_public_service_account: i32,
    /// Adults with VNeID level 2 (có VNeID mức 2).
    adults_with_vneid_level2: i32,
    /// Adults who pay any bill without cash (thanh toán không dùng tiền mặt): at least those of each cashless service.
    adults_paying_cashless: i32,
    /// Adults using each digital service (số người dùng từng dịch vụ số); those left out count 0.
    #[graphql(default)]
    services: Vec<ServiceUse>,
}

/// A survey to be recorded (khảo sát), with its key.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct RecordConnectivityInput {
    /// The survey (khảo sát).
    survey: SurveyInput,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// Many surveys to be recorded (lô khảo sát): all or none.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct RecordConnectivityBatchInput {
    /// The surveys (các khảo sát), 1…1,000.
    surveys: Vec<SurveyInput>,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// What came of recording a survey (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::HouseholdsWrite]))]
pub(crate) struct RecordConnectivityPayload {
    /// The survey as recorded (khảo sát đã ghi); null if the input was refused.
    survey: Option<ConnectivitySurvey>,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with the input (các lỗi); empty if it was recorded.
    errors: Vec<UserError>,
}

/// What came of recording many surveys (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::HouseholdsWrite]))]
pub(crate) struct RecordConnectivityBatchPayload {
    /// How many were recorded (số khảo sát đã ghi): all of them, or 0.
    recorded: usize,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with any row (các lỗi theo dòng); empty if all were recorded.
    errors: Vec<UserError>,
}

/// Mutations of surveys.
#[derive(Default)]
pub(crate) struct ConnectivityMutation;

#[Object]
impl ConnectivityMutation {
    /// Records a survey (ghi nhận khảo sát). Needs `households:write`.
    #[graphql(directive = needs::apply(vec![AccessScope::HouseholdsWrite]))]
    async fn record_connectivity(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The survey (khảo sát).")] input: RecordConnectivityInput,
    ) -> Result<RecordConnectivityPayload> {
        let session = Session::of(context);
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let at = Path::root().field("input").field("survey");
        let command = input.survey.parse(&at);
        let command = command.map(|value| RecordConnectivity(vec![Row { at, value }]));
        Ok(match write(session, Scope::HouseholdsWrite, command, attempt).await? {
            Ok(written) => RecordConnectivityPayload {
                survey: recorded(context, written.outcome.first()).await?,
                replayed: written.replayed,
                errors: Vec::new(),
            },
            Err(errors) => RecordConnectivityPayload { survey: None, replayed: false, errors },
        })
    }

    /// Records up to 1,000 surveys (ghi nhận lô khảo sát), all or none. Needs `households:write`.
    #[graphql(
        directive = needs::apply(vec![AccessScope::HouseholdsWrite]),
        directive = list_size::apply(None, Some(vec!["input.surveys".into()]))
    )]
    async fn record_connectivity_batch(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The surveys (các khảo sát).")] input: RecordConnectivityBatchInput,
    ) -> Result<RecordConnectivityBatchPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let at = Path::root().field("input").field("surveys");
        let command = rows(&input.surveys, &at, SurveyInput::parse).map(RecordConnectivity);
        let session = Session::of(context);
        Ok(match write(session, Scope::HouseholdsWrite, command, attempt).await? {
            Ok(written) => RecordConnectivityBatchPayload {
                recorded: written.outcome.len(),
                replayed: written.replayed,
                errors: Vec::new(),
            },
            Err(errors) => RecordConnectivityBatchPayload { recorded: 0, replayed: false, errors },
        })
    }
}

/// The survey as recorded, if it is asked for.
async fn recorded(
    context: &Context<'_>,
    key: Option<&RecordedKey>,
) -> Result<Option<ConnectivitySurvey>, ApiError> {
    let Some(key) = key.filter(|_| is_shown(context, "survey")) else { return Ok(None) };
    let reader = &Session::of(context).reader;
    let found = reader.surveys_on(&[key.household], Some(key.surveyed_on), None).await?;
    Ok(found.into_iter().next().map(|found| ConnectivitySurvey(found, None)))
}

impl SurveyInput {
    fn parse(&self, at: &Path) -> Result<domain::NewSurvey, Faults> {
        let mut faults = Faults::default();
        let household = faults.keep(at.field("household"), self.household.parse::<HouseholdCode>());
        let mut services = [None; domain::DigitalService::COUNT];
        for (index, used) in self.services.iter().enumerate() {
            let service: domain::DigitalService = used.service.into();
            if services[service as usize].replace(used.adults).is_some() {
                let first =
                    self.services.iter().position(|earlier| earlier.service == used.service);
                let rule = Rule::DuplicateInBatch { first: first.unwrap_or_default() };
                faults.push(at.field("services").index(index), rule);
            }
        }
        let fixed = self.fixed_line.map(|line| domain::FixedLine {
            technology: line.technology.into(),
            provider: line.provider.into(),
        });
        let survey = household.map(|household| domain::NewSurvey {
            household,
            surveyed_on: self.surveyed_on.0,
            fixed,
            mobile: self.mobile_generation.map(Into::into),
            adoption: domain::Adoption {
                smartphone: self.adults_with_smartphone,
                trained: self.working_age_trained,
                public_service_account: self.adults_with_public_service_account,
                vneid_level_2: self.adults_with_vneid_level2,
                cashless: self.adults_paying_cashless,
                services: services.map(Option::unwrap_or_default),
            },
        });
        faults.or(survey)
    }
}

/// One survey by its key.
pub(crate) async fn survey_of(
    session: &Session,
    household: HouseholdNumber,
    on: registry_domain::time::Date,
) -> Result<Option<ConnectivitySurvey>, ApiError> {
    let found = session.records().load_one(SurveyKey(household, Some(on), None)).await?;
    let found = found.filter(|recorded| recorded.survey.surveyed_on == on);
    Ok(found.map(|found| ConnectivitySurvey(found, None)))
}
