//! Listings, products and sellers as they were known at a past moment: the states recorded by then, in the
//! columns of the present ones, so that whatever is asked of the one can be asked of the other. Words are
//! searched in present names only.

use registry_domain::time::Instant;
use sea_orm::sea_query::{
    Alias, Condition, Expr, ExprTrait, IntoIden, IntoTableRef, JoinType, Query, SelectStatement,
    SimpleExpr, TableRef,
};
use sea_orm::{EntityTrait, IdenStatic, Iterable};

use crate::entity::product::rating;
use crate::entity::{listing, product, seller};
use crate::moment;

/// The newest state by then.
const STATE: &str = "state";

/// The newest rating by then.
const RATED: &str = "rated";

/// All listings.
pub(super) fn listings(as_of: Option<Instant>) -> TableRef {
    use listing::version::{Column, Entity};
    let Some(moment) = as_of else { return listing::Entity.into_table_ref() };
    let key = (Column::Number, Column::Version, Column::RecordedAt);
    let newest = moment::newest::<Entity>(STATE, key, moment);
    let select = states::<listing::Entity, Entity>(listing::Column::Number, newest, |_| None);
    named::<listing::Entity>(select)
}

/// All sellers.
pub(super) fn sellers(as_of: Option<Instant>) -> TableRef {
    use seller::version::{Column, Entity};
    let Some(moment) = as_of else { return seller::Entity.into_table_ref() };
    let key = (Column::Number, Column::Version, Column::RecordedAt);
    let newest = moment::newest::<Entity>(STATE, key, moment);
    let select = states::<seller::Entity, Entity>(seller::Column::Number, newest, |_| None);
    named::<seller::Entity>(select)
}

/// All products, each with its newest rating.
pub(super) fn products(as_of: Option<Instant>) -> TableRef {
    use product::version::{Column, Entity};
    let Some(moment) = as_of else { return product::Entity.into_table_ref() };
    let key = (Column::Number, Column::Version, Column::RecordedAt);
    let newest = moment::newest::<Entity>(STATE, key, moment);
    let rated = |column| match column {
        product::Column::Stars => Some(rating::Column::Stars),
        product::Column::DecidedOn => Some(rating::Column::DecidedOn),
        product::Column::ExpiresOn => Some(rating::Column::ExpiresOn),
        product::Column::Decision => Some(rating::Column::Decision),
        _ => None,
    };
    let rated = |column| rated(column).map(|column| Expr::col((RATED, column)));
    let mut select = states::<product::Entity, Entity>(product::Column::Number, newest, rated);
    let key = (rating::Column::Product, rating::Column::DecidedOn, rating::Column::RecordedAt);
    let own = Expr::col((RATED, rating::Column::Product))
        .equals((product::Entity, product::Column::Number));
    let newest = moment::newest::<rating::Entity>(RATED, key, moment).add(own);
    select.join_as(JoinType::LeftJoin, rating::Entity, RATED, newest);
    named::<product::Entity>(select)
}

/// The rows of `E` with what one of their states `V` says of them, and beside it what `other` says; what
/// no state says never changes.
fn states<E: EntityTrait, V: EntityTrait>(
    number: E::Column,
    newest: Condition,
    other: impl Fn(E::Column) -> Option<SimpleExpr>,
) -> SelectStatement {
    let mut select = Query::select();
    let state = |name: &'static str| Expr::col((STATE, Alias::new(name)));
    for column in E::Column::iter() {
        let name = column.as_str();
        let told = V::Column::iter().any(|told| told.as_str() == name);
        let told = told.then(|| state(name)).or_else(|| other(column));
        let unchanging = || Expr::col((E::default(), column));
        select.expr_as(told.unwrap_or_else(unchanging), name);
    }
    let same = state(number.as_str()).equals((E::default(), number));
    select.from(E::default()).join_as(JoinType::InnerJoin, V::default(), STATE, same);
    select.cond_where(newest).to_owned()
}

/// The rows that a statement finds, as if they were the table of `E`.
fn named<E: EntityTrait>(select: SelectStatement) -> TableRef {
    TableRef::SubQuery(Box::new(select), Alias::new(E::default().table_name()).into_iden())
}
