//! Making certain of the log: recomputes the tree from the events, checks every signature, and that
//! each record is as its last event left it. Trusts nothing that is in the database.

mod queue;
mod records;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::pin::pin;

use futures_util::{TryStream, TryStreamExt as _};
use registry_domain::audit::{Checkpoint, Digest, Frontier, VerifierKey, leaf_hash};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, FromQueryResult, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect as _,
};

use super::change::{Line, Lines};
use super::event::entry;
use super::finding::AuditFinding;
use super::key::verifier_key;
use super::mention::Mentions;
use super::read::placed;
use super::record::each_table;
use super::sequence::stored;
use super::tree::StoredTree;
use crate::engine::{self, Purpose, connect};
use crate::entity::audit::{checkpoint, event, mention, place};
use crate::personal::Sealer;
use crate::{DataKey, StoreConfig, StoreError};

use self::records::Records;

/// Events read by one statement.
const EVENTS_AT_ONCE: u64 = 4_096;

/// More findings than this help nobody.
const FINDINGS_LIMIT: usize = 20;

/// What a verification starts from.
#[derive(Debug, Clone)]
pub struct AuditTrust {
    /// The public key of the log: the one that whoever verifies has kept, or at worst the database's own.
    pub key: VerifierKey,
    /// A checkpoint, kept by whoever verifies: what it signs must still be there.
    pub earlier: Option<Checkpoint>,
}

/// How far a verification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditProgress {
    /// Events read, of how many.
    Events(u64, u64),
    /// Records compared.
    Records(u64),
}

/// What a verification saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// Events in the tree.
    pub events: u64,
    /// Events that wait for their place.
    pub waiting: u64,
    /// Checkpoints, each with a good signature.
    pub checkpoints: u64,
    /// Records, each compared with its last event.
    pub records: u64,
    /// What is wrong, first things first; nothing if all is well.
    pub findings: Vec<AuditFinding>,
}

/// Verifies a database in one state of it, read only.
pub async fn verify(
    config: &StoreConfig,
    key: &DataKey,
    trust: &AuditTrust,
    progress: &mut (dyn FnMut(AuditProgress) + Send),
) -> Result<AuditReport, StoreError> {
    let connection = connect(config, Purpose::Read).await?;
    crate::migrate::require_current(&connection).await?;
    let snapshot = engine::snapshot(&connection).await?;
    let sealer = Sealer::new(key)?;
    let mut verification = Verification {
        snapshot: &snapshot,
        sealer: &sealer,
        trust,
        progress,
        chance: RandomState::new(),
        states: HashMap::new(),
        mentioned: 0,
        report: AuditReport::default(),
    };
    verification.run().await?;
    let report = verification.report;
    snapshot.rollback().await?;
    connection.close().await?;
    Ok(report)
}

struct Verification<'a> {
    snapshot: &'a DatabaseTransaction,
    sealer: &'a Sealer,
    trust: &'a AuditTrust,
    progress: &'a mut (dyn FnMut(AuditProgress) + Send),
    /// Hashes by a key that is drawn anew for every verification: short ones do, since nobody can
    /// have prepared for them.
    chance: RandomState,
    /// By record, the state that its last event left.
    states: HashMap<u64, u64>,
    /// All that the index of events must have, added up.
    mentioned: u64,
    report: AuditReport,
}

/// What the checkpoints say: the root by size, and how many events the newest one knows.
struct Signed {
    roots: HashMap<u64, Digest>,
    newest: u64,
}

/// An event, its place, and what it is filed under.
#[derive(FromQueryResult)]
struct Filed {
    #[sea_orm(nested)]
    event: event::Model,
    sequence: i64,
    under_actor: String,
    under_action: String,
    under_token: Option<String>,
}

/// How far the events were gone through.
struct Replay<'a> {
    /// Of those so far.
    tree: Frontier,
    /// Up to where they are known to be those that were signed.
    certain: u64,
    stored: StoredTree,
    /// None if the units can't be read.
    mentions: Option<Mentions<'a>>,
}

