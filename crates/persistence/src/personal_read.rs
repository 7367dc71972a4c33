//! Reading personal data: who sees it in clear, and the note that each such reading leaves.
//!
//! The note is written before the data is handed out: a reading that can't be noted does not happen.

use chrono::SubsecRound as _;
use registry_domain::access::{AccessDenied, Scope};
use registry_domain::household::HouseholdNumber;
use registry_domain::personal::Clarity;
use registry_domain::unit::UnitId;

use crate::audit::{Changes, Deed, Occasion, Outcome, note_apart};
use crate::{Reader, StoreError};

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

    /// Notes that the heads of these households, in these hamlets, are about to be shown in clear.
    pub(crate) async fn note_clear_reads(
        &self,
        households: &[(HouseholdNumber, UnitId)],
    ) -> Result<(), StoreError> {
        let Some(purpose) = &self.request.purpose else { return Ok(()) };
        if households.is_empty() {
            return Ok(());
        }
        let mut changes = Changes::default();
        for (household, hamlet) in households {
            changes.read(*household, *hamlet);
        }
        let principal = self.principal();
        let occasion = Occasion {
            at: self.store.clock.now().trunc_subsecs(6),
            actor: principal.actor(),
            token: principal.token(),
            request_id: self.request.request_id.as_deref(),
        };
        let deed = Deed {
            action: "personal.read",
            subjects: households.len(),
            outcome: Outcome::Read { purpose: purpose.as_str(), changes: changes.pack() },
        };
        // The reader's own connections can't write.
        note_apart(&self.store.connections.writers, &occasion, deed).await?;
        self.store.sequencing.wake();
        Ok(())
    }
}
