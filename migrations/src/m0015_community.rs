//! Digital-technology teams with their past, whom they helped month by month, and training sessions.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    boolean, date, date_null, integer, small_integer, string, string_null, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const COUNTERS: [&str; 2] = ["community_team", "training_session"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(team()).await?;
        manager.create_table(crate::clustered(manager, &mut team_version())).await?;
        manager.create_table(crate::clustered(manager, &mut activity())).await?;
        manager.create_table(training()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        let mut first = Query::insert().into_table("counter").columns(["name", "next"]).to_owned();
        for name in COUNTERS {
            first.values_panic([name.into(), 1.into()]);
        }
        manager.execute(first).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let counters = Query::delete()
            .from_table("counter")
            .and_where(Expr::col("name").is_in(COUNTERS))
            .to_owned();
        manager.execute(counters).await?;
        for table in
            ["training_session", "team_activity", "community_team_version", "community_team"]
        {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn team() -> TableCreateStatement {
    Table::create()
        .table("community_team")
        .col(integer("number").primary_key())
        .col(integer("unit_id"))
        .col(boolean("is_hamlet"))
        .col(small_integer("members"))
        .col(date("founded_on"))
        .col(date_null("dissolved_on"))
        .col(date("effective_on"))
        .col(integer("version"))
        .to_owned()
}

fn team_version() -> TableCreateStatement {
    Table::create()
        .table("community_team_version")
        .col(integer("number"))
        .col(integer("version"))
        .col(timestamp_with_time_zone("recorded_at"))
        .col(string("actor"))
        .col(date("effective_on"))
        .col(small_integer("members"))
        .col(date_null("dissolved_on"))
        .primary_key(Index::create().col("number").col("version"))
        .to_owned()
}

/// One row per statement; the newest of a place, month and kind counts until it is superseded.
fn activity() -> TableCreateStatement {
    Table::create()
        .table("team_activity")
        .col(integer("team"))
        .col(integer("month"))
        .col(integer("hamlet_id"))
        .col(string("kind"))
        .col(integer("revision"))
        .col(integer("people"))
        .col(timestamp_with_time_zone("recorded_at"))
        .col(string("actor"))
        .col(timestamp_with_time_zone_null("superseded_at"))
        .primary_key(
            Index::create().col("team").col("month").col("hamlet_id").col("kind").col("revision"),
        )
        .to_owned()
}

/// Nothing of a session changes but that it may be cancelled, once; so the row is its whole past.
fn training() -> TableCreateStatement {
    Table::create()
        .table("training_session")
        .col(integer("number").primary_key())
        .col(integer("hamlet_id"))
        .col(date("held_on"))
        .col(string("topic"))
        .col(string("audience"))
        .col(integer("attendees"))
        .col(string_null("title"))
        .col(timestamp_with_time_zone("recorded_at"))
        .col(string("actor"))
        .col(timestamp_with_time_zone_null("cancelled_at"))
        .col(string_null("cancelled_by"))
        .col(text_null("cancellation_reason"))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 4] {
    let index = |name: &'static str, table: &'static str| {
        Index::create().name(name).table(table).to_owned()
    };
    [
        index("community_team_unit", "community_team").col("unit_id").to_owned(),
        index("team_activity_counted", "team_activity")
            .col("hamlet_id")
            .col("month")
            .and_where(Expr::col("superseded_at").is_null())
            .to_owned(),
        index("training_session_day", "training_session").col("held_on").col("number").to_owned(),
        // Two officers recording the same session at once: one of them loses here.
        index("training_session_held", "training_session")
            .col("hamlet_id")
            .col("held_on")
            .col("topic")
            .col("audience")
            .unique()
            .and_where(Expr::col("cancelled_at").is_null())
            .to_owned(),
    ]
}
