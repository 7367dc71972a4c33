//! Erasing a household's personal data: nothing of it stays anywhere, and the audit log stays whole.

use registry_domain::access::Role;
use registry_domain::audit::{Checkpoint, Place, verify_consistency, verify_inclusion};
use registry_persistence::{AuditTrust, ReadRequest, stored_log_key, verify};
use registry_testing::{Engine, on_both_engines};
use serde_json::json;

use crate::harness::{HAMLET, TestApp};
use crate::privacy::{HEAD, bearer, rows, with_head};

on_both_engines!(
    erased_personal_data_is_nowhere_any_more,
    an_erasure_leaves_no_byte_behind_and_the_log_whole,
);

async fn erased_personal_data_is_nowhere_any_more(engine: Engine) {
    const ERASE: &str = "mutation($input: EraseHouseholdPersonalDataInput!) {
        eraseHouseholdPersonalData(input: $input) {
            household { version head { name } } replayed errors { code path currentVersion } } }";
    let app = TestApp::start(engine).await;
    let code = with_head(&app, HAMLET, "000180001212").await;
    let change = "mutation($input: UpdateHouseholdInput!) { updateHousehold(input: $input) { errors { code } } }";
    let input = json!({ "household": code, "version": 1, "effectiveOn": "2024-01-01", "head": { "name": "Trần Thị Mít" } });
    app.data(change, json!({ "input": input })).await;

    let erase = |version: u32| json!({ "input": { "household": code, "version": version, "idempotencyKey": format!("erase-{version}") } });
    let officer = app.beside(bearer(Role::Officer, None)).await;
    let refused = officer.answer(ERASE, erase(2)).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let admin = app.beside(bearer(Role::Admin, None)).await;
    let stale = admin.data(ERASE, erase(1)).await;
    assert_eq!(
        stale["eraseHouseholdPersonalData"]["errors"],
        json!([{ "code": "CONFLICT", "path": ["input", "version"], "currentVersion": 2 }])
    );
    let done = admin.data(ERASE, erase(2)).await;
    assert_eq!(
        done["eraseHouseholdPersonalData"],
        json!({ "household": { "version": 3, "head": null }, "replayed": false, "errors": [] })
    );
    let again = admin.data(ERASE, erase(2)).await;
    assert_eq!(again["eraseHouseholdPersonalData"]["replayed"], true);

    let kept = rows(&app, "SELECT head, citizen_hash, phone_hash FROM household").await;
    assert_eq!(kept[0].try_get::<Vec<u8>>("", "head").unwrap(), Vec::<u8>::new());
    assert_eq!(kept[0].try_get::<Option<Vec<u8>>>("", "citizen_hash").unwrap(), None);
    assert_eq!(kept[0].try_get::<Option<Vec<u8>>>("", "phone_hash").unwrap(), None);
    let versions = rows(&app, "SELECT head FROM household_version").await;
    assert_eq!(versions.len(), 3);
    for version in versions {
        assert_eq!(version.try_get::<Vec<u8>>("", "head").unwrap(), Vec::<u8>::new());
    }
    assert_eq!(app.data(HEAD, json!({ "code": code })).await["household"]["head"], json!(null));
    // The number may be registered again.
    with_head(&app, HAMLET, "000180001212").await;
}

/// What is looked for: as it was typed, as it is searched for, as it was sealed and hashed.
async fn personal_values(app: &TestApp) -> Vec<Vec<u8>> {
    let household = rows(app, "SELECT head, citizen_hash, phone_hash FROM household").await;
    let sealed = ["head", "citizen_hash", "phone_hash"]
        .map(|column| household[0].try_get::<Vec<u8>>("", column).unwrap());
    let names = ["Trần Văn Xoài", "tran van xoai"].map(|name| name.as_bytes().to_vec());
    sealed.into_iter().chain(names).collect()
}

/// All that the database holds: every byte of its files on SQLite, every row of every table on
/// PostgreSQL; and what the events of the log keep packed.
async fn everything(app: &TestApp, engine: Engine) -> Vec<u8> {
    let mut held = match engine {
        Engine::Sqlite => {
            let files = std::fs::read_dir(app.database.folder.path()).unwrap();
            files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
        }
        Engine::Postgres => every_row(app).await.into_bytes(),
    };
    let checkpoint = app.store.log_checkpoint().await.unwrap().unwrap();
    let auditor = app.store.read(&bearer(Role::Auditor, None), ReadRequest::default());
    for event in auditor.audit_export(0..checkpoint.size, checkpoint.size).await.unwrap() {
        held.extend(event.entry.bytes());
        event.changes.iter().for_each(|line| held.extend(line.bytes()));
    }
    held
}

