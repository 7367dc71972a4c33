//! Rows of a file: read in batches, parsed, and faults brought back to line and column.

use std::collections::HashSet;
use std::fs::File;
use std::marker::PhantomData;
use std::path::{Path as FilePath, PathBuf};
use std::str::FromStr;

use csv::StringRecord;
use registry_domain::fault::{Expected, Fault, Faults, Language, Path, Rule, Step};
use registry_domain::time::{Date, YearMonth};
use registry_persistence::{Row, Store};

use super::{BATCH, Kind};
use crate::error::ServerError;

/// A row as it stands in the file.
#[derive(Debug)]
pub(super) struct RawRow {
    /// The line it begins on, from 1.
    pub(super) line: u64,
    /// Its place in the batch, from 0.
    place: usize,
    cells: StringRecord,
}

impl RawRow {
    /// Where faults of this row are noted.
    pub(super) fn at(&self) -> Path {
        Path::root().index(self.place)
    }

    /// A cell, trimmed; empty beyond the row's end.
    pub(super) fn cell(&self, column: usize) -> &str {
        self.cells.get(column).unwrap_or_default().trim()
    }

    /// A cell that may be left empty.
    pub(super) fn optional(&self, column: usize) -> Option<&str> {
        Some(self.cell(column)).filter(|cell| !cell.is_empty())
    }

    /// A cell with a whole number.
    pub(super) fn number<T: FromStr>(&self, column: usize) -> Result<T, Rule> {
        self.cell(column).parse().map_err(|_| Rule::Malformed {
            expected: Expected { english: "a whole number", vietnamese: "số nguyên" },
        })
    }

    /// A cell that says whether.
    pub(super) fn truth(&self, column: usize) -> Result<bool, Rule> {
        self.cell(column).parse().map_err(|_| Rule::Malformed {
            expected: Expected { english: "true or false", vietnamese: "true hoặc false" },
        })
    }

    /// A cell with one of a few names, or empty.
    pub(super) fn named<T>(
        &self,
        column: usize,
        read: impl Fn(&str) -> Option<T>,
        expected: Expected,
    ) -> Result<Option<T>, Rule> {
        let name = self.optional(column);
        name.map(|name| read(name).ok_or(Rule::Malformed { expected })).transpose()
    }

    /// A cell with a date.
    pub(super) fn date(&self, column: usize) -> Result<Date, Rule> {
        const EXPECTED: Rule = Rule::Malformed {
            expected: Expected {
                english: "a date as YYYY-MM-DD",
                vietnamese: "ngày dạng YYYY-MM-DD",
            },
        };
        let cell = self.cell(column);
        if cell.len() == 10 {
            Date::parse_from_str(cell, "%Y-%m-%d").map_err(|_| EXPECTED)
        } else {
            Err(EXPECTED)
        }
    }

    /// A cell with a month.
    pub(super) fn month(&self, column: usize) -> Result<YearMonth, Rule> {
        self.cell(column).parse().map_err(|_| Rule::Malformed {
            expected: Expected {
                english: "a month as YYYY-MM", vietnamese: "tháng dạng YYYY-MM"
            },
        })
    }
}

/// Rows that are checked and written together.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) rows: Vec<RawRow>,
}

/// The batches of a file; the same each time it is read.
pub(super) struct Batches {
    path: PathBuf,
    records: csv::StringRecordsIntoIter<File>,
}

impl Batches {
    pub(super) fn open(path: &FilePath) -> Result<Self, ServerError> {
        let file = File::open(path).map_err(ServerError::file(path))?;
        // Short and long rows are faults of their own, told with the others.
        let reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
        Ok(Self { path: path.to_owned(), records: reader.into_records() })
    }
}

impl Iterator for Batches {
    type Item = Result<Batch, ServerError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut rows = Vec::with_capacity(BATCH);
        for (place, record) in self.records.by_ref().take(BATCH).enumerate() {
            match record {
                Ok(cells) => {
                    let line = cells.position().map_or(0, csv::Position::line);
                    rows.push(RawRow { line, place, cells });
                }
                Err(error) => {
                    return Some(Err(ServerError::Found(format!(
                        "{}: {error}",
                        self.path.display()
                    ))));
                }
            }
        }
        (!rows.is_empty()).then_some(Ok(Batch { rows }))
    }
}

