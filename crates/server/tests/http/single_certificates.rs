//! Single certificates over HTTP: registered one by one, as PEM or described, and set against the counts.

use std::time::Duration;

use crate::harness::TestApp;
use crate::reporting::{Reporting, faults, report};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair,
    date_time_ymd,
};
use registry_persistence::{AuditTrust, stored_log_key, verify};
use registry_testing::{Engine, on_both_engines};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::{Value, json};

on_both_engines!(
    certificates_are_registered_found_and_never_twice,
    every_faulty_certificate_is_told_at_once,
    a_certificate_as_pem_is_checked_against_the_partners_authorities,
    a_certificate_without_an_end_is_valid_to_the_last_day,
    a_status_changes_as_it_may,
    declared_and_registered_are_reconciled,
    what_was_revoked_counts_on_the_boundaries_of_its_month,
    a_holder_is_never_shown_or_kept_in_clear,
    an_issuer_of_any_name_has_a_history_that_verifies,
);

const REGISTER: &str = "mutation($input: RegisterCertificatesInput!) {
    registerCertificates(input: $input) { registered replayed errors { code path row value } } }";
const STATUS: &str =
    "mutation($input: ChangeCertificateStatusInput!) { changeCertificateStatus(input: $input) {
    certificate { status statusOn } errors { code path message } } }";

/// A certificate in 31321 that nothing is wrong with.
fn certificate(serial: &str, holder: &str) -> Value {
    json!({ "serial": serial, "issuer": "VNPT-CA", "holder": holder, "unit": "31321",
        "validFrom": "2024-05-10", "validTo": "2026-05-10" })
}

async fn register(who: &TestApp, certificates: &Value) -> Value {
    let input = json!({ "certificates": certificates });
    who.data(REGISTER, json!({ "input": input })).await["registerCertificates"].clone()
}

async fn an_issuer_of_any_name_has_a_history_that_verifies(engine: Engine) {
    let all = Reporting::start(engine).await;
    let issuers = [r#"Tổ chức "Chữ ký số" \\ 1/2 50%"#, "%2F", "/", "\"", "CA%22"];
    let named = |(at, issuer): (usize, &&str)| {
        let holder = format!("00019900123{at}");
        let mut certificate = certificate("5A01", &holder);
        certificate["issuer"] = json!(issuer);
        certificate
    };
    let certificates: Vec<Value> = issuers.iter().enumerate().map(named).collect();
    assert_eq!(register(&all.vnpt, &json!(certificates)).await["registered"], json!(issuers.len()));
    all.admin.store.sequence().await.unwrap();
    let one = "query($issuer: String!) { certificate(serial: \"5A01\", issuer: $issuer) {
        auditHistory(first: 5) { nodes { event { action } changes { after } } } } }";
    for issuer in issuers {
        let told = all.admin.data(one, json!({ "issuer": issuer })).await;
        let history = told["certificate"]["auditHistory"]["nodes"].as_array().unwrap();
        assert_eq!(history.len(), 1, "{issuer}: {told}");
    }
    let database = &all.admin.database;
    let key = stored_log_key(&database.config).await.unwrap();
    let trust = AuditTrust { key, earlier: None };
    let verified = verify(&database.config, &database.key, &trust, &mut |_| {}).await;
    assert_eq!(verified.unwrap().findings, []);
}

