//! Whoever may write and not read: what was written is not shown, and that it was done is told.

use crate::community::{commune, help, of_hamlet, team};
use crate::harness::{HAMLET, TestApp, household, survey};
use crate::institutions::{register, school};
use crate::reporting::with;
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(households_and_teams_are_kept_without_reading, the_rest_is_kept_without_reading);

/// Carries out a mutation of which nothing is asked but whether it was done; then, what was written can't be
/// asked for.
async fn done(app: &TestApp, mutation: &str, shown: &str, input: Value) {
    let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let with_payload = |payload: &str| {
        format!("mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {payload} }} }}")
    };
    let query = with_payload("replayed errors { code path }");
    let told = app.data(&query, json!({ "input": input })).await;
    assert_eq!(told[mutation], json!({ "replayed": false, "errors": [] }), "{input}");
    let asked = with_payload(&format!("{shown} errors {{ code }}"));
    let refused = app.answer(&asked, json!({ "input": input })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{mutation}");
}

async fn households_and_teams_are_kept_without_reading(engine: Engine) {
    let app = TestApp::start(engine).await;
    let token =
        json!({ "role": "OFFICER", "unit": { "code": "31333" }, "scopes": ["HOUSEHOLDS_WRITE"] });
    let writer = app.bearer(token).await;
    done(&writer, "registerHousehold", "household { version }", household(HAMLET)).await;
    let query = "mutation($input: RegisterHouseholdInput!) {
        registerHousehold(input: $input) { household { __typename } errors { code } } }";
    let told = writer.data(query, json!({ "input": household(HAMLET) })).await;
    assert_eq!(told["registerHousehold"], json!({ "household": null, "errors": [] }));
    let code = app.register(HAMLET).await;
    let survey = survey(&code, "2026-10-02");
    done(&writer, "recordConnectivity", "survey { adults }", json!({ "survey": survey })).await;
    let composition = json!({ "members": 5, "adults": 3, "workingAge": 2 });
    let change = json!({ "household": code, "version": 1, "effectiveOn": "2026-10-10", "composition": composition });
    done(&writer, "updateHousehold", "household { version }", change).await;
    let close = json!({ "household": code, "version": 2, "reason": "MOVED_AWAY", "closedOn": "2026-10-20" });
    done(&writer, "closeHousehold", "household { version }", close).await;

    let new = json!({ "unit": commune("31333"), "members": 5, "foundedOn": "2022-06-01" });
    done(&writer, "registerTeam", "team { version }", new).await;
    let code = team(&app, of_hamlet(HAMLET), "2022-06-01").await;
    let change = json!({ "team": code, "version": 1, "effectiveOn": "2023-01-01", "members": 6 });
    done(&writer, "updateTeam", "team { version }", change).await;
    let rows = [help(&code, "2024-05", "OTHER", 3)];
    let query = "mutation($input: RecordTeamActivityInput!) {
        recordTeamActivity(input: $input) { recorded errors { code } } }";
    let told = writer.data(query, json!({ "input": { "rows": rows } })).await;
    assert_eq!(told["recordTeamActivity"], json!({ "recorded": 1, "errors": [] }));
    let end = json!({ "team": code, "version": 2, "dissolvedOn": "2025-01-01" });
    done(&writer, "dissolveTeam", "team { version }", end).await;

    let session = json!({ "heldOn": "2024-05-20", "hamlet": { "code": HAMLET }, "topic": "ECOMMERCE",
        "audience": "RESIDENTS", "attendees": 45 });
    done(&writer, "recordTraining", "sessions { version }", json!({ "sessions": [session] })).await;
    let found = app.data("{ trainingSessions { nodes { code } } }", json!({})).await;
    let code = &found["trainingSessions"]["nodes"][0]["code"];
    let cancel = json!({ "session": code, "version": 1, "reason": "ghi nhầm" });
    done(&writer, "cancelTraining", "session { version }", cancel).await;
}

async fn the_rest_is_kept_without_reading(engine: Engine) {
    let app = TestApp::start(engine).await;
    let writer = app.bearer(json!({ "role": "ADMIN", "scopes": ["ADMIN"] })).await;
    done(&writer, "registerInstitution", "institution { version }", school("Trường Tiểu học A"))
        .await;
    let code = register(&app, school("Trường Tiểu học B")).await;
    let change = json!({ "institution": code, "version": 1, "effectiveOn": "2024-05-01", "name": "Trường Tiểu học C" });
    done(&writer, "updateInstitution", "institution { version }", change).await;
    let feature = json!({ "institution": code, "criterion": "STANDARD_DATA" });
    let assessed = json!({ "fulfilledOn": "2024-06-10", "evidence": "QĐ 12" });
    done(&writer, "assessSchool", "institution { version }", with(feature.clone(), assessed)).await;
    let withdrawn = json!({ "withdrawnOn": "2025-06-10", "reason": "hết hạn" });
    done(&writer, "withdrawSchoolAssessment", "institution { version }", with(feature, withdrawn))
        .await;
    let close = json!({ "institution": code, "version": 2, "closedOn": "2026-05-01" });
    done(&writer, "closeInstitution", "institution { version }", close).await;

    let bank = register(&app, with(school("Ngân hàng"), json!({ "kind": "BANK" }))).await;
    let service = json!({ "institution": bank, "service": "QR_PAYMENT" });
    let offered = with(service.clone(), json!({ "offeredSince": "2024-06-10" }));
    done(&writer, "recordBankService", "institution { version }", offered).await;
    let ended = with(service, json!({ "endedOn": "2025-06-10", "reason": "ngừng" }));
    done(&writer, "endBankService", "institution { version }", ended).await;

    let network =
        json!({ "commune": { "code": "31333" }, "operator": "VIETTEL", "generation": "G4" });
    let record = json!({ "coverages": [with(network.clone(), json!({ "from": "2025-08-01" }))] });
    let query = "mutation($input: RecordCoverageInput!) {
        recordCoverage(input: $input) { recorded errors { code } } }";
    let told = writer.data(query, json!({ "input": record })).await;
    assert_eq!(told["recordCoverage"], json!({ "recorded": 1, "errors": [] }));
    let end = with(network, json!({ "until": "2026-05-01", "reason": "tháo dỡ trạm" }));
    done(&writer, "endCoverage", "coverage { until }", end).await;
}
