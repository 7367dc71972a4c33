//! GraphQL over HTTP (<https://graphql.github.io/graphql-over-http/draft/>): media types, status codes, nothing of the schema.

use std::any::Any;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response, Value, Variables};
use axum::body::{Body, to_bytes};
use axum::extract::{Query, State};
use axum::response::IntoResponse;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use metrics::counter;
use registry_domain::fault::Language;
use registry_graphql::Visit;
use serde_json::json;

use super::Shared;
use super::request_id::RequestId;

/// The longest message of an error; parse errors would quote the whole query.
const MESSAGE_LIMIT: usize = 500;

/// Seconds after which a client that was sent away may come back.
const RETRY_AFTER: &str = "1";

/// The two media types of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MediaType {
    /// `application/graphql-response+json`: the status tells whether the request could be executed.
    Response,
    /// `application/json`: the status tells only whether there was a GraphQL request.
    Json,
}

impl MediaType {
    const fn text(self) -> &'static str {
        match self {
            Self::Response => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }

    /// What the client likes best; `None` if it takes neither.
    fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let accepted: Vec<_> = headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        if accepted.is_empty() {
            return Some(Self::Json);
        }
        let accepted = accepted.join(",");
        let response = quality(&accepted, &["application/graphql-response+json"]);
        let json = quality(&accepted, &["application/json", "application/*", "*/*"]);
        if response <= 0.0 && json <= 0.0 {
            None
        } else {
            Some(if response >= json { Self::Response } else { Self::Json })
        }
    }
}

/// The weight that an `Accept` value gives to any of `types`.
fn quality(accept: &str, types: &[&str]) -> f32 {
    let ranges = accept.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let wanted = parts.next()?.to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q="));
        types
            .contains(&wanted.as_str())
            .then(|| weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)))
    });
    ranges.fold(0.0, f32::max)
}

/// Why there is nothing to execute.
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refusal {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let code = match status {
            StatusCode::INTERNAL_SERVER_ERROR => "INTERNAL",
            _ if status.is_server_error() => "UNAVAILABLE",
            _ => "BAD_USER_INPUT",
        };
        Self { status, code, message: message.into() }
    }

    fn into_response(self, media_type: MediaType) -> axum::response::Response {
        let mut message = self.message;
        shorten(&mut message);
        let body =
            json!({ "errors": [{ "message": message, "extensions": { "code": self.code } }] });
        let mut response = answer(self.status, media_type, body.to_string().into());
        let headers = response.headers_mut();
        match self.status {
            StatusCode::METHOD_NOT_ALLOWED => {
                headers.insert(header::ALLOW, HeaderValue::from_static("POST, GET"));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
            }
            _ => {}
        }
        response
    }
}

fn answer(status: StatusCode, media_type: MediaType, body: Body) -> axum::response::Response {
    let headers = [(header::CONTENT_TYPE, media_type.text()), (header::CACHE_CONTROL, "no-store")];
    (status, headers, body).into_response()
}

/// Answers `/graphql`.
pub(super) async fn handle(
    State(shared): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    axum::Extension(RequestId(request_id)): axum::Extension<RequestId>,
    body: Body,
) -> axum::response::Response {
    let Some(media_type) = MediaType::negotiate(&headers) else {
        let message = "answers are application/graphql-response+json or application/json";
        return Refusal::new(StatusCode::NOT_ACCEPTABLE, message).into_response(MediaType::Json);
    };
    let Ok(_place) = shared.places.try_acquire() else {
        let message = "the registry is busy; try again / hệ thống đang bận, hãy thử lại";
        return Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message).into_response(media_type);
    };
    let answered = async {
        let request = match method {
            Method::POST => from_body(&headers, body, shared.body_limit).await?,
            Method::GET => from_query(&uri)?,
            _ => return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "send POST or GET")),
        };
        let language = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let language = language.map(Language::from_accept_language).unwrap_or_default();
        let visit = Visit { principal: shared.principal.clone(), language, request_id };
        Ok(shared.api.execute(request, visit).await)
    };
    match tokio::time::timeout(shared.request_timeout, answered).await {
        Ok(Ok(response)) => executed(response, media_type),
        Ok(Err(refusal)) => refusal.into_response(media_type),
        Err(_) => {
            let message = "the request took too long / yêu cầu mất quá nhiều thời gian";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message).into_response(media_type)
        }
    }
}

