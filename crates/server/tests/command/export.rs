//! Exporting CSV files: what went in comes out, sorted by code, and no spreadsheet runs it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
use std::process::{Command, Stdio};

use registry_testing::{Engine, on_both_engines};

use crate::commerce_import::{
    LISTINGS, PRODUCTS, RATINGS, SELLERS, codes, import, listing, product, seller,
};
use crate::harness::Home;
use crate::import::{HOUSEHOLDS, households, write};

on_both_engines!(
    what_is_imported_is_exported,
    formulas_are_disarmed_in_the_export_and_untouched_in_the_registry,
    long_tables_are_exported_whole_and_in_order,
);

/// Header and rows of an export to a file.
fn exported(home: &Home, kind: &str) -> (String, Vec<String>) {
    let file = home.file(&format!("exported-{kind}.csv"));
    let told = home.done(&["export", kind, "--file", file.to_str().unwrap()]);
    let text = fs::read_to_string(&file).unwrap();
    let mut lines = text.lines().map(str::to_owned);
    let header = lines.next().unwrap();
    let rows: Vec<String> = lines.collect();
    assert_eq!(told, format!("{0} rows written / đã ghi {0} dòng\n", rows.len()));
    assert!(!home.file(&format!("exported-{kind}.csv.part")).exists());
    (header, rows)
}

/// What stands behind the code.
fn behind_code(row: &str) -> &str {
    row.split_once(',').unwrap().1
}

/// A day on which the ratings of this test hold whenever it is run.
fn yesterday() -> String {
    let today = chrono::Utc::now().date_naive();
    today.pred_opt().unwrap().to_string()
}

async fn what_is_imported_is_exported(engine: Engine) {
    let home = Home::new(engine).await;
    home.done(&["migrate", "up"]);
    assert_eq!(home.done(&["export", "sellers"]), format!("code,{SELLERS}\n"));
    import(&home, "households", HOUSEHOLDS, &households(1));
    let sellers = [
        seller(1),
        "HOUSEHOLD,\"Bưởi Năm Roi, \"\"Út\"\"\",31333001,HG00000103,2023-05-04".to_owned(),
    ];
    import(&home, "sellers", SELLERS, &sellers);
    let (header, rows) = exported(&home, "sellers");
    assert_eq!(header, format!("code,{SELLERS}"));
    assert_eq!(rows.iter().map(|row| behind_code(row)).collect::<Vec<_>>(), sellers);
    let piped = home.done(&["export", "sellers", "--file", "-"]);
    assert_eq!(piped, format!("{header}\n{}\n", rows.join("\n")));

    let [first, second] = codes(&home, "sellers").try_into().unwrap();
    let products = [product(&second, 1), product(&first, 1), product(&first, 2)];
    import(&home, "products", PRODUCTS, &products);
    let [_, expired, rated] = codes(&home, "products").try_into().unwrap();
    let on = yesterday();
    let ratings = [
        format!("{expired},5,2020-01-01,\"1/QĐ-UBND, ngày 01/01/2020\""),
        format!("{rated},3,2020-01-01,1/QĐ-UBND"),
        format!("{rated},4,{on},2/QĐ-UBND"),
    ];
    import(&home, "ratings", RATINGS, &ratings);
    let (header, rows) = exported(&home, "products");
    let rating = "ocop_stars,ocop_decided_on,ocop_expires_on,ocop_decision";
    assert_eq!(header, format!("code,{PRODUCTS},{rating}"));
    assert!(rows.is_sorted());
    let beginnings = rows.iter().zip(&products);
    assert!(beginnings.clone().all(|(row, product)| behind_code(row).starts_with(product)));
    let ends: Vec<_> =
        beginnings.map(|(row, product)| &behind_code(row)[product.len()..]).collect();
    assert_eq!(ends[..2], [",,,,"; 2]);
    assert!(ends[2].starts_with(&format!(",4,{on},")), "{ends:?}");
    assert!(ends[2].ends_with(",2/QĐ-UBND"), "{ends:?}");

    let listings = [
        listing(&rated, 1),
        listing(&rated, 2).replace("false", "true"),
        listing(&rated, 3).replace(",,2024-03-01", &format!(",4,{on}")),
    ];
    import(&home, "listings", LISTINGS, &listings);
    let (header, rows) = exported(&home, "listings");
    assert_eq!(header, format!("code,{LISTINGS},status"));
    assert!(rows.is_sorted());
    let expected = listings.iter().zip(["ACTIVE", "DRAFT", "ACTIVE"]);
    let expected: Vec<_> = expected.map(|(row, status)| format!("{row},{status}")).collect();
    assert_eq!(rows.iter().map(|row| behind_code(row)).collect::<Vec<_>>(), expected);
}

