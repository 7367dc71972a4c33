//! Products: registering, changing and rating them.

use std::collections::{HashMap, HashSet};

use registry_domain::commerce::{
    CommerceRule, NewProduct, NewRating, ProductChange, ProductCode, Rating,
};
use registry_domain::fault::{Faults, Rule};
use registry_domain::household::{earliest_date, past_date};
use registry_domain::search::joined_words;
use registry_domain::time::Date;
use registry_domain::unit::UnitId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{code, search, stored};
use crate::entity::product::{Column, Entity, Model, rating, version};
use crate::entity::seller;
use crate::writer::{Command, Row, Writer, bounded, refuse};
use crate::{StoreError, WriteError};

/// Registers products, in the order of the rows; each gets the next free number.
#[derive(Debug)]
pub struct RegisterProducts(pub Vec<Row<NewProduct>>);

/// Changes a product's name or group.
#[derive(Debug)]
pub struct UpdateProduct(pub ProductChange);

/// Records OCOP ratings.
#[derive(Debug)]
pub struct RateProducts(pub Vec<Row<NewRating>>);

/// Products to be registered, and their sellers.
#[derive(Debug)]
pub struct ProductPlan {
    products: Vec<NewProduct>,
    sellers: HashMap<i32, seller::Model>,
}

/// Ratings to be recorded, and the products as they become.
#[derive(Debug)]
pub struct RatingPlan {
    ratings: Vec<NewRating>,
    products: HashMap<i32, Model>,
}

/// A product as it becomes, and the name of its seller.
#[derive(Debug)]
pub struct ProductChangePlan(Model, String);

/// What may change of a row.
const CHANGING: [Column; 9] = [
    Column::Name,
    Column::FoldedName,
    Column::NameWords,
    Column::Category,
    Column::Stars,
    Column::DecidedOn,
    Column::ExpiresOn,
    Column::Decision,
    Column::Version,
];

impl Command for RegisterProducts {
    const ACTION: &'static str = "product.register";
    type Plan = ProductPlan;
    /// The products' numbers.
    type Outcome = Vec<u32>;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let numbers = self.0.iter().map(|row| stored(row.value.seller));
        let sellers = locked_sellers(writer, numbers).await?;
        let known = named(writer, sellers.keys().copied()).await?;
        let mut first_with = HashMap::new();
        let mut faults = Faults::default();
        for (place, Row { at, value: new }) in self.0.iter().enumerate() {
            let Some(seller) = sellers.get(&stored(new.seller)) else {
                faults.push(at.field("seller"), CommerceRule::UnknownSeller.into());
                continue;
            };
            let here = writer.require_within(UnitId::new(seller.hamlet_id));
            faults.keep(at.field("seller"), here);
            let dated = past_date(new.registered_on, seller.registered_on, writer.today());
            faults.keep(at.field("registeredOn"), dated);
            let key = (seller.number, joined_words(new.name.as_str()).0);
            if let Some(product) = known.get(&key).copied() {
                faults.push(at.field("name"), CommerceRule::DuplicateProduct { product }.into());
            }
            let first = *first_with.entry(key).or_insert(place);
            if first != place {
                faults.push(at.field("name"), Rule::DuplicateInBatch { first });
            }
        }
        let products = self.0.into_iter().map(|row| row.value).collect();
        faults.or(Some(ProductPlan { products, sellers })).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let numbers = writer.take_numbers("product", plan.products.len()).await?;
        let numbered = plan.products.iter().zip(numbers);
        let products: Vec<Model> = numbered
            .map(|(new, number)| {
                Ok(row(new, ProductCode::new(number).ok_or(StoreError::NumbersUsedUp)?))
            })
            .collect::<Result<_, StoreError>>()?;
        writer.record::<Entity>(&products).await?;
        note_states(writer, &products).await?;
        let name = |seller: i32| plan.sellers.get(&seller).map_or("", |seller| &seller.name);
        let named: Vec<_> =
            products.iter().map(|product| (product, name(product.seller))).collect();
        search::index_new(writer, &named).await?;
        Ok(products.iter().map(|product| product.number.cast_unsigned()).collect())
    }
}

fn row(new: &NewProduct, code: ProductCode) -> Model {
    let (folded_name, words) = joined_words(new.name.as_str());
    Model {
        number: stored(code),
        seller: stored(new.seller),
        name: new.name.as_str().to_owned(),
        folded_name,
        name_words: i32::try_from(words).unwrap_or(i32::MAX),
        category: new.category.code().to_owned(),
        registered_on: new.registered_on,
        stars: None,
        decided_on: None,
        expires_on: None,
        decision: None,
        version: 1,
    }
}

