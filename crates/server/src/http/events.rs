//! GraphQL over server-sent events, a connection an operation
//! (<https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md>). Knows streams, nothing of the schema.

use std::convert::Infallible;
use std::time::Duration;

use async_graphql::Response;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use http::header;
use serde_json::json;

use super::connection::{Connection, Stage};
use super::gate::{Admitted, Gate};
use super::graphql::{Refusal, text};

/// How often something is sent when nothing happens, so that proxies keep the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(12);

/// An operation that is told event by event.
struct Telling {
    answers: BoxStream<'static, Result<Response, Refusal>>,
    gate: Gate,
    admitted: Admitted,
    connection: Connection,
    next: Step,
}

/// What comes next.
#[derive(Debug, Clone, Copy)]
enum Step {
    Answer,
    Complete,
    End,
}

/// Sends answers as they come, until they end or their asker may not hear them any more.
pub(super) fn answer(
    answers: BoxStream<'static, Result<Response, Refusal>>,
    gate: Gate,
    admitted: Admitted,
    connection: Connection,
) -> axum::response::Response {
    let telling = Telling { answers, gate, admitted, connection, next: Step::Answer };
    let events = Sse::new(events(telling)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    // Proxies that gather answers would hold events back.
    ([(header::CACHE_CONTROL, "no-store"), (BUFFERING, "no")], events).into_response()
}

const BUFFERING: http::HeaderName = http::HeaderName::from_static("x-accel-buffering");

fn events(telling: Telling) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(telling, async |mut telling| {
        let event = telling.event().await?;
        Some((Ok(event), telling))
    })
}

impl Telling {
    async fn event(&mut self) -> Option<Event> {
        match self.next {
            Step::Answer => {}
            Step::Complete => {
                self.next = Step::End;
                return Some(Event::default().event("complete").data(""));
            }
            Step::End => return None,
        }
        let answer = tokio::select! {
            answer = self.answers.next() => answer,
            refusal = self.gate.dismissal(&self.admitted) => Some(Err(refusal)),
            // Without `complete`, so that the client asks again elsewhere.
            () = self.connection.reached(Stage::Closing) => return None,
        };
        match answer {
            Some(Ok(response)) => match text(&response) {
                Ok(text) => Some(Event::default().event("next").data(text)),
                Err(error) => {
                    tracing::error!(%error, "an answer could not be written");
                    None
                }
            },
            Some(Err(refusal)) => {
                self.next = Step::Complete;
                let refused = json!({ "errors": [refusal.error()] });
                Some(Event::default().event("next").data(refused.to_string()))
            }
            None => {
                self.next = Step::End;
                Some(Event::default().event("complete").data(""))
            }
        }
    }
}
