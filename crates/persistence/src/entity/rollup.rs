//! `rollup`: by how much each measure changed per hamlet and month; `rollup_version`: how often a
//! hamlet's rows changed.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rollup")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) hamlet_id: i32,
    /// Months since year 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) month: i32,
    pub(crate) households_surveyed: i32,
    pub(crate) households_with_fibre: i32,
    pub(crate) adults: i32,
    pub(crate) adults_with_smartphone: i32,
    pub(crate) working_age: i32,
    pub(crate) working_age_trained: i32,
    pub(crate) adults_with_public_service_account: i32,
    #[sea_orm(column_name = "adults_with_vneid_level_2")]
    pub(crate) adults_with_vneid_level_2: i32,
    pub(crate) adults_paying_cashless: i32,
    pub(crate) adults_using_haugiang_app: i32,
    pub(crate) adults_using_vssid: i32,
    pub(crate) adults_using_zalo: i32,
    pub(crate) adults_using_bank_app: i32,
    pub(crate) adults_using_mobile_money: i32,
    pub(crate) adults_using_viettel_money: i32,
    pub(crate) adults_using_cashless_electricity: i32,
    pub(crate) adults_using_cashless_water: i32,
    pub(crate) adults_using_cashless_telecom: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// `rollup_version`.
pub(crate) mod version {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "rollup_version")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) hamlet_id: i32,
        pub(crate) version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
