//! Which institutions a list shows, and in which order.

use async_graphql::{Enum, InputObject};
use registry_domain::institution as domain;
use registry_domain::text;
use registry_persistence::{self as store, Direction, InstitutionSort};

use super::object::{InstitutionKind, SchoolCriterion};
use crate::error::ApiError;
use crate::household::OrderDirection;
use crate::page::PageArguments;
use crate::scalar::Date;
use crate::session::Session;
use crate::unit::UnitRef;

/// Conditions on schools and banks (điều kiện lọc trường học, ngân hàng); all of those given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct InstitutionFilter {
    /// In a hamlet of this unit (thuộc đơn vị), by its boundaries on the date it was named by.
    within: Option<UnitRef>,
    /// Of one of these kinds (loại hình).
    kinds: Option<Vec<InstitutionKind>>,
    /// Open on this day (hoạt động vào ngày); criteria are then judged on it, else on the present day.
    open_on: Option<Date>,
    /// Schools that fulfil all four criteria, or schools that don't (đạt đủ bốn tiêu chí).
    digital: Option<bool>,
    /// Schools that lack each of these criteria (chưa đạt các tiêu chí).
    lacks: Option<Vec<SchoolCriterion>>,
    /// Words of the name (tìm theo tên), each from its beginning, in any order, with or without accents:
    /// `nguyen th` finds Trường THCS Nguyễn Trãi.
    search: Option<String>,
}

impl InstitutionFilter {
    pub(super) fn conditions(
        self,
        session: &Session,
    ) -> Result<store::InstitutionFilter, ApiError> {
        let within = self.within.map(|within| within.require(session, "within")).transpose()?;
        let kinds = |kinds: Vec<InstitutionKind>| kinds.into_iter().map(Into::into).collect();
        let lacks = self.lacks.unwrap_or_default().into_iter();
        let words =
            |typed: String| text::fold(&typed).split_whitespace().map(str::to_owned).collect();
        Ok(store::InstitutionFilter {
            hamlets: within.and_then(|unit| unit.scope(&session.reader.units())),
            kinds: self.kinds.map(kinds),
            open_on: self.open_on.map(|on| on.0),
            digital: self.digital,
            lacks: lacks.map(domain::SchoolCriterion::from).collect(),
            words: self.search.map(words),
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
