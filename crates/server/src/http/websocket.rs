//! GraphQL over a socket, by `graphql-transport-ws`
//! (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>). Knows messages, nothing of the schema.

use std::collections::HashMap;
use std::time::Duration;

use async_graphql::{Request, Response};
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use futures_util::stream::{self, AbortHandle, BoxStream, SelectAll, StreamExt as _};
use http::uri::{Authority, Uri};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use registry_graphql::{Operations as Kinds, Visit, never_ran};
use serde::ser::Error as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use tokio::time::{sleep, timeout};

use super::Shared;
use super::client_address::ClientAddress;
use super::connection::{Connection, Stage};
use super::gate::Admitted;
use super::graphql::{Asked, Members, Refusal, from_members, listen, text, visit};
use super::request_id::RequestId;

/// The only protocol spoken.
const PROTOCOL: &str = "graphql-transport-ws";

/// How long a client may take to say who it is.
const INIT_PATIENCE: Duration = Duration::from_secs(3);

/// How long a client may take to read a message. None is made before the one before it was read.
const READ_PATIENCE: Duration = Duration::from_secs(10);

/// How long the last words may take.
const CLOSE_PATIENCE: Duration = Duration::from_secs(1);

/// Operations that one socket may have under way.
const OPERATIONS_LIMIT: usize = 50;

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Heard {
    ConnectionInit { payload: Option<Map<String, Value>> },
    Ping,
    Pong,
    Subscribe { id: String, payload: Map<String, Value> },
    Complete { id: String },
}

/// What the server says.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    ConnectionAck,
    Pong,
    Next {
        id: String,
        #[serde(serialize_with = "as_written")]
        payload: Box<Response>,
    },
    Error {
        id: String,
        payload: Value,
    },
    Complete {
        id: String,
    },
}

/// Why a socket is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Closing {
    /// The client went, or the line broke.
    Gone,
    Leaving,
    Internal,
    Slow,
    Idle,
    Malformed,
    NotInitialised,
    Forbidden,
    NoProtocol,
    InitTimeout,
    Duplicate,
    InitTwice,
}

impl Closing {
    const fn frame(self) -> Option<(u16, &'static str)> {
        Some(match self {
            Self::Gone => return None,
            Self::Leaving => (1001, "The server is leaving"),
            Self::Internal => (1011, "Internal fault"),
            Self::Idle => (1000, "Nothing was asked for"),
            Self::Slow => (1008, "Messages are read too slowly"),
            Self::Malformed => (4400, "Malformed or too large a message"),
            Self::NotInitialised => (4401, "Unauthorized"),
            Self::Forbidden => (4403, "Forbidden"),
            Self::NoProtocol => (4406, "Subprotocol not acceptable"),
            Self::InitTimeout => (4408, "Connection initialisation timeout"),
            Self::Duplicate => (4409, "Subscriber for the id already exists"),
            Self::InitTwice => (4429, "Too many initialisation requests"),
        })
    }
}

/// A socket and all that is known of who opened it.
struct Talk {
    socket: WebSocket,
    shared: Shared,
    connection: Connection,
    address: ClientAddress,
    headers: HeaderMap,
    request_id: RequestId,
}

/// Turns a request into a socket. Browsers open sockets for any page, so its origin must be known.
pub(super) fn open(
    shared: Shared,
    connection: Connection,
    address: ClientAddress,
    headers: &HeaderMap,
    request_id: &RequestId,
    upgrade: WebSocketUpgrade,
) -> Result<axum::response::Response, Refusal> {
    if !is_from_here(headers) && !is_from_known_origin(headers, &shared.origins) {
        let message = "sockets from this origin are not allowed; see http.cors_origins";
        return Err(Refusal::new(StatusCode::FORBIDDEN, message));
    }
    let limit = shared.body_limit;
    let upgrade = upgrade.protocols([PROTOCOL]).max_message_size(limit).max_frame_size(limit);
    if upgrade.selected_protocol().is_none() && upgrade.requested_protocols().next().is_some() {
        return Err(Refusal::bad(format!("the subprotocol is {PROTOCOL}")));
    }
    let (headers, request_id) = (headers.clone(), request_id.clone());
    Ok(upgrade.on_upgrade(async move |socket| {
        let mut talk = Talk { socket, shared, connection, address, headers, request_id };
        let closing = talk.hold().await;
        // Whoever does not listen to the last words is left without them.
        _ = timeout(CLOSE_PATIENCE, talk.end(closing)).await;
    }))
}

