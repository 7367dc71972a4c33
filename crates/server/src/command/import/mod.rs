//! `registry import`: CSV files by the same rules as the mutations; every faulty row told at once.
//!
//! A file is read three times, never held: its form, its rows against all rules, and the writing.
//! Rows are written in batches under idempotency keys made of the file's digest, so that the same
//! command after a crash goes on where it stopped.

mod certificates;
mod connectivity;
mod form;
mod households;
mod institutions;
mod listings;
mod products;
mod ratings;
mod rows;
mod sales;
mod sellers;

use std::collections::BTreeSet;
use std::path::{Path as FilePath, PathBuf};

use indicatif::ProgressBar;
use registry_domain::access::{Principal, Scope, WritingPrincipal};
use registry_domain::fault::Faults;
use registry_persistence::{
    Command, Idempotency, Row, Store, StoreError, WriteError, WriteRequest,
};

use super::{progress, tell};
use crate::arguments::{Import, ImportFile};
use crate::config::Loaded;
use crate::error::ServerError;
use crate::start::open_store;
use form::Form;
use rows::{Batch, Batches, FaultyCell, Sheet, locate_all};

/// Rows read, checked and written together.
const BATCH: usize = 1_000;

/// A kind of file: its columns and what a row becomes.
trait Kind {
    /// What a row becomes.
    type Value: Clone + Send;
    /// What several rows become.
    type Command: Command;
    /// What no two rows of a file may share.
    type Identity: std::hash::Hash + Eq + Send;

    /// What whoever imports must be permitted.
    const SCOPE: Scope;
    /// The columns, and the name by which faults know each.
    const COLUMNS: &'static [(&'static str, &'static str)];

    /// Checks what a row says by itself.
    fn parse(row: &rows::RawRow, store: &Store) -> Result<Row<Self::Value>, Faults>;
    /// What must not repeat, each with the column that tells it.
    fn identities(value: &Self::Value) -> Vec<(&'static str, Self::Identity)>;
    /// The command that writes the rows.
    fn command(rows: Vec<Row<Self::Value>>) -> Self::Command;
}

pub(super) async fn run(loaded: &Loaded, what: Import) -> Result<(), ServerError> {
    match what {
        Import::Households(file) => import::<households::Households>(loaded, &file).await,
        Import::Connectivity(file) => import::<connectivity::Connectivity>(loaded, &file).await,
        Import::Certificates(file) => import::<certificates::Certificates>(loaded, &file).await,
        Import::Institutions(file) => import::<institutions::Institutions>(loaded, &file).await,
        Import::Sellers(file) => import::<sellers::Sellers>(loaded, &file).await,
        Import::Products(file) => import::<products::Products>(loaded, &file).await,
        Import::Ratings(file) => import::<ratings::Ratings>(loaded, &file).await,
        Import::Listings(file) => import::<listings::Listings>(loaded, &file).await,
        Import::ListingSales(file) => import::<sales::Sales>(loaded, &file).await,
    }
}

async fn import<K: Kind>(loaded: &Loaded, file: &ImportFile) -> Result<(), ServerError> {
    let form = form::check(&file.file, &header::<K>())?;
    let store = open_store(loaded).await?;
    let actor = Principal::internal("import", [K::SCOPE]).writer(K::SCOPE);
    let job = Job { store, actor: actor.map_err(StoreError::from)?, form, path: file.file.clone() };
    let done = job.run::<K>(file).await;
    job.store.close().await;
    done
}

fn header<K: Kind>() -> String {
    let names: Vec<_> = K::COLUMNS.iter().map(|(column, _)| *column).collect();
    names.join(",")
}

/// One file on its way into one store.
struct Job {
    store: Store,
    actor: WritingPrincipal,
    form: Form,
    path: PathBuf,
}

impl Job {
    async fn run<K: Kind>(&self, file: &ImportFile) -> Result<(), ServerError> {
        let faulty = self.check::<K>().await?;
        let lines: BTreeSet<u64> = faulty.iter().map(|cell| cell.line).collect();
        if !faulty.is_empty() {
            let report = file.report.clone().unwrap_or_else(|| default_report(&file.file));
            rows::write_report(&report, &faulty)?;
            tell(format!("{} faulty rows, told in {} / dòng lỗi", lines.len(), report.display()));
        }
        if file.dry_run || (!lines.is_empty() && !file.skip_faulty) {
            return finding(&lines, self.form.rows);
        }
        let written = self.write::<K>(&lines).await?;
        tell(format!("{written} rows written / đã ghi {written} dòng"));
        Ok(())
    }

