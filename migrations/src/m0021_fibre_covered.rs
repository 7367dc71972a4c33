//! Pages of the households with or without fibre are read from the index alone on PostgreSQL: it holds what lists
//! show of each. SQLite would write the index with every survey for that.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

const NAME: &str = "household_fibre";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace(manager, &["hamlet_id", "surveyed_on"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace(manager, &[]).await
    }
}

async fn replace(manager: &SchemaManager<'_>, covered: &[&'static str]) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    manager.drop_index(Index::drop().name(NAME).table("household").to_owned()).await?;
    let mut index = Index::create().name(NAME).table("household").to_owned();
    index.col("has_fibre").col("number");
    for column in covered {
        index.include(*column);
    }
    manager.create_index(index).await
}
