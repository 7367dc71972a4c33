//! The public contract: GraphQL types over domain values. The only crate that knows how a schema is
//! made; the server knows requests and responses.
//!
//! Resolvers parse inputs into domain commands, make one call to a door of the store, and hand
//! out what comes back. No SQL, no HTTP.
#![allow(clippy::unused_async, reason = "async-graphql takes resolvers as async functions only")]

mod access;
mod connectivity;
mod cursor;
mod error;
mod fault;
mod household;
mod indicator;
mod loader;
mod mutation;
mod node;
mod page;
mod query;
mod rounds;
mod scalar;
mod service_config;
mod session;
mod subscription;
mod unit;

use std::pin::pin;
use std::time::Instant;

use async_graphql::{Request, Response, SDLExportOptions, Schema, SchemaBuilder};
use futures_util::stream::{self, BoxStream, StreamExt as _};
use http::HeaderValue;
use registry_persistence::Store;

use mutation::Mutation;
use query::Query;
use rounds::{Asked, Rounds};
use session::Session;
use subscription::Subscription;

pub use async_graphql::parser::types::OperationType;
pub use session::Visit;

type RegistrySchema = Schema<Query, Mutation, Subscription>;

/// Whether clients may ask what the schema is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Introspection {
    /// They may.
    On,
    /// They may not.
    Off,
}

/// What a request may cost. Told to clients by `serviceConfig`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaSettings {
    /// Whether clients may ask what the schema is.
    pub introspection: Introspection,
    /// How deep selections may nest; below 15 breaks introspection.
    pub max_depth: usize,
    /// How many fields a request may ask for, lists counted by their page size.
    pub max_complexity: usize,
    /// The largest page.
    pub max_page: usize,
}

impl Default for SchemaSettings {
    fn default() -> Self {
        Self {
            introspection: Introspection::On,
            max_depth: 20,
            max_complexity: 50_000,
            max_page: 200,
        }
    }
}

/// The schema over a store, ready to execute. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    schema: RegistrySchema,
    store: Store,
    settings: SchemaSettings,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Api {
    /// Builds the schema.
    #[must_use]
    pub fn new(store: Store, settings: SchemaSettings) -> Self {
        let mut builder = builder().limit_depth(settings.max_depth);
        builder = builder.limit_complexity(settings.max_complexity);
        if settings.introspection == Introspection::Off {
            builder = builder.disable_introspection();
        }
        Self { schema: builder.finish(), store, settings }
    }

    /// Answers one request. Every error carries `extensions.code`; the header `Server-Timing` tells
    /// how many SQL statements reading took, and how many milliseconds all of it.
    pub async fn execute(&self, request: Request, visit: Visit) -> Response {
        let started = Instant::now();
        let asked = Asked::default();
        let session = Session::new(&self.store, self.settings, visit, asked.clone());
        let fields = pin!(self.schema.execute(request.data(session.clone())));
        let mut response = Rounds::new(fields, asked).await;
        for error in &mut response.errors {
            error::explain(error, &session);
        }
        let timing = format!(
            "sql;desc=\"{} statements\", total;dur={:.3}",
            session.reader.statements(),
            started.elapsed().as_secs_f64() * 1_000.0
        );
        if let Ok(timing) = HeaderValue::from_str(&timing) {
            response.http_headers.insert("server-timing", timing);
        }
        response
    }

    /// Answers a subscription, event by event, by the rules of [`Api::execute`]; goes on until dropped.
    #[must_use]
    pub fn listen(&self, request: Request, visit: Visit) -> BoxStream<'static, Response> {
        let asked = Asked::default();
        let session = Session::new(&self.store, self.settings, visit, asked.clone());
        let events = self.schema.execute_stream(request.data(session.clone()));
        let listening = (events, asked, session);
        let next = async |(mut events, asked, session): Listening| {
            let next = pin!(events.next());
            let mut response = Rounds::new(next, asked.clone()).await?;
            for error in &mut response.errors {
                error::explain(error, &session);
            }
            Some((response, (events, asked, session)))
        };
        stream::unfold(listening, next).boxed()
    }
}

type Listening = (BoxStream<'static, Response>, Asked, Session);

/// What the operation that a request means does. A text that doesn't parse is told of when it is
/// executed.
#[must_use]
pub fn operation_type(request: &mut Request) -> Option<OperationType> {
    let wanted = request.operation_name.clone();
    let document = request.parsed_query().ok()?;
    let mut operations = document.operations.iter();
    let meant = operations.find(|(name, _)| match (&wanted, name) {
        (Some(wanted), Some(name)) => wanted == name.as_str(),
        _ => true,
    });
    meant.map(|(_, operation)| operation.node.ty)
}

fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query, Mutation::default(), Subscription)
}

/// The text of `schema.graphql`.
#[must_use]
pub fn sdl() -> String {
    let options = SDLExportOptions::new().include_specified_by();
    let sdl = builder().finish().sdl_with_options(options);
    let lines = sdl.lines().map(str::trim_end).collect::<Vec<_>>();
    format!("{}\n", lines.join("\n").trim())
}
