//! Events: how one is noted, and the bytes by which it stands in the tree.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt as _;
use registry_domain::access::TokenId;
use registry_domain::time::Instant;
use sea_orm::{ConnectionTrait, Iterable as _};

use super::canonical::{quoted, write_instant, write_text};
use super::change::Packed;
use crate::bulk::Writes;
use crate::engine::AtHand;
use crate::entity::audit::event::{Column, Entity, Model};
use crate::entity::audit::waiting;
use crate::{StoreError, engine};

/// Who did something, and by which request.
#[derive(Debug, Clone)]
pub(crate) struct Occasion<'a> {
    pub(crate) at: Instant,
    pub(crate) actor: &'a str,
    pub(crate) token: Option<&'a TokenId>,
    pub(crate) request_id: Option<&'a str>,
}

/// What was done.
#[derive(Debug)]
pub(crate) struct Deed<'a> {
    pub(crate) action: &'a str,
    /// How many records it is about.
    pub(crate) subjects: usize,
    pub(crate) outcome: Outcome<'a>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Outcome<'a> {
    /// It was written; under a number that was drawn before, if anything has told it already.
    Written { number: Option<i32>, changes: Packed },
    /// Personal data was shown in clear.
    Read { purpose: &'a str, changes: Packed },
    /// Nothing was written.
    Refused { refusal: String },
}

/// Notes an event; in the transaction of what it is about.
pub(crate) async fn note(
    transaction: &impl ConnectionTrait,
    occasion: &Occasion<'_>,
    deed: Deed<'_>,
) -> Result<(), StoreError> {
    let mut writes = Writes::new(transaction.get_database_backend());
    add_note(&mut writes, occasion, deed)?;
    writes.write(transaction).await
}

/// Notes an event that no change goes with, in a transaction of its own: an event and its place among
/// those that wait are written together or not at all.
pub(crate) async fn note_apart(
    writers: &AtHand,
    occasion: &Occasion<'_>,
    deed: Deed<'_>,
) -> Result<(), StoreError> {
    let mut writes = Writes::new(writers.get_database_backend());
    add_note(&mut writes, occasion, deed)?;
    let writers = writers.clone();
    let noting = async move {
        let transaction = engine::begin_writing(&writers).await?;
        writes.write(&transaction).await?;
        transaction.commit().await
    };
    engine::to_the_end(noting.boxed()).await
}

/// Notes an event together with other writes.
pub(crate) fn add_note(
    writes: &mut Writes,
    occasion: &Occasion<'_>,
    deed: Deed<'_>,
) -> Result<(), StoreError> {
    let (mut number, mut purpose, mut refusal, mut packed) = (None, None, None, None);
    match deed.outcome {
        Outcome::Written { number: drawn, changes } => (number, packed) = (drawn, Some(changes)),
        Outcome::Read { purpose: why, changes } => {
            (purpose, packed) = (Some(why.to_owned()), Some(changes));
        }
        Outcome::Refused { refusal: why } => refusal = Some(why),
    }
    let event = Model {
        id: number.unwrap_or_default(),
        recorded_at: occasion.at,
        actor: occasion.actor.to_owned(),
        token: occasion.token.map(|token| token.as_str().to_owned()),
        action: deed.action.to_owned(),
        request_id: occasion.request_id.map(str::to_owned),
        subjects: i32::try_from(deed.subjects).unwrap_or(i32::MAX),
        purpose,
        refusal,
        changes_size: packed.as_ref().map(|packed| packed.size),
        changes_root: packed.as_ref().map(|packed| packed.root.as_bytes().to_vec()),
        changes: packed.map(|packed| packed.lines),
    };
    // What has no number yet gets one from the database.
    let is_told = |column: &Column| number.is_some() || !matches!(column, Column::Id);
    let columns: Vec<Column> = Column::iter().filter(is_told).collect();
    writes.insert_columns::<Entity>(&[event], &columns, "")?;
    writes.insert_last_key::<waiting::Entity>();
    Ok(())
}

/// The event as canonical JSON (RFC 8785): the bytes whose hash is its leaf. What an event has not
/// is left out; its place in the log is not part of it.
pub(crate) fn entry(event: &Model) -> Vec<u8> {
    use std::io::Write as _;
    let mut json = Vec::with_capacity(400);
    let mut begin = b'{';
    let mut member = |json: &mut Vec<u8>, name: &str| {
        json.push(std::mem::replace(&mut begin, b','));
        // Writing to memory can't fail.
        _ = write!(json, "\"{name}\":");
    };
    member(&mut json, "action");
    write_text(&event.action, &mut json);
    member(&mut json, "actor");
    write_text(&event.actor, &mut json);
    member(&mut json, "at");
    quoted(&mut json, |json| write_instant(event.recorded_at, json));
    if let (Some(root), Some(size)) = (&event.changes_root, event.changes_size) {
        member(&mut json, "changes");
        json.extend_from_slice(b"{\"root\":");
        write_text(&STANDARD.encode(root), &mut json);
        _ = write!(json, ",\"size\":{size}}}");
    }
    member(&mut json, "event");
    _ = write!(json, "{}", event.id);
    if let Some(purpose) = &event.purpose {
        member(&mut json, "purpose");
        write_text(purpose, &mut json);
    }
    if let Some(refusal) = &event.refusal {
        member(&mut json, "refusal");
        json.extend_from_slice(refusal.as_bytes());
    }
    if let Some(request) = &event.request_id {
        member(&mut json, "request");
        write_text(request, &mut json);
    }
    member(&mut json, "subjects");
    _ = write!(json, "{}", event.subjects);
    if let Some(token) = &event.token {
        member(&mut json, "token");
        write_text(token, &mut json);
    }
    json.push(b'}');
    json
}
