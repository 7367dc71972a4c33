//! What the world may know of the registry's tokens, and where partners' machines get theirs
//! (RFC 6749, 7517, 7523, 8414).

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use registry_domain::access::{Principal, Scope};
use serde_json::{Value, json};

use super::Shared;
use super::client_address::ClientAddress;
use super::graphql::MediaType;
use super::request_id::RequestId;
use crate::token::{AssertionRefused, GRANT_SECONDS};

/// The largest form, in bytes.
const FORM_LIMIT: usize = 16 << 10;

/// How long others may keep the public keys.
const KEPT: &str = "public, max-age=300";

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The public keys.
pub(super) async fn keys(State(shared): State<Shared>) -> Response {
    match shared.gate.tokens().key_set().await {
        Ok(keys) => ([(header::CACHE_CONTROL, KEPT)], Json(keys)).into_response(),
        Err(error) => {
            tracing::error!(code = error.code(), "keys can't be read");
            OauthError::Unavailable.into_response()
        }
    }
}

/// What a client's program must know.
pub(super) async fn metadata(State(shared): State<Shared>) -> Response {
    ([(header::CACHE_CONTROL, KEPT)], Json(shared.gate.tokens().metadata())).into_response()
}

/// Exchanges a partner's assertion for a token.
pub(super) async fn token(
    State(shared): State<Shared>,
    Extension(request_id): Extension<RequestId>,
    address: ClientAddress,
    headers: HeaderMap,
    body: Body,
) -> Response {
    // Nobody has shown who it is yet.
    if let Err(refusal) = shared.rates.take(&Principal::anonymous(), address, 1) {
        return refusal.of(&request_id).into_response(MediaType::Json);
    }
    let RequestId(request_id) = request_id;
    let answered = async {
        let form = Form::read(&headers, body).await?;
        let tokens = shared.gate.tokens();
        let granted = tokens.redeem(&form.assertion, form.client_id.as_deref(), &request_id).await;
        let granted = granted?;
        Ok::<_, OauthError>(json!({
            "access_token": granted.token,
            "token_type": "Bearer",
            "expires_in": GRANT_SECONDS,
            "scope": granted.scope,
        }))
    };
    match tokio::time::timeout(shared.request_timeout, answered).await {
        Ok(Ok(granted)) => unkept(StatusCode::OK, granted),
        Ok(Err(error)) => error.into_response(),
        Err(_) => OauthError::Unavailable.into_response(),
    }
}

/// What a partner's machine sends.
struct Form {
    assertion: String,
    client_id: Option<String>,
}

impl Form {
    async fn read(headers: &HeaderMap, body: Body) -> Result<Self, OauthError> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(OauthError::Request("send a form"));
        }
        let body = to_bytes(body, FORM_LIMIT).await;
        let body = body.map_err(|_| OauthError::Request("the form is too large"))?;
        let pairs = serde_urlencoded::from_bytes::<Vec<(String, String)>>(&body);
        let mut pairs = pairs.map_err(|_| OauthError::Request("the form is malformed"))?;
        let mut take = |name: &str| {
            let at = pairs.iter().position(|(key, _)| key == name)?;
            Some(pairs.swap_remove(at).1)
        };
        let grant_type = take("grant_type");
        let assertion_type = take("client_assertion_type");
        let assertion = take("client_assertion");
        let (client_id, scope) = (take("client_id"), take("scope"));
        // Whatever is left under one of these names stood there twice.
        let known =
            ["grant_type", "client_assertion_type", "client_assertion", "client_id", "scope"];
        if pairs.iter().any(|(key, _)| known.contains(&key.as_str())) {
            return Err(OauthError::Request("a parameter is there twice"));
        }
        match grant_type.as_deref() {
            Some("client_credentials") => {}
            Some(_) => return Err(OauthError::GrantType),
            None => return Err(OauthError::Request("grant_type is missing")),
        }
        if scope.is_some_and(|scope| scope != Scope::CertificatesReport.name()) {
            return Err(OauthError::Scope);
        }
        match (assertion_type.as_deref(), assertion) {
            (Some(ASSERTION_TYPE), Some(assertion)) => Ok(Self { assertion, client_id }),
            _ => Err(OauthError::Request("client_assertion or its type is missing")),
        }
    }
}

/// The failures of RFC 6749, section 5.2.
enum OauthError {
    Request(&'static str),
    Client,
    GrantType,
    Scope,
    Unavailable,
}

impl From<AssertionRefused> for OauthError {
    fn from(refused: AssertionRefused) -> Self {
        match refused {
            AssertionRefused::Invalid => Self::Client,
            AssertionRefused::Unavailable(error) => {
                tracing::error!(code = error.code(), "a token could not be issued");
                Self::Unavailable
            }
        }
    }
}

impl IntoResponse for OauthError {
    fn into_response(self) -> Response {
        let (status, error, description) = match self {
            Self::Request(what) => (StatusCode::BAD_REQUEST, "invalid_request", what),
            Self::Client => {
                (StatusCode::UNAUTHORIZED, "invalid_client", "the client assertion is not valid")
            }
            Self::GrantType => {
                (StatusCode::BAD_REQUEST, "unsupported_grant_type", "use client_credentials")
            }
            Self::Scope => {
                (StatusCode::BAD_REQUEST, "invalid_scope", "partners get certificates:report")
            }
            Self::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "try again")
            }
        };
        let mut told = unkept(status, json!({ "error": error, "error_description": description }));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            told.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        told
    }
}

/// An answer that nobody may keep.
fn unkept(status: StatusCode, body: Value) -> Response {
    let headers = [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")];
    (status, headers, Json(body)).into_response()
}
