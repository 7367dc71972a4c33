//! The audit log for standard clients, as C2SP's tlog-tiles has it: checkpoint and hashes for
//! everyone, the entries themselves for those who may read the log.
//!
//! Hashes tell nothing of what they are made of; a checkpoint is worth the more the more keep it.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use registry_domain::access::AccessDenied;
use registry_domain::audit::{TileId, TileKind, TilePath, encode_entries};
use registry_domain::fault::Language;
use registry_persistence::{ReadRequest, StoreError};

use super::Shared;
use super::graphql::{MediaType, Refusal};

/// A full tile never changes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// What is only for some is kept by nobody in between.
const FOR_ONE: HeaderValue = HeaderValue::from_static("private, no-store");

/// `GET /log/checkpoint`: the newest.
pub(super) async fn checkpoint(State(shared): State<Shared>) -> Response {
    match shared.store.log_checkpoint().await {
        Ok(Some(checkpoint)) => {
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            ];
            (headers, checkpoint.note).into_response()
        }
        Ok(None) => not_found(),
        Err(error) => internal(&error),
    }
}

/// `GET /log/tile/…`: hashes of one level, or entries.
pub(super) async fn tile(
    State(shared): State<Shared>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Ok(path) = format!("tile/{path}").parse::<TilePath>() else { return not_found() };
    let found = match path.kind() {
        TileKind::Hashes { level } => hashes(&shared, level, path).await,
        TileKind::Entries => entries(&shared, path, &headers).await,
    };
    found.unwrap_or_else(|refused| refused)
}

async fn hashes(shared: &Shared, level: u8, path: TilePath) -> Result<Response, Response> {
    let id = TileId { level, index: path.index() };
    let found = shared.store.log_tile(id, path.width().into()).await;
    let hashes = found.map_err(|error| internal(&error))?.ok_or_else(not_found)?;
    Ok(binary(hashes, FOR_EVER))
}

async fn entries(
    shared: &Shared,
    path: TilePath,
    headers: &HeaderMap,
) -> Result<Response, Response> {
    let admitted = shared.gate.admit(headers).await.map_err(told)?;
    let reader = shared.store.read(&admitted.principal, ReadRequest::default());
    let found = reader.audit_entries(path.index(), path.width().into()).await;
    let entries = match found {
        Ok(entries) => entries.ok_or_else(not_found)?,
        Err(StoreError::Denied(denied)) => {
            let status = match denied {
                AccessDenied::Unauthenticated { .. } => StatusCode::UNAUTHORIZED,
                _ => StatusCode::FORBIDDEN,
            };
            return Err(told(Refusal::new(status, denied.message(Language::English))));
        }
        Err(error) => return Err(internal(&error)),
    };
    let bundle = encode_entries(entries.iter().map(Vec::as_slice));
    let bundle = bundle.map_err(|fault| internal(&fault))?;
    Ok(binary(bundle, FOR_ONE))
}

fn binary(bytes: Vec<u8>, keep: HeaderValue) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (header::CACHE_CONTROL, keep),
    ];
    (headers, Body::from(bytes)).into_response()
}

fn not_found() -> Response {
    let message = "the log has no such part (yet) / nhật ký chưa có phần này";
    told(Refusal::new(StatusCode::NOT_FOUND, message))
}

fn internal(error: &dyn std::error::Error) -> Response {
    tracing::error!(%error, "the log can't be read");
    told(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal fault / lỗi nội bộ"))
}

fn told(refusal: Refusal) -> Response {
    refusal.into_response(MediaType::Json)
}
