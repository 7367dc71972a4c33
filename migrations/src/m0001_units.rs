//! Administrative units, what they belonged to and became; published figures and targets.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{date, date_null, double, integer, pk_auto, string};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let unit = Table::create()
            .table("unit")
            .col(integer("id").primary_key())
            .col(string("code"))
            .col(string("title"))
            .col(string("name"))
            .col(date_null("valid_from"))
            .col(date_null("valid_until"))
            .to_owned();
        manager.create_table(unit).await?;
        let by_code = Index::create().name("unit_code").table("unit").col("code").to_owned();
        manager.create_index(by_code).await?;
        manager
            .create_table(
                Table::create()
                    .table("unit_parentage")
                    .col(pk_auto("id"))
                    .col(integer("unit_id"))
                    .col(integer("parent_id"))
                    .col(date_null("valid_from"))
                    .col(date_null("valid_until"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("unit_succession")
                    .col(pk_auto("id"))
                    .col(integer("old_id"))
                    .col(integer("new_id"))
                    .col(integer("share_millionths"))
                    .col(date("effective_on"))
                    .col(string("legal_act"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("published_figure")
                    .col(pk_auto("id"))
                    .col(string("indicator"))
                    .col(integer("unit_id"))
                    .col(double("value"))
                    .col(string("comparison"))
                    .col(date("as_of"))
                    .col(string("source"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("indicator_target")
                    .col(pk_auto("id"))
                    .col(string("indicator"))
                    .col(double("value"))
                    .col(date("due_on"))
                    .col(string("source"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in
            ["indicator_target", "published_figure", "unit_succession", "unit_parentage", "unit"]
        {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