/// Notes the states that products are in now that their name or group changed.
async fn note_states(writer: &Writer, products: &[Model]) -> Result<(), StoreError> {
    let state = |product: &Model| version::Model {
        number: product.number,
        version: product.version,
        recorded_at: writer.now,
        actor: writer.principal.actor().to_owned(),
        name: product.name.clone(),
        category: product.category.clone(),
    };
    let states: Vec<_> = products.iter().map(state).collect();
    writer.record::<version::Entity>(&states).await
}

pub(super) async fn sellers(
    writer: &Writer,
    numbers: impl Iterator<Item = i32>,
) -> Result<HashMap<i32, seller::Model>, StoreError> {
    let numbers: HashSet<i32> = numbers.collect();
    let select = seller::Entity::find().filter(seller::Column::Number.is_in(numbers));
    let found = select.all(&writer.transaction).await?;
    Ok(found.into_iter().map(|seller| (seller.number, seller)).collect())
}

/// Sellers with these numbers, locked in order: what is about one seller's products happens one after
/// the other, so that no name comes twice and products are found by the name that the seller has.
async fn locked_sellers(
    writer: &Writer,
    numbers: impl Iterator<Item = i32>,
) -> Result<HashMap<i32, seller::Model>, StoreError> {
    use seller::Column::Number;
    let numbers: HashSet<i32> = numbers.collect();
    let select = seller::Entity::find().filter(Number.is_in(numbers)).order_by_asc(Number);
    let found = writer.locking(select).all(&writer.transaction).await?;
    Ok(found.into_iter().map(|seller| (seller.number, seller)).collect())
}

/// Products with these numbers, locked in order, so that two batches can't wait for each other.
pub(super) async fn locked(
    writer: &Writer,
    numbers: impl Iterator<Item = i32>,
) -> Result<HashMap<i32, Model>, StoreError> {
    let numbers: HashSet<i32> = numbers.collect();
    let select = Entity::find().filter(Column::Number.is_in(numbers)).order_by_asc(Column::Number);
    let found = writer.locking(select).all(&writer.transaction).await?;
    Ok(found.into_iter().map(|product| (product.number, product)).collect())
}

/// The products of sellers by folded name.
async fn named(
    writer: &Writer,
    sellers: impl Iterator<Item = i32>,
) -> Result<HashMap<(i32, String), ProductCode>, StoreError> {
    let rows = Entity::find().filter(Column::Seller.is_in(sellers)).all(&writer.transaction);
    let keyed = rows.await?.into_iter();
    keyed.map(|row| Ok(((row.seller, row.folded_name), code(row.number)?))).collect()
}

impl Command for UpdateProduct {
    const ACTION: &'static str = "product.update";
    type Plan = ProductChangePlan;
    /// The product's number.
    type Outcome = Vec<u32>;

    fn subjects(&self) -> usize {
        1
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        let ProductChange { code: product, version, name, category } = self.0;
        let number = stored(product);
        let Some(before) = locked(writer, [number].into_iter()).await?.remove(&number) else {
            return Err(refuse("product", CommerceRule::UnknownProduct.into()));
        };
        let sellers = locked_sellers(writer, [before.seller].into_iter()).await;
        let seller = sellers?
            .remove(&before.seller)
            .ok_or_else(|| StoreError::damaged("seller of a product"))?;
        if let Err(rule) = writer.require_within(UnitId::new(seller.hamlet_id)) {
            return Err(refuse("product", rule));
        }
        let current = before.version.cast_unsigned();
        if current != version {
            return Err(refuse("version", Rule::StaleVersion { given: version, current }));
        }
        let mut after = before.clone();
        if let Some(category) = category {
            category.code().clone_into(&mut after.category);
        }
        if let Some(name) = name {
            let (folded_name, words) = joined_words(name.as_str());
            let known = named(writer, [after.seller].into_iter()).await?;
            let other = known.get(&(after.seller, folded_name.clone())).copied();
            if let Some(other) = other.filter(|other| *other != product) {
                let rule = CommerceRule::DuplicateProduct { product: other };
                return Err(refuse("name", rule.into()));
            }
            after.folded_name = folded_name;
            after.name_words = i32::try_from(words).unwrap_or(i32::MAX);
            after.name = name.into();
        }
        if after == before {
            return Err(refuse("product", Rule::NothingToChange));
        }
        after.version += 1;
        Ok(ProductChangePlan(after, seller.name))
    }

