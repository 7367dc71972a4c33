//! What partners and officers post, as request bodies.

use std::fs;

use crate::BenchError;
use crate::program::{Home, Program, file};

/// A partner that the demo province doesn't know.
pub(crate) const PARTNER: &str = "BENCH";

/// The first day of its agreement.
const AGREED_FROM: &str = "2021-07-01";

/// Months on the older boundaries: 2021-07…2025-06.
const MONTHS: u32 = 48;

/// Batches of certificates.
const BATCHES: u32 = 21;

const REPORT: &str = "mutation($input: SubmitCertificateReportInput!) { submitCertificateReport(input: $input) \
    { report { name } receipt errors { code path message } } }";

const REGISTER: &str = "mutation($input: RegisterCertificatesInput!) { registerCertificates(input: $input) \
    { registered errors { code path message } } }";

const SURVEY: &str = "mutation($input: RecordConnectivityBatchInput!) { recordConnectivityBatch(input: $input) \
    { recorded errors { code path message } } }";

/// A household that moved into a hamlet; each time another. What `register.lua` posts as well.
pub(crate) const HOUSEHOLD: &str = r#"{"query":"mutation { registerHousehold(input: { hamlet: {code: \"31333001\"}, composition: {members: 4, adults: 3, workingAge: 2}, head: {name: \"Nguyễn Thị Bưởi\"}, registeredOn: \"2022-06-01\" }) { household { code } errors { code path message } } }"}"#;

/// Registers a partner that posts.
pub(crate) fn know_partner(
    program: &Program<'_>,
    home: &Home,
    partner: &str,
) -> Result<(), BenchError> {
    program.run(home, &["partner", "register", partner, "Bench"])?;
    let agreed = ["--agreement", "bench", "--agreed-from", AGREED_FROM];
    program.run(home, &[&["partner", "update", partner], &agreed[..]].concat())?;
    Ok(())
}

/// A partner's reports, one per month: ten certificates in each commune.
pub(crate) fn reports(partner: &str) -> Result<Vec<String>, BenchError> {
    let units = fs::read_to_string(file("../seeds/units_2024.csv"))?;
    let codes = units.lines().filter_map(|line| line.split(',').find(|cell| is_commune(cell)));
    let lines =
        codes.map(|code| format!(r#"{{"unit":"{code}","issued":10,"renewed":1,"revoked":0}}"#));
    let lines: Vec<String> = lines.collect();
    let month = |at: u32| format!("{}-{:02}", 2021 + (at + 6) / 12, (at + 6) % 12 + 1);
    let report = |at: u32| {
        let total = (at + 1) * 10 * u32::try_from(lines.len()).unwrap_or_default();
        let input = format!(
            r#"{{"partner":"{partner}","period":"{period}","cumulativeIssued":{total},"idempotencyKey":"{partner}-{period}","lines":[{lines}]}}"#,
            period = month(at),
            lines = lines.join(","),
        );
        body(REPORT, &input)
    };
    Ok((0..MONTHS).map(report).collect())
}

fn is_commune(cell: &str) -> bool {
    cell.len() == 5 && cell.bytes().all(|byte| byte.is_ascii_digit())
}

/// Batches of 1,000 certificates of as many holders.
pub(crate) fn certificates() -> Vec<String> {
    let certificate = |number: u32| {
        format!(
            r#"{{"serial":"{serial:X}","issuer":"BENCH-CA","holder":"000{number:09}","unit":"31321","validFrom":"2024-05-10","validTo":"2026-05-10"}}"#,
            serial = number + 1,
        )
    };
    let batch = |batch: u32| {
        let rows: Vec<String> = (batch * 1_000..(batch + 1) * 1_000).map(certificate).collect();
        body(REGISTER, &format!(r#"{{"partner":"{PARTNER}","certificates":[{}]}}"#, rows.join(",")))
    };
    (0..BATCHES).map(batch).collect()
}

/// Surveys of these households on one day.
pub(crate) fn surveys(households: &[String], on: &str) -> String {
    let survey = |code: &String| {
        format!(
            r#"{{"household":"{code}","surveyedOn":"{on}","fixedLine":{{"technology":"FIBRE","provider":"VNPT"}},"mobileGeneration":"G4","adultsWithSmartphone":2,"workingAgeTrained":1,"adultsWithPublicServiceAccount":1,"adultsWithVneidLevel2":1,"adultsPayingCashless":1,"services":[{{"service":"ZALO","adults":2}}]}}"#
        )
    };
    let surveys: Vec<_> = households.iter().map(survey).collect();
    body(SURVEY, &format!(r#"{{"surveys":[{}]}}"#, surveys.join(",")))
}

fn body(query: &str, input: &str) -> String {
    format!(r#"{{"query":"{query}","variables":{{"input":{input}}}}}"#)
}
