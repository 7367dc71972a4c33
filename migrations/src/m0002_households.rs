//! Households: the present state, every past version, and the counter of their numbers.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    boolean_null, date, date_null, integer, small_integer, string, string_null,
    timestamp_with_time_zone,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("household")
                    .col(integer("number").primary_key())
                    .col(integer("hamlet_id"))
                    .col(small_integer("members"))
                    .col(small_integer("adults"))
                    .col(small_integer("working_age"))
                    .col(string("status"))
                    .col(date("registered_on"))
                    .col(date("effective_on"))
                    .col(integer("version"))
                    .col(blob("head"))
                    .col(blob_null("citizen_hash"))
                    .col(blob_null("phone_hash"))
                    .col(date_null("surveyed_on"))
                    .col(boolean_null("has_fibre"))
                    .col(string_null("fixed_provider"))
                    .to_owned(),
            )
            .await?;
        // Pages of a unit's households, with or without the commonest condition.
        let by_hamlet = Index::create()
            .name("household_hamlet")
            .table("household")
            .col("hamlet_id")
            .col("has_fibre")
            .col("number")
            .to_owned();
        manager.create_index(by_hamlet).await?;
        // Two officers registering the same head at once: one of them loses here.
        let active_head = Index::create()
            .name("household_active_head")
            .table("household")
            .col("citizen_hash")
            .unique()
            .and_where(Expr::col("status").eq("ACTIVE"))
            .to_owned();
        manager.create_index(active_head).await?;
        manager
            .create_table(crate::clustered(
                manager,
                Table::create()
                    .table("household_version")
                    .col(integer("number"))
                    .col(integer("version"))
                    .col(timestamp_with_time_zone("recorded_at"))
                    .col(string("actor"))
                    .col(date("effective_on"))
                    .col(integer("hamlet_id"))
                    .col(small_integer("members"))
                    .col(small_integer("adults"))
                    .col(small_integer("working_age"))
                    .col(string("status"))
                    .col(blob("head"))
                    .primary_key(Index::create().col("number").col("version")),
            ))
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("counter")
                    .col(string("name").primary_key())
                    .col(integer("next"))
                    .to_owned(),
            )
            .await?;
        // Which key opens the heads above.
        manager
            .create_table(
                Table::create()
                    .table("data_key")
                    .col(string("key_id").primary_key())
                    .col(timestamp_with_time_zone("recorded_at"))
                    .to_owned(),
            )
            .await?;
        let first = Query::insert()
            .into_table("counter")
            .columns(["name", "next"])
            .values_panic(["household".into(), 1.into()])
            .to_owned();
        manager.execute(first).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["data_key", "counter", "household_version", "household"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn blob(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).blob().not_null().to_owned()
}

fn blob_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).blob().null().to_owned()
}
