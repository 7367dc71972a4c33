//! Trusted documents: the texts that a registry in trusted mode executes.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{string, text, timestamp_with_time_zone};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("trusted_document")
                    .col(string("sha256").primary_key())
                    .col(string("name"))
                    .col(text("text"))
                    .col(timestamp_with_time_zone("added_at"))
                    .col(string("added_by"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("trusted_document").to_owned()).await
    }
}
