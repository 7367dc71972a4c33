//! `coverage`: one row per commune, network and first day. Only its end is added later, once.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "coverage")]
pub(crate) struct Model {
    /// The commune as it was on the first day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) commune_id: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) operator: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) generation: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) valid_from: Date,
    pub(crate) valid_until: Option<Date>,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) recorded_by: String,
    /// When, by whom and why the end was recorded, if not with the row.
    pub(crate) ended_at: Option<DateTime<Utc>>,
    pub(crate) ended_by: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) end_reason: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
