//! `registry export`: CSV files of records, sorted by code, read and written page by page.

mod cell;
mod destination;
mod listings;
mod products;
mod sellers;

use registry_domain::access::{Principal, Scope};
use registry_domain::page::{Page, PageRequest, Take};
use registry_persistence::{
    CatalogueOrder, CatalogueSort, CommerceKey, Direction, ReadRequest, StoreError,
};

use super::tell;
use crate::arguments::{Export, ExportFile};
use crate::config::Loaded;
use crate::error::ServerError;
use crate::start::open_store;
use cell::Cell;
use destination::Destination;

/// Rows read and written together.
const PAGE: usize = 1_000;

/// The order of every file.
const BY_CODE: CatalogueOrder =
    CatalogueOrder { by: CatalogueSort::Code, direction: Direction::Ascending };

/// A table to be written: its columns, and where its rows come from.
trait Table {
    /// The code, the columns of the import, then what an import has no word for.
    const COLUMNS: &'static [&'static str];

    /// A page of rows by code.
    async fn page(
        &self,
        request: &PageRequest<CommerceKey>,
    ) -> Result<Page<(CommerceKey, Vec<Cell>)>, StoreError>;
}

pub(super) async fn run(loaded: &Loaded, what: &Export) -> Result<(), ServerError> {
    let store = open_store(loaded).await?;
    let exporter = Principal::internal("export", [Scope::RegistryRead]);
    let reader = store.read(&exporter, ReadRequest::default());
    let done = match what {
        Export::Sellers(file) => export(&sellers::Sellers(reader), file).await,
        Export::Products(file) => export(&products::Products(reader), file).await,
        Export::Listings(file) => export(&listings::Listings(reader), file).await,
    };
    store.close().await;
    done
}

async fn export(table: &impl Table, to: &ExportFile) -> Result<(), ServerError> {
    let mut destination = Destination::open(&to.file)?;
    match write_all(table, |rows| destination.write(rows)).await {
        Ok(rows) => {
            let to_file = matches!(destination, Destination::File { .. });
            destination.keep()?;
            // Among rows it would be one of them.
            if to_file {
                tell(format!("{rows} rows written / đã ghi {rows} dòng"));
            }
            Ok(())
        }
        // A reader that left early is no failure.
        Err(error) if destination.was_left(&error) => Ok(()),
        Err(error) => {
            destination.discard();
            Err(error)
        }
    }
}

/// Writes the header and all rows, never holding more than a page; how many rows there were.
async fn write_all<T: Table>(
    table: &T,
    mut write: impl FnMut(&[u8]) -> Result<(), ServerError>,
) -> Result<usize, ServerError> {
    write(&lines(std::iter::once(T::COLUMNS))?)?;
    let mut rows = 0;
    let mut after = None;
    loop {
        let request = PageRequest { take: Take::First(PAGE), after, before: None };
        let page = table.page(&request).await?;
        rows += page.items.len();
        write(&lines(page.items.iter().map(|(_, cells)| cells))?)?;
        after = page.items.into_iter().last().map(|(key, _)| key);
        if !page.has_next || after.is_none() {
            return Ok(rows);
        }
    }
}

/// The page that answers one filter.
fn only<T>(mut pages: Vec<Page<T>>) -> Result<Page<T>, StoreError> {
    pages.pop().ok_or_else(|| StoreError::Damaged { what: "a page without an answer".into() })
}

/// Rows as CSV.
fn lines<R>(rows: impl Iterator<Item = R>) -> Result<Vec<u8>, ServerError>
where
    R: IntoIterator<Item: AsRef<[u8]>>,
{
    let written = || -> csv::Result<Vec<u8>> {
        let mut lines = csv::Writer::from_writer(Vec::new());
        for row in rows {
            lines.write_record(row)?;
        }
        lines.into_inner().map_err(|error| error.into_error().into())
    };
    written().map_err(|error| ServerError::Found(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// A table of so many rows that notes what it was asked for.
    struct Numbers {
        rows: u32,
        asked: RefCell<Vec<PageRequest<CommerceKey>>>,
    }

    impl Table for Numbers {
        const COLUMNS: &'static [&'static str] = &["number", "name"];

        async fn page(
            &self,
            request: &PageRequest<CommerceKey>,
        ) -> Result<Page<(CommerceKey, Vec<Cell>)>, StoreError> {
            self.asked.borrow_mut().push(request.clone());
            let page = Page::from_sorted(0..self.rows, request, |number| key(*number));
            Ok(page.map(|number| (key(number), vec![Cell::ours(number), Cell::typed("a, b")])))
        }
    }

    fn key(number: u32) -> CommerceKey {
        CommerceKey { value: 0, number }
    }

    async fn written(rows: u32) -> (Vec<usize>, String, Vec<PageRequest<CommerceKey>>) {
        let numbers = Numbers { rows, asked: RefCell::default() };
        let (mut sizes, mut text) = (Vec::new(), String::new());
        let write = |rows: &[u8]| {
            let rows = std::str::from_utf8(rows).unwrap();
            sizes.push(rows.lines().count());
            text.push_str(rows);
            Ok(())
        };
        assert_eq!(write_all(&numbers, write).await.unwrap(), rows as usize);
        (sizes, text, numbers.asked.into_inner())
    }

    #[tokio::test]
    async fn rows_are_read_and_written_page_by_page() {
        let (sizes, text, asked) = written(2_500).await;
        assert_eq!(sizes, [1, 1_000, 1_000, 500]);
        let after: Vec<_> = asked.iter().map(|request| request.after).collect();
        assert_eq!(after, [None, Some(key(999)), Some(key(1_999))]);
        assert!(asked.iter().all(|request| request.take == Take::First(PAGE)));
        assert!(text.starts_with("number,name\n0,\"a, b\"\n"), "{text}");
        assert!(text.ends_with("2499,\"a, b\"\n"));
    }

    #[tokio::test]
    async fn an_empty_table_is_a_header() {
        let (_, text, asked) = written(0).await;
        assert_eq!((text.as_str(), asked.len()), ("number,name\n", 1));
        let (sizes, _, _) = written(1_000).await;
        assert_eq!(sizes, [1, PAGE]);
    }

    #[tokio::test]
    async fn a_failure_ends_it() {
        let numbers = Numbers { rows: 10, asked: RefCell::default() };
        let full = |_: &[u8]| Err(ServerError::Found("no space".into()));
        assert!(write_all(&numbers, full).await.is_err());
        assert_eq!(numbers.asked.into_inner(), []);
    }
}
