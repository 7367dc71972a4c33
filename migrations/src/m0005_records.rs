//! What the writing door keeps of every transaction: the event, and the answer to a retry.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{integer, pk_auto, string, string_null, timestamp_with_time_zone};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("audit_event")
                    .col(pk_auto("id"))
                    .col(timestamp_with_time_zone("recorded_at"))
                    .col(string("actor"))
                    .col(string("action"))
                    .col(string_null("request_id"))
                    .col(integer("subjects"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(crate::clustered(
                manager,
                Table::create()
                    .table("idempotency_key")
                    .col(string("actor"))
                    .col(string("key"))
                    .col(timestamp_with_time_zone("recorded_at"))
                    .col(string("content_hash"))
                    .col(ColumnDef::new("outcome").text().not_null().to_owned())
                    .primary_key(Index::create().col("actor").col("key")),
            ))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["idempotency_key", "audit_event"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
