//! Reading the log: events, what they changed, and the history of a record. Needs `audit:read`.

use std::collections::{BTreeSet, HashMap};

use registry_domain::access::Scope;
use registry_domain::audit::{LogFault, Place};
use registry_domain::page::{Page, PageRequest, Take};
use registry_domain::time::{Instant, YearMonth};
use registry_domain::unit::UnitId;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, Iterable, JoinType, QueryFilter, QueryOrder,
    QuerySelect, RelationTrait as _, Select,
};

use super::change::{Line, Lines};
use super::event::entry;
use super::mention::{period_subject, unit_subject};
use super::sequence::stored;
use super::subject::AuditSubject;
use serde::Deserialize;

use crate::entity::audit::{event, mention, place};
use crate::{Reader, StoreError};

/// The most mentions that are followed at once, newest first.
const MENTIONS_LIMIT: u64 = 10_000;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Its place in the log, from 0.
    pub sequence: u64,
    /// The number by which receipts name it.
    pub number: u32,
    /// When it happened.
    pub at: Instant,
    /// Whose doing it was.
    pub actor: String,
    /// The token that was shown, if one was.
    pub token: Option<String>,
    /// What was done.
    pub action: String,
    /// The request that it came by, if it came by one.
    pub request_id: Option<String>,
    /// How many records it is about.
    pub subjects: u32,
    /// What came of it.
    pub outcome: AuditOutcome,
    /// The bytes whose hash is its leaf: canonical JSON.
    pub entry: String,
}

/// What came of what was attempted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditOutcome {
    /// Records were written.
    Written,
    /// Personal data was shown in clear, for this purpose.
    Read(String),
    /// Nothing was written.
    Refused(Vec<AuditRefusal>),
}

/// A rule that a refused input broke, and where.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AuditRefusal {
    /// The place in the input.
    pub at: String,
    /// The rule's stable name.
    pub rule: String,
}

/// One line of what an event changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditChange {
    /// The event's place in the log.
    pub sequence: u64,
    /// The line's place in the event, from 0.
    pub index: u32,
    /// The row that it is about: table and key.
    pub record: String,
    /// What happened to it.
    pub kind: AuditChangeKind,
    /// The state before, if an earlier event tells it: canonical JSON. Only told in a history.
    pub before: Option<String>,
    /// The state after, unless the row is gone or was only read: canonical JSON.
    pub after: Option<String>,
    /// The bytes whose hash is the line's leaf.
    pub line: String,
}

/// What happened to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditChangeKind {
    /// It was written.
    Written,
    /// It was removed.
    Removed,
    /// Its personal data was shown in clear.
    Read,
    /// It left the unit that the line names.
    Left,
}

/// What happened to a record by one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRevision {
    /// The event.
    pub event: AuditEvent,
    /// What it changed of the record and its parts.
    pub changes: Vec<AuditChange>,
}

/// Which events are listed; conditions that are not given hold for all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct AuditFilter {
    /// Whose doing.
    pub actor: Option<String>,
    /// By which token.
    pub token: Option<String>,
    /// What was done.
    pub action: Option<String>,
    /// About which record.
    pub subject: Option<AuditSubject>,
    /// In which unit, or below it, by the tree of the day.
    pub unit: Option<UnitId>,
    /// About which month.
    pub period: Option<YearMonth>,
    /// At this instant or later.
    pub from: Option<Instant>,
    /// Before this instant.
    pub to: Option<Instant>,
}

impl Reader {
    /// A page of events, newest first. An event is listed once it has its place: within seconds.
    pub async fn audit_events(
        &self,
        filter: &AuditFilter,
        page: &PageRequest<Place>,
    ) -> Result<Page<AuditEvent>, StoreError> {
        self.require(Scope::AuditRead)?;
        let mut select = placed_without_changes();
        let equal = [
            (place::Column::Actor, &filter.actor),
            (place::Column::Token, &filter.token),
            (place::Column::Action, &filter.action),
        ];
        for (column, wanted) in equal {
            if let Some(wanted) = wanted {
                select = select.filter(column.eq(wanted));
            }
        }
        if let Some(from) = filter.from {
            select = select.filter(event::Column::RecordedAt.gte(from));
        }
        if let Some(to) = filter.to {
            select = select.filter(event::Column::RecordedAt.lt(to));
        }
        for subject in filter.subjects() {
            let about = Query::select()
                .column(mention::Column::Sequence)
                .from(mention::Entity)
                .and_where(Expr::col(mention::Column::Subject).eq(subject))
                .to_owned();
            select = select.filter(place::Column::Sequence.in_subquery(about));
        }
        if let Some(after) = page.after {
            select = select.filter(place::Column::Sequence.lt(stored(after.0)?));
        }
        if let Some(before) = page.before {
            select = select.filter(place::Column::Sequence.gt(stored(before.0)?));
        }
        let select = match page.take {
            Take::First(_) => select.order_by_desc(place::Column::Sequence),
            Take::Last(_) => select.order_by_asc(place::Column::Sequence),
        };
        let select = select.limit(page.take.limit() as u64 + 1).into_model::<Placed>();
        let rows = select.all(&self.connection).await?;
        let events = rows.into_iter().map(AuditEvent::of).collect::<Result<_, _>>()?;
        Ok(Page::from_overfetch(events, page))
    }

