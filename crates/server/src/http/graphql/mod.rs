//! GraphQL over HTTP (<https://graphql.github.io/graphql-over-http/draft/>): media types, status codes, nothing of the schema.

mod media;
mod refusal;
mod request;

use std::any::Any;

use async_graphql::{Response, Value};
use axum::body::Body;
use axum::extract::State;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use metrics::counter;
use registry_domain::access::Purpose;
use registry_domain::fault::Language;
use registry_graphql::{Admitted, Operations, Visit};

use super::Shared;
use super::client_address::ClientAddress;
use super::request_id::RequestId;
use media::MediaType;
use refusal::answer;
use request::{Sizes, from_body, from_query};

pub(super) use refusal::Refusal;

/// How to prove who one is.
const BEARER: HeaderValue = HeaderValue::from_static("Bearer");

/// How what changes something is sent.
const POST: HeaderValue = HeaderValue::from_static("POST, GET");

/// Answers `/graphql`.
pub(super) async fn handle(
    State(shared): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    axum::Extension(request_id): axum::Extension<RequestId>,
    address: ClientAddress,
    body: Body,
) -> axum::response::Response {
    let Some(media_type) = MediaType::negotiate(&headers) else {
        let message = "answers are application/graphql-response+json or application/json";
        return Refusal::new(StatusCode::NOT_ACCEPTABLE, message)
            .of(&request_id)
            .into_response(MediaType::Json);
    };
    let Ok(_place) = shared.places.try_acquire() else {
        let message = "the registry is busy; try again / hệ thống đang bận, hãy thử lại";
        return Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message)
            .of(&request_id)
            .into_response(media_type);
    };
    let answered = async {
        let admitted = shared.gate.admit(&headers).await?;
        let variables = shared.api.settings().max_variables_bytes;
        let sizes = Sizes { body: shared.body_limit, variables };
        let (request, operations) = match method {
            Method::POST => (from_body(&headers, body, sizes).await?, Operations::All),
            Method::GET => (from_query(&uri, sizes)?, Operations::Queries),
            _ => return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "send POST or GET")),
        };
        let visit = Visit {
            principal: admitted.principal.clone(),
            language: language(&headers),
            purpose: purpose(&headers)?,
            request_id: request_id.0.clone(),
        };
        let request = shared.api.admit(request, visit, operations).await;
        // Even being refused costs a point.
        let cost = request.as_ref().map_or(1, Admitted::cost);
        let left = shared.rates.take(&admitted.principal, address, cost)?;
        let mut response = match request {
            Ok(request) => shared.api.execute(request).await,
            Err(refused) => refused,
        };
        response.http_headers.extend(left.into_iter().flatten());
        Ok(response)
    };
    match tokio::time::timeout(shared.request_timeout, answered).await {
        Ok(Ok(response)) => executed(response, media_type, &request_id),
        Ok(Err(refusal)) => refusal.of(&request_id).into_response(media_type),
        Err(_) => {
            let message = "the request took too long / yêu cầu mất quá nhiều thời gian";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message)
                .of(&request_id)
                .into_response(media_type)
        }
    }
}

fn language(headers: &HeaderMap) -> Language {
    let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    asked.map(Language::from_accept_language).unwrap_or_default()
}

/// Why personal data is asked for in clear; as UTF-8, which HTTP carries though it has no name for it.
fn purpose(headers: &HeaderMap) -> Result<Option<Purpose>, Refusal> {
    let Some(given) = headers.get("x-purpose") else { return Ok(None) };
    let given = std::str::from_utf8(given.as_bytes());
    let text = given.map_err(|_| Refusal::bad("X-Purpose is not UTF-8"))?;
    let purpose = Purpose::parse(text);
    purpose
        .map(Some)
        .map_err(|rule| Refusal::bad(format!("X-Purpose: {}", rule.message(Language::English))))
}

fn executed(
    mut response: Response,
    media_type: MediaType,
    request_id: &RequestId,
) -> axum::response::Response {
    // An error without a path was found before anything ran.
    let never_ran = response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty());
    let outcome = match (never_ran, response.errors.is_empty()) {
        (true, _) => "refused",
        (false, true) => "ok",
        (false, false) => "errors",
    };
    counter!("graphql_requests_total", "outcome" => outcome).increment(1);
    let status = if never_ran { refused_status(&response, media_type) } else { StatusCode::OK };
    match status {
        StatusCode::UNAUTHORIZED => response.http_headers.insert(header::WWW_AUTHENTICATE, BEARER),
        StatusCode::METHOD_NOT_ALLOWED => response.http_headers.insert(header::ALLOW, POST),
        _ => None,
    };
    let extra = std::mem::take(&mut response.http_headers);
    match serde_json::to_vec(&response) {
        Ok(body) => {
            let mut answered = answer(status, media_type, body.into());
            answered.headers_mut().extend(extra);
            answered
        }
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal fault")
                .of(request_id)
                .into_response(media_type)
        }
    }
}

/// The status of a request that was not executed. Who has no access, and what is over a limit, is
/// told as such in either media type; for a document that is merely wrong, `application/json`
/// wants 200.
fn refused_status(response: &Response, media_type: MediaType) -> StatusCode {
    let codes = response.errors.iter().filter_map(|error| error.extensions.as_ref()?.get("code"));
    let code = codes.map(|code| if let Value::String(code) = code { code } else { "" }).next();
    match code {
        Some("UNAUTHENTICATED") => StatusCode::UNAUTHORIZED,
        Some("FORBIDDEN" | "DOCUMENT_NOT_TRUSTED") => StatusCode::FORBIDDEN,
        Some("METHOD_NOT_ALLOWED") => StatusCode::METHOD_NOT_ALLOWED,
        Some("UNAVAILABLE") => StatusCode::SERVICE_UNAVAILABLE,
        Some("TOO_COMPLEX") => StatusCode::BAD_REQUEST,
        _ if media_type == MediaType::Response => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    }
}

/// Answers any other path.
pub(super) async fn not_found(
    axum::Extension(request_id): axum::Extension<RequestId>,
) -> axum::response::Response {
    Refusal::new(StatusCode::NOT_FOUND, "the API is at /graphql")
        .of(&request_id)
        .into_response(MediaType::Json)
}

/// Answers a request whose handler panicked: the request id in the header is all that is told.
#[allow(clippy::needless_pass_by_value, reason = "the layer hands it over")]
pub(super) fn panicked(_: Box<dyn Any + Send + 'static>) -> axum::response::Response {
    tracing::error!("a handler panicked");
    let message = "internal fault; report the X-Request-Id / lỗi nội bộ, hãy báo X-Request-Id";
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, message).into_response(MediaType::Json)
}
