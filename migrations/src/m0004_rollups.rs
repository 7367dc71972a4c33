//! Rollups: by how much each measure changed, per hamlet and month; and a version per hamlet that
//! tells readers when to read again.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// One column per measure.
const MEASURES: [&str; 18] = [
    "households_surveyed",
    "households_with_fibre",
    "adults",
    "adults_with_smartphone",
    "working_age",
    "working_age_trained",
    "adults_with_public_service_account",
    "adults_with_vneid_level_2",
    "adults_paying_cashless",
    "adults_using_haugiang_app",
    "adults_using_vssid",
    "adults_using_zalo",
    "adults_using_bank_app",
    "adults_using_mobile_money",
    "adults_using_viettel_money",
    "adults_using_cashless_electricity",
    "adults_using_cashless_water",
    "adults_using_cashless_telecom",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("rollup")
            .col(integer("hamlet_id"))
            .col(integer("month"))
            .primary_key(Index::create().col("hamlet_id").col("month"))
            .to_owned();
        for measure in MEASURES {
            table.col(integer(measure));
        }
        manager.create_table(crate::clustered(manager, &mut table)).await?;
        manager
            .create_table(
                Table::create()
                    .table("rollup_version")
                    .col(integer("hamlet_id").primary_key())
                    .col(big_integer("version"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["rollup_version", "rollup"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
