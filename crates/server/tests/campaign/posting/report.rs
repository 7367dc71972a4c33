//! What is posted: every commune's counts of two partners in fifty months, the same on every run.

use std::ops::AddAssign;
use std::path::Path;

use serde_json::{Value, json};

use crate::chance::Chance;

pub const PARTNERS: [&str; 2] = ["VNPT", "VIETTEL"];

/// The first day that the partners' agreements cover; reports are owed from here on.
pub const AGREED_FROM: &str = "2021-07-01";

const MONTHS: u32 = 50;

/// The last month on the boundaries with 75 communes; those after it have 28.
pub const LAST_BEFORE_REORGANISATION: &str = "2025-06";

const SUBMIT: &str = "mutation($input: SubmitCertificateReportInput!) {
    submitCertificateReport(input: $input) {
        report { name } receipt replayed errors { code path message }
    }
}";

/// One report as it is sent every time.
pub struct Report {
    pub partner: &'static str,
    pub period: String,
    pub counts: Counts,
    /// What the partner has issued up to the end of the month.
    pub cumulative: u64,
    /// The request's body.
    pub body: String,
}

/// Sums of what is reported, or what is reported of one commune.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub issued: u64,
    pub renewed: u64,
    pub revoked: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.issued += other.issued;
        self.renewed += other.renewed;
        self.revoked += other.revoked;
    }
}

impl Counts {
    /// Those of an object that has them as fields.
    pub fn of(object: &Value) -> Self {
        let field = |name: &str| object[name].as_u64().unwrap();
        Self { issued: field("issued"), renewed: field("renewed"), revoked: field("revoked") }
    }
}

impl Report {
    /// The name it must get: there is one statement only.
    pub fn name(&self) -> String {
        format!("{}/{}/1", self.partner, self.period)
    }

    fn new(partner: &'static str, period: String, communes: &[String], before: u64) -> Self {
        let mut sums = Counts::default();
        let mut line = |commune: &String| {
            let counts = counts(partner, &period, commune);
            sums += counts;
            let Counts { issued, renewed, revoked } = counts;
            json!({ "unit": commune, "issued": issued, "renewed": renewed, "revoked": revoked })
        };
        let lines: Vec<_> = communes.iter().map(&mut line).collect();
        let cumulative = before + sums.issued;
        let input = json!({
            "period": period,
            "lines": lines,
            "cumulativeIssued": cumulative,
            "idempotencyKey": format!("campaign {partner} {period}"),
        });
        let body = json!({ "query": SUBMIT, "variables": { "input": input } }).to_string();
        Self { partner, period, counts: sums, cumulative, body }
    }
}

/// All reports, by partner and month.
pub fn all() -> Vec<Report> {
    let (before, after) = (communes("units_2024.csv"), communes("units_2025.csv"));
    assert_eq!((before.len(), after.len()), (75, 28));
    let mut reports = Vec::new();
    for partner in PARTNERS {
        let mut issued = 0;
        // From July 2021 on.
        for month in (2021 * 12 + 6..).take(MONTHS as usize) {
            let period = format!("{}-{:02}", month / 12, month % 12 + 1);
            let past = period.as_str() > LAST_BEFORE_REORGANISATION;
            let communes = if past { &after } else { &before };
            let report = Report::new(partner, period, communes, issued);
            issued = report.cumulative;
            reports.push(report);
        }
    }
    reports
}

/// The codes of the communes, which alone have five digits.
fn communes(file: &str) -> Vec<String> {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds");
    let mut units = csv::Reader::from_path(seeds.join(file)).unwrap();
    let codes = units.records().map(|unit| unit.unwrap()[0].to_owned());
    codes.filter(|code| code.len() == 5).collect()
}

/// No two communes, months or partners alike, so that whatever is lost or counted twice shows.
fn counts(partner: &str, period: &str, commune: &str) -> Counts {
    let text = [partner, period, commune].concat();
    let seed = text.bytes().fold(0, |seed, byte| Chance::new(seed ^ u64::from(byte)).next());
    let mut chance = Chance::new(seed);
    Counts { issued: chance.next() % 400, renewed: chance.next() % 80, revoked: chance.next() % 20 }
}
