//! What was known at a moment: the conditions on records that say so. Without a moment, what is known now.

use registry_domain::time::Instant;
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, IntoIden, Query, SimpleExpr};
use sea_orm::{ColumnTrait, EntityTrait, IdenStatic};

/// What was recorded by then.
pub(crate) fn recorded<C: ColumnTrait>(recorded_at: C, as_of: Option<Instant>) -> Condition {
    let all = Condition::all();
    match as_of {
        None => all,
        Some(moment) => all.add(recorded_at.lte(moment)),
    }
}

/// What was recorded by then and had not ended, been cancelled or been superseded.
pub(crate) fn standing<C: ColumnTrait>(
    recorded_at: C,
    ended_at: C,
    as_of: Option<Instant>,
) -> Condition {
    let all = recorded(recorded_at, as_of);
    match as_of {
        None => all.add(ended_at.is_null()),
        Some(moment) => all.add(not_yet(ended_at, moment)),
    }
}

/// What had not happened by then.
fn not_yet<C: ColumnTrait>(happened_at: C, moment: Instant) -> Condition {
    Condition::any().add(happened_at.is_null()).add(happened_at.gt(moment))
}

/// What of an end was known by then, if it was recorded later than what ended.
pub(crate) fn known_end<T>(
    end: Option<T>,
    ended_at: Option<Instant>,
    as_of: Option<Instant>,
) -> Option<T> {
    let later = ended_at.zip(as_of).is_some_and(|(ended_at, moment)| ended_at > moment);
    end.filter(|_| !later)
}

/// That a row, of the table called `name`, is the newest of its `subject` among those recorded by then:
/// none recorded by then has more in `place`.
pub(crate) fn newest<E: EntityTrait>(
    name: &'static str,
    (subject, place, recorded_at): (E::Column, E::Column, E::Column),
    moment: Instant,
) -> Condition {
    const NEWER: &str = "newer";
    let newer = |column: E::Column| Expr::col((NEWER, column));
    let own = |column: E::Column| (Alias::new(name).into_iden(), Alias::new(column.as_str()));
    let mut select = Query::select();
    select
        .expr(Expr::value(1))
        .from_as(E::default(), NEWER)
        .and_where(newer(subject).equals(own(subject)))
        .and_where(newer(place).gt(Expr::col(own(place))))
        .and_where(newer(recorded_at).lte(moment));
    let known: SimpleExpr = Expr::col((name, recorded_at)).lte(moment);
    Condition::all().add(known).add(Expr::exists(select).not())
}
