//! Certificate reports as known at a moment: taken, corrected, withdrawn, reviewed.

use super::Diary;
use crate::reporting::{Reporting, report};
use registry_testing::{Engine, on_both_engines};
use serde_json::json;

on_both_engines!(what_was_told_of_reports_is_told_again);

async fn what_was_told_of_reports_is_told_again(engine: Engine) {
    const TOLD: &str = r#"query($asOf: DateTime) {
        all: certificateReports(asOf: $asOf, first: 5) { totalCount nodes {
            name state acceptedAt endedAt decision { at reason } withdrawal { at reason } supersedes { name state }
            revisions { name state } lines { issued unit { code certificates { issued } } } } }
        waiting: certificateReports(asOf: $asOf, filter: { states: [PENDING_REVIEW] }) { totalCount }
        ended: certificateReports(asOf: $asOf, filter: { states: [SUPERSEDED, WITHDRAWN, REJECTED] }) { nodes { name } }
        certificateTotals(within: { code: "92" }, asOf: $asOf) { issued reports unit {
            indicators(codes: [CERTIFICATES_ISSUED], on: "2021-12-31") { numerator status } } }
    }"#;
    let all = Reporting::start(engine).await;
    let admin = &all.admin;
    let mut diary = Diary::of(admin, TOLD);
    assert_eq!(diary.note().await["all"]["totalCount"], json!(0));
    let first = all.taken(&all.vnpt, report(admin, "2021-07", &[5], 5)).await;
    diary.note().await;
    let correction = crate::reporting::with(
        report(admin, "2021-07", &[7], 7),
        json!({ "supersedes": first, "reason": "đếm lại" }),
    );
    let second = all.taken(&all.vnpt, correction).await;
    diary.note().await;
    all.done(&all.vnpt, "withdrawCertificateReport", json!({ "report": second, "reason": "sai" }))
        .await;
    diary.note().await;
    all.done(admin, "closeReportingPeriod", json!({ "period": "2021-07" })).await;
    let third = all.taken(&all.vnpt, report(admin, "2021-07", &[9], 9)).await;
    diary.note().await;
    let approval = json!({ "report": third, "decision": "APPROVE", "reason": "có căn cứ" });
    all.done(admin, "reviewCertificateReport", approval).await;
    let told = diary.note().await;
    assert_eq!(told["certificateTotals"][0]["issued"], json!(9));
    diary.is_told_again().await;
}
