//! Events get their places in a table beside them: what an event said is written once and its row
//! never touched again, and whoever writes it keeps no index but that of its number.
//!
//! Instances of the version before can't go on beside it: they are to be stopped first.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, integer, string, string_null};
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        lock_events(manager).await?;
        manager.create_table(waiting()).await?;
        manager.create_table(place()).await?;
        let connection = manager.get_connection();
        let fill = [
            "INSERT INTO audit_waiting (event) SELECT id FROM audit_event WHERE sequence IS NULL",
            "INSERT INTO audit_place (sequence, event, actor, action, token)
                SELECT sequence, id, actor, action, token FROM audit_event
                WHERE sequence IS NOT NULL ORDER BY sequence",
        ];
        for statement in fill {
            connection.execute_unprepared(statement).await?;
        }
        for index in place_indexes() {
            manager.create_index(index).await?;
        }
        for (name, _, _) in EVENT_INDEXES {
            manager.drop_index(Index::drop().name(name).table("audit_event").to_owned()).await?;
        }
        let drop = Table::alter().table("audit_event").drop_column("sequence").to_owned();
        manager.alter_table(drop).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        lock_events(manager).await?;
        let mut sequence = big_integer_null("sequence");
        let add = Table::alter().table("audit_event").add_column(&mut sequence).to_owned();
        manager.alter_table(add).await?;
        let fill = "UPDATE audit_event SET sequence =
            (SELECT audit_place.sequence FROM audit_place WHERE audit_place.event = audit_event.id)";
        manager.get_connection().execute_unprepared(fill).await?;
        for index in event_indexes() {
            manager.create_index(index).await?;
        }
        for table in ["audit_place", "audit_waiting"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

/// No event may be written or placed meanwhile.
async fn lock_events(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Postgres {
        let lock = "LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE";
        manager.get_connection().execute_unprepared(lock).await?;
    }
    Ok(())
}

/// Events that were written and have no place yet.
fn waiting() -> TableCreateStatement {
    Table::create().table("audit_waiting").col(integer("event").primary_key()).to_owned()
}

/// Which event has a place, and what else events are looked for by.
fn place() -> TableCreateStatement {
    Table::create()
        .table("audit_place")
        .col(big_integer("sequence").primary_key())
        .col(integer("event").unique_key())
        .col(string("actor"))
        .col(string("action"))
        .col(string_null("token"))
        .to_owned()
}

fn place_indexes() -> [IndexCreateStatement; 3] {
    let index = |name: &'static str, column: &'static str| {
        Index::create().name(name).table("audit_place").col(column).col("sequence").to_owned()
    };
    [
        index("audit_place_actor", "actor"),
        index("audit_place_action", "action"),
        index("audit_place_token", "token").and_where(Expr::col("token").is_not_null()).to_owned(),
    ]
}

/// What the step before kept on events: name, columns, and whether for those with a place alone.
const EVENT_INDEXES: [(&str, &[&str], Option<bool>); 5] = [
    ("audit_event_waiting", &["id"], Some(false)),
    ("audit_event_sequence", &["sequence"], None),
    ("audit_event_actor", &["actor", "sequence"], Some(true)),
    ("audit_event_action", &["action", "sequence"], Some(true)),
    ("audit_event_token", &["token", "sequence"], Some(true)),
];

fn event_indexes() -> impl Iterator<Item = IndexCreateStatement> {
    EVENT_INDEXES.into_iter().map(|(name, columns, placed)| {
        let mut index = Index::create().name(name).table("audit_event").to_owned();
        for column in columns {
            index.col(*column);
        }
        match placed {
            Some(true) => index.and_where(Expr::col("sequence").is_not_null()),
            Some(false) => index.and_where(Expr::col("sequence").is_null()),
            None => index.unique(),
        };
        index
    })
}
