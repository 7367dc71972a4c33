//! Importing CSV files: faults by line and column, all or nothing, and going on after a crash.

use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;

use crate::harness::{Ended, Home};
use registry_testing::{Engine, on_both_engines};

on_both_engines!(
    every_faulty_row_is_reported_and_nothing_is_written_until_the_file_is_clean,
    an_import_goes_on_after_a_kill,
    surveys_are_imported_by_the_rules_of_the_mutation,
    certificates_are_imported_by_the_rules_of_the_mutation,
    schools_and_banks_are_imported_by_the_rules_of_the_mutation,
);

pub const HOUSEHOLDS: &str =
    "hamlet_code,members,adults,working_age,registered_on,head_name,citizen_number,phone";

/// A file of good households with citizen numbers that are nobody's.
pub fn households(rows: usize) -> Vec<String> {
    let row = |number| {
        format!("31333001,4,3,2,2023-05-04,Nguyễn Thị Bưởi,000180{number:06},0500 {number:06}")
    };
    (0..rows).map(row).collect()
}

/// A file below the home folder; where it is.
pub fn write(home: &Home, name: &str, header: &str, rows: &[String]) -> String {
    let mut text = format!("{header}\n");
    for row in rows {
        writeln!(text, "{row}").unwrap();
    }
    let file = home.file(name);
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

/// Spoils 37 rows, spread over the file; the line and column of each fault.
fn spoil(rows: &mut [String]) -> Vec<(u64, usize)> {
    let spoilt: [(usize, &str, &str); 8] = [
        (1, "31333001,", "31333,"),
        (1, "31333001,", "99999001,"),
        (3, ",4,3,2,", ",4,5,2,"),
        (4, ",4,3,2,", ",4,3,x,"),
        (5, "2023-05-04", "04/05/2023"),
        (5, "2023-05-04", "2099-01-01"),
        (6, "Nguyễn Thị Bưởi", "Nguyê\u{303}n"),
        (8, ",0500 ", ",0 "),
    ];
    let mut places = Vec::new();
    for turn in 0..36 {
        let (column, good, bad) = spoilt[turn % spoilt.len()];
        let at = 17 + turn * 270;
        assert!(rows[at].contains(good));
        rows[at] = rows[at].replacen(good, bad, 1);
        places.push((at as u64 + 2, column));
    }
    // The same head as in another batch.
    let last = rows.len() - 1;
    let first = rows[0].clone();
    rows[last] = first;
    places.push((last as u64 + 2, 7));
    places
}

/// The line, the column and the reason of each fault in a report.
pub fn reported(home: &Home, name: &str) -> Vec<(u64, usize, String)> {
    let mut report = csv::Reader::from_path(home.file(name)).unwrap();
    let cells = report.records().map(|record| {
        let record = record.unwrap();
        assert!(!record[3].is_empty());
        (record[0].parse().unwrap(), record[1].parse().unwrap(), record[3].to_owned())
    });
    cells.collect()
}

async fn every_faulty_row_is_reported_and_nothing_is_written_until_the_file_is_clean(
    engine: Engine,
) {
    let home = Home::new(engine).await;
    home.done(&["migrate", "up"]);
    let mut rows = households(10_000);
    let clean = rows.clone();
    let spoilt = spoil(&mut rows);
    assert_eq!(spoilt.len(), 37);
    let file = write(&home, "households.csv", HOUSEHOLDS, &rows);
    let report = |ended: &Ended| {
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.err.contains("37 of 10000 rows are faulty"), "{ended:?}");
        reported(&home, "households.csv.faults.csv")
    };

    let rehearsed = report(&home.run(&["import", "households", &file, "--dry-run"]));
    fs::remove_file(home.file("households.csv.faults.csv")).unwrap();
    let tried = report(&home.run(&["import", "households", &file]));
    assert_eq!(rehearsed, tried);
    let places: Vec<_> = tried.iter().map(|(line, column, _)| (*line, *column)).collect();
    assert_eq!(places, spoilt);
    assert_eq!(home.households().await, 0);

    let skipped = home.done(&["import", "households", &file, "--skip-faulty"]);
    assert!(skipped.contains("9963 rows written"), "{skipped}");
    assert_eq!(home.households().await, 9_963);
    let again = home.done(&["import", "households", &file, "--skip-faulty"]);
    assert!(again.contains("0 rows written"), "{again}");
    assert_eq!(home.households().await, 9_963);

    // What was left out, mended.
    let mended: Vec<String> = spoilt[..36].iter().map(|(line, _)| at_line(&clean, *line)).collect();
    let mended = write(&home, "mended.csv", HOUSEHOLDS, &mended);
    assert!(home.done(&["import", "households", &mended]).contains("36 rows written"));
    assert_eq!(home.households().await, 9_999);
    assert_eq!(home.done(&["rollup", "check"]), "no difference / không có sai lệch\n");
}

