//! Schools and banks: the present state, every past version, and what they fulfil or offer.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    boolean, date, date_null, integer, string, string_null, text, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null,
};
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(institution(manager.get_database_backend())).await?;
        for mut table in [version(), feature()] {
            manager.create_table(crate::clustered(manager, &mut table)).await?;
        }
        // Two administrators registering the same school at once: one of them loses here.
        let open_name = Index::create()
            .name("institution_open_name")
            .table("institution")
            .col("hamlet_id")
            .col("folded_name")
            .unique()
            .and_where(Expr::col("closed_on").is_null())
            .to_owned();
        manager.create_index(open_name).await?;
        let first = Query::insert()
            .into_table("counter")
            .columns(["name", "next"])
            .values_panic(["institution".into(), 1.into()])
            .to_owned();
        manager.execute(first).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["institution_feature", "institution_version", "institution"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        let counter = Query::delete()
            .from_table("counter")
            .and_where(Expr::col("name").eq("institution"))
            .to_owned();
        manager.execute(counter).await
    }
}

fn institution(backend: DbBackend) -> TableCreateStatement {
    let mut folded_name = text("folded_name");
    // Lists are sorted by it, byte by byte on both engines.
    if backend == DbBackend::Postgres {
        folded_name.extra("COLLATE \"C\"");
    }
    Table::create()
        .table("institution")
        .col(integer("number").primary_key())
        .col(string("kind"))
        .col(text("name"))
        .col(folded_name)
        .col(integer("hamlet_id"))
        .col(date("opened_on"))
        .col(date_null("closed_on"))
        .col(date("effective_on"))
        .col(integer("version"))
        .to_owned()
}

fn version() -> TableCreateStatement {
    Table::create()
        .table("institution_version")
        .col(integer("number"))
        .col(integer("version"))
        .col(timestamp_with_time_zone("recorded_at"))
        .col(string("actor"))
        .col(date("effective_on"))
        .col(integer("hamlet_id"))
        .col(text("name"))
        .col(boolean("is_open"))
        .primary_key(Index::create().col("number").col("version"))
        .to_owned()
}

/// A criterion that a school fulfils, or a service that a bank offers; its end is noted once.
fn feature() -> TableCreateStatement {
    Table::create()
        .table("institution_feature")
        .col(integer("number"))
        .col(string("feature"))
        .col(date("valid_from"))
        .col(date_null("valid_until"))
        .col(text_null("evidence"))
        .col(timestamp_with_time_zone("recorded_at"))
        .col(string("recorded_by"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .col(string_null("ended_by"))
        .col(text_null("end_reason"))
        .primary_key(Index::create().col("number").col("feature").col("valid_from"))
        .to_owned()
}
