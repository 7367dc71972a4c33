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
mod partner;
mod query;
mod rounds;
mod scalar;
mod service_config;
mod session;
mod token;
mod unit;

use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use async_graphql::{
    EmptySubscription, Request, Response, SDLExportOptions, Schema, SchemaBuilder,
};
use http::HeaderValue;
use registry_persistence::Store;

use mutation::Mutation;
use query::Query;
use rounds::{Asked, Rounds};
use session::Session;

pub use session::Visit;
pub use token::TokenIssuer;

type RegistrySchema = Schema<Query, Mutation, EmptySubscription>;

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
    issuer: Arc<dyn TokenIssuer>,
    settings: SchemaSettings,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Api {
    /// Builds the schema; tokens are made by `issuer`.
    #[must_use]
    pub fn new(store: Store, issuer: Arc<dyn TokenIssuer>, settings: SchemaSettings) -> Self {
        let mut builder = builder().limit_depth(settings.max_depth);
        builder = builder.limit_complexity(settings.max_complexity);
        if settings.introspection == Introspection::Off {
            builder = builder.disable_introspection();
        }
        Self { schema: builder.finish(), store, issuer, settings }
    }

    /// Answers one request. Every error carries `extensions.code`; the header `Server-Timing` tells
    /// how many SQL statements reading took, and how many milliseconds all of it.
    pub async fn execute(&self, request: Request, visit: Visit) -> Response {
        let started = Instant::now();
        let asked = Asked::default();
        let session = Session::new(self, visit, asked.clone());
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
}

fn builder() -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    Schema::build(Query, Mutation::default(), EmptySubscription)
}

/// The text of `schema.graphql`.
#[must_use]
pub fn sdl() -> String {
    let options = SDLExportOptions::new().include_specified_by();
    let sdl = builder().finish().sdl_with_options(options);
    let lines = sdl.lines().map(str::trim_end).collect::<Vec<_>>();
    format!("{}\n", lines.join("\n").trim())
}
