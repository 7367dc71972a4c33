//! Administrative units: told from memory, each seen on one date.

mod reference;
mod reorganise;

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use registry_domain::page::{Page, PageRequest};
use registry_domain::time;
use registry_domain::unit::{Level, Share, Title, Unit, UnitId, UnitQuery, Units};
use registry_persistence::HouseholdScope;

use crate::access::{AccessScope, as_of_weight, cost, list_size, needs, open};
use crate::at_once::{AtOnce, Field, Teller};
use crate::audit::Audited;
use crate::certificate::{CertificateGroup, CertificateTotal, TotalsArguments, readers, totals};
use crate::coverage::{NetworkCoverage, mobile_coverage};
use crate::cursor::List;
use crate::error::ApiError;
use crate::household::{
    HouseholdArguments, HouseholdConnection, HouseholdFilter, HouseholdOrder, household_page,
};
use crate::in_order::{One, Rows};
use crate::indicator::{IndicatorArguments, IndicatorCode, IndicatorValue, values};
use crate::node::GlobalId;
use crate::page::{Connection, PAGE, PageArguments, connection, paging};
use crate::scalar::{Date, DateTime, UnitCode, YearMonth};
use crate::session::Session;

pub(crate) use reference::UnitRef;
pub(crate) use reorganise::UnitMutation;

/// The levels of administration (cấp hành chính), from the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "Level")]
pub(crate) enum UnitLevel {
    /// Province or centrally run city (cấp tỉnh).
    Province,
    /// District, town or city of a province (cấp huyện); ended on 2025-07-01.
    District,
    /// Commune, ward or township (cấp xã).
    Commune,
    /// Hamlet or quarter (ấp, khu vực).
    Hamlet,
}

/// What a unit is called (loại đơn vị).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Title")]
pub(crate) enum UnitTitle {
    /// Tỉnh.
    Province,
    /// Thành phố trực thuộc trung ương.
    CentralCity,
    /// Thành phố thuộc tỉnh.
    City,
    /// Thị xã.
    Town,
    /// Huyện.
    District,
    /// Phường.
    Ward,
    /// Thị trấn.
    Township,
    /// Xã.
    Commune,
    /// Khu vực.
    Quarter,
    /// Ấp.
    Hamlet,
}

/// Conditions on units (điều kiện lọc đơn vị); all of those given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct UnitFilter {
    /// The level (cấp).
    level: Option<UnitLevel>,
    /// Within this unit (thuộc đơn vị), itself left out.
    within: Option<UnitRef>,
    /// A part of the name (tên) that begins at a word, with or without accents: `vi tan` finds Vị Tân.
    search: Option<String>,
    /// On the boundaries of this date (theo địa giới ngày); today if not given.
    on: Option<Date>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AdministrativeUnit {
    pub(crate) id: UnitId,
    pub(crate) on: time::Date,
    /// The moment as of which what belongs to it is told; none for now. Units themselves are told as they
    /// are known now.
    pub(crate) as_of: Option<time::Instant>,
}

pub(crate) type UnitConnection = One<Connection<UnitId, AdministrativeUnit, UnitCount>>;

/// How many units the whole list has.
#[derive(SimpleObject)]
#[graphql(serial, directive = open::apply())]
pub(crate) struct UnitCount {
    /// The number of units in the whole list (tổng số đơn vị).
    total_count: usize,
}

/// A unit that went over into another (sự kế thừa giữa hai đơn vị), whole or in part.
#[derive(SimpleObject)]
#[graphql(serial, directive = open::apply())]
pub(crate) struct UnitSuccession {
    /// The other unit (đơn vị kia).
    unit: AdministrativeUnit,
    /// How much of the old unit went over (tỷ lệ), above 0 up to 1; 1 is the whole.
    share: f64,
    /// The first day of the new state (ngày hiệu lực).
    effective_on: Date,
    /// The law or resolution (căn cứ pháp lý).
    legal_act: String,
}

impl AdministrativeUnit {
    fn read<T>(self, context: &Context<'_>, read: impl FnOnce(&Unit) -> T) -> Result<T, ApiError> {
        let units = Session::of(context).reader.units();
        let damaged = || registry_persistence::StoreError::Damaged {
            what: format!("unit {}", self.id.get()),
        };
        units.get(self.id).map(read).ok_or_else(|| damaged().into())
    }

