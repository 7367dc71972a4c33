//! Mobile coverage: one row per commune, network and first day; its end is noted once.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    date, date_null, integer, string, string_null, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("coverage")
            .col(integer("commune_id"))
            .col(string("operator"))
            .col(string("generation"))
            .col(date("valid_from"))
            .col(date_null("valid_until"))
            .col(timestamp_with_time_zone("recorded_at"))
            .col(string("recorded_by"))
            .col(timestamp_with_time_zone_null("ended_at"))
            .col(string_null("ended_by"))
            .col(text_null("end_reason"))
            .primary_key(
                Index::create()
                    .col("commune_id")
                    .col("operator")
                    .col("generation")
                    .col("valid_from"),
            )
            .to_owned();
        manager.create_table(crate::clustered(manager, &mut table)).await?;
        // Two records for the same days, made at once: one of them loses here or at the counter.
        let open = Index::create()
            .name("coverage_open")
            .table("coverage")
            .col("commune_id")
            .col("operator")
            .col("generation")
            .unique()
            .and_where(Expr::col("valid_until").is_null())
            .to_owned();
        manager.create_index(open).await?;
        // A hamlet counts as covered by the records of several communes, so one writer at a time
        // adds them up: this row is what it locks.
        let first = Query::insert()
            .into_table("counter")
            .columns(["name", "next"])
            .values_panic(["coverage".into(), 1.into()])
            .to_owned();
        manager.execute(first).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("coverage").to_owned()).await?;
        let counter = Query::delete()
            .from_table("counter")
            .and_where(Expr::col("name").eq("coverage"))
            .to_owned();
        manager.execute(counter).await
    }
}
