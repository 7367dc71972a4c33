//! Events and their changes, and the list of events.

use async_graphql::connection::EmptyFields;
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use registry_domain::audit::{Place, leaf_hash};
use registry_domain::fault::{Expected, Rule};
use registry_domain::page::Page;
use registry_persistence as store;

use super::proof::AuditInclusionProof;
use crate::access::{AccessScope, list_size, needs};
use crate::at_once::AtOnce;
use crate::cursor::List;
use crate::error::ApiError;
use crate::in_order::One;
use crate::loader::{ChangesKey, HistoryKey};
use crate::node::GlobalId;
use crate::page::{Connection, PAGE, PageArguments, connection, paging};
use crate::scalar::{DateTime, Total, YearMonth};
use crate::session::Session;
use crate::unit::UnitRef;

/// What came of what was attempted (kết quả của hành động).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum AuditOutcome {
    /// Records were written (đã ghi).
    Written,
    /// Personal data was shown in clear (đã đọc dữ liệu cá nhân).
    Read,
    /// Nothing was written (bị từ chối).
    Refused,
}

/// What happened to a row (điều đã xảy ra với bản ghi).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::AuditChangeKind")]
pub(crate) enum AuditChangeKind {
    /// It was written (được ghi).
    Written,
    /// It was removed (bị xoá).
    Removed,
    /// Its personal data was shown in clear (dữ liệu cá nhân được xem).
    Read,
    /// It left a unit for another (rời khỏi đơn vị).
    Left,
}

/// A rule that a refused input broke, and where (quy tắc bị vi phạm).
#[derive(Debug, Clone, SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::AuditRead]))]
pub(crate) struct AuditRefusal {
    /// The place in the input (vị trí trong dữ liệu gửi).
    at: String,
    /// The rule's stable name (mã quy tắc).
    rule: String,
}

impl From<store::AuditRefusal> for AuditRefusal {
    fn from(refusal: store::AuditRefusal) -> Self {
        let store::AuditRefusal { at, rule } = refusal;
        Self { at, rule }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct AuditEvent(pub(crate) store::AuditEvent);

impl AtOnce for AuditEvent {}

/// An event of the audit log (sự kiện nhật ký): a write, a refused write, or a reading of personal
/// data in clear. Its entry is a leaf of the tree that checkpoints sign.
#[Object(directive = needs::apply(vec![AccessScope::AuditRead]))]
impl AuditEvent {
    /// Its place in the log (số thứ tự), from 0 and without gaps.
    async fn sequence(&self) -> Total {
        Total(self.0.sequence)
    }

    /// The number by which receipts name it (số hiệu); numbers may have gaps.
    async fn number(&self) -> Total {
        Total(self.0.number.into())
    }

    /// When it happened (thời điểm).
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// Whose doing it was (người thực hiện).
    async fn actor(&self) -> &str {
        &self.0.actor
    }

    /// The token that was shown (mã truy cập), if one was: its `jti`.
    async fn token(&self) -> Option<&str> {
        self.0.token.as_deref()
    }

    /// What was done (hành động), like `household.register`.
    async fn action(&self) -> &str {
        &self.0.action
    }

    /// The request that it came by (mã yêu cầu), if it came by one.
    async fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How many records it is about (số bản ghi).
    async fn subjects(&self) -> Total {
        Total(self.0.subjects.into())
    }

    /// What came of it (kết quả).
    async fn outcome(&self) -> AuditOutcome {
        match self.0.outcome {
            store::AuditOutcome::Written => AuditOutcome::Written,
            store::AuditOutcome::Read(_) => AuditOutcome::Read,
            store::AuditOutcome::Refused(_) => AuditOutcome::Refused,
        }
    }

    /// What personal data was read for (mục đích), if it was.
    async fn purpose(&self) -> Option<&str> {
        match &self.0.outcome {
            store::AuditOutcome::Read(purpose) => Some(purpose),
            store::AuditOutcome::Written | store::AuditOutcome::Refused(_) => None,
        }
    }

    /// Why nothing was written (lý do từ chối): up to 20 rules; empty if it was.
    async fn refusals(&self) -> Vec<AuditRefusal> {
        match &self.0.outcome {
            store::AuditOutcome::Refused(rules) => {
                rules.iter().cloned().map(AuditRefusal::from).collect()
            }
            store::AuditOutcome::Written | store::AuditOutcome::Read(_) => Vec::new(),
        }
    }

    /// The event as canonical JSON (RFC 8785), whose bytes are the leaf (bản ghi gốc).
    async fn entry(&self) -> &str {
        &self.0.entry
    }

    /// The hash of the leaf (mã băm của lá): SHA-256 of a zero byte and the entry, in base64.
    async fn leaf_hash(&self) -> String {
        leaf_hash(self.0.entry.as_bytes()).to_base64()
    }

    /// What changed, row by row (các thay đổi), in the order in which it was written.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())))]
    async fn changes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<AuditChangeConnection> {
        let session = Session::of(context);
        let page = PageArguments { first, after, last, before };
        let list = List::of(("changes", self.0.sequence));
        let request = page.request::<Place>(list, session)?;
        let key = ChangesKey(self.0.sequence);
        let changes = session.records().load_one(key).await?.unwrap_or_default();
        let place = |change: &store::AuditChange| Place(change.index.into());
        let page = Page::from_sorted(changes.iter(), &request, |change| place(change));
        let page = page.map(|change| (place(change), AuditChange::of_event(change.clone())));
        Ok(connection(page, list, EmptyFields))
    }
}

pub(crate) type AuditChangeConnection = One<Connection<Place, AuditChange, EmptyFields>>;

/// A row's change and whether the state before is known with it.
#[derive(Debug, Clone)]
pub(crate) struct AuditChange {
    change: store::AuditChange,
    before: Before,
}

impl AtOnce for AuditChange {}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// The change was read as part of a history.
    Told,
    /// The change was read alone.
    ToBeFound,
}

impl AuditChange {
    pub(super) const fn of_event(change: store::AuditChange) -> Self {
        Self { change, before: Before::ToBeFound }
    }