impl Verification<'_> {
    async fn run(&mut self) -> Result<(), StoreError> {
        let stored = verifier_key(self.snapshot).await;
        if stored.ok().as_ref() != Some(&self.trust.key) {
            self.find(AuditFinding::OtherKey);
        }
        let signed = self.checkpoints(&self.trust.key).await?;
        if !self.events(&signed).await? {
            // Of records nothing can be said: what changed them may be among the events not seen.
            return Ok(());
        }
        self.waiting().await?;
        self.queue().await?;
        self.index().await?;
        each_table(&mut Records { verification: self }).await?;
        self.name_missing().await
    }

    fn find(&mut self, finding: AuditFinding) {
        if self.report.findings.len() < FINDINGS_LIMIT {
            self.report.findings.push(finding);
        }
    }

    async fn checkpoints(&mut self, key: &VerifierKey) -> Result<Signed, StoreError> {
        let mut signed = Signed { roots: HashMap::new(), newest: 0 };
        let select = checkpoint::Entity::find().order_by_asc(checkpoint::Column::Size);
        let mut rows = pin!(select.stream(self.snapshot).await?);
        while let Some(row) = self.next(&mut rows, || "audit_checkpoint".to_owned()).await {
            let size = row.size.cast_unsigned();
            signed.newest = size;
            match Checkpoint::open(&row.note, key) {
                Ok((checkpoint, _)) if checkpoint.size() == size => {
                    self.report.checkpoints += 1;
                    signed.roots.insert(size, checkpoint.root());
                }
                Ok((checkpoint, _)) => {
                    let reason = format!("it is signed for {} events", checkpoint.size());
                    self.find(AuditFinding::Checkpoint { size, reason });
                }
                Err(fault) => {
                    self.find(AuditFinding::Checkpoint { size, reason: fault.to_string() });
                }
            }
        }
        if let Some(earlier) = &self.trust.earlier {
            // A tree of no events has one root only; any other must be met again.
            signed.newest = signed.newest.max(earlier.size());
        }
        Ok(signed)
    }

    /// Goes through all events that have their places, in order; false if one is missing, and none
    /// after it were looked at.
    async fn events(&mut self, signed: &Signed) -> Result<bool, StoreError> {
        let total = place::Entity::find().count(self.snapshot).await?;
        let tree = StoredTree::load(self.snapshot).await?;
        let units = crate::unit::load(self.snapshot).await;
        if units.is_err() {
            self.find(AuditFinding::Unreadable { part: "the tree of units".to_owned() });
        }
        let mut replay = Replay {
            tree: Frontier::default(),
            certain: 0,
            stored: tree,
            mentions: units.as_ref().ok().map(Mentions::new),
        };
        while replay.tree.size() < total {
            let first = replay.tree.size();
            let end = total.min(first + EVENTS_AT_ONCE);
            if !self.some_events(first..end, &mut replay, signed).await? {
                // Nothing that follows has its right place any more.
                self.report.events = replay.tree.size();
                return Ok(false);
            }
            (self.progress)(AuditProgress::Events(end, total));
        }
        let Replay { tree, certain, stored, .. } = replay;
        self.report.events = tree.size();
        if certain < tree.size() && tree.size() > signed.newest {
            self.find(AuditFinding::Unsigned { sequence: signed.newest });
        }
        for (level, place) in stored.wrong_tiles(tree.size()) {
            self.find(AuditFinding::Tile { level, place });
        }
        self.rolled_back(tree.size(), signed);
        Ok(true)
    }

    /// Goes on with the events of these places; false if one is missing.
    async fn some_events(
        &mut self,
        places: Range<u64>,
        replay: &mut Replay<'_>,
        signed: &Signed,
    ) -> Result<bool, StoreError> {
        let select = placed()
            .column_as(place::Column::Actor, "under_actor")
            .column_as(place::Column::Action, "under_action")
            .column_as(place::Column::Token, "under_token")
            .filter(place::Column::Sequence.gte(stored(places.start)?))
            .filter(place::Column::Sequence.lt(stored(places.end)?))
            .order_by_asc(place::Column::Sequence)
            .into_model::<Filed>();
        let mut rows = pin!(select.stream(self.snapshot).await?);
        for sequence in places {
            let found = self.report.findings.len();
            let row = self.next(&mut rows, || format!("event {sequence}")).await;
            let Some(filed) = row.filter(|row| row.sequence.cast_unsigned() == sequence) else {
                if self.report.findings.len() == found {
                    self.find(AuditFinding::EventMissing { sequence });
                }
                return Ok(false);
            };
            self.event(&filed, replay);
            replay.certain = self.compare(&replay.tree, replay.certain, signed);
        }
        Ok(true)
    }

    fn event(&mut self, filed: &Filed, replay: &mut Replay<'_>) {
        let event = &filed.event;
        let sequence = replay.tree.size();
        let leaf = leaf_hash(&entry(event));
        if replay.stored.leaf(sequence) != Some(leaf) {
            self.find(AuditFinding::EventAltered { sequence });
        }
        let under = (&filed.under_actor, &filed.under_action, &filed.under_token);
        if under != (&event.actor, &event.action, &event.token) {
            self.find(AuditFinding::Misfiled { sequence });
        }
        if let Some(lines) = self.replay(event, Some(sequence)) {
            let subjects =
                replay.mentions.as_mut().and_then(|all| all.of(&lines, event.recorded_at));
            for subject in subjects.into_iter().flatten() {
                self.mention(&subject, sequence);
            }
        }
        replay.tree.append(leaf);
    }

    fn rolled_back(&mut self, events: u64, signed: &Signed) {
        if events < signed.newest {
            self.find(AuditFinding::RolledBack { events, signed: signed.newest });
        }
    }

    /// Compares the tree with what was signed at this size, if anything was; up to where events are
    /// certain.
    fn compare(&mut self, tree: &Frontier, certain: u64, signed: &Signed) -> u64 {
        let size = tree.size();
        let ours = signed.roots.get(&size);
        let earlier = self.trust.earlier.as_ref().filter(|earlier| earlier.size() == size);
        let mut roots = ours.copied().into_iter().chain(earlier.map(Checkpoint::root)).peekable();
        if roots.peek().is_none() {
            return certain;
        }
        let root = tree.root();
        if roots.all(|signed| signed == root) {
            size
        } else {
            self.find(AuditFinding::OtherTree { from: certain, size });
            certain
        }
    }

    fn mention(&mut self, subject: &str, sequence: u64) {
        let mention = self.chance.hash_one((subject, sequence));
        self.mentioned = self.mentioned.wrapping_add(mention);
    }

    /// Whether the index has what follows from the events, and nothing else.
    async fn index(&mut self) -> Result<(), StoreError> {
        let expected = std::mem::take(&mut self.mentioned);
        let mut rows = pin!(mention::Entity::find().stream(self.snapshot).await?);
        while let Some(row) = self.next(&mut rows, || "audit_mention".to_owned()).await {
            self.mention(&row.subject, row.sequence.cast_unsigned());
        }
        if self.mentioned != expected {
            self.find(AuditFinding::Index);
        }
        Ok(())
    }

    /// The next row, unless it can't be read, which is a finding.
    async fn next<T>(
        &mut self,
        rows: &mut (impl TryStream<Ok = T, Error = DbErr> + Unpin),
        part: impl FnOnce() -> String,
    ) -> Option<T> {
        let row = rows.try_next().await;
        if row.is_err() {
            self.find(AuditFinding::Unreadable { part: part() });
        }
        row.ok().flatten()
    }

    /// Takes over what an event changed, if it is what the event says.
    fn replay(&mut self, row: &event::Model, sequence: Option<u64>) -> Option<Lines> {
        let (lines, root) = row.changes.as_deref().zip(row.changes_root.as_deref())?;
        let lines = Lines::unpack(lines);
        let mut tree = Frontier::default();
        for line in lines.iter().flat_map(Lines::iter) {
            tree.append(leaf_hash(line.as_bytes()));
            match Line::parse(line) {
                Some(Line::Written { record, after }) => {
                    let state = self.chance.hash_one(after);
                    self.states.insert(self.chance.hash_one(record), state);
                }
                Some(Line::Removed { record }) => {
                    self.states.remove(&self.chance.hash_one(record));
                }
                Some(Line::Read { .. } | Line::Left { .. }) | None => {}
            }
        }
        if lines.is_none() || tree.root().as_bytes() != root {
            self.find(AuditFinding::ChangesAltered { sequence, event: row.id });
        }
        lines
    }
}
