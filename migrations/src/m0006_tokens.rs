//! Tokens, the keys that sign them, and the partners that get them by showing a key of their own.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    boolean, integer_null, string, string_null, text, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(signing_key()).await?;
        manager.create_table(token()).await?;
        // The gates ask for what was revoked and has not expired, every few seconds.
        let revoked = Index::create()
            .name("token_revoked")
            .table("token")
            .col("expires_at")
            .and_where(Expr::col("revoked_at").is_not_null())
            .to_owned();
        manager.create_index(revoked).await?;
        manager.create_table(partner()).await?;
        manager.create_table(crate::clustered(manager, &mut partner_key())).await?;
        manager.create_table(crate::clustered(manager, &mut client_assertion())).await?;
        let known = Query::insert()
            .into_table("partner")
            .columns(["code", "name", "suspended"])
            .values_panic(["VNPT".into(), "VNPT Hậu Giang".into(), false.into()])
            .values_panic(["VIETTEL".into(), "Viettel Hậu Giang".into(), false.into()])
            .to_owned();
        manager.execute(known).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["client_assertion", "partner_key", "partner", "token", "signing_key"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn signing_key() -> TableCreateStatement {
    Table::create()
        .table("signing_key")
        .col(string("kid").primary_key())
        .col(blob("public_key"))
        .col(blob("sealed_private_key"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("retired_at"))
        .to_owned()
}

fn token() -> TableCreateStatement {
    Table::create()
        .table("token")
        .col(string("jti").primary_key())
        .col(string("actor"))
        .col(string("role"))
        .col(string("scopes"))
        .col(string_null("partner"))
        .col(integer_null("unit_id"))
        .col(boolean("read_only"))
        .col(timestamp_with_time_zone("issued_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(string("issued_by"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .col(string_null("revoked_by"))
        .to_owned()
}

fn partner() -> TableCreateStatement {
    Table::create()
        .table("partner")
        .col(string("code").primary_key())
        .col(string("name"))
        .col(boolean("suspended"))
        .to_owned()
}

fn partner_key() -> TableCreateStatement {
    Table::create()
        .table("partner_key")
        .col(string("partner"))
        .col(string("kid"))
        .col(text("jwk"))
        .col(timestamp_with_time_zone("added_at"))
        .primary_key(Index::create().col("partner").col("kid"))
        .to_owned()
}

/// What a partner has shown once and can't show again.
fn client_assertion() -> TableCreateStatement {
    Table::create()
        .table("client_assertion")
        .col(string("partner"))
        .col(string("jti"))
        .col(timestamp_with_time_zone("expires_at"))
        .primary_key(Index::create().col("partner").col("jti"))
        .to_owned()
}

fn blob(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).blob().not_null().to_owned()
}
