//! Every operation of the schema, tried by every kind of user. An operation without a row fails.

use std::collections::BTreeSet;

use crate::harness::{HAMLET, TestApp};
use crate::reporting::agree;
use registry_domain::access::Principal;
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(every_operation_answers_every_role_as_the_table_says);

/// The kinds of users, in the order of the table's columns.
const USERS: [&str; 8] = [
    "anonymous",
    "reader",
    "officer of the unit",
    "officer of another unit",
    "VNPT",
    "Viettel",
    "auditor",
    "admin",
];

/// An operation and what comes of it for each of [`USERS`]: `ok`, the code of a GraphQL error, or
/// the code of an error in the payload. `{code}` is a household in the unit, new for each try.
struct Row(&'static str, &'static str, [&'static str; 8]);

const OPEN: [&str; 8] = ["ok"; 8];
const READ: [&str; 8] = reading("ok", "FORBIDDEN");
const ADMINISTER: [&str; 8] = {
    let no = "FORBIDDEN";
    ["UNAUTHENTICATED", no, no, no, no, no, no, "ok"]
};
const KEEP_HOUSEHOLDS: [&str; 8] = keeping("ok");

/// What is for officers within their unit; what the administrator is told who comes after one.
const fn keeping(told: &'static str) -> [&'static str; 8] {
    let no = "FORBIDDEN";
    ["UNAUTHENTICATED", no, "ok", "OUTSIDE_UNIT", no, no, no, told]
}

/// What is for whoever may read the registry, but not for partners.
const fn reading(yes: &'static str, partner: &'static str) -> [&'static str; 8] {
    ["UNAUTHENTICATED", yes, yes, yes, partner, partner, yes, yes]
}

/// What is for partners, each for its own.
const REPORT: [&str; 8] = for_partners("ok", "ok");

const fn for_partners(vnpt: &'static str, viettel: &'static str) -> [&'static str; 8] {
    let no = "FORBIDDEN";
    ["UNAUTHENTICATED", no, no, no, vnpt, viettel, no, no]
}

const fn administering(told: &'static str) -> [&'static str; 8] {
    let no = "FORBIDDEN";
    ["UNAUTHENTICATED", no, no, no, no, no, no, told]
}

/// What is for whoever may read the log.
const fn auditing(told: &'static str) -> [&'static str; 8] {
    let no = "FORBIDDEN";
    ["UNAUTHENTICATED", no, no, no, no, no, told, told]
}

const TABLE: &[Row] = &[
    Row("Query.unit", r#"{ unit(ref: { code: "31333" }) { name } }"#, OPEN),
    Row("Query.units", "{ units(first: 1) { nodes { name } } }", OPEN),
    Row("Query.household", r#"{ household(code: "{code}") { code head { name masked } } }"#, READ),
    Row("Query.households", "{ households(first: 1) { totalCount nodes { code } } }", READ),
    Row("Query.indicators", r#"{ indicators(unit: { code: "92" }) { code value } }"#, OPEN),
    Row(
        "Query.indicatorSeries",
        r#"{ indicatorSeries(code: HOUSEHOLD_FIBRE, unit: { code: "92" }, from: "2026-01", to: "2026-02") { value } }"#,
        OPEN,
    ),
    Row("Query.node", r#"{ node(id: "{id}") { id ... on Household { code } } }"#, READ),
    Row("Query.nodes", r#"{ nodes(ids: ["{id}"]) { id ... on Household { code } } }"#, READ),
    Row("Query.tokens", "{ tokens(first: 1) { nodes { jti } } }", ADMINISTER),
    Row("Query.partners", "{ partners { code } }", ADMINISTER),
    Row(
        "Query.certificateReports",
        "{ certificateReports(first: 1) { totalCount nodes { name lines { issued } } } }",
        reading("ok", "ok"),
    ),
    Row(
        "Query.certificateTotals",
        r#"{ certificateTotals(within: { code: "92" }) { issued partner { code } } }"#,
        reading("ok", "ok"),
    ),
    Row(
        "Query.reportingPeriods",
        r#"{ reportingPeriods(from: "2026-01") { period partners { delivery } } }"#,
        reading("ok", "ok"),
    ),
    Row(
        "Query.certificate",
        r#"{ certificate(serial: "5A", issuer: "VNPT-CA") { serial pseudonym } }"#,
        reading("ok", "ok"),
    ),
    Row(
        "Query.certificates",
        "{ certificates(first: 1) { nodes { serial } } }",
        reading("ok", "ok"),
    ),
    Row(
        "Query.certificateReconciliation",
        r#"{ certificateReconciliation(period: "2026-01") { shareExplained csv } }"#,
        reading("ok", "ok"),
    ),
    Row(
        "Subscription.certificateReportChanged",
        "subscription { certificateReportChanged { name } }",
        reading("ok", "ok"),
    ),
    Row(
        "Mutation.submitCertificateReport",
        r#"mutation { submitCertificateReport(input: { period: "2021-07", cumulativeIssued: 1, idempotencyKey: "a",
            lines: [{ unit: "31321", issued: 1, renewed: 0, revoked: 0 }] }) { report { name } errors { code } } }"#,
        REPORT,
    ),
    Row(
        "Mutation.withdrawCertificateReport",
        r#"mutation { withdrawCertificateReport(input: { report: "VNPT/2021-07/1", reason: "sai" }) {
            report { state } errors { code } } }"#,
        for_partners("ok", "NOT_OWN_PARTNER"),
    ),
    Row(
        "Mutation.reviewCertificateReport",
        r#"mutation { reviewCertificateReport(input: { report: "VNPT/2021-07/1", decision: APPROVE }) {
            report { state } errors { code } } }"#,
        administering("REPORT_STATE"),
    ),
    Row(
        "Mutation.closeReportingPeriod",
        r#"mutation { closeReportingPeriod(input: { period: "2021-08" }) { period { closedAt } errors { code } } }"#,
        ADMINISTER,
    ),
    Row(
        "Mutation.reopenReportingPeriod",
        r#"mutation { reopenReportingPeriod(input: { period: "2021-08" }) { period { closedAt } errors { code } } }"#,
        ADMINISTER,
    ),
    Row(
        "Mutation.registerCertificates",
        r#"mutation { registerCertificates(input: { certificates: [{ serial: "5A", issuer: "{code}", holder: "000199001234",
            unit: "31321", validFrom: "2024-05-01", validTo: "2026-05-01" }] }) { registered errors { code } } }"#,
        REPORT,
    ),
    Row(
        "Mutation.changeCertificateStatus",
        r#"mutation { changeCertificateStatus(input: { serial: "5A", issuer: "unknown", status: REVOKED, on: "2024-06-01",
            reason: "mất" }) { certificate { status } errors { code } } }"#,
        for_partners("UNKNOWN_CERTIFICATE", "UNKNOWN_CERTIFICATE"),
    ),
    Row(
        "Mutation.registerPartner",
        r#"mutation { registerPartner(input: { code: "MOBIFONE", name: "MobiFone" }) { partner { code } errors { code } } }"#,
        ADMINISTER,
    ),
    Row(
        "Mutation.updatePartner",
        r#"mutation { updatePartner(input: { code: "VNPT", signaturesRequired: false }) { partner { code } errors { code } } }"#,
        ADMINISTER,
    ),
    Row(
        "Mutation.setPartnerAuthorities",
        r#"mutation { setPartnerAuthorities(input: { partner: "VNPT", pem: "" }) { partner { code } errors { code } } }"#,
        ADMINISTER,
    ),
    Row(
        "Query.coverageRecords",
        "{ coverageRecords(first: 1) { totalCount nodes { operator } } }",
        READ,
    ),
    Row(
        "Mutation.recordCoverage",
        r#"mutation { recordCoverage(input: { coverages: [{ commune: { code: "31333" }, operator: VIETTEL, generation: G4,
            from: "2026-01-01" }] }) { recorded errors { code } } }"#,
        ADMINISTER,
    ),
    Row(
        "Mutation.endCoverage",
        r#"mutation { endCoverage(input: { commune: { code: "31333" }, operator: GMOBILE, generation: G5, until: "2026-02-01",
            reason: "tháo dỡ trạm" }) { coverage { from } errors { code } } }"#,
        administering("COVERAGE_NOT_OPEN"),
    ),
    Row("Query.institution", r#"{ institution(code: "TC00000130") { name digital } }"#, READ),
    Row(
        "Query.institutions",
        "{ institutions(first: 1) { totalCount nodes { name criteria { evidence } } } }",
        READ,
    ),
    Row(
        "Mutation.registerInstitution",
        r#"mutation { registerInstitution(input: { kind: COLLEGE, name: "Trường Cao đẳng {code}", hamlet: { code: "31333001" },
            openedOn: "2010-01-01" }) { institution { code } errors { code } } }"#,
        ADMINISTER,
    ),
    Row(
        "Mutation.updateInstitution",
        r#"mutation { updateInstitution(input: { institution: "TC00000130", version: 9, effectiveOn: "2024-01-01", name: "A" }) {
            institution { code } errors { code } } }"#,
        administering("CONFLICT"),
    ),
    Row(
        "Mutation.assessSchool",
        r#"mutation { assessSchool(input: { institution: "TC00000130", criterion: STANDARD_DATA, fulfilledOn: "2024-01-01",
            evidence: "QĐ 12" }) { institution { digital } errors { code } } }"#,
        ADMINISTER,
    ),
    Row(
        "Mutation.withdrawSchoolAssessment",
        r#"mutation { withdrawSchoolAssessment(input: { institution: "TC00000130", criterion: STANDARD_DATA,
            withdrawnOn: "2024-02-01", reason: "hết hạn" }) { institution { digital } errors { code } } }"#,
        ADMINISTER,
    ),
    Row(
        "Mutation.recordBankService",
        r#"mutation { recordBankService(input: { institution: "TC00000130", service: QR_PAYMENT, offeredSince: "2024-01-01" }) {
            institution { code } errors { code } } }"#,
        administering("NOT_A_BANK"),
    ),
    Row(
        "Mutation.endBankService",
        r#"mutation { endBankService(input: { institution: "TC00000130", service: QR_PAYMENT, endedOn: "2024-01-01",
            reason: "ngừng" }) { institution { code } errors { code } } }"#,
        administering("NOT_A_BANK"),
    ),
    Row(
        "Mutation.closeInstitution",
        r#"mutation { closeInstitution(input: { institution: "TC00000130", version: 1, closedOn: "2024-03-01" }) {
            institution { closedOn } errors { code } } }"#,
        ADMINISTER,
    ),
    Row(
        "Mutation.registerTeam",
        r#"mutation { registerTeam(input: { unit: { code: "31333001" }, members: 5, foundedOn: "2024-01-01" }) {
            team { code } errors { code } } }"#,
        keeping("TEAM_EXISTS"),
    ),
    Row(
        "Mutation.recordTeamActivity",
        r#"mutation { recordTeamActivity(input: { rows: [{ team: "TO00000128", month: "2024-01", kind: FILE_ONLINE, people: 3,
            replace: true }] }) { recorded errors { code } } }"#,
        KEEP_HOUSEHOLDS,
    ),
    Row(
        "Mutation.updateTeam",
        r#"mutation { updateTeam(input: { team: "TO00000128", version: 1, effectiveOn: "2024-02-01", members: 6 }) {
            team { members } errors { code } } }"#,
        keeping("CONFLICT"),
    ),
    Row(
        "Mutation.dissolveTeam",
        r#"mutation { dissolveTeam(input: { team: "TO00000128", version: 2, dissolvedOn: "2024-03-01" }) {
            team { dissolvedOn } errors { code } } }"#,
        keeping("CONFLICT"),
    ),
    Row(
        "Query.communityTeam",
        r#"{ communityTeam(code: "TO00000128") { members history { members } } }"#,
        READ,
    ),
    Row(
        "Query.communityTeams",
        "{ communityTeams(first: 1) { totalCount nodes { activities(first: 1) { nodes { people } } } } }",
        READ,
    ),
    Row("Query.auditEvents", "{ auditEvents(first: 1) { nodes { action } } }", auditing("ok")),
    Row("Query.auditKey", "{ auditKey }", auditing("ok")),
    // Nothing has its place in the log yet.
    Row("Query.auditEvent", "{ auditEvent(sequence: 0) { action } }", auditing("BAD_USER_INPUT")),
    Row("Query.auditCheckpoint", "{ auditCheckpoint { size } }", auditing("BAD_USER_INPUT")),
    Row(
        "Query.auditInclusionProof",
        "{ auditInclusionProof(event: 0) { size } }",
        auditing("BAD_USER_INPUT"),
    ),
    Row("Query.auditConsistencyProof", "{ auditConsistencyProof(from: 0) { to } }", auditing("ok")),
    Row("Query.helpTotals", r#"{ helpTotals(unit: { code: "92" }) { kind people } }"#, OPEN),
    Row(
        "Mutation.recordTraining",
        r#"mutation { recordTraining(input: { sessions: [{ heldOn: "2024-01-05", hamlet: { code: "31333001" }, topic: ECOMMERCE,
            audience: RESIDENTS, attendees: 30 }] }) { recorded errors { code } } }"#,
        keeping("DUPLICATE_TRAINING"),
    ),
    Row(
        "Mutation.cancelTraining",
        r#"mutation { cancelTraining(input: { session: "BT00000120", version: 1, reason: "ghi nhầm" }) {
            session { status } errors { code } } }"#,
        keeping("CONFLICT"),
    ),
    Row(
        "Query.trainingSession",
        r#"{ trainingSession(code: "BT00000120") { status attendees } }"#,
        READ,
    ),
    Row(
        "Query.trainingSessions",
        "{ trainingSessions(first: 1) { totalCount nodes { code } } }",
        READ,
    ),
    Row(
        "Query.trainingTotals",
        r#"{ trainingTotals(unit: { code: "92" }) { topic sessions } }"#,
        OPEN,
    ),
    Row("Query.marketplaces", "{ marketplaces { nodes { code } } }", READ),
    Row("Query.seller", r#"{ seller(code: "NB00000117") { name } }"#, READ),
    Row("Query.sellers", "{ sellers(first: 1) { totalCount nodes { name } } }", READ),
    Row("Query.product", r#"{ product(code: "SP00000193") { name } }"#, READ),
    Row("Query.products", "{ products(first: 1) { totalCount nodes { name } } }", READ),
    Row("Query.listing", r#"{ listing(code: "LS00000196") { url } }"#, READ),
    Row(
        "Query.listings",
        "{ listings(first: 1) { totalCount facets { stars { count } } nodes { url } } }",
        READ,
    ),
    Row(
        "Mutation.reorganiseUnits",
        r#"mutation { reorganiseUnits(input: { legalAct: "1/NQ", effectiveOn: "2027-01-01", dryRun: true,
            transfers: [{ from: { code: "31333" }, to: { unit: { code: "31441" } } }] }) {
            reorganisation { hamletsMoved } errors { code } } }"#,
        ADMINISTER,
    ),
    Row(
        "Mutation.registerMarketplace",
        r#"mutation { registerMarketplace(input: { code: "CHO", name: "Chợ" }) { marketplace { code } errors { code } } }"#,
        ADMINISTER,
    ),
    Row(
        "Mutation.updateMarketplace",
        r#"mutation { updateMarketplace(input: { code: "CHO", version: 1, name: "Chợ quê" }) {
            marketplace { code } errors { code } } }"#,
        ADMINISTER,
    ),
    Row(
        "Mutation.registerSeller",
        r#"mutation { registerSeller(input: { kind: HOUSEHOLD, name: "Hộ {code}", hamlet: { code: "31333001" },
            household: "{code}", registeredOn: "2024-01-01" }) { seller { code } errors { code } } }"#,
        KEEP_HOUSEHOLDS,
    ),
    Row(
        "Mutation.updateSeller",
        r#"mutation { updateSeller(input: { seller: "NB00000117", version: 1, name: "Hộ {code}" }) {
            seller { code } errors { code } } }"#,
        keeping("CONFLICT"),
    ),
    Row(
        "Mutation.registerProduct",
        r#"mutation { registerProduct(input: { seller: "NB00000117", name: "Khóm {code}", category: FRESH_FOOD,
            registeredOn: "2024-01-01" }) { product { code } errors { code } } }"#,
        KEEP_HOUSEHOLDS,
    ),
    Row(
        "Mutation.updateProduct",
        r#"mutation { updateProduct(input: { product: "SP00000193", version: 1, name: "Khóm sấy {code}" }) {
            product { code } errors { code } } }"#,
        keeping("CONFLICT"),
    ),
    Row(
        "Mutation.rateProduct",
        r#"mutation { rateProduct(input: { product: "SP00000193", stars: 4, decidedOn: "2024-01-02", decision: "QĐ 12" }) {
            product { code } errors { code } } }"#,
        keeping("DUPLICATE_RATING"),
    ),
    Row(
        "Mutation.publishListing",
        r#"mutation { publishListing(input: { product: "SP00000193", marketplace: "TIKI", url: "https://tiki.vn/{code}",
            priceVnd: 85000, listedOn: "2024-02-01" }) { listing { code } errors { code } } }"#,
        KEEP_HOUSEHOLDS,
    ),
    Row(
        "Mutation.changeListingPrice",
        r#"mutation { changeListingPrice(input: { listing: "LS00000196", version: 1, priceVnd: 90000,
            effectiveOn: "2024-03-01" }) { listing { code } errors { code } } }"#,
        keeping("CONFLICT"),
    ),
    Row(
        "Mutation.changeListingStatus",
        r#"mutation { changeListingStatus(input: { listing: "LS00000196", version: 2, status: SUSPENDED,
            effectiveOn: "2024-03-01" }) { listing { code } errors { code } } }"#,
        keeping("CONFLICT"),
    ),
    Row(
        "Mutation.recordListingSales",
        r#"mutation { recordListingSales(input: { sales: [{ listing: "LS00000196", month: "2024-03", orders: 1, items: 1,
            revenueVnd: 85000, replace: true }] }) { recorded errors { code } } }"#,
        KEEP_HOUSEHOLDS,
    ),
    Row("Subscription.indicatorsChanged", LISTEN, OPEN),
    Row("Query.serviceConfig", "{ serviceConfig { maxPage } }", OPEN),
    Row(
        "Mutation.registerHousehold",
        r#"mutation { registerHousehold(input: { hamlet: { code: "31333001" }, composition: { members: 1, adults: 1, workingAge: 1 },
            head: { name: "Lê Thị Mận" }, registeredOn: "2024-01-01" }) { household { code } errors { code } } }"#,
        KEEP_HOUSEHOLDS,
    ),
    Row(
        "Mutation.updateHousehold",
        r#"mutation { updateHousehold(input: { household: "{code}", version: 1, effectiveOn: "2024-01-01",
            composition: { members: 1, adults: 1, workingAge: 1 } }) { household { code } errors { code } } }"#,
        KEEP_HOUSEHOLDS,
    ),
    Row(
        "Mutation.closeHousehold",
        r#"mutation { closeHousehold(input: { household: "{code}", version: 1, reason: DISSOLVED, closedOn: "2024-01-01" }) {
            household { code } errors { code } } }"#,
        KEEP_HOUSEHOLDS,
    ),
    Row(
        "Mutation.recordConnectivity",
        r#"mutation { recordConnectivity(input: { survey: { household: "{code}", surveyedOn: "2024-01-01", adultsWithSmartphone: 0,
            workingAgeTrained: 0, adultsWithPublicServiceAccount: 0, adultsWithVneidLevel2: 0, adultsPayingCashless: 0 } }) {
            errors { code } } }"#,
        KEEP_HOUSEHOLDS,
    ),
    Row(
        "Mutation.recordConnectivityBatch",
        r#"mutation { recordConnectivityBatch(input: { surveys: [{ household: "{code}", surveyedOn: "2024-01-01", adultsWithSmartphone: 0,
            workingAgeTrained: 0, adultsWithPublicServiceAccount: 0, adultsWithVneidLevel2: 0, adultsPayingCashless: 0 }] }) {
            recorded errors { code } } }"#,
        KEEP_HOUSEHOLDS,
    ),
    Row(
        "Mutation.eraseHouseholdPersonalData",
        r#"mutation { eraseHouseholdPersonalData(input: { household: "{code}", version: 1 }) { household { code } errors { code } } }"#,
        ADMINISTER,
    ),
    Row(
        "Mutation.issueToken",
        "mutation { issueToken(input: { role: READER }) { token { jti } errors { code } } }",
        ADMINISTER,
    ),
    Row(
        "Mutation.revokeToken",
        r#"mutation { revokeToken(input: { jti: "unknown" }) { errors { code } } }"#,
        [
            "UNAUTHENTICATED",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "FORBIDDEN",
            "UNKNOWN_TOKEN",
        ],
    ),
    Row(
        "Mutation.setPartnerKeys",
        r#"mutation { setPartnerKeys(input: { partner: "VNPT", jwkSet: "{\"keys\":[]}" }) { errors { code } } }"#,
        ADMINISTER,
    ),
];