    /// The same unit on `on` if given, else as it is seen.
    fn seen_on(self, units: &Units, on: Option<Date>) -> Self {
        let on = on.map_or(self.on, |on| on.0);
        let validity = units.get(self.id).map(|unit| unit.validity).unwrap_or_default();
        Self { on: validity.nearest(on), ..self }
    }

    /// The hamlets below it on its date; `None` if these are all there are.
    pub(crate) fn scope(self, units: &Units) -> HouseholdScope {
        let is_hamlet =
            |id: &UnitId| units.get(*id).is_some_and(|unit| unit.level() == Level::Hamlet);
        let tree = units.tree(self.on);
        let below: Arc<[UnitId]> =
            tree.subtree(self.id).iter().copied().filter(is_hamlet).collect();
        let all = units.all().iter().filter(|unit| unit.level() == Level::Hamlet).count();
        (below.len() < all).then_some(below)
    }

    fn beside(self, session: &Session, other: UnitId, date: time::Date) -> Self {
        let units = session.reader.units();
        Self { id: other, on: date, as_of: self.as_of }.seen_on(&units, None)
    }
}

/// An administrative unit (đơn vị hành chính), seen on a date: what it belongs to and contains is
/// told on the boundaries of the date by which it was found. Reached from what is told `asOf` a moment,
/// what is recorded of it is told as of that moment too.
#[Object(directive = open::apply())]
impl AdministrativeUnit {
    /// The global id (định danh toàn cục).
    pub(crate) async fn id(&self) -> ID {
        GlobalId::Unit(self.id).write()
    }

    #[graphql(flatten)]
    async fn audited(&self) -> Audited {
        Audited(GlobalId::Unit(self.id))
    }

    /// The code while it is valid (mã).
    async fn code(&self, context: &Context<'_>) -> Result<UnitCode> {
        Ok(self.read(context, |unit| UnitCode(unit.code))?)
    }

    /// The level (cấp hành chính).
    async fn level(&self, context: &Context<'_>) -> Result<UnitLevel> {
        Ok(self.read(context, |unit| unit.level().into())?)
    }

    /// What it is called (loại đơn vị).
    async fn title(&self, context: &Context<'_>) -> Result<UnitTitle> {
        Ok(self.read(context, |unit| unit.title.into())?)
    }

    /// The full name (tên đầy đủ), title included, as spelled in its time: `Xã Vị Thuỷ`.
    async fn name(&self, context: &Context<'_>) -> Result<String> {
        Ok(self.read(context, |unit| unit.name.clone())?)
    }

    /// The first day of its existence (có hiệu lực từ ngày); null if older than the records.
    async fn valid_from(&self, context: &Context<'_>) -> Result<Option<Date>> {
        Ok(self.read(context, |unit| unit.validity.from.map(Date))?)
    }

    /// The day after its last (hết hiệu lực từ ngày); null while it exists.
    async fn valid_to(&self, context: &Context<'_>) -> Result<Option<Date>> {
        Ok(self.read(context, |unit| unit.validity.until.map(Date))?)
    }

