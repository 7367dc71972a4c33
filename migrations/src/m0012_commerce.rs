//! E-commerce: marketplaces, sellers, products with their ratings and words, listings, monthly sales.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, date, date_null, integer, integer_null, small_integer, small_integer_null, string,
    string_null, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// In the order in which they are dropped.
const TABLES: [&str; 11] = [
    "listing_sales",
    "listing_version",
    "listing",
    "product_word",
    "product_rating",
    "product_version",
    "product",
    "seller_version",
    "seller",
    "marketplace_version",
    "marketplace",
];

const COUNTERS: [&str; 3] = ["seller", "product", "listing"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [marketplace(), seller(), product(), listing()] {
            manager.create_table(table).await?;
        }
        for mut table in [
            marketplace_version(),
            seller_version(),
            product_version(),
            rating(),
            word(manager.get_database_backend()),
            listing_version(),
            sales(),
        ] {
            manager.create_table(crate::clustered(manager, &mut table)).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        let mut counters =
            Query::insert().into_table("counter").columns(["name", "next"]).to_owned();
        for name in COUNTERS {
            counters.values_panic([name.into(), 1.into()]);
        }
        manager.execute(counters).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        let counters = Query::delete()
            .from_table("counter")
            .and_where(Expr::col("name").is_in(COUNTERS))
            .to_owned();
        manager.execute(counters).await
    }
}

fn marketplace() -> TableCreateStatement {
    Table::create()
        .table("marketplace")
        .col(string("code").primary_key())
        .col(string("name"))
        .col(date_null("valid_from"))
        .col(date_null("valid_until"))
        .col(integer("version"))
        .to_owned()
}

fn marketplace_version() -> TableCreateStatement {
    Table::create()
        .table("marketplace_version")
        .col(string("code"))
        .col(integer("version"))
        .col(timestamp_with_time_zone("recorded_at"))
        .col(string("actor"))
        .col(string("name"))
        .col(date_null("valid_from"))
        .col(date_null("valid_until"))
        .primary_key(Index::create().col("code").col("version"))
        .to_owned()
}

fn seller() -> TableCreateStatement {
    Table::create()
        .table("seller")
        .col(integer("number").primary_key())
        .col(string("kind"))
        .col(string("name"))
        .col(string("folded_name"))
        .col(integer("hamlet_id"))
        .col(integer_null("household"))
        .col(date("registered_on"))
        .col(integer("version"))
        .to_owned()
}

fn seller_version() -> TableCreateStatement {
    Table::create()
        .table("seller_version")
        .col(integer("number"))
        .col(integer("version"))
        .col(timestamp_with_time_zone("recorded_at"))
        .col(string("actor"))
        .col(string("name"))
        .col(integer("hamlet_id"))
        .primary_key(Index::create().col("number").col("version"))
        .to_owned()
}

/// The newest rating stands with the product, so that lists need not look for it.
fn product() -> TableCreateStatement {
    Table::create()
        .table("product")
        .col(integer("number").primary_key())
        .col(integer("seller"))
        .col(string("name"))
        .col(string("folded_name"))
        .col(integer("name_words"))
        .col(string("category"))
        .col(date("registered_on"))
        .col(small_integer_null("stars"))
        .col(date_null("decided_on"))
        .col(date_null("expires_on"))
        .col(string_null("decision"))
        .col(integer("version"))
        .to_owned()
}

fn product_version() -> TableCreateStatement {
    Table::create()
        .table("product_version")
        .col(integer("number"))
        .col(integer("version"))
        .col(timestamp_with_time_zone("recorded_at"))
        .col(string("actor"))
        .col(string("name"))
        .col(string("category"))
        .primary_key(Index::create().col("number").col("version"))
        .to_owned()
}

fn rating() -> TableCreateStatement {
    Table::create()
        .table("product_rating")
        .col(integer("product"))
        .col(date("decided_on"))
        .col(small_integer("stars"))
        .col(date("expires_on"))
        .col(string("decision"))
        .col(timestamp_with_time_zone("recorded_at"))
        .col(string("actor"))
        .primary_key(Index::create().col("product").col("decided_on"))
        .to_owned()
}

/// The words by which products are found; in the order of their bytes, whatever language the database
/// was made for.
fn word(backend: DbBackend) -> TableCreateStatement {
    let word = match backend {
        DbBackend::Postgres => {
            ColumnDef::new("word").custom("varchar COLLATE \"C\"").not_null().take()
        }
        _ => string("word"),
    };
    Table::create()
        .table("product_word")
        .col(word)
        .col(integer("product"))
        .col(integer("weight"))
        .primary_key(Index::create().col("word").col("product"))
        .to_owned()
}

fn listing() -> TableCreateStatement {
    Table::create()
        .table("listing")
        .col(integer("number").primary_key())
        .col(integer("product"))
        .col(string("marketplace"))
        .col(string("url"))
        .col(big_integer("price"))
        .col(small_integer_null("shown_stars"))
        .col(string("status"))
        .col(date("listed_on"))
        .col(date("effective_on"))
        .col(integer("version"))
        .to_owned()
}

fn listing_version() -> TableCreateStatement {
    Table::create()
        .table("listing_version")
        .col(integer("number"))
        .col(integer("version"))
        .col(timestamp_with_time_zone("recorded_at"))
        .col(string("actor"))
        .col(big_integer("price"))
        .col(string("status"))
        .col(date("effective_on"))
        .col(text_null("reason"))
        .primary_key(Index::create().col("number").col("version"))
        .to_owned()
}

/// Never changed: what is replaced is marked, and the new counts are a revision of their own.
fn sales() -> TableCreateStatement {
    Table::create()
        .table("listing_sales")
        .col(integer("listing"))
        .col(integer("month"))
        .col(integer("revision"))
        .col(integer("orders"))
        .col(integer("items"))
        .col(big_integer("revenue"))
        .col(timestamp_with_time_zone("recorded_at"))
        .col(string("actor"))
        .col(timestamp_with_time_zone_null("superseded_at"))
        .primary_key(Index::create().col("listing").col("month").col("revision"))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 6] {
    let index = |name: &'static str, table: &'static str| {
        Index::create().name(name).table(table).to_owned()
    };
    [
        index("seller_hamlet", "seller").col("hamlet_id").col("folded_name").to_owned(),
        index("seller_household", "seller").col("household").unique().to_owned(),
        index("product_seller", "product").col("seller").to_owned(),
        index("listing_product", "listing").col("product").to_owned(),
        index("listing_url", "listing").col("marketplace").col("url").unique().to_owned(),
        index("listing_price", "listing").col("price").to_owned(),
    ]
}