    async fn carry_out(
        ProductChangePlan(after, seller): Self::Plan,
        writer: &Writer,
    ) -> Result<Self::Outcome, StoreError> {
        let number = after.number;
        search::index(writer, &after, &seller).await?;
        let after = [after];
        writer.rewrite::<Entity>(&after, &CHANGING).await?;
        note_states(writer, &after).await?;
        Ok(vec![number.cast_unsigned()])
    }
}

impl Command for RateProducts {
    const ACTION: &'static str = "product.rate";
    type Plan = RatingPlan;
    /// The products' numbers.
    type Outcome = Vec<u32>;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let numbers = self.0.iter().map(|row| stored(row.value.product));
        let products = locked(writer, numbers).await?;
        let sellers = sellers(writer, products.values().map(|product| product.seller)).await?;
        let mut known: HashSet<(i32, Date)> = ratings(writer, products.keys().copied())
            .await?
            .iter()
            .map(|rating| (rating.product, rating.decided_on))
            .collect();
        let mut faults = Faults::default();
        for Row { at, value: new } in &self.0 {
            let Some(product) = products.get(&stored(new.product)) else {
                faults.push(at.field("product"), CommerceRule::UnknownProduct.into());
                continue;
            };
            if let Some(seller) = sellers.get(&product.seller) {
                let here = writer.require_within(UnitId::new(seller.hamlet_id));
                faults.keep(at.field("product"), here);
            }
            let dated = past_date(new.decided_on, earliest_date(), writer.today());
            faults.keep(at.field("decidedOn"), dated);
            if !known.insert((product.number, new.decided_on)) {
                faults.push(at.field("decidedOn"), CommerceRule::DuplicateRating.into());
            }
        }
        let ratings = self.0.into_iter().map(|row| row.value).collect();
        faults.or(Some(RatingPlan { ratings, products })).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let RatingPlan { ratings, mut products } = plan;
        let mut rows = Vec::with_capacity(ratings.len());
        for new in ratings {
            let row = rating::Model {
                product: stored(new.product),
                decided_on: new.decided_on,
                stars: new.stars.get().into(),
                expires_on: Rating::expiry(new.decided_on),
                decision: new.decision.into(),
                recorded_at: writer.now,
                actor: writer.principal.actor().to_owned(),
            };
            if let Some(product) = products.get_mut(&row.product)
                && product.decided_on.is_none_or(|newest| newest < row.decided_on)
            {
                product.stars = Some(row.stars);
                product.decided_on = Some(row.decided_on);
                product.expires_on = Some(row.expires_on);
                product.decision = Some(row.decision.clone());
            }
            rows.push(row);
        }
        let rated: Vec<u32> = rows.iter().map(|row| row.product.cast_unsigned()).collect();
        let products: Vec<Model> = products.into_values().collect();
        writer.record::<rating::Entity>(&rows).await?;
        writer.rewrite::<Entity>(&products, &CHANGING).await?;
        Ok(rated)
    }
}

/// All ratings of products.
pub(super) async fn ratings(
    writer: &Writer,
    products: impl Iterator<Item = i32>,
) -> Result<Vec<rating::Model>, StoreError> {
    let select = rating::Entity::find().filter(rating::Column::Product.is_in(products));
    Ok(select.all(&writer.transaction).await?)
}

/// Checks that the rating of `product` that holds on a date has so many stars.
pub(super) fn check_stars(
    ratings: &[rating::Model],
    product: i32,
    stars: i16,
    on: Date,
) -> Result<(), Rule> {
    let decided = ratings.iter().filter(|row| row.product == product && row.decided_on <= on);
    let newest = decided.max_by_key(|row| row.decided_on);
    let rule = match newest {
        None => CommerceRule::NoRating { expired_on: None },
        Some(row) if row.expires_on <= on => {
            CommerceRule::NoRating { expired_on: Some(row.expires_on) }
        }
        Some(row) if row.stars != stars => {
            CommerceRule::OtherRating { stars: row.stars.unsigned_abs().try_into().unwrap_or(0) }
        }
        Some(_) => return Ok(()),
    };
    Err(rule.into())
}
