//! Listings: publishing them, changing their status and price.

use std::collections::{HashMap, HashSet};

use registry_domain::commerce::{
    CommerceRule, ListingCode, ListingStatus, NewListing, PriceChange, StatusChange,
};
use registry_domain::fault::{Faults, Path, Rule};
use registry_domain::household::past_date;
use registry_domain::time::{Date, YearMonth};
use registry_domain::unit::UnitId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::marketplace::Known;
use super::product::{check_stars, locked, ratings, sellers};
use super::{code, listing, stored};
use crate::entity::listing::{Column, Entity, Model, sales, version};
use crate::entity::product;
use crate::writer::{Command, Row, Writer, bounded};
use crate::{StoreError, WriteError};

/// Publishes listings, in the order of the rows; each gets the next free number.
#[derive(Debug)]
pub struct PublishListings(pub Vec<Row<NewListing>>);

/// Changes the status of listings.
#[derive(Debug)]
pub struct ChangeListingStatus(pub Vec<Row<StatusChange>>);

/// Changes the price of listings.
#[derive(Debug)]
pub struct ChangeListingPrice(pub Vec<Row<PriceChange>>);

/// Listings as they become, each with why.
#[derive(Debug)]
pub struct ListingPlan(Vec<(Model, Option<String>)>);

/// What may change of a row.
const CHANGING: [Column; 4] = [Column::Price, Column::Status, Column::EffectiveOn, Column::Version];

impl Command for PublishListings {
    const ACTION: &'static str = "listing.publish";
    type Plan = Vec<NewListing>;
    /// The listings' numbers.
    type Outcome = Vec<u32>;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let rows = || self.0.iter().map(|row| &row.value);
        let products = locked(writer, rows().map(|new| stored(new.product))).await?;
        let shop = Shop::load(writer, &products).await?;
        let marketplaces = Known::load(writer, rows().map(|new| &new.marketplace)).await?;
        let taken = addresses(writer, &self.0).await?;
        let mut first_with = HashMap::new();
        let mut faults = Faults::default();
        for (place, Row { at, value: new }) in self.0.iter().enumerate() {
            let open = marketplaces.open_on(&new.marketplace, new.listed_on);
            faults.keep(at.field("marketplace"), open);
            let address = (new.marketplace.as_str(), new.url.as_str());
            if let Some(listing) = taken.get(&(address.0.to_owned(), address.1.to_owned())) {
                let rule = CommerceRule::DuplicateUrl { listing: *listing };
                faults.push(at.field("url"), rule.into());
            }
            let first = *first_with.entry(address).or_insert(place);
            if first != place {
                faults.push(at.field("url"), Rule::DuplicateInBatch { first });
            }
            let Some(product) = products.get(&stored(new.product)) else {
                faults.push(at.field("product"), CommerceRule::UnknownProduct.into());
                continue;
            };
            faults.keep(at.field("product"), shop.require_within(writer, product));
            let dated = past_date(new.listed_on, product.registered_on, writer.today());
            faults.keep(at.field("listedOn"), dated);
            if let Some(stars) = new.shown_stars {
                let rated =
                    check_stars(&shop.ratings, product.number, stars.get().into(), new.listed_on);
                faults.keep(at.field("ocopStars"), rated);
            }
        }
        let rows = self.0.into_iter().map(|row| row.value).collect();
        faults.or(Some(rows)).map_err(WriteError::Refused)
    }

    async fn carry_out(rows: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let numbers = writer.take_numbers("listing", rows.len()).await?;
        let row = |(new, number): (NewListing, u32)| {
            let code = ListingCode::new(number).ok_or(StoreError::NumbersUsedUp)?;
            let status = if new.draft { ListingStatus::Draft } else { ListingStatus::Active };
            let listing = Model {
                number: stored(code),
                product: stored(new.product),
                marketplace: new.marketplace.to_string(),
                url: new.url.to_string(),
                price: new.price.get(),
                shown_stars: new.shown_stars.map(|stars| stars.get().into()),
                status: status.code().to_owned(),
                listed_on: new.listed_on,
                effective_on: new.listed_on,
                version: 1,
            };
            Ok((listing, None))
        };
        let plan = rows.into_iter().zip(numbers).map(row).collect::<Result<_, StoreError>>()?;
        let plan = ListingPlan(plan);
        writer.record::<Entity>(&plan.listings()).await?;
        plan.note_states(writer).await
    }
}

/// The listings that have one of these addresses.
async fn addresses(
    writer: &Writer,
    rows: &[Row<NewListing>],
) -> Result<HashMap<(String, String), ListingCode>, StoreError> {
    let urls = rows.iter().map(|row| row.value.url.as_str());
    let markets: HashSet<&str> = rows.iter().map(|row| row.value.marketplace.as_str()).collect();
    let select =
        Entity::find().filter(Column::Marketplace.is_in(markets)).filter(Column::Url.is_in(urls));
    let found = select.all(&writer.transaction).await?.into_iter();
    found.map(|row| Ok(((row.marketplace, row.url), code(row.number)?))).collect()
}

