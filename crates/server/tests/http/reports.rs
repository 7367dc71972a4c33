//! Certificate reports over HTTP: taken whole, proved by receipts, corrected, withdrawn, reviewed.

use crate::harness::TestApp;
use crate::reporting::{Reporting, attempt, faults, report, submit, with};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use registry_domain::certificate::{Content, ContentLine};
use registry_testing::{Engine, on_both_engines};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

on_both_engines!(
    a_report_is_taken_whole_and_proved_by_its_receipt,
    the_same_key_gives_the_same_receipt_and_never_counts_twice,
    a_rehearsal_tells_everything_and_writes_nothing,
    a_partner_sees_and_sends_its_own_reports_only,
    a_correction_supersedes_and_tells_what_it_changes,
    of_two_corrections_at_once_one_wins,
    what_comes_after_closing_waits_for_review,
    a_report_can_be_taken_back,
    a_key_of_one_mutation_is_nothing_to_another,
    reports_of_one_month_can_be_many,
    listeners_hear_of_reports,
    nested_lists_of_reports_cost_the_same_for_many_as_for_one,
);

/// The claims of a receipt, checked by the published keys as anyone would.
async fn proved(app: &TestApp, receipt: &str) -> Value {
    let keys: Value = app.get("/.well-known/jwks.json").send().await.unwrap().json().await.unwrap();
    let (signed, signature) = receipt.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    let json = |part: &str| serde_json::from_slice::<Value>(&decoded(part)).unwrap();
    let header = json(header);
    assert_eq!((&header["alg"], &header["typ"]), (&json!("EdDSA"), &json!("receipt+jwt")));
    let mut named = keys["keys"].as_array().unwrap().iter();
    let key = named.find(|key| key["kid"] == header["kid"]).unwrap();
    let key = decoded(key["x"].as_str().unwrap());
    let key = UnparsedPublicKey::new(&ED25519, key);
    key.verify(signed.as_bytes(), &decoded(signature)).unwrap();
    json(claims)
}

async fn a_report_is_taken_whole_and_proved_by_its_receipt(engine: Engine) {
    let all = Reporting::start(engine).await;
    let input = report(&all.admin, "2021-07", &[5, 7], 12);
    let told = submit(&all.vnpt, input.clone()).await;
    assert_eq!(told["errors"], json!([]), "{told:#}");
    let taken = &told["report"];
    assert_eq!(taken["name"], json!("VNPT/2021-07/1"));
    assert_eq!((&taken["state"], &taken["issued"]), (&json!("ACCEPTED"), &json!(12)));
    assert_eq!(told["warnings"], json!([{ "code": "COMMUNES_MISSING" }]));

    let claims = proved(&all.vnpt, told["receipt"].as_str().unwrap()).await;
    let line = |line: &Value| ContentLine {
        unit: line["unit"].as_str().unwrap().to_owned(),
        issued: u32::try_from(line["issued"].as_u64().unwrap()).unwrap(),
        renewed: 1,
        revoked: 0,
    };
    let content = Content {
        cumulative_issued: 12,
        lines: input["lines"].as_array().unwrap().iter().map(line).collect(),
        partner: "VNPT".into(),
        period: "2021-07".into(),
        reason: None,
        supersedes: None,
    };
    let digest = Sha256::digest(content.canonical());
    let digest = digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    assert_eq!(claims["content_sha256"], json!(digest));
    assert_eq!(taken["contentSha256"], json!(digest));
    assert_eq!((&claims["report"], &claims["revision"]), (&json!("VNPT/2021-07/1"), &json!(1)));
    assert_eq!(claims["iss"], json!("https://registry.haugiang.gov.vn"));
    assert!(claims["audit_position"].as_i64().unwrap() > 0);
    assert_eq!(claims["iat"], json!(1_793_509_200));
}

