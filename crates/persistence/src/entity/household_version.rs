//! `household_version`: one row per change of a household, the first being its registration.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "household_version")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) number: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) version: i32,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) actor: String,
    pub(crate) effective_on: NaiveDate,
    pub(crate) hamlet_id: i32,
    pub(crate) members: i16,
    pub(crate) adults: i16,
    pub(crate) working_age: i16,
    pub(crate) status: String,
    /// Sealed.
    pub(crate) head: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
