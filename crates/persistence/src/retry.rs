//! Retries of writes: a command is carried out at most once under a key, and told again what came of it.

use registry_domain::access::WritingPrincipal;
use registry_domain::fault::{Expected, Rule};
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait as _, IntoActiveModel as _};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::entity::record::idempotency_key::{Column, Entity, Model};
use crate::personal::hex;
use crate::writer::{Mode, Writer, refuse};
use crate::{Store, StoreError, WriteError};

/// A key under which a command is carried out at most once.
#[derive(Debug, Clone)]
pub struct Idempotency {
    /// The key, 1…200 characters, unique per actor, and per partner for its machines.
    pub key: String,
    /// What the key stands for; only a keyed hash of it is stored.
    pub content: Vec<u8>,
}

/// The longest idempotency key, in characters.
const KEY_LIMIT: usize = 200;

/// What comes of asking for a key.
pub(crate) enum Claim<T> {
    /// It is this transaction's; what came of it is still to be kept.
    Made(Model),
    /// The command was carried out before, with this outcome.
    CarriedOut(T),
}

impl Store {
    /// Whether this very content was carried out under its key.
    pub async fn was_carried_out(
        &self,
        principal: &WritingPrincipal,
        idempotency: &Idempotency,
    ) -> Result<bool, StoreError> {
        let writer = Writer::begin(self, principal, Mode::Rehearse).await?;
        let kept = writer.kept(idempotency).await;
        let hash = writer.content_hash(idempotency);
        writer.transaction.rollback().await?;
        Ok(kept?.is_some_and(|kept| kept.content_hash == hash))
    }
}

impl Writer {
    /// Claims the key. Waits for another transaction that is just doing so.
    pub(crate) async fn claim<T: DeserializeOwned>(
        &self,
        idempotency: &Idempotency,
    ) -> Result<Claim<T>, WriteError> {
        let length = idempotency.key.chars().count();
        if length == 0 || length > KEY_LIMIT || idempotency.key.chars().any(char::is_control) {
            let expected = Expected {
                english: "1 to 200 characters without control characters",
                vietnamese: "1 đến 200 ký tự, không có ký tự điều khiển",
            };
            return Err(refuse("idempotencyKey", Rule::Malformed { expected }));
        }
        let row = Model {
            actor: self.claimant(),
            key: idempotency.key.clone(),
            recorded_at: self.now,
            content_hash: self.content_hash(idempotency),
            outcome: String::new(),
        };
        let claim = Entity::insert(row.clone().into_active_model())
            .on_conflict(OnConflict::new().do_nothing().to_owned());
        if claim.exec_without_returning(&self.transaction).await? > 0 {
            return Ok(Claim::Made(row));
        }
        let damaged = || StoreError::damaged("outcome under an idempotency key");
        let kept = self.kept(idempotency).await?.ok_or_else(damaged)?;
        if kept.content_hash != row.content_hash {
            return Err(refuse("idempotencyKey", Rule::IdempotencyConflict));
        }
        Ok(Claim::CarriedOut(serde_json::from_str(&kept.outcome).map_err(|_| damaged())?))
    }

    async fn kept(&self, idempotency: &Idempotency) -> Result<Option<Model>, StoreError> {
        let id = (self.claimant(), idempotency.key.clone());
        Ok(Entity::find_by_id(id).one(&self.transaction).await?)
    }

    /// Keeps what came of a command under its key.
    pub(crate) fn keep_outcome(
        &self,
        claim: Model,
        outcome: &impl Serialize,
    ) -> Result<(), StoreError> {
        let outcome = serde_json::to_string(outcome).map_err(|_| StoreError::damaged("outcome"))?;
        self.at_end().update::<Entity>(&[Model { outcome, ..claim }], &[Column::Outcome])
    }

    /// Whose keys for retries these are: a partner's machines share theirs, whatever token they show.
    fn claimant(&self) -> String {
        match self.principal.partner() {
            Some(partner) => format!("partner {partner}"),
            None => self.principal.actor().to_owned(),
        }
    }

    fn content_hash(&self, idempotency: &Idempotency) -> String {
        hex(&self.sealer().hash("content", &idempotency.content))
    }
}
