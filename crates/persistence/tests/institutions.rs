//! Schools and banks: what hamlets count of them follows every change, whoever writes at once.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use registry_domain::access::{Principal, Scope, WritingPrincipal};
use registry_domain::fault::{Path, Rule};
use registry_domain::institution::{
    BankService, Feature, FeatureEnd, InstitutionChange, InstitutionClosure, InstitutionCode,
    InstitutionKind, InstitutionName, NewFeature, NewInstitution, SchoolCriterion,
};
use registry_domain::text::Label;
use registry_domain::time::Date;
use registry_domain::unit::{Level, UnitId};
use registry_persistence::{
    ChangeInstitutions, CloseInstitutions, EndFeatures, ReadRequest, RecordFeatures,
    RegisterInstitutions, Row, Store, StoreError, WriteError, WriteRequest,
};
use registry_testing::{Engine, TestDatabase, on_both_engines};

on_both_engines!(
    random_writes_leave_no_difference,
    criteria_recorded_at_once_are_counted_once,
    a_batch_with_all_criteria_makes_a_school_digital,
    a_row_given_twice_names_the_row_it_repeats,
);

fn administrator() -> WritingPrincipal {
    Principal::development().writer(Scope::Admin).unwrap()
}

fn day(offset: u16) -> Date {
    Date::from_ymd_opt(2023, 1, 1).unwrap() + chrono::Days::new(offset.into())
}

fn hamlets(store: &Store) -> Vec<UnitId> {
    let units = store.units();
    let hamlets = units.all().iter().filter(|unit| unit.level() == Level::Hamlet);
    hamlets.map(|unit| unit.id).take(3).collect()
}

fn row<T>(value: T) -> Vec<Row<T>> {
    vec![Row { at: Path::root(), value }]
}

fn code(number: u32) -> InstitutionCode {
    InstitutionCode::new(number).unwrap()
}

/// Four criteria, then services.
fn feature(which: usize) -> Feature {
    match SchoolCriterion::ALL.get(which) {
        Some(criterion) => Feature::Criterion(*criterion),
        None => Feature::Service(BankService::ALL[which - SchoolCriterion::ALL.len()]),
    }
}

fn new_feature(number: u32, which: usize, from: Date) -> NewFeature {
    let evidence = Some(Label::parse("QĐ 12").unwrap());
    NewFeature { code: code(number), feature: feature(which), from, evidence }
}

#[derive(Debug, Clone)]
enum Act {
    Register { kind: InstitutionKind, name: u8, hamlet: usize, on: u16 },
    Move { number: u32, on: u16, hamlet: usize },
    Close { number: u32, on: u16 },
    Begin { number: u32, which: usize, on: u16 },
    End { number: u32, which: usize, on: u16 },
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let kinds = [
        InstitutionKind::Preschool,
        InstitutionKind::PrimarySchool,
        InstitutionKind::University,
        InstitutionKind::Bank,
    ];
    let (number, on) = (1u32..16, 0u16..1200);
    let register = (prop::sample::select(kinds.to_vec()), 0u8..9, 0usize..3, 0u16..400)
        .prop_map(|(kind, name, hamlet, on)| Act::Register { kind, name, hamlet, on });
    let moved = (number.clone(), on.clone(), 0usize..3)
        .prop_map(|(number, on, hamlet)| Act::Move { number, on, hamlet });
    let closed = (number.clone(), on.clone()).prop_map(|(number, on)| Act::Close { number, on });
    let begun = (number.clone(), 0usize..6, on.clone())
        .prop_map(|(number, which, on)| Act::Begin { number, which, on });
    let ended =
        (number, 0usize..6, on).prop_map(|(number, which, on)| Act::End { number, which, on });
    let any = prop_oneof![4 => register, 2 => moved, 1 => closed, 16 => begun, 4 => ended];
    prop::collection::vec(any, 80..120)
}

async fn version(store: &Store, number: u32) -> u32 {
    let reader = store.read(&Principal::development(), ReadRequest::default());
    let found = reader.institutions(&[code(number)]).await.unwrap();
    found.first().map_or(1, |institution| institution.version)
}

/// Carries out one act; refusals are part of the game.
async fn perform(store: &Store, hamlets: &[UnitId], act: &Act) -> Result<(), WriteError> {
    let (request, by) = (WriteRequest::default(), administrator());
    match *act {
        Act::Register { kind, name, hamlet, on } => {
            let name = InstitutionName::parse(&format!("Trường {name}")).unwrap();
            let hamlet = hamlets[hamlet];
            let new = NewInstitution { kind, name, hamlet, opened_on: day(on) };
            store.write(&by, RegisterInstitutions(row(new)), request).await.map(drop)
        }
        Act::Move { number, on, hamlet } => {
            let change = InstitutionChange {
                code: code(number),
                version: version(store, number).await,
                effective_on: day(on),
                name: None,
                hamlet: Some(hamlets[hamlet]),
            };
            store.write(&by, ChangeInstitutions(row(change)), request).await.map(drop)
        }
        Act::Close { number, on } => {
            let version = version(store, number).await;
            let closure = InstitutionClosure { code: code(number), version, closed_on: day(on) };
            store.write(&by, CloseInstitutions(row(closure)), request).await.map(drop)
        }
        Act::Begin { number, which, on } => {
            let new = new_feature(number, which, day(on));
            store.write(&by, RecordFeatures(row(new)), request).await.map(drop)
        }
        Act::End { number, which, on } => {
            let end = FeatureEnd {
                code: code(number),
                feature: feature(which),
                until: day(on),
                reason: Label::parse("hết hạn").unwrap(),
            };
            store.write(&by, EndFeatures(row(end)), request).await.map(drop)
        }
    }
}

