//! Which institutions a list shows, and in which order.

use async_graphql::{Enum, InputObject};
use registry_persistence::{self as store, Direction, InstitutionSort};

use super::object::{InstitutionKind, SchoolCriterion};
use crate::error::ApiError;
use crate::filter::{each_once, search};
use crate::household::OrderDirection;
use crate::page::PageArguments;
use crate::scalar::Date;
use crate::session::Session;
use crate::unit::UnitRef;

/// Conditions on schools and banks (điều kiện lọc trường học, ngân hàng); all of those given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct InstitutionFilter {
    /// Standing today in a hamlet of this unit (thuộc đơn vị), by its boundaries on the date it was named by.
    within: Option<UnitRef>,
    /// Of one of these kinds (loại hình); of any if none is given.
    kind: Option<Vec<InstitutionKind>>,
    /// Open on this day (hoạt động vào ngày). Criteria are then judged on it, else on the present day; place
    /// and name are always those of the present.
    open_on: Option<Date>,
    /// Schools that fulfil all four criteria, or schools that don't (đạt đủ bốn tiêu chí).
    digital: Option<bool>,
    /// Schools that lack each of these criteria (chưa đạt các tiêu chí); any if none is given.
    lacks: Option<Vec<SchoolCriterion>>,
    /// Words of the present name (tìm theo tên), 1…8 words in at most 100 characters, each from its beginning,
    /// in any order, with or without accents: `nguyen th` finds Trường THCS Nguyễn Trãi.
    search: Option<String>,
}

impl InstitutionFilter {
    pub(super) fn conditions(
        self,
        session: &Session,
    ) -> Result<store::InstitutionFilter, ApiError> {
        let within = self.within.map(|within| within.require(session, "within")).transpose()?;
        Ok(store::InstitutionFilter {
            hamlets: within.and_then(|unit| unit.scope(&session.reader.units())),
            kinds: each_once(self.kind),
            open_on: self.open_on.map(|on| on.0),
            digital: self.digital,
            lacks: each_once(self.lacks),
            search: search(self.search.as_deref())?,
        })
    }
}

/// What schools and banks are sorted by (sắp xếp theo).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "InstitutionSort")]
pub(crate) enum InstitutionOrderField {
    /// The code (mã).
    Code,
    /// The name without accents and case (tên, không dấu).
    Name,
    /// The first day (ngày thành lập).
    OpenedOn,
}

/// The order of a list of schools and banks (thứ tự).
#[derive(Debug, InputObject)]
pub(crate) struct InstitutionOrder {
    /// By what (theo).
    field: InstitutionOrderField,
    /// Which way (chiều).
    #[graphql(default_with = "OrderDirection::Ascending")]
    direction: OrderDirection,
}

/// All arguments of a list of schools and banks.
#[derive(Debug, Default)]
pub(crate) struct InstitutionArguments {
    pub(crate) filter: Option<InstitutionFilter>,
    pub(crate) order_by: Option<InstitutionOrder>,
    pub(crate) page: PageArguments,
}

impl InstitutionArguments {
    pub(super) fn order(&self) -> store::InstitutionOrder {
        match &self.order_by {
            Some(order) => store::InstitutionOrder {
                by: order.field.into(),
                direction: order.direction.into(),
            },
            None => store::InstitutionOrder {
                by: InstitutionSort::Code,
                direction: Direction::Ascending,
            },
        }
    }
}
