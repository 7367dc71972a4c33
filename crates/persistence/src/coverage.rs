//! Mobile coverage: recording, ending and reading.

use std::collections::HashMap;

use registry_domain::access::Scope;
use registry_domain::connectivity::MobileGeneration;
use registry_domain::coverage::{
    Coverage, CoverageEnd, CoverageKey, CoverageRule, MobileOperator, Network, NewCoverage,
    Reached, changes, end, overlap,
};
use registry_domain::fault::{Faults, Rule};
use registry_domain::page::{Page, PageRequest, Take};
use registry_domain::rollup::Sign;
use registry_domain::tally::{Span, TallyChanges, accumulate};
use registry_domain::time::{Date, Instant};
use registry_domain::unit::{UnitId, Units};
use sea_orm::sea_query::{Expr, ExprTrait, Order, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
};

use crate::entity::coverage::{Column, Entity, Model};
use crate::entity::record::counter;
use crate::rollup::apply_tallies;
use crate::writer::{Command, Row, Writer, bounded};
use crate::{Reader, StoreError, WriteError, moment, unit};

/// Records coverage, all or none.
#[derive(Debug)]
pub struct RecordCoverage(pub Vec<Row<NewCoverage>>);

/// Ends coverage that is in force, all or none.
#[derive(Debug)]
pub struct EndCoverage(pub Vec<Row<CoverageEnd>>);

/// The records as they become.
#[derive(Debug)]
pub struct EndPlan(Vec<Model>);

/// The rows are known whole; only their end is new.
const END: [Column; 4] = [Column::ValidUntil, Column::EndedAt, Column::EndedBy, Column::EndReason];

impl Command for RecordCoverage {
    const ACTION: &'static str = "coverage.record";
    type Plan = Vec<NewCoverage>;
    /// How many were recorded.
    type Outcome = usize;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        lock(writer).await?;
        let communes = self.0.iter().map(|row| row.value.key.commune);
        let mut spans = spans_by_network(writer, communes).await?;
        let mut first_with = HashMap::new();
        let mut faults = Faults::default();
        for (place, Row { at, value: new }) in self.0.iter().enumerate() {
            new.check(writer.units(), writer.today(), at, &mut faults);
            let first = *first_with.entry(new.key).or_insert(place);
            if first != place {
                faults.push(at.field("from"), Rule::DuplicateInBatch { first });
                continue;
            }
            let known = spans.entry((new.key.commune, new.key.network)).or_default();
            if let Some((from, until)) = known.iter().find(|span| overlap(**span, new.span())) {
                let (from, until) = (*from, *until);
                faults.push(at.field("from"), CoverageRule::Overlap { from, until }.into());
            }
            known.push(new.span());
        }
        let rows = self.0.into_iter().map(|row| row.value).collect();
        faults.or(Some(rows)).map_err(WriteError::Refused)
    }

    async fn carry_out(plan: Self::Plan, writer: &Writer) -> Result<Self::Outcome, StoreError> {
        let before = all_spans(&writer.transaction).await?;
        let rows: Vec<Model> = plan.iter().map(|new| stored(new, writer)).collect();
        writer.record::<Entity>(&rows).await?;
        let added = rows.iter().map(span);
        let after = before.iter().copied().chain(added).collect();
        apply_difference(writer, before, after).await?;
        Ok(rows.len())
    }
}

impl Command for EndCoverage {
    const ACTION: &'static str = "coverage.end";
    type Plan = EndPlan;
    /// The first days of the records.
    type Outcome = Vec<Date>;

    fn subjects(&self) -> usize {
        self.0.len()
    }

    async fn plan(self, writer: &Writer) -> Result<Self::Plan, WriteError> {
        bounded(&self.0)?;
        lock(writer).await?;
        let communes = self.0.iter().map(|row| row.value.commune.get());
        let open = Entity::find()
            .filter(Column::CommuneId.is_in(communes))
            .filter(Column::ValidUntil.is_null())
            .all(&writer.transaction)
            .await?;
        let mut open: HashMap<_, _> = open
            .into_iter()
            .map(|row| Ok((place(&row)?, row)))
            .collect::<Result<_, StoreError>>()?;
        let mut faults = Faults::default();
        let mut plan = Vec::with_capacity(self.0.len());
        for Row { at, value: CoverageEnd { commune, network, until, reason } } in self.0 {
            // Taken out: a second end of the same record would find none.
            let Some(row) = open.remove(&(commune, network)) else {
                faults.push(at.field("commune"), CoverageRule::NoneOpen.into());
                continue;
            };
            faults.keep(at.field("until"), end(row.valid_from, until, writer.today()));
            plan.push(Model {
                valid_until: Some(until),
                ended_at: Some(writer.now),
                ended_by: Some(writer.principal.actor().to_owned()),
                end_reason: Some(reason.into()),
                ..row
            });
        }
        faults.or(Some(EndPlan(plan))).map_err(WriteError::Refused)
    }

