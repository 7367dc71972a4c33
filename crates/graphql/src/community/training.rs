//! Training sessions: the object and the list of them.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use registry_domain::community::{self as domain, TrainingCode};
use registry_persistence::{self as store, Direction, TrainingKey};

use crate::access::{AccessScope, needs};
use crate::at_once::AtOnce;
use crate::audit::Audited;
use crate::cursor::List;
use crate::error::ApiError;
use crate::filter::each_once;
use crate::household::OrderDirection;
use crate::in_order::One;
use crate::loader::TrainingSessionKey;
use crate::node::GlobalId;
use crate::page::{Connection, PageArguments, connection};
use crate::scalar::{Date, DateTime, RegistryCode};
use crate::session::Session;
use crate::unit::{AdministrativeUnit, UnitRef};

/// What a training session is about (chủ đề tập huấn).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::TrainingTopic")]
pub(crate) enum TrainingTopic {
    /// Digital skills (kỹ năng số).
    DigitalSkills,
    /// Online public services (dịch vụ công trực tuyến).
    PublicServices,
    /// Paying without cash (thanh toán không dùng tiền mặt).
    CashlessPayment,
    /// E-commerce (thương mại điện tử): opening a shop, accounts for payment, selling on marketplaces
    /// (mở gian hàng, tài khoản thanh toán, bán hàng trên sàn).
    Ecommerce,
    /// Digital signatures (chữ ký số).
    DigitalSignature,
    /// Safety online (an toàn trên mạng).
    OnlineSafety,
}

/// Whom a training session is for (đối tượng tập huấn).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::TrainingAudience")]
pub(crate) enum TrainingAudience {
    /// Residents (người dân).
    Residents,
    /// Farm households (hộ nông dân).
    FarmHouseholds,
    /// Cooperatives (hợp tác xã).
    Cooperatives,
    /// Enterprises (doanh nghiệp).
    Enterprises,
    /// Members of digital-technology teams (thành viên tổ công nghệ số cộng đồng).
    TeamMembers,
}

/// Whether a training session counts (tình trạng buổi tập huấn).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::TrainingStatus")]
pub(crate) enum TrainingStatus {
    /// It was held and counts (đã tổ chức).
    Held,
    /// It was recorded by mistake and does not count (đã huỷ vì ghi nhầm).
    Cancelled,
}

#[derive(Debug, Clone)]
pub(crate) struct TrainingSession(pub(crate) domain::Training);

impl AtOnce for TrainingSession {}

/// A training session (buổi tập huấn).
#[Object(directive = needs::apply(vec![AccessScope::RegistryRead]))]
impl TrainingSession {
    /// The global id (định danh toàn cục).
    pub(crate) async fn id(&self) -> ID {
        GlobalId::Training(self.0.code).write()
    }

    #[graphql(flatten)]
    async fn audited(&self) -> Audited {
        Audited(GlobalId::Training(self.0.code))
    }

    /// The registry code (mã buổi tập huấn): `BT` and 8 digits.
    async fn code(&self) -> RegistryCode {
        self.0.code.into()
    }

    /// The day it was held (ngày tổ chức).
    async fn held_on(&self) -> Date {
        Date(self.0.content.held_on)
    }

    /// The hamlet it was held in (ấp, khu vực), on the boundaries of that day.
    async fn hamlet(&self) -> One<AdministrativeUnit> {
        One(AdministrativeUnit {
            id: self.0.content.hamlet,
            on: self.0.content.held_on,
            as_of: None,
        })
    }

    /// What it was about (chủ đề).
    async fn topic(&self) -> TrainingTopic {
        self.0.content.topic.into()
    }

    /// Whom it was for (đối tượng).
    async fn audience(&self) -> TrainingAudience {
        self.0.content.audience.into()
    }

    /// How many people came (số người dự), 1…10,000.
    async fn attendees(&self) -> u16 {
        self.0.content.attendees.get()
    }

    /// What it was called (tên buổi tập huấn); null if it had no name.
    async fn title(&self) -> Option<&str> {
        self.0.content.title.as_ref().map(domain::TrainingTitle::as_str)
    }

    /// Whether it counts (tình trạng).
    async fn status(&self) -> TrainingStatus {
        self.0.status().into()
    }

