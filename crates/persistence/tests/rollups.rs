//! The rollups stay exact whatever is written, and the check notices when they are not.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::time::Duration;

use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use registry_domain::access::{Principal, Scope, WritingPrincipal};
use registry_domain::connectivity::{
    Adoption, FixedLine, FixedProvider, FixedTechnology, NewSurvey,
};
use registry_domain::fault::{Path, RuleCode};
use registry_domain::household::{
    Closure, Composition, HouseholdChange, HouseholdClosure, HouseholdNumber, NewHousehold,
};
use registry_domain::indicator::{Audience, IndicatorCode, Totals};
use registry_domain::personal::Head;
use registry_domain::rollup::Measures;
use registry_domain::time::{Date, Instant, YearMonth};
use registry_domain::unit::{Level, UnitId};
use registry_persistence::{
    ChangeHouseholds, CloseHouseholds, HouseholdExtent, ReadRequest, RecordConnectivity,
    RegisterHouseholds, Row, Store, StoreError, WriteError, WriteRequest,
};
use registry_testing::{Engine, TestDatabase, on_both_engines};
use sea_orm::ConnectionTrait as _;

on_both_engines!(
    random_writes_leave_no_difference,
    figures_of_a_past_moment_are_those_that_were_told_then,
    a_tampered_rollup_is_named,
    figures_are_seen_at_once
);

fn officer() -> WritingPrincipal {
    Principal::development().writer(Scope::HouseholdsWrite).unwrap()
}

fn date(offset: u16) -> Date {
    Date::from_ymd_opt(2023, 1, 1).unwrap() + chrono::Days::new(offset.into())
}

fn row<T>(value: T) -> Vec<Row<T>> {
    vec![Row { at: Path::root(), value }]
}

fn hamlets(store: &Store) -> Vec<UnitId> {
    let units = store.units();
    let hamlets = units.all().iter().filter(|unit| unit.level() == Level::Hamlet);
    hamlets.map(|unit| unit.id).take(3).collect()
}

fn new_household(hamlet: UnitId, adults: i32) -> NewHousehold {
    NewHousehold {
        hamlet,
        composition: Composition::parse(adults + 1, adults, adults, &Path::root()).unwrap(),
        head: Head::parse("Lê Thị Mận", None, None, &Path::root()).unwrap(),
        registered_on: date(0),
    }
}

fn survey(number: u32, on: Date, smartphones: i32, fibre: bool) -> NewSurvey {
    let line = FixedLine { technology: FixedTechnology::Fibre, provider: FixedProvider::Vnpt };
    NewSurvey {
        household: HouseholdNumber::new(number).unwrap().code(),
        surveyed_on: on,
        fixed: fibre.then_some(line),
        mobile: None,
        adoption: Adoption { smartphone: smartphones, ..Adoption::default() },
    }
}

#[derive(Debug, Clone)]
enum Act {
    Register { hamlet: usize, adults: i32 },
    Survey { household: u32, on: u16, smartphones: i32, fibre: bool },
    Move { household: u32, on: u16, hamlet: usize },
    Close { household: u32, on: u16 },
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let register =
        (0usize..3, 0i32..6).prop_map(|(hamlet, adults)| Act::Register { hamlet, adults });
    let survey = (1u32..12, 0u16..1000, 0i32..4, any::<bool>()).prop_map(
        |(household, on, smartphones, fibre)| Act::Survey { household, on, smartphones, fibre },
    );
    let moved = (1u32..12, 0u16..1000, 0usize..3).prop_map(|(household, on, hamlet)| Act::Move {
        household,
        on,
        hamlet,
    });
    let closed = (1u32..12, 0u16..1000).prop_map(|(household, on)| Act::Close { household, on });
    prop::collection::vec(prop_oneof![2 => register, 6 => survey, 2 => moved, 1 => closed], 40..80)
}

/// Carries out one act; refusals are part of the game.
async fn perform(store: &Store, hamlets: &[UnitId], act: &Act) -> Result<(), WriteError> {
    let request = WriteRequest::default();
    let code = |number| HouseholdNumber::new(number).unwrap().code();
    let version = async |number| {
        let reader = store.read(&Principal::development(), ReadRequest::default());
        let number = HouseholdNumber::new(number).unwrap();
        let found = reader.households(&[number], HouseholdExtent::State, None).await.unwrap();
        found.first().and_then(|household| household.state).map_or(1, |state| state.version)
    };
    match *act {
        Act::Register { hamlet, adults } => {
            let command = RegisterHouseholds(row(new_household(hamlets[hamlet], adults)));
            store.write(&officer(), command, request).await.map(drop)
        }
        Act::Survey { household, on, smartphones, fibre } => {
            let command = RecordConnectivity(row(survey(household, date(on), smartphones, fibre)));
            store.write(&officer(), command, request).await.map(drop)
        }
        Act::Move { household, on, hamlet } => {
            let change = HouseholdChange {
                code: code(household),
                version: version(household).await,
                effective_on: date(on),
                hamlet: Some(hamlets[hamlet]),
                composition: None,
                head: None,
            };
            store.write(&officer(), ChangeHouseholds(row(change)), request).await.map(drop)
        }
        Act::Close { household, on } => {
            let closure = HouseholdClosure {
                code: code(household),
                version: version(household).await,
                reason: Closure::MovedAway,
                closed_on: date(on),
            };
            store.write(&officer(), CloseHouseholds(row(closure)), request).await.map(drop)
        }
    }
}

