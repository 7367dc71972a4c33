//! `household`: one row per household, its present state.

use chrono::NaiveDate;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "household")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) number: i32,
    pub(crate) hamlet_id: i32,
    pub(crate) members: i16,
    pub(crate) adults: i16,
    pub(crate) working_age: i16,
    pub(crate) status: String,
    pub(crate) registered_on: NaiveDate,
    pub(crate) effective_on: NaiveDate,
    pub(crate) version: i32,
    /// Sealed; empty once erased.
    pub(crate) head: Vec<u8>,
    pub(crate) citizen_hash: Option<Vec<u8>>,
    pub(crate) phone_hash: Option<Vec<u8>>,
    /// The date of the newest survey, and what lists are filtered by from it.
    pub(crate) surveyed_on: Option<NaiveDate>,
    pub(crate) has_fibre: Option<bool>,
    pub(crate) fixed_provider: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
