//! Who read whose personal data in clear, and what for.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{integer, string, string_null, timestamp_with_time_zone};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("personal_read")
                    .col(timestamp_with_time_zone("recorded_at"))
                    .col(integer("number"))
                    .col(string("actor"))
                    .col(string_null("token"))
                    .col(string("purpose"))
                    .col(string_null("request_id"))
                    .to_owned(),
            )
            .await?;
        let by_household = Index::create()
            .name("personal_read_by_household")
            .table("personal_read")
            .col("number")
            .col("recorded_at")
            .to_owned();
        manager.create_index(by_household).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("personal_read").to_owned()).await
    }
}
