//! Importing sellers, products, ratings, listings and sales: the rules of the mutations, told by line and column.

use registry_domain::commerce::{ListingCode, ProductCode, SellerCode};
use registry_testing::{Engine, on_both_engines};

use crate::harness::Home;
use crate::import::{HOUSEHOLDS, households, reported, write};

on_both_engines!(
    sellers_are_imported_by_the_rules_of_the_mutation,
    products_and_ratings_are_imported_by_the_rules_of_the_mutations,
    listings_are_imported_by_the_rules_of_the_mutation,
    sales_are_imported_and_corrected_by_the_rules_of_the_mutation,
);

pub const SELLERS: &str = "kind,name,hamlet_code,household_code,registered_on";
pub const PRODUCTS: &str = "seller_code,name,category,registered_on";
pub const RATINGS: &str = "product_code,stars,decided_on,decision";
pub const LISTINGS: &str = "product_code,marketplace,url,price_vnd,ocop_stars,listed_on,draft";
pub const SALES: &str = "listing_code,month,orders,items,revenue_vnd,replace";

/// A cooperative.
pub fn seller(number: usize) -> String {
    format!("COOPERATIVE,Hợp tác xã Số {number},31333001,,2023-05-04")
}

/// A product of some seller.
pub fn product(seller: &str, number: usize) -> String {
    format!("{seller},Khóm Cầu Đúc loại {number},FRESH_FOOD,2023-06-01")
}

/// A listing of some product, on sale, without stars.
pub fn listing(product: &str, number: usize) -> String {
    format!("{product},POSTMART,https://postmart.vn/khom-{number},35000,,2024-03-01,false")
}

/// The codes of all records of a kind.
pub fn codes(home: &Home, kind: &str) -> Vec<String> {
    let exported = home.done(&["export", kind]);
    let mut table = csv::Reader::from_reader(exported.as_bytes());
    table.records().map(|record| record.unwrap()[0].to_owned()).collect()
}

/// Imports rows that are all sound.
pub fn import(home: &Home, kind: &str, header: &str, rows: &[String]) {
    let file = write(home, &format!("{kind}.csv"), header, rows);
    let done = home.done(&["import", kind, &file]);
    assert!(done.contains(&format!("{} rows written", rows.len())), "{done}");
}

/// A registry with one seller, or with so many products of one, or so many listings of one product.
fn stocked(home: &Home, products: usize, listings: usize) {
    home.done(&["migrate", "up"]);
    import(home, "sellers", SELLERS, &[seller(1)]);
    let seller = &codes(home, "sellers")[0];
    let rows: Vec<String> = (1..=products).map(|number| product(seller, number)).collect();
    import(home, "products", PRODUCTS, &rows);
    if listings > 0 {
        let product = &codes(home, "products")[0];
        let rows: Vec<String> = (1..=listings).map(|number| listing(product, number)).collect();
        import(home, "listings", LISTINGS, &rows);
    }
}

/// Tries rows of which some are faulty: each is told, nothing is written. Then writes the others,
/// and sees that doing so again writes nothing.
async fn refuse(
    home: &Home,
    kind: &str,
    (header, table): (&str, &str),
    rows: &[String],
    faulty: &[(u64, usize)],
) {
    let count = format!("SELECT COUNT(*) FROM {table}");
    let before = home.number(&count).await;
    let name = format!("faulty-{kind}.csv");
    let file = write(home, &name, header, rows);
    for flags in [&["--dry-run"][..], &[]] {
        let ended = home.run(&[&["import", kind, &file], flags].concat());
        assert_eq!(ended.code, Some(1), "{ended:?}");
        let told = reported(home, &format!("{name}.faults.csv"));
        let places: Vec<_> = told.iter().map(|(line, column, _)| (*line, *column)).collect();
        assert_eq!(places, faulty, "{told:#?}");
    }
    assert_eq!(home.number(&count).await, before);

    let mut lines: Vec<_> = faulty.iter().map(|(line, _)| line).collect();
    lines.dedup();
    let sound = rows.len() - lines.len();
    let skipped = home.done(&["import", kind, &file, "--skip-faulty"]);
    assert!(skipped.contains(&format!("{sound} rows written")), "{skipped}");
    let after = home.number(&count).await;
    assert_eq!(after - before, i64::try_from(sound).unwrap());
    let again = home.done(&["import", kind, &file, "--skip-faulty"]);
    assert!(again.contains("0 rows written"), "{again}");
    assert_eq!(home.number(&count).await, after);
}

