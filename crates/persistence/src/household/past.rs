//! Households as they were known at a past moment: the versions and surveys recorded by then, in the
//! columns of the present state, so that whatever is asked of the one can be asked of the other.

use registry_domain::connectivity::FixedTechnology;
use registry_domain::time::Instant;
use sea_orm::sea_query::{Expr, ExprTrait, Func, JoinType, Query, SelectStatement, SimpleExpr};

use crate::entity::household::{Column, Entity};
use crate::entity::household_version::{Column as Version, Entity as Versions};
use crate::entity::{connectivity_survey as survey, household_version};
use crate::moment::newest;

/// The newest version by then.
const STATE: &str = "state";

/// The newest survey by then.
const SURVEY: &str = "survey";

/// The hamlet that the household lives in now, by which it is decided today who sees its head.
pub(super) const PRESENT_HAMLET: &str = "present_hamlet_id";

/// The states of all households that were known at `moment`. Of the citizen number only the present one
/// can be searched, so that is not among them.
pub(super) fn states(moment: Instant) -> SelectStatement {
    let mut select = Query::select();
    for column in [
        Version::Number,
        Version::HamletId,
        Version::Members,
        Version::Adults,
        Version::WorkingAge,
        Version::Status,
        Version::EffectiveOn,
        Version::Version,
        Version::Head,
    ] {
        select.column((STATE, column));
    }
    let surveyed = Expr::col((SURVEY, survey::Column::Number)).is_not_null();
    let technology = Expr::col((SURVEY, survey::Column::FixedTechnology));
    let has_fibre: SimpleExpr = Func::coalesce([technology, Expr::val("")]).into();
    let has_fibre = Expr::case(surveyed, has_fibre.eq(FixedTechnology::Fibre.code()));
    // The day of registration never changes.
    select
        .column((Entity, Column::RegisteredOn))
        .expr_as(Expr::col((Entity, Column::HamletId)), PRESENT_HAMLET)
        .column((SURVEY, survey::Column::SurveyedOn))
        .column((SURVEY, survey::Column::FixedProvider))
        .expr_as(has_fibre, "has_fibre")
        .from_as(Versions, STATE)
        .join(JoinType::InnerJoin, Entity, same(Expr::col((Entity, Column::Number))))
        .join_as(
            JoinType::LeftJoin,
            survey::Entity,
            SURVEY,
            newest::<survey::Entity>(
                SURVEY,
                (survey::Column::Number, survey::Column::SurveyedOn, survey::Column::RecordedAt),
                moment,
            )
            .add(same(Expr::col((SURVEY, survey::Column::Number)))),
        )
        .cond_where(newest::<household_version::Entity>(
            STATE,
            (Version::Number, Version::Version, Version::RecordedAt),
            moment,
        ));
    select
}

fn same(number: SimpleExpr) -> SimpleExpr {
    number.eq(Expr::col((STATE, Version::Number)))
}
