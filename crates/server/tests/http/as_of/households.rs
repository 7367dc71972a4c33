//! Households as known at a moment: moved, changed, surveyed, closed, erased.

use super::{Diary, done, pass_a_day, refusal};
use crate::harness::{HAMLET, REGISTER, TestApp, code_of, household, survey};
use crate::reporting::with;
use chrono::TimeDelta;
use registry_domain::access::{Grant, Principal, Role, TokenId};
use registry_domain::time::Clock as _;
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(
    all_that_was_told_of_a_household_is_told_again,
    a_record_is_known_as_of_the_moment_it_tells,
    the_head_of_then_is_seen_by_the_access_and_erasures_of_now,
    pages_of_the_past_can_be_walked_and_cost_the_same_for_many,
);

/// A hamlet of another commune.
const ELSEWHERE: &str = "31441001";

async fn all_that_was_told_of_a_household_is_told_again(engine: Engine) {
    const TOLD: &str = r#"query($asOf: DateTime) {
        household(code: "HG00000103", asOf: $asOf) {
            code members status effectiveOn version surveyedOn head { name masked }
            hamlet { code households { totalCount nodes { code version } }
                indicators(codes: [ADULT_SMARTPHONE]) { numerator denominator status } }
            connectivity { surveyedOn adultsWithSmartphone household { version surveyedOn } }
            inSpring: connectivity(on: "2024-05-31") { surveyedOn }
            connectivityHistory(first: 1) { totalCount nodes { surveyedOn } pageInfo { hasNextPage } } }
        all: households(asOf: $asOf, orderBy: { field: SURVEYED_ON }) {
            totalCount nodes { code surveyedOn members hamlet { code } } }
        withFibre: households(asOf: $asOf, filter: { hasFibre: true, status: ACTIVE }) { totalCount nodes { code } }
        withoutFibre: households(asOf: $asOf, filter: { hasFibre: false }) { totalCount nodes { code } }
        ofVnpt: households(asOf: $asOf, filter: { provider: VNPT }) { totalCount }
        surveyed: households(asOf: $asOf, filter: { surveyedAfter: "2024-05-31" }) { totalCount }
        notSurveyed: households(asOf: $asOf, filter: { surveyedBefore: "2024-06-30", codePrefix: "HG000001" }) { totalCount }
        unit(ref: { code: "31333001" }) { households(asOf: $asOf) { totalCount nodes { code } } }
    }"#;
    let app = TestApp::start(engine).await;
    let mut diary = Diary::of(&app, TOLD);
    let nobody = diary.note().await;
    assert_eq!(nobody["household"], json!(null), "what is recorded later did not exist");
    let code = app.register(HAMLET).await;
    assert_eq!(code, "HG00000103");
    diary.note().await;
    let no_line = json!({ "fixedLine": null, "adultsWithSmartphone": 1, "services": [] });
    app.survey(with(survey(&code, "2024-06-10"), no_line)).await;
    diary.note().await;
    // Visited before, recorded later.
    app.survey(survey(&code, "2024-03-10")).await;
    let late = diary.note().await;
    assert_eq!(late["household"]["inSpring"]["surveyedOn"], json!("2024-03-10"));
    let change = json!({ "household": code, "version": 1, "effectiveOn": "2025-08-01",
        "hamlet": { "code": ELSEWHERE }, "composition": { "members": 6, "adults": 4, "workingAge": 2 } });
    done(&app, "updateHousehold", change).await;
    let moved = diary.note().await;
    assert_eq!(moved["household"]["hamlet"]["code"], json!(ELSEWHERE));
    assert_eq!(moved["unit"]["households"]["totalCount"], json!(0));
    app.register(HAMLET).await;
    app.survey(survey(&code, "2025-09-10")).await;
    diary.note().await;
    let closure = json!({ "household": code, "version": 2, "reason": "MOVED_AWAY", "closedOn": "2025-10-01" });
    done(&app, "closeHousehold", closure).await;
    let closed = diary.note().await;
    assert_eq!(closed["household"]["status"], json!("MOVED_AWAY"));
    diary.is_told_again().await;
}

async fn a_record_is_known_as_of_the_moment_it_tells(engine: Engine) {
    let app = TestApp::start(engine).await;
    app.database.clock.set("2026-11-01T05:00:00.123456Z".parse().unwrap());
    let code = app.register(HAMLET).await;
    app.survey(survey(&code, "2024-03-10")).await;
    let query = "query($code: HouseholdCode!, $asOf: DateTime) {
        household(code: $code, asOf: $asOf) { connectivity { recordedAt } } }";
    let told = app.data(query, json!({ "code": code })).await;
    let recorded_at = &told["household"]["connectivity"]["recordedAt"];
    assert_eq!(*recorded_at, json!("2026-11-01T05:00:00.123Z"));
    let as_of = json!({ "code": code, "asOf": recorded_at });
    assert_eq!(app.data(query, as_of).await, told);
    let before = json!({ "code": code, "asOf": "2026-11-01T05:00:00.122Z" });
    assert_eq!(app.data(query, before).await, json!({ "household": null }));
}

const HEAD: &str = "query($code: HouseholdCode!, $asOf: DateTime) {
    household(code: $code, asOf: $asOf) { version head { name citizenNumber masked } } }";