async fn certificates_are_registered_found_and_never_twice(engine: Engine) {
    let all = Reporting::start(engine).await;
    let two = json!([certificate("00:5a:01", "000199001234"), certificate("5A02", "000199001235")]);
    assert_eq!(register(&all.vnpt, &two).await["registered"], json!(2));
    let again = register(&all.viettel, &json!([certificate("5A01", "000199001236")])).await;
    assert_eq!(faults(&again), ["DUPLICATE_CERTIFICATE input.certificates.0.serial"]);

    let one = r#"query($serial: String!) { certificate(serial: $serial, issuer: "VNPT-CA") {
        id serial partner { code } pseudonym unit { name } issuedOn validFrom validTo renewal checked status statusOn } }"#;
    let found = all.vnpt.data(one, json!({ "serial": "5a01" })).await["certificate"].clone();
    assert_eq!((&found["serial"], &found["unit"]["name"]), (&json!("5A01"), &json!("Phường III")));
    assert_eq!((&found["issuedOn"], &found["status"]), (&json!("2024-05-10"), &json!("VALID")));
    assert_eq!(
        all.viettel.data(one, json!({ "serial": "5a01" })).await["certificate"],
        json!(null)
    );
    let node = "query($id: ID!) { node(id: $id) { ... on Certificate { serial } } }";
    let node = all.admin.data(node, json!({ "id": found["id"] })).await;
    assert_eq!(node["node"]["serial"], json!("5A01"));

    let list = "query($filter: CertificateFilter, $first: Int, $after: String) {
        certificates(filter: $filter, first: $first, after: $after) {
            totalCount nodes { serial } pageInfo { endCursor hasNextPage } } }";
    let page = async |filter: Value, after: Value| {
        let variables = json!({ "filter": filter, "first": 1, "after": after });
        all.admin.data(list, variables).await["certificates"].clone()
    };
    let first = page(json!({}), json!(null)).await;
    assert_eq!(
        (&first["totalCount"], &first["pageInfo"]["hasNextPage"]),
        (&json!(2), &json!(true))
    );
    let second = page(json!({}), first["pageInfo"]["endCursor"].clone()).await;
    assert_eq!(
        (&first["nodes"][0]["serial"], &second["nodes"][0]["serial"]),
        (&json!("5A01"), &json!("5A02"))
    );
    for (filter, count) in [
        (json!({ "pseudonym": found["pseudonym"] }), 1),
        (json!({ "pseudonym": "000199001234" }), 0),
        (json!({ "pseudonym": "nobody" }), 0),
        (json!({ "within": { "code": "92" } }), 2),
        (json!({ "within": { "code": "31441" } }), 0),
        (json!({ "issuedFrom": "2024-05-10", "issuedTo": "2024-05-10" }), 2),
        (json!({ "issuedTo": "2024-05-09" }), 0),
        (json!({ "partner": "VIETTEL" }), 0),
        (json!({ "status": "REVOKED" }), 0),
    ] {
        assert_eq!(page(filter.clone(), json!(null)).await["totalCount"], json!(count), "{filter}");
    }
}

async fn every_faulty_certificate_is_told_at_once(engine: Engine) {
    let all = Reporting::start(engine).await;
    let with = |members: Value| {
        let mut one = certificate("5A01", "000199001234");
        for (name, value) in members.as_object().unwrap() {
            one[name] = value.clone();
        }
        one
    };
    let told = register(
        &all.vnpt,
        &json!([
            with(json!({ "serial": "xyz" })),
            with(json!({ "holder": "12" })),
            with(json!({ "unit": "31447", "validFrom": "2026-01-01", "validTo": "2027-01-01" })),
            with(json!({ "validTo": null })),
            with(json!({ "pem": "nonsense" })),
        ]),
    )
    .await;
    assert_eq!(
        faults(&told),
        [
            "MALFORMED input.certificates.0.serial",
            "MALFORMED input.certificates.1.holder",
            "UNKNOWN_UNIT input.certificates.2.unit",
            "MALFORMED input.certificates.3.validTo",
            "MALFORMED input.certificates.4.serial",
            "MALFORMED input.certificates.4.issuer",
            "MALFORMED input.certificates.4.holder",
            "MALFORMED input.certificates.4.validFrom",
            "MALFORMED input.certificates.4.validTo",
            "MALFORMED input.certificates.4.pem",
        ]
    );
    assert_eq!(told["errors"][0]["value"], json!("xyz"));
    assert_eq!(told["errors"][1]["value"], json!(null), "what is about a person is not told again");
    let told = register(
        &all.vnpt,
        &json!([
            with(json!({ "issuedOn": "2026-12-01", "validTo": "2028-05-10" })),
            with(json!({ "serial": "5A02", "validFrom": "2021-06-01" })),
            with(json!({ "serial": "5A02", "validTo": "2024-05-10" })),
            with(json!({ "serial": "5A03", "unit": "93" })),
        ]),
    )
    .await;
    assert_eq!(
        faults(&told),
        [
            "OUTSIDE_AGREEMENT input.certificates.1.issuedOn",
            "FUTURE_DATE input.certificates.0.issuedOn",
            "DUPLICATE_IN_BATCH input.certificates.2.serial",
            "DATE_TOO_EARLY input.certificates.2.validTo",
            "NOT_A_COMMUNE input.certificates.3.unit",
        ]
    );
    assert_eq!(faults(&register(&all.vnpt, &json!([])).await), ["BATCH_EMPTY input.certificates"]);
    let many = json!(vec![certificate("1", "000199001234"); 1_001]);
    assert_eq!(faults(&register(&all.vnpt, &many).await), ["BATCH_TOO_LARGE input.certificates"]);
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "VNPT-CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn pem(by: &CertifiedIssuer<'_, KeyPair>) -> String {
    pem_until(by, (2026, 5, 9), 0)
}

