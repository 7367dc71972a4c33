//! `registry serve`: migrate, fill the demo if asked, listen, and leave in good order.

use std::net::SocketAddr;
use std::sync::Arc;

use registry_demo::Scale;
use registry_domain::access::Principal;
use registry_domain::time::SystemClock;
use registry_graphql::Api;
use registry_persistence::Durability;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{seed, tell};
use crate::config::{Config, Loaded};
use crate::error::ServerError;
use crate::http::{self, Certificate, Gate};
use crate::token::Tokens;
use crate::{start, telemetry};

/// Asks for the demo province in an empty registry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demo;

pub(super) async fn run(loaded: &Loaded, demo: Option<Demo>) -> Result<(), ServerError> {
    let address = loaded.config.http.listen;
    // First of all: a second server on the same address should not begin to fill a database.
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|reason| ServerError::CannotListen { address, reason })?;
    let certificate = loaded.config.tls.clone().map(Certificate::load).transpose()?;
    let mut store =
        start::migrate_and_open(loaded, Arc::new(SystemClock), Durability::Acknowledged).await?;
    if demo.is_some() && seed::is_due(&store, Scale::Province).await? {
        tell("filling the demo province; this takes about half a minute / đang sinh dữ liệu mẫu");
        store.close().await;
        seed::fill(loaded, Scale::Province).await?;
        store = start::open_store(loaded).await?;
    }
    let principal = if loaded.config.access.development {
        Principal::development()
    } else {
        Principal::anonymous()
    };
    let tokens = Arc::new(Tokens::new(store.clone(), &loaded.config.access)?);
    tokens.make_first_key().await?;
    let api = Api::new(
        store.clone(),
        tokens.clone(),
        loaded.config.graphql,
        loaded.config.reporting.rules(),
        loaded.config.http.kept_answers_bytes,
    );
    store.keep_sequencing();
    let gate = Gate::open_to(principal, tokens);
    let Config { http: settings, rate, .. } = &loaded.config;
    let router = http::router(api, store.clone(), gate, settings, rate)?;
    let address = listener.local_addr().unwrap_or(address);
    greet(address, if certificate.is_some() { "https" } else { "http" });
    tokio::select! {
        () = http::serve(listener, router, settings, certificate, stopped()) => {}
        never = telemetry::keep_up() => match never {},
    }
    store.close().await;
    Ok(())
}

fn greet(address: SocketAddr, scheme: &str) {
    tell(format!("listening on {scheme}://{address}/graphql / máy chủ đang chạy"));
    tell(format!("in a browser / mở bằng trình duyệt: {scheme}://{address}/"));
    tell("try / dùng thử:");
    tell(format!(
        "  curl -s {scheme}://{address}/graphql -H 'Content-Type: application/json' \\\n    -d '{{\"query\":\"{{ units(filter: {{search: \\\"vi tan\\\"}}) {{ nodes {{ code name }} }} }}\"}}'"
    ));
}

/// Ends when the process is told to stop.
async fn stopped() {
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => _ = signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
    tracing::info!("stopping");
}