const LISTEN: &str = r#"subscription { indicatorsChanged(unit: { code: "92" }, codes: [HOUSEHOLD_FIBRE]) { value } }"#;

#[test]
fn every_operation_of_the_schema_has_a_row() {
    let sdl = registry_graphql::sdl();
    let mut operations = BTreeSet::new();
    for root in ["Query", "Mutation", "Subscription"] {
        let Some((_, rest)) = sdl.split_once(&format!("\ntype {root} ")) else { continue };
        let body = rest.split_once("\n}").unwrap().0;
        // A field stands one tab in; its arguments stand two, its description is quoted.
        let mut quoted = false;
        for line in body.lines() {
            let field = line.strip_prefix('\t').filter(|line| !line.starts_with(['\t', ')']));
            match field {
                Some("\"\"\"") => quoted = !quoted,
                Some(field) if !quoted => {
                    let name = field.split(['(', ':']).next().unwrap();
                    operations.insert(format!("{root}.{name}"));
                }
                _ => {}
            }
        }
    }
    assert!(operations.len() >= 15, "{operations:?}");
    let rows: BTreeSet<String> = TABLE.iter().map(|row| row.0.to_owned()).collect();
    assert_eq!(rows, operations);
}

async fn users(app: &TestApp) -> Vec<TestApp> {
    let officer = |unit: &str| json!({ "role": "OFFICER", "unit": { "code": unit } });
    let partner = |code: &str| json!({ "role": "PARTNER", "partner": code });
    let tokens = [
        json!({ "role": "READER" }),
        officer("31333"),
        officer("31441"),
        partner("VNPT"),
        partner("VIETTEL"),
        json!({ "role": "AUDITOR" }),
        json!({ "role": "ADMIN" }),
    ];
    let mut users = vec![app.beside(Principal::anonymous()).await];
    for token in tokens {
        users.push(app.bearer(token).await);
    }
    users
}