    async fn carry_out(
        EndPlan(rows): Self::Plan,
        writer: &Writer,
    ) -> Result<Self::Outcome, StoreError> {
        let before = all_spans(&writer.transaction).await?;
        writer.rewrite::<Entity>(&rows, &END).await?;
        let after = all_spans(&writer.transaction).await?;
        apply_difference(writer, before, after).await?;
        Ok(rows.iter().map(|row| row.valid_from).collect())
    }
}

/// Lets one writer at a time add up coverage.
///
/// A hamlet counts as covered while any record reaches it, of any network, and of any commune that it
/// ever was in; so what one record changes depends on all others. They are few, some thousand rows: all of
/// them are read under one lock, which is simpler than to find out which ones meet.
pub(crate) async fn lock(writer: &Writer) -> Result<(), StoreError> {
    let row = counter::Entity::find_by_id("coverage");
    writer.locking(row).one(&writer.transaction).await?;
    Ok(())
}

/// When each network is recorded in each of these communes.
async fn spans_by_network(
    writer: &Writer,
    communes: impl Iterator<Item = UnitId>,
) -> Result<HashMap<(UnitId, Network), Vec<Span>>, StoreError> {
    let select = Entity::find().filter(Column::CommuneId.is_in(communes.map(UnitId::get)));
    let mut found: HashMap<_, Vec<Span>> = HashMap::new();
    for row in select.all(&writer.transaction).await? {
        found.entry(place(&row)?).or_default().push((row.valid_from, row.valid_until));
    }
    Ok(found)
}

/// A commune and when a network covers it.
type CommuneSpan = (UnitId, Span);

fn span(row: &Model) -> CommuneSpan {
    (UnitId::new(row.commune_id), (row.valid_from, row.valid_until))
}

async fn all_spans(connection: &impl ConnectionTrait) -> Result<Vec<CommuneSpan>, StoreError> {
    known_spans(connection, None).await
}

/// When each commune was recorded as covered, by what was known at a moment or is known now.
async fn known_spans(
    connection: &impl ConnectionTrait,
    as_of: Option<Instant>,
) -> Result<Vec<CommuneSpan>, StoreError> {
    let rows = Entity::find()
        .select_only()
        .columns([Column::CommuneId, Column::ValidFrom, Column::ValidUntil, Column::EndedAt])
        .filter(moment::recorded(Column::RecordedAt, as_of))
        .into_tuple::<(i32, Date, Option<Date>, Option<Instant>)>()
        .all(connection)
        .await?;
    let span = |(commune, from, until, ended_at)| {
        (UnitId::new(commune), (from, moment::known_end(until, ended_at, as_of)))
    };
    Ok(rows.into_iter().map(span).collect())
}

/// Applies what other records change; under [`lock`].
async fn apply_difference(
    writer: &Writer,
    before: Vec<CommuneSpan>,
    after: Vec<CommuneSpan>,
) -> Result<(), StoreError> {
    // Not those in memory: another process may just have reorganised them.
    let units = unit::load(&writer.transaction).await?;
    let mut difference = changes(&units, after);
    accumulate(&mut difference, changes(&units, before), Sign::Minus);
    apply_tallies(writer, difference)
}

/// Applies what other units change while the records stay; under [`lock`].
pub(crate) async fn units_changed(
    writer: &Writer,
    before: &Units,
    after: &Units,
) -> Result<(), StoreError> {
    let spans = all_spans(&writer.transaction).await?;
    let mut difference = changes(after, spans.iter().copied());
    accumulate(&mut difference, changes(before, spans), Sign::Minus);
    apply_tallies(writer, difference)
}

/// What all records say of the tallies of hamlets, those by a moment or by now.
pub(crate) async fn tallies(
    connection: &impl ConnectionTrait,
    as_of: Option<Instant>,
) -> Result<TallyChanges, StoreError> {
    let units = unit::load(connection).await?;
    Ok(changes(&units, known_spans(connection, as_of).await?))
}

/// Conditions on records of coverage; all of those given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct CoverageFilter {
    /// Of one of these communes.
    pub communes: Option<Vec<UnitId>>,
    /// Of this operator.
    pub operator: Option<MobileOperator>,
    /// Of this generation.
    pub generation: Option<MobileGeneration>,
    /// In force on this day.
    pub on: Option<Date>,
}

impl CoverageFilter {
    fn select(&self) -> Select<Entity> {
        let mut select = Entity::find();
        if let Some(communes) = &self.communes {
            select = select.filter(Column::CommuneId.is_in(communes.iter().map(|id| id.get())));
        }
        if let Some(operator) = self.operator {
            select = select.filter(Column::Operator.eq(operator.code()));
        }
        if let Some(generation) = self.generation {
            select = select.filter(Column::Generation.eq(generation.code()));
        }
        if let Some(on) = self.on {
            select = select.filter(in_force(on, on));
        }
        select
    }
}

