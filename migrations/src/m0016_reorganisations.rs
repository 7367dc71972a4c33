//! A version of the units, by which instances notice that a reorganisation changed them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("unit_version")
            .col(integer("id").primary_key())
            .col(big_integer("version"))
            .to_owned();
        manager.create_table(table).await?;
        let first = Query::insert()
            .into_table("unit_version")
            .columns(["id", "version"])
            .values_panic([1.into(), 1.into()])
            .to_owned();
        manager.execute(first).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("unit_version").to_owned()).await
    }
}
