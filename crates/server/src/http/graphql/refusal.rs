//! Requests that are not executed: the status, the code and what to do, in a few hundred bytes.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

use super::media::MediaType;
use crate::http::request_id::RequestId;

/// The longest message of an error.
const MESSAGE_LIMIT: usize = 500;

/// Seconds after which a client that was sent away may come back, unless it is told otherwise.
const RETRY_AFTER: &str = "1";

/// Why there is nothing to execute.
#[derive(Debug)]
pub(in crate::http) struct Refusal {
    status: StatusCode,
    message: String,
    extensions: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refusal {
    /// A refusal with the code that usually goes with the status.
    pub(in crate::http) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let code = match status {
            StatusCode::UNAUTHORIZED => "UNAUTHENTICATED",
            StatusCode::FORBIDDEN => "FORBIDDEN",
            StatusCode::NOT_FOUND => "NOT_FOUND",
            StatusCode::TOO_MANY_REQUESTS => "RATE_LIMITED",
            StatusCode::INTERNAL_SERVER_ERROR => "INTERNAL",
            _ if status.is_server_error() => "UNAVAILABLE",
            _ => "BAD_USER_INPUT",
        };
        let refusal =
            Self { status, message: message.into(), extensions: Map::new(), headers: vec![] };
        let refusal = refusal.with("code", code);
        match status {
            StatusCode::METHOD_NOT_ALLOWED => refusal.header(header::ALLOW, "POST, GET"),
            StatusCode::SERVICE_UNAVAILABLE => refusal.header(header::RETRY_AFTER, RETRY_AFTER),
            _ => refusal,
        }
    }

    /// The client's mistake.
    pub(in crate::http) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Tells one thing more beside the code; a value told before under the name is replaced.
    pub(in crate::http) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extensions.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a header; one that can't be written is left out.
    pub(in crate::http) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// Names the request that was refused.
    pub(in crate::http) fn of(self, RequestId(id): &RequestId) -> Self {
        self.with("requestId", id.as_str())
    }

    /// The refusal as one error of GraphQL.
    pub(in crate::http) fn error(&self) -> Value {
        let mut message = self.message.clone();
        shorten(&mut message);
        json!({ "message": message, "extensions": self.extensions })
    }

    pub(in crate::http) fn into_response(self, media_type: MediaType) -> Response {
        let body = json!({ "errors": [self.error()] }).to_string();
        let mut response = answer(self.status, media_type, body.into());
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// An answer that nobody may keep.
pub(super) fn answer(status: StatusCode, media_type: MediaType, body: Body) -> Response {
    let headers = [(header::CONTENT_TYPE, media_type.text()), (header::CACHE_CONTROL, "no-store")];
    (status, headers, body).into_response()
}

/// Cuts a message that could be as long as the request.
fn shorten(message: &mut String) {
    if let Some((at, _)) = message.char_indices().nth(MESSAGE_LIMIT) {
        message.truncate(at);
        message.push('…');
    }
}