/// In force on a day from `first` to `last`.
fn in_force(first: Date, last: Date) -> Condition {
    let goes_on =
        Condition::any().add(Column::ValidUntil.is_null()).add(Column::ValidUntil.gt(first));
    Condition::all().add(Column::ValidFrom.lte(last)).add(goes_on)
}

impl Reader {
    /// One record.
    pub async fn coverage(&self, key: &CoverageKey) -> Result<Option<Coverage>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let select = Entity::find().filter(self::key().eq(bound(key)));
        select.one(&self.connection).await?.map(coverage).transpose()
    }

    /// A page of records by commune, operator, generation and first day.
    pub async fn coverage_page(
        &self,
        filter: &CoverageFilter,
        page: &PageRequest<CoverageKey>,
    ) -> Result<Page<Coverage>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let mut select = filter.select();
        if let Some(after) = &page.after {
            select = select.filter(key().gt(bound(after)));
        }
        if let Some(before) = &page.before {
            select = select.filter(key().lt(bound(before)));
        }
        let order = match page.take {
            Take::First(_) => Order::Asc,
            Take::Last(_) => Order::Desc,
        };
        for column in KEY {
            select = select.order_by(column, order.clone());
        }
        let rows = select.limit(page.take.limit() as u64 + 1).all(&self.connection).await?;
        let records = rows.into_iter().map(coverage).collect::<Result<_, _>>()?;
        Ok(Page::from_overfetch(records, page))
    }

    /// How many records match.
    pub async fn coverage_count(&self, filter: &CoverageFilter) -> Result<u64, StoreError> {
        self.require(Scope::RegistryRead)?;
        let counted = filter
            .select()
            .select_only()
            .column_as(Column::CommuneId.count(), "records")
            .into_tuple::<i64>();
        Ok(counted.one(&self.connection).await?.unwrap_or_default().cast_unsigned())
    }

    /// The hamlets that each network reaches on each of these days, in their order, by what was known at
    /// a moment or is known now.
    pub async fn reached_on(
        &self,
        days: &[Date],
        as_of: Option<Instant>,
    ) -> Result<Vec<Reached>, StoreError> {
        let (Some(first), Some(last)) = (days.iter().min(), days.iter().max()) else {
            return Ok(Vec::new());
        };
        let mut goes_on = Condition::any().add(in_force(*first, *last));
        if let Some(moment) = as_of {
            let begun = Condition::all().add(Column::ValidFrom.lte(*last));
            goes_on = goes_on.add(begun.add(Column::EndedAt.gt(moment)));
        }
        let select =
            Entity::find().filter(goes_on).filter(moment::recorded(Column::RecordedAt, as_of));
        let known = |row: Model| {
            let valid_until = moment::known_end(row.valid_until, row.ended_at, as_of);
            coverage(Model { valid_until, ..row })
        };
        let rows = select.all(&self.connection).await?;
        let rows: Vec<Coverage> = rows.into_iter().map(known).collect::<Result<_, _>>()?;
        let units = self.units();
        let on = |day: &Date| {
            let holds = |record: &&Coverage| {
                record.key.from <= *day && record.until.is_none_or(|until| *day < until)
            };
            Reached::by(&units, rows.iter().filter(holds))
        };
        Ok(days.iter().map(on).collect())
    }
}

/// The order of lists; the primary key.
const KEY: [Column; 4] =
    [Column::CommuneId, Column::Operator, Column::Generation, Column::ValidFrom];

fn key() -> SimpleExpr {
    Expr::tuple(KEY.map(Expr::col))
}

fn bound(key: &CoverageKey) -> SimpleExpr {
    Expr::tuple([
        Expr::val(key.commune.get()),
        Expr::val(key.network.operator.code()),
        Expr::val(key.network.generation.code()),
        Expr::val(key.from),
    ])
}

fn place(row: &Model) -> Result<(UnitId, Network), StoreError> {
    let damaged = || StoreError::damaged(format!("coverage of unit {}", row.commune_id));
    let network = Network {
        operator: MobileOperator::from_code(&row.operator).ok_or_else(damaged)?,
        generation: MobileGeneration::from_code(&row.generation).ok_or_else(damaged)?,
    };
    Ok((UnitId::new(row.commune_id), network))
}

fn coverage(row: Model) -> Result<Coverage, StoreError> {
    let (commune, network) = place(&row)?;
    Ok(Coverage {
        key: CoverageKey { commune, network, from: row.valid_from },
        until: row.valid_until,
        end_reason: row.end_reason,
        recorded_at: row.recorded_at,
        ended_at: row.ended_at,
    })
}

fn stored(new: &NewCoverage, writer: &Writer) -> Model {
    let CoverageKey { commune, network, from } = new.key;
    Model {
        commune_id: commune.get(),
        operator: network.operator.code().to_owned(),
        generation: network.generation.code().to_owned(),
        valid_from: from,
        valid_until: new.until,
        recorded_at: writer.now,
        recorded_by: writer.principal.actor().to_owned(),
        ended_at: None,
        ended_by: None,
        end_reason: None,
    }
}
