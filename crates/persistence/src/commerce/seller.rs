//! Sellers: registering and changing them.

use std::collections::{BTreeSet, HashMap};

use registry_domain::commerce::{
    CommerceRule, NewSeller, SellerChange, SellerCode, SellerKind, SellerMark,
};
use registry_domain::fault::{Faults, Path, Rule};
use registry_domain::household::{HouseholdCode, Status, earliest_date, past_date};
use registry_domain::search::joined_words;
use registry_domain::unit::UnitId;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use super::{code, search, stored};
use crate::entity::household;
use crate::entity::seller::{Column, Entity, Model, version};
use crate::entity::unit::row as unit_row;
use crate::household::{check_hamlet, stored_number};
use crate::writer::{Command, Row, Writer, bounded, refuse};
use crate::{StoreError, WriteError};

/// Registers sellers, in the order of the rows; each gets the next free number.
#[derive(Debug)]
pub struct RegisterSellers(pub Vec<Row<NewSeller>>);

/// Changes a seller's name or place.
#[derive(Debug)]
pub struct UpdateSeller(pub SellerChange);

/// A seller as it becomes.
#[derive(Debug)]
pub struct SellerPlan {
    before: Model,
    seller: Model,
}

/// What may change of a row.
const CHANGING: [Column; 4] = [Column::Name, Column::FoldedName, Column::HamletId, Column::Version];

impl Command for RegisterSellers {
    const ACTION: &'static str = "seller.register";
    type Plan = Vec<NewSeller>;
    /// The sellers' numbers.
    type Outcome = Vec<u32>;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        let households = households(writer, &self.0).await?;
        let mut known = Namesakes::load(writer, self.0.iter().map(|row| row.value.hamlet)).await?;
        known.add_households(writer, households.keys().copied()).await?;
        let mut faults = Faults::default();
        for (place, Row { at, value: new }) in self.0.iter().enumerate() {
            let dated = past_date(new.registered_on, earliest_date(), writer.today());
            faults.keep(at.field("registeredOn"), dated);
            faults.keep(at.field("hamlet"), writer.require_within(new.hamlet));
            check_hamlet(writer, new.hamlet, new.registered_on, at.field("hamlet"), &mut faults);
            if let Some(code) = new.household {
                let household = households.get(&stored_number(code.number()));
                faults.keep(at.field("household"), sells(writer, code, household));
            }
            known.check(new, place, at, &mut faults);
        }
        let rows = self.0.into_iter().map(|row| row.value).collect();
        faults.or(Some(rows)).map_err(WriteError::Refused)
    }

    async fn carry_out(rows: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let numbers = writer.take_numbers("seller", rows.len()).await?;
        let numbered = rows.into_iter().zip(numbers);
        let sellers: Vec<Model> = numbered
            .map(|(new, number)| {
                Ok(row(&new, SellerCode::new(number).ok_or(StoreError::NumbersUsedUp)?))
            })
            .collect::<Result<_, StoreError>>()?;
        writer.record::<Entity>(&sellers).await?;
        note_states(writer, &sellers).await?;
        Ok(sellers.iter().map(|seller| seller.number.cast_unsigned()).collect())
    }
}

fn row(new: &NewSeller, code: SellerCode) -> Model {
    Model {
        number: stored(code),
        kind: new.kind.code().to_owned(),
        name: new.name.as_str().to_owned(),
        folded_name: joined_words(new.name.as_str()).0,
        hamlet_id: new.hamlet.get(),
        household: new.household.map(|household| stored_number(household.number())),
        registered_on: new.registered_on,
        version: 1,
    }
}

async fn change(writer: &Writer, sellers: &[Model]) -> Result<(), StoreError> {
    writer.rewrite::<Entity>(sellers, &CHANGING).await?;
    note_states(writer, sellers).await
}

