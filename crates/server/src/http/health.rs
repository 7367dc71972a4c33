//! Whether the process lives and whether it can answer.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use super::Shared;

pub(super) async fn alive() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

pub(super) async fn ready(State(shared): State<Shared>) -> Response {
    match shared.store.is_ready().await {
        Ok(()) => Json(json!({ "status": "ready" })).into_response(),
        Err(error) => {
            let body = json!({ "status": "not ready", "code": error.code() });
            (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
        }
    }
}