async fn the_same_key_gives_the_same_receipt_and_never_counts_twice(engine: Engine) {
    let all = Reporting::start(engine).await;
    let input = report(&all.admin, "2021-07", &[5, 7], 12);
    let first = submit(&all.vnpt, input.clone()).await;
    // Another machine of the same partner, after a rotation of the signing key.
    let other = all
        .admin
        .bearer(json!({ "role": "PARTNER", "partner": "VNPT", "actor": "máy thứ hai" }))
        .await;
    let admin = registry_domain::access::Principal::development();
    let admin = admin.writer(registry_domain::access::Scope::Admin).unwrap();
    all.admin.tokens.rotate_key(&admin).await.unwrap();
    let again = submit(&other, input.clone()).await;
    assert_eq!((&again["replayed"], &first["replayed"]), (&json!(true), &json!(false)));
    assert_eq!(again["receipt"], first["receipt"]);
    assert_eq!(again["report"], first["report"]);
    proved(&all.vnpt, again["receipt"].as_str().unwrap()).await;

    let mut reordered = input.clone();
    reordered["lines"].as_array_mut().unwrap().reverse();
    let reordered = submit(&all.vnpt, reordered).await;
    assert_eq!((&reordered["replayed"], &reordered["receipt"]), (&json!(true), &first["receipt"]));

    let changed = with(input.clone(), json!({ "cumulativeIssued": 13 }));
    assert_eq!(
        faults(&submit(&all.vnpt, changed).await),
        ["IDEMPOTENCY_CONFLICT input.idempotencyKey"]
    );
    let renamed = with(input.clone(), json!({ "idempotencyKey": "another" }));
    assert_eq!(faults(&submit(&all.vnpt, renamed).await), ["REPORT_EXISTS input.period"]);
    // The key of one partner is nothing to another.
    let viettel = submit(&all.viettel, input).await;
    assert_eq!(viettel["report"]["name"], json!("VIETTEL/2021-07/1"));
    let totals = r#"{ certificateTotals(within: { codeOn: { code: "93", on: "2024-06-30" } }, groupBy: [PARTNER]) {
        partner { code } issued reports } }"#;
    assert_eq!(
        all.admin.data(totals, json!({})).await["certificateTotals"],
        json!([
            { "partner": { "code": "VIETTEL" }, "issued": 12, "reports": 1 },
            { "partner": { "code": "VNPT" }, "issued": 12, "reports": 1 },
        ])
    );
}

async fn a_rehearsal_tells_everything_and_writes_nothing(engine: Engine) {
    let all = Reporting::start(engine).await;
    let sound = with(report(&all.admin, "2021-07", &[5], 4), json!({ "dryRun": true }));
    let told = submit(&all.vnpt, sound).await;
    // 4 is too far from 5.
    assert_eq!(faults(&told), ["CONTROL_TOTAL_CONTRADICTS input.cumulativeIssued"]);
    let sound = with(report(&all.admin, "2021-07", &[5], 5), json!({ "dryRun": true }));
    let told = submit(&all.vnpt, sound.clone()).await;
    assert_eq!(told["warnings"], json!([{ "code": "COMMUNES_MISSING" }]));
    assert_eq!(
        (&told["report"], &told["receipt"], &told["errors"]),
        (&json!(null), &json!(null), &json!([]))
    );
    let count = "{ certificateReports { totalCount } }";
    let counted = all.admin.data(count, json!({})).await;
    assert_eq!(counted["certificateReports"]["totalCount"], json!(0));
    // The key was not used up.
    all.taken(&all.vnpt, with(sound, json!({ "dryRun": false }))).await;
}