    /// The event with this place; fails for a place that no event has.
    pub async fn audit_event(&self, place: Place) -> Result<AuditEvent, StoreError> {
        self.require(Scope::AuditRead)?;
        let found = placed_without_changes()
            .filter(place::Column::Sequence.eq(stored(place.0)?))
            .into_model::<Placed>()
            .one(&self.connection)
            .await?;
        match found {
            Some(row) => AuditEvent::of(row),
            None => Err(self.no_such_event(place).await?),
        }
    }

    /// What events changed, in their order.
    pub async fn audit_changes(
        &self,
        events: &[Place],
    ) -> Result<HashMap<u64, Vec<AuditChange>>, StoreError> {
        self.require(Scope::AuditRead)?;
        let places = events.iter().map(|place| stored(place.0)).collect::<Result<Vec<_>, _>>()?;
        let rows = self.packed(&places).await?;
        rows.iter().map(|row| Ok((row.sequence, row.changes(|_| true)?))).collect()
    }

    /// What happened to records and their parts, each newest first; in three statements for however
    /// many records.
    pub async fn audit_histories(
        &self,
        subjects: &[AuditSubject],
    ) -> Result<Vec<Vec<AuditRevision>>, StoreError> {
        self.require(Scope::AuditRead)?;
        let names: BTreeSet<&str> = subjects.iter().map(|subject| subject.whole.as_str()).collect();
        let mentions = mention::Entity::find()
            .filter(mention::Column::Subject.is_in(names))
            .order_by_desc(mention::Column::Sequence)
            .limit(MENTIONS_LIMIT)
            .all(&self.connection)
            .await?;
        let places: BTreeSet<i64> = mentions.iter().map(|mention| mention.sequence).collect();
        let places: Vec<i64> = places.into_iter().collect();
        let rows = self.packed(&places).await?;
        let heads = placed_without_changes().filter(place::Column::Sequence.is_in(places));
        let heads = heads
            .into_model::<Placed>()
            .all(&self.connection)
            .await?
            .into_iter()
            .map(AuditEvent::of);
        let heads: Result<HashMap<u64, AuditEvent>, StoreError> =
            heads.map(|event| event.map(|event| (event.sequence, event))).collect();
        let heads = heads?;
        subjects.iter().map(|subject| revisions(subject, &rows, &heads)).collect()
    }

    /// The events at these places with their changes, in order.
    pub(super) async fn packed(&self, places: &[i64]) -> Result<Vec<Packed>, StoreError> {
        let rows: Vec<(i64, Option<Vec<u8>>)> = event::Entity::find()
            .select_only()
            .column(place::Column::Sequence)
            .column(event::Column::Changes)
            .join(JoinType::InnerJoin, event::Relation::Place.def())
            .filter(place::Column::Sequence.is_in(places.iter().copied()))
            .order_by_asc(place::Column::Sequence)
            .into_tuple()
            .all(&self.connection)
            .await?;
        rows.into_iter()
            .map(|(sequence, packed)| {
                let sequence = sequence.cast_unsigned();
                Ok(Packed { sequence, lines: unpacked(sequence, packed.as_deref())? })
            })
            .collect()
    }

    async fn no_such_event(&self, place: Place) -> Result<StoreError, StoreError> {
        let size = self.tree_size(None).await?;
        Ok(StoreError::Log(LogFault::NoEvent { sequence: place.0, size }))
    }
}

/// An event and its place.
#[derive(FromQueryResult)]
pub(super) struct Placed {
    #[sea_orm(nested)]
    pub(super) event: event::Model,
    pub(super) sequence: i64,
}

