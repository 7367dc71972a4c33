//! The HTTP server: GraphQL, its console, health and metrics. Knows the schema only as something to execute.

mod client_address;
mod connection;
mod events;
mod gate;
mod graphiql;
mod graphql;
mod health;
mod log;
mod oauth;
mod rate;
mod request_id;
mod serve;
mod tls;
mod websocket;

use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{any, get, post};
use http::{HeaderValue, StatusCode, header};
use metrics::{SharedString, counter, histogram};
use registry_graphql::Api;
use registry_persistence::Store;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate as _, SizeAbove};
use tower_http::cors::CorsLayer;

use crate::config::{HttpSettings, RateSettings};
use crate::error::ServerError;
use crate::telemetry;
use crate::token::{KEYS_PATH, TOKEN_PATH};
use client_address::Proxies;
use graphql::Sizes;
use rate::Rates;

pub use client_address::ClientAddress;
pub use gate::Gate;
pub use serve::serve;
pub use tls::Certificate;

/// Answers below this size are sent as they are.
const COMPRESSED_FROM: u64 = 1_024;

/// What handlers share. Every request takes a clone or two, so it is one count only.
#[derive(Debug, Clone)]
struct Shared(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    api: Api,
    store: Store,
    gate: Gate,
    rates: Rates,
    body_limit: usize,
    body_timeout: Duration,
    request_timeout: Duration,
    /// How long a socket may ask for nothing.
    idle: Duration,
    /// Origins that browsers may open sockets from, beside the server's own.
    origins: Vec<String>,
    places: Semaphore,
}

impl Deref for Shared {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Parts {
    fn sizes(&self) -> Sizes {
        Sizes { body: self.body_limit, variables: self.api.settings().max_variables_bytes }
    }
}

/// The routes, behind a gate.
pub fn router(
    api: Api,
    store: Store,
    gate: Gate,
    settings: &HttpSettings,
    rate: &RateSettings,
) -> Result<Router, ServerError> {
    telemetry::recorder();
    let shared = Shared(Arc::new(Parts {
        api,
        rates: Rates::new(&store, rate),
        store,
        gate,
        body_limit: settings.body_limit,
        body_timeout: Duration::from_secs(settings.body_timeout_seconds),
        request_timeout: Duration::from_secs(settings.request_timeout_seconds),
        idle: Duration::from_secs(settings.idle_timeout_seconds),
        origins: settings.cors_origins.clone(),
        places: Semaphore::new(settings.max_concurrent),
    }));
    // Events would be held back until there are enough of them to be compressed.
    let compressed =
        SizeAbove::new(COMPRESSED_FROM).and(NotForContentType::const_new("text/event-stream"));
    let proxies = Proxies::new(settings);
    let router = Router::new()
        .route("/graphql", any(graphql::handle))
        .route("/", get(graphiql::page))
        .route("/graphiql/{file}", get(graphiql::file))
        .route("/log/checkpoint", get(log::checkpoint))
        .route("/log/tile/{*path}", get(log::tile))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route(KEYS_PATH, get(oauth::keys))
        .route("/.well-known/oauth-authorization-server", get(oauth::metadata))
        .route(TOKEN_PATH, post(oauth::token))
        .route("/metrics", get(async || telemetry::metrics()))
        .fallback(graphql::not_found)
        .with_state(shared)
        // Together they cost a request less than one by one. The first sees it first.
        .layer((
            middleware::from_fn_with_state(proxies, client_address::attach),
            middleware::from_fn(request_id::attach),
            middleware::from_fn(observe),
            CompressionLayer::new().compress_when(compressed),
            CatchPanicLayer::custom(graphql::panicked),
        ));
    Ok(if settings.cors_origins.is_empty() { router } else { router.layer(cors(settings)?) })
}

fn cors(settings: &HttpSettings) -> Result<CorsLayer, ServerError> {
    let origins = settings.cors_origins.iter().map(|origin| {
        let wrong = |_| ServerError::Configuration(format!("http.cors_origins: {origin}"));
        HeaderValue::from_str(origin).map_err(wrong)
    });
    let origins = origins.collect::<Result<Vec<_>, _>>()?;
    Ok(CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([http::Method::GET, http::Method::POST])
        .allow_headers([
            header::CONTENT_TYPE,
            header::AUTHORIZATION,
            header::ACCEPT_LANGUAGE,
            header::IF_NONE_MATCH,
            graphql::PURPOSE,
        ])
        .expose_headers([
            request_id::HEADER,
            rate::POLICY,
            rate::STATE,
            header::RETRY_AFTER,
            header::ETAG,
        ]))
}

/// Counts and times requests by route and status.
async fn observe(request: Request, next: Next) -> Response<Body> {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or_else(
        || SharedString::const_str("other"),
        |route| SharedString::from_shared(route.as_str().into()),
    );
    let response = next.run(request).await;
    tracing::debug!(%route, status = response.status().as_u16(), "answered");
    let status = response.status().as_u16().to_string();
    counter!("http_requests_total", "route" => route.clone(), "status" => status).increment(1);
    histogram!("http_request_seconds", "route" => route).record(started.elapsed().as_secs_f64());
    if response.status() >= StatusCode::INTERNAL_SERVER_ERROR {
        tracing::warn!(status = response.status().as_u16(), "request failed");
    }
    response
}
