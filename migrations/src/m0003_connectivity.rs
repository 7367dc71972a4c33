//! Connectivity surveys: one row per household and day, never changed.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    date, integer, small_integer, string, string_null, timestamp_with_time_zone,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Counts of people, in the order of the columns.
const COUNTS: [&str; 16] = [
    "adults",
    "working_age",
    "smartphone",
    "trained",
    "public_service_account",
    "vneid_level_2",
    "cashless",
    "haugiang_app",
    "vssid",
    "zalo",
    "bank_app",
    "mobile_money",
    "viettel_money",
    "cashless_electricity",
    "cashless_water",
    "cashless_telecom",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("connectivity_survey")
            .col(integer("number"))
            .col(date("surveyed_on"))
            .col(timestamp_with_time_zone("recorded_at"))
            .col(string("actor"))
            .col(string_null("fixed_technology"))
            .col(string_null("fixed_provider"))
            .col(string_null("mobile_generation"))
            .primary_key(Index::create().col("number").col("surveyed_on"))
            .to_owned();
        for count in COUNTS {
            table.col(small_integer(count));
        }
        manager.create_table(crate::clustered(manager, &mut table)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("connectivity_survey").to_owned()).await
    }
}
