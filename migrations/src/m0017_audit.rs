//! The audit log: what each event changed, its place in the tree, the tree itself and its checkpoints.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, integer, integer_null, small_integer, string, text,
    text_null, timestamp_with_time_zone,
};
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// What older versions leave out stays empty.
const COLUMNS: [&str; 6] =
    ["purpose", "refusal", "changes", "changes_size", "changes_root", "sequence"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let added = [
            text_null("purpose"),
            text_null("refusal"),
            ColumnDef::new("changes").blob().null().take(),
            integer_null("changes_size"),
            ColumnDef::new("changes_root").blob().null().take(),
            big_integer_null("sequence"),
        ];
        // SQLite adds one column a statement.
        for mut column in added {
            let add = Table::alter().table("audit_event").add_column(&mut column).to_owned();
            manager.alter_table(add).await?;
        }
        for index in event_indexes() {
            manager.create_index(index).await?;
        }
        manager.create_table(crate::clustered(manager, &mut tile())).await?;
        manager.create_table(checkpoint()).await?;
        let mut mention = mention(manager.get_database_backend());
        manager.create_table(crate::clustered(manager, &mut mention)).await?;
        manager.create_table(log_key()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["log_key", "audit_mention", "audit_checkpoint", "audit_tile"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        for index in event_indexes() {
            let name = index.get_index_spec().get_name().unwrap_or_default().to_owned();
            manager.drop_index(Index::drop().name(name).table("audit_event").to_owned()).await?;
        }
        for column in COLUMNS {
            let drop = Table::alter().table("audit_event").drop_column(column).to_owned();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}

fn event_indexes() -> [IndexCreateStatement; 5] {
    let index = |name: &'static str| Index::create().name(name).table("audit_event").to_owned();
    // Whoever writes an event doesn't keep these; whoever gives it its place does.
    let placed = |name: &'static str, column: &'static str| {
        let placed = Expr::col("sequence").is_not_null();
        index(name).col(column).col("sequence").and_where(placed).to_owned()
    };
    [
        // What waits for its place in the tree.
        index("audit_event_waiting")
            .col("id")
            .and_where(Expr::col("sequence").is_null())
            .to_owned(),
        index("audit_event_sequence").col("sequence").unique().to_owned(),
        placed("audit_event_actor", "actor"),
        placed("audit_event_action", "action"),
        placed("audit_event_token", "token"),
    ]
}

/// 256 hashes of one level, or as many of the last ones as there are.
fn tile() -> TableCreateStatement {
    Table::create()
        .table("audit_tile")
        .col(small_integer("level"))
        .col(big_integer("place"))
        .col(blob("hashes"))
        .primary_key(Index::create().col("level").col("place"))
        .to_owned()
}

fn checkpoint() -> TableCreateStatement {
    Table::create()
        .table("audit_checkpoint")
        .col(big_integer("size").primary_key())
        .col(timestamp_with_time_zone("recorded_at"))
        .col(text("note"))
        .to_owned()
}

/// Which events are about a record, a unit or a period.
fn mention(backend: DbBackend) -> TableCreateStatement {
    let subject = match backend {
        DbBackend::Postgres => {
            ColumnDef::new("subject").custom("varchar COLLATE \"C\"").not_null().take()
        }
        _ => string("subject"),
    };
    Table::create()
        .table("audit_mention")
        .col(subject)
        .col(big_integer("sequence"))
        .primary_key(Index::create().col("subject").col("sequence"))
        .to_owned()
}

/// The one key that signs checkpoints, its private half sealed.
fn log_key() -> TableCreateStatement {
    Table::create()
        .table("log_key")
        .col(integer("id").primary_key())
        .col(text("verifier"))
        .col(blob("sealed_signer"))
        .col(timestamp_with_time_zone("recorded_at"))
        .to_owned()
}
