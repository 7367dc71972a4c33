//! Running queries straight away. Before it runs anything async-graphql looks at the document again: how deep
//! it is, what it costs, what is to be left out. `document` knows all that, so here it runs at once, its first
//! fields as any object's are answered (`in_order`).
//!
//! Documents with directives, mutations, subscriptions and questions about the schema go the usual way.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_graphql::extensions::Extensions;
use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, SelectionSet};
use async_graphql::{
    Context, EmptyMutation, EmptySubscription, Object, Positioned, QueryEnv, QueryEnvInner,
    Request, Response, Schema, SchemaEnv,
};
use futures_util::FutureExt as _;

use crate::in_order::one;
use crate::query::Query;

/// What queries run by.
pub(crate) struct Straight {
    query: Query,
    none: Extensions,
}

impl Straight {
    /// `None` if this version of async-graphql doesn't let itself be used so.
    pub(crate) fn new() -> Option<Self> {
        let lent = Arc::new(OnceLock::new());
        let lender = Schema::new(Lender(Arc::clone(&lent)), EmptyMutation, EmptySubscription);
        _ = lender.execute("{ lend }").now_or_never();
        Some(Self { query: Query::default(), none: lent.get()?.clone() })
    }

    /// Answers a query of `document` that was judged.
    pub(crate) async fn run(
        &self,
        schema: &SchemaEnv,
        (document, operation): (&ExecutableDocument, &Positioned<OperationDefinition>),
        request: Request,
    ) -> Response {
        let selected = &operation.node.selection_set;
        // Resolvers find what is selected by their contexts; of the operation only its variables are looked up.
        let variables = OperationDefinition {
            ty: operation.node.ty,
            variable_definitions: operation.node.variable_definitions.clone(),
            directives: Vec::new(),
            selection_set: Positioned::new(SelectionSet::default(), selected.pos),
        };
        let environment = QueryEnv::new(QueryEnvInner {
            extensions: self.none.clone(),
            variables: request.variables,
            operation_name: request.operation_name,
            operation: Positioned::new(variables, operation.pos),
            fragments: document.fragments.clone(),
            uploads: Vec::new(),
            session_data: Arc::default(),
            query_data: Arc::new(request.data),
            http_headers: Mutex::default(),
            introspection_mode: request.introspection_mode,
            errors: Mutex::default(),
        });
        let context = environment.create_context(schema, None, selected, None);
        let answered = one(&context, &self.query).await;
        let mut response =
            answered.map_or_else(|error| Response::from_errors(vec![error]), Response::new);
        let mut more = environment.errors.lock().unwrap_or_else(PoisonError::into_inner);
        response.errors.append(&mut more);
        response
    }
}

/// A schema of its own, to lend what a schema without extensions hands its resolvers: async-graphql has no
/// other way to come by it.
struct Lender(Arc<OnceLock<Extensions>>);

#[Object]
impl Lender {
    async fn lend(&self, context: &Context<'_>) -> bool {
        self.0.set(context.query_env.extensions.clone()).is_ok()
    }
}