async fn random_writes_leave_no_difference(engine: Engine) {
    let database = TestDatabase::create(engine).await;
    let store = database.open().await;
    let hamlets = hamlets(&store);
    let mut runner = TestRunner::new(Config::default());
    let mut accepted = 0;
    for _ in 0..4 {
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

async fn register(store: &Store, kind: InstitutionKind) {
    let act = Act::Register { kind, name: 1, hamlet: 0, on: 0 };
    perform(store, &hamlets(store), &act).await.unwrap();
}

async fn criteria_recorded_at_once_are_counted_once(engine: Engine) {
    let database = TestDatabase::create(engine).await;
    let store = database.open().await;
    register(&store, InstitutionKind::PrimarySchool).await;
    let hamlets = hamlets(&store);
    let acts: Vec<Act> =
        [0, 1, 2, 3, 2].into_iter().map(|which| Act::Begin { number: 1, which, on: 40 }).collect();
    let done = join_all(acts.iter().map(|act| perform(&store, &hamlets, act))).await;
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

async fn a_batch_with_all_criteria_makes_a_school_digital(engine: Engine) {
    let database = TestDatabase::create(engine).await;
    let store = database.open().await;
    register(&store, InstitutionKind::PrimarySchool).await;
    let rows = (0..4).map(|which| Row {
        at: Path::root().index(which),
        value: new_feature(1, which, day(30 + u16::try_from(which).unwrap())),
    });
    let command = RecordFeatures(rows.collect());
    let written = store.write(&administrator(), command, WriteRequest::default()).await.unwrap();
    assert_eq!(written.outcome, [1, 1, 1, 1]);
    assert_eq!(store.check_rollups().await.unwrap(), []);
    let reader = store.read(&Principal::development(), ReadRequest::default());
    let features = reader.institution_features(&[code(1)]).await.unwrap();
    assert!(registry_domain::institution::is_digital(&features[&code(1)], day(33)));
    assert!(!registry_domain::institution::is_digital(&features[&code(1)], day(32)));
}

/// For each refused row that repeats another, its place and that of the row it repeats.
fn repeated<T: std::fmt::Debug>(told: Result<T, WriteError>) -> Vec<(String, usize)> {
    let Err(WriteError::Refused(faults)) = told else { panic!("{told:?}") };
    let repeated = faults.as_slice().iter().map(|fault| match fault.rule {
        Rule::DuplicateInBatch { first } => (fault.path.to_string(), first),
        ref other => panic!("{other:?}"),
    });
    repeated.collect()
}

/// Rows about one institution twice, then about another one twice.
fn twice_each<T>(value: impl Fn(u32) -> T) -> Vec<Row<T>> {
    let rows = [1, 1, 2, 2].into_iter().enumerate();
    rows.map(|(at, number)| Row { at: Path::root().index(at), value: value(number) }).collect()
}

async fn a_row_given_twice_names_the_row_it_repeats(engine: Engine) {
    let database = TestDatabase::create(engine).await;
    let store = database.open().await;
    let hamlets = hamlets(&store);
    for name in [1, 2] {
        let kind = InstitutionKind::PrimarySchool;
        let act = Act::Register { kind, name, hamlet: 0, on: 0 };
        perform(&store, &hamlets, &act).await.unwrap();
    }
    let (request, by) = (WriteRequest::default(), administrator());
    let expected = |field: &str| vec![(format!("[1].{field}"), 0), (format!("[3].{field}"), 2)];

    let change = |number: u32| InstitutionChange {
        code: code(number),
        version: 1,
        effective_on: day(40),
        name: None,
        hamlet: Some(hamlets[1]),
    };
    let told = store.write(&by, ChangeInstitutions(twice_each(change)), request.clone()).await;
    assert_eq!(repeated(told), expected("institution"));
    let closure =
        |number: u32| InstitutionClosure { code: code(number), version: 1, closed_on: day(40) };
    let told = store.write(&by, CloseInstitutions(twice_each(closure)), request.clone()).await;
    assert_eq!(repeated(told), expected("institution"));

    let new = |number: u32| new_feature(number, 0, day(40));
    let told = store.write(&by, RecordFeatures(twice_each(new)), request.clone()).await;
    assert_eq!(repeated(told), expected("criterion"));
    for number in [1, 2] {
        perform(&store, &hamlets, &Act::Begin { number, which: 0, on: 40 }).await.unwrap();
    }
    let end = |number: u32| FeatureEnd {
        code: code(number),
        feature: feature(0),
        until: day(50),
        reason: Label::parse("hết hạn").unwrap(),
    };
    let told = store.write(&by, EndFeatures(twice_each(end)), request).await;
    assert_eq!(repeated(told), expected("criterion"));
}
