//! Whom a team helped: the object and the list below a team.

use async_graphql::{Context, Enum, Object, Result};
use registry_domain::community::{self as domain, TeamCode};
use registry_persistence::{ActivityFilter, ActivityKey, ActivityRevisions};

use crate::access::{AccessScope, needs};
use crate::at_once::AtOnce;
use crate::cursor::List;
use crate::error::ApiError;
use crate::in_order::One;
use crate::loader::{ActivityCountKey, ActivityPageKey, answered};
use crate::page::{Connection, PageArguments, connection};
use crate::scalar::{DateTime, YearMonth};
use crate::session::Session;
use crate::unit::AdministrativeUnit;

/// What somebody was helped with (nội dung hỗ trợ).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::HelpKind")]
pub(crate) enum HelpKind {
    /// Registering an account (đăng ký tài khoản).
    RegisterAccount,
    /// Filing an application online (nộp hồ sơ trực tuyến).
    FileOnline,
    /// Paying without cash (thanh toán không dùng tiền mặt).
    PayCashless,
    /// Listing a product on a marketplace (đưa sản phẩm lên sàn).
    ListProduct,
    /// Anything else (nội dung khác).
    Other,
}

#[derive(Debug, Clone)]
pub(crate) struct TeamActivity(domain::TeamActivity);

impl AtOnce for TeamActivity {}

/// How many people a team helped with something, in one hamlet and month (kết quả hỗ trợ). It is never
/// changed: another revision may count in its place.
#[Object(directive = needs::apply(vec![AccessScope::RegistryRead]))]
impl TeamActivity {
    /// The month (tháng).
    async fn month(&self) -> YearMonth {
        YearMonth(self.0.month)
    }

    /// The hamlet where the help was given (ấp, khu vực), on the boundaries of the month's last day; one that
    /// ended before, on those of its own last day.
    async fn hamlet(&self, context: &Context<'_>) -> One<AdministrativeUnit> {
        let (id, last) = (self.0.hamlet, self.0.month.last_day());
        let units = Session::of(context).reader.units();
        let on = units.get(id).map_or(last, |unit| unit.validity.nearest(last));
        One(AdministrativeUnit { id, on, as_of: None })
    }

    /// With what (nội dung hỗ trợ).
    async fn kind(&self) -> HelpKind {
        self.0.kind.into()
    }

    /// How many people (số lượt người), 0…1,000,000.
    async fn people(&self) -> u32 {
        self.0.people.get()
    }

    /// Which statement about this it is, from 1 (lần ghi).
    async fn revision(&self) -> u32 {
        self.0.revision
    }

    /// When the registry learned of it (thời điểm ghi nhận).
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.0.recorded_at)
    }

    /// Since when another revision counts in its place (thời điểm bị thay thế); null while it counts.
    async fn superseded_at(&self) -> Option<DateTime> {
        self.0.superseded_at.map(DateTime)
    }
}

/// All arguments of a list of counts.
pub(super) struct ActivityArguments {
    pub(super) from: Option<YearMonth>,
    pub(super) to: Option<YearMonth>,
    pub(super) revisions: ActivityRevisions,
    pub(super) page: PageArguments,
}

pub(crate) type TeamActivityConnection =
    One<Connection<ActivityKey, TeamActivity, TeamActivityCount>>;

/// How many counts the whole list has; counted only if selected.
pub(crate) struct TeamActivityCount(ActivityCountKey);

impl AtOnce for TeamActivityCount {}

#[Object(directive = needs::apply(vec![AccessScope::RegistryRead]))]
impl TeamActivityCount {
    /// The number of counts in the whole list (tổng số dòng); costs a statement.
    async fn total_count(&self, context: &Context<'_>) -> Result<u64> {
        Ok(answered(Session::of(context).records().load_one(self.0).await?)?)
    }
}

/// A page of a team's counts, the newest month first.
pub(super) async fn activity_page(
    session: &Session,
    team: TeamCode,
    arguments: ActivityArguments,
) -> Result<TeamActivityConnection, ApiError> {
    let filter = ActivityFilter {
        from: arguments.from.map(|month| month.0),
        to: arguments.to.map(|month| month.0),
        revisions: arguments.revisions,
    };
    let list = List::of(("activities", team, filter));
    let request = arguments.page.request::<ActivityKey>(list, session)?;
    let key = ActivityPageKey(team, filter, request);
    let page = answered(session.records().load_one(key).await?)?;
    let page = page.map(|activity| (ActivityKey::of(&activity), TeamActivity(activity)));
    Ok(connection(page, list, TeamActivityCount(ActivityCountKey(team, filter))))
}