async fn sellers_are_imported_by_the_rules_of_the_mutation(engine: Engine) {
    let home = Home::new(engine).await;
    home.done(&["migrate", "up"]);
    import(&home, "households", HOUSEHOLDS, &households(2));
    let family = |name: &str, code: &str| format!("HOUSEHOLD,{name},31333001,{code},2023-05-04");
    let mut rows: Vec<String> = (1..=1_100).map(seller).collect();
    rows[0] = family("Hộ Nguyễn Thị Bưởi", "HG00000103");
    rows[1] = rows[1].replace("COOPERATIVE", "SHOP");
    rows[2] = rows[2].replace(",Hợp tác xã Số 3,", ",,");
    rows[3] = rows[3].replace("31333001", "31333");
    rows[4] = rows[4].replace(",,2023", ",HG00000103,2023");
    rows[5] = family("Hộ không tên", "");
    rows[6] = family("Hộ chưa đăng ký", "HG00000394");
    rows[7] = rows[7].replace("2023-05-04", "2099-05-04");
    rows[8] = rows[8].replace("2023-05-04", "4/5/2023");
    // As in another batch: the same name spelled otherwise, the same household.
    rows[1_050] = seller(20).replace("Hợp tác xã", "HOP TAC XA");
    rows[1_060] = family("Bưởi Năm Roi", "HG00000103");
    let faulty =
        [(3, 1), (4, 2), (5, 3), (6, 4), (7, 4), (8, 4), (9, 5), (10, 5), (1_052, 2), (1_062, 4)];
    refuse(&home, "sellers", (SELLERS, "seller"), &rows, &faulty).await;

    // Against what was recorded before.
    let rows = [seller(30), family("Hộ khác", "HG00000103"), family("Hộ thứ hai", "HG00000297")];
    refuse(&home, "sellers", (SELLERS, "seller"), &rows, &[(2, 2), (3, 4)]).await;
}

async fn products_and_ratings_are_imported_by_the_rules_of_the_mutations(engine: Engine) {
    let home = Home::new(engine).await;
    stocked(&home, 3, 0);
    let seller = codes(&home, "sellers").remove(0);
    let nobody = SellerCode::new(999_999).unwrap().to_string();
    let rows = [
        product(&seller, 4),
        product(&seller, 3),
        product(&seller, 4).to_uppercase(),
        product(&nobody, 5),
        product("NB00000100", 5),
        product(&seller, 5).replace("FRESH_FOOD", "FOOD"),
        product(&seller, 5).replace("2023-06-01", "2023-05-03"),
        product(&seller, 5).replace("2023-06-01", ""),
        product(&seller, 5) + ",",
    ];
    let faulty = [(3, 2), (4, 2), (5, 1), (6, 1), (7, 3), (8, 4), (9, 4), (10, 4)];
    refuse(&home, "products", (PRODUCTS, "product"), &rows, &faulty).await;

    let product = codes(&home, "products").remove(0);
    let unknown = ProductCode::new(999_999).unwrap().to_string();
    let rated = |code: &str, stars: &str, on: &str, decision: &str| {
        format!("{code},{stars},{on},{decision}")
    };
    let rows = [
        rated(&product, "3", "2023-07-01", "12/QĐ-UBND"),
        rated(&product, "4", "2023-07-01", "13/QĐ-UBND"),
        rated(&product, "6", "2024-07-01", "14/QĐ-UBND"),
        rated(&product, "bốn", "2024-07-01", "14/QĐ-UBND"),
        rated(&product, "4", "2099-07-01", "14/QĐ-UBND"),
        rated(&product, "4", "2024-07-01", ""),
        rated(&unknown, "4", "2024-07-01", "14/QĐ-UBND"),
        rated(&product, "5", "2024-07-01", "14/QĐ-UBND"),
    ];
    let faulty = [(3, 3), (4, 2), (5, 2), (6, 3), (7, 4), (8, 1)];
    refuse(&home, "ratings", (RATINGS, "product_rating"), &rows, &faulty).await;
    let newest = "SELECT CAST(SUM(stars) AS BIGINT) FROM product";
    assert_eq!(home.number(newest).await, 5);
}

