//! Accepting connections, and letting them go in good order.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::{Router, middleware};
use futures_util::FutureExt as _;
use http::{HeaderValue, header};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};
use tower_http::add_extension::AddExtension;
use tower_http::set_header::SetResponseHeaderLayer;

use super::connection::{self, Connection, Stage};
use super::tls::Certificate;
use crate::config::HttpSettings;

/// How long to wait when the system has no more handles for connections.
const BREATH: Duration = Duration::from_millis(50);

/// How long a leaving server still answers on connections that are kept alive, so that requests on
/// their way are not cut off.
const LINGER: Duration = Duration::from_millis(300);

/// Requests that one HTTP/2 connection may have under way.
const STREAMS_PER_CONNECTION: u32 = 100;

/// The largest head of an HTTP/2 request, in bytes.
const HTTP2_HEAD_LIMIT: u32 = 16 << 10;

/// How long a browser that came by TLS will insist on it: a year.
const STRICT_TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Serves until `stop` ends; then takes no new connection and lets running requests finish within the grace.
///
/// `axum::serve` sets no time limit for a request's head, so half-sent ones would stay for ever.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: &HttpSettings,
    certificate: Option<Certificate>,
    stop: impl Future<Output = ()>,
) {
    let (stage, _) = watch::channel(Stage::Serving);
    let host = Arc::new(Host::new(router, settings, certificate));
    let places = Arc::new(Semaphore::new(settings.max_connections));
    let mut stop = pin!(stop);
    loop {
        let accepted = async {
            // Those beyond the limit wait with the system.
            let place = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
            Ok((listener.accept().await?, place))
        };
        tokio::select! {
            accepted = accepted => match accepted {
                Ok((caller, place)) => host.receive(caller, place, &stage),
                Err(error) => rest_after(&error).await,
            },
            () = &mut stop => break,
        }
    }
    // Whoever is connected already was told nothing of our leaving, and may have asked.
    while let Ok(place) = Arc::clone(&places).try_acquire_owned()
        && let Some(Ok(caller)) = listener.accept().now_or_never()
    {
        host.receive(caller, place, &stage);
    }
    drop(listener);
    let farewell = async {
        stage.send_replace(Stage::Leaving);
        tokio::select! {
            () = stage.closed() => return,
            () = sleep(LINGER) => {}
        }
        stage.send_replace(Stage::Closing);
        stage.closed().await;
    };
    let grace = Duration::from_secs(settings.shutdown_grace_seconds);
    if timeout(grace, farewell).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
}

async fn rest_after(error: &io::Error) {
    tracing::warn!(%error, "cannot accept a connection");
    sleep(BREATH).await;
}

/// What all connections share.
struct Host {
    server: auto::Builder<TokioExecutor>,
    router: Router,
    certificate: Option<Certificate>,
    /// For a head, and for the first one to begin.
    head: Duration,
    /// Between two requests, and for sent bytes to arrive.
    idle: Duration,
}

impl Host {
    fn new(router: Router, settings: &HttpSettings, certificate: Option<Certificate>) -> Self {
        let head = Duration::from_secs(settings.header_timeout_seconds);
        let idle = Duration::from_secs(settings.idle_timeout_seconds);
        let mut server = auto::Builder::new(TokioExecutor::new());
        server.http1().timer(TokioTimer::new()).header_read_timeout(head);
        server
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS_PER_CONNECTION)
            .max_header_list_size(HTTP2_HEAD_LIMIT)
            .keep_alive_interval(idle)
            .keep_alive_timeout(head);
        let mut router = router.layer(middleware::from_fn(connection::attend));
        if certificate.is_some() {
            router = router.layer(SetResponseHeaderLayer::overriding(
                header::STRICT_TRANSPORT_SECURITY,
                STRICT_TRANSPORT,
            ));
        }
        Self { server, router, certificate, head, idle }
    }

    /// Serves one connection, in a task of its own.
    fn receive(
        self: &Arc<Self>,
        (stream, peer): (TcpStream, SocketAddr),
        place: OwnedSemaphorePermit,
        stage: &watch::Sender<Stage>,
    ) {
        // Small answers should not wait for more; a client that takes nothing should not stay.
        _ = stream.set_nodelay(true);
        let socket = SockRef::from(&stream);
        #[cfg(target_os = "linux")]
        {
            _ = socket.set_tcp_user_timeout(Some(self.idle));
        }
        // One that vanished without a word is found out, web sockets too.
        _ = socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(self.idle));
        let connection = Connection::new(peer.ip(), stage.subscribe(), place);
        let host = Arc::clone(self);
        let acceptor = self.certificate.as_ref().map(Certificate::acceptor);
        tokio::spawn(async move {
            let Some(acceptor) = acceptor else { return host.serve(stream, connection).await };
            match timeout(host.head, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => host.serve(stream, connection).await,
                Ok(Err(error)) => tracing::debug!(%error, "no agreement on TLS"),
                Err(_) => tracing::debug!("no agreement on TLS in time"),
            }
        });
    }

    async fn serve<S>(&self, stream: S, connection: Connection)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = AddExtension::new(self.router.clone(), connection.clone());
        let service = TowerToHyperService::new(service);
        let served = self.server.serve_connection_with_upgrades(TokioIo::new(stream), service);
        let mut served = pin!(served);
        let mut patience = self.head;
        let ended = loop {
            tokio::select! {
                ended = served.as_mut() => break ended,
                () = connection.requested() => {
                    patience = self.idle;
                    continue;
                }
                () = connection.reached(Stage::Closing) => {}
                () = sleep(patience) => {}
            }
            // What was begun is still finished.
            served.as_mut().graceful_shutdown();
            break served.await;
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "connection ended");
        }
    }
}