fn pem_until(
    by: &CertifiedIssuer<'_, KeyPair>,
    (year, month, day): (i32, u8, u8),
    seconds: u64,
) -> String {
    let last = date_time_ymd(year, month, day) + Duration::from_secs(seconds);
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Nguyễn Thị Bưởi");
    let uid = DnType::CustomDnType(vec![0, 9, 2342, 19_200_300, 100, 1, 1]);
    params.distinguished_name.push(uid, "CCCD:000199001234");
    params.serial_number = Some(vec![0x5a, 0x01].into());
    (params.not_before, params.not_after) = (date_time_ymd(2024, 5, 10), last);
    params.signed_by(&KeyPair::generate().unwrap(), by).unwrap().pem()
}

async fn a_certificate_as_pem_is_checked_against_the_partners_authorities(engine: Engine) {
    let all = Reporting::start(engine).await;
    let (own, namesake) = (authority(), authority());
    let one = json!([{ "pem": pem(&own), "unit": "31321" }]);
    assert_eq!(
        faults(&register(&all.vnpt, &one).await),
        ["UNKNOWN_AUTHORITY input.certificates.0.pem"]
    );
    let set =
        "mutation($input: SetPartnerAuthoritiesInput!) { setPartnerAuthorities(input: $input) {
        partner { authorities { name } } errors { code } } }";
    let chain = json!({ "input": { "partner": "VNPT", "pem": own.pem() } });
    let told = all.admin.data(set, chain).await["setPartnerAuthorities"].clone();
    assert_eq!(told["partner"]["authorities"], json!([{ "name": "VNPT-CA" }]));
    let forged = json!([{ "pem": pem(&namesake), "unit": "31321" }]);
    assert_eq!(
        faults(&register(&all.vnpt, &forged).await),
        ["UNKNOWN_AUTHORITY input.certificates.0.pem"]
    );
    assert_eq!(
        faults(&register(&all.viettel, &one).await),
        ["UNKNOWN_AUTHORITY input.certificates.0.pem"]
    );
    assert_eq!(register(&all.vnpt, &one).await["registered"], json!(1));
    let query = "{ certificates { nodes { serial issuer validFrom validTo checked } } }";
    assert_eq!(
        all.vnpt.data(query, json!({})).await["certificates"]["nodes"],
        json!([{ "serial": "5A01", "issuer": "VNPT-CA", "validFrom": "2024-05-10", "validTo": "2026-05-10", "checked": true }])
    );
}

async fn a_certificate_without_an_end_is_valid_to_the_last_day(engine: Engine) {
    let all = Reporting::start(engine).await;
    let own = authority();
    let set =
        "mutation($input: SetPartnerAuthoritiesInput!) { setPartnerAuthorities(input: $input) {
        errors { code } } }";
    all.admin.data(set, json!({ "input": { "partner": "VNPT", "pem": own.pem() } })).await;
    // RFC 5280, 4.1.2.5.
    let endless = pem_until(&own, (9999, 12, 31), 86_399);
    let one = json!([{ "pem": endless, "unit": "31321" }]);
    assert_eq!(register(&all.vnpt, &one).await["registered"], json!(1));
    let query = "{ certificates { nodes { validTo status } } }";
    let told = all.vnpt.data(query, json!({})).await["certificates"]["nodes"].clone();
    assert_eq!(told, json!([{ "validTo": "9999-12-31", "status": "VALID" }]));
    let mut far = certificate("5A02", "000199001235");
    far["validTo"] = json!("+10000-1-1");
    let told = all.vnpt.answer(REGISTER, json!({ "input": { "certificates": [far] } })).await;
    assert_eq!(told["errors"][0]["extensions"]["code"], json!("BAD_USER_INPUT"), "{told}");
}