/// Whether the page was served by this server, or no page is involved.
fn is_from_here(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = origin.as_ref().and_then(Uri::authority).map(Authority::as_str);
    authority.is_some() && authority == host
}

fn is_from_known_origin(headers: &HeaderMap, known: &[String]) -> bool {
    let origin = headers.get(header::ORIGIN).map(HeaderValue::as_bytes);
    known.iter().any(|known| Some(known.as_bytes()) == origin)
}

impl Talk {
    async fn hold(&mut self) -> Closing {
        if self.socket.protocol().is_none() {
            return Closing::NoProtocol;
        }
        let admitted = match timeout(INIT_PATIENCE, self.introduce()).await {
            Ok(Ok(admitted)) => admitted,
            Ok(Err(closing)) => return closing,
            Err(_) => return Closing::InitTimeout,
        };
        let Ok(visit) = visit(&self.headers, admitted.principal.clone(), &self.request_id) else {
            return Closing::Malformed;
        };
        let gate = self.shared.gate.clone();
        tokio::select! {
            closing = self.converse(&visit) => closing,
            _ = gate.dismissal(&admitted) => Closing::Forbidden,
        }
    }

    /// Says why it is over, and reads what is still on its way: unread, it would take the last words
    /// with it.
    async fn end(&mut self, closing: Closing) {
        if let Some((code, reason)) = closing.frame() {
            let frame = CloseFrame { code, reason: reason.into() };
            _ = self.socket.send(Message::Close(Some(frame))).await;
        }
        while let Some(Ok(_)) = self.socket.recv().await {}
    }

    /// Hears who it is.
    async fn introduce(&mut self) -> Result<Admitted, Closing> {
        let payload = loop {
            match self.hear().await? {
                Heard::ConnectionInit { payload } => break payload.unwrap_or_default(),
                Heard::Ping => self.say(&Said::Pong).await?,
                Heard::Subscribe { .. } => return Err(Closing::NotInitialised),
                Heard::Pong | Heard::Complete { .. } => {}
            }
        };
        let named = payload.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        let credential = match named.map(|(_, value)| value) {
            None | Some(Value::Null) => self.headers.get(header::AUTHORIZATION).cloned(),
            Some(Value::String(text)) => {
                Some(HeaderValue::from_str(text).map_err(|_| Closing::Forbidden)?)
            }
            Some(_) => return Err(Closing::Forbidden),
        };
        let admitted = self.shared.gate.admit_by(credential.as_ref()).await;
        let admitted = admitted.map_err(|_| Closing::Forbidden)?;
        self.say(&Said::ConnectionAck).await?;
        Ok(admitted)
    }

    async fn converse(&mut self, visit: &Visit) -> Closing {
        let mut operations = Operations::default();
        let connection = self.connection.clone();
        let idle = self.shared.idle;
        loop {
            let done = tokio::select! {
                heard = self.hear() => match heard {
                    Ok(heard) => self.obey(heard, visit, &mut operations).await,
                    Err(closing) => Err(closing),
                },
                Some(said) = operations.next() => self.say(&said).await,
                () = sleep(idle), if operations.are_none() => Err(Closing::Idle),
                () = connection.reached(Stage::Closing) => Err(Closing::Leaving),
            };
            if let Err(closing) = done {
                return closing;
            }
        }
    }

