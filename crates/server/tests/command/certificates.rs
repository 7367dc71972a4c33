//! Certificates of the demo province: totals are the sums of the lines, at past moments too, and
//! reconciliation finds the differences that were put there, and no others.

use std::collections::BTreeMap;

use registry_demo::{Demo, Scale};
use registry_testing::{Engine, TestDatabase, on_both_engines};
use serde_json::{Value, json};

use crate::harness::Home;

on_both_engines!(
    totals_are_the_sums_of_the_lines_now_and_then,
    reconciliation_finds_what_differs_and_nothing_else,
);

const TOTALS: &str = r#"query($asOf: DateTime) { certificateTotals(to: "2024-05", asOf: $asOf, groupBy: [PARTNER],
    within: { codeOn: { code: "93", on: "2024-05-31" } }) { partner { code } issued } }"#;

async fn totals_are_the_sums_of_the_lines_now_and_then(engine: Engine) {
    let home = Home::new(engine).await;
    home.done(&["seed", "--scale", "small"]);
    let server = home.serve();
    // Months are stored as their number since year 0.
    let until = 2024 * 12 + 4;
    let sum = async |partner: &str, counted: &str| {
        let sql = format!(
            "SELECT CAST(COALESCE(SUM(line.issued), 0) AS BIGINT) FROM certificate_report_line line \
             JOIN certificate_report report USING (partner, month, revision) \
             WHERE partner = '{partner}' AND month <= {until} AND {counted}"
        );
        home.number(&sql).await
    };
    let mut known = Vec::new();
    for moment in [None, Some("2024-03-01 00:00:00+00:00"), Some("2023-12-31 00:00:00+00:00")] {
        let counted = moment.map_or_else(
            || "report.state = 'ACCEPTED'".to_owned(),
            |at| format!("report.accepted_at <= '{at}' AND (report.ended_at IS NULL OR report.ended_at > '{at}')"),
        );
        let as_of = moment.map(|at| at.replacen(' ', "T", 1));
        let answer = server.answer(TOTALS, &json!({ "asOf": as_of })).await;
        assert_eq!(answer.get("errors"), None, "{answer:#}");
        let expected = json!([
            { "partner": { "code": "VIETTEL" }, "issued": sum("VIETTEL", &counted).await },
            { "partner": { "code": "VNPT" }, "issued": sum("VNPT", &counted).await },
        ]);
        assert_eq!(answer["data"]["certificateTotals"], expected, "as of {moment:?}");
        known.push(expected);
    }
    known.dedup();
    assert_eq!(known.len(), 3, "each moment knew something else");
    assert_eq!(server.stop(), Some(0));
}

/// Issued certificates by partner, month and commune: registered minus declared.
type Differences = BTreeMap<(String, String, String), i64>;

async fn reconciliation_finds_what_differs_and_nothing_else(engine: Engine) {
    let home = Home::new(engine).await;
    home.done(&["seed", "--scale", "small"]);
    let units = TestDatabase::create(Engine::Sqlite).await.open().await.units();
    let demo = Demo::new(&units, Scale::Small);
    let listed: Differences = demo
        .certificate_differences()
        .map(|difference| {
            let unit = units.get(difference.unit).unwrap().code.to_string();
            let place = (difference.partner.to_string(), difference.period.to_string(), unit);
            (place, difference.difference.into())
        })
        .collect();
    assert!(!listed.is_empty());

    let server = home.serve();
    let query = "query($period: YearMonth!) { certificateReconciliation(period: $period) { csv
        rows(differing: true) { partner { code } unit { code } difference { issued renewed revoked } } } }";
    let mut found = Differences::new();
    let months =
        (2021..=2026).flat_map(|year| (1..=12).map(move |month| format!("{year}-{month:02}")));
    for period in months {
        let answer = server.answer(query, &json!({ "period": period })).await;
        assert_eq!(answer.get("errors"), None, "{answer:#}");
        let told = &answer["data"]["certificateReconciliation"];
        for row in told["rows"].as_array().unwrap() {
            let text = |value: &Value| value["code"].as_str().unwrap().to_owned();
            let difference = &row["difference"];
            let others = (&difference["renewed"], &difference["revoked"]);
            assert_eq!(others, (&json!(0), &json!(0)), "{period} {row}");
            let place = (text(&row["partner"]), period.clone(), text(&row["unit"]));
            found.insert(place, difference["issued"].as_i64().unwrap());
        }
        let lines = told["csv"].as_str().unwrap().lines().skip(1);
        let in_csv = lines.filter(|line| !line.ends_with(",0,0,0")).count();
        assert_eq!(in_csv, told["rows"].as_array().unwrap().len(), "{period}");
    }
    assert_eq!(found, listed);
    assert_eq!(server.stop(), Some(0));
}
