//! Getting things from other servers over HTTP: small answers, in time, from nowhere else.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use http::{HeaderValue, Request, StatusCode, Uri, header};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::{ClientConfig, RootCertStore};

use crate::error::ServerError;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) type HttpClient = Client<HttpsConnector<HttpConnector>, Body>;

/// Whether the machine's trusted authorities are needed at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Schemes {
    HttpOnly,
    Https,
}

impl Schemes {
    pub(crate) fn of(url: &str) -> Self {
        if url.starts_with("http:") { Self::HttpOnly } else { Self::Https }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("no answer in time / không trả lời kịp")]
    Slow,
    #[error("no connection: {0} / không kết nối được")]
    Unreachable(#[from] hyper_util::client::legacy::Error),
    #[error("no request: {0}")]
    Request(#[from] http::Error),
    #[error("status {0}")]
    Status(StatusCode),
    #[error("the answer is too large or was cut off / câu trả lời quá lớn hoặc bị cắt")]
    Body,
}

/// Gets what is at an address; at most `limit` bytes.
pub(crate) async fn get(
    client: &HttpClient,
    address: &Uri,
    authorization: Option<&HeaderValue>,
    limit: usize,
) -> Result<Vec<u8>, FetchError> {
    let mut request = Request::get(address);
    if let Some(authorization) = authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    let request = request.body(Body::empty())?;
    let body = async {
        let response = client.request(request).await?;
        // The client follows no redirect: an answer that points elsewhere is none.
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status()));
        }
        let body = to_bytes(Body::new(response.into_body()), limit).await;
        body.map_err(|_| FetchError::Body)
    };
    let body = tokio::time::timeout(PATIENCE, body).await.map_err(|_| FetchError::Slow)??;
    Ok(body.to_vec())
}

/// A client that trusts whom the machine trusts; a government's network may have its own authority.
pub(crate) fn client(schemes: Schemes) -> Result<HttpClient, ServerError> {
    let wrong = |error: &dyn Display| ServerError::Configuration(format!("no TLS: {error}"));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(&error))?;
    let tls = match schemes {
        Schemes::Https => tls.with_native_roots().map_err(|error| wrong(&error))?,
        Schemes::HttpOnly => tls.with_root_certificates(RootCertStore::empty()),
    };
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls.with_no_client_auth())
        .https_or_http()
        .enable_http1()
        .build();
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}