async fn a_status_changes_as_it_may(engine: Engine) {
    let all = Reporting::start(engine).await;
    register(&all.vnpt, &json!([certificate("5A01", "000199001234")])).await;
    let change = async |who: &TestApp, status: &str, on: &str| {
        let input = json!({ "serial": "5A01", "issuer": "VNPT-CA", "status": status, "on": on, "reason": "mất khoá" });
        who.data(STATUS, json!({ "input": input })).await["changeCertificateStatus"].clone()
    };
    assert_eq!(
        faults(&change(&all.viettel, "REVOKED", "2024-06-01").await),
        ["UNKNOWN_CERTIFICATE input.serial"],
        "whether others have it is not told"
    );
    assert_eq!(
        faults(&change(&all.vnpt, "VALID", "2024-06-01").await),
        ["CERTIFICATE_STATUS input.status"]
    );
    assert_eq!(
        faults(&change(&all.vnpt, "REVOKED", "2024-05-09").await),
        ["DATE_TOO_EARLY input.on"]
    );
    assert_eq!(faults(&change(&all.vnpt, "REVOKED", "2026-11-02").await), ["FUTURE_DATE input.on"]);
    for (status, on) in
        [("SUSPENDED", "2024-06-01"), ("VALID", "2024-06-03"), ("REVOKED", "2024-07-01")]
    {
        let told = change(&all.vnpt, status, on).await;
        assert_eq!(told["certificate"], json!({ "status": status, "statusOn": on }), "{told:#}");
    }
    let told = change(&all.vnpt, "VALID", "2024-08-01").await;
    assert_eq!(faults(&told), ["CERTIFICATE_STATUS input.status"]);
    assert_eq!(told["errors"][0]["message"], json!("a certificate that is REVOKED stays so"));
}

async fn declared_and_registered_are_reconciled(engine: Engine) {
    let all = Reporting::start(engine).await;
    // VNPT declares 3 and registers 2, one of them for somebody who is with Viettel, too.
    let mut input = report(&all.admin, "2024-05", &[3], 3);
    input["lines"][0] = json!({ "unit": "31321", "issued": 3, "renewed": 1, "revoked": 1 });
    all.taken(&all.vnpt, input).await;
    let mut renewed = certificate("5A03", "000199001236");
    renewed["renewal"] = json!(true);
    let own =
        json!([certificate("5A01", "000199001234"), certificate("5A02", "000199001235"), renewed]);
    assert_eq!(register(&all.vnpt, &own).await["registered"], json!(3));
    let mut other = certificate("5A01", "000199001235");
    (other["issuer"], other["validFrom"]) = (json!("Viettel-CA"), json!("2023-01-01"));
    assert_eq!(register(&all.viettel, &json!([other])).await["registered"], json!(1));
    let revoke = json!({ "serial": "5A01", "issuer": "VNPT-CA", "status": "REVOKED", "on": "2024-05-20", "reason": "mất" });
    all.vnpt.data(STATUS, json!({ "input": revoke })).await;

    let query = r#"query($within: UnitRef) { certificateReconciliation(period: "2024-05", within: $within) {
        declared { issued renewed revoked } registered { issued renewed revoked } difference { issued }
        shareExplained rows(differing: true) { partner { code } unit { name } difference { issued renewed revoked } }
        sharedHolders { certificates { issuer serial } } csv } }"#;
    let told = all.admin.data(query, json!({})).await["certificateReconciliation"].clone();
    assert_eq!(told["declared"], json!({ "issued": 3, "renewed": 1, "revoked": 1 }));
    assert_eq!(told["registered"], json!({ "issued": 2, "renewed": 1, "revoked": 1 }));
    assert_eq!(told["shareExplained"], json!(2.0 / 3.0));
    assert_eq!(
        told["rows"],
        json!([{ "partner": { "code": "VNPT" }, "unit": { "name": "Phường III" },
            "difference": { "issued": -1, "renewed": 0, "revoked": 0 } }])
    );
    assert_eq!(
        told["sharedHolders"],
        json!([{ "certificates": [{ "issuer": "VNPT-CA", "serial": "5A02" }, { "issuer": "Viettel-CA", "serial": "5A01" }] }])
    );
    let csv = told["csv"].as_str().unwrap();
    assert!(csv.starts_with("period,partner,unit_code,unit_name,declared_issued,"), "{csv}");
    assert!(csv.ends_with("\n2024-05,VNPT,31321,Phường III,3,1,1,2,1,1,-1,0,0\n"), "{csv}");
    let elsewhere = all.admin.data(query, json!({ "within": { "code": "31441" } })).await;
    assert_eq!(elsewhere["certificateReconciliation"]["rows"], json!([]));

    let mine = r#"{ certificateReconciliation(period: "2024-05") { declared { issued } } }"#;
    let viettel = all.viettel.data(mine, json!({})).await;
    assert_eq!(viettel["certificateReconciliation"]["declared"]["issued"], json!(0));
    let shared =
        r#"{ certificateReconciliation(period: "2024-05") { sharedHolders { pseudonym } } }"#;
    let refused = all.vnpt.answer(shared, json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], json!("FORBIDDEN"));
}

