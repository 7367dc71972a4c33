//! Which households a list shows, and in which order.

use async_graphql::{Enum, InputObject};
use registry_domain::fault::Rule;
use registry_domain::household::Status;
use registry_domain::personal::CitizenNumber;
use registry_domain::time;
use registry_persistence::{self as store, Direction, HouseholdSort};

use crate::connectivity::FixedProvider;
use crate::error::ApiError;
use crate::page::PageArguments;
use crate::scalar::{Date, DateTime};
use crate::unit::UnitRef;

/// Whether a household still is one (tình trạng hộ).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Status")]
pub(crate) enum HouseholdStatus {
    /// It lives in the province (đang hoạt động).
    Active,
    /// It left the province (đã chuyển đi).
    MovedAway,
    /// It is no more (đã giải thể).
    Dissolved,
}

/// Conditions on households (điều kiện lọc hộ); all of those given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct HouseholdFilter {
    /// In a hamlet of this unit (thuộc đơn vị), by its boundaries on the date it was named by.
    pub(super) within: Option<UnitRef>,
    /// Whether the newest survey found fibre (có cáp quang); never surveyed households match neither.
    has_fibre: Option<bool>,
    /// The provider of the fixed line by the newest survey (nhà cung cấp).
    provider: Option<FixedProvider>,
    /// The status (tình trạng).
    status: Option<HouseholdStatus>,
    /// The newest survey is before this date, or there is none (khảo sát trước ngày).
    surveyed_before: Option<Date>,
    /// The newest survey is after this date (khảo sát sau ngày).
    surveyed_after: Option<Date>,
    /// The code begins so (mã bắt đầu bằng): `HG` and up to 6 digits of the number, be it one of 6 digits or of 7; or a
    /// whole code.
    code_prefix: Option<String>,
    /// The head's citizen number (số định danh của chủ hộ), all 12 digits. Needs `pii:read` and
    /// `X-Purpose`, finds within the token's unit, and leaves a note (cần nêu mục đích). Not together
    /// with `asOf`: only the present heads can be searched.
    citizen_number: Option<String>,
}

impl HouseholdFilter {
    pub(super) fn conditions(
        &self,
        as_of: Option<time::Instant>,
    ) -> Result<store::HouseholdFilter, ApiError> {
        let date = |date: Option<Date>| -> Option<time::Date> { date.map(|date| date.0) };
        let prefix = self.code_prefix.as_deref().map(str::parse).transpose();
        let citizen = self.citizen_number.as_deref().map(CitizenNumber::parse).transpose();
        if self.citizen_number.is_some() && as_of.is_some() {
            return Err(ApiError::Argument { name: "citizenNumber", rule: Rule::PresentOnly });
        }
        let invalid = |name| move |rule: Rule| ApiError::Argument { name, rule };
        Ok(store::HouseholdFilter {
            has_fibre: self.has_fibre,
            provider: self.provider.map(Into::into),
            status: self.status.map(Into::into),
            surveyed_before: date(self.surveyed_before),
            surveyed_after: date(self.surveyed_after),
            code_prefix: prefix.map_err(invalid("codePrefix"))?,
            citizen_number: citizen.map_err(invalid("citizenNumber"))?,
            as_of,
        })
    }
}

/// What households are sorted by (sắp xếp theo).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "HouseholdSort")]
pub(crate) enum HouseholdOrderField {
    /// The code (mã hộ).
    Code,
    /// The date of the newest survey (ngày khảo sát mới nhất); never surveyed households count as oldest.
    SurveyedOn,
}

/// Which way a list runs (chiều sắp xếp).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Direction")]
pub(crate) enum OrderDirection {
    /// Smallest or oldest first (tăng dần).
    Ascending,
    /// Largest or newest first (giảm dần).
    Descending,
}

/// The order of a list of households (thứ tự).
#[derive(Debug, InputObject)]
pub(crate) struct HouseholdOrder {
    /// By what (theo).
    field: HouseholdOrderField,
    /// Which way (chiều).
    #[graphql(default_with = "OrderDirection::Ascending")]
    direction: OrderDirection,
}

/// All arguments of a list of households.
#[derive(Debug, Default)]
pub(crate) struct HouseholdArguments {
    pub(crate) filter: Option<HouseholdFilter>,
    pub(crate) order_by: Option<HouseholdOrder>,
    pub(crate) as_of: Option<DateTime>,
    pub(crate) page: PageArguments,
}

impl HouseholdArguments {
    pub(super) fn order(&self) -> store::HouseholdOrder {
        match &self.order_by {
            Some(order) => {
                store::HouseholdOrder { by: order.field.into(), direction: order.direction.into() }
            }
            None => {
                store::HouseholdOrder { by: HouseholdSort::Code, direction: Direction::Ascending }
            }
        }
    }
}