fn at_line(rows: &[String], line: u64) -> String {
    rows[usize::try_from(line).unwrap() - 2].clone()
}

async fn an_import_goes_on_after_a_kill(engine: Engine) {
    let home = Home::new(engine).await;
    home.done(&["migrate", "up"]);
    let rows = households(20_000);
    let file = write(&home, "households.csv", HOUSEHOLDS, &rows);
    let mut first = home.command(&["import", "households", &file]);
    let mut first = first.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while home.households().await == 0 {
        assert!(first.try_wait().unwrap().is_none(), "the import ended before it was killed");
    }
    first.kill().unwrap();
    assert_eq!(first.wait().unwrap().code(), None, "killed, not ended");
    let written = home.households().await;
    assert!((1_000..20_000).contains(&written), "{written} rows were written before the kill");

    let rest = home.done(&["import", "households", &file]);
    assert_eq!(home.households().await, 20_000);
    assert!(!rest.contains("20000 rows written"), "{rest}");
    let distinct = "SELECT COUNT(DISTINCT citizen_hash) FROM household";
    assert_eq!(home.number(distinct).await, 20_000);
}

async fn surveys_are_imported_by_the_rules_of_the_mutation(engine: Engine) {
    const SURVEYS: &str = "household_code,surveyed_on,fixed_technology,fixed_provider,mobile_generation,adults_with_smartphone,working_age_trained,adults_with_public_service_account,adults_with_vneid_level2,adults_paying_cashless,haugiang_app,vssid,zalo,bank_app,mobile_money,viettel_money,cashless_electricity,cashless_water,cashless_telecom";
    let home = Home::new(engine).await;
    home.done(&["migrate", "up"]);
    let households = write(&home, "households.csv", HOUSEHOLDS, &households(3));
    home.done(&["import", "households", &households]);

    let good =
        |code: &str, on: &str| format!("{code},{on},FIBRE,VNPT,G4,2,1,1,1,1,0,1,2,1,0,0,1,0,1");
    let mut rows = vec![
        good("HG00000103", "2024-05-01"),
        good("HG00000297", "2024-05-01"),
        good("HG00000103", "2024-05-01"),
        good("HG00000199", "2024-05-01"),
        good("HG00000394", "2024-05-01").replace("FIBRE", "GLASS"),
        good("HG00000394", "2024-05-02").replace(",G4,2,", ",G4,4,"),
        good("HG00000394", "2024-05-03") + ",9",
    ];
    let file = write(&home, "surveys.csv", SURVEYS, &rows);
    let refused = home.run(&["import", "connectivity", &file]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let places: Vec<_> = reported(&home, "surveys.csv.faults.csv")
        .into_iter()
        .map(|(line, column, _)| (line, column))
        .collect();
    assert_eq!(places, [(4, 2), (5, 1), (6, 3), (7, 6), (8, 19)]);
    assert_eq!(home.number("SELECT COUNT(*) FROM connectivity_survey").await, 0);
    rows.truncate(2);
    let file = write(&home, "surveys.csv", SURVEYS, &rows);
    assert!(home.done(&["import", "connectivity", &file]).contains("2 rows written"));
    assert_eq!(home.done(&["rollup", "check"]), "no difference / không có sai lệch\n");
}

#[tokio::test]
async fn a_file_of_another_form_is_told_with_line_and_column() {
    let home = Home::new(Engine::Sqlite).await;
    home.done(&["migrate", "up"]);
    let good = format!("{HOUSEHOLDS}\n{}\n", households(1)[0]);
    let cases: [(Vec<u8>, &str); 6] = [
        ([b"\xEF\xBB\xBF", good.as_bytes()].concat(), "line 1, column 1: a byte-order mark"),
        (good.replace(',', ";").into_bytes(), "line 1, column 12: semicolons"),
        (good.replace('\n', "\r\n").into_bytes(), "line 1, column 84: a CR"),
        (good.replace("members", "people").into_bytes(), "line 1, column 13: the header must be"),
        (good.replace("Nguyễn", "Nguy?n").into_bytes(), ""),
        (vec![], "line 1, column 1: the file is empty"),
    ];
    for (content, told) in cases {
        // Windows-1258, as old spreadsheets write it.
        let content = if told.is_empty() {
            content.into_iter().map(|byte| if byte == b'?' { 0xEA } else { byte }).collect()
        } else {
            content
        };
        let told = if told.is_empty() { "line 2, column 31: not UTF-8" } else { told };
        let file = home.file("odd.csv");
        fs::write(&file, content).unwrap();
        let ended = home.run(&["import", "households", file.to_str().unwrap()]);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.err.contains(told), "{told}: {ended:?}");
    }
    let missing = home.run(&["import", "households", "/nowhere/rows.csv"]);
    assert_eq!(missing.code, Some(7), "{missing:?}");
    assert_eq!(home.households().await, 0);
}

