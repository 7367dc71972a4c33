//! `tally_rollup`: by how much each tally changed per hamlet and month. A row a tally: a new one is
//! no new column.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tally_rollup")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) hamlet_id: i32,
    /// Months since year 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) month: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) tally: String,
    pub(crate) change: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