async fn every_row(app: &TestApp) -> String {
    let tables =
        rows(app, "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'").await;
    let mut held = String::new();
    for table in tables {
        let table = table.try_get_by_index::<String>(0).unwrap();
        for row in rows(app, &format!("SELECT kept::text FROM {table} kept")).await {
            held += &row.try_get_by_index::<String>(0).unwrap();
        }
    }
    held
}

/// Whether a value is there, as it is or in the digits by which PostgreSQL tells of bytes.
fn holds(held: &[u8], value: &[u8]) -> bool {
    let digits: Vec<_> = value.iter().map(|byte| format!("{byte:02x}")).collect();
    let is_there = |sought: &[u8]| held.windows(sought.len()).any(|window| window == sought);
    is_there(value) || is_there(digits.concat().as_bytes())
}

async fn an_erasure_leaves_no_byte_behind_and_the_log_whole(engine: Engine) {
    const ERASE: &str = "mutation($input: EraseHouseholdPersonalDataInput!) {
        eraseHouseholdPersonalData(input: $input) { errors { code } } }";
    const STALL: &str = "mutation($input: RegisterSellerInput!) {
        registerSeller(input: $input) { errors { code path message } } }";
    let app = TestApp::start(engine).await;
    let code = with_head(&app, HAMLET, "000180001212").await;
    let stall = json!({ "kind": "HOUSEHOLD", "name": "Trần Văn Xoài", "hamlet": { "code": HAMLET },
        "household": code, "registeredOn": "2024-01-01" });
    let stall = app.data(STALL, json!({ "input": stall })).await;
    assert_eq!(stall["registerSeller"]["errors"], json!([]));
    app.store.sequence().await.unwrap();
    let values = personal_values(&app).await;
    let before = everything(&app, engine).await;
    for value in &values {
        assert!(holds(&before, value), "{value:?} is looked for in vain");
    }
    let auditor = app.store.read(&bearer(Role::Auditor, None), ReadRequest::default());
    let key = stored_log_key(&app.database.config).await.unwrap();
    let kept = auditor.audit_checkpoint(None).await.unwrap().note;
    let (kept, _) = Checkpoint::open(&kept, &key).unwrap();
    let mut proofs = Vec::new();
    for event in 0..kept.size() {
        proofs.push(auditor.audit_inclusion(Place(event), None).await.unwrap());
    }

    let input = json!({ "household": code, "version": 1 });
    let erased = app.data(ERASE, json!({ "input": input })).await;
    assert_eq!(erased["eraseHouseholdPersonalData"]["errors"], json!([]));
    app.store.sequence().await.unwrap();
    let after = everything(&app, engine).await;
    for value in values.iter().map(Vec::as_slice).chain([b"000180001212".as_slice(), b"0912345678"])
    {
        assert!(!holds(&after, value), "{} stayed", String::from_utf8_lossy(value));
    }

    let auditor = app.store.read(&bearer(Role::Auditor, None), ReadRequest::default());
    for proof in proofs {
        verify_inclusion(proof.leaf, proof.index, proof.size, &proof.hashes, kept.root()).unwrap();
        let again = auditor.audit_inclusion(Place(proof.index), Some(kept.size())).await.unwrap();
        assert_eq!(again, proof);
    }
    let now = auditor.audit_checkpoint(None).await.unwrap().note;
    let (now, _) = Checkpoint::open(&now, &key).unwrap();
    assert!(now.size() > kept.size(), "the erasure itself is an event");
    let (_, consistency) = auditor.audit_consistency(kept.size(), None).await.unwrap();
    verify_consistency(kept.size(), now.size(), &consistency, kept.root(), now.root()).unwrap();
    let trust = AuditTrust { key, earlier: Some(kept) };
    let (config, data_key) = (&app.database.config, &app.database.key);
    let verified = verify(config, data_key, &trust, &mut |_| {}).await;
    assert_eq!(verified.unwrap().findings, []);
}
