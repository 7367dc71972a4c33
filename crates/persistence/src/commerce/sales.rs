//! Monthly sales of listings: recording them, and their corrections.

use std::collections::{BTreeSet, HashMap};

use registry_domain::certificate::CertificateRule;
use registry_domain::commerce::{CommerceRule, ListingStatus, NewSales};
use registry_domain::fault::{Faults, Path, Rule};
use registry_domain::time::{Date, YearMonth};
use registry_domain::unit::UnitId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::product::sellers;
use super::{listing, stored};
use crate::entity::listing::sales::{Column, Entity, Model};
use crate::entity::listing::version;
use crate::entity::{listing as listing_row, product};
use crate::writer::{Command, Row, Writer, bounded};
use crate::{StoreError, WriteError};

/// Records monthly sales, all or none.
#[derive(Debug)]
pub struct RecordListingSales(pub Vec<Row<NewSales>>);

/// Sales to be recorded, each with what it replaces.
#[derive(Debug)]
pub struct SalesPlan(Vec<(NewSales, Option<Model>)>);

impl Command for RecordListingSales {
    const ACTION: &'static str = "listing.sales";
    type Plan = SalesPlan;
    /// How many were recorded.
    type Outcome = usize;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let stock = Stock::lock(writer, &self.0).await?;
        let mut known = recorded(writer, &self.0).await?;
        let mut first_with = HashMap::new();
        let mut faults = Faults::default();
        let mut plan = Vec::with_capacity(self.0.len());
        for (place, Row { at, value: new }) in self.0.into_iter().enumerate() {
            stock.check(writer, &new, &at, &mut faults)?;
            let key = (stored(new.listing), new.month);
            let first = *first_with.entry(key).or_insert(place);
            if first != place {
                faults.push(at.field("month"), Rule::DuplicateInBatch { first });
                continue;
            }
            let before = known.remove(&key);
            if let Some(before) = before.as_ref().filter(|_| !new.replace) {
                let orders = before.orders.cast_unsigned();
                faults.push(at.field("month"), CommerceRule::DuplicateSales { orders }.into());
            }
            plan.push((new, before));
        }
        faults.or(Some(SalesPlan(plan))).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let (mut rows, mut superseded) = (Vec::new(), Vec::new());
        for (new, before) in plan.0 {
            rows.push(Model {
                listing: stored(new.listing),
                month: new.month.index(),
                revision: before.as_ref().map_or(1, |before| before.revision + 1),
                orders: new.counts.orders.cast_signed(),
                items: new.counts.items.cast_signed(),
                revenue: new.counts.revenue.get(),
                recorded_at: writer.now,
                actor: writer.principal.actor().to_owned(),
                superseded_at: None,
            });
            let superseded_at = Some(writer.now);
            superseded.extend(before.map(|before| Model { superseded_at, ..before }));
        }
        writer.rewrite::<Entity>(&superseded, &[Column::SupersededAt]).await?;
        writer.record::<Entity>(&rows).await?;
        Ok(rows.len())
    }
}

/// The sales that count of the listings and months of `rows`.
async fn recorded(
    writer: &Writer,
    rows: &[Row<NewSales>],
) -> Result<HashMap<(i32, YearMonth), Model>, StoreError> {
    let listings: BTreeSet<i32> = rows.iter().map(|row| stored(row.value.listing)).collect();
    let months: BTreeSet<i32> = rows.iter().map(|row| row.value.month.index()).collect();
    let found = Entity::find()
        .filter(Column::Listing.is_in(listings))
        .filter(Column::Month.is_in(months))
        .filter(Column::SupersededAt.is_null())
        .all(&writer.transaction)
        .await?;
    let keyed = |row: Model| ((row.listing, YearMonth::from_index(row.month)), row);
    Ok(found.into_iter().map(keyed).collect())
}

/// The listings that sales are of, locked, with the hamlets they are sold from.
struct Stock {
    listings: HashMap<i32, listing_row::Model>,
    hamlets: HashMap<i32, UnitId>,
    /// Since when each was on sale for the first time.
    on_sale: HashMap<i32, Date>,
}

impl Stock {
    async fn lock(writer: &Writer, rows: &[Row<NewSales>]) -> Result<Self, StoreError> {
        let numbers: BTreeSet<i32> = rows.iter().map(|row| stored(row.value.listing)).collect();
        // In order of number, so that two batches can't wait for each other.
        let select = listing_row::Entity::find()
            .filter(listing_row::Column::Number.is_in(numbers))
            .order_by_asc(listing_row::Column::Number);
        let listings = writer.locking(select).all(&writer.transaction).await?;
        let products = product::Entity::find()
            .filter(product::Column::Number.is_in(listings.iter().map(|row| row.product)))
            .all(&writer.transaction)
            .await?;
        let sellers = sellers(writer, products.iter().map(|product| product.seller)).await?;
        let hamlet = |product: &product::Model| {
            let seller = sellers.get(&product.seller)?;
            Some((product.number, UnitId::new(seller.hamlet_id)))
        };
        Ok(Self {
            on_sale: first_on_sale(writer, &listings).await?,
            hamlets: products.iter().filter_map(hamlet).collect(),
            listings: listings.into_iter().map(|row| (row.number, row)).collect(),
        })
    }

    fn check(
        &self,
        writer: &Writer,
        new: &NewSales,
        at: &Path,
        faults: &mut Faults,
    ) -> Result<(), StoreError> {
        let newest = YearMonth::of(writer.today());
        if new.month > newest {
            faults.push(at.field("month"), CertificateRule::FuturePeriod { newest }.into());
        }
        let Some(row) = self.listings.get(&stored(new.listing)) else {
            faults.push(at.field("listing"), CommerceRule::UnknownListing.into());
            return Ok(());
        };
        if let Some(hamlet) = self.hamlets.get(&row.product) {
            faults.keep(at.field("listing"), writer.require_within(*hamlet));
        }
        let Some(first) = self.on_sale.get(&row.number).copied().map(YearMonth::of) else {
            faults.push(at.field("listing"), CommerceRule::DraftSells.into());
            return Ok(());
        };
        let listing = listing(row.clone())?;
        let last = (listing.status == ListingStatus::Delisted)
            .then(|| YearMonth::of(listing.effective_on));
        if new.month < first || last.is_some_and(|last| new.month > last) {
            let rule = CommerceRule::NotListedThen { first, last };
            faults.push(at.field("month"), rule.into());
        }
        Ok(())
    }
}

/// Since when listings were on sale for the first time; drafts never were.
async fn first_on_sale(
    writer: &Writer,
    listings: &[listing_row::Model],
) -> Result<HashMap<i32, Date>, StoreError> {
    use version::Column::{EffectiveOn, Number, Status};
    let found: Vec<(i32, Date)> = version::Entity::find()
        .select_only()
        .column(Number)
        .column_as(EffectiveOn.min(), "first")
        .filter(Number.is_in(listings.iter().map(|row| row.number)))
        .filter(Status.eq(ListingStatus::Active.code()))
        .group_by(Number)
        .into_tuple()
        .all(&writer.transaction)
        .await?;
    Ok(found.into_iter().collect())
}