async fn what_was_revoked_counts_on_the_boundaries_of_its_month(engine: Engine) {
    let all = Reporting::start(engine).await;
    // Xã Vị Trung went whole into Xã Vị Thủy (31441) on 2025-07-01.
    let mut before = certificate("5A01", "000199001234");
    (before["unit"], before["validFrom"]) = (json!("31444"), json!("2025-06-10"));
    assert_eq!(register(&all.vnpt, &json!([before])).await["registered"], json!(1));
    let revoke = json!({ "serial": "5A01", "issuer": "VNPT-CA", "status": "REVOKED", "on": "2025-08-20", "reason": "mất" });
    all.vnpt.data(STATUS, json!({ "input": revoke })).await;
    let lines = json!([{ "unit": "31441", "issued": 0, "renewed": 0, "revoked": 1 }]);
    let input = json!({ "period": "2025-08", "lines": lines, "cumulativeIssued": 0, "idempotencyKey": "a" });
    all.taken(&all.vnpt, input).await;
    let query = r#"{ certificateReconciliation(period: "2025-08") { rows { unit { name } registered { revoked } difference { revoked } } } }"#;
    assert_eq!(
        all.admin.data(query, json!({})).await["certificateReconciliation"]["rows"],
        json!([{ "unit": { "name": "Xã Vị Thủy" }, "registered": { "revoked": 1 }, "difference": { "revoked": 0 } }])
    );
}

async fn a_holder_is_never_shown_or_kept_in_clear(engine: Engine) {
    let all = Reporting::start(engine).await;
    let (own, number) = (authority(), "000199001234");
    let set = "mutation($input: SetPartnerAuthoritiesInput!) { setPartnerAuthorities(input: $input) { errors { code } } }";
    all.admin.data(set, json!({ "input": { "partner": "VNPT", "pem": own.pem() } })).await;
    let both = json!([{ "pem": pem(&own), "unit": "31321" }, certificate("5A02", number)]);
    assert_eq!(register(&all.vnpt, &both).await["registered"], json!(2));
    let query = "{ certificates { nodes { pseudonym } } }";
    let told = all.admin.data(query, json!({})).await["certificates"]["nodes"].clone();
    assert_eq!(told[0], told[1], "the same holder, however it was told");
    assert!(!told.to_string().contains(number));
    let kept = everything_kept(&all.admin, engine).await;
    let holds = |text: &str| kept.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds("5A02"), "what is kept was found");
    for personal in [number, "Bưởi", "CCCD"] {
        assert!(!holds(personal), "{personal}");
    }
}

/// All that the database has: its files, or the rows of its tables as text.
async fn everything_kept(app: &TestApp, engine: Engine) -> Vec<u8> {
    if engine == Engine::Sqlite {
        let files = std::fs::read_dir(app.database.folder.path()).unwrap();
        return files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
    }
    let database = app.database.beside().await;
    let rows = async |sql: String| {
        let rows = database.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await;
        let texts = rows.unwrap().into_iter().map(|row| row.try_get::<String>("", "text").unwrap());
        texts.collect::<Vec<_>>()
    };
    let tables = "SELECT tablename::text AS text FROM pg_tables WHERE schemaname = 'public'";
    let mut kept = Vec::new();
    for table in rows(tables.into()).await {
        let lines = rows(format!("SELECT t::text AS text FROM \"{table}\" t")).await;
        kept.extend(lines.concat().into_bytes());
    }
    kept
}
