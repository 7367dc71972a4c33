//! Coverage: hamlets count as covered exactly while any record reaches them, whoever writes at once.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use registry_domain::access::{Principal, Scope, WritingPrincipal};
use registry_domain::connectivity::MobileGeneration;
use registry_domain::coverage::{CoverageEnd, CoverageKey, MobileOperator, Network, NewCoverage};
use registry_domain::fault::Path;
use registry_domain::text::Label;
use registry_domain::time::Date;
use registry_domain::unit::UnitId;
use registry_persistence::{
    EndCoverage, RecordCoverage, Row, Store, StoreError, WriteError, WriteRequest,
};
use registry_testing::{Engine, TestDatabase, on_both_engines};
use sea_orm::ConnectionTrait as _;

on_both_engines!(
    random_records_leave_no_difference,
    records_made_at_once_are_counted_once,
    a_tampered_tally_is_named,
);

fn administrator() -> WritingPrincipal {
    Principal::development().writer(Scope::Admin).unwrap()
}

fn day(offset: u16) -> Date {
    Date::from_ymd_opt(2024, 1, 1).unwrap() + chrono::Days::new(offset.into())
}

/// Two communes of before 2025-07-01 and the one they became.
fn communes(store: &Store) -> Vec<UnitId> {
    let units = store.units();
    let [before, after] = [day(0), day(700)];
    let known = [("31441", before), ("31444", before), ("31441", after)];
    known.map(|(code, on)| units.resolve(code.parse().unwrap(), on).unwrap().id).to_vec()
}

fn network(operator: usize) -> Network {
    Network { operator: MobileOperator::ALL[operator], generation: MobileGeneration::G4 }
}

fn row<T>(value: T) -> Vec<Row<T>> {
    vec![Row { at: Path::root(), value }]
}

#[derive(Debug, Clone)]
enum Act {
    Record { commune: usize, operator: usize, from: u16, length: Option<u16> },
    End { commune: usize, operator: usize, until: u16 },
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let record = (0usize..3, 0usize..3, 0u16..1000, prop::option::of(1u16..300)).prop_map(
        |(commune, operator, from, length)| Act::Record { commune, operator, from, length },
    );
    let end = (0usize..3, 0usize..3, 0u16..1000).prop_map(|(commune, operator, until)| Act::End {
        commune,
        operator,
        until,
    });
    prop::collection::vec(prop_oneof![3 => record, 1 => end], 30..60)
}

async fn perform(store: &Store, communes: &[UnitId], act: &Act) -> Result<(), WriteError> {
    let request = WriteRequest::default();
    match *act {
        Act::Record { commune, operator, from, length } => {
            let key = CoverageKey {
                commune: communes[commune],
                network: network(operator),
                from: day(from),
            };
            let until = length.map(|length| day(from + length));
            let command = RecordCoverage(row(NewCoverage { key, until }));
            store.write(&administrator(), command, request).await.map(drop)
        }
        Act::End { commune, operator, until } => {
            let end = CoverageEnd {
                commune: communes[commune],
                network: network(operator),
                until: day(until),
                reason: Label::parse("tháo dỡ trạm").unwrap(),
            };
            store.write(&administrator(), EndCoverage(row(end)), request).await.map(drop)
        }
    }
}

async fn random_records_leave_no_difference(engine: Engine) {
    let database = TestDatabase::create(engine).await;
    let store = database.open().await;
    let communes = communes(&store);
    let mut runner = TestRunner::new(Config::default());
    let mut accepted = 0;
    for _ in 0..3 {
        for act in acts().new_tree(&mut runner).unwrap().current() {
            match perform(&store, &communes, &act).await {
                Ok(()) => accepted += 1,
                Err(WriteError::Refused(faults)) => assert!(!faults.is_empty()),
                Err(WriteError::Store(error)) => panic!("{act:?}: {error:?}"),
            }
        }
        assert_eq!(store.check_rollups().await.unwrap(), []);
    }
    assert!(accepted > 8, "only {accepted} acts were accepted");
}

async fn records_made_at_once_are_counted_once(engine: Engine) {
    let database = TestDatabase::create(engine).await;
    let store = database.open().await;
    let communes = communes(&store);
    let record = |operator, commune| Act::Record { commune, operator, from: 600, length: None };
    let acts: Vec<Act> =
        (0..5).flat_map(|operator| [2, 0, 2].map(|commune| record(operator, commune))).collect();
    let done = join_all(acts.iter().map(|act| perform(&store, &communes, act))).await;
    for told in done {
        // Who comes too late is refused, or told to try again.
        let fine = matches!(
            told,
            Ok(()) | Err(WriteError::Refused(_) | WriteError::Store(StoreError::Contention))
        );
        assert!(fine, "{told:?}");
    }
    assert_eq!(store.check_rollups().await.unwrap(), []);
}

async fn a_tampered_tally_is_named(engine: Engine) {
    let database = TestDatabase::create(engine).await;
    let store = database.open().await;
    let act = Act::Record { commune: 0, operator: 0, from: 40, length: None };
    perform(&store, &communes(&store), &act).await.unwrap();
    let raw = database.beside().await;
    raw.execute_unprepared("UPDATE tally_rollup SET change = 2").await.unwrap();
    let found = store.check_rollups().await.unwrap();
    assert_eq!(found.len(), 7, "one for each hamlet: {found:?}");
    assert_eq!((found[0].kept, found[0].recomputed), (2, 1));
    assert_eq!(
        (found[0].month.to_string().as_str(), found[0].measure.as_str()),
        ("2024-02", "COVERED")
    );
}
