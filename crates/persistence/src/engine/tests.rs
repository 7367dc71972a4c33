//! What the engines promise, on both of them.

use sea_orm::DbErr;

use super::*;

/// Both engines; PostgreSQL is the tests' own server.
fn configurations(folder: &Path) -> [StoreConfig; 2] {
    let postgres = std::env::var("REGISTRY_TEST_POSTGRES_URL");
    let postgres = postgres.expect("run the tests by `cargo xtask test`");
    let urls = [format!("sqlite:{}", folder.join("engine.sqlite").display()), postgres];
    urls.map(|url| StoreConfig {
        auditor_statement_timeout: Duration::from_millis(50),
        ..StoreConfig::new(url.parse().unwrap())
    })
}

/// What stands last when every check above it has failed to refuse.
#[tokio::test]
async fn the_engine_itself_refuses_to_write_for_readers() {
    let folder = tempfile::tempdir().unwrap();
    for config in configurations(folder.path()) {
        let writers = connect(&config, Purpose::Write).await.unwrap();
        writers.execute_unprepared("CREATE TABLE IF NOT EXISTS guarded (n INT)").await.unwrap();
        let at_hand = at_hand(&config, Purpose::Read).unwrap();
        let refused = at_hand.execute_unprepared("INSERT INTO guarded VALUES (1)").await;
        assert!(refused.unwrap_err().to_string().contains("read"));
        for purpose in [Purpose::Read, Purpose::Audit] {
            let readers = connect(&config, purpose).await.unwrap();
            for sql in ["INSERT INTO guarded VALUES (1)", "DROP TABLE guarded"] {
                let refused = readers.execute_unprepared(sql).await.unwrap_err().to_string();
                assert!(refused.contains("read"), "{purpose:?} {sql}: {refused}");
            }
        }
        writers.execute_unprepared("DROP TABLE guarded").await.unwrap();
    }
}

async fn number(asked: &impl ConnectionTrait, sql: &str) -> Result<i64, DbErr> {
    let statement = Statement::from_string(asked.get_database_backend(), sql);
    asked.query_one_raw(statement).await?.unwrap().try_get_by_index(0)
}

#[tokio::test]
async fn what_was_given_up_has_ended_before_the_connection_is_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let long = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000) SELECT COUNT(*) FROM n";
    for config in configurations(folder.path()) {
        let config = StoreConfig { writer_connections: 1, ..config };
        let writers = at_hand(&config, Purpose::Write).unwrap();
        writers.execute_unprepared("CREATE TABLE IF NOT EXISTS given_up (n INT)").await.unwrap();
        let transaction = begin_writing(&writers).await.unwrap();
        transaction.execute_unprepared("INSERT INTO given_up VALUES (1)").await.unwrap();
        drop(transaction);
        assert_eq!(number(&writers, "SELECT COUNT(*) FROM given_up").await.unwrap(), 0);
        let given_up = tokio::time::timeout(Duration::from_millis(1), number(&writers, long));
        assert!(given_up.await.is_err());
        assert_eq!(number(&writers, "SELECT CAST(7 AS BIGINT)").await.unwrap(), 7);
        let transaction = begin_writing(&writers).await.unwrap();
        transaction.execute_unprepared("DROP TABLE given_up").await.unwrap();
        transaction.commit().await.unwrap();
        writers.close().await;
        let closed = number(&writers, "SELECT CAST(7 AS BIGINT)").await.unwrap_err();
        assert!(matches!(closed, DbErr::ConnectionAcquire(_)), "{closed}");
    }
}

#[tokio::test]
async fn a_line_that_broke_is_opened_anew() {
    let folder = tempfile::tempdir().unwrap();
    let [_, postgres] = configurations(folder.path());
    let readers = at_hand(&postgres, Purpose::Read).unwrap();
    let own = number(&readers, "SELECT pg_backend_pid()::bigint").await.unwrap();
    let others = at_hand(&postgres, Purpose::Write).unwrap();
    let end = format!("SELECT pg_terminate_backend({own})::int::bigint");
    assert_eq!(number(&others, &end).await.unwrap(), 1);
    // Whether the end is heard before the question or with it, the next one has another line.
    _ = number(&readers, "SELECT 1::bigint").await;
    assert_eq!(number(&readers, "SELECT 1::bigint").await.unwrap(), 1);
    assert_ne!(number(&readers, "SELECT pg_backend_pid()::bigint").await.unwrap(), own);
}

#[tokio::test]
async fn a_statement_of_an_auditor_that_takes_too_long_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n";
    for config in configurations(folder.path()) {
        connect(&config, Purpose::Write).await.unwrap();
        let auditors = connect(&config, Purpose::Audit).await.unwrap();
        for _ in 0..2 {
            let ended = auditors.execute_unprepared(endless).await.unwrap_err();
            assert!(matches!(StoreError::from(ended), StoreError::TooSlow));
            auditors.execute_unprepared("SELECT 1").await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_page_is_planned_no_more_once_its_plan_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let [_, postgres] = configurations(folder.path());
    let writers = at_hand(&postgres, Purpose::Write).unwrap();
    for sql in [
        "CREATE TABLE paged AS SELECT n FROM generate_series(1, 20000) n",
        "CREATE INDEX ON paged (n)",
        "ANALYZE paged",
    ] {
        writers.execute_unprepared(sql).await.unwrap();
    }
    let readers =
        at_hand(&StoreConfig { reader_connections: 1, ..postgres }, Purpose::Read).unwrap();
    for page in 0..10 {
        let sql = "SELECT n FROM paged WHERE n > $1 ORDER BY n LIMIT $2";
        let values = [(page * 51).into(), 51_u64.into()];
        let page = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
        assert_eq!(readers.query_all_raw(page).await.unwrap().len(), 51);
    }
    let plans =
        "SELECT generic_plans FROM pg_prepared_statements WHERE statement LIKE '%FROM paged%'";
    // The first five are made for their values.
    assert_eq!(number(&readers, plans).await.unwrap(), 5);
    writers.execute_unprepared("DROP TABLE paged").await.unwrap();
}