/// What the rules must know of products: where they are sold from, and how they are rated.
struct Shop {
    hamlets: HashMap<i32, UnitId>,
    ratings: Vec<product::rating::Model>,
}

impl Shop {
    async fn load(
        writer: &Writer,
        products: &HashMap<i32, product::Model>,
    ) -> Result<Self, StoreError> {
        let sellers = sellers(writer, products.values().map(|product| product.seller)).await?;
        let hamlets = sellers.into_values();
        Ok(Self {
            hamlets: hamlets.map(|row| (row.number, UnitId::new(row.hamlet_id))).collect(),
            ratings: ratings(writer, products.keys().copied()).await?,
        })
    }

    fn require_within(&self, writer: &Writer, product: &product::Model) -> Result<(), Rule> {
        self.hamlets.get(&product.seller).map_or(Ok(()), |hamlet| writer.require_within(*hamlet))
    }
}

impl Command for ChangeListingStatus {
    const ACTION: &'static str = "listing.status";
    type Plan = ListingPlan;
    /// The listings' numbers.
    type Outcome = Vec<u32>;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let mut current = Current::lock(writer, self.0.iter().map(|row| row.value.listing)).await?;
        let mut faults = Faults::default();
        let mut plan = Vec::with_capacity(self.0.len());
        for (place, Row { at, value: change }) in self.0.into_iter().enumerate() {
            let StatusChange { listing: code, version, to, on, reason } = change;
            let wanted = Wanted { place, at: &at, code, version, on };
            let Some(before) = current.take(writer, &wanted, &mut faults) else {
                continue;
            };
            let status = listing(before.clone())?.status.change(to);
            let status = status.map_err(|refused| CommerceRule::ListingStatus { refused }.into());
            let Some(status) = faults.keep(at.field("status"), status) else { continue };
            match status {
                ListingStatus::Active => current.check_sale(&before, on, &at, &mut faults)?,
                ListingStatus::Delisted => {
                    faults.keep(at.field("effectiveOn"), current.check_end(&before, on));
                }
                ListingStatus::Draft | ListingStatus::Suspended => {}
            }
            let after = Model {
                status: status.code().to_owned(),
                effective_on: on,
                version: before.version + 1,
                ..before
            };
            plan.push((after, reason.map(Into::into)));
        }
        faults.or(Some(ListingPlan(plan))).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        writer.rewrite::<Entity>(&plan.listings(), &CHANGING).await?;
        plan.note_states(writer).await
    }
}

impl Command for ChangeListingPrice {
    const ACTION: &'static str = "listing.price";
    type Plan = ListingPlan;
    /// The listings' numbers.
    type Outcome = Vec<u32>;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let mut current = Current::lock(writer, self.0.iter().map(|row| row.value.listing)).await?;
        let mut faults = Faults::default();
        let mut plan = Vec::with_capacity(self.0.len());
        for (place, Row { at, value: change }) in self.0.into_iter().enumerate() {
            let PriceChange { listing: code, version, price, on } = change;
            let wanted = Wanted { place, at: &at, code, version, on };
            let Some(before) = current.take(writer, &wanted, &mut faults) else {
                continue;
            };
            if before.status == ListingStatus::Delisted.code() {
                let rule = CommerceRule::Delisted { since: before.effective_on };
                faults.push(at.field("listing"), rule.into());
                continue;
            }
            if before.price == price.get() {
                faults.push(at.field("priceVnd"), Rule::NothingToChange);
                continue;
            }
            let (price, version) = (price.get(), before.version + 1);
            plan.push((Model { price, effective_on: on, version, ..before }, None));
        }
        faults.or(Some(ListingPlan(plan))).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        writer.rewrite::<Entity>(&plan.listings(), &CHANGING).await?;
        plan.note_states(writer).await
    }
}

impl ListingPlan {
    fn listings(&self) -> Vec<Model> {
        self.0.iter().map(|(listing, _)| listing.clone()).collect()
    }

    /// Notes the states that the listings are in now; their numbers.
    async fn note_states(self, writer: &Writer) -> Result<Vec<u32>, StoreError> {
        let numbers = self.0.iter().map(|(listing, _)| listing.number.cast_unsigned()).collect();
        let state = |(listing, reason): (Model, Option<String>)| version::Model {
            number: listing.number,
            version: listing.version,
            recorded_at: writer.now,
            actor: writer.principal.actor().to_owned(),
            price: listing.price,
            status: listing.status,
            effective_on: listing.effective_on,
            reason,
        };
        let states: Vec<_> = self.0.into_iter().map(state).collect();
        writer.record::<version::Entity>(&states).await?;
        Ok(numbers)
    }
}