async fn a_partner_sees_and_sends_its_own_reports_only(engine: Engine) {
    let all = Reporting::start(engine).await;
    let own = all.taken(&all.vnpt, report(&all.admin, "2021-07", &[5], 5)).await;
    all.taken(&all.viettel, report(&all.admin, "2021-07", &[3], 3)).await;
    let list = "{ certificateReports { totalCount nodes { id name partner { code name } lines { unit { name } issued } } } }";
    let seen = all.vnpt.data(list, json!({})).await["certificateReports"].clone();
    assert_eq!((&seen["totalCount"], seen["nodes"].as_array().unwrap().len()), (&json!(1), 1));
    assert_eq!(seen["nodes"][0]["partner"], json!({ "code": "VNPT", "name": "VNPT Hậu Giang" }));
    let node = "query($id: ID!) { node(id: $id) { ... on CertificateReport { name } } }";
    let id = &seen["nodes"][0]["id"];
    let asked = json!({ "id": id });
    assert_eq!(all.vnpt.data(node, asked.clone()).await["node"]["name"], json!(own));
    assert_eq!(all.viettel.data(node, asked).await["node"], json!(null));
    let other = with(report(&all.admin, "2021-08", &[5], 10), json!({ "partner": "VIETTEL" }));
    assert_eq!(faults(&submit(&all.vnpt, other).await), ["NOT_OWN_PARTNER input.partner"]);
    let withdrawal = json!({ "report": own, "reason": "thử" });
    let told = attempt(&all.viettel, "withdrawCertificateReport", withdrawal).await;
    assert_eq!(faults(&told), ["NOT_OWN_PARTNER input.report"]);
    let totals = r#"query($partner: String) { certificateTotals(within: { code: "92" }, partner: $partner) { issued } }"#;
    let mine = all.vnpt.data(totals, json!({})).await;
    assert_eq!(mine["certificateTotals"], json!([{ "issued": 5 }]));
    let others = all.vnpt.data(totals, json!({ "partner": "VIETTEL" })).await;
    assert_eq!(others["certificateTotals"], json!([]));
}

async fn a_correction_supersedes_and_tells_what_it_changes(engine: Engine) {
    let all = Reporting::start(engine).await;
    let first = all.taken(&all.vnpt, report(&all.admin, "2021-07", &[5, 7, 9], 21)).await;
    let mut input = report(&all.admin, "2021-07", &[5, 8], 13);
    input = with(input, json!({ "supersedes": first, "reason": "đếm trùng một phường" }));
    let second = all.taken(&all.vnpt, input.clone()).await;
    assert_eq!(second, "VNPT/2021-07/2");
    let query =
        "query($filter: CertificateReportFilter) { certificateReports(filter: $filter) { nodes {
        name state reason supersedes { name state } revisions { revision state }
        differences { unit { code } before { issued } after { issued } } } } }";
    let data = all.vnpt.data(query, json!({ "filter": { "states": ["ACCEPTED"] } })).await;
    let correction = &data["certificateReports"]["nodes"][0];
    assert_eq!(correction["supersedes"], json!({ "name": first, "state": "SUPERSEDED" }));
    assert_eq!(correction["reason"], json!("đếm trùng một phường"));
    assert_eq!(
        correction["revisions"],
        json!([{ "revision": 1, "state": "SUPERSEDED" }, { "revision": 2, "state": "ACCEPTED" }])
    );
    let differences = correction["differences"].as_array().unwrap().iter();
    let mut changes: Vec<_> = differences
        .map(|change| (change["before"]["issued"].as_u64(), change["after"]["issued"].as_u64()))
        .collect();
    changes.sort_unstable();
    assert_eq!(changes, [(Some(7), Some(8)), (Some(9), None)]);

    let refused = |supersedes: &str, reason: Option<&str>| {
        let input = report(&all.admin, "2021-07", &[6], 6);
        submit(
            &all.vnpt,
            with(
                input,
                json!({ "supersedes": supersedes, "reason": reason, "idempotencyKey": "x" }),
            ),
        )
    };
    assert_eq!(faults(&refused(&first, Some("a")).await), ["CONFLICT input.supersedes"]);
    assert_eq!(faults(&refused(&second, None).await), ["NEEDED_TOGETHER input.reason"]);
    assert_eq!(
        faults(&refused("VNPT/2021-07/9", Some("a")).await),
        ["UNKNOWN_REPORT input.supersedes"]
    );
    assert_eq!(
        faults(&refused("VIETTEL/2021-07/1", Some("a")).await),
        ["NOT_OWN_PARTNER input.supersedes"]
    );
    assert_eq!(
        faults(&refused("VNPT/2021-08/1", Some("a")).await),
        ["UNKNOWN_REPORT input.supersedes"]
    );
    assert_eq!(
        faults(&refused("nonsense", Some(" ")).await),
        ["MALFORMED input.supersedes", "TEXT_EMPTY input.reason"]
    );
    all.done(&all.vnpt, "withdrawCertificateReport", json!({ "report": second, "reason": "sai" }))
        .await;
    assert_eq!(faults(&refused(&second, Some("a")).await), ["REPORT_STATE input.supersedes"]);
}

