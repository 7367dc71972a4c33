//! Reading personal data: who sees it in clear, and the note that each such reading leaves.
//!
//! The note is written before the data is handed out: a reading that can't be noted does not happen.

use registry_domain::access::{AccessDenied, Scope};
use registry_domain::household::HouseholdNumber;
use registry_domain::personal::Clarity;
use registry_domain::unit::UnitId;

use crate::entity::record::personal_read;
use crate::household::stored_number;
use crate::{Reader, StoreError, bulk};

impl Reader {
    /// How the head of a household in `hamlet` is shown: in clear to whoever may read it there and
    /// says what for.
    pub(crate) fn clarity(&self, hamlet: UnitId) -> Clarity {
        let grant = self.principal().grant();
        let tree = || self.units().tree(self.today());
        let here = grant.unit().is_none_or(|unit| tree().is_within(hamlet, unit));
        if grant.scopes().has(Scope::PiiRead) && self.request.purpose.is_some() && here {
            Clarity::Clear
        } else {
            Clarity::Masked
        }
    }

    /// Lets on whoever may see heads in clear, somewhere at least, and says what for.
    pub(crate) fn require_clear(&self) -> Result<(), StoreError> {
        self.require(Scope::PiiRead)?;
        if self.request.purpose.is_none() {
            return Err(AccessDenied::PurposeMissing.into());
        }
        Ok(())
    }

    /// Notes that the heads of these households are about to be shown in clear.
    pub(crate) async fn note_clear_reads(
        &self,
        households: &[HouseholdNumber],
    ) -> Result<(), StoreError> {
        let Some(purpose) = &self.request.purpose else { return Ok(()) };
        let principal = self.principal();
        let now = self.store.clock.now();
        let row = |number: &HouseholdNumber| personal_read::Model {
            recorded_at: now,
            number: stored_number(*number),
            actor: principal.actor().to_owned(),
            token: principal.token().map(|token| token.as_str().to_owned()),
            purpose: purpose.as_str().to_owned(),
            request_id: self.request.request_id.clone(),
        };
        let rows: Vec<_> = households.iter().map(row).collect();
        // The reader's own connections can't write.
        bulk::insert::<personal_read::Entity>(&self.store.connections.writers, &rows, "").await
    }
}
