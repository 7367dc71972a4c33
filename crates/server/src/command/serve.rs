//! `registry serve`: migrate, fill the demo if asked, listen, and leave in good order.

use std::net::SocketAddr;
use std::sync::Arc;

use registry_demo::Scale;
use registry_domain::access::Principal;
use registry_domain::time::SystemClock;
use registry_graphql::{Api, Introspection, SchemaSettings};
use registry_persistence::Store;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{seed, tell};
use crate::config::{Config, Loaded};
use crate::error::ServerError;
use crate::http::{self, Certificate, Gate};
use crate::start;

/// Asks for the demo province in an empty registry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demo;

pub(super) async fn run(loaded: &Loaded, demo: Option<Demo>) -> Result<(), ServerError> {
    let address = loaded.config.http.listen;
    // First of all: a second server on the same address should not begin to fill a database.
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|reason| ServerError::CannotListen { address, reason })?;
    let certificate = loaded.config.tls.clone().map(Certificate::load).transpose()?;
    let mut store = start::migrate_and_open(loaded, Arc::new(SystemClock)).await?;
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
    let api = api(&store, &loaded.config);
    let gate = Gate::open_to(principal);
    let router = http::router(api, store.clone(), gate, &loaded.config.http)?;
    let address = listener.local_addr().unwrap_or(address);
    greet(address, if certificate.is_some() { "https" } else { "http" });
    http::serve(listener, router, &loaded.config.http, certificate, stopped()).await;
    store.close().await;
    Ok(())
}

/// The schema with the limits of the configuration.
fn api(store: &Store, config: &Config) -> Api {
    let graphql = &config.graphql;
    let settings = SchemaSettings {
        introspection: if graphql.introspection { Introspection::On } else { Introspection::Off },
        max_depth: graphql.max_depth,
        max_complexity: graphql.max_complexity,
        max_page: graphql.max_page,
    };
    Api::new(store.clone(), settings)
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