    async fn obey(
        &mut self,
        heard: Heard,
        visit: &Visit,
        operations: &mut Operations,
    ) -> Result<(), Closing> {
        match heard {
            Heard::ConnectionInit { .. } => Err(Closing::InitTwice),
            Heard::Ping => self.say(&Said::Pong).await,
            Heard::Pong => Ok(()),
            Heard::Complete { id } => {
                operations.end(&id);
                Ok(())
            }
            Heard::Subscribe { id, payload } => {
                if operations.has(&id) {
                    return Err(Closing::Duplicate);
                }
                let variables = self.shared.sizes().variables;
                let request = members(payload).and_then(|all| from_members(all, variables));
                let request = request.and_then(|request| operations.take(request));
                match request {
                    Ok(request) => {
                        let visit = visit.clone();
                        let (operations_meant, address) = (Kinds::All, self.address);
                        let asked = Asked { request, operations: operations_meant, visit, address };
                        operations.begin(id, listen(&self.shared, asked));
                        Ok(())
                    }
                    Err(refusal) => self.say(&refused(id, &refusal)).await,
                }
            }
        }
    }

    async fn hear(&mut self) -> Result<Heard, Closing> {
        loop {
            match self.socket.recv().await {
                Some(Ok(Message::Text(text))) => {
                    return serde_json::from_str(&text).map_err(|_| Closing::Malformed);
                }
                // The socket's own pings are answered below us.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Binary(_)) | Err(_)) => return Err(Closing::Malformed),
                Some(Ok(Message::Close(_))) | None => return Err(Closing::Gone),
            }
        }
    }

    async fn say(&mut self, said: &Said) -> Result<(), Closing> {
        let text = serde_json::to_string(said).map_err(|error| {
            tracing::error!(%error, "an answer could not be written");
            Closing::Internal
        })?;
        match timeout(READ_PATIENCE, self.socket.send(Message::Text(text.into()))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Closing::Gone),
            Err(_) => Err(Closing::Slow),
        }
    }
}

fn members(payload: Map<String, Value>) -> Result<Members, Refusal> {
    let raw = |(name, value)| Ok((name, to_raw_value(&value)?));
    let members: serde_json::Result<Members> = payload.into_iter().map(raw).collect();
    members.map_err(|_| Refusal::bad("the payload is not JSON"))
}

fn as_written<S: Serializer>(response: &Response, serializer: S) -> Result<S::Ok, S::Error> {
    let written = text(response).and_then(RawValue::from_string).map_err(S::Error::custom)?;
    written.serialize(serializer)
}

fn refused(id: String, refusal: &Refusal) -> Said {
    Said::Error { id, payload: Value::Array(vec![refusal.error()]) }
}

/// An operation's id with what comes of it; `None` at its end.
type Answer = (String, Option<Result<Response, Refusal>>);

/// What a socket has under way.
#[derive(Default)]
struct Operations {
    answers: SelectAll<BoxStream<'static, Answer>>,
    handles: HashMap<String, AbortHandle>,
}

impl Operations {
    fn has(&self, id: &str) -> bool {
        self.handles.contains_key(id)
    }

    fn are_none(&self) -> bool {
        self.handles.is_empty()
    }

    /// Refuses a request that would be one too many.
    fn take(&self, request: Request) -> Result<Request, Refusal> {
        if self.handles.len() < OPERATIONS_LIMIT {
            return Ok(request);
        }
        let message = format!("a socket has at most {OPERATIONS_LIMIT} operations under way");
        Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, message).with("limit", OPERATIONS_LIMIT))
    }

    fn begin(&mut self, id: String, answers: BoxStream<'static, Result<Response, Refusal>>) {
        let named = id.clone();
        let ended = stream::once(async { None });
        let answers = answers.map(Some).chain(ended).map(move |answer| (named.clone(), answer));
        let (answers, handle) = stream::abortable(answers);
        self.answers.push(answers.boxed());
        self.handles.insert(id, handle);
    }

    fn end(&mut self, id: &str) {
        if let Some(handle) = self.handles.remove(id) {
            handle.abort();
        }
    }

    /// What is to be said next; `None` while nothing is under way.
    async fn next(&mut self) -> Option<Said> {
        let (id, answer) = self.answers.next().await?;
        Some(match answer {
            Some(Ok(response)) if never_ran(&response) => {
                self.end(&id);
                let payload = serde_json::to_value(&response.errors).unwrap_or_default();
                Said::Error { id, payload }
            }
            Some(Ok(response)) => Said::Next { id, payload: Box::new(response) },
            Some(Err(refusal)) => {
                self.end(&id);
                refused(id, &refusal)
            }
            None => {
                self.end(&id);
                Said::Complete { id }
            }
        })
    }
}
