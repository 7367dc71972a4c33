//! Accepting connections, and letting them go in good order.

use std::io;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

use crate::config::HttpSettings;

/// How long to wait when the system has no more handles for connections.
const BREATH: Duration = Duration::from_millis(50);

/// Serves until `stop` ends; then takes no new connection and lets running requests finish within the grace.
///
/// `axum::serve` sets no time limit for a request's head, so half-sent ones would stay for ever.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: &HttpSettings,
    stop: impl Future<Output = ()>,
) {
    let mut server = auto::Builder::new(TokioExecutor::new());
    let header_timeout = Duration::from_secs(settings.header_timeout_seconds);
    server.http1().timer(TokioTimer::new()).header_read_timeout(header_timeout);
    server.http2().timer(TokioTimer::new());
    let graceful = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // Small answers should not wait for more.
                    _ = stream.set_nodelay(true);
                    let service = TowerToHyperService::new(router.clone());
                    let connection = server.serve_connection_with_upgrades(TokioIo::new(stream), service);
                    let connection = graceful.watch(connection.into_owned());
                    tokio::spawn(async move {
                        if let Err(error) = connection.await {
                            tracing::debug!(%error, "connection ended");
                        }
                    });
                }
                Err(error) => rest_after(&error).await,
            },
            () = &mut stop => break,
        }
    }
    drop(listener);
    let grace = Duration::from_secs(settings.shutdown_grace_seconds);
    if tokio::time::timeout(grace, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
}

async fn rest_after(error: &io::Error) {
    tracing::warn!(%error, "cannot accept a connection");
    tokio::time::sleep(BREATH).await;
}
