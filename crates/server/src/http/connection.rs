//! What a request knows of the connection it came by, and the limits that hold for a connection.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Extension;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderValue, StatusCode, Version, header};
use tokio::sync::{Notify, OwnedSemaphorePermit, watch};

/// A connection. Whoever goes on after its HTTP has ended, as sockets do, keeps a clone: it holds the
/// connection's place, and the server waits for it when it leaves.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    /// Who is at the other end; a proxy perhaps.
    pub(super) peer: IpAddr,
    leaving: watch::Receiver<Stage>,
    requested: Arc<Notify>,
    _place: Arc<OwnedSemaphorePermit>,
}

/// Whether the server goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// It does.
    Serving,
    /// It answers what comes, and asks to be left.
    Leaving,
    /// It only finishes what it has begun.
    Closing,
}

impl Connection {
    pub(super) fn new(
        peer: IpAddr,
        leaving: watch::Receiver<Stage>,
        place: OwnedSemaphorePermit,
    ) -> Self {
        Self { peer, leaving, requested: Arc::default(), _place: Arc::new(place) }
    }

    /// Ends when the server comes to `stage`.
    pub(super) async fn reached(&self, stage: Stage) {
        // A server that is gone has left.
        _ = self.leaving.clone().wait_for(|now| *now >= stage).await;
    }

    /// Ends when another request has come.
    pub(super) async fn requested(&self) {
        self.requested.notified().await;
    }

    fn is_left(&self) -> bool {
        *self.leaving.borrow() != Stage::Serving
    }
}

/// Notes that a request came. Once the server is leaving, the answer asks the client to go elsewhere:
/// closing an idle connection instead could cross with a request that is already on its way.
pub(super) async fn attend(
    Extension(connection): Extension<Connection>,
    request: Request,
    next: Next,
) -> Response {
    connection.requested.notify_one();
    let version = request.version();
    let mut response = next.run(request).await;
    let ends_by_header =
        version < Version::HTTP_2 && response.status() != StatusCode::SWITCHING_PROTOCOLS;
    if ends_by_header && connection.is_left() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
