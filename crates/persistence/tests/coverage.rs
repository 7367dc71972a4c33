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
use registry_domain::unit::{Founded, Place, Reorganisation, Title, UnitId};
use registry_persistence::{
    EndCoverage, RecordCoverage, ReorganiseUnits, Row, Store, StoreError, WriteError, WriteRequest,
};
use registry_testing::{Engine, TestDatabase, on_both_engines};
use sea_orm::{ConnectionTrait as _, Statement};

on_both_engines!(
    random_records_leave_no_difference,
    records_made_at_once_are_counted_once,
    hamlets_founded_in_a_covered_commune_are_covered,
    another_instance_counts_by_the_units_there_are,
    records_and_foundings_at_once_leave_no_difference,
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
    Record {
        commune: usize,
        operator: usize,
        from: u16,
        length: Option<u16>,
    },
    End {
        commune: usize,
        operator: usize,
        until: u16,
    },
    /// Founds a hamlet in the commune of today.
    Found {
        number: u16,
    },
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
    let found = (100u16..999).prop_map(|number| Act::Found { number });
    prop::collection::vec(prop_oneof![6 => record, 2 => end, 1 => found], 30..60)
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
        Act::Found { number } => {
            let hamlet = Founded {
                code: format!("31441{number}").parse().unwrap(),
                title: Title::Hamlet,
                name: Label::parse("Ấp mới").unwrap(),
                parent: Place::Known(communes[2]),
            };
            let act = Reorganisation {
                legal_act: Label::parse("99/NQ-UBTVQH16").unwrap(),
                effective_on: Date::from_ymd_opt(2027, 1, 1).unwrap(),
                founded: vec![hamlet],
                transfers: Vec::new(),
            };
            store.write(&administrator(), ReorganiseUnits(act), request).await.map(drop)
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

/// The sum of all that is kept.
async fn kept(database: &TestDatabase) -> i64 {
    let raw = database.beside().await;
    let sum = Statement::from_string(
        raw.get_database_backend(),
        "SELECT CAST(SUM(change) AS BIGINT) AS kept FROM tally_rollup",
    );
    raw.query_one_raw(sum).await.unwrap().unwrap().try_get("", "kept").unwrap()
}

async fn hamlets_founded_in_a_covered_commune_are_covered(engine: Engine) {
    let database = TestDatabase::create(engine).await;
    let store = database.open().await;
    let communes = communes(&store);
    let record = |operator, from, length| Act::Record { commune: 2, operator, from, length };
    perform(&store, &communes, &record(0, 600, None)).await.unwrap();
    perform(&store, &communes, &record(1, 600, Some(60))).await.unwrap();
    let before = kept(&database).await;
    perform(&store, &communes, &Act::Found { number: 900 }).await.unwrap();
    assert_eq!(kept(&database).await, before + 1);
    assert_eq!(store.check_rollups().await.unwrap(), []);

    // A record that ends before the first day does not reach it.
    let end = Act::End { commune: 2, operator: 0, until: 900 };
    perform(&store, &communes, &end).await.unwrap();
    assert_eq!(kept(&database).await, 0);
    perform(&store, &communes, &Act::Found { number: 901 }).await.unwrap();
    assert_eq!(kept(&database).await, 0);
    assert_eq!(store.check_rollups().await.unwrap(), []);
}

async fn another_instance_counts_by_the_units_there_are(engine: Engine) {
    let database = TestDatabase::create(engine).await;
    let (store, other) = (database.open().await, database.open().await);
    let communes = communes(&store);
    perform(&store, &communes, &Act::Found { number: 900 }).await.unwrap();
    // It may not have heard of the hamlet yet.
    let record = Act::Record { commune: 2, operator: 0, from: 600, length: None };
    perform(&other, &communes, &record).await.unwrap();
    assert_eq!(store.check_rollups().await.unwrap(), []);
    assert_eq!(other.check_rollups().await.unwrap(), []);
}

async fn records_and_foundings_at_once_leave_no_difference(engine: Engine) {
    let database = TestDatabase::create(engine).await;
    let store = database.open().await;
    let communes = communes(&store);
    let record = |operator| Act::Record { commune: 2, operator, from: 600, length: None };
    let found = |number| Act::Found { number };
    let acts: Vec<Act> =
        (0..5usize).zip(900u16..).flat_map(|(at, number)| [record(at), found(number)]).collect();
    let done = join_all(acts.iter().map(|act| perform(&store, &communes, act))).await;
    for told in done {
        assert!(
            matches!(told, Ok(()) | Err(WriteError::Store(StoreError::Contention))),
            "{told:?}"
        );
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