async fn listings_are_imported_by_the_rules_of_the_mutation(engine: Engine) {
    let home = Home::new(engine).await;
    stocked(&home, 1, 1);
    let product = codes(&home, "products").remove(0);
    let unknown = ProductCode::new(999_999).unwrap().to_string();
    let rating = format!("{product},4,2024-01-15,12/QĐ-UBND");
    import(&home, "ratings", RATINGS, &[rating]);
    let with = |number: usize, from: &str, to: &str| {
        let row = listing(&product, number);
        assert!(row.contains(from), "{row}");
        row.replace(from, to)
    };
    let rows = [
        with(2, ",,2024", ",4,2024"),
        with(3, "https:", "http:"),
        listing(&product, 1),
        with(2, "postmart.vn", "POSTMART.VN:443"),
        with(5, "POSTMART", "CHO_NOI"),
        with(6, "POSTMART", "cho"),
        with(7, "35000", "-1"),
        with(8, "35000", "35.000"),
        with(9, ",,2024", ",5,2024"),
        with(10, ",,2024", ",0,2024"),
        with(11, "2024-03-01", "2023-05-31"),
        with(12, "false", "no"),
        listing(&unknown, 13),
        with(14, "false", "true"),
    ];
    let faulty = [
        (3, 3),
        (4, 3),
        (5, 3),
        (6, 2),
        (7, 2),
        (8, 4),
        (9, 4),
        (10, 5),
        (11, 5),
        (12, 6),
        (13, 7),
        (14, 1),
    ];
    refuse(&home, "listings", (LISTINGS, "listing"), &rows, &faulty).await;
    let drafts = "SELECT COUNT(*) FROM listing WHERE status = 'DRAFT'";
    assert_eq!(home.number(drafts).await, 1);
}

async fn sales_are_imported_and_corrected_by_the_rules_of_the_mutation(engine: Engine) {
    let home = Home::new(engine).await;
    stocked(&home, 1, 2);
    let listings = codes(&home, "listings");
    let unknown = ListingCode::new(999_999).unwrap().to_string();
    let sold = |listing: &str, rest: &str| format!("{listing},{rest}");
    let listed = listings[0].as_str();
    let rows = [
        sold(listed, "2024-03,10,12,420000,false"),
        sold(listed, "2024-03,10,12,420000,false"),
        sold(&unknown, "2024-03,10,12,420000,false"),
        sold(listed, "2024-02,10,12,420000,false"),
        sold(listed, "2099-01,10,12,420000,false"),
        sold(listed, "03/2024,10,12,420000,false"),
        sold(listed, "2024-04,10,9,420000,false"),
        sold(listed, "2024-04,-1,12,x,false"),
        sold(listed, "2024-04,10,12,420000,"),
        sold(&listings[1], "2024-03,0,0,0,false"),
    ];
    let faulty = [(3, 2), (4, 1), (5, 2), (6, 2), (7, 2), (8, 4), (9, 5), (10, 6)];
    refuse(&home, "listing-sales", (SALES, "listing_sales"), &rows, &faulty).await;

    let again = [sold(listed, "2024-03,11,13,455000,false"), sold(listed, "2024-05,1,1,1,false")];
    refuse(&home, "listing-sales", (SALES, "listing_sales"), &again, &[(2, 2)]).await;
    import(&home, "listing-sales", SALES, &[sold(listed, "2024-03,11,13,455000,true")]);
    let counts =
        "SELECT CAST(SUM(orders) AS BIGINT) FROM listing_sales WHERE superseded_at IS NULL";
    assert_eq!(home.number(counts).await, 12);
    assert_eq!(home.done(&["rollup", "check"]), "no difference / không có sai lệch\n");
}
