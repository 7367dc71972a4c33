//! Certificates added up over HTTP: on any boundaries, as known at any moment, and as an indicator.

use crate::reporting::Reporting;
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    totals_can_be_told_on_any_boundaries_and_at_any_moment,
    certificates_are_an_indicator,
);

async fn totals_can_be_told_on_any_boundaries_and_at_any_moment(engine: Engine) {
    let all = Reporting::start(engine).await;
    // Thị trấn Nàng Mau and Xã Vị Trung went whole into Xã Vị Thủy, which has the code 31441 since.
    let lines = json!([
        { "unit": "31441", "issued": 10, "renewed": 0, "revoked": 0 },
        { "unit": "31444", "issued": 5, "renewed": 0, "revoked": 0 },
        { "unit": "31447", "issued": 3, "renewed": 0, "revoked": 0 },
    ]);
    let before = json!({ "period": "2025-06", "lines": lines, "cumulativeIssued": 18, "idempotencyKey": "a" });
    let first = all.taken(&all.vnpt, before).await;
    let lines = json!([{ "unit": "31441", "issued": 7, "renewed": 0, "revoked": 0 }]);
    let after = json!({ "period": "2025-07", "lines": lines, "cumulativeIssued": 25, "idempotencyKey": "b" });
    all.taken(&all.vnpt, after).await;

    let query = "query($within: UnitRef!, $asOf: DateTime, $boundariesOn: Date, $groupBy: [CertificateGroup!]) {
        certificateTotals(within: $within, asOf: $asOf, boundariesOn: $boundariesOn, groupBy: $groupBy) {
            unit { name } period issued quality } }";
    let totals = async |variables: Value| {
        all.admin.data(query, variables).await["certificateTotals"].clone()
    };
    let now = totals(json!({ "within": { "code": "31441" }, "groupBy": ["PERIOD"] })).await;
    assert_eq!(
        now,
        json!([
            { "unit": { "name": "Xã Vị Thủy" }, "period": "2025-06", "issued": 15, "quality": "EXACT" },
            { "unit": { "name": "Xã Vị Thủy" }, "period": "2025-07", "issued": 7, "quality": "EXACT" },
        ])
    );
    // Told on the older boundaries, what was counted since is divided by hamlets; together it is exact.
    let then = json!({ "codeOn": { "code": "935", "on": "2025-06-30" } });
    let then = totals(json!({ "within": then, "groupBy": ["COMMUNE", "PERIOD"] })).await;
    let then: Vec<_> =
        then.as_array().unwrap().iter().filter(|total| total["period"] == "2025-07").collect();
    assert_eq!(then.len(), 3, "{then:?}");
    assert!(then.iter().all(|total| total["quality"] == "ESTIMATED"), "{then:?}");
    assert_eq!(then.iter().map(|total| total["issued"].as_u64().unwrap()).sum::<u64>(), 7);
    let province = json!({ "codeOn": { "code": "93", "on": "2025-06-30" } });
    let province = totals(json!({ "within": province })).await;
    assert_eq!((&province[0]["issued"], &province[0]["quality"]), (&json!(25), &json!("EXACT")));

    let moment = "2026-11-01T06:00:00Z";
    all.admin.database.clock.set(moment.parse().unwrap());
    let input = json!({ "period": "2025-06", "cumulativeIssued": 1, "idempotencyKey": "c", "supersedes": first, "reason": "sai",
        "lines": [{ "unit": "31441", "issued": 1, "renewed": 0, "revoked": 0 }] });
    all.taken(&all.vnpt, input).await;
    let province = json!({ "code": "92" });
    for (as_of, issued) in
        [(json!("2026-11-01T05:59:59Z"), 25), (json!(moment), 8), (json!(null), 8)]
    {
        let told = totals(json!({ "within": province, "asOf": as_of })).await;
        assert_eq!(told[0]["issued"], json!(issued), "{as_of}");
        let list = "query($asOf: DateTime) { certificateReports(asOf: $asOf, filter: { states: [ACCEPTED] }) {
            totalCount nodes { name state endedAt } } }";
        let data =
            all.admin.data(list, json!({ "asOf": as_of })).await["certificateReports"].clone();
        assert_eq!(data["totalCount"], json!(2));
        let nodes = data["nodes"].as_array().unwrap().iter();
        assert!(
            { nodes }.all(|node| node["state"] == "ACCEPTED" && node["endedAt"] == json!(null)),
            "{data:#}"
        );
    }
    let newer = json!({ "within": { "code": "92" }, "groupBy": ["DISTRICT"] });
    let newer = all.admin.answer(query, newer).await;
    assert_eq!(
        newer["errors"][0]["extensions"]["code"],
        json!("BAD_USER_INPUT"),
        "districts have ended"
    );
    let hamlet = all.admin.answer(query, json!({ "within": { "code": "31441001" } })).await;
    assert_eq!(hamlet["errors"][0]["extensions"]["code"], json!("BAD_USER_INPUT"));
}

