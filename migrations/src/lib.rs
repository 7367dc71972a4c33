//! The steps by which the database came to its present form, for SQLite and PostgreSQL alike.
//!
//! Stands alone: a step is written once, in the words of its time, and never follows later changes
//! of the entities. A step only adds what the running version can live with (expand); what is no
//! longer read goes in a later release (contract).

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

mod m0001_units;
mod m0002_households;
mod m0003_connectivity;
mod m0004_rollups;
mod m0005_records;
mod m0006_tokens;
mod m0007_documents;
mod m0008_personal_reads;
mod m0009_certificates;
mod m0010_event_tokens;
mod m0011_tallies;
mod m0012_commerce;
mod m0013_coverage;
mod m0014_institutions;
mod m0015_community;
mod m0016_reorganisations;
mod m0017_audit;
mod m0018_fibre_pages;
mod m0019_numbers;
mod m0020_places;
mod m0021_fibre_covered;

/// All steps in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_units::Migration),
            Box::new(m0002_households::Migration),
            Box::new(m0003_connectivity::Migration),
            Box::new(m0004_rollups::Migration),
            Box::new(m0005_records::Migration),
            Box::new(m0006_tokens::Migration),
            Box::new(m0007_documents::Migration),
            Box::new(m0008_personal_reads::Migration),
            Box::new(m0009_certificates::Migration),
            Box::new(m0010_event_tokens::Migration),
            Box::new(m0011_tallies::Migration),
            Box::new(m0012_commerce::Migration),
            Box::new(m0013_coverage::Migration),
            Box::new(m0014_institutions::Migration),
            Box::new(m0015_community::Migration),
            Box::new(m0016_reorganisations::Migration),
            Box::new(m0017_audit::Migration),
            Box::new(m0018_fibre_pages::Migration),
            Box::new(m0019_numbers::Migration),
            Box::new(m0020_places::Migration),
            Box::new(m0021_fibre_covered::Migration),
        ]
    }
}

/// On SQLite, stores a table with a compound key in the key's own order instead of beside it.
fn clustered(
    manager: &SchemaManager<'_>,
    table: &mut TableCreateStatement,
) -> TableCreateStatement {
    if manager.get_database_backend() == DbBackend::Sqlite {
        table.extra("WITHOUT ROWID");
    }
    table.to_owned()
}
