//! The way of a document before anything runs: found by hash or text, measured, parsed, validated,
//! planned, and kept for the next time; then checked against who asks and what it may cost.
//!
//! Knows documents and the schema's text; no resolver.

mod cache;
mod contract;
mod expansion;
mod plan;
mod refusal;
mod scan;
mod trusted;
mod variables;

use std::sync::{Arc, OnceLock};

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute};
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::{
    Name, Positioned, Request, Response, SchemaEnv, ServerError, Value, async_trait,
};
use registry_domain::fault::Language;
use registry_persistence::{DocumentHash, Store};

use crate::session::Visit;
use crate::{DocumentPolicy, RegistrySchema, SchemaSettings, builder};
use cache::DocumentCache;
use contract::Contract;
use plan::{Operation, Plan};
use refusal::{Measure, Refused};
use trusted::TrustedDocuments;
use variables::{Declared, Nulls};

pub(crate) use refusal::tidy;

/// Which operations a way in takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operations {
    /// All of them.
    All,
    /// Only those that change nothing, as for GET.
    Harmless,
}

impl Operations {
    /// Refuses a request that means, or may mean, an operation of another kind.
    fn take(self, parsed: &ExecutableDocument, request: &Request) -> Result<(), Refused> {
        let other = parsed.operations.iter().any(|(name, operation)| {
            let meant = match (&request.operation_name, name) {
                (Some(wanted), Some(name)) => wanted == name.as_str(),
                _ => true,
            };
            meant && operation.node.ty == OperationType::Mutation
        });
        if self == Self::Harmless && other { Err(Refused::OnlyQueries) } else { Ok(()) }
    }
}

/// What is known of a request that may run.
#[derive(Debug)]
pub(crate) struct Ready {
    /// How many fields it asks for, lists counted by their length.
    pub(crate) cost: usize,
    pub(crate) kind: OperationType,
    pub(crate) document: DocumentHash,
    /// It is a query that may be answered from figures alone.
    pub(crate) of_figures: bool,
    /// No object is asked for twice in one place, so that nothing has to be put together.
    pub(crate) at_once: bool,
    /// It is a query that says nothing of when to leave something out, and asks nothing about the schema.
    straight: bool,
    prepared: Arc<Prepared>,
}

impl Ready {
    /// The document.
    pub(crate) fn parsed(&self) -> &ExecutableDocument {
        &self.prepared.parsed
    }

    /// The operation that is meant by this name, or without one.
    pub(crate) fn operation(&self, name: Option<&str>) -> Option<&Positioned<OperationDefinition>> {
        let mut operations = self.parsed().operations.iter();
        let meant = |own: Option<&Name>| name.is_none() || own.map(Name::as_str) == name;
        operations.find(|(own, _)| meant(*own)).map(|(_, operation)| operation)
    }
}

/// A document that was found valid.
#[derive(Debug)]
struct Prepared {
    parsed: ExecutableDocument,
    plan: Plan,
    /// Bytes of the text.
    length: usize,
    /// Its validity depends on the variables that come with it.
    variables: Declared,
}

/// Everything that is known of documents.
pub(crate) struct Documents {
    store: Store,
    settings: SchemaSettings,
    contract: Contract,
    validator: RegistrySchema,
    /// What the validator knows of the schema, once it has found anything valid.
    schema: Arc<OnceLock<SchemaEnv>>,
    cache: DocumentCache,
    trusted: TrustedDocuments,
}

impl Documents {
    pub(crate) fn new(store: Store, settings: SchemaSettings) -> Self {
        let schema = Arc::default();
        Self {
            store,
            settings,
            contract: Contract::read(&crate::sdl()),
            validator: builder(&settings).extension(NeverRuns(Arc::clone(&schema))).finish(),
            schema,
            cache: cache::new(),
            trusted: TrustedDocuments::default(),
        }
    }

    /// Makes a request ready to run, or tells all that stands against it.
    pub(crate) async fn admit(
        &self,
        request: &mut Request,
        visit: &Visit,
        operations: Operations,
    ) -> Result<Ready, Vec<ServerError>> {
        self.check(request, visit, operations)
            .await
            .map_err(|refused| refusal::told(refused, visit))
    }

    /// The first thing that stands against a document, whoever sends it.
    pub(crate) async fn objection(&self, text: &str) -> Option<String> {
        let found = match self.parse(text) {
            Ok(parsed) => {
                self.validate(parsed, &Request::new("")).await.err()?.into_iter().next()?
            }
            Err(refused) => refused,
        };
        Some(found.message(Language::English))
    }

    async fn check(
        &self,
        request: &mut Request,
        visit: &Visit,
        operations: Operations,
    ) -> Result<Ready, Vec<Refused>> {
        let (document, prepared) = self.prepared(request, operations).await?;
        let operation = prepared.plan.operation(request.operation_name.as_deref());
        let operation = operation.map_err(|refused| vec![refused])?;
        let refused = operation.refused(&visit.principal);
        if !refused.is_empty() {
            if operation.kind == OperationType::Mutation {
                self.note_denied(operation, visit).await?;
            }
            return Err(refused);
        }
        let cost = operation.cost(&request.variables);
        Measure::Complexity
            .within(self.settings.max_complexity, cost)
            .map_err(|refused| vec![refused])?;
        let (kind, straight) = (operation.kind, operation.straight);
        let (of_figures, at_once) = (operation.of_figures, !operation.repeats);
        Ok(Ready { cost, kind, document, of_figures, at_once, straight, prepared })
    }

    /// What is known of the schema, if a request can be run by that alone: see [`crate::execution`].
    pub(crate) fn straight(&self, ready: &Ready) -> Option<&SchemaEnv> {
        self.schema.get().filter(|_| ready.straight)
    }

