//! Where pages begin, as each server that hands out cursors names it.

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::contestant::{Contestant, Who};
use super::facts::STRIDE;
use super::http::Connection;
use super::work::{GRAPHQL, operation};
use crate::BenchError;

const REGISTRY: &str = "query ($after: String, $first: Int!) \
    { households(filter: { hasFibre: false }, first: $first, after: $after) { pageInfo { endCursor } } }";

const POSTGRAPHILE: &str = "query ($after: Cursor, $first: Int!) \
    { allHouseholds(condition: { hasFibre: false }, first: $first, after: $after, \
    orderBy: PRIMARY_KEY_ASC) { pageInfo { endCursor } } }";

/// Every 200th cursor of the households without fibre.
pub(crate) struct Cursors(Vec<(Who, Vec<String>)>);

impl Cursors {
    /// Pages once through the list.
    pub(crate) fn read(
        contestants: &[(Who, Contestant)],
        pages: usize,
        runtime: &Runtime,
    ) -> Result<Self, BenchError> {
        let mut all = Vec::new();
        for (who, contestant) in contestants.iter().filter(|(who, _)| *who != Who::Floor) {
            all.push((*who, runtime.block_on(all_of(*who, contestant, pages))?));
        }
        Ok(Self(all))
    }

    /// What a contestant calls the end of a page.
    pub(crate) fn of(&self, who: Who, page: usize) -> Option<&str> {
        let (_, cursors) = self.0.iter().find(|(other, _)| *other == who)?;
        cursors.get(page).map(String::as_str)
    }
}

async fn all_of(
    who: Who,
    contestant: &Contestant,
    pages: usize,
) -> Result<Vec<String>, BenchError> {
    let document = if who.is_registry() { REGISTRY } else { POSTGRAPHILE };
    let mut connection = Connection::open(&contestant.host).await?;
    let mut cursors: Vec<String> = Vec::with_capacity(pages);
    while cursors.len() < pages {
        let variables = json!({ "after": cursors.last(), "first": STRIDE });
        let data = connection.ask(GRAPHQL, &operation(document, &variables)).await?;
        let list = if who.is_registry() { &data["households"] } else { &data["allHouseholds"] };
        match &list["pageInfo"]["endCursor"] {
            Value::String(cursor) => cursors.push(cursor.clone()),
            _ => return Err(BenchError::failed(format!("no cursor of {}", who.name()))),
        }
    }
    Ok(cursors)
}