    /// When the registry learned of it (thời điểm ghi nhận).
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.0.recorded_at)
    }

    /// When it was cancelled (thời điểm huỷ); null if it was not.
    async fn cancelled_at(&self) -> Option<DateTime> {
        self.0.cancelled.as_ref().map(|(at, _)| DateTime(*at))
    }

    /// Why it was cancelled (lý do huỷ); null if it was not.
    async fn cancellation_reason(&self) -> Option<&str> {
        self.0.cancelled.as_ref().map(|(_, reason)| reason.as_str())
    }

    /// 1, or 2 once it is cancelled (phiên bản); give it back with the cancellation.
    async fn version(&self) -> u32 {
        self.0.version
    }
}

/// Conditions on training sessions (điều kiện lọc buổi tập huấn); all of those given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct TrainingSessionFilter {
    /// Held in a hamlet of this unit (thuộc đơn vị), by its boundaries on the date it was named by.
    within: Option<UnitRef>,
    /// About one of these topics (chủ đề); about any if none is given.
    topic: Option<Vec<TrainingTopic>>,
    /// For one of these audiences (đối tượng); for any if none is given.
    audience: Option<Vec<TrainingAudience>>,
    /// Held on this day or later (từ ngày).
    from: Option<Date>,
    /// Held on this day or earlier (đến ngày).
    to: Option<Date>,
    /// In this status (tình trạng); in any if not given.
    status: Option<TrainingStatus>,
}

impl TrainingSessionFilter {
    fn conditions(self, session: &Session) -> Result<store::TrainingFilter, ApiError> {
        let units = session.reader.units();
        let within = self.within.map(|within| within.require(session, "within")).transpose()?;
        Ok(store::TrainingFilter {
            hamlets: within.and_then(|unit| unit.scope(&units)),
            topics: each_once(self.topic),
            audiences: each_once(self.audience),
            from: self.from.map(|date| date.0),
            to: self.to.map(|date| date.0),
            status: self.status.map(Into::into),
        })
    }
}

/// What training sessions are sorted by (sắp xếp theo).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum TrainingOrderField {
    /// The day they were held (ngày tổ chức), then the code.
    HeldOn,
}

/// The order of a list of training sessions (thứ tự).
#[derive(Debug, InputObject)]
pub(crate) struct TrainingOrder {
    /// By what (theo).
    field: TrainingOrderField,
    /// Which way (chiều).
    #[graphql(default_with = "OrderDirection::Ascending")]
    direction: OrderDirection,
}

/// All arguments of a list of training sessions.
#[derive(Debug, Default)]
pub(crate) struct TrainingArguments {
    pub(crate) filter: Option<TrainingSessionFilter>,
    pub(crate) order_by: Option<TrainingOrder>,
    pub(crate) page: PageArguments,
}

pub(crate) type TrainingSessionConnection =
    One<Connection<TrainingKey, TrainingSession, TrainingSessionCount>>;

/// How many sessions the whole list has; counted only if selected.
pub(crate) struct TrainingSessionCount(store::TrainingFilter);

impl AtOnce for TrainingSessionCount {}

#[Object(directive = needs::apply(vec![AccessScope::RegistryRead]))]
impl TrainingSessionCount {
    /// The number of sessions in the whole list (tổng số buổi); costs a statement.
    async fn total_count(&self, context: &Context<'_>) -> Result<u64> {
        Ok(Session::of(context).reader.training_count(&self.0).await.map_err(ApiError::from)?)
    }
}

/// A page of sessions; the newest first if no order is asked for.
pub(crate) async fn training_page(
    session: &Session,
    arguments: TrainingArguments,
) -> Result<TrainingSessionConnection, ApiError> {
    let TrainingArguments { filter, order_by, page } = arguments;
    let filter = filter.unwrap_or_default().conditions(session)?;
    let direction =
        order_by.map_or(Direction::Descending, |TrainingOrder { field, direction }| match field {
            TrainingOrderField::HeldOn => direction.into(),
        });
    let list = List::of(("trainings", &filter, direction));
    let request = page.request::<TrainingKey>(list, session)?;
    let page = session.reader.training_page(&filter, direction, &request).await?;
    let page = page.map(|found| (TrainingKey::of(&found), TrainingSession(found)));
    Ok(connection(page, list, TrainingSessionCount(filter)))
}

/// One session by its code; none if there is none.
pub(crate) async fn one_training(
    session: &Session,
    code: TrainingCode,
) -> Result<Option<TrainingSession>, ApiError> {
    Ok(session.records().load_one(TrainingSessionKey(code)).await?.map(TrainingSession))
}
