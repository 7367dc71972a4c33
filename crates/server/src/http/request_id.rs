//! A name for every request, so that an answer and the log lines about it can be matched.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue};
use tracing::field::display;
use tracing::{Instrument, field};

use super::ClientAddress;

/// The header that carries it.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The longest name accepted from a client.
const LIMIT: usize = 64;

/// A request's name.
#[derive(Debug, Clone)]
pub(super) struct RequestId(pub(super) String);

/// Takes a sane name from the client or makes one; the answer carries it back.
pub(super) async fn attach(mut request: Request, next: Next) -> Response {
    let given = request.headers().get(&HEADER).and_then(|value| value.to_str().ok());
    let id = given.filter(|id| is_sane(id)).map_or_else(generate, str::to_owned);
    let client = request.extensions().get::<ClientAddress>().map(|client| display(client.0));
    let span = tracing::info_span!("request", id, client, token = field::Empty);
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.run(request).instrument(span).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

fn is_sane(id: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=LIMIT).contains(&id.len()) && id.bytes().all(letter)
}

fn generate() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    // Each state has keys of its own from the system's random source.
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u64(COUNT.fetch_add(1, Ordering::Relaxed));
    format!("{:016x}", hasher.finish())
}
