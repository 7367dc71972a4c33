//! Reading a GraphQL request from the body of a POST or the query string of a GET.

use std::time::Duration;

use async_graphql::{Request, Variables};
use axum::body::{Body, to_bytes};
use axum::extract::Query;
use http::{HeaderMap, StatusCode, Uri, header};
use registry_graphql::{OperationType, operation_type};
use tokio::time::timeout;

use super::refusal::Refusal;

pub(super) async fn from_body(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    patience: Duration,
) -> Result<Request, Refusal> {
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
    let body = timeout(patience, to_bytes(body, limit)).await.map_err(|_| {
        let message = "the body took too long / nội dung yêu cầu gửi quá chậm";
        Refusal::new(StatusCode::REQUEST_TIMEOUT, message).header(header::CONNECTION, "close")
    })?;
    let body = body.map_err(|_| {
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body has more than {limit} bytes"))
    })?;
    let body: serde_json::Value = serde_json::from_slice(&body).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        Refusal::bad(format!("the body is not JSON in UTF-8 ({place})"))
    })?;
    match body {
        serde_json::Value::Object(members) => from_members(members),
        serde_json::Value::Array(_) => {
            Err(Refusal::bad("batches are not supported; send one request at a time"))
        }
        _ => Err(Refusal::bad("the body must be a JSON object")),
    }
}

pub(super) fn from_query(uri: &Uri) -> Result<Request, Refusal> {
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
    let mut request = from_members(members)?;
    if operation_type(&mut request) == Some(OperationType::Mutation) {
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "mutations are sent by POST"));
    }
    Ok(request)
}

/// Reads the members of a request object, whatever it came in.
pub(in crate::http) fn from_members(
    mut members: serde_json::Map<String, serde_json::Value>,
) -> Result<Request, Refusal> {
    use serde_json::Value as Json;
    let mut request = match members.remove("query") {
        Some(Json::String(query)) => Request::new(query),
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
        Some(variables @ Json::Object(_)) => request.variables(Variables::from_json(variables)),
        Some(_) => return Err(Refusal::bad("variables must be an object")),
    };
    match members.remove("extensions") {
        None | Some(Json::Null | Json::Object(_)) => Ok(request),
        Some(_) => Err(Refusal::bad("extensions must be an object")),
    }
}