/// A listing to be changed: by which row, and as of when.
struct Wanted<'row> {
    place: usize,
    at: &'row Path,
    code: ListingCode,
    version: u32,
    on: Date,
}

/// The listings that a command is about, locked, each to be taken once.
struct Current {
    listings: HashMap<i32, Model>,
    taken: HashMap<ListingCode, usize>,
    products: HashMap<i32, product::Model>,
    shop: Shop,
    marketplaces: Known,
    /// The last month in which each sold something.
    last_sold: HashMap<i32, YearMonth>,
}

impl Current {
    async fn lock(
        writer: &Writer,
        codes: impl Iterator<Item = ListingCode>,
    ) -> Result<Self, StoreError> {
        let numbers: HashSet<i32> = codes.map(stored).collect();
        // In order of number, so that two batches can't wait for each other.
        let select =
            Entity::find().filter(Column::Number.is_in(numbers)).order_by_asc(Column::Number);
        let rows = writer.locking(select).all(&writer.transaction).await?;
        let products = product::Entity::find()
            .filter(product::Column::Number.is_in(rows.iter().map(|row| row.product)))
            .all(&writer.transaction)
            .await?;
        let products = products.into_iter().map(|row| (row.number, row)).collect();
        let codes: Vec<_> =
            rows.iter().map(|row| listing(row.clone())).collect::<Result<_, _>>()?;
        let marketplaces =
            Known::load(writer, codes.iter().map(|listing| &listing.marketplace)).await?;
        Ok(Self {
            shop: Shop::load(writer, &products).await?,
            last_sold: last_sold(writer, rows.iter().map(|row| row.number)).await?,
            listings: rows.into_iter().map(|row| (row.number, row)).collect(),
            taken: HashMap::new(),
            products,
            marketplaces,
        })
    }

    /// The listing, if it may be changed from the date on.
    fn take(
        &mut self,
        writer: &Writer,
        &Wanted { place, at, code, version, on }: &Wanted<'_>,
        faults: &mut Faults,
    ) -> Option<Model> {
        let first = *self.taken.entry(code).or_insert(place);
        if first != place {
            faults.push(at.field("listing"), Rule::DuplicateInBatch { first });
            return None;
        }
        let Some(before) = self.listings.remove(&stored(code)) else {
            faults.push(at.field("listing"), CommerceRule::UnknownListing.into());
            return None;
        };
        let product = self.products.get(&before.product);
        let here = product.map_or(Ok(()), |product| self.shop.require_within(writer, product));
        faults.keep(at.field("listing"), here)?;
        let current = before.version.cast_unsigned();
        if current != version {
            faults.push(at.field("version"), Rule::StaleVersion { given: version, current });
            return None;
        }
        let dated = past_date(on, before.effective_on, writer.today());
        faults.keep(at.field("effectiveOn"), dated).map(|_| before)
    }

    /// Checks that nothing is recorded as sold after a listing's end.
    fn check_end(&self, before: &Model, on: Date) -> Result<(), Rule> {
        match self.last_sold.get(&before.number).map(|month| month.first_day()) {
            Some(earliest) if on < earliest => Err(Rule::DateTooEarly { earliest }),
            _ => Ok(()),
        }
    }

    /// Checks that what is listed may be on sale from the date on.
    fn check_sale(
        &self,
        before: &Model,
        on: Date,
        at: &Path,
        faults: &mut Faults,
    ) -> Result<(), StoreError> {
        let marketplace = listing(before.clone())?.marketplace;
        faults.keep(at.field("effectiveOn"), self.marketplaces.open_on(&marketplace, on));
        if let Some(stars) = before.shown_stars {
            let rated = check_stars(&self.shop.ratings, before.product, stars, on);
            faults.keep(at.field("listing"), rated);
        }
        Ok(())
    }
}

/// The last month in which each of the listings sold something.
async fn last_sold(
    writer: &Writer,
    listings: impl Iterator<Item = i32>,
) -> Result<HashMap<i32, YearMonth>, StoreError> {
    use sales::Column::{Listing, Month, SupersededAt};
    let found: Vec<(i32, i32)> = sales::Entity::find()
        .select_only()
        .column(Listing)
        .column_as(Month.max(), "last")
        .filter(Listing.is_in(listings))
        .filter(SupersededAt.is_null())
        .group_by(Listing)
        .into_tuple()
        .all(&writer.transaction)
        .await?;
    let month = |(listing, month)| (listing, YearMonth::from_index(month));
    Ok(found.into_iter().map(month).collect())
}