/// Events that have their places, beside which conditions may stand.
pub(super) fn placed() -> Select<event::Entity> {
    event::Entity::find()
        .join(JoinType::InnerJoin, event::Relation::Place.def())
        .column(place::Column::Sequence)
}

/// The same without what they changed, which may be much.
pub(super) fn placed_without_changes() -> Select<event::Entity> {
    let columns = event::Column::iter().filter(|column| !matches!(column, event::Column::Changes));
    placed()
        .select_only()
        .columns(columns)
        .expr_as(Expr::cust("CASE WHEN 1 = 0 THEN changes END"), "changes")
        .column(place::Column::Sequence)
}

pub(super) fn unpacked(sequence: u64, packed: Option<&[u8]>) -> Result<Option<Lines>, StoreError> {
    let damaged = || StoreError::damaged(format!("the changes of event {sequence}"));
    packed.map(|packed| Lines::unpack(packed).ok_or_else(damaged)).transpose()
}

/// The lines of one event.
pub(super) struct Packed {
    sequence: u64,
    pub(super) lines: Option<Lines>,
}

impl Packed {
    fn changes(&self, wanted: impl Fn(&str) -> bool) -> Result<Vec<AuditChange>, StoreError> {
        let sequence = self.sequence;
        let damaged = || StoreError::damaged(format!("the changes of event {sequence}"));
        let lines = self.lines.iter().flat_map(Lines::iter).zip(0..);
        let mut changes = Vec::new();
        for (line, index) in lines {
            let parsed = Line::parse(line).ok_or_else(damaged)?;
            let record = parsed.record();
            if !wanted(record) {
                continue;
            }
            let (kind, after) = match parsed {
                Line::Written { after, .. } => (AuditChangeKind::Written, Some(after.to_owned())),
                Line::Removed { .. } => (AuditChangeKind::Removed, None),
                Line::Read { .. } => (AuditChangeKind::Read, None),
                Line::Left { .. } => (AuditChangeKind::Left, None),
            };
            let (record, line) = (record.to_owned(), line.to_owned());
            changes.push(AuditChange { sequence, index, record, kind, before: None, after, line });
        }
        Ok(changes)
    }
}

/// One subject's part of what was loaded for all.
fn revisions(
    subject: &AuditSubject,
    rows: &[Packed],
    heads: &HashMap<u64, AuditEvent>,
) -> Result<Vec<AuditRevision>, StoreError> {
    let mut states: HashMap<String, String> = HashMap::new();
    let mut revisions = Vec::new();
    for row in rows {
        let mut changes = row.changes(|record| subject.owns(record))?;
        for change in &mut changes {
            if matches!(change.kind, AuditChangeKind::Written | AuditChangeKind::Removed) {
                change.before = states.remove(&change.record);
                if let Some(after) = &change.after {
                    states.insert(change.record.clone(), after.clone());
                }
            }
        }
        if let Some(event) = heads.get(&row.sequence).filter(|_| !changes.is_empty()) {
            revisions.push(AuditRevision { event: event.clone(), changes });
        }
    }
    revisions.reverse();
    Ok(revisions)
}

impl AuditEvent {
    pub(super) fn of(Placed { event: row, sequence }: Placed) -> Result<Self, StoreError> {
        let damaged = || StoreError::damaged(format!("event no. {}", row.id));
        let entry = String::from_utf8(entry(&row)).map_err(|_| damaged())?;
        Ok(Self {
            sequence: sequence.cast_unsigned(),
            number: row.id.cast_unsigned(),
            at: row.recorded_at,
            subjects: row.subjects.cast_unsigned(),
            outcome: match (row.purpose, row.refusal) {
                (_, Some(refusal)) => {
                    let refusals = serde_json::from_str(&refusal);
                    AuditOutcome::Refused(refusals.map_err(|_| damaged())?)
                }
                (Some(purpose), None) => AuditOutcome::Read(purpose),
                (None, None) => AuditOutcome::Written,
            },
            actor: row.actor,
            token: row.token,
            action: row.action,
            request_id: row.request_id,
            entry,
        })
    }
}

impl AuditFilter {
    /// What listed events must be about.
    fn subjects(&self) -> impl Iterator<Item = String> {
        let unit = self.unit.map(unit_subject);
        let period = self.period.map(|period| period_subject(period.index()));
        let subject = self.subject.as_ref().map(|subject| subject.whole.clone());
        subject.into_iter().chain(unit).chain(period)
    }
}
