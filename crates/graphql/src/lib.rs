//! The public contract: GraphQL types over domain values. The only crate that knows how a schema is
//! made; the server knows requests and responses.
//!
//! Resolvers parse inputs into domain commands, make one call to a door of the store, and hand
//! out what comes back. No SQL, no HTTP.
#![expect(clippy::unused_async, reason = "async-graphql takes resolvers as async functions only")]

mod access;
mod at_once;
mod audit;
mod certificate;
mod commerce;
mod community;
mod connectivity;
mod coverage;
mod cursor;
mod document;
mod error;
mod execution;
mod fault;
mod filter;
mod household;
mod in_order;
mod indicator;
mod institution;
mod kept;
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
mod subscription;
mod token;
mod unit;

use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use async_graphql::parser::types::OperationType;
use async_graphql::{
    Enum, Request, Response, SDLExportOptions, Schema, SchemaBuilder, ValidationMode,
};
use futures_util::stream::{self, BoxStream, StreamExt as _};
use http::{HeaderMap, HeaderName, HeaderValue};
use registry_domain::certificate::ReportingRules;
use registry_persistence::Store;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use document::{Documents, Ready};
use execution::Straight;
use kept::{Before, KeptAnswers};
use mutation::Mutation;
use query::Query;
use rounds::{Asked, Rounds};
use session::Session;
use subscription::Subscription;

pub use at_once::{never_ran, written};
pub use document::Operations;
pub use kept::Kept;
pub use session::Visit;
pub use token::TokenIssuer;

type RegistrySchema = Schema<Query, Mutation, Subscription>;

/// Which documents are executed (truy vấn nào được thực hiện).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[graphql(name = "AcceptedDocuments")]
#[serde(rename_all = "lowercase")]
pub enum DocumentPolicy {
    /// All that are valid (mọi truy vấn hợp lệ).
    Any,
    /// Those that were added to the registry, by text or by hash (chỉ truy vấn đã đăng ký).
    Trusted,
}

/// What a request may hold and cost, as it is configured. Told to clients by `serviceConfig`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemaSettings {
    /// Whether clients may ask what the schema is.
    pub introspection: bool,
    /// Which documents are executed.
    pub documents: DocumentPolicy,
    /// How deep fields may nest, fragments written out; below 15 breaks introspection.
    pub max_depth: usize,
    /// How many fields a request may ask for, lists counted by their length.
    pub max_complexity: usize,
    /// The largest page.
    pub max_page: usize,
    /// How long a document may be, in bytes.
    pub max_document_bytes: usize,
    /// How many tokens a document may have.
    pub max_tokens: usize,
    /// How deep brackets of any kind may nest, and selections with fragments written out.
    pub max_nesting: usize,
    /// How many aliases a document may have.
    pub max_aliases: usize,
    /// How many directives a document may have.
    pub max_directives: usize,
    /// How many fields an operation may begin with.
    pub max_root_fields: usize,
    /// How many selections a document may have, fragments written out.
    pub max_selections: usize,
    /// How long variables may be as JSON, in bytes.
    pub max_variables_bytes: usize,
    /// How many errors an answer tells.
    pub max_errors: usize,
}

impl Default for SchemaSettings {
    fn default() -> Self {
        Self {
            introspection: true,
            documents: DocumentPolicy::Any,
            max_depth: 20,
            max_complexity: 50_000,
            max_page: 200,
            max_document_bytes: 64 << 10,
            max_tokens: 2_000,
            max_nesting: 40,
            max_aliases: 30,
            max_directives: 20,
            max_root_fields: 20,
            max_selections: 5_000,
            max_variables_bytes: 2 << 20,
            max_errors: 100,
        }
    }
}

/// The schema over a store, ready to execute. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    schema: RegistrySchema,
    straight: Option<Arc<Straight>>,
    documents: Arc<Documents>,
    kept: Arc<KeptAnswers>,
    store: Store,
    issuer: Arc<dyn TokenIssuer>,
    settings: SchemaSettings,
    reporting: ReportingRules,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What comes of a request.
#[derive(Debug)]
pub enum Answer {
    /// It is still to be written.
    Told(Response),
    /// It is written, and others like it will get the same as long as it holds. With headers of this one.
    Kept(Kept, HeaderMap),
}

/// A request that nothing stands against: valid, allowed and within the limits.
#[derive(Debug)]
pub struct Admitted {
    request: Request,
    visit: Visit,
    ready: Ready,
}

impl Admitted {
    /// How many fields it asks for, lists counted by their length.
    #[must_use]
    pub const fn cost(&self) -> usize {
        self.ready.cost
    }

    /// Whether it is a subscription, to be answered by [`Api::listen`].
    #[must_use]
    pub fn listens(&self) -> bool {
        self.ready.kind == OperationType::Subscription
    }
}

impl Api {
    /// Builds the schema; tokens and receipts are made by `issuer`, reports taken by `reporting`, and so
    /// many bytes of answers kept that follow from figures alone.
    #[must_use]
    pub fn new(
        store: Store,
        issuer: Arc<dyn TokenIssuer>,
        settings: SchemaSettings,
        reporting: ReportingRules,
        kept_bytes: u64,
    ) -> Self {
        // Only what was validated comes here; validating again would find nothing.
        let schema = builder(&settings).validation_mode(ValidationMode::Fast).finish();
        let documents = Arc::new(Documents::new(store.clone(), settings));
        let straight = Straight::new().map(Arc::new);
        let kept = Arc::new(KeptAnswers::new(kept_bytes));
        Self { schema, straight, documents, kept, store, issuer, settings, reporting }
    }

    /// The limits in force.
    #[must_use]
    pub const fn settings(&self) -> &SchemaSettings {
        &self.settings
    }

