//! Whoever asks for a write and hangs up: the write goes on to its end, and its connection is left
//! as clean as ever.
#![allow(clippy::unwrap_used)]

use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt as _;
use registry_domain::access::{Principal, Scope, WritingPrincipal};
use registry_domain::connectivity::MobileGeneration;
use registry_domain::coverage::{CoverageKey, MobileOperator, Network, NewCoverage};
use registry_domain::fault::Path;
use registry_domain::time::Date;
use registry_domain::unit::UnitId;
use registry_persistence::{RecordCoverage, Row, WriteRequest};
use registry_testing::{Engine, TestDatabase, on_both_engines};
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};
use tokio::time::timeout;

on_both_engines!(a_write_goes_on_though_nobody_waits);

/// Writes that are given up, each after another number of steps.
const WRITES: u16 = 60;

/// Far longer than it takes until they are done.
const PATIENCE: Duration = Duration::from_mins(1);

fn administrator() -> WritingPrincipal {
    Principal::development().writer(Scope::Admin).unwrap()
}

/// Ten days of coverage, apart from all others.
fn record(commune: UnitId, number: u16) -> RecordCoverage {
    let day = |offset: u16| {
        Date::from_ymd_opt(2022, 1, 1).unwrap() + chrono::Days::new((20 * number + offset).into())
    };
    let network = Network { operator: MobileOperator::ALL[0], generation: MobileGeneration::G4 };
    let key = CoverageKey { commune, network, from: day(0) };
    let value = NewCoverage { key, until: Some(day(10)) };
    RecordCoverage(vec![Row { at: Path::root(), value }])
}

async fn number(beside: &DatabaseConnection, sql: &str) -> i64 {
    let statement = Statement::from_string(beside.get_database_backend(), sql);
    beside.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

async fn a_write_goes_on_though_nobody_waits(engine: Engine) {
    const NOTED: &str = "SELECT COUNT(*) FROM audit_event WHERE action = 'coverage.record'";
    /// Transactions that nobody is at.
    const LEFT_OPEN: &str = "SELECT COUNT(*) FROM pg_stat_activity \
        WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    let database = TestDatabase::create(engine).await;
    let (store, beside) = (database.open().await, database.beside().await);
    let today = store.today();
    let commune = store.units().resolve("31441".parse().unwrap(), today).unwrap().id;
    let principal = administrator();
    for write in 0..WRITES {
        let request = WriteRequest::default();
        let mut writing = pin!(store.write(&principal, record(commune, write), request));
        for _ in 0..=write {
            if writing.as_mut().now_or_never().is_some() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    let all_done = async { while number(&beside, NOTED).await < WRITES.into() {} };
    timeout(PATIENCE, all_done).await.unwrap();
    if engine == Engine::Postgres {
        store.check_rollups().await.unwrap();
        assert_eq!(number(&beside, LEFT_OPEN).await, 0);
    }
}
