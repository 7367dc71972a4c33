//! GraphQL over HTTP (<https://graphql.github.io/graphql-over-http/draft/>): media types, status codes, nothing of the schema.

mod media;
mod refusal;
mod request;
mod validator;
mod variables;

use std::any::Any;

use async_graphql::{Request, Response, Value};
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use metrics::counter;
use registry_domain::access::{Principal, Purpose};
use registry_domain::fault::Language;
use registry_graphql::{Admitted, Answer, Operations, Visit, never_ran, written};
use registry_persistence::BodySignature;
use tokio::time::timeout;

use super::client_address::ClientAddress;
use super::connection::Connection;
use super::request_id::RequestId;
use super::{Shared, events, websocket};
use media::Form;
use refusal::answer;
use request::{body_of, from_body, from_query};

pub(super) use media::MediaType;
pub(super) use refusal::Refusal;
pub(super) use request::{Members, Sizes, from_members};

/// How to prove who one is.
const BEARER: HeaderValue = HeaderValue::from_static("Bearer");

/// How what changes something is sent.
const POST: HeaderValue = HeaderValue::from_static("POST, GET");

/// Answers `/graphql`.
pub(super) async fn handle(
    State(shared): State<Shared>,
    axum::Extension(connection): axum::Extension<Connection>,
    axum::Extension(request_id): axum::Extension<RequestId>,
    address: ClientAddress,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    request: axum::extract::Request,
) -> axum::response::Response {
    if let Ok(upgrade) = upgrade {
        let opened =
            websocket::open(shared, connection, address, request.headers(), &request_id, upgrade);
        return opened
            .unwrap_or_else(|refusal| refusal.of(&request_id).into_response(MediaType::Json));
    }
    let Some(form) = Form::negotiate(request.headers()) else {
        let message =
            "answers are application/graphql-response+json, application/json or text/event-stream";
        return Refusal::new(StatusCode::NOT_ACCEPTABLE, message)
            .of(&request_id)
            .into_response(MediaType::Json);
    };
    let answered = async {
        let (parts, body) = request.into_parts();
        let headers = &parts.headers;
        let admitted = shared.gate.admit(headers).await?;
        let is_public = parts.method == Method::GET && admitted.principal.is_anonymous();
        let known = is_public.then(|| headers.get_all(header::IF_NONE_MATCH));
        let mut visit = visit(headers, admitted.principal.clone(), &request_id)?;
        let (request, operations) = match parts.method {
            Method::POST => {
                let sizes = shared.sizes();
                let body = body_of(headers, body, sizes.body, shared.body_timeout).await?;
                visit.signature = signature(&shared, headers, &visit.principal, &body).await?;
                (from_body(&body, sizes)?, Operations::All)
            }
            Method::GET => (from_query(&parts.uri, shared.sizes())?, Operations::Harmless),
            _ => return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "send POST or GET")),
        };
        let asked = Asked { request, operations, visit, address };
        Ok(match form {
            Form::Whole(media_type) => match execute(&shared, asked).await? {
                (Answer::Told(response), left) => {
                    let mut answered = executed(response, media_type, &request_id);
                    answered.headers_mut().extend(left);
                    answered
                }
                (Answer::Kept(kept, headers), left) => {
                    let mut answered = validator::answer(kept, media_type, known);
                    answered.headers_mut().extend(headers.into_iter().chain(left));
                    answered
                }
            },
            Form::Events => match judge(&shared, asked).await? {
                // A listener that may not come in, or not by this way, is told by the status.
                Judged::Answered(refused) if is_turned_away(&refused) => {
                    executed(told(*refused), MediaType::Response, &request_id)
                }
                judged => events::answer(
                    answers(&shared, judged).await,
                    shared.gate.clone(),
                    admitted,
                    connection,
                ),
            },
        })
    };
    let media_type = match form {
        Form::Whole(media_type) => media_type,
        Form::Events => MediaType::Json,
    };
    answered.await.unwrap_or_else(|refusal| refusal.of(&request_id).into_response(media_type))
}

/// A request, and all that it is judged by.
pub(super) struct Asked {
    pub(super) request: Request,
    pub(super) operations: Operations,
    pub(super) visit: Visit,
    pub(super) address: ClientAddress,
}

/// What stands after a request was judged.
enum Judged {
    /// It may run; the headers tell what is left to its sender.
    Admitted(Box<Admitted>, HeaderMap),
    /// It has its answer already.
    Answered(Box<Response>),
}

/// Judges a request before anything runs: what it asks for, of whom, how much.
async fn judge(shared: &Shared, asked: Asked) -> Result<Judged, Refusal> {
    let Asked { request, operations, visit, address } = asked;
    let principal = visit.principal.clone();
    let request = shared.api.admit(request, visit, operations).await;
    // Even being refused costs a point.
    let cost = request.as_ref().map_or(1, Admitted::cost);
    let left = shared.rates.take(&principal, address, cost)?;
    let left: HeaderMap = left.into_iter().flatten().collect();
    Ok(match request {
        Ok(admitted) => Judged::Admitted(Box::new(admitted), left),
        Err(mut refused) => {
            refused.http_headers.extend(left);
            Judged::Answered(Box::new(refused))
        }
    })
}