async fn certificates_are_an_indicator(engine: Engine) {
    let all = Reporting::start(engine).await;
    let household = all.admin.register("31333001").await;
    all.admin.survey(crate::harness::survey(&household, "2024-04-20")).await;
    let line = json!([{ "unit": "31333", "issued": 2, "renewed": 0, "revoked": 0 }]);
    let input =
        json!({ "period": "2024-05", "lines": line, "cumulativeIssued": 2, "idempotencyKey": "a" });
    all.taken(&all.vnpt, input).await;
    let query = "query($unit: UnitRef!, $on: Date!) { indicators(unit: $unit, on: $on,
        codes: [CERTIFICATES_ISSUED, CERTIFICATES_PER_100_ADULTS]) { code numerator denominator value coverage status } }";
    let values = async |code: &str, on: &str| {
        let unit = json!({ "codeOn": { "code": code, "on": on } });
        all.admin.data(query, json!({ "unit": unit, "on": on })).await["indicators"].clone()
    };
    assert_eq!(
        values("31333", "2024-05-31").await,
        json!([
            { "code": "CERTIFICATES_ISSUED", "numerator": 2, "denominator": 1, "value": 2.0, "coverage": "WHOLE", "status": "PROVISIONAL" },
            { "code": "CERTIFICATES_PER_100_ADULTS", "numerator": 2, "denominator": 3, "value": 200.0 / 3.0, "coverage": "WHOLE", "status": "PROVISIONAL" },
        ])
    );
    assert_eq!(values("31333", "2024-04-30").await[0]["value"], json!(0.0));
    assert_eq!(values("31333001", "2024-05-31").await, json!([]), "hamlets have none");
    assert_eq!(values("92", "2026-10-31").await[0]["value"], json!(2.0));
    let open = all.admin.beside(registry_domain::access::Principal::anonymous()).await;
    let told = open.data(query, json!({ "unit": { "code": "92" }, "on": "2026-10-31" })).await;
    assert_eq!(told["indicators"][0]["value"], json!(2.0), "the number is for everyone");
    assert_eq!(told["indicators"][1]["value"], json!(null), "few adults are not");
    let close = json!({ "period": "2024-05" });
    all.done(&all.admin, "closeReportingPeriod", close).await;
    assert_eq!(values("31333", "2024-05-31").await[0]["status"], json!("FINAL"), "once closed");
    let series = r#"{ indicatorSeries(code: CERTIFICATES_ISSUED, unit: { codeOn: { code: "93", on: "2024-06-30" } },
        from: "2024-04", to: "2024-06") { value } }"#;
    let series = all.admin.data(series, json!({})).await["indicatorSeries"].clone();
    assert_eq!(series, json!([{ "value": 0.0 }, { "value": 2.0 }, { "value": 2.0 }]));
}