async fn of_two_corrections_at_once_one_wins(engine: Engine) {
    let all = Reporting::start(engine).await;
    let first = all.taken(&all.vnpt, report(&all.admin, "2021-07", &[5], 5)).await;
    let correction = |issued: u32| {
        let input = report(&all.admin, "2021-07", &[issued], issued.into());
        submit(&all.vnpt, with(input, json!({ "supersedes": first, "reason": "đếm lại" })))
    };
    let (six, seven) = tokio::join!(correction(6), correction(7));
    let mut told = [faults(&six), faults(&seven)].concat();
    told.retain(|fault| !fault.is_empty());
    assert_eq!(told, ["CONFLICT input.supersedes"], "{six:#} {seven:#}");
    let lost = if six["report"] == json!(null) { six } else { seven };
    let message = lost["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("VNPT/2021-07/2 counts now"), "{message}");
}

async fn what_comes_after_closing_waits_for_review(engine: Engine) {
    let all = Reporting::start(engine).await;
    let first = all.taken(&all.vnpt, report(&all.admin, "2021-07", &[5], 5)).await;
    let period = json!({ "period": "2021-07" });
    let closed = all.done(&all.admin, "closeReportingPeriod", period.clone()).await;
    assert_eq!(closed["period"]["closedBy"], json!("development"));
    let again = attempt(&all.admin, "closeReportingPeriod", period.clone()).await;
    assert_eq!(faults(&again), ["PERIOD_CLOSED input.period"]);
    let present = attempt(&all.admin, "closeReportingPeriod", json!({ "period": "2026-11" })).await;
    assert_eq!(faults(&present), ["PERIOD_NOT_OVER input.period"]);

    let late = submit(&all.viettel, report(&all.admin, "2021-07", &[3], 3)).await;
    assert_eq!(late["report"]["state"], json!("PENDING_REVIEW"));
    assert_eq!(
        late["warnings"],
        json!([{ "code": "PERIOD_CLOSED" }, { "code": "COMMUNES_MISSING" }])
    );
    assert!(late["receipt"].is_string(), "what waits is not lost");
    let input = report(&all.admin, "2021-07", &[6], 6);
    let correction = with(input, json!({ "supersedes": first, "reason": "đếm lại" }));
    let waiting = submit(&all.vnpt, correction.clone()).await;
    assert_eq!(waiting["report"]["state"], json!("PENDING_REVIEW"));
    let second = with(correction, json!({ "idempotencyKey": "x" }));
    assert_eq!(faults(&submit(&all.vnpt, second).await), ["REPORT_PENDING input.period"]);

    let issued = async || {
        let query = r#"{ certificateTotals(within: { code: "92" }) { issued status } }"#;
        all.admin.data(query, json!({})).await["certificateTotals"][0].clone()
    };
    assert_eq!(
        issued().await,
        json!({ "issued": 5, "status": "FINAL" }),
        "nothing counts before it is approved"
    );
    let back = json!({ "report": first, "reason": "sai" });
    let back = attempt(&all.vnpt, "withdrawCertificateReport", back).await;
    assert_eq!(faults(&back), ["PERIOD_CLOSED input.report"], "what is final is not taken back");
    let approve =
        json!({ "report": "VNPT/2021-07/2", "decision": "APPROVE", "reason": "có căn cứ" });
    let approved = all.done(&all.admin, "reviewCertificateReport", approve.clone()).await;
    assert_eq!(approved["report"]["state"], json!("ACCEPTED"));
    assert_eq!(issued().await["issued"], json!(6));
    assert_eq!(
        faults(&attempt(&all.admin, "reviewCertificateReport", approve).await),
        ["REPORT_STATE input.report"]
    );
    let reject = json!({ "report": "VIETTEL/2021-07/1", "decision": "REJECT" });
    assert_eq!(
        faults(&attempt(&all.admin, "reviewCertificateReport", reject.clone()).await),
        ["TEXT_EMPTY input.reason"]
    );
    let reject = with(reject, json!({ "reason": "không có căn cứ" }));
    let rejected = all.done(&all.admin, "reviewCertificateReport", reject).await;
    assert_eq!(
        rejected["report"]["decision"],
        json!({ "by": "development", "reason": "không có căn cứ" })
    );
    assert_eq!(issued().await["issued"], json!(6));

    let periods = r#"{ reportingPeriods(from: "2021-07", to: "2021-07") { closedAt isComplete dueOn
        partners { partner { code } delivery report lateSince } } }"#;
    let told = all.admin.data(periods, json!({})).await["reportingPeriods"][0].clone();
    assert_eq!((&told["isComplete"], &told["dueOn"]), (&json!(false), &json!("2021-08-10")));
    assert_eq!(
        told["partners"],
        json!([
            { "partner": { "code": "VIETTEL" }, "delivery": "LATE", "report": null, "lateSince": "2021-08-11" },
            { "partner": { "code": "VNPT" }, "delivery": "POSTED", "report": "VNPT/2021-07/2", "lateSince": "2021-08-11" },
        ])
    );
    let reopened = all.done(&all.admin, "reopenReportingPeriod", period.clone()).await;
    assert_eq!(reopened["period"]["closedAt"], json!(null));
    assert_eq!(
        faults(&attempt(&all.admin, "reopenReportingPeriod", period).await),
        ["PERIOD_OPEN input.period"]
    );
    all.taken(&all.viettel, report(&all.admin, "2021-07", &[4], 4)).await;
    assert_eq!(issued().await, json!({ "issued": 10, "status": "PROVISIONAL" }));
}

