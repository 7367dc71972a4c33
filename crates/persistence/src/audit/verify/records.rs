//! That each record is as its last event left it, and none is missing.

use std::hash::BuildHasher as _;
use std::pin::pin;

use sea_orm::{EntityTrait, QueryOrder};

use super::super::change::{Line, Lines};
use super::super::finding::AuditFinding;
use super::super::record::{EachTable, Recorded, RowWriter, record_name};
use super::{AuditProgress, Verification};
use crate::StoreError;
use crate::entity::audit::event;

/// Compares every record with the state that its last event left.
pub(super) struct Records<'v, 'a> {
    pub(super) verification: &'v mut Verification<'a>,
}

impl EachTable for Records<'_, '_> {
    async fn table<E: Recorded>(&mut self) -> Result<(), StoreError> {
        let verification = &mut *self.verification;
        let writer = RowWriter::<E>::new(verification.sealer);
        let mut json = Vec::new();
        let mut rows = pin!(E::find().stream(verification.snapshot).await?);
        let table = || format!("rows of {}", E::default().table_name());
        while let Some(row) = verification.next(&mut rows, table).await {
            json.clear();
            writer.write(&row, &mut json)?;
            let state = std::str::from_utf8(&json).map_err(|_| StoreError::damaged("a record"))?;
            let state = verification.chance.hash_one(state);
            let record = record_name::<E>(&row)?;
            match verification.states.remove(&verification.chance.hash_one(record.as_str())) {
                Some(left) if left == state => {}
                Some(_) => verification.find(AuditFinding::RecordAltered { record }),
                None => verification.find(AuditFinding::RecordUnexplained { record }),
            }
            verification.report.records += 1;
            if verification.report.records.is_multiple_of(1 << 14) {
                (verification.progress)(AuditProgress::Records(verification.report.records));
            }
        }
        Ok(())
    }
}

impl Verification<'_> {
    /// Finds out the names of records that events wrote and that are not there.
    pub(super) async fn name_missing(&mut self) -> Result<(), StoreError> {
        if self.states.is_empty() {
            return Ok(());
        }
        let select = event::Entity::find().order_by_asc(event::Column::Id);
        let mut missing = Vec::new();
        let mut rows = pin!(select.stream(self.snapshot).await?);
        while let Some(row) = self.next(&mut rows, || "audit_event".to_owned()).await {
            let lines = row.changes.as_deref().and_then(Lines::unpack);
            for line in lines.iter().flat_map(Lines::iter) {
                let Some(Line::Written { record, .. }) = Line::parse(line) else { continue };
                if self.states.remove(&self.chance.hash_one(record)).is_some() {
                    missing.push(record.to_owned());
                }
            }
            if self.states.is_empty() {
                break;
            }
        }
        missing.sort_unstable();
        for record in missing {
            self.find(AuditFinding::RecordMissing { record });
        }
        Ok(())
    }
}
