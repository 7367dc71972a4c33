//! What was attempted and not written leaves an event too, in a transaction of its own.

use chrono::SubsecRound as _;
use registry_domain::access::{Principal, WritingPrincipal};
use registry_domain::fault::Faults;
use serde::Serialize;

use super::event::{Deed, Occasion, Outcome, note_apart};
use crate::writer::{Command, WriteRequest};
use crate::{Store, StoreError};

/// The most faults of a refused write that its event lists.
const FAULTS_LIMIT: usize = 20;

impl Store {
    /// Notes that the input of a command was refused before it became one: that leaves an event too.
    pub async fn refuse<C: Command>(
        &self,
        principal: &WritingPrincipal,
        request: &WriteRequest,
        faults: &Faults,
    ) -> Result<(), StoreError> {
        self.note_refused(principal, (C::ACTION, 0), request, faults).await
    }

    /// Notes that someone who is known tried to write what they may not, and by which entry points.
    pub async fn deny(
        &self,
        principal: &Principal,
        request_id: &str,
        wanted: impl Iterator<Item = String>,
    ) -> Result<(), StoreError> {
        let occasion = Occasion {
            at: self.inner.clock.now().trunc_subsecs(6),
            actor: principal.actor(),
            token: principal.token(),
            request_id: Some(request_id),
        };
        let rules = wanted.map(|entry_point| (entry_point, "FORBIDDEN"));
        let outcome = Outcome::Refused { refusal: broken(rules) };
        let deed = Deed { action: "access.deny", subjects: 0, outcome };
        self.note_apart(&occasion, deed).await
    }

    /// A refused write leaves an event too, in a transaction of its own.
    pub(crate) async fn note_refused(
        &self,
        principal: &WritingPrincipal,
        (action, subjects): (&str, usize),
        request: &WriteRequest,
        faults: &Faults,
    ) -> Result<(), StoreError> {
        let occasion = Occasion {
            at: self.inner.clock.now().trunc_subsecs(6),
            actor: principal.actor(),
            token: principal.token(),
            request_id: request.request_id.as_deref(),
        };
        let rules = faults.as_slice().iter();
        let rules = rules.map(|fault| (fault.path.to_string(), fault.rule.code()));
        let outcome = Outcome::Refused { refusal: broken(rules) };
        self.note_apart(&occasion, Deed { action, subjects, outcome }).await
    }

    /// Notes an event that no change goes with.
    async fn note_apart(&self, occasion: &Occasion<'_>, deed: Deed<'_>) -> Result<(), StoreError> {
        note_apart(&self.inner.connections.writers, occasion, deed).await?;
        self.inner.sequencing.wake();
        Ok(())
    }
}

/// The broken rules and where, without any value of the input.
fn broken<R: Serialize>(rules: impl Iterator<Item = (String, R)>) -> String {
    #[derive(Serialize)]
    struct Broken<R> {
        at: String,
        rule: R,
    }
    let broken: Vec<_> = rules.take(FAULTS_LIMIT).map(|(at, rule)| Broken { at, rule }).collect();
    // Such names are written without fail.
    serde_json::to_string(&broken).unwrap_or_default()
}
