//! Reading training sessions.

use std::sync::Arc;

use registry_domain::access::Scope;
use registry_domain::community::{
    AttendeeCount, Cancellation, NewTraining, Training, TrainingAudience, TrainingCode,
    TrainingStatus, TrainingTitle, TrainingTopic,
};
use registry_domain::page::{Page, PageRequest};
use registry_domain::time::Date;
use registry_domain::unit::UnitId;
use sea_orm::sea_query::{Expr, ExprTrait as _, SimpleExpr};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use super::{code, stored_number};
use crate::entity::community::training::{Column, Entity, Model};
use crate::page::Direction;
use crate::{Reader, StoreError};

/// Conditions on training sessions; all of those given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct TrainingFilter {
    /// Held in one of these hamlets.
    pub hamlets: Option<Arc<[UnitId]>>,
    /// About one of these topics; about any if there is none.
    pub topics: Vec<TrainingTopic>,
    /// For one of these audiences; for any if there is none.
    pub audiences: Vec<TrainingAudience>,
    /// Held on this day or later.
    pub from: Option<Date>,
    /// Held on this day or earlier.
    pub to: Option<Date>,
    /// In this status.
    pub status: Option<TrainingStatus>,
}

/// A session's place in the order of lists: by day, then by code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrainingKey {
    /// The day it was held.
    pub held_on: Date,
    /// Which one.
    pub code: TrainingCode,
}

impl TrainingKey {
    /// Where `session` stands.
    #[must_use]
    pub const fn of(session: &Training) -> Self {
        Self { held_on: session.content.held_on, code: session.code }
    }
}

impl TrainingFilter {
    fn apply(&self) -> Select<Entity> {
        let mut select = Entity::find();
        if let Some(hamlets) = &self.hamlets {
            select = select.filter(Column::HamletId.is_in(hamlets.iter().map(|unit| unit.get())));
        }
        if !self.topics.is_empty() {
            select =
                select.filter(Column::Topic.is_in(self.topics.iter().map(|topic| topic.code())));
        }
        if !self.audiences.is_empty() {
            let codes = self.audiences.iter().map(|audience| audience.code());
            select = select.filter(Column::Audience.is_in(codes));
        }
        if let Some(from) = self.from {
            select = select.filter(Column::HeldOn.gte(from));
        }
        if let Some(to) = self.to {
            select = select.filter(Column::HeldOn.lte(to));
        }
        match self.status {
            None => select,
            Some(TrainingStatus::Held) => select.filter(Column::CancelledAt.is_null()),
            Some(TrainingStatus::Cancelled) => select.filter(Column::CancelledAt.is_not_null()),
        }
    }
}

fn beyond(key: TrainingKey, ascending: bool) -> SimpleExpr {
    let place = Expr::tuple([Expr::col(Column::HeldOn), Expr::col(Column::Number)]);
    let limit = Expr::tuple([Expr::val(key.held_on), Expr::val(stored_number(key.code))]);
    if ascending { place.gt(limit) } else { place.lt(limit) }
}

impl Reader {
    /// The sessions with these codes, in no order; unknown codes are left out.
    pub async fn trainings(&self, codes: &[TrainingCode]) -> Result<Vec<Training>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let numbers = codes.iter().copied().map(stored_number);
        let select = Entity::find().filter(Column::Number.is_in(numbers));
        select.all(&self.connection).await?.iter().map(training).collect()
    }

    /// A page of sessions by day, then by code.
    pub async fn training_page(
        &self,
        filter: &TrainingFilter,
        direction: Direction,
        page: &PageRequest<TrainingKey>,
    ) -> Result<Page<Training>, StoreError> {
        self.require(Scope::RegistryRead)?;
        let ascending = direction == Direction::Ascending;
        let mut select = filter.apply();
        if let Some(after) = page.after {
            select = select.filter(beyond(after, ascending));
        }
        if let Some(before) = page.before {
            select = select.filter(beyond(before, !ascending));
        }
        let order = direction.of_rows(page.take).order();
        let rows = select
            .order_by(Column::HeldOn, order.clone())
            .order_by(Column::Number, order)
            .limit(page.take.limit() as u64 + 1)
            .all(&self.connection)
            .await?;
        let sessions = rows.iter().map(training).collect::<Result<_, _>>()?;
        Ok(Page::from_overfetch(sessions, page))
    }

    /// How many sessions match.
    pub async fn training_count(&self, filter: &TrainingFilter) -> Result<u64, StoreError> {
        self.require(Scope::RegistryRead)?;
        let counted = filter.apply().select_only().column_as(Column::Number.count(), "sessions");
        let counted = counted.into_tuple::<i64>().one(&self.connection).await?;
        Ok(counted.unwrap_or_default().cast_unsigned())
    }
}

pub(super) fn training(row: &Model) -> Result<Training, StoreError> {
    let damaged = || StoreError::damaged(format!("training session {}", row.number));
    let attendees = AttendeeCount::parse(row.attendees).map_err(|_| damaged())?;
    let title = row.title.as_deref().map(TrainingTitle::parse).transpose();
    let cancelled = match (row.cancelled_at, &row.cancellation_reason) {
        (None, None) => None,
        (Some(at), Some(reason)) => Some((at, Cancellation::parse(reason).map_err(|_| damaged())?)),
        _ => return Err(damaged()),
    };
    Ok(Training {
        code: code(row.number)?,
        content: NewTraining {
            held_on: row.held_on,
            hamlet: UnitId::new(row.hamlet_id),
            topic: TrainingTopic::from_code(&row.topic).ok_or_else(damaged)?,
            audience: TrainingAudience::from_code(&row.audience).ok_or_else(damaged)?,
            attendees,
            title: title.map_err(|_| damaged())?,
        },
        recorded_at: row.recorded_at,
        version: if cancelled.is_some() { 2 } else { 1 },
        cancelled,
    })
}