async fn note_states(writer: &Writer, sellers: &[Model]) -> Result<(), StoreError> {
    let state = |seller: &Model| version::Model {
        number: seller.number,
        version: seller.version,
        recorded_at: writer.now,
        actor: writer.principal.actor().to_owned(),
        name: seller.name.clone(),
        hamlet_id: seller.hamlet_id,
    };
    let states: Vec<_> = sellers.iter().map(state).collect();
    writer.record::<version::Entity>(&states).await
}

/// Checks that a household may be a seller, by the state it is in.
fn sells(
    writer: &Writer,
    code: HouseholdCode,
    household: Option<&household::Model>,
) -> Result<(), Rule> {
    let household = household.ok_or(Rule::UnknownHousehold { code })?;
    writer.require_within(UnitId::new(household.hamlet_id))?;
    let ended = Status::ALL.into_iter().find(|status| status.code() == household.status);
    match ended {
        None | Some(Status::Active) => Ok(()),
        Some(status) => Err(Rule::HouseholdClosed { status, since: household.effective_on }),
    }
}

async fn households(
    writer: &Writer,
    rows: &[Row<NewSeller>],
) -> Result<HashMap<i32, household::Model>, StoreError> {
    let numbers = rows.iter().filter_map(|row| row.value.household);
    let numbers: Vec<i32> = numbers.map(|code| stored_number(code.number())).collect();
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let found = household::Entity::find()
        .filter(household::Column::Number.is_in(numbers))
        .all(&writer.transaction)
        .await?;
    Ok(found.into_iter().map(|household| (household.number, household)).collect())
}

/// Locks the hamlets, in order, so that the names of one hamlet's sellers are given one after the other.
async fn lock_hamlets(
    writer: &Writer,
    hamlets: impl Iterator<Item = UnitId>,
) -> Result<BTreeSet<i32>, StoreError> {
    let hamlets: BTreeSet<i32> = hamlets.map(UnitId::get).collect();
    let select = unit_row::Entity::find()
        .filter(unit_row::Column::Id.is_in(hamlets.iter().copied()))
        .order_by_asc(unit_row::Column::Id);
    writer.locking(select).all(&writer.transaction).await?;
    Ok(hamlets)
}

/// Who is registered by the same name in the same hamlet, or is the same household.
struct Namesakes {
    by_name: HashMap<(i32, String), SellerCode>,
    by_household: HashMap<i32, SellerCode>,
    named_here: HashMap<(i32, String), usize>,
    households_here: HashMap<i32, usize>,
}

impl Namesakes {
    async fn load(
        writer: &Writer,
        hamlets: impl Iterator<Item = UnitId>,
    ) -> Result<Self, StoreError> {
        let hamlets = lock_hamlets(writer, hamlets).await?;
        let select = Entity::find().filter(Column::HamletId.is_in(hamlets));
        let rows = select.all(&writer.transaction).await?.into_iter();
        let keyed = rows.map(|row| Ok(((row.hamlet_id, row.folded_name), code(row.number)?)));
        Ok(Self {
            by_name: keyed.collect::<Result<_, StoreError>>()?,
            by_household: HashMap::new(),
            named_here: HashMap::new(),
            households_here: HashMap::new(),
        })
    }

    async fn add_households(
        &mut self,
        writer: &Writer,
        households: impl Iterator<Item = i32>,
    ) -> Result<(), StoreError> {
        let condition = Condition::all().add(Column::Household.is_in(households));
        for row in Entity::find().filter(condition).all(&writer.transaction).await? {
            if let Some(household) = row.household {
                self.by_household.insert(household, code(row.number)?);
            }
        }
        Ok(())
    }

    fn check(&mut self, new: &NewSeller, place: usize, at: &Path, faults: &mut Faults) {
        let name = (new.hamlet.get(), joined_words(new.name.as_str()).0);
        let household = new.household.map(|code| stored_number(code.number()));
        if let Some(seller) = self.by_name.get(&name).copied() {
            faults.push(at.field("name"), CommerceRule::DuplicateSeller { seller }.into());
        }
        let first = *self.named_here.entry(name).or_insert(place);
        if first != place {
            faults.push(at.field("name"), Rule::DuplicateInBatch { first });
        }
        let Some(household) = household.filter(|_| new.kind == SellerKind::Household) else {
            return;
        };
        if let Some(seller) = self.by_household.get(&household).copied() {
            faults.push(at.field("household"), CommerceRule::DuplicateSeller { seller }.into());
        }
        let first = *self.households_here.entry(household).or_insert(place);
        if first != place {
            faults.push(at.field("household"), Rule::DuplicateInBatch { first });
        }
    }
}

