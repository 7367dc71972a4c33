//! Reorganising units by one legal act: founding, merging, splitting, renaming, moving hamlets.

use async_graphql::{Context, InputObject, Object, OneofObject, Result, SimpleObject};
use registry_domain::access::Scope;
use registry_domain::fault::{Expected, Faults, Path, Rule};
use registry_domain::text::Label;
use registry_domain::time;
use registry_domain::unit::{
    Founded, Place, Reorganisation as Act, Reorganised, Transfer, UnitId, Units,
};
use registry_persistence::{ReorganisationPlan, ReorganiseUnits};

use super::{AdministrativeUnit, UnitRef, UnitTitle};
use crate::access::{AccessScope, list_size, needs};
use crate::fault::UserError;
use crate::mutation::{Attempt, rehearse, write};
use crate::scalar::{Date, UnitCode};
use crate::session::Session;

/// A unit that there is, or one that begins with the same act (đơn vị đã có hoặc được lập): give exactly one
/// field.
#[derive(Debug, Clone, OneofObject)]
pub(crate) enum PlaceRef {
    /// One that there is (đơn vị đã có); a bare code is read on the day before `effectiveOn`.
    Unit(UnitRef),
    /// One that begins (đơn vị được lập): its place in `founded`, from 0.
    Founded(u32),
}

/// A unit that begins (đơn vị được lập).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct FoundedUnitInput {
    /// Its code (mã), free on the day it begins: 5 digits for a commune, 8 for a hamlet.
    code: UnitCode,
    /// What it is called (loại đơn vị).
    title: UnitTitle,
    /// Its full name (tên đầy đủ), title included, 1…100 characters: `Xã Vị Thuỷ`.
    name: String,
    /// What it belongs to (đơn vị cấp trên): a commune to the province, a hamlet to a commune.
    parent: PlaceRef,
}

/// Hamlets that go from one commune into another (chuyển ấp, khu vực).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct HamletTransferInput {
    /// The commune they were in (từ xã); a bare code is read on the day before `effectiveOn`.
    from: UnitRef,
    /// The commune they go to (đến xã); one that does not end, by this act or another.
    to: PlaceRef,
    /// Which (các ấp, khu vực), at least one; all that the commune has if not given. A commune whose hamlets all
    /// go, ends.
    hamlets: Option<Vec<UnitRef>>,
}

/// What one legal act changes (sắp xếp đơn vị hành chính): a merger is two transfers into a unit that begins,
/// a new name one, a split two from the same commune, a move names some hamlets.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct ReorganiseUnitsInput {
    /// The law or resolution, as cited (căn cứ pháp lý), 1…200 characters.
    legal_act: String,
    /// The first day of the new state (ngày hiệu lực), after today.
    effective_on: Date,
    /// Units that begin (các đơn vị được lập), at most 200.
    #[graphql(default)]
    founded: Vec<FoundedUnitInput>,
    /// Hamlets that go elsewhere (các ấp, khu vực được chuyển), at most 200 rows.
    #[graphql(default)]
    transfers: Vec<HamletTransferInput>,
    /// Only tells what would be done (chạy thử).
    #[graphql(default)]
    dry_run: bool,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// A unit that begins (đơn vị được lập).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::Admin]))]
pub(crate) struct FoundedUnit {
    /// Its code (mã).
    code: UnitCode,
    /// What it is called (loại đơn vị).
    title: UnitTitle,
    /// Its full name (tên đầy đủ).
    name: String,
    /// The unit itself (đơn vị), seen on its first day; null in a rehearsal.
    unit: Option<AdministrativeUnit>,
}

/// What begins, ends and moves (kết quả sắp xếp).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::Admin]))]
pub(crate) struct Reorganisation {
    /// The first day of the new state (ngày hiệu lực).
    effective_on: Date,
    /// Units that begin (các đơn vị được lập).
    founded: Vec<FoundedUnit>,
    /// Units that end (các đơn vị chấm dứt), seen on their last day.
    ended: Vec<AdministrativeUnit>,
    /// How many hamlets go elsewhere (số ấp, khu vực được chuyển).
    hamlets_moved: usize,
}

/// What came of a reorganisation (kết quả).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::Admin]))]
pub(crate) struct ReorganiseUnitsPayload {
    /// What was done, or would be (kết quả); null if the input was refused.
    reorganisation: Option<Reorganisation>,
    /// Whether an earlier attempt with the same key had done it (đã làm ở lần gửi trước).
    replayed: bool,
    /// Everything that is wrong with the input (các lỗi); empty if it was done.
    errors: Vec<UserError>,
}

/// The most rows of each list.
const ROWS_LIMIT: usize = 200;

/// Mutations of units.
#[derive(Default)]
pub(crate) struct UnitMutation;

#[Object]
impl UnitMutation {
    /// Founds, merges, splits and renames communes, founds and moves hamlets, by one legal act (sắp xếp đơn vị
    /// hành chính). Figures can be told on the boundaries before and after. What another act changes on the same
    /// day or later is refused. Needs `admin`.
    #[graphql(
        directive = needs::apply(vec![AccessScope::Admin]),
        directive = list_size::apply(None, Some(vec!["input.transfers".into()]))
    )]
    async fn reorganise_units(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The act (văn bản).")] input: ReorganiseUnitsInput,
    ) -> Result<ReorganiseUnitsPayload> {
        let session = Session::of(context);
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let (dry_run, effective_on) = (input.dry_run, input.effective_on.0);
        let command = input.parse(session).map(ReorganiseUnits);
        if dry_run {
            return Ok(match rehearse(session, Scope::Admin, command).await? {
                Ok(ReorganisationPlan(plan)) => done(Reorganisation::planned(plan), false),
                Err(errors) => refused(errors),
            });
        }
        Ok(match write(session, Scope::Admin, command, attempt).await? {
            Ok(written) => {
                session.reader.see_units_anew();
                let units = session.reader.units();
                done(
                    Reorganisation::written(&units, effective_on, &written.outcome),
                    written.replayed,
                )
            }
            Err(errors) => refused(errors),
        })
    }
}

