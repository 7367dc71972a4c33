//! Whether the registry holds exactly what was posted, and whether every receipt is true.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::Value;

use super::client::Campaign;
use super::record::Record;
use super::report::{Counts, LAST_BEFORE_REORGANISATION, Report};
use crate::harness::Home;
use crate::registry::Instance;

const REPORTS: &str = "{ certificateReports(first: 200) { totalCount nodes {
    name state revision cumulativeIssued issued renewed revoked receipt contentSha256
    revisions { name }
} } }";

const CARRIED_OUT: &str = "SELECT COUNT(*) FROM audit_event \
                           WHERE action = 'certificate.report' AND refusal IS NULL";

/// Sums and numbers of reports, by partner and month.
type Totals = BTreeMap<(String, String), (Counts, u64)>;

/// Everything that is wrong.
pub async fn judge(
    home: &Home,
    server: &Instance,
    campaign: &Campaign,
    record: &Record,
) -> Vec<String> {
    let mut faults = Vec::new();
    faults.extend(record.unexpected.iter().map(|answer| format!("answered {answer}")));
    for report in record.taken_again() {
        let name = campaign.reports[report].name();
        faults.push(format!("{name}: several posts were told that they had done it"));
    }
    let carried_out = home.number(CARRIED_OUT).await;
    if usize::try_from(carried_out) != Ok(campaign.reports.len()) {
        faults.push(format!("reports were carried out {carried_out} times"));
    }
    let recorded = server.data(&campaign.tokens.reader, REPORTS).await;
    let recorded = &recorded["certificateReports"];
    faults.extend(judge_reports(recorded, &campaign.reports));
    faults.extend(judge_totals(server, campaign).await);
    faults.extend(judge_receipts(recorded, campaign, record, &server.published_keys().await));
    faults
}

/// Each report is there once, with its sums and no other revision; and nothing else is there.
fn judge_reports(recorded: &Value, expected: &[Report]) -> Vec<String> {
    let mut faults = Vec::new();
    let nodes = recorded["nodes"].as_array().unwrap();
    if recorded["totalCount"] != expected.len() || nodes.len() != expected.len() {
        faults.push(format!("{} reports, {} listed", recorded["totalCount"], nodes.len()));
    }
    for report in expected {
        let name = report.name();
        let found: Vec<_> = nodes.iter().filter(|node| node["name"] == name).collect();
        let [found] = found[..] else {
            faults.push(format!("{name} is there {} times", found.len()));
            continue;
        };
        let is_right = found["state"] == "ACCEPTED"
            && found["revision"] == 1
            && found["revisions"].as_array().unwrap().len() == 1
            && found["cumulativeIssued"] == report.cumulative
            && Counts::of(found) == report.counts;
        if !is_right {
            faults.push(format!("{name}, posted as {:?}, is {found}", report.counts));
        }
    }
    faults
}

/// Totals on the boundaries of the months themselves, and those of all months as told today.
async fn judge_totals(server: &Instance, campaign: &Campaign) -> Vec<String> {
    let former = r#"codeOn: { code: "93", on: "2025-06-30" }"#;
    let last = LAST_BEFORE_REORGANISATION;
    let asked = [
        (format!(r#"within: {{ {former} }}, to: "{last}""#), last),
        (r#"within: { code: "92" }"#.to_owned(), "9999-12"),
    ];
    let mut faults = Vec::new();
    for (arguments, to) in asked {
        let posted = campaign.reports.iter().filter(|report| report.period.as_str() <= to);
        let posted = posted
            .map(|report| ((report.partner.to_owned(), report.period.clone()), (report.counts, 1)));
        let posted: Totals = posted.collect();
        let told = totals(server, &campaign.tokens.reader, &arguments).await;
        let months: BTreeSet<_> = told.keys().chain(posted.keys()).collect();
        for month in months.into_iter().filter(|month| told.get(month) != posted.get(month)) {
            let (told, posted) = (told.get(month), posted.get(month));
            faults
                .push(format!("{month:?} ({arguments}) is told as {told:?}, posted as {posted:?}"));
        }
    }
    faults
}

async fn totals(server: &Instance, token: &str, arguments: &str) -> Totals {
    let query = format!(
        "{{ certificateTotals({arguments}, groupBy: [PARTNER, PERIOD]) {{
            partner {{ code }} period issued renewed revoked reports
        }} }}"
    );
    let data = server.data(token, &query).await;
    let text = |text: &Value| text.as_str().unwrap().to_owned();
    let mut totals = Totals::new();
    for row in data["certificateTotals"].as_array().unwrap() {
        let key = (text(&row["partner"]["code"]), text(&row["period"]));
        let told = (Counts::of(row), row["reports"].as_u64().unwrap());
        assert_eq!(totals.insert(key, told), None, "two totals: {row}");
    }
    totals
}

/// Every receipt that anybody got is signed by a published key, speaks of the report that was
/// posted, and is the one that the registry shows.
fn judge_receipts(
    recorded: &Value,
    campaign: &Campaign,
    record: &Record,
    published: &Value,
) -> Vec<String> {
    let key = |key: &Value| {
        let text = |name: &str| key[name].as_str().unwrap().to_owned();
        (text("kid"), decoded(&text("x")).unwrap())
    };
    let keys: HashMap<_, _> = published["keys"].as_array().unwrap().iter().map(key).collect();
    let mut faults = Vec::new();
    for (report, receipt) in &record.receipts {
        let name = campaign.reports[*report].name();
        let Some(claims) = proved(receipt, &keys) else {
            faults.push(format!("{name}: no published key has signed {receipt}"));
            continue;
        };
        let mut nodes = recorded["nodes"].as_array().unwrap().iter();
        let found = nodes.find(|node| node["name"] == claims["report"]);
        let is_known = found.is_some_and(|found| {
            found["receipt"] == *receipt && found["contentSha256"] == claims["content_sha256"]
        });
        if claims["report"] != name || !is_known {
            let found = found.unwrap_or(&Value::Null);
            faults.push(format!("{name}: of the receipt {claims} the registry says {found}"));
        }
    }
    faults
}

/// What a receipt claims, if a published key has signed it.
fn proved(receipt: &str, keys: &HashMap<String, Vec<u8>>) -> Option<Value> {
    let (signed, signature) = receipt.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let header: Value = serde_json::from_slice(&decoded(header)?).ok()?;
    if header["alg"] != "EdDSA" || header["typ"] != "receipt+jwt" {
        return None;
    }
    let key = UnparsedPublicKey::new(&ED25519, keys.get(header["kid"].as_str()?)?);
    key.verify(signed.as_bytes(), &decoded(signature)?).ok()?;
    serde_json::from_slice(&decoded(claims)?).ok()
}

fn decoded(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}
