//! Digital certificates: what partners report of them, when periods were closed, and the single ones.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, date, date_null, integer, integer_null, string, string_null, text,
    text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 7] = [
    "partner_authority",
    "period_closing",
    "certificate_report",
    "certificate_report_line",
    "certificate_version",
    "certificate",
    "certificate_status_change",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in agreement() {
            // SQLite adds columns one at a time.
            let add = Table::alter().table("partner").add_column(column).to_owned();
            manager.alter_table(add).await?;
        }
        let tables = [
            partner_authority(),
            period_closing(),
            report(),
            report_line(),
            version(),
            certificate(),
            status_change(),
        ];
        for mut table in tables {
            manager.create_table(crate::clustered(manager, &mut table)).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        for column in ["agreement_reference", "agreed_from", "agreed_until", "signatures_required"]
        {
            let drop = Table::alter().table("partner").drop_column(column).to_owned();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}

fn agreement() -> [ColumnDef; 4] {
    [
        string_null("agreement_reference"),
        date_null("agreed_from"),
        date_null("agreed_until"),
        boolean("signatures_required").default(false).to_owned(),
    ]
}

/// Authorities that a partner's certificates may be signed by.
fn partner_authority() -> TableCreateStatement {
    Table::create()
        .table("partner_authority")
        .col(string("partner"))
        .col(integer("place"))
        .col(blob("der"))
        .col(timestamp_with_time_zone("added_at"))
        .primary_key(Index::create().col("partner").col("place"))
        .to_owned()
}

/// One row per closing; a period is closed while its newest one was not reopened.
fn period_closing() -> TableCreateStatement {
    Table::create()
        .table("period_closing")
        .col(integer("month"))
        .col(timestamp_with_time_zone("closed_at"))
        .col(string("closed_by"))
        .col(timestamp_with_time_zone_null("reopened_at"))
        .col(string_null("reopened_by"))
        .primary_key(Index::create().col("month").col("closed_at"))
        .to_owned()
}

/// One row per statement of a partner about a month. It counts from `accepted_at` until before `ended_at`.
fn report() -> TableCreateStatement {
    Table::create()
        .table("certificate_report")
        .col(string("partner"))
        .col(integer("month"))
        .col(integer("revision"))
        .col(string("state"))
        .col(big_integer("change"))
        .col(timestamp_with_time_zone("submitted_at"))
        .col(string("submitted_by"))
        .col(big_integer("cumulative_issued"))
        .col(big_integer("expected_issued"))
        .col(big_integer("issued"))
        .col(big_integer("renewed"))
        .col(big_integer("revoked"))
        .col(integer("line_count"))
        .col(string("content_sha256"))
        .col(text("receipt"))
        .col(integer_null("supersedes"))
        .col(text_null("reason"))
        .col(text_null("signature"))
        .col(text_null("signed_body"))
        .col(timestamp_with_time_zone_null("accepted_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .col(timestamp_with_time_zone_null("decided_at"))
        .col(string_null("decided_by"))
        .col(text_null("decision_reason"))
        .col(string_null("withdrawn_by"))
        .col(text_null("withdrawal_reason"))
        .primary_key(Index::create().col("partner").col("month").col("revision"))
        .to_owned()
}

fn report_line() -> TableCreateStatement {
    Table::create()
        .table("certificate_report_line")
        .col(string("partner"))
        .col(integer("month"))
        .col(integer("revision"))
        .col(integer("unit_id"))
        .col(integer("issued"))
        .col(integer("renewed"))
        .col(integer("revoked"))
        .primary_key(Index::create().col("partner").col("month").col("revision").col("unit_id"))
        .to_owned()
}

/// Counts up with every change of what counts, for each partner and for the closing of periods.
fn version() -> TableCreateStatement {
    Table::create()
        .table("certificate_version")
        .col(string("subject").primary_key())
        .col(big_integer("version"))
        .to_owned()
}

fn certificate() -> TableCreateStatement {
    Table::create()
        .table("certificate")
        .col(string("issuer"))
        .col(string("serial"))
        .col(string("partner"))
        .col(blob("holder_hash"))
        .col(integer("unit_id"))
        .col(integer("month"))
        .col(date("issued_on"))
        .col(date("valid_from"))
        .col(date("valid_until"))
        .col(boolean("is_renewal"))
        .col(boolean("is_checked"))
        .col(string("status"))
        .col(date("status_on"))
        .col(timestamp_with_time_zone("registered_at"))
        .col(string("registered_by"))
        .primary_key(Index::create().col("issuer").col("serial"))
        .to_owned()
}

fn status_change() -> TableCreateStatement {
    Table::create()
        .table("certificate_status_change")
        .col(string("issuer"))
        .col(string("serial"))
        .col(big_integer("event"))
        .col(timestamp_with_time_zone("recorded_at"))
        .col(string("status"))
        .col(date("status_on"))
        .col(text("reason"))
        .col(string("actor"))
        .primary_key(Index::create().col("issuer").col("serial").col("event"))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 5] {
    let index = |name: &'static str, table: &'static str| {
        Index::create().name(name).table(table).to_owned()
    };
    [
        index("certificate_report_submitted", "certificate_report").col("submitted_at").to_owned(),
        index("certificate_report_changed", "certificate_report")
            .col("partner")
            .col("change")
            .to_owned(),
        index("certificate_counted", "certificate")
            .col("month")
            .col("partner")
            .col("unit_id")
            .to_owned(),
        index("certificate_holder", "certificate").col("holder_hash").to_owned(),
        // Few certificates are anything but valid.
        index("certificate_not_valid", "certificate")
            .col("status_on")
            .and_where(Expr::col("status").ne("VALID"))
            .to_owned(),
    ]
}

fn blob(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).blob().not_null().to_owned()
}
