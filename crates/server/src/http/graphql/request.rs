//! Reading a GraphQL request from the body of a POST or the query string of a GET.

use std::io;
use std::time::Duration;

use async_graphql::{Request, Value, Variables};
use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use axum::extract::Query;
use http::{HeaderMap, StatusCode, Uri, header};
use tokio::time::timeout;

use super::refusal::Refusal;

/// The extension that carries a document's hash.
const PERSISTED: &str = "persistedQuery";

/// How many bytes there may be.
#[derive(Debug, Clone, Copy)]
pub(in crate::http) struct Sizes {
    pub(in crate::http) body: usize,
    pub(in crate::http) variables: usize,
}

/// The body of a request, if it is one that is read at all.
pub(super) async fn body_of(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    patience: Duration,
) -> Result<Bytes, Refusal> {
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
    let too_large = || {
        let message =
            format!("the body has more than {limit} bytes / nội dung dài quá {limit} byte");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, message).with("limit", limit)
    };
    // What says that it is too large isn't read at all.
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    let body = timeout(patience, to_bytes(body, limit)).await.map_err(|_| {
        let message = "the body took too long / nội dung yêu cầu gửi quá chậm";
        Refusal::new(StatusCode::REQUEST_TIMEOUT, message).header(header::CONNECTION, "close")
    })?;
    body.map_err(|_| too_large())
}

/// Reads a request from its body.
pub(super) fn from_body(body: &[u8], sizes: Sizes) -> Result<Request, Refusal> {
    let body: serde_json::Value = serde_json::from_slice(body).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        Refusal::bad(format!("the body is not JSON in UTF-8, or nests too deep ({place})"))
    })?;
    match body {
        serde_json::Value::Object(members) => from_members(members, sizes.variables),
        serde_json::Value::Array(_) => {
            Err(Refusal::bad("batches are not supported; send one request at a time"))
        }
        _ => Err(Refusal::bad("the body must be a JSON object")),
    }
}

pub(super) fn from_query(uri: &Uri, sizes: Sizes) -> Result<Request, Refusal> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
        .map_err(|_| Refusal::bad("malformed query string"))?;
    let mut members = serde_json::Map::new();
    for (name, value) in pairs {
        let value = match name.as_str() {
            "query" | "operationName" => serde_json::Value::String(value),
            "variables" | "extensions" => serde_json::from_str(&value)
                .map_err(|_| Refusal::bad(format!("{name} is not JSON")))?,
            _ => continue,
        };
        members.insert(name, value);
    }
    from_members(members, sizes.variables)
}

/// Reads the members of a request object, whatever it came in.
pub(in crate::http) fn from_members(
    mut members: serde_json::Map<String, serde_json::Value>,
    variables_limit: usize,
) -> Result<Request, Refusal> {
    use serde_json::Value as Json;
    let mut request = match members.remove("query") {
        Some(Json::String(query)) => Request::new(query),
        Some(Json::Null) | None if members.contains_key("extensions") => Request::new(""),
        Some(_) => return Err(Refusal::bad("query must be a string")),
        None => return Err(Refusal::bad("query is missing")),
    };
    request = match members.remove("operationName") {
        None | Some(Json::Null) => request,
        Some(Json::String(name)) => request.operation_name(name),
        Some(_) => return Err(Refusal::bad("operationName must be a string")),
    };
    request = match members.remove("variables") {
        None | Some(Json::Null) => request,
        Some(variables @ Json::Object(_)) => {
            check_length(&variables, variables_limit)?;
            request.variables(Variables::from_json(variables))
        }
        Some(_) => return Err(Refusal::bad("variables must be an object")),
    };
    match members.remove("extensions") {
        None | Some(Json::Null) => Ok(request),
        Some(Json::Object(mut extensions)) => {
            // The only one that is known here.
            if let Some(persisted) = extensions.remove(PERSISTED) {
                let persisted = Value::from_json(persisted);
                let persisted = persisted.map_err(|_| Refusal::bad("malformed persistedQuery"))?;
                request.extensions.insert(PERSISTED.to_owned(), persisted);
            }
            Ok(request)
        }
        Some(_) => Err(Refusal::bad("extensions must be an object")),
    }
}

/// Refuses variables that are longer as JSON than is allowed.
fn check_length(variables: &serde_json::Value, limit: usize) -> Result<(), Refusal> {
    let mut length = Length(0);
    // Counting can't fail.
    _ = serde_json::to_writer(&mut length, variables);
    if length.0 <= limit {
        return Ok(());
    }
    let message = format!("the variables have more than {limit} bytes / biến dài quá {limit} byte");
    let refusal = Refusal::bad(message).with("code", "TOO_COMPLEX").with("what", "variablesBytes");
    Err(refusal.with("limit", limit).with("found", length.0))
}

/// Counts what is written to it.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
