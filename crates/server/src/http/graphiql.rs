//! The console, from the binary itself: government networks are closed, nothing is loaded from elsewhere.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, StatusCode, header};

/// Scripts and styles come from this server only; GraphiQL's editor sets styles of its own.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      font-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

pub(super) async fn page() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (OPENER_POLICY, "same-origin"),
    ];
    (headers, include_str!("../../assets/graphiql/index.html")).into_response()
}

pub(super) async fn file(Path(file): Path<String>) -> Response {
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    let (kind, text) = match file.as_str() {
        "start.js" => (SCRIPT, include_str!("../../assets/graphiql/start.js")),
        "graphiql.min.js" => (SCRIPT, include_str!("../../assets/graphiql/graphiql.min.js")),
        "react.production.min.js" => {
            (SCRIPT, include_str!("../../assets/graphiql/react.production.min.js"))
        }
        "react-dom.production.min.js" => {
            (SCRIPT, include_str!("../../assets/graphiql/react-dom.production.min.js"))
        }
        "graphiql.min.css" => {
            ("text/css; charset=utf-8", include_str!("../../assets/graphiql/graphiql.min.css"))
        }
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "max-age=86400"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}
