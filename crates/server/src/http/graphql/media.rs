//! The media types of answers, and which one a client likes best.

use http::{HeaderMap, header};

/// A media type of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum MediaType {
    /// `application/graphql-response+json`: the status tells whether the request could be executed.
    Response,
    /// `application/json`: the status tells only whether there was a GraphQL request.
    Json,
}

/// How a client wants to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Once.
    Whole(MediaType),
    /// Event by event, as `text/event-stream`.
    Events,
}

impl MediaType {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Response => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

impl Form {
    /// What the client likes best; `None` if it takes nothing of it.
    pub(super) fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let accepted: Vec<_> = headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        if accepted.is_empty() {
            return Some(Self::Whole(MediaType::Json));
        }
        let accepted = accepted.join(",");
        let response = quality(&accepted, &["application/graphql-response+json"]);
        let json = quality(&accepted, &["application/json", "application/*", "*/*"]);
        let events = quality(&accepted, &["text/event-stream"]);
        if events > response.max(json) {
            Some(Self::Events)
        } else if response <= 0.0 && json <= 0.0 {
            None
        } else {
            Some(Self::Whole(if response >= json { MediaType::Response } else { MediaType::Json }))
        }
    }
}

/// The weight that an `Accept` value gives to any of `types`.
fn quality(accept: &str, types: &[&str]) -> f32 {
    let ranges = accept.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let wanted = parts.next()?.to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q="));
        types
            .contains(&wanted.as_str())
            .then(|| weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)))
    });
    ranges.fold(0.0, f32::max)
}