async fn a_report_can_be_taken_back(engine: Engine) {
    let all = Reporting::start(engine).await;
    let first = all.taken(&all.vnpt, report(&all.admin, "2021-07", &[5], 5)).await;
    let input = json!({ "report": first, "reason": "gửi nhầm kỳ", "idempotencyKey": "w1" });
    let told = all.done(&all.vnpt, "withdrawCertificateReport", input.clone()).await;
    assert_eq!(told["report"]["state"], json!("WITHDRAWN"));
    let withdrawal = &told["report"]["withdrawal"];
    assert_eq!(withdrawal["reason"], json!("gửi nhầm kỳ"));
    assert_eq!(told["report"]["decision"], json!(null));
    let again = all.done(&all.vnpt, "withdrawCertificateReport", input.clone()).await;
    assert_eq!(again["replayed"], json!(true));
    let fresh = with(input, json!({ "idempotencyKey": "w2" }));
    assert_eq!(
        faults(&attempt(&all.vnpt, "withdrawCertificateReport", fresh).await),
        ["REPORT_STATE input.report"]
    );
    let next = all.taken(&all.vnpt, report(&all.admin, "2021-07", &[6], 6)).await;
    assert_eq!(next, "VNPT/2021-07/2");
}

async fn a_key_of_one_mutation_is_nothing_to_another(engine: Engine) {
    let all = Reporting::start(engine).await;
    let period = json!({ "period": "2021-07", "idempotencyKey": "2021-07" });
    all.done(&all.admin, "closeReportingPeriod", period.clone()).await;
    let reopened = attempt(&all.admin, "reopenReportingPeriod", period).await;
    assert_eq!(faults(&reopened), ["IDEMPOTENCY_CONFLICT input.idempotencyKey"]);
}

async fn reports_of_one_month_can_be_many(engine: Engine) {
    let all = Reporting::start(engine).await;
    let mut last = all.taken(&all.vnpt, report(&all.admin, "2021-07", &[0], 0)).await;
    for issued in 1..=210 {
        let input = report(&all.admin, "2021-07", &[issued], issued.into());
        let input = with(input, json!({ "supersedes": last, "reason": "đếm lại" }));
        last = all.taken(&all.vnpt, input).await;
    }
    let states = vec!["ACCEPTED"; 1_500];
    let query = "query($states: [CertificateReportState!], $asOf: DateTime) {
        certificateReports(asOf: $asOf, filter: { states: $states }) { nodes { name revisions { lines { issued } } } } }";
    for as_of in [json!(null), json!("2026-11-01T05:00:00Z")] {
        let data = all.admin.data(query, json!({ "states": states, "asOf": as_of })).await;
        let node = &data["certificateReports"]["nodes"][0];
        let revisions = node["revisions"].as_array().unwrap();
        assert_eq!((&node["name"], revisions.len()), (&json!(last), 211));
        assert_eq!(revisions[210]["lines"], json!([{ "issued": 210 }]));
    }
    let differences = "query($revision: Int) { certificateReports(filter: { states: [ACCEPTED] }) {
        nodes { differences(revision: $revision) { before { issued } after { issued } } } } }";
    let told = all.admin.data(differences, json!({ "revision": 1 })).await;
    let told = &told["certificateReports"]["nodes"][0]["differences"];
    assert_eq!(*told, json!([{ "before": { "issued": 0 }, "after": { "issued": 210 } }]));
    for unknown in [0, 999] {
        let refused = all.admin.answer(differences, json!({ "revision": unknown })).await;
        assert_eq!(
            refused["errors"][0]["extensions"]["code"],
            json!("BAD_USER_INPUT"),
            "{unknown}"
        );
    }
}