async fn certificates_are_imported_by_the_rules_of_the_mutation(engine: Engine) {
    const HEADER: &str =
        "partner,serial,issuer,holder,unit_code,issued_on,valid_from,valid_to,renewal";
    let home = Home::new(engine).await;
    home.done(&["migrate", "up"]);
    let agreement = ["--agreement", "01/TT", "--agreed-from", "2021-07-01"];
    home.done(&[&["partner", "update", "VNPT"], &agreement[..]].concat());
    let row = |serial: usize| {
        format!(
            "VNPT,{serial:X},VNPT-CA,000180{serial:06},31321,2024-05-10,2024-05-10,2026-05-10,false"
        )
    };
    let mut rows: Vec<String> = (1..=1_500).map(row).collect();
    rows[3] = rows[3].replace("VNPT-CA", "");
    rows[700] = rows[700].replace("31321", "31447").replace("2024-05-10", "2026-05-09");
    rows[1_400] = row(2);
    let file = write(&home, "certificates.csv", HEADER, &rows);
    let ended = home.run(&["import", "certificates", &file]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let report = fs::read_to_string(format!("{file}.faults.csv")).unwrap();
    let places: Vec<_> =
        report.lines().skip(1).map(|line| line.split(',').take(3).collect::<Vec<_>>()).collect();
    assert_eq!(
        places,
        [["5", "3", "issuer"], ["702", "5", "unit_code"], ["1402", "2", "serial"]],
        "{report}"
    );
    assert!(!report.contains("000180"), "holders are not told again");
    assert_eq!(home.number("SELECT COUNT(*) FROM certificate").await, 0);
    home.done(&["import", "certificates", &file, "--skip-faulty"]);
    assert_eq!(home.number("SELECT COUNT(*) FROM certificate").await, 1_497);
}

async fn schools_and_banks_are_imported_by_the_rules_of_the_mutation(engine: Engine) {
    const HEADER: &str = "kind,name,hamlet_code,opened_on";
    let home = Home::new(engine).await;
    home.done(&["migrate", "up"]);
    let row =
        |number: usize| format!("PRIMARY_SCHOOL,Trường Tiểu học Số {number},31333001,1998-09-05");
    let mut rows: Vec<String> = (1..=1_200).map(row).collect();
    rows[0] = rows[0].replace("PRIMARY_SCHOOL", "SCHOOL");
    rows[1] = rows[1].replace(",Trường Tiểu học Số 2,", ",,");
    rows[2] = rows[2].replace("31333001", "31333");
    rows[3] = rows[3].replace("1998-09-05", "1898-09-05");
    rows[1_150] = row(7).replace("Trường Tiểu học", "TRUONG TIEU HOC");
    let file = write(&home, "schools.csv", HEADER, &rows);
    let ended = home.run(&["import", "institutions", &file]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let places: Vec<_> = reported(&home, "schools.csv.faults.csv")
        .into_iter()
        .map(|(line, column, _)| (line, column))
        .collect();
    assert_eq!(places, [(2, 1), (3, 2), (4, 3), (5, 4), (1_152, 2)]);
    assert_eq!(home.number("SELECT COUNT(*) FROM institution").await, 0);
    home.done(&["import", "institutions", &file, "--skip-faulty"]);
    assert_eq!(home.number("SELECT COUNT(*) FROM institution").await, 1_195);
    let again = write(&home, "again.csv", HEADER, &[row(9)]);
    assert_eq!(home.run(&["import", "institutions", &again]).code, Some(1));
    assert_eq!(home.done(&["rollup", "check"]), "no difference / không có sai lệch\n");
}