/// Executes what ends by itself, whatever way it came; with the headers that tell what is left.
async fn execute(shared: &Shared, asked: Asked) -> Result<(Answer, HeaderMap), Refusal> {
    Ok(match judge(shared, asked).await? {
        Judged::Answered(response) => (Answer::Told(told(*response)), HeaderMap::new()),
        Judged::Admitted(admitted, left) => {
            let answer = match run(shared, shared.api.answer(*admitted)).await? {
                Answer::Told(response) => Answer::Told(told(response)),
                kept @ Answer::Kept(..) => {
                    count("ok");
                    kept
                }
            };
            (answer, left)
        }
    })
}

/// Runs what was admitted: in one of the places, within the time.
async fn run<T>(shared: &Shared, running: impl Future<Output = T>) -> Result<T, Refusal> {
    let Ok(_place) = shared.places.try_acquire() else {
        let message = "the registry is busy; try again / hệ thống đang bận, hãy thử lại";
        return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message));
    };
    timeout(shared.request_timeout, running).await.map_err(|_| {
        let message = "the request took too long / yêu cầu mất quá nhiều thời gian";
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message)
    })
}

/// Judges an operation of any kind and answers it by a stream.
pub(super) fn listen(
    shared: &Shared,
    asked: Asked,
) -> BoxStream<'static, Result<Response, Refusal>> {
    let shared = shared.clone();
    let answers = async move {
        match judge(&shared, asked).await {
            Ok(judged) => answers(&shared, judged).await,
            Err(refusal) => stream::once(async { Err(refusal) }).boxed(),
        }
    };
    stream::once(answers).flatten().boxed()
}

/// The answers to what was judged; all but subscriptions have one. Those have begun to listen then.
async fn answers(shared: &Shared, judged: Judged) -> BoxStream<'static, Result<Response, Refusal>> {
    match judged {
        Judged::Answered(response) => stream::once(async { Ok(told(*response)) }).boxed(),
        Judged::Admitted(admitted, _) if admitted.listens() => {
            shared.api.listen(*admitted).await.map(told).map(Ok).boxed()
        }
        Judged::Admitted(admitted, _) => {
            let shared = shared.clone();
            let answering =
                async move { run(&shared, shared.api.execute(*admitted)).await.map(told) };
            stream::once(answering).boxed()
        }
    }
}

fn is_turned_away(refused: &Response) -> bool {
    refused_status(refused, MediaType::Response) != StatusCode::BAD_REQUEST
}

/// Counts an answer that goes out.
fn told(response: Response) -> Response {
    let outcome = match (never_ran(&response), response.errors.is_empty()) {
        (true, _) => "refused",
        (false, true) => "ok",
        (false, false) => "errors",
    };
    count(outcome);
    response
}

fn count(outcome: &'static str) {
    counter!("graphql_requests_total", "outcome" => outcome).increment(1);
}

/// An answer as JSON, for what carries text only.
pub(super) fn text(response: &Response) -> serde_json::Result<String> {
    String::from_utf8(written(response)?).map_err(serde::ser::Error::custom)
}

/// Who asks, in which language, and why.
pub(super) fn visit(
    headers: &HeaderMap,
    principal: Principal,
    RequestId(id): &RequestId,
) -> Result<Visit, Refusal> {
    let purpose = purpose(headers)?;
    Ok(Visit {
        principal,
        language: language(headers),
        purpose,
        request_id: id.clone(),
        signature: BodySignature::Missing,
    })
}

/// The header that carries a partner's signature of the body.
const SIGNATURE: HeaderName = HeaderName::from_static("x-jws-signature");

/// Whether the body was signed by the partner whose token was shown.
async fn signature(
    shared: &Shared,
    headers: &HeaderMap,
    principal: &Principal,
    body: &[u8],
) -> Result<BodySignature, Refusal> {
    let mut shown = headers.get_all(SIGNATURE).iter();
    let jws = match (shown.next(), shown.next()) {
        (None, _) => return Ok(BodySignature::Missing),
        (Some(one), None) => one.to_str().unwrap_or_default(),
        (Some(_), Some(_)) => return Ok(BodySignature::Wrong),
    };
    let partner = principal.grant().partner();
    let judged = shared.gate.tokens().body_signature(partner, jws, body).await;
    judged.map_err(|error| {
        tracing::error!(code = error.code(), "signatures can't be checked");
        let message = "signatures can't be checked just now; try again / chưa kiểm tra được chữ ký, hãy thử lại";
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message)
    })
}

fn language(headers: &HeaderMap) -> Language {
    let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    asked.map(Language::from_accept_language).unwrap_or_default()
}

/// The header that tells why personal data is asked for in clear.
pub(super) const PURPOSE: HeaderName = HeaderName::from_static("x-purpose");

/// Why personal data is asked for in clear; as UTF-8, which HTTP carries though it has no name for it.
fn purpose(headers: &HeaderMap) -> Result<Option<Purpose>, Refusal> {
    let Some(given) = headers.get(PURPOSE) else { return Ok(None) };
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
    let status =
        if never_ran(&response) { refused_status(&response, media_type) } else { StatusCode::OK };
    match status {
        StatusCode::UNAUTHORIZED => response.http_headers.insert(header::WWW_AUTHENTICATE, BEARER),
        StatusCode::METHOD_NOT_ALLOWED => response.http_headers.insert(header::ALLOW, POST),
        _ => None,
    };
    let extra = std::mem::take(&mut response.http_headers);
    match written(&response) {
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
pub(super) fn panicked(_: Box<dyn Any + Send + 'static>) -> axum::response::Response {
    tracing::error!("a handler panicked");
    let message = "internal fault; report the X-Request-Id / lỗi nội bộ, hãy báo X-Request-Id";
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, message).into_response(MediaType::Json)
}