async fn formulas_are_disarmed_in_the_export_and_untouched_in_the_registry(engine: Engine) {
    let home = Home::new(engine).await;
    home.done(&["migrate", "up"]);
    import(&home, "sellers", SELLERS, &[seller(1).replace("Hợp", "=Hợp")]);
    let seller = codes(&home, "sellers").remove(0);
    let products = ["+84 khóm", "-5 khóm", "@khóm", "Khóm = +1"];
    let rows = products.map(|name| format!("{seller},{name},DRINK,2023-06-01"));
    import(&home, "products", PRODUCTS, &rows);
    let product = codes(&home, "products").remove(0);
    let rating = format!("{product},4,{},=1+1", yesterday());
    import(&home, "ratings", RATINGS, &[rating]);

    let (_, rows) = exported(&home, "sellers");
    assert!(rows[0].contains(",'=Hợp tác xã Số 1,"), "{rows:?}");
    let (_, rows) = exported(&home, "products");
    let names: Vec<_> = rows.iter().map(|row| row.split(',').nth(2).unwrap()).collect();
    assert_eq!(names, ["'+84 khóm", "'-5 khóm", "'@khóm", "Khóm = +1"]);
    assert!(rows[0].ends_with(",'=1+1"), "{rows:?}");

    let stored = "SELECT COUNT(*) FROM seller WHERE name = '=Hợp tác xã Số 1'";
    assert_eq!(home.number(stored).await, 1);
    let stored =
        "SELECT COUNT(*) FROM product WHERE name IN ('+84 khóm', '-5 khóm', '@khóm', 'Khóm = +1')";
    assert_eq!(home.number(stored).await, 4);
    let stored = "SELECT COUNT(*) FROM product WHERE decision = '=1+1'";
    assert_eq!(home.number(stored).await, 1);
}

async fn long_tables_are_exported_whole_and_in_order(engine: Engine) {
    let home = Home::new(engine).await;
    home.done(&["migrate", "up"]);
    let sellers: Vec<String> = (1..=2_500).map(seller).collect();
    import(&home, "sellers", SELLERS, &sellers);
    let (_, rows) = exported(&home, "sellers");
    assert!(rows.is_sorted());
    assert_eq!(rows.iter().map(|row| behind_code(row)).collect::<Vec<_>>(), sellers);

    let seller = codes(&home, "sellers").remove(0);
    let products: Vec<String> = (1..=2_500).map(|number| product(&seller, number)).collect();
    import(&home, "products", PRODUCTS, &products);
    let (_, rows) = exported(&home, "products");
    let expected: Vec<_> = products.iter().map(|row| format!("{row},,,,")).collect();
    assert_eq!(rows.iter().map(|row| behind_code(row)).collect::<Vec<_>>(), expected);

    let product = codes(&home, "products").remove(0);
    let listings: Vec<String> = (1..=2_500).map(|number| listing(&product, number)).collect();
    import(&home, "listings", LISTINGS, &listings);
    let (_, rows) = exported(&home, "listings");
    let expected: Vec<_> = listings.iter().map(|row| format!("{row},ACTIVE")).collect();
    assert_eq!(rows.iter().map(|row| behind_code(row)).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_reader_that_leaves_early_is_no_failure() {
    let home = Home::new(Engine::Sqlite).await;
    home.done(&["migrate", "up"]);
    // More than a pipe holds.
    let long = |number| seller(number).replace("Hợp tác xã", &"Hợp tác xã ".repeat(10));
    let rows: Vec<String> = (1..=2_000).map(long).collect();
    import(&home, "sellers", SELLERS, &rows);
    let mut command = home.command(&["export", "sellers"]);
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(process.stdout.take().unwrap());
    let mut header = String::new();
    out.read_line(&mut header).unwrap();
    drop(out);
    let ended = process.wait_with_output().unwrap();
    assert_eq!(header, format!("code,{SELLERS}\n"));
    assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(0), &b""[..]));
}

#[tokio::test]
async fn a_file_that_cant_be_written_is_told_and_leaves_the_old_one() {
    let home = Home::new(Engine::Sqlite).await;
    let nowhere = home.run(&["export", "sellers"]);
    assert_eq!(nowhere.code, Some(4), "{nowhere:?}");
    home.done(&["migrate", "up"]);
    let missing = home.run(&["export", "listings", "--file", "/nowhere/listings.csv"]);
    assert_eq!(missing.code, Some(7), "{missing:?}");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let full = home.command(&["export", "listings"]).stdout(full).status().unwrap();
    assert_eq!(full.code(), Some(7));

    // A pipe stays one.
    let header = format!("code,{LISTINGS},status\n");
    let pipe = home.file("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut reader = fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
    home.done(&["export", "listings", "--file", pipe.to_str().unwrap()]);
    let mut read = vec![0; header.len()];
    reader.read_exact(&mut read).unwrap();
    assert_eq!(read, header.as_bytes());
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());

    // A link and the permissions stay.
    let kept = write(&home, "kept.csv", "old", &[]);
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o640)).unwrap();
    let link = home.file("link.csv");
    symlink(&kept, &link).unwrap();
    home.done(&["export", "listings", "--file", link.to_str().unwrap()]);
    assert!(link.is_symlink());
    assert_eq!(fs::read_to_string(&kept).unwrap(), header);
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o640);

    let kept = write(&home, "kept.csv", "old", &[]);
    for table in ["listing_sales", "listing_version", "listing"] {
        home.tamper(&format!("DROP TABLE {table}")).await;
    }
    let failed = home.run(&["export", "listings", "--file", &kept]);
    assert_eq!(failed.code, Some(4), "{failed:?}");
    assert_eq!(fs::read_to_string(&kept).unwrap(), "old\n");
    assert!(!home.file("kept.csv.part").exists());
}

#[tokio::test]
async fn the_help_tells_of_the_apostrophe() {
    let home = Home::new(Engine::Sqlite).await;
    for kind in ["sellers", "products", "listings"] {
        let help = home.done(&["export", kind, "--help"]);
        assert!(help.contains("begin with =, +, -, @"), "{help}");
        assert!(help.contains("dấu nháy đơn"), "{help}");
    }
}
