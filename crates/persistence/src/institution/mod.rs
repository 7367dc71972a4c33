//! Schools and banks: registering, changing, closing, what they fulfil or offer, and reading.

mod change;
mod feature;
mod read;
mod register;

use std::collections::{BTreeMap, HashMap, HashSet};

use registry_domain::fault::{Faults, Path, Rule};
use registry_domain::institution::{
    Feature, History, InstitutionCode, InstitutionKind, InstitutionRule, KnownFeature, Stay,
    changes,
};
use registry_domain::rollup::Sign;
use registry_domain::tally::{TallyChanges, accumulate};
use registry_domain::time::{Date, Instant};
use registry_domain::unit::UnitId;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entity::institution::{Column, Entity, Model, feature as stored_feature, version};
use crate::rollup::apply_tallies;
use crate::writer::Writer;
use crate::{StoreError, moment};

pub use change::{ChangeInstitutions, CloseInstitutions};
pub use feature::{EndFeatures, RecordFeatures};
pub use read::{InstitutionFilter, InstitutionOrder, InstitutionPosition, InstitutionSort};
pub use register::RegisterInstitutions;

fn stored_number(code: InstitutionCode) -> i32 {
    code.number().cast_signed()
}

fn code(stored: i32) -> Result<InstitutionCode, StoreError> {
    let code = u32::try_from(stored).ok().and_then(InstitutionCode::new);
    code.ok_or_else(|| StoreError::damaged(format!("institution number {stored}")))
}

fn kind(stored: &str) -> Result<InstitutionKind, StoreError> {
    InstitutionKind::from_code(stored).ok_or_else(|| StoreError::damaged("institution kind"))
}

fn known_feature(row: stored_feature::Model) -> Result<KnownFeature, StoreError> {
    let damaged = || StoreError::damaged(format!("feature of institution {}", row.number));
    Ok(KnownFeature {
        feature: Feature::from_code(&row.feature).ok_or_else(damaged)?,
        from: row.valid_from,
        until: row.valid_until,
        evidence: row.evidence,
    })
}

impl Model {
    /// The version that this state is.
    fn as_version(&self, writer: &Writer) -> version::Model {
        version::Model {
            number: self.number,
            version: self.version,
            recorded_at: writer.now,
            actor: writer.principal.actor().to_owned(),
            effective_on: self.effective_on,
            hamlet_id: self.hamlet_id,
            name: self.name.clone(),
            is_open: self.closed_on.is_none(),
        }
    }

    /// Where it stands by this state.
    fn stay(&self) -> Stay {
        stay(self.effective_on, self.hamlet_id, self.closed_on.is_none())
    }
}

fn stay(from: Date, hamlet_id: i32, is_open: bool) -> Stay {
    Stay { from, hamlet: is_open.then(|| UnitId::new(hamlet_id)) }
}

/// Checks that an institution can stand in `hamlet` from `on` on. It may be older than the records
/// of its hamlet; then the hamlet must be there today.
fn check_hamlet(writer: &Writer, hamlet: UnitId, on: Date) -> Result<(), Rule> {
    let units = writer.units();
    let unknown = || Rule::UnknownUnit { asked: hamlet.get().to_string(), on, hint: None };
    let unit = units.get(hamlet).ok_or_else(unknown)?;
    units.hamlet(unit, on).or_else(|_| units.hamlet(unit, writer.today())).map(drop)
}

/// What tells open institutions of a hamlet apart.
type Name = (i32, String);

/// Which open institutions have one of these names.
async fn named(
    writer: &Writer,
    names: impl Iterator<Item = Name>,
) -> Result<HashMap<Name, InstitutionCode>, StoreError> {
    let (hamlets, names): (HashSet<i32>, HashSet<String>) = names.unzip();
    let rows: Vec<(i32, i32, String)> = Entity::find()
        .select_only()
        .columns([Column::Number, Column::HamletId, Column::FoldedName])
        .filter(Column::ClosedOn.is_null())
        .filter(Column::HamletId.is_in(hamlets))
        .filter(Column::FoldedName.is_in(names))
        .into_tuple()
        .all(&writer.transaction)
        .await?;
    rows.into_iter().map(|(number, hamlet, name)| Ok(((hamlet, name), code(number)?))).collect()
}