    /// What it belongs to (đơn vị cấp trên).
    async fn parent(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "On the boundaries of this date (theo địa giới ngày).")] on: Option<Date>,
    ) -> Option<One<Self>> {
        let units = Session::of(context).reader.units();
        let seen = self.seen_on(&units, on);
        units.tree(seen.on).parent(seen.id).map(|id| One(Self { id, ..seen }))
    }

    /// Everything it belongs to (các đơn vị cấp trên), from the nearest up.
    #[graphql(directive = list_size::apply(Some(3), None))]
    async fn ancestors(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "On the boundaries of this date (theo địa giới ngày).")] on: Option<Date>,
    ) -> Rows<Self> {
        let units = Session::of(context).reader.units();
        let seen = self.seen_on(&units, on);
        units.tree(seen.on).ancestors(seen.id).map(|id| Self { id, ..seen }).collect()
    }

    /// The units directly below (đơn vị trực thuộc), in Vietnamese order.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())))]
    async fn children(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "On the boundaries of this date (theo địa giới ngày).")] on: Option<Date>,
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<UnitConnection> {
        let session = Session::of(context);
        let units = session.reader.units();
        let seen = self.seen_on(&units, on);
        let children = units.tree(seen.on).children(seen.id).to_vec();
        let list = List::of(("children", seen.id, seen.on));
        let arguments = PageArguments { first, after, last, before };
        Ok(unit_page(session, children, list, arguments, (seen.on, seen.as_of))?)
    }

    /// The households that live in it (các hộ), by its boundaries on the date it is seen.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())), directive = needs::apply(vec![AccessScope::RegistryRead]))]
    #[expect(clippy::too_many_arguments, reason = "the four arguments of every connection")]
    async fn households(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Conditions (điều kiện lọc); `within` narrows further.")] filter: Option<
            HouseholdFilter,
        >,
        #[graphql(desc = "The order (thứ tự); by code if not given.")] order_by: Option<
            HouseholdOrder,
        >,
        #[graphql(
            desc = "As they were known at this moment (theo hiểu biết tại thời điểm); as the unit is seen, or now, if not given.",
            directive = cost::apply(as_of_weight())
        )]
        as_of: Option<DateTime>,
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<HouseholdConnection> {
        let page = PageArguments { first, after, last, before };
        let arguments = HouseholdArguments { filter, order_by, as_of, page };
        Ok(household_page(context, Some(*self), arguments).await?)
    }

    /// The indicators of the unit (các chỉ số).
    #[graphql(directive = list_size::apply(Some(25), None))]
    async fn indicators(
        &self,
        context: &Context<'_>,
        #[graphql(
            desc = "At the end of the month that holds this date (cuối tháng chứa ngày); today, or the day of `asOf`, if not given."
        )]
        on: Option<Date>,
        #[graphql(
            desc = "On the boundaries of this date (theo địa giới ngày); those of `on` if the unit existed then, else the nearest date on which it did."
        )]
        boundaries_on: Option<Date>,
        #[graphql(desc = "Which ones (các chỉ số cần lấy); all if not given.")] codes: Option<
            Vec<IndicatorCode>,
        >,
        #[graphql(
            desc = "As they were known at this moment (theo hiểu biết tại thời điểm); as the unit is seen, or now, if not given. Needs `registry:read`.",
            directive = cost::apply(as_of_weight())
        )]
        as_of: Option<DateTime>,
    ) -> Result<Rows<IndicatorValue>> {
        let session = Session::of(context);
        let as_of = session.as_of(as_of)?.or(self.as_of);
        let arguments = IndicatorArguments { on, boundaries_on, codes, as_of };
        Ok(Rows(values(session, self.id, arguments).await?))
    }

    /// Certificates added up (tổng số chứng thư số) in the unit, by its boundaries on the date it is
    /// seen; a partner's token sees its own.
    #[graphql(directive = list_size::apply(Some(50), None), directive = needs::apply(readers()))]
    async fn certificates(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first month (từ kỳ); from the beginning if not given.")] from: Option<
            YearMonth,
        >,
        #[graphql(desc = "The last month (đến kỳ); to the end if not given.")] to: Option<
            YearMonth,
        >,
        #[graphql(desc = "Of this partner only (mã đối tác).")] partner: Option<String>,
        #[graphql(desc = "What is told apart (nhóm theo).")] group_by: Option<
            Vec<CertificateGroup>,
        >,
        #[graphql(
            desc = "As it was known at this moment (theo hiểu biết tại thời điểm); as the unit is seen, or now, if not given.",
            directive = cost::apply(as_of_weight())
        )]
        as_of: Option<DateTime>,
    ) -> Result<Rows<CertificateTotal>> {
        let group_by = group_by.unwrap_or_default();
        let as_of = Session::of(context).as_of(as_of)?.or(self.as_of);
        let boundaries_on = None;
        let arguments = TotalsArguments { from, to, partner, group_by, as_of, boundaries_on };
        Ok(Rows(totals(Session::of(context), *self, arguments).await?))
    }

    /// The mobile networks that reach anything of the unit (vùng phủ sóng di động), by operator and
    /// generation, and how many of its communes each covers whole, by its boundaries on the date it is
    /// seen. A record counts by the hamlets that its commune had on its first day.
    #[graphql(directive = list_size::apply(Some(10), None))]
    async fn mobile_coverage(
        &self,
        context: &Context<'_>,
        #[graphql(
            desc = "As it was on this day (vào ngày); on the date the unit is seen if not given."
        )]
        on: Option<Date>,
    ) -> Result<Vec<NetworkCoverage>> {
        Ok(mobile_coverage(Session::of(context), *self, on).await?)
    }

    /// What became of it (đơn vị kế thừa).
    #[graphql(directive = list_size::apply(Some(10), None))]
    async fn successors(&self, context: &Context<'_>) -> Vec<UnitSuccession> {
        let session = Session::of(context);
        let units = session.reader.units();
        let told = |succession: &registry_domain::unit::Succession| UnitSuccession {
            unit: self.beside(session, succession.new, succession.effective_on),
            share: ratio(succession.share),
            effective_on: Date(succession.effective_on),
            legal_act: succession.legal_act.clone(),
        };
        units.successors(self.id).map(told).collect()
    }

    /// What it came from (đơn vị tiền thân).
    #[graphql(directive = list_size::apply(Some(10), None))]
    async fn predecessors(&self, context: &Context<'_>) -> Vec<UnitSuccession> {
        let session = Session::of(context);
        let units = session.reader.units();
        let told = |succession: &registry_domain::unit::Succession| UnitSuccession {
            unit: self.beside(session, succession.old, succession.effective_on),
            share: ratio(succession.share),
            effective_on: Date(succession.effective_on),
            legal_act: succession.legal_act.clone(),
        };
        units.predecessors(self.id).map(told).collect()
    }
}