async fn listeners_hear_of_reports(engine: Engine) {
    let all = Reporting::start(engine).await;
    all.taken(&all.vnpt, report(&all.admin, "2021-07", &[5], 5)).await;
    let query = "subscription($partner: String) { certificateReportChanged(partner: $partner) { name state } }";
    let listen = |who: &TestApp, partner: Value| {
        let request = who.post("/graphql").header("accept", "text/event-stream");
        request.json(&json!({ "query": query, "variables": { "partner": partner } })).send()
    };
    let mut everything = listen(&all.admin, json!(null)).await.unwrap();
    let mut viettel = listen(&all.viettel, json!(null)).await.unwrap();
    // Listening has begun once the head is there; what was before is not told.
    let name = all.taken(&all.vnpt, report(&all.admin, "2021-08", &[5], 10)).await;
    assert_eq!(
        next(&mut everything).await,
        json!({ "name": "VNPT/2021-08/1", "state": "ACCEPTED" })
    );
    all.done(&all.vnpt, "withdrawCertificateReport", json!({ "report": name, "reason": "sai" }))
        .await;
    assert_eq!(
        next(&mut everything).await,
        json!({ "name": "VNPT/2021-08/1", "state": "WITHDRAWN" })
    );
    all.taken(&all.viettel, report(&all.admin, "2021-07", &[5], 5)).await;
    assert_eq!(
        next(&mut viettel).await["name"],
        json!("VIETTEL/2021-07/1"),
        "others' reports are not told"
    );
}

async fn next(events: &mut reqwest::Response) -> Value {
    loop {
        let chunk = events.chunk().await.unwrap().unwrap();
        let text = std::str::from_utf8(&chunk).unwrap();
        if let Some(data) = text.lines().find_map(|line| line.strip_prefix("data:")) {
            let event: Value = serde_json::from_str(data).unwrap();
            return event["data"]["certificateReportChanged"].clone();
        }
    }
}

async fn nested_lists_of_reports_cost_the_same_for_many_as_for_one(engine: Engine) {
    let all = Reporting::start(engine).await;
    for (month, cumulative) in [("2021-07", 12), ("2021-08", 24), ("2021-09", 36), ("2021-10", 48)]
    {
        all.taken(&all.vnpt, report(&all.admin, month, &[5, 7], cumulative)).await;
    }
    let query = "query($first: Int) { certificateReports(first: $first) { totalCount nodes { name partner { name }
        lines { unit { name parent { name } } issued } revisions { name } supersedes { name }
        differences { unit { name } after { issued } } } } }";
    let (one, cost_of_one) = all.admin.counted(query, json!({ "first": 1 })).await;
    let (many, cost_of_many) = all.admin.counted(query, json!({ "first": 4 })).await;
    assert_eq!(one["certificateReports"]["nodes"].as_array().unwrap().len(), 1);
    assert_eq!(many["certificateReports"]["nodes"].as_array().unwrap().len(), 4);
    assert_eq!((cost_of_one, cost_of_many), (4, 4));
    let totals = r#"{ certificateTotals(within: { code: "92" }, groupBy: [COMMUNE, PARTNER, PERIOD]) { issued unit { name } partner { name } } }"#;
    // Whoever asks first after a change reads the lines for all that come later.
    all.admin.data(totals, json!({})).await;
    assert_eq!(all.admin.counted(totals, json!({})).await.1, 1);
}
