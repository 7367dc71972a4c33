//! The tallies of teams, their help and training stay exact whatever is written, and the check notices
//! when they are not.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use registry_domain::access::{Principal, Scope, WritingPrincipal};
use registry_domain::community::{
    AttendeeCount, Cancellation, Entry, HelpCount, HelpKind, MemberCount, NewActivity, NewTeam,
    NewTraining, TeamChange, TeamCode, TeamDissolution, TrainingAudience, TrainingCancellation,
    TrainingCode, TrainingTopic,
};
use registry_domain::fault::Path;
use registry_domain::tally::Tally;
use registry_domain::time::{Date, YearMonth};
use registry_domain::unit::{Level, UnitId};
use registry_persistence::{
    CancelTrainings, ChangeTeams, Command, DissolveTeams, ReadRequest, RecordActivity,
    RecordTrainings, RegisterTeams, Row, Store, WriteError, WriteRequest,
};
use registry_testing::{Engine, TestDatabase, on_both_engines};
use sea_orm::ConnectionTrait as _;

on_both_engines!(
    random_writes_leave_no_difference,
    tampered_tallies_are_named,
    two_officers_can_not_register_the_same_team,
    many_rows_are_written_at_once,
    the_newest_hundred_states_of_each_team_are_told,
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

/// Two hamlets of one commune, and that commune as it was in 2023.
fn units(store: &Store) -> [UnitId; 3] {
    let units = store.units();
    let tree = units.tree(date(0));
    let commune = units
        .all()
        .iter()
        .find(|unit| unit.level() == Level::Commune && tree.children(unit.id).len() > 1);
    let commune = commune.unwrap().id;
    let hamlets = tree.children(commune);
    [hamlets[0], hamlets[1], commune]
}

#[derive(Debug, Clone)]
enum Act {
    Register { unit: usize, on: u16 },
    Change { team: u32, on: u16, members: i32 },
    Dissolve { team: u32, on: u16 },
    Help { team: u32, hamlet: Option<usize>, month: i32, kind: usize, people: i32, entry: Entry },
    Train { hamlet: usize, on: u16, topic: usize, attendees: i32 },
    Cancel { session: u32 },
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let register = (0usize..3, 0u16..900).prop_map(|(unit, on)| Act::Register { unit, on });
    let change = (1u32..8, 0u16..1_000, 1i32..9).prop_map(|(team, on, members)| Act::Change {
        team,
        on,
        members,
    });
    let dissolve = (1u32..8, 0u16..1_000).prop_map(|(team, on)| Act::Dissolve { team, on });
    let entry = prop_oneof![Just(Entry::First), Just(Entry::Replacement)];
    let help = (1u32..8, prop::option::of(0usize..2), 0i32..30, 0usize..2, 0i32..50, entry);
    let help = help.prop_map(|(team, hamlet, month, kind, people, entry)| Act::Help {
        team,
        hamlet,
        month,
        kind,
        people,
        entry,
    });
    let train = (0usize..2, 0u16..90, 0usize..2, 1i32..60)
        .prop_map(|(hamlet, on, topic, attendees)| Act::Train { hamlet, on, topic, attendees });
    let cancel = (1u32..20).prop_map(|session| Act::Cancel { session });
    let act = prop_oneof![
        2 => register, 1 => change, 1 => dissolve, 8 => help, 4 => train, 2 => cancel
    ];
    prop::collection::vec(act, 60..100)
}

async fn write<C: Command>(store: &Store, command: C) -> Result<(), WriteError> {
    store.write(&officer(), command, WriteRequest::default()).await.map(drop)
}

/// Carries out one act; refusals are part of the game.
async fn perform(store: &Store, units: &[UnitId; 3], act: &Act) -> Result<(), WriteError> {
    let reader = store.read(&Principal::development(), ReadRequest::default());
    let version = async |team: u32| {
        let found = reader.teams(&[TeamCode::new(team).unwrap()]).await.unwrap();
        found.first().map_or(1, |team| team.version)
    };
    match *act {
        Act::Register { unit, on } => {
            let members = MemberCount::parse(5).unwrap();
            let new = NewTeam { unit: units[unit], members, founded_on: date(on) };
            write(store, RegisterTeams(row(new))).await
        }
        Act::Change { team, on, members } => {
            let (version, team) = (version(team).await, TeamCode::new(team).unwrap());
            let members = MemberCount::parse(members).unwrap();
            let change = TeamChange { team, version, effective_on: date(on), members };
            write(store, ChangeTeams(row(change))).await
        }
        Act::Dissolve { team, on } => {
            let (version, team) = (version(team).await, TeamCode::new(team).unwrap());
            let end = TeamDissolution { team, version, dissolved_on: date(on) };
            write(store, DissolveTeams(row(end))).await
        }
        Act::Help { team, hamlet, month, kind, people, entry } => {
            let new = NewActivity {
                team: TeamCode::new(team).unwrap(),
                hamlet: hamlet.map(|hamlet| units[hamlet]),
                month: YearMonth::from_index(2023 * 12 + month),
                kind: HelpKind::ALL[kind],
                people: HelpCount::parse(people).unwrap(),
                entry,
            };
            write(store, RecordActivity(row(new))).await
        }
        Act::Train { hamlet, on, topic, attendees } => {
            write(store, RecordTrainings(row(training(units[hamlet], on, topic, attendees)))).await
        }
        Act::Cancel { session } => {
            let session = TrainingCode::new(session).unwrap();
            let reason = Cancellation::parse("ghi nhầm").unwrap();
            let cancellation = TrainingCancellation { session, version: 1, reason };
            write(store, CancelTrainings(row(cancellation))).await
        }
    }
}

fn training(hamlet: UnitId, on: u16, topic: usize, attendees: i32) -> NewTraining {
    NewTraining {
        held_on: date(on),
        hamlet,
        topic: TrainingTopic::ALL[topic],
        audience: TrainingAudience::Residents,
        attendees: AttendeeCount::parse(attendees).unwrap(),
        title: None,
    }
}

async fn random_writes_leave_no_difference(engine: Engine) {
    let database = TestDatabase::create(engine).await;
    let store = database.open().await;
    let units = units(&store);
    let mut runner = TestRunner::new(Config::default());
    let mut accepted = 0;
    for _ in 0..4 {
        for act in acts().new_tree(&mut runner).unwrap().current() {
            match perform(&store, &units, &act).await {
                Ok(()) => accepted += 1,
                Err(WriteError::Refused(faults)) => assert!(!faults.is_empty()),
                Err(WriteError::Store(error)) => panic!("{act:?}: {error:?}"),
            }
        }
        assert_eq!(store.check_rollups().await.unwrap(), []);
    }
    assert!(accepted > 40, "only {accepted} acts were accepted");
}

async fn tampered_tallies_are_named(engine: Engine) {
    let database = TestDatabase::create(engine).await;
    let store = database.open().await;
    let units = units(&store);
    let people = |people| Act::Help {
        team: 1,
        hamlet: None,
        month: 2,
        kind: 0,
        people,
        entry: Entry::Replacement,
    };
    let train = Act::Train { hamlet: 1, on: 40, topic: 0, attendees: 30 };
    for act in [Act::Register { unit: 0, on: 10 }, people(7), people(9), train] {
        perform(&store, &units, &act).await.unwrap();
    }
    assert_eq!(store.check_rollups().await.unwrap(), []);
    let raw = database.beside().await;
    raw.execute_unprepared("UPDATE tally_rollup SET change = change + 1").await.unwrap();
    let found = store.check_rollups().await.unwrap();
    let mut told: Vec<_> =
        found.iter().map(|found| (&*found.measure, found.kept, found.recomputed)).collect();
    told.sort_unstable();
    let expected = [(Tally::Helped, 9), (Tally::Trained, 30), (Tally::WithTeam, 1)];
    assert_eq!(told, expected.map(|(tally, count)| (tally.code(), count + 1, count)));
}

async fn two_officers_can_not_register_the_same_team(engine: Engine) {
    let database = TestDatabase::create(engine).await;
    let store = database.open().await;
    let units = units(&store);
    let act = Act::Register { unit: 0, on: 10 };
    let tries = [(); 4].map(|()| perform(&store, &units, &act));
    let done = futures_util::future::join_all(tries).await;
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1, "{done:?}");
    assert_eq!(store.check_rollups().await.unwrap(), []);
}

