//! Pages of the households with or without fibre, of the whole registry: found without passing over the others.

use sea_orm_migration::prelude::*;

const NAME: &str = "household_fibre";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index =
            Index::create().name(NAME).table("household").col("has_fibre").col("number").to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(NAME).table("household").to_owned()).await
    }
}