fn executed(mut response: Response, media_type: MediaType) -> axum::response::Response {
    for error in &mut response.errors {
        shorten(&mut error.message);
    }
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
    let status = if never_ran && media_type == MediaType::Response {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::OK
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
                .into_response(media_type)
        }
    }
}

fn shorten(message: &mut String) {
    if let Some((at, _)) = message.char_indices().nth(MESSAGE_LIMIT) {
        message.truncate(at);
        message.push('…');
    }
}

async fn from_body(headers: &HeaderMap, body: Body, limit: usize) -> Result<Request, Refusal> {
    let kind =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Browsers send other types to foreign sites without asking; so this also keeps forgeries out.
    if !kind
        .split(';')
        .next()
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
    {
        let message = "send the request as Content-Type: application/json";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let body = to_bytes(body, limit).await.map_err(|_| {
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body has more than {limit} bytes"))
    })?;
    let body: serde_json::Value = serde_json::from_slice(&body).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        bad(format!("the body is not JSON in UTF-8 ({place})"))
    })?;
    match body {
        serde_json::Value::Object(members) => from_members(members),
        serde_json::Value::Array(_) => {
            Err(bad("batches are not supported; send one request at a time"))
        }
        _ => Err(bad("the body must be a JSON object")),
    }
}

fn from_query(uri: &Uri) -> Result<Request, Refusal> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
        .map_err(|_| bad("malformed query string"))?;
    let mut members = serde_json::Map::new();
    for (name, value) in pairs {
        let value = match name.as_str() {
            "query" | "operationName" => serde_json::Value::String(value),
            "variables" | "extensions" => {
                serde_json::from_str(&value).map_err(|_| bad(format!("{name} is not JSON")))?
            }
            _ => continue,
        };
        members.insert(name, value);
    }
    let request = from_members(members)?;
    if selects_mutation(&request) {
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "mutations are sent by POST"));
    }
    Ok(request)
}

/// Whether a GET would change something. A text that doesn't parse is told of when it is executed.
fn selects_mutation(request: &Request) -> bool {
    parse_query(&request.query).is_ok_and(|document| {
        document.operations.iter().any(|(name, operation)| {
            let meant = match (&request.operation_name, name) {
                (Some(wanted), Some(name)) => wanted == name.as_str(),
                _ => true,
            };
            meant && operation.node.ty != OperationType::Query
        })
    })
}

fn from_members(
    mut members: serde_json::Map<String, serde_json::Value>,
) -> Result<Request, Refusal> {
    use serde_json::Value as Json;
    let mut request = match members.remove("query") {
        Some(Json::String(query)) => Request::new(query),
        Some(_) => return Err(bad("query must be a string")),
        None => return Err(bad("query is missing")),
    };
    request = match members.remove("operationName") {
        None | Some(Json::Null) => request,
        Some(Json::String(name)) => request.operation_name(name),
        Some(_) => return Err(bad("operationName must be a string")),
    };
    request = match members.remove("variables") {
        None | Some(Json::Null) => request,
        Some(variables @ Json::Object(_)) => request.variables(Variables::from_json(variables)),
        Some(_) => return Err(bad("variables must be an object")),
    };
    match members.remove("extensions") {
        None | Some(Json::Null | Json::Object(_)) => Ok(request),
        Some(_) => Err(bad("extensions must be an object")),
    }
}

fn bad(message: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, message)
}

/// Answers any other path.
pub(super) async fn not_found() -> axum::response::Response {
    Refusal {
        status: StatusCode::NOT_FOUND,
        code: "NOT_FOUND",
        message: "the API is at /graphql".into(),
    }
    .into_response(MediaType::Json)
}

/// Answers a request whose handler panicked: the request id in the header is all that is told.
#[allow(clippy::needless_pass_by_value, reason = "the layer hands it over")]
pub(super) fn panicked(_: Box<dyn Any + Send + 'static>) -> axum::response::Response {
    tracing::error!("a handler panicked");
    let message =
        "internal fault; report the X-Request-Id / lỗi nội bộ, hãy báo X-Request-Id".into();
    Refusal { status: StatusCode::INTERNAL_SERVER_ERROR, code: "INTERNAL", message }
        .into_response(MediaType::Json)
}
