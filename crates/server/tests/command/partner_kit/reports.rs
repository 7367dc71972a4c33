//! What a partner posts, and how it is told.

use std::fs;

use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

use super::{PYTHON, Province, REPORTS, SCRIPTS, SHELL, month};

on_both_engines!(
    a_month_is_posted_and_its_receipt_kept,
    what_was_withdrawn_is_sent_anew_only_when_asked,
    all_faults_are_told_by_row_and_nothing_is_written,
);

async fn a_month_is_posted_and_its_receipt_kept(engine: Engine) {
    let province = Province::new(engine).await;
    for (script, other, period) in [(SHELL, PYTHON, "2025-08"), (PYTHON, SHELL, "2025-09")] {
        let kit = province.kit(script);
        let name = format!("receipts/VNPT-{period}-1.jws");
        let rehearsed = kit.posted(period, &["--dry-run"]);
        assert_eq!(rehearsed.code, Some(0), "{script}: {rehearsed:?}");
        assert!(!kit.file("receipts").exists(), "{script}: a rehearsal has no receipt");

        let taken = kit.posted(period, &[]);
        assert_eq!(taken.code, Some(0), "{script}: {taken:?}");
        assert_eq!(taken.out, format!("taken VNPT/{period}/1 ACCEPTED\nreceipt {name}\n"));
        // Earlier months are not there, so the total can't agree.
        assert!(taken.err.starts_with("warning: CONTROL_TOTAL_DIFFERS: "), "{taken:?}");
        let receipt = kit.read(&name);

        let again = kit.posted(period, &[]);
        assert_eq!(again.code, Some(0), "{script}: {again:?}");
        assert_eq!(again.out, taken.out.replace("taken", "replayed"));
        assert_eq!(kit.read(&name), receipt);

        // Rows in another order, by the other script, with a mark and line ends as Excel writes them.
        let elsewhere = province.kit(other);
        let mut rows: Vec<_> = month().lines().map(str::to_owned).collect();
        rows[1..].sort();
        elsewhere.write("counts.csv", format!("\u{feff}{}\r\n", rows.join("\r\n")));
        let replayed = elsewhere.posted(period, &[]);
        assert_eq!((replayed.code, &replayed.out), (Some(0), &again.out), "{other}: {replayed:?}");
        assert_eq!(elsewhere.read(&name), receipt);
        let verified = kit.told(&["verify", &name]);
        assert!(verified.1.starts_with(&format!("verified VNPT/{period}/1: taken at 20")));
        assert_eq!(elsewhere.told(&["verify", &name]), verified);

        kit.write("counts.csv", month().replace(",2,1\n", ",3,1\n"));
        let refused = kit.posted(period, &[]);
        assert_eq!(refused.code, Some(1), "{script}: {refused:?}");
        assert!(refused.err.starts_with("counts.csv: period: REPORT_EXISTS: "), "{refused:?}");
        let supersedes = format!("VNPT/{period}/1");
        let correction = ["--supersedes", &supersedes, "--reason", " đếm sót \"cấp lại\"\u{a0}"];
        let corrected = kit.posted(period, &correction);
        assert_eq!(corrected.code, Some(0), "{script}: {corrected:?}");
        assert!(corrected.out.starts_with(&format!("taken VNPT/{period}/2 ACCEPTED\n")));
        let content = kit.read(&format!("receipts/VNPT-{period}-2.json"));
        assert!(content.contains(r#""reason":"đếm sót \"cấp lại\"""#), "{content}");
    }
    assert_eq!(province.home.number(REPORTS).await, 4);
    let unsigned = format!("{REPORTS} WHERE signature IS NULL OR signed_body IS NULL");
    assert_eq!(province.home.number(&unsigned).await, 0);
}

async fn what_was_withdrawn_is_sent_anew_only_when_asked(engine: Engine) {
    let province = Province::new(engine).await;
    let token = province.home.done(&["token", "issue", "--role", "partner", "--partner", "VNPT"]);
    let withdraw = "mutation($report: String!) { \
        withdrawCertificateReport(input: { report: $report, reason: \"nhầm kỳ\" }) { errors { code } } }";
    for (script, period) in [(SHELL, "2025-08"), (PYTHON, "2025-09")] {
        let kit = province.kit(script);
        assert_eq!(kit.posted(period, &[]).code, Some(0), "{script}");
        let report = format!("VNPT/{period}/1");
        let body = json!({ "query": withdraw, "variables": { "report": report } });
        let request =
            reqwest::Client::new().post(&province.server.address).bearer_auth(token.trim());
        let answer: Value = request.json(&body).send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["data"]["withdrawCertificateReport"]["errors"], json!([]), "{answer:#}");

        let again = kit.posted(period, &[]);
        assert_eq!((again.code, &*again.out), (Some(1), ""), "{script}: {again:?}");
        assert!(again.err.contains(" is WITHDRAWN and does not count; "), "{script}: {again:?}");
        let anew = kit.posted(period, &["--attempt", "2"]);
        assert_eq!(anew.code, Some(0), "{script}: {anew:?}");
        assert!(anew.out.starts_with(&format!("taken VNPT/{period}/2 ACCEPTED\n")), "{anew:?}");
    }
}

async fn all_faults_are_told_by_row_and_nothing_is_written(engine: Engine) {
    let province = Province::new(engine).await;
    let faulty = "unit,issued,renewed,revoked\n\
                  31473,1,2,3\n\
                  31333,-1,nhiều,0\n\
                  31447,1,1,1\n\
                  \n\
                  3132,0,1000001,0\n\
                  92,1,1,1.5\n\
                  31473,1,1,1\n";
    let mut told = Vec::new();
    for script in SCRIPTS {
        let kit = province.kit(script);
        kit.write("counts.csv", faulty);
        let refused = kit.posted("2025-08", &[]);
        assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""), "{script}: {refused:?}");
        let fault = |line: &'_ str| line.splitn(4, ": ").take(3).map(str::to_owned).collect();
        let faults: Vec<Vec<String>> = refused.err.lines().map(fault).collect();
        let expected = [
            ["counts.csv:3", "issued", "OUT_OF_RANGE"],
            ["counts.csv:3", "renewed", "OUT_OF_RANGE"],
            ["counts.csv:4", "unit", "UNKNOWN_UNIT"],
            ["counts.csv:6", "unit", "MALFORMED"],
            ["counts.csv:6", "renewed", "OUT_OF_RANGE"],
            ["counts.csv:7", "revoked", "OUT_OF_RANGE"],
            ["counts.csv:7", "unit", "NOT_A_COMMUNE"],
            ["counts.csv:8", "unit", "DUPLICATE_IN_BATCH"],
        ];
        assert_eq!(faults, expected, "{script}: {}", refused.err);
        assert!(refused.err.contains(" [nhiều]\n"), "{script}: {}", refused.err);
        assert!(refused.err.contains(" [31473] [row 2]\n"), "{script}: {}", refused.err);
        assert_eq!(fs::read_dir(kit.file("receipts")).unwrap().count(), 0, "{script}");
        kit.write("counts.csv", "unit,issued,renewed,revoked\n31333,1,2\n31321;1;2;3\n");
        let uneven = kit.posted("2025-08", &[]);
        assert_eq!((uneven.code, uneven.err.lines().count()), (Some(1), 2), "{script}: {uneven:?}");
        told.push((refused.err, uneven.err));
    }
    assert_eq!(told[0], told[1], "both scripts tell the same");
    assert_eq!(province.home.number(REPORTS).await, 0);
}