    /// Checks all rows that were not written before; nothing is written.
    async fn check<K: Kind>(&self) -> Result<Vec<FaultyCell>, ServerError> {
        let bar = progress::bar(self.form.rows);
        let mut sheet = Sheet::<K>::default();
        let mut faulty = Vec::new();
        for batch in Batches::open(&self.path)? {
            let batch = batch?;
            if !self.is_written(&batch).await? {
                let rows = sheet.parse(&batch, &self.store, &mut faulty);
                if !rows.is_empty() {
                    let checked = self.store.rehearse(&self.actor, K::command(rows)).await;
                    faulty.extend(
                        refused(checked)?
                            .map(|faults| locate_all::<K>(&batch, faults))
                            .unwrap_or_default(),
                    );
                }
            }
            bar.inc(batch.rows.len() as u64);
        }
        bar.finish_and_clear();
        faulty.sort_by_key(|cell| (cell.line, cell.column));
        Ok(faulty)
    }

    /// Writes all rows but those at the `faulty` lines; how many rows this run wrote.
    async fn write<K: Kind>(&self, faulty: &BTreeSet<u64>) -> Result<usize, ServerError> {
        let bar: ProgressBar = progress::bar(self.form.rows);
        let mut written = 0;
        for batch in Batches::open(&self.path)? {
            let batch = batch?;
            let sound = batch.rows.iter().filter(|row| !faulty.contains(&row.line));
            // Rows without fault were parsed before; what doesn't parse now is at a faulty line.
            let rows: Vec<_> = sound.filter_map(|row| K::parse(row, &self.store).ok()).collect();
            let count = rows.len();
            if count > 0 {
                let request =
                    WriteRequest { idempotency: Some(self.key(&batch)), request_id: None };
                let done = self.store.write(&self.actor, K::command(rows), request).await;
                match done {
                    Ok(done) if done.replayed => {}
                    Ok(_) => written += count,
                    Err(WriteError::Store(error)) => return Err(error.into()),
                    Err(WriteError::Refused(_)) => {
                        let from = batch.rows.first().map_or(0, |row| row.line);
                        return Err(ServerError::Found(format!(
                            "records changed while importing; rows from line {from} on were not written; run the command again / dữ liệu vừa thay đổi, hãy chạy lại lệnh"
                        )));
                    }
                }
            }
            bar.inc(batch.rows.len() as u64);
        }
        bar.finish_and_clear();
        Ok(written)
    }

    async fn is_written(&self, batch: &Batch) -> Result<bool, ServerError> {
        Ok(self.store.was_carried_out(&self.actor, &self.key(batch)).await?)
    }

    /// The same file in the same batches has the same keys.
    fn key(&self, batch: &Batch) -> Idempotency {
        let from = batch.rows.first().map_or(0, |row| row.line);
        let digest = &self.form.digest;
        Idempotency { key: format!("import:{digest}:{from}"), content: digest.clone().into_bytes() }
    }
}

fn refused<P>(checked: Result<P, WriteError>) -> Result<Option<Faults>, ServerError> {
    match checked {
        Ok(_) => Ok(None),
        Err(WriteError::Refused(faults)) => Ok(Some(faults)),
        Err(WriteError::Store(error)) => Err(error.into()),
    }
}

fn finding(lines: &BTreeSet<u64>, rows: u64) -> Result<(), ServerError> {
    if lines.is_empty() {
        tell(format!("{rows} rows, no fault; nothing was written / không có lỗi, chưa ghi gì"));
        return Ok(());
    }
    Err(ServerError::Found(format!(
        "{} of {rows} rows are faulty; nothing was written / có dòng lỗi, chưa ghi gì",
        lines.len()
    )))
}

fn default_report(file: &FilePath) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".faults.csv");
    name.into()
}