    /// Who is known and tries to write what they may not leaves an event; others would flood the log.
    async fn note_denied(&self, operation: &Operation, visit: &Visit) -> Result<(), Vec<Refused>> {
        if visit.principal.is_anonymous() {
            return Ok(());
        }
        let wanted = operation.entry_points().map(ToString::to_string);
        let noted = self.store.deny(&visit.principal, &visit.request_id, wanted).await;
        noted.map_err(|error| vec![Refused::Store(error)])
    }

    /// The request's document, valid with the request's variables, and its hash.
    async fn prepared(
        &self,
        request: &mut Request,
        operations: Operations,
    ) -> Result<(DocumentHash, Arc<Prepared>), Vec<Refused>> {
        let text = std::mem::take(&mut request.query);
        let (hash, text) = self.found(request, text).await.map_err(|refused| vec![refused])?;
        if let Some(prepared) = self.cache.get(&hash) {
            operations.take(&prepared.parsed, request).map_err(|refused| vec![refused])?;
            let nulls = self.fit(&prepared.variables, request);
            if !nulls.is_some_and(|nulls| prepared.variables.are_valid(nulls)) {
                self.validate(prepared.parsed.clone(), request).await?;
                if let Some(nulls) = nulls {
                    prepared.variables.note_valid(nulls);
                }
            }
            return Ok((hash, prepared));
        }
        let Some(text) = text else { return Err(vec![Refused::PersistedQueryNotFound]) };
        let parsed = self.parse(&text).map_err(|refused| vec![refused])?;
        operations.take(&parsed, request).map_err(|refused| vec![refused])?;
        self.validate(parsed.clone(), request).await?;
        let prepared = Arc::new(Prepared {
            plan: Plan::read(&self.contract, &parsed, !text.contains('@')),
            length: text.len(),
            variables: Declared::read(&parsed),
            parsed,
        });
        self.cache.insert(hash, Arc::clone(&prepared));
        Ok((hash, prepared))
    }

    /// Which of the request's variables are null, if all of them fit.
    fn fit(&self, declared: &Declared, request: &Request) -> Option<Nulls> {
        declared.fit(&self.schema.get()?.registry, &request.variables)
    }

    /// The hash of the request's document, and its text if one came with it or is listed.
    async fn found(
        &self,
        request: &Request,
        text: String,
    ) -> Result<(DocumentHash, Option<Arc<str>>), Refused> {
        let said = request.extensions.get("persistedQuery").map(persisted).transpose()?;
        Measure::Bytes.within(self.settings.max_document_bytes, text.len())?;
        let (hash, sent) = match (said, text.is_empty()) {
            (None, true) => return Err(Refused::NothingToExecute),
            (Some(said), true) => (said, None),
            (said, false) => {
                let hash = DocumentHash::of(&text);
                if said.is_some_and(|said| said != hash) {
                    return Err(Refused::HashMismatch);
                }
                (hash, Some(text.into()))
            }
        };
        let trusted_only = self.settings.documents == DocumentPolicy::Trusted;
        let is_known = sent.is_some() || self.cache.contains_key(&hash);
        if !trusted_only && is_known {
            return Ok((hash, sent));
        }
        let listed = self.trusted.text(&self.store, hash).await.map_err(Refused::Store)?;
        match (listed, trusted_only) {
            (Some(listed), _) => Ok((hash, Some(listed))),
            (None, true) => Err(Refused::NotTrusted),
            (None, false) => Err(Refused::PersistedQueryNotFound),
        }
    }

    fn parse(&self, text: &str) -> Result<ExecutableDocument, Refused> {
        scan::scan(text, &self.settings)?;
        // The parser's own message quotes the text.
        let parsed = parse_query(text)
            .map_err(|error| Refused::Unreadable { at: error.positions().next() })?;
        expansion::check(&parsed, &self.settings)?;
        Ok(parsed)
    }

    /// Lets async-graphql apply every rule of validation, the request's variables included.
    async fn validate(
        &self,
        parsed: ExecutableDocument,
        request: &Request,
    ) -> Result<(), Vec<Refused>> {
        let mut trial = Request::new("").variables(request.variables.clone());
        // Whichever can be meant: `Plan::operation` says in our own words if the request means none.
        let names = || parsed.operations.iter().filter_map(|(name, _)| name);
        let meant = request.operation_name.as_deref();
        let named = names().find(|name| Some(name.as_str()) == meant).or_else(|| names().next());
        trial.operation_name = named.map(ToString::to_string);
        trial.set_parsed_query(parsed);
        let errors = self.validator.execute(trial).await.errors;
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors.into_iter().map(Refused::from).collect())
        }
    }
}

/// Reads `{"version": 1, "sha256Hash": "…"}`.
fn persisted(said: &Value) -> Result<DocumentHash, Refused> {
    let Value::Object(members) = said else { return Err(Refused::MalformedHash) };
    match (members.get("version"), members.get("sha256Hash")) {
        (Some(Value::Number(version)), Some(Value::String(hash)))
            if version.as_u64() == Some(1) =>
        {
            hash.parse().map_err(|_| Refused::MalformedHash)
        }
        _ => Err(Refused::MalformedHash),
    }
}

/// Makes a schema validate and go no further. Only this way lets validation be had by itself.
/// Tells the schema that it validates by.
#[derive(Clone)]
struct NeverRuns(Arc<OnceLock<SchemaEnv>>);

impl ExtensionFactory for NeverRuns {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(self.clone())
    }
}

#[async_trait::async_trait]
impl Extension for NeverRuns {
    async fn execute(
        &self,
        context: &ExtensionContext<'_>,
        _: Option<&str>,
        _: NextExecute<'_>,
    ) -> Response {
        self.0.get_or_init(|| context.schema_env.clone());
        Response::default()
    }
}
