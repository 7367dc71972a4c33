//! Where a product or listing stands in a list, and cutting pages out of such lists.

use registry_domain::page::{Page, PageRequest};
use registry_domain::time::Date;
use sea_orm::sea_query::{Expr, ExprTrait, SelectStatement, SimpleExpr};

use crate::Direction;

/// Where a product or a listing stands in a list: what the list is sorted by, then the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommerceKey {
    /// A price, days since 1970, or the distance from what was searched; 0 in lists by code.
    pub value: i64,
    /// The number.
    pub number: u32,
}

/// What a list is sorted by, as SQL.
pub(super) struct Place {
    /// The value of a row.
    pub(super) of_row: SimpleExpr,
    /// The value of a key.
    pub(super) of_key: fn(i64) -> SimpleExpr,
}

impl Place {
    /// Rows whose value is a number.
    pub(super) fn number(of_row: SimpleExpr) -> Self {
        Self { of_row, of_key: |value| Expr::val(value) }
    }

    /// Rows whose value is a day.
    pub(super) fn day(of_row: SimpleExpr) -> Self {
        Self { of_row, of_key: |days| Expr::val(day_of(days)) }
    }
}

/// The column that tells the distance from what was searched.
pub(super) const DISTANCE: &str = "distance";

/// The distance where nothing is searched; an integer as wide as one.
pub(super) fn nothing() -> SimpleExpr {
    Expr::val(0_i64).cast_as("BIGINT")
}

fn day_of(days: i64) -> Date {
    i32::try_from(days).ok().and_then(Date::from_epoch_days).unwrap_or_default()
}

/// Orders a statement by `place`, if given, and `number`, and cuts the page out of it.
pub(super) fn cut(
    select: &mut SelectStatement,
    (place, number): (Option<&Place>, SimpleExpr),
    direction: Direction,
    page: &PageRequest<CommerceKey>,
) {
    let beyond = |key: CommerceKey, ascending: bool| {
        let stored = Expr::val(key.number.cast_signed());
        let (here, limit) = match place {
            None => (number.clone(), stored),
            Some(place) => (
                Expr::tuple([place.of_row.clone(), number.clone()]),
                Expr::tuple([(place.of_key)(key.value), stored]),
            ),
        };
        if ascending { here.gt(limit) } else { here.lt(limit) }
    };
    let ascending = direction == Direction::Ascending;
    if let Some(after) = page.after {
        select.and_where(beyond(after, ascending));
    }
    if let Some(before) = page.before {
        select.and_where(beyond(before, !ascending));
    }
    let order = direction.of_rows(page.take).order();
    if let Some(place) = place {
        select.order_by_expr(place.of_row.clone(), order.clone());
    }
    select.order_by_expr(number, order).limit(page.take.limit() as u64 + 1);
}

/// The page made of what [`cut`] let through; a union keeps no promise about the order of its rows.
pub(super) fn page<T>(
    mut items: Vec<(CommerceKey, T)>,
    direction: Direction,
    page: &PageRequest<CommerceKey>,
) -> Page<(CommerceKey, T)> {
    let down = direction.of_rows(page.take) == Direction::Descending;
    items.sort_by(|(left, _), (right, _)| {
        let order = left.cmp(right);
        if down { order.reverse() } else { order }
    });
    Page::from_overfetch(items, page)
}
