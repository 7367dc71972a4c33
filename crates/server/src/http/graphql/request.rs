//! Reading a GraphQL request from the body of a POST or the query string of a GET.

use std::collections::HashMap;
use std::time::Duration;

use async_graphql::Request;
use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use axum::extract::Query;
use http::{HeaderMap, StatusCode, Uri, header};
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use tokio::time::timeout;

use super::refusal::Refusal;
use super::variables;

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

/// The members of a request object. What each holds is read once it is known what it should be.
pub(in crate::http) type Members = HashMap<String, Box<RawValue>>;

/// Reads a request from its body.
pub(super) fn from_body(body: &[u8], sizes: Sizes) -> Result<Request, Refusal> {
    match serde_json::from_slice::<Members>(body) {
        Ok(members) => from_members(members, sizes.variables),
        Err(error) if !error.is_data() => Err(not_json(&error)),
        Err(_) if body.trim_ascii_start().starts_with(b"[") => {
            Err(Refusal::bad("batches are not supported; send one request at a time"))
        }
        Err(_) => Err(Refusal::bad("the body must be a JSON object")),
    }
}

fn not_json(error: &serde_json::Error) -> Refusal {
    let place = format!("line {}, column {}", error.line(), error.column());
    Refusal::bad(format!("the body is not JSON in UTF-8, or nests too deep ({place})"))
}

pub(super) fn from_query(uri: &Uri, sizes: Sizes) -> Result<Request, Refusal> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
        .map_err(|_| Refusal::bad("malformed query string"))?;
    let mut members = Members::new();
    for (name, value) in pairs {
        let value = match name.as_str() {
            "query" | "operationName" => to_raw_value(&value),
            "variables" | "extensions" => RawValue::from_string(value),
            _ => continue,
        };
        let value = value.map_err(|_| Refusal::bad(format!("{name} is not JSON")))?;
        members.insert(name, value);
    }
    from_members(members, sizes.variables)
}

/// Reads the members of a request object, whatever it came in.
pub(in crate::http) fn from_members(
    mut members: Members,
    variables_limit: usize,
) -> Result<Request, Refusal> {
    let mut member = |name: &str| members.remove(name).filter(|member| member.get() != "null");
    let (query, operation) = (member("query"), member("operationName"));
    let (variables, extensions) = (member("variables"), member("extensions"));
    let mut request = match query {
        Some(query) => Request::new(text(&query, "query")?),
        None if extensions.is_some() => Request::new(""),
        None => return Err(Refusal::bad("query is missing")),
    };
    if let Some(operation) = operation {
        request = request.operation_name(text(&operation, "operationName")?);
    }
    if let Some(variables) = variables {
        check_length(&variables, variables_limit)?;
        let variables = is_object(&variables, "variables").map(variables::read)?;
        request = request.variables(variables.map_err(|error| not_json(&error))?);
    }
    if let Some(extensions) = extensions {
        let mut extensions = object::<HashMap<String, Box<RawValue>>>(&extensions, "extensions")?;
        // The only one that is known here.
        if let Some(persisted) = extensions.remove(PERSISTED) {
            let persisted = serde_json::from_str(persisted.get());
            let persisted = persisted.map_err(|_| Refusal::bad("malformed persistedQuery"))?;
            request.extensions.insert(PERSISTED.to_owned(), persisted);
        }
    }
    Ok(request)
}

fn text(member: &RawValue, name: &str) -> Result<String, Refusal> {
    match serde_json::from_str(member.get()) {
        Ok(text) => Ok(text),
        Err(error) if error.is_data() => Err(Refusal::bad(format!("{name} must be a string"))),
        Err(error) => Err(not_json(&error)),
    }
}

fn object<T: DeserializeOwned>(member: &RawValue, name: &str) -> Result<T, Refusal> {
    let member = is_object(member, name)?;
    serde_json::from_str(member.get()).map_err(|error| not_json(&error))
}

fn is_object<'a>(member: &'a RawValue, name: &str) -> Result<&'a RawValue, Refusal> {
    if member.get().starts_with('{') {
        Ok(member)
    } else {
        Err(Refusal::bad(format!("{name} must be an object")))
    }
}

/// Refuses variables that are longer as JSON than is allowed.
fn check_length(variables: &RawValue, limit: usize) -> Result<(), Refusal> {
    let length = variables.get().len();
    if length <= limit {
        return Ok(());
    }
    let message = format!("the variables have more than {limit} bytes / biến dài quá {limit} byte");
    let refusal = Refusal::bad(message).with("code", "TOO_COMPLEX").with("what", "variablesBytes");
    Err(refusal.with("limit", limit).with("found", length))
}
