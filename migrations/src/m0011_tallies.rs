//! Tallies: by how much each thing that is counted beside surveys changed, per hamlet and month.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, string};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("tally_rollup")
            .col(integer("hamlet_id"))
            .col(integer("month"))
            .col(string("tally"))
            .col(big_integer("change"))
            .primary_key(Index::create().col("hamlet_id").col("month").col("tally"))
            .to_owned();
        manager.create_table(crate::clustered(manager, &mut table)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("tally_rollup").to_owned()).await
    }
}