async fn many_rows_are_written_at_once(engine: Engine) {
    let database = TestDatabase::create(engine).await;
    let store = database.open().await;
    let all = store.units();
    let hamlets = all.all().iter().filter(|unit| unit.level() == Level::Hamlet);
    let hamlets: Vec<UnitId> = hamlets.map(|unit| unit.id).collect();
    let place = |at| Path::root().field("rows").index(at);
    let new = |(at, unit): (usize, &UnitId)| {
        let members = MemberCount::parse(6).unwrap();
        Row { at: place(at), value: NewTeam { unit: *unit, members, founded_on: date(0) } }
    };
    write(&store, RegisterTeams(hamlets.iter().enumerate().map(new).collect())).await.unwrap();
    let help = |at: usize| {
        let team = u32::try_from(at % hamlets.len()).unwrap() + 1;
        let month = i32::try_from(at / hamlets.len()).unwrap();
        let value = NewActivity {
            team: TeamCode::new(team).unwrap(),
            hamlet: None,
            month: YearMonth::from_index(2023 * 12 + month),
            kind: HelpKind::Other,
            people: HelpCount::parse(1).unwrap(),
            entry: Entry::First,
        };
        Row { at: place(at), value }
    };
    write(&store, RecordActivity((0..5_000).map(help).collect())).await.unwrap();
    let session = |at: usize| {
        let day = u16::try_from(at / hamlets.len()).unwrap();
        Row { at: place(at), value: training(hamlets[at % hamlets.len()], day, 0, 10) }
    };
    write(&store, RecordTrainings((0..5_000).map(session).collect())).await.unwrap();
    assert_eq!(store.check_rollups().await.unwrap(), []);
}

async fn the_newest_hundred_states_of_each_team_are_told(engine: Engine) {
    let database = TestDatabase::create(engine).await;
    let store = database.open().await;
    let units = units(&store);
    for unit in [0, 1] {
        perform(&store, &units, &Act::Register { unit, on: 10 }).await.unwrap();
    }
    for change in 0..103 {
        let members = 6 + change % 2;
        perform(&store, &units, &Act::Change { team: 1, on: 20, members }).await.unwrap();
    }
    perform(&store, &units, &Act::Change { team: 2, on: 20, members: 6 }).await.unwrap();
    let reader = store.read(&Principal::development(), ReadRequest::default());
    let codes = [1, 2].map(|number| TeamCode::new(number).unwrap());
    let found = reader.team_versions(&codes).await.unwrap();
    let told: Vec<_> = found.iter().map(|state| (state.team, state.version)).collect();
    let of_first = (5..=104).map(|version| (codes[0], version));
    let expected: Vec<_> = of_first.chain([1, 2].map(|version| (codes[1], version))).collect();
    assert_eq!(told, expected);
}