async fn every_operation_answers_every_role_as_the_table_says(engine: Engine) {
    let app = TestApp::start(engine).await;
    for partner in ["VNPT", "VIETTEL"] {
        agree(&app, partner, "2021-07-01").await;
    }
    let users = users(&app).await;
    let mut wrong = Vec::new();
    for Row(name, operation, expected) in TABLE {
        for ((user, who), expected) in users.iter().zip(USERS).zip(expected) {
            let code = app.register(HAMLET).await;
            let id = "query($code: HouseholdCode!) { household(code: $code) { id } }";
            let id = app.data(id, json!({ "code": code })).await["household"]["id"].clone();
            let operation =
                operation.replace("{code}", &code).replace("{id}", id.as_str().unwrap());
            let told = outcome(user, &operation).await;
            if told != *expected {
                wrong.push(format!("{name} by {who}: {told}, not {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whether a listener is let in; whoever is not gets an answer at once.
async fn let_in(user: &TestApp, operation: &str) -> Value {
    let request = user.post("/graphql").header("accept", "text/event-stream");
    let response = request.json(&json!({ "query": operation })).send().await.unwrap();
    let is_stream = response.headers()["content-type"] == "text/event-stream";
    if is_stream { json!({ "data": {} }) } else { response.json().await.unwrap() }
}

/// What came of an operation, in one word.
async fn outcome(user: &TestApp, operation: &str) -> String {
    let answer = if operation.starts_with("subscription") {
        let_in(user, operation).await
    } else {
        user.answer(operation, json!({})).await
    };
    if let Some(code) = answer["errors"][0]["extensions"]["code"].as_str() {
        return code.to_owned();
    }
    let field = answer["data"].as_object().and_then(|data| data.values().next()).cloned();
    let field = field.unwrap_or_default();
    field["errors"][0]["code"].as_str().unwrap_or("ok").to_owned()
}
