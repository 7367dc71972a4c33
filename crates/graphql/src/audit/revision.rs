//! The history of a record, as every object with a global id has it.

use std::cmp::Reverse;

use async_graphql::connection::EmptyFields;
use async_graphql::{Context, Object, Result, SimpleObject};
use registry_domain::audit::Place;
use registry_domain::page::Page;
use registry_persistence as store;

use super::event::{AuditChange, AuditEvent};
use crate::access::{AccessScope, list_size, needs};
use crate::at_once::AtOnce;
use crate::cursor::List;
use crate::error::ApiError;
use crate::in_order::One;
use crate::loader::HistoryKey;
use crate::node::GlobalId;
use crate::page::{Connection, PAGE, PageArguments, connection, paging};
use crate::session::Session;

/// What one event did to a record and its parts (một lần thay đổi).
#[derive(SimpleObject)]
#[graphql(serial, directive = needs::apply(vec![AccessScope::AuditRead]))]
pub(crate) struct AuditRevision {
    /// The event (sự kiện).
    event: AuditEvent,
    /// What it changed of the record and its parts, each with the state before and after (các thay đổi).
    changes: Vec<AuditChange>,
}

impl AtOnce for AuditRevision {}

pub(crate) type RevisionConnection = One<Connection<Place, AuditRevision, EmptyFields>>;

/// What every object with a global id has by its being audited.
pub(crate) struct Audited(pub(crate) GlobalId);

#[Object]
impl Audited {
    /// What happened to it (lịch sử thay đổi), event by event, the newest first: who changed what and
    /// when, with the state before and after; readings of personal data, too. Needs `audit:read`.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())), directive = needs::apply(vec![AccessScope::AuditRead]))]
    async fn audit_history(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<RevisionConnection> {
        let page = PageArguments { first, after, last, before };
        Ok(revision_page(Session::of(context), self.0.subject(), page).await?)
    }
}

/// A page of what happened to a record, newest first.
async fn revision_page(
    session: &Session,
    subject: store::AuditSubject,
    page: PageArguments,
) -> Result<RevisionConnection, ApiError> {
    let list = List::of(("auditHistory", &subject));
    let request = page.request::<Place>(list, session)?;
    let history = session.records().load_one(HistoryKey(subject)).await?.unwrap_or_default();
    let place = |revision: &store::AuditRevision| Place(revision.event.sequence);
    // Newest first: the order of the list is that of the places, turned round.
    let request = request.map_keys(Reverse);
    let page = Page::from_sorted(history.iter(), &request, |revision| Reverse(place(revision)));
    let page = page.map(|revision| {
        let changes = revision.changes.iter().cloned().map(AuditChange::of_history).collect();
        (place(revision), AuditRevision { event: AuditEvent(revision.event.clone()), changes })
    });
    Ok(connection(page, list, EmptyFields))
}