    /// Checks a request before anything runs: its document, who asks, what it will cost. One that is
    /// refused gets its answer at once; every error in it carries `extensions.code` and `requestId`.
    pub async fn admit(
        &self,
        mut request: Request,
        visit: Visit,
        operations: Operations,
    ) -> Result<Admitted, Response> {
        match self.documents.admit(&mut request, &visit, operations).await {
            Ok(ready) => Ok(Admitted { request, visit, ready }),
            Err(errors) => Err(Response::from_errors(errors)),
        }
    }

    /// What stands against a document, whoever sends it; nothing if it could run.
    pub async fn objection(&self, text: &str) -> Option<String> {
        self.documents.objection(text).await
    }

    /// Answers a request that was admitted, from what is kept if that still holds. Every error carries
    /// `extensions.code`; the header `Server-Timing` tells how many SQL statements reading took, and how
    /// many milliseconds all of it.
    pub async fn answer(&self, Admitted { request, visit, ready }: Admitted) -> Answer {
        let started = Instant::now();
        let who = (&visit.principal, visit.language);
        let question = self.kept.question(&request, who, &ready);
        let asked = Asked::default();
        let session = Arc::new(Session::new(self, visit, &ready, asked.clone()));
        let Some(question) = question else {
            let mut response = self.run(request, &ready, &session, asked).await;
            response.http_headers.extend(timing(&session, started));
            return Answer::Told(response);
        };
        if let Some(kept) = self.kept.find(&question, &session).await {
            return Answer::Kept(kept, timing(&session, started).into_iter().collect());
        }
        let before = Before::note(&session).await;
        let mut response = self.run(request, &ready, &session, asked).await;
        let kept = before.and_then(|before| self.kept.keep(question, &before, &session, &response));
        let timing = timing(&session, started);
        if let Some(kept) = kept {
            return Answer::Kept(kept, timing.into_iter().collect());
        }
        response.http_headers.extend(timing);
        Answer::Told(response)
    }

    /// Answers a request as [`Api::answer`] does, but always anew.
    pub async fn execute(&self, Admitted { request, visit, ready }: Admitted) -> Response {
        let asked = Asked::default();
        let session = Arc::new(Session::new(self, visit, &ready, asked.clone()));
        self.run(request, &ready, &session, asked).await
    }

    async fn run(
        &self,
        request: Request,
        ready: &Ready,
        session: &Arc<Session>,
        asked: Asked,
    ) -> Response {
        let mut request = request.data(Arc::clone(session));
        let fields = pin!(async {
            if let Some(way) = &self.straight
                && let Some(schema) = self.documents.straight(ready)
                && let Some(operation) = ready.operation(request.operation_name.as_deref())
            {
                return way.run(schema, (ready.parsed(), operation), request).await;
            }
            request.set_parsed_query(ready.parsed().clone());
            self.schema.execute(request).await
        });
        let mut response = Rounds::new(fields, asked).await;
        explain(&mut response, session);
        response
    }

    /// Answers a subscription that was admitted, event by event, by the rules of [`Api::execute`];
    /// goes on until dropped. What happens from when this returns is told.
    pub async fn listen(&self, admitted: Admitted) -> BoxStream<'static, Response> {
        let (events, begun) = self.events(admitted);
        let mut events = Box::pin(events.peekable());
        tokio::select! {
            _ = events.as_mut().peek() => {}
            () = begun.notified() => {}
        }
        events
    }

    /// The events, and what tells that listening for them has begun.
    fn events(
        &self,
        Admitted { request, visit, ready }: Admitted,
    ) -> (BoxStream<'static, Response>, Arc<Notify>) {
        let asked = Asked::default();
        let session = Arc::new(Session::new(self, visit, &ready, asked.clone()));
        let begun = Arc::clone(&session.listening);
        let mut request = request.data(Arc::clone(&session));
        request.set_parsed_query(ready.parsed().clone());
        let events = self.schema.execute_stream(request);
        let next = async |(mut events, asked, session): Listening| {
            let next = pin!(events.next());
            let mut response = Rounds::new(next, asked.clone()).await?;
            explain(&mut response, &session);
            Some((response, (events, asked, session)))
        };
        (stream::unfold((events, asked, session), next).boxed(), begun)
    }
}

fn timing(session: &Session, started: Instant) -> Option<(HeaderName, HeaderValue)> {
    let timing = format!(
        "sql;desc=\"{} statements\", total;dur={:.3}",
        session.reader.statements(),
        started.elapsed().as_secs_f64() * 1_000.0
    );
    Some((HeaderName::from_static("server-timing"), HeaderValue::try_from(timing).ok()?))
}

fn explain(response: &mut Response, session: &Session) {
    response.errors.truncate(session.settings.max_errors);
    for error in &mut response.errors {
        error::explain(error, session);
    }
}

type Listening = (BoxStream<'static, Response>, Asked, Arc<Session>);

/// The schema with what holds for validating and for executing alike. Suggestions would leak names.
fn builder(settings: &SchemaSettings) -> SchemaBuilder<Query, Mutation, Subscription> {
    let builder = Schema::build(Query::default(), Mutation::default(), Subscription)
        .disable_suggestions()
        // Measured before; one more level is what async-graphql counts for the operation itself.
        .limit_recursive_depth(settings.max_nesting + 1);
    if settings.introspection { builder } else { builder.disable_introspection() }
}

/// The text of `schema.graphql`.
#[must_use]
pub fn sdl() -> String {
    let options = SDLExportOptions::new().include_specified_by();
    let sdl = builder(&SchemaSettings::default()).finish().sdl_with_options(options);
    let lines = sdl.lines().map(str::trim_end).collect::<Vec<_>>();
    format!("{}\n", lines.join("\n").trim())
}