impl Command for UpdateSeller {
    const ACTION: &'static str = "seller.update";
    type Plan = SellerPlan;
    /// The seller's number.
    type Outcome = Vec<u32>;

    fn subjects(&self) -> usize {
        1
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        let SellerChange { code: seller, version, name, hamlet } = self.0;
        let known = writer.locking(Entity::find_by_id(stored(seller)));
        let Some(before) = known.one(&writer.transaction).await? else {
            return Err(refuse("seller", CommerceRule::UnknownSeller.into()));
        };
        if let Err(rule) = writer.require_within(UnitId::new(before.hamlet_id)) {
            return Err(refuse("seller", rule));
        }
        let current = before.version.cast_unsigned();
        if current != version {
            return Err(refuse("version", Rule::StaleVersion { given: version, current }));
        }
        let mut seller = before.clone();
        let at = Path::root().field("input");
        let mut faults = Faults::default();
        if let Some(hamlet) = hamlet {
            faults.keep(at.field("hamlet"), writer.require_within(hamlet));
            check_hamlet(writer, hamlet, writer.today(), at.field("hamlet"), &mut faults);
            seller.hamlet_id = hamlet.get();
        }
        if let Some(name) = name {
            seller.rename(name.into());
        }
        if seller == before {
            return Err(refuse("seller", Rule::NothingToChange));
        }
        lock_hamlets(writer, std::iter::once(UnitId::new(seller.hamlet_id))).await?;
        if let Some(seller) = namesake(writer, &seller).await? {
            faults.push(at.field("name"), CommerceRule::DuplicateSeller { seller }.into());
        }
        seller.version += 1;
        faults.or(Some(SellerPlan { before, seller })).map_err(WriteError::Refused)
    }

    async fn carry_out(
        SellerPlan { before, seller }: Self::Plan,
        writer: &Writer,
    ) -> Result<Self::Outcome, StoreError> {
        if seller.name != before.name {
            search::index_seller(writer, &seller).await?;
        }
        if seller.hamlet_id != before.hamlet_id {
            writer.left::<Entity>(before.number, before.hamlet_id);
        }
        let number = seller.number.cast_unsigned();
        change(writer, &[seller]).await?;
        Ok(vec![number])
    }
}

impl Model {
    fn rename(&mut self, name: String) {
        self.folded_name = joined_words(&name).0;
        self.name = name;
    }
}

/// Another seller of this name in the same hamlet, if there is one.
async fn namesake(writer: &Writer, seller: &Model) -> Result<Option<SellerCode>, StoreError> {
    let same = Entity::find()
        .filter(Column::HamletId.eq(seller.hamlet_id))
        .filter(Column::FoldedName.eq(&seller.folded_name))
        .filter(Column::Number.ne(seller.number));
    same.one(&writer.transaction).await?.map(|other| code(other.number)).transpose()
}

/// Takes the name from a household's stall, past states included: it may be that of the head. What
/// it sells stays, under the seller's code.
pub(crate) async fn erase_name(writer: &Writer, household: i32) -> Result<(), StoreError> {
    let select = writer.locking(Entity::find().filter(Column::Household.eq(household)));
    let Some(mut seller) = select.one(&writer.transaction).await? else { return Ok(()) };
    let unnamed = code::<SellerMark>(seller.number)?.to_string();
    let erased = version::Entity::update_many()
        .col_expr(version::Column::Name, Expr::value(unnamed.as_str()))
        .filter(version::Column::Number.eq(seller.number));
    writer.update(erased).await?;
    seller.rename(unnamed);
    seller.version += 1;
    search::index_seller(writer, &seller).await?;
    change(writer, &[seller]).await
}
