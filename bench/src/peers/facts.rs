//! What there is to ask for: read from the seeded province, chosen by chance that is the same in every run.

use chrono::{Days, NaiveDate};
use tokio_postgres::Client;

use super::homes::connect;
use crate::BenchError;

/// Households without fibre, read so many at a time to find out where pages begin.
pub(crate) const STRIDE: usize = 200;

/// Surveys in a batch.
const BATCH: usize = 100;

pub(crate) struct Facts {
    /// Numbers of households.
    pub(crate) households: Vec<i32>,
    /// Every 200th number of a household without fibre.
    pub(crate) page_starts: Vec<i32>,
    /// Codes of the districts and communes before the reform.
    pub(crate) units: Vec<String>,
    /// The first words of products, without accents.
    pub(crate) phrases: Vec<String>,
    /// Numbers of active households, 100 neighbours each.
    pub(crate) neighbours: Vec<Vec<i32>>,
    /// The first day after all surveys.
    pub(crate) first_free_day: NaiveDate,
    pub(crate) today: NaiveDate,
}

impl Facts {
    pub(crate) async fn read(database: &str) -> Result<Self, BenchError> {
        let client = connect(database).await?;
        let client = &client;
        let without_fibre: Vec<i32> =
            column(client, "SELECT number FROM household WHERE has_fibre = false ORDER BY number")
                .await?;
        let neighbours: Vec<i32> = column(
            client,
            "SELECT number FROM household WHERE status = 'ACTIVE' ORDER BY hamlet_id, number",
        )
        .await?;
        let names: Vec<String> =
            column(client, "SELECT DISTINCT folded_name FROM product ORDER BY 1").await?;
        let mut phrases: Vec<String> = names.iter().map(|name| first_words(name)).collect();
        phrases.dedup();
        let newest: Vec<NaiveDate> =
            column(client, "SELECT max(surveyed_on) FROM connectivity_survey").await?;
        let today: Vec<NaiveDate> =
            column(client, "SELECT (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date").await?;
        let (Some(newest), Some(today)) = (newest.first(), today.first()) else {
            return Err(BenchError::failed("the province has no surveys"));
        };
        Ok(Self {
            households: column(client, "SELECT number FROM household ORDER BY number").await?,
            page_starts: without_fibre.chunks_exact(STRIDE).map(|page| page[STRIDE - 1]).collect(),
            units: column(
                client,
                "SELECT code FROM unit WHERE valid_until = '2025-07-01' AND length(code) IN (3, 5) \
                 ORDER BY code",
            )
            .await?,
            phrases,
            neighbours: neighbours.chunks_exact(BATCH).map(<[i32]>::to_vec).collect(),
            first_free_day: *newest + Days::new(1),
            today: *today,
        })
    }
}

async fn column<T: for<'a> tokio_postgres::types::FromSql<'a>>(
    client: &Client,
    statement: &str,
) -> Result<Vec<T>, BenchError> {
    let rows = client.query(statement, &[]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

fn first_words(name: &str) -> String {
    name.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// Numbers as if by chance, always the same.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// One of `items`.
    pub(crate) fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap_or_default()
    }
}
