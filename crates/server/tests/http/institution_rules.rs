//! What is refused of schools and banks, each by its code and path.

use crate::harness::{HAMLET, TestApp};
use crate::institutions::{act, done, register, school};
use crate::reporting::{faults, with};
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(every_fault_of_an_input_is_told, features_are_refused_with_their_reason);

async fn every_fault_of_an_input_is_told(engine: Engine) {
    let app = TestApp::start(engine).await;
    let registering = async |members: Value| {
        let input = with(school("Trường Tiểu học Nguyễn Trãi"), members);
        faults(&act(&app, "registerInstitution", input).await)
    };
    assert_eq!(
        registering(json!({ "name": "", "hamlet": { "code": "99999001" } })).await,
        ["TEXT_EMPTY input.name", "OUTSIDE_PROVINCE input.hamlet"]
    );
    assert_eq!(registering(json!({ "name": "a".repeat(201) })).await, ["TEXT_TOO_LONG input.name"]);
    assert_eq!(
        registering(json!({ "hamlet": { "code": "31333" } })).await,
        ["NOT_A_HAMLET input.hamlet"]
    );
    assert_eq!(
        registering(json!({ "openedOn": "2026-11-02" })).await,
        ["FUTURE_DATE input.openedOn"]
    );
    assert_eq!(
        registering(json!({ "openedOn": "1899-12-31" })).await,
        ["DATE_TOO_EARLY input.openedOn"]
    );
    let first = register(&app, school("Trường Tiểu học Nguyễn Trãi")).await;
    let same = registering(json!({ "name": "TRƯỜNG TIỂU HỌC  NGUYỄN TRÃI" })).await;
    assert_eq!(same, ["DUPLICATE_INSTITUTION input.name"]);
    let second = register(&app, school("Trường Tiểu học Lê Lợi")).await;

    let updating = async |members: Value| {
        let input = json!({ "institution": second, "version": 1, "effectiveOn": "2024-05-01", "name": "Trường mới" });
        faults(&act(&app, "updateInstitution", with(input, members)).await)
    };
    assert_eq!(updating(json!({ "institution": "TC1" })).await, ["MALFORMED input.institution"]);
    assert_eq!(
        updating(json!({ "institution": "TC00000227", "version": 9 })).await,
        ["CONFLICT input.version"]
    );
    assert_eq!(
        updating(json!({ "institution": "TC00000906" })).await,
        ["UNKNOWN_INSTITUTION input.institution"]
    );
    for same in [
        json!({ "name": null }),
        json!({ "name": "Trường Tiểu học Lê Lợi" }),
        json!({ "name": null, "hamlet": { "code": HAMLET } }),
        json!({ "name": "Trường Tiểu học Lê Lợi", "hamlet": { "code": HAMLET } }),
    ] {
        assert_eq!(updating(same).await, ["NOTHING_TO_CHANGE input"]);
    }
    assert_eq!(
        updating(json!({ "effectiveOn": "1998-09-04" })).await,
        ["DATE_TOO_EARLY input.effectiveOn"]
    );
    assert_eq!(
        updating(json!({ "effectiveOn": "2026-11-02" })).await,
        ["FUTURE_DATE input.effectiveOn"]
    );
    assert_eq!(
        updating(json!({ "hamlet": { "code": "31333" } })).await,
        ["NOT_A_HAMLET input.hamlet"]
    );
    assert_eq!(
        updating(json!({ "name": "Trường Tiểu học Nguyễn Trãi" })).await,
        ["DUPLICATE_INSTITUTION input.name"]
    );
    let close = json!({ "institution": first, "version": 1, "closedOn": "2024-05-01" });
    done(&app, "closeInstitution", close.clone()).await;
    let again = act(&app, "closeInstitution", close).await;
    assert_eq!(faults(&again), ["INSTITUTION_CLOSED input.institution"]);
}

