//! On PostgreSQL, the numbers of records are drawn from sequences: whoever takes the next number from
//! a row keeps all others waiting until its transaction has ended.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// What is numbered so. The counter of coverage also says whether anything has changed: it stays.
const NUMBERED: [&str; 7] = [
    "household",
    "seller",
    "product",
    "listing",
    "institution",
    "community_team",
    "training_session",
];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        each_numbered(manager, |name| {
            format!(
                "CREATE SEQUENCE {name}_numbers AS integer;
                SELECT setval('{name}_numbers', next, false) FROM counter WHERE name = '{name}';
                DELETE FROM counter WHERE name = '{name}'"
            )
        })
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        each_numbered(manager, |name| {
            format!(
                "INSERT INTO counter (name, next) SELECT '{name}', nextval('{name}_numbers');
                DROP SEQUENCE {name}_numbers"
            )
        })
        .await
    }
}

async fn each_numbered(
    manager: &SchemaManager<'_>,
    sql: impl Fn(&str) -> String,
) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Postgres {
        for name in NUMBERED {
            manager.get_connection().execute_unprepared(&sql(name)).await?;
        }
    }
    Ok(())
}
