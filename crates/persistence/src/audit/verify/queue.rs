//! What waits for its place in the log, and that nothing is lost between the events and the log.

use std::pin::pin;

use sea_orm::{
    ColumnTrait, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect as _,
    RelationTrait as _,
};

use super::super::finding::AuditFinding;
use super::Verification;
use crate::StoreError;
use crate::entity::audit::{event, place, waiting};

impl Verification<'_> {
    /// Events that wait for their places happened after those that have them.
    pub(super) async fn waiting(&mut self) -> Result<(), StoreError> {
        let select = event::Entity::find()
            .join(JoinType::InnerJoin, event::Relation::Waiting.def())
            .join(JoinType::LeftJoin, event::Relation::Place.def())
            .filter(place::Column::Event.is_null())
            .order_by_asc(event::Column::Id);
        let mut rows = pin!(select.stream(self.snapshot).await?);
        while let Some(row) = self.next(&mut rows, || "a waiting event".to_owned()).await {
            self.replay(&row, None);
            self.report.waiting += 1;
        }
        Ok(())
    }

    /// Every event either has a place or waits for one, and nothing else waits.
    pub(super) async fn queue(&mut self) -> Result<(), StoreError> {
        let unplaced = event::Entity::find()
            .join(JoinType::LeftJoin, event::Relation::Place.def())
            .join(JoinType::LeftJoin, event::Relation::Waiting.def())
            .filter(place::Column::Event.is_null())
            .filter(waiting::Column::Event.is_null());
        match unplaced.count(self.snapshot).await? {
            0 => {}
            events => self.find(AuditFinding::Unplaced { events }),
        }
        let both = event::Entity::find()
            .join(JoinType::InnerJoin, event::Relation::Place.def())
            .join(JoinType::InnerJoin, event::Relation::Waiting.def());
        match both.count(self.snapshot).await? {
            0 => {}
            events => self.find(AuditFinding::PlacedAndWaiting { events }),
        }
        let gone = waiting::Entity::find()
            .join(JoinType::LeftJoin, event::Relation::Waiting.def().rev())
            .filter(event::Column::Id.is_null());
        match gone.count(self.snapshot).await? {
            0 => {}
            events => self.find(AuditFinding::WaitingMissing { events }),
        }
        Ok(())
    }
}
