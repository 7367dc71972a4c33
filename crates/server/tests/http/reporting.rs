//! What tests of certificate reports share: partners with agreements, and reports that are right.

use registry_domain::time::YearMonth;
use registry_domain::unit::Level;
use registry_testing::Engine;
use serde_json::{Value, json};

use crate::harness::TestApp;

pub const SUBMIT: &str = "mutation($input: SubmitCertificateReportInput!) {
    submitCertificateReport(input: $input) {
        report { name state revision issued renewed revoked contentSha256 }
        receipt replayed warnings { code } errors { code path row value message } } }";

/// A registry with agreements since 2021-07, asked by whoever may do everything, and by the two partners.
pub struct Reporting {
    pub admin: TestApp,
    pub vnpt: TestApp,
    pub viettel: TestApp,
}

impl Reporting {
    pub async fn start(engine: Engine) -> Self {
        let admin = TestApp::start(engine).await;
        for partner in ["VNPT", "VIETTEL"] {
            agree(&admin, partner, "2021-07-01").await;
        }
        let vnpt = admin.bearer(json!({ "role": "PARTNER", "partner": "VNPT" })).await;
        let viettel = admin.bearer(json!({ "role": "PARTNER", "partner": "VIETTEL" })).await;
        Self { admin, vnpt, viettel }
    }

    /// Sends a report that must be taken; its name.
    pub async fn taken(&self, partner: &TestApp, input: Value) -> String {
        let told = submit(partner, input).await;
        assert_eq!(told["errors"], json!([]), "{told:#}");
        told["report"]["name"].as_str().unwrap().to_owned()
    }

    /// Does something to a report or period as an administrator or the partner; must succeed.
    pub async fn done(&self, who: &TestApp, mutation: &str, input: Value) -> Value {
        let told = attempt(who, mutation, input).await;
        assert_eq!(told["errors"], json!([]), "{told:#}");
        told
    }
}

pub async fn agree(admin: &TestApp, partner: &str, from: &str) {
    let agreement = json!({ "reference": "01/TT-UBND", "from": from });
    let query = "mutation($input: UpdatePartnerInput!) { updatePartner(input: $input) {
        partner { code agreement { from } } errors { code } } }";
    let input = json!({ "code": partner, "agreement": agreement });
    let data = admin.data(query, json!({ "input": input })).await;
    assert_eq!(data["updatePartner"]["errors"], json!([]));
}

pub async fn submit(partner: &TestApp, input: Value) -> Value {
    partner.data(SUBMIT, json!({ "input": input })).await["submitCertificateReport"].clone()
}

/// Sends one of the mutations whose payload has a report or a period.
pub async fn attempt(who: &TestApp, mutation: &str, input: Value) -> Value {
    let (kind, shown) = match mutation {
        "withdrawCertificateReport" => (
            "WithdrawCertificateReportInput",
            "report { name state decision { reason } withdrawal { by reason } }",
        ),
        "reviewCertificateReport" => {
            ("ReviewCertificateReportInput", "report { name state decision { by reason } }")
        }
        "closeReportingPeriod" | "reopenReportingPeriod" => {
            ("ReportingPeriodInput", "period { period closedAt closedBy }")
        }
        other => panic!("{other} is not known here"),
    };
    let query = format!(
        "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {shown} replayed errors {{ code path message }} }} }}"
    );
    who.data(&query, json!({ "input": input })).await[mutation].clone()
}

/// Codes of the first communes of a period's boundaries.
pub fn communes(app: &TestApp, period: &str, count: usize) -> Vec<String> {
    let on = period.parse::<YearMonth>().unwrap().last_day();
    let (units, tree) = (app.store.units(), app.store.units().tree(on));
    let communes = units.all().iter().filter(|unit| unit.level() == Level::Commune);
    let communes = communes.filter(|unit| tree.contains(unit.id));
    communes.take(count).map(|unit| unit.code.to_string()).collect()
}

/// A report about a month: so many issued in each of the first communes, and the total after it.
pub fn report(app: &TestApp, period: &str, issued: &[u32], cumulative: u64) -> Value {
    let communes = communes(app, period, issued.len());
    let line = |(unit, issued): (&String, &u32)| json!({ "unit": unit, "issued": issued, "renewed": 1, "revoked": 0 });
    let lines: Vec<Value> = communes.iter().zip(issued).map(line).collect();
    json!({
        "period": period,
        "lines": lines,
        "cumulativeIssued": cumulative,
        "idempotencyKey": format!("{period} {issued:?} {cumulative}"),
    })
}

/// The same with more members, or others.
pub fn with(mut input: Value, members: Value) -> Value {
    if let Value::Object(members) = members {
        for (name, value) in members {
            input[name] = value;
        }
    }
    input
}

/// Code and path of each error.
pub fn faults(told: &Value) -> Vec<String> {
    let errors = told["errors"].as_array().unwrap().iter();
    let fault = |error: &Value| {
        let path: Vec<_> =
            error["path"].as_array().unwrap().iter().map(|step| step.as_str().unwrap()).collect();
        format!("{} {}", error["code"].as_str().unwrap(), path.join("."))
    };
    errors.map(fault).collect()
}