/// The institutions that a command is about, locked, each with all that its tallies follow from.
struct Current(HashMap<InstitutionCode, (Model, History)>);

impl Current {
    async fn lock(
        writer: &Writer,
        codes: impl Iterator<Item = InstitutionCode>,
    ) -> Result<Self, StoreError> {
        let numbers: HashSet<i32> = codes.map(stored_number).collect();
        // In order of number, so that two batches can't wait for each other.
        let select = Entity::find()
            .filter(Column::Number.is_in(numbers.iter().copied()))
            .order_by_asc(Column::Number);
        let rows = writer.locking(select).all(&writer.transaction).await?;
        let mut histories = histories(&writer.transaction, Some(numbers), None).await?;
        let known = rows.into_iter().filter_map(|row| {
            let history = histories.remove(&row.number)?;
            Some(code(row.number).map(|code| (code, (row, history))))
        });
        Ok(Self(known.collect::<Result<_, _>>()?))
    }

    /// The institution, if it is open.
    fn open(
        &self,
        code: InstitutionCode,
        at: &Path,
        faults: &mut Faults,
    ) -> Option<&(Model, History)> {
        let at = at.field("institution");
        let Some(known) = self.0.get(&code) else {
            faults.push(at, InstitutionRule::Unknown { code }.into());
            return None;
        };
        if let Some(since) = known.0.closed_on {
            faults.push(at, InstitutionRule::Closed { since }.into());
            return None;
        }
        Some(known)
    }
}

/// The histories of these institutions, or of all, by number: what was recorded by a moment, or by now.
async fn histories(
    connection: &impl ConnectionTrait,
    of: Option<HashSet<i32>>,
    as_of: Option<Instant>,
) -> Result<BTreeMap<i32, History>, StoreError> {
    let mut institutions = Entity::find().select_only().columns([Column::Number, Column::Kind]);
    let mut versions = version::Entity::find()
        .filter(moment::recorded(version::Column::RecordedAt, as_of))
        .order_by_asc(version::Column::Number)
        .order_by_asc(version::Column::Version);
    let mut features = stored_feature::Entity::find()
        .filter(moment::recorded(stored_feature::Column::RecordedAt, as_of));
    if let Some(numbers) = of {
        let numbers: Vec<i32> = numbers.into_iter().collect();
        institutions = institutions.filter(Column::Number.is_in(numbers.iter().copied()));
        versions = versions.filter(version::Column::Number.is_in(numbers.iter().copied()));
        features = features.filter(stored_feature::Column::Number.is_in(numbers));
    }
    let mut found = BTreeMap::new();
    for (number, kind) in institutions.into_tuple::<(i32, String)>().all(connection).await? {
        let kind = self::kind(&kind)?;
        found.insert(number, History { kind, stays: Vec::new(), features: Vec::new() });
    }
    for row in versions.all(connection).await? {
        if let Some(history) = found.get_mut(&row.number) {
            history.stays.push(stay(row.effective_on, row.hamlet_id, row.is_open));
        }
    }
    for row in features.all(connection).await? {
        if let Some(history) = found.get_mut(&row.number) {
            let valid_until = moment::known_end(row.valid_until, row.ended_at, as_of);
            let row = stored_feature::Model { valid_until, ..row };
            history.features.push(known_feature(row)?);
        }
    }
    Ok(found)
}

/// Tells the tallies that these histories, each before and after, became other ones.
async fn apply_differences<'history>(
    writer: &Writer,
    histories: impl Iterator<Item = (&'history History, &'history History)>,
) -> Result<(), StoreError> {
    let mut sum = TallyChanges::new();
    for (before, after) in histories {
        accumulate(&mut sum, changes(before), Sign::Minus);
        accumulate(&mut sum, changes(after), Sign::Plus);
    }
    apply_tallies(writer, sum)
}

/// What all records say of the tallies of hamlets, those by a moment or by now.
pub(crate) async fn tallies(
    connection: &impl ConnectionTrait,
    as_of: Option<Instant>,
) -> Result<TallyChanges, StoreError> {
    let mut sum = TallyChanges::new();
    for history in histories(connection, None, as_of).await?.values() {
        accumulate(&mut sum, changes(history), Sign::Plus);
    }
    Ok(sum)
}