const fn done(reorganisation: Reorganisation, replayed: bool) -> ReorganiseUnitsPayload {
    let reorganisation = Some(reorganisation);
    ReorganiseUnitsPayload { reorganisation, replayed, errors: Vec::new() }
}

const fn refused(errors: Vec<UserError>) -> ReorganiseUnitsPayload {
    ReorganiseUnitsPayload { reorganisation: None, replayed: false, errors }
}

impl Reorganisation {
    fn planned(plan: Reorganised) -> Self {
        let founded = plan.founded.into_iter().map(|unit| FoundedUnit {
            code: UnitCode(unit.code),
            title: unit.title.into(),
            name: unit.name,
            unit: None,
        });
        Self {
            effective_on: Date(plan.effective_on),
            founded: founded.collect(),
            ended: last_seen(plan.ended.into_iter(), plan.effective_on),
            hamlets_moved: plan.moved.len(),
        }
    }

    fn written(
        units: &Units,
        effective_on: time::Date,
        (founded, ended, moved): &(Vec<i32>, Vec<i32>, usize),
    ) -> Self {
        let known = founded.iter().filter_map(|id| units.get(UnitId::new(*id)));
        let founded = known.map(|unit| FoundedUnit {
            code: UnitCode(unit.code),
            title: unit.title.into(),
            name: unit.name.clone(),
            unit: Some(AdministrativeUnit { id: unit.id, on: effective_on, as_of: None }),
        });
        Self {
            effective_on: Date(effective_on),
            founded: founded.collect(),
            ended: last_seen(ended.iter().copied().map(UnitId::new), effective_on),
            hamlets_moved: *moved,
        }
    }
}

fn last_seen(
    ended: impl Iterator<Item = UnitId>,
    effective_on: time::Date,
) -> Vec<AdministrativeUnit> {
    ended.map(|id| AdministrativeUnit { id, on: day_before(effective_on), as_of: None }).collect()
}

fn day_before(day: time::Date) -> time::Date {
    day.pred_opt().unwrap_or(day)
}

impl ReorganiseUnitsInput {
    fn parse(self, session: &Session) -> Result<Act, Faults> {
        let at = Path::root().field("input");
        let mut faults = Faults::default();
        let before = day_before(self.effective_on.0);
        for (field, rows) in [("founded", self.founded.len()), ("transfers", self.transfers.len())]
        {
            if rows > ROWS_LIMIT {
                faults.push(at.field(field), Rule::BatchTooLarge { rows, limit: ROWS_LIMIT });
                return Err(faults);
            }
        }
        let legal_act = faults.keep(at.field("legalAct"), Label::parse(&self.legal_act));
        let mut founded = Vec::with_capacity(self.founded.len());
        for (index, unit) in self.founded.into_iter().enumerate() {
            let parsed = unit.parse(session, before, &at.field("founded").index(index));
            founded.extend(parsed.map_err(|found| faults.extend(found)).ok());
        }
        let mut transfers = Vec::with_capacity(self.transfers.len());
        for (index, transfer) in self.transfers.into_iter().enumerate() {
            let parsed = transfer.parse(session, before, &at.field("transfers").index(index));
            transfers.extend(parsed.map_err(|found| faults.extend(found)).ok());
        }
        let effective_on = self.effective_on.0;
        faults.or(legal_act.map(|legal_act| Act { legal_act, effective_on, founded, transfers }))
    }
}

impl PlaceRef {
    fn parse(&self, session: &Session, before: time::Date) -> Result<Place, Rule> {
        const EXPECTED: Expected = Expected {
            english: "a place in `founded`, from 0",
            vietnamese: "vị trí trong `founded`, tính từ 0",
        };
        match self {
            Self::Unit(unit) => unit.on(session, before).map(Place::Known),
            Self::Founded(index) => {
                let index = usize::try_from(*index).ok().filter(|index| *index < ROWS_LIMIT);
                index.map(Place::Founded).ok_or(Rule::Malformed { expected: EXPECTED })
            }
        }
    }
}

impl FoundedUnitInput {
    fn parse(self, session: &Session, before: time::Date, at: &Path) -> Result<Founded, Faults> {
        let mut faults = Faults::default();
        let (code, title) = (self.code.0, self.title.into());
        let name = faults.keep(at.field("name"), Label::parse(&self.name));
        let parent = faults.keep(at.field("parent"), self.parent.parse(session, before));
        let founded = name.zip(parent);
        faults.or(founded.map(|(name, parent)| Founded { code, title, name, parent }))
    }
}

impl HamletTransferInput {
    fn parse(self, session: &Session, before: time::Date, at: &Path) -> Result<Transfer, Faults> {
        let mut faults = Faults::default();
        let from = faults.keep(at.field("from"), self.from.on(session, before));
        let to = faults.keep(at.field("to"), self.to.parse(session, before));
        let mut hamlets = self.hamlets.as_ref().map(|_| Vec::new());
        for (index, hamlet) in self.hamlets.iter().flatten().enumerate() {
            let at = at.field("hamlets").index(index);
            let hamlet = faults.keep(at, hamlet.on(session, before));
            if let Some(hamlets) = &mut hamlets {
                hamlets.extend(hamlet);
            }
        }
        faults.or(from.zip(to).map(|(from, to)| Transfer { from, to, hamlets }))
    }
}
