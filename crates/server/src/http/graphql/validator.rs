//! Answers that hold for a while, told again only to those who don't have them (RFC 9110, 13).

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use http::header::GetAll;
use http::{HeaderValue, StatusCode, header};
use registry_graphql::Kept;

use super::media::MediaType;
use super::refusal;

/// Anyone may keep it, and must ask about it each time.
const ASK_EACH_TIME: HeaderValue = HeaderValue::from_static("no-cache");

/// What of a request decides on its answer beside its address.
const VARY: HeaderValue =
    HeaderValue::from_static("accept, accept-encoding, accept-language, authorization");

/// Writes an answer. Whoever shows no token and asks by GET may say which ones are `known`; what is told to
/// others is no one's to keep.
pub(super) fn answer(
    kept: Kept,
    media_type: MediaType,
    known: Option<GetAll<'_, HeaderValue>>,
) -> Response {
    let Some(known) = known else {
        return refusal::answer(StatusCode::OK, media_type, kept.body.into());
    };
    let mut answered = if is_known(&kept.tag, &known) {
        // Its length would be taken for that of the answer.
        let nothing = Body::from_stream(stream::empty::<Result<Bytes, Infallible>>());
        (StatusCode::NOT_MODIFIED, nothing).into_response()
    } else {
        refusal::answer(StatusCode::OK, media_type, kept.body.into())
    };
    let headers = answered.headers_mut();
    headers.insert(header::CACHE_CONTROL, ASK_EACH_TIME);
    headers.insert(header::VARY, VARY);
    headers.insert(header::ETAG, kept.tag);
    answered
}

/// Compared weakly: whether the tag is marked as weak doesn't count.
fn is_known(tag: &HeaderValue, known: &GetAll<'_, HeaderValue>) -> bool {
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let Ok(tag) = tag.to_str().map(strong) else { return false };
    let told = known.iter().filter_map(|value| value.to_str().ok());
    told.flat_map(|value| value.split(',')).any(|one| one.trim() == "*" || strong(one) == tag)
}