    pub(super) const fn of_history(change: store::AuditChange) -> Self {
        Self { change, before: Before::Told }
    }
}

/// What an event did to one row (thay đổi của một bản ghi). Bytes stand as their SHA-256, personal
/// text as a keyed hash: what was erased can't be found here.
#[Object(directive = needs::apply(vec![AccessScope::AuditRead]))]
impl AuditChange {
    /// The row (bản ghi): its table and key, like `household/7`.
    async fn record(&self) -> &str {
        &self.change.record
    }

    /// What happened to it (loại thay đổi).
    async fn kind(&self) -> AuditChangeKind {
        self.change.kind.into()
    }

    /// The state before as canonical JSON (trạng thái trước); null if there was none.
    async fn before(&self, context: &Context<'_>) -> Result<Option<String>> {
        if self.before == Before::Told {
            return Ok(self.change.before.clone());
        }
        let subject = store::AuditSubject::of_record(&self.change.record);
        let history = Session::of(context).records().load_one(HistoryKey(subject)).await?;
        let same = |change: &&store::AuditChange| {
            change.sequence == self.change.sequence && change.index == self.change.index
        };
        let revisions = history.unwrap_or_default();
        let mut changes = revisions.iter().flat_map(|revision| &revision.changes);
        Ok(changes.find(same).and_then(|change| change.before.clone()))
    }

    /// The state after as canonical JSON (trạng thái sau); null if the row is gone or was only read.
    async fn after(&self) -> Option<&str> {
        self.change.after.as_deref()
    }

    /// The line as it stands in the event (dòng gốc): a leaf of the event's own tree.
    async fn line(&self) -> &str {
        &self.change.line
    }

    /// Proves that the line is among those whose root the event names (bằng chứng).
    async fn proof(&self, context: &Context<'_>) -> Result<AuditInclusionProof> {
        let reader = &Session::of(context).reader;
        let (place, index) = (Place(self.change.sequence), self.change.index);
        let proof = reader.audit_change_inclusion(place, index).await;
        Ok(AuditInclusionProof(proof.map_err(ApiError::from)?))
    }
}

/// Which events are listed (điều kiện lọc sự kiện); all conditions must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct AuditFilter {
    /// Whose doing (người thực hiện).
    actor: Option<String>,
    /// By which token, its `jti` (mã truy cập).
    token: Option<String>,
    /// What was done (hành động), like `household.register`.
    action: Option<String>,
    /// About the object with this global id (đối tượng).
    subject: Option<ID>,
    /// In this unit or below it, by the boundaries of the event's day (đơn vị).
    unit: Option<UnitRef>,
    /// About this month (kỳ).
    period: Option<YearMonth>,
    /// At this instant or later (từ thời điểm).
    from: Option<DateTime>,
    /// Before this instant (trước thời điểm).
    to: Option<DateTime>,
}

pub(crate) type AuditEventConnection = One<Connection<Place, AuditEvent, EmptyFields>>;

/// A page of events, newest first.
pub(super) async fn event_page(
    session: &Session,
    filter: AuditFilter,
    page: PageArguments,
) -> Result<AuditEventConnection, ApiError> {
    let filter = filter.parse(session)?;
    let list = List::of(("auditEvents", &filter));
    let request = page.request::<Place>(list, session)?;
    let page = session.reader.audit_events(&filter, &request).await?;
    let page = page.map(|event| (Place(event.sequence), AuditEvent(event)));
    Ok(connection(page, list, EmptyFields))
}

impl AuditFilter {
    fn parse(self, session: &Session) -> Result<store::AuditFilter, ApiError> {
        let subject = self.subject.as_ref().map(|id| {
            let expected =
                Expected { english: "a global id", vietnamese: "định danh toàn cục" };
            let rule = Rule::Malformed { expected };
            let unknown = ApiError::Argument { name: "filter.subject", rule };
            Ok::<_, ApiError>(GlobalId::read(id).ok_or(unknown)?.subject())
        });
        let unit = self.unit.map(|unit| unit.require(session, "filter.unit")).transpose()?;
        Ok(store::AuditFilter {
            actor: self.actor,
            token: self.token,
            action: self.action,
            subject: subject.transpose()?,
            unit: unit.map(|unit| unit.id),
            period: self.period.map(|period| period.0),
            from: self.from.map(|from| from.0),
            to: self.to.map(|to| to.0),
        })
    }
}