impl AtOnce for AdministrativeUnit {
    fn tell(&self, field: &Field<'_>, to: &mut Teller<'_>) -> Option<()> {
        let unit = to.units.get(self.id)?;
        match field.name {
            "id" => to.put(field, &GlobalId::Unit(self.id).write()),
            "code" => to.put(field, &UnitCode(unit.code)),
            "level" => to.word(UnitLevel::from(unit.level())),
            "title" => to.word(UnitTitle::from(unit.title)),
            "name" => to.put(field, unit.name.as_str()),
            "validFrom" => to.put(field, &unit.validity.from.map(Date)),
            "validTo" => to.put(field, &unit.validity.until.map(Date)),
            "parent" => {
                let seen = self.seen_on(to.units, None);
                let parent = to.tree(seen.on).parent(seen.id);
                to.put(field, &parent.map(|id| One(Self { id, ..seen })))
            }
            _ => None,
        }
    }
}

impl AtOnce for UnitCount {
    fn tell(&self, field: &Field<'_>, to: &mut Teller<'_>) -> Option<()> {
        match field.name {
            "totalCount" => to.put(field, &self.total_count),
            _ => None,
        }
    }
}

fn ratio(share: Share) -> f64 {
    f64::from(share.millionths()) / f64::from(Share::WHOLE.millionths())
}

/// The units that match, in the order of level and name.
pub(crate) fn find_units(
    session: &Session,
    filter: UnitFilter,
    page: PageArguments,
) -> Result<UnitConnection, ApiError> {
    let units = session.reader.units();
    let asked = filter.on.map(|on| on.0);
    let on = asked.unwrap_or_else(|| session.reader.today());
    let within = filter
        .within
        .map(|within| within.require(session, "within"))
        .transpose()?
        .map(|unit| unit.id);
    let query = filter.search.as_deref().map(UnitQuery::new);
    let level = filter.level.map(Level::from);
    let tree = units.tree(on);
    let matches = |unit: &&Unit| {
        tree.contains(unit.id)
            && level.is_none_or(|level| unit.level() == level)
            && within.is_none_or(|within| unit.id != within && tree.is_within(unit.id, within))
            && query.as_ref().is_none_or(|query| {
                query.as_ref().is_some_and(|query| units.matches(unit.id, query))
            })
    };
    let found = units.all().iter().filter(matches).map(|unit| unit.id).collect();
    // Not by the day of today: a walk may go on past midnight.
    let list = List::of(("units", asked, within, level, &query));
    unit_page(session, found, list, page, (on, None))
}

/// Cuts a page out of `found`, which is in the order of [`Units::all`].
fn unit_page(
    session: &Session,
    found: Vec<UnitId>,
    list: List,
    arguments: PageArguments,
    (on, as_of): (time::Date, Option<time::Instant>),
) -> Result<UnitConnection, ApiError> {
    let units = session.reader.units();
    let PageRequest { take, after, before } = arguments.request::<UnitId>(list, session)?;
    let rank = |id: Option<UnitId>| id.map(|id| units.rank(id).ok_or(ApiError::Cursor)).transpose();
    let request = PageRequest { take, after: rank(after)?, before: rank(before)? };
    let count = UnitCount { total_count: found.len() };
    let page =
        Page::from_sorted(found.into_iter(), &request, |id| units.rank(*id).unwrap_or_default());
    Ok(connection(page.map(|id| (id, AdministrativeUnit { id, on, as_of })), list, count))
}
