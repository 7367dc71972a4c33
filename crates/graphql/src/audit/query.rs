//! Where reading the audit log begins: a list of entry points.

use async_graphql::{Context, Object, Result};
use registry_domain::audit::{Digest, Place};

use super::event::{AuditEvent, AuditEventConnection, AuditFilter, event_page};
use super::proof::{AuditCheckpoint, AuditConsistencyProof, AuditInclusionProof};
use crate::access::{AccessScope, list_size, needs};
use crate::error::ApiError;
use crate::page::{PAGE, PageArguments, paging};
use crate::scalar::Total;
use crate::session::Session;

/// Entry points of the audit log.
#[derive(Default)]
pub(crate) struct AuditQuery;

#[Object]
impl AuditQuery {
    /// Events of the audit log (các sự kiện nhật ký), newest first. An event is listed once it has
    /// its place in the log, within five seconds. Needs `audit:read`.
    #[graphql(directive = list_size::apply(PAGE, Some(paging())), directive = needs::apply(vec![AccessScope::AuditRead]))]
    async fn audit_events(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Conditions (điều kiện lọc).")] filter: Option<AuditFilter>,
        #[graphql(desc = "The first so many (số mục đầu).")] first: Option<i32>,
        #[graphql(desc = "After this cursor (sau con trỏ).")] after: Option<String>,
        #[graphql(desc = "The last so many (số mục cuối).")] last: Option<i32>,
        #[graphql(desc = "Before this cursor (trước con trỏ).")] before: Option<String>,
    ) -> Result<AuditEventConnection> {
        let page = PageArguments { first, after, last, before };
        Ok(event_page(Session::of(context), filter.unwrap_or_default(), page).await?)
    }

    /// One event by its place in the log (một sự kiện). Needs `audit:read`.
    #[graphql(directive = needs::apply(vec![AccessScope::AuditRead]))]
    async fn audit_event(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its place in the log (số thứ tự), from 0.")] sequence: Total,
    ) -> Result<AuditEvent> {
        let found = Session::of(context).reader.audit_event(Place(sequence.0)).await;
        Ok(AuditEvent(found.map_err(ApiError::from)?))
    }

    /// A signed checkpoint (điểm kiểm tra): the newest, or that of a size that was signed. Needs
    /// `audit:read`; the newest is open to everyone at `/log/checkpoint`.
    #[graphql(directive = needs::apply(vec![AccessScope::AuditRead]))]
    async fn audit_checkpoint(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many events it is about (số sự kiện); the newest if not given.")]
        size: Option<Total>,
    ) -> Result<AuditCheckpoint> {
        let found = Session::of(context).reader.audit_checkpoint(size.map(|size| size.0)).await;
        Ok(found.map_err(ApiError::from)?.into())
    }

    /// The public key that checkpoints are signed with (khoá công khai), as a C2SP verifier key.
    /// Keep it from the beginning: a key that is asked for together with what it signs proves
    /// nothing. Needs `audit:read`.
    #[graphql(directive = needs::apply(vec![AccessScope::AuditRead]))]
    async fn audit_key(&self, context: &Context<'_>) -> Result<String> {
        let key = Session::of(context).reader.audit_key().await;
        Ok(key.map_err(ApiError::from)?.to_string())
    }

    /// Proves that an event is in the tree of a checkpoint (bằng chứng có trong nhật ký). Needs
    /// `audit:read`.
    #[graphql(directive = needs::apply(vec![AccessScope::AuditRead]))]
    async fn audit_inclusion_proof(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The event's place in the log (số thứ tự), from 0.")] event: Total,
        #[graphql(
            desc = "The size of the tree (kích thước cây); that of the newest checkpoint if not given."
        )]
        size: Option<Total>,
    ) -> Result<AuditInclusionProof> {
        let reader = &Session::of(context).reader;
        let proof = reader.audit_inclusion(Place(event.0), size.map(|size| size.0)).await;
        Ok(AuditInclusionProof(proof.map_err(ApiError::from)?))
    }

    /// Proves that the log of one size begins with all of an earlier one (bằng chứng nhất quán).
    /// Needs `audit:read`.
    #[graphql(directive = needs::apply(vec![AccessScope::AuditRead]))]
    async fn audit_consistency_proof(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The earlier size (kích thước trước).")] from: Total,
        #[graphql(
            desc = "The later size (kích thước sau); that of the newest checkpoint if not given."
        )]
        to: Option<Total>,
    ) -> Result<AuditConsistencyProof> {
        let reader = &Session::of(context).reader;
        let proof = reader.audit_consistency(from.0, to.map(|to| to.0)).await;
        let (to, hashes) = proof.map_err(ApiError::from)?;
        let hashes = hashes.iter().copied().map(Digest::to_base64).collect();
        Ok(AuditConsistencyProof { from, to: Total(to), hashes })
    }
}