/// One fault of one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FaultyCell {
    /// The line of the row.
    pub(super) line: u64,
    /// The column, from 1.
    pub(super) column: usize,
    name: &'static str,
    reason: String,
}

/// What has been seen of a file so far.
pub(super) struct Sheet<K: Kind> {
    seen: HashSet<K::Identity>,
    kind: PhantomData<K>,
}

impl<K: Kind> Default for Sheet<K> {
    fn default() -> Self {
        Self { seen: HashSet::new(), kind: PhantomData }
    }
}

impl<K: Kind> Sheet<K> {
    /// The rows of a batch that hold by themselves; the faults of the others are noted.
    pub(super) fn parse(
        &mut self,
        batch: &Batch,
        store: &Store,
        faulty: &mut Vec<FaultyCell>,
    ) -> Vec<Row<K::Value>> {
        let mut sound = Vec::with_capacity(batch.rows.len());
        for row in &batch.rows {
            if let Some(fault) = wrong_length(row, K::COLUMNS.len()) {
                faulty.push(fault);
                continue;
            }
            match K::parse(row, store) {
                Ok(parsed) => {
                    let before = faulty.len();
                    for (name, identity) in K::identities(&parsed.value) {
                        if !self.seen.insert(identity) {
                            faulty.push(repeated::<K>(row, name));
                        }
                    }
                    if faulty.len() == before {
                        sound.push(parsed);
                    }
                }
                Err(faults) => faulty.extend(locate_all::<K>(batch, faults)),
            }
        }
        sound
    }
}

/// Faults by line and column.
pub(super) fn locate_all<K: Kind>(batch: &Batch, faults: Faults) -> Vec<FaultyCell> {
    faults.into_iter().filter_map(|fault| locate::<K>(batch, &fault)).collect()
}

fn locate<K: Kind>(batch: &Batch, fault: &Fault) -> Option<FaultyCell> {
    let steps = fault.path.steps();
    let place = steps.iter().find_map(|step| match step {
        Step::Index(place) => Some(*place),
        Step::Field(_) => None,
    })?;
    let field = steps.iter().rev().find_map(|step| match step {
        Step::Field(field) => Some(*field),
        Step::Index(_) => None,
    });
    let column = K::COLUMNS.iter().position(|(_, known)| Some(*known) == field).unwrap_or_default();
    let row = batch.rows.get(place)?;
    Some(FaultyCell {
        line: row.line,
        column: column + 1,
        name: K::COLUMNS[column].0,
        reason: reason(&fault.rule),
    })
}

fn reason(rule: &Rule) -> String {
    format!("{} / {}", rule.message(Language::English), rule.message(Language::Vietnamese))
}

fn repeated<K: Kind>(row: &RawRow, name: &'static str) -> FaultyCell {
    let column = K::COLUMNS.iter().position(|(column, _)| *column == name).unwrap_or_default();
    let reason =
        "an earlier row of the file says the same / trùng với một dòng phía trên".to_owned();
    FaultyCell { line: row.line, column: column + 1, name, reason }
}

fn wrong_length(row: &RawRow, columns: usize) -> Option<FaultyCell> {
    let found = row.cells.len();
    let reason = format!(
        "the row has {found} cells, the header {columns} / dòng có {found} ô, tiêu đề có {columns}"
    );
    (found != columns).then_some(FaultyCell {
        line: row.line,
        column: found.min(columns),
        name: "",
        reason,
    })
}

/// Lists the faults as CSV: `line,column,name,reason`. Values are left out: they may be personal.
pub(super) fn write_report(path: &FilePath, faulty: &[FaultyCell]) -> Result<(), ServerError> {
    let write = || -> csv::Result<()> {
        let mut report = csv::Writer::from_path(path)?;
        report.write_record(["line", "column", "name", "reason"])?;
        for FaultyCell { line, column, name, reason } in faulty {
            report.write_record([
                &line.to_string(),
                &column.to_string(),
                *name,
                reason.as_str(),
            ])?;
        }
        Ok(report.flush()?)
    };
    write().map_err(|error| ServerError::File {
        path: path.to_owned(),
        reason: std::io::Error::other(error),
    })
}