async fn random_writes_leave_no_difference(engine: Engine) {
    let database = TestDatabase::create(engine).await;
    let store = database.open().await;
    let hamlets = hamlets(&store);
    let mut runner = TestRunner::new(Config::default());
    let mut accepted = 0;
    for _ in 0..3 {
        for act in acts().new_tree(&mut runner).unwrap().current() {
            match perform(&store, &hamlets, &act).await {
                Ok(()) => accepted += 1,
                Err(WriteError::Refused(faults)) => assert!(!faults.is_empty()),
                Err(WriteError::Store(error)) => panic!("{act:?}: {error:?}"),
            }
        }
        assert_eq!(store.check_rollups().await.unwrap(), []);
    }
    assert!(accepted > 30, "only {accepted} acts were accepted");
}

/// The measures of hamlets at the end of every month, as known at a moment or now.
async fn told(store: &Store, hamlets: &[UnitId], as_of: Option<Instant>) -> Vec<Measures> {
    let reader = store.read(&Principal::development(), ReadRequest::default());
    let cube = match as_of {
        None => reader.figures().await.unwrap().rollups,
        Some(moment) => reader.rollups_at(moment).await.unwrap(),
    };
    let months = (0..48).map(|month| YearMonth::from_index(2023 * 12 + month));
    let at = |month| hamlets.iter().map(move |hamlet| (*hamlet, month));
    let places = months.flat_map(at);
    places.map(|(hamlet, month)| cube.at(hamlet, month).measures).collect()
}

async fn figures_of_a_past_moment_are_those_that_were_told_then(engine: Engine) {
    let database = TestDatabase::create(engine).await;
    let (store, other) = (database.open().await, database.open().await);
    let hamlets = hamlets(&store);
    let mut runner = TestRunner::new(Config::default());
    let mut moments = Vec::new();
    for _ in 0..3 {
        let moment = store.now();
        // Asked before the moment is over: what is written at it later is seen all the same.
        assert_eq!(told(&store, &hamlets, Some(moment)).await, told(&store, &hamlets, None).await);
        // Acts that nobody chose may come to nothing; this one changes what is told.
        perform(&store, &hamlets, &Act::Register { hamlet: 0, adults: 1 }).await.unwrap();
        for act in acts().new_tree(&mut runner).unwrap().current() {
            _ = perform(&store, &hamlets, &act).await;
        }
        let now = told(&store, &hamlets, None).await;
        assert_eq!(told(&store, &hamlets, Some(moment)).await, now, "as of now");
        moments.push((moment, now));
        database.clock.set(moment + TimeDelta::hours(1));
    }
    for (moment, then) in &moments {
        for store in [&store, &other] {
            assert_eq!(told(store, &hamlets, Some(*moment)).await, *then, "{moment}");
        }
        let just_before = told(&store, &hamlets, Some(*moment - TimeDelta::microseconds(1))).await;
        assert_ne!(just_before, *then, "{moment}");
    }
    let anonymous = store.read(&Principal::anonymous(), ReadRequest::default());
    let refused = anonymous.rollups_at(store.now()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Denied(_)), "{refused:?}");
}

async fn a_tampered_rollup_is_named(engine: Engine) {
    let database = TestDatabase::create(engine).await;
    let store = database.open().await;
    let register = Act::Register { hamlet: 0, adults: 3 };
    let survey = Act::Survey { household: 1, on: 40, smartphones: 2, fibre: true };
    for act in [register, survey] {
        perform(&store, &hamlets(&store), &act).await.unwrap();
    }
    let raw = database.beside().await;
    raw.execute_unprepared("UPDATE rollup SET adults_with_smartphone = 5").await.unwrap();
    let found = store.check_rollups().await.unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].kept, found[0].recomputed), (5, 2));
    assert_eq!(found[0].month.to_string(), "2023-02");
    assert_eq!(found[0].measure, "adults_with_smartphone");
}

async fn figures_are_seen_at_once(engine: Engine) {
    let database = TestDatabase::create(engine).await;
    let store = database.open().await;
    let other = database.open().await;
    let hamlets = hamlets(&store);
    perform(&store, &hamlets, &Act::Register { hamlet: 0, adults: 3 }).await.unwrap();
    for (place, on) in [40, 80, 120].into_iter().enumerate() {
        let smartphones = i32::try_from(place).unwrap();
        let act = Act::Survey { household: 1, on, smartphones, fibre: true };
        perform(&store, &hamlets, &act).await.unwrap();
        for store in [&store, &other] {
            let reader = store.read(&Principal::anonymous(), ReadRequest::default());
            let cube = reader.figures().await.unwrap().rollups;
            let portions = store.units().portions(hamlets[0], date(on));
            let month = YearMonth::of(date(on));
            let totals = Totals::add_up(&cube, &portions, month, Audience::Trusted);
            let figure = totals.figure(IndicatorCode::AdultSmartphone).unwrap();
            assert_eq!((figure.numerator, figure.denominator), (smartphones.into(), 3));
        }
    }
}

#[tokio::test]
async fn a_survey_of_an_unknown_household_is_refused_with_its_place() {
    let database = TestDatabase::create(Engine::Sqlite).await;
    let store = database.open().await;
    let at = Path::root().field("surveys").index(3);
    let command = RecordConnectivity(vec![Row { at, value: survey(9, date(0), 0, false) }]);
    let refused = store.write(&officer(), command, WriteRequest::default()).await;
    let Err(WriteError::Refused(faults)) = refused else { panic!("not refused") };
    assert_eq!(faults.as_slice()[0].path.to_string(), "surveys[3].household");
    assert_eq!(faults.as_slice()[0].rule.code(), RuleCode::UnknownHousehold);
}

#[tokio::test]
async fn a_closed_store_lets_go_of_its_file() {
    let database = TestDatabase::create(Engine::Sqlite).await;
    let store = database.open().await;
    tokio::time::timeout(Duration::from_secs(20), store.close()).await.unwrap();
    assert!(!database.folder.path().join("registry.sqlite-wal").exists());
}