async fn features_are_refused_with_their_reason(engine: Engine) {
    let app = TestApp::start(engine).await;
    let school_code = register(&app, school("Trường Tiểu học Nguyễn Trãi")).await;
    let bank = register(&app, with(school("Ngân hàng"), json!({ "kind": "BANK" }))).await;
    let assessing = async |members: Value| {
        let input = json!({ "institution": school_code, "criterion": "STANDARD_DATA", "fulfilledOn": "2024-01-10", "evidence": "QĐ 12" });
        faults(&act(&app, "assessSchool", with(input, members)).await)
    };
    assert_eq!(assessing(json!({ "evidence": "" })).await, ["TEXT_EMPTY input.evidence"]);
    assert_eq!(assessing(json!({ "institution": bank })).await, ["NOT_A_SCHOOL input.institution"]);
    assert_eq!(
        assessing(json!({ "institution": "TC00000906" })).await,
        ["UNKNOWN_INSTITUTION input.institution"]
    );
    assert_eq!(
        assessing(json!({ "fulfilledOn": "1998-09-04" })).await,
        ["DATE_TOO_EARLY input.fulfilledOn"]
    );
    assert_eq!(
        assessing(json!({ "fulfilledOn": "2026-11-02" })).await,
        ["FUTURE_DATE input.fulfilledOn"]
    );
    let withdrawing = async |members: Value| {
        let input = json!({ "institution": school_code, "criterion": "STANDARD_DATA", "withdrawnOn": "2024-03-01", "reason": "hết hạn" });
        faults(&act(&app, "withdrawSchoolAssessment", with(input, members)).await)
    };
    assert_eq!(withdrawing(json!({})).await, ["CRITERION_NOT_FULFILLED input.criterion"]);
    assert_eq!(assessing(json!({})).await, Vec::<String>::new());
    assert_eq!(assessing(json!({})).await, ["CRITERION_FULFILLED input.criterion"]);
    assert_eq!(withdrawing(json!({ "reason": "" })).await, ["TEXT_EMPTY input.reason"]);
    assert_eq!(
        withdrawing(json!({ "withdrawnOn": "2024-01-10" })).await,
        ["DATE_TOO_EARLY input.withdrawnOn"]
    );
    assert_eq!(
        withdrawing(json!({ "withdrawnOn": "2026-11-02" })).await,
        ["FUTURE_DATE input.withdrawnOn"]
    );
    assert_eq!(withdrawing(json!({})).await, Vec::<String>::new());
    assert_eq!(
        assessing(json!({ "fulfilledOn": "2024-02-29" })).await,
        ["DATE_TOO_EARLY input.fulfilledOn"]
    );

    let offering = async |members: Value| {
        let input =
            json!({ "institution": bank, "service": "QR_PAYMENT", "offeredSince": "2024-01-10" });
        faults(&act(&app, "recordBankService", with(input, members)).await)
    };
    assert_eq!(
        offering(json!({ "institution": school_code })).await,
        ["NOT_A_BANK input.institution"]
    );
    let ending = async |members: Value| {
        let input = json!({ "institution": bank, "service": "QR_PAYMENT", "endedOn": "2024-03-01", "reason": "ngừng" });
        faults(&act(&app, "endBankService", with(input, members)).await)
    };
    assert_eq!(ending(json!({})).await, ["SERVICE_NOT_OFFERED input.service"]);
    assert_eq!(offering(json!({})).await, Vec::<String>::new());
    assert_eq!(offering(json!({})).await, ["SERVICE_OFFERED input.service"]);
    assert_eq!(ending(json!({ "endedOn": "2024-01-10" })).await, ["DATE_TOO_EARLY input.endedOn"]);
    let close = json!({ "institution": bank, "version": 1, "closedOn": "2024-05-01" });
    done(&app, "closeInstitution", close).await;
    assert_eq!(ending(json!({})).await, ["INSTITUTION_CLOSED input.institution"]);
    assert_eq!(offering(json!({})).await, ["INSTITUTION_CLOSED input.institution"]);
    assert_eq!(app.store.check_rollups().await.unwrap(), []);
}