async fn head(app: &TestApp, code: &str, as_of: Option<&str>) -> Value {
    app.data(HEAD, json!({ "code": code, "asOf": as_of })).await["household"].clone()
}

async fn the_head_of_then_is_seen_by_the_access_and_erasures_of_now(engine: Engine) {
    let app = TestApp::start(engine).await;
    let first = json!({ "head": { "name": "Trần Văn Xoài", "citizenNumber": "000180001212" } });
    let input = json!({ "input": with(household(HAMLET), first) });
    app.data(REGISTER, input).await;
    let code = code_of(1);
    let then = app.database.clock.now().to_rfc3339();
    pass_a_day(&app);
    let change = json!({ "household": code, "version": 1, "effectiveOn": "2025-08-01",
        "hamlet": { "code": ELSEWHERE }, "head": { "name": "Lê Thị Mận" } });
    done(&app, "updateHousehold", change).await;

    let officer_of = async |unit: &str| {
        let unit = app.store.units().resolve(unit.parse().unwrap(), app.store.today()).unwrap().id;
        let grant = Grant::new(Role::Officer.scopes(), Role::Officer.mode(), None, Some(unit));
        let token = TokenId::new("token-7").unwrap();
        app.beside(Principal::bearer("officer", token, grant.unwrap())).await
    };
    let (before, since) = (officer_of("31333").await, officer_of("31441").await);
    let clear =
        json!({ "name": "Trần Văn Xoài", "citizenNumber": "000180001212", "masked": false });
    let masked = json!({ "name": "Trần V. ***", "citizenNumber": "000*******12", "masked": true });
    assert_eq!(head(&since, &code, Some(&then)).await["head"], clear);
    let left = head(&before, &code, Some(&then)).await;
    assert_eq!(left, json!({ "version": 1, "head": masked }), "it lives elsewhere now");
    assert_eq!(head(&since, &code, None).await["head"]["name"], json!("Lê Thị Mận"));
    let noted = "audit_event WHERE action = 'personal.read'";
    let notes = crate::commerce::past::kept(&app, noted, "actor", "recorded_at").await;
    assert_eq!(notes, ["officer", "officer"], "each reading in clear is noted, of the past too");

    let search = "query($asOf: DateTime) { households(asOf: $asOf, filter: { citizenNumber: \"000180001212\" }) { totalCount } }";
    let refused = since.answer(search, json!({ "asOf": then })).await;
    assert_eq!(refusal(&refused), ["BAD_USER_INPUT", "PRESENT_ONLY"]);

    pass_a_day(&app);
    let erase = json!({ "household": code, "version": 2 });
    done(&app, "eraseHouseholdPersonalData", erase).await;
    for as_of in [Some(then.as_str()), None] {
        assert_eq!(head(&since, &code, as_of).await["head"], json!(null), "{as_of:?}");
    }
    assert_eq!(head(&since, &code, Some(&then)).await["version"], json!(1));
}

async fn pages_of_the_past_can_be_walked_and_cost_the_same_for_many(engine: Engine) {
    const PAGE: &str = "query($asOf: DateTime, $first: Int, $after: String) {
        households(asOf: $asOf, first: $first, after: $after, orderBy: { field: SURVEYED_ON, direction: DESCENDING }) {
            totalCount pageInfo { hasNextPage endCursor }
            nodes { code hamlet { name } head { name } connectivity { surveyedOn household { version } }
                connectivityHistory(first: 2) { totalCount nodes { surveyedOn } } } } }";
    let app = TestApp::start(engine).await;
    let mut codes = Vec::new();
    for month in 1..=5 {
        let code = app.register(HAMLET).await;
        app.survey(survey(&code, &format!("2024-0{month}-10"))).await;
        codes.insert(0, code);
    }
    let then = app.database.clock.now().to_rfc3339();
    pass_a_day(&app);
    app.survey(survey(&codes[4], "2024-09-10")).await;
    app.register(HAMLET).await;

    let (_, of_one) = app.counted(PAGE, json!({ "asOf": then, "first": 1 })).await;
    let (all, of_all) = app.counted(PAGE, json!({ "asOf": then, "first": 50 })).await;
    let (_, now) = app.counted(PAGE, json!({ "first": 50 })).await;
    assert_eq!((of_one, of_all), (now, now), "the past costs as many statements as the present");
    assert_eq!(all["households"]["totalCount"], json!(5));

    let (mut walked, mut after) = (Vec::new(), json!(null));
    loop {
        let variables = json!({ "asOf": then, "first": 2, "after": after });
        let page = app.data(PAGE, variables).await["households"].clone();
        let nodes = page["nodes"].as_array().unwrap().iter();
        walked.extend(nodes.map(|node| node["code"].as_str().unwrap().to_owned()));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
    }
    assert_eq!(walked, codes);
    let clock = app.database.clock.now();
    let other = (clock - TimeDelta::hours(1)).to_rfc3339();
    for as_of in [None, Some(other)] {
        let refused = app.answer(PAGE, json!({ "asOf": as_of, "after": after })).await;
        assert_eq!(refusal(&refused)[0], "BAD_USER_INPUT", "a cursor of another moment");
    }
}
