//! `connectivity_survey`: one row per household and day of visit; never changed.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "connectivity_survey")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) number: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) surveyed_on: NaiveDate,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) actor: String,
    pub(crate) fixed_technology: Option<String>,
    pub(crate) fixed_provider: Option<String>,
    pub(crate) mobile_generation: Option<String>,
    pub(crate) adults: i16,
    pub(crate) working_age: i16,
    pub(crate) smartphone: i16,
    pub(crate) trained: i16,
    pub(crate) public_service_account: i16,
    #[sea_orm(column_name = "vneid_level_2")]
    pub(crate) vneid_level_2: i16,
    pub(crate) cashless: i16,
    pub(crate) haugiang_app: i16,
    pub(crate) vssid: i16,
    pub(crate) zalo: i16,
    pub(crate) bank_app: i16,
    pub(crate) mobile_money: i16,
    pub(crate) viettel_money: i16,
    pub(crate) cashless_electricity: i16,
    pub(crate) cashless_water: i16,
    pub(crate) cashless_telecom: i16,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
