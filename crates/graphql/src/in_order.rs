//! How lists, and objects worth the name, are answered: field by field in the order they were asked
//! for, as the specification wants it (GraphQL, October 2021, 7.2.2 "Serialized Map Ordering").
//!
//! What can be told at once is (`at_once`); this is the way of everything else.
//!
//! async-graphql makes a task of every field and writes the answers down as they come. Here fields and
//! members of lists go on side by side as well, so that what they ask for is loaded together, but a
//! field that needs nothing is little more than a call. Extensions of async-graphql hear nothing of
//! such fields; no schema that answers has any.

use std::borrow::Cow;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::Poll;

use async_graphql::indexmap::IndexMap;
use async_graphql::indexmap::map::Entry;
use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::registry::Registry;
use async_graphql::{
    ContextSelectionSet, Name, ObjectType, OutputType, Positioned, ServerError, ServerResult, Value,
};
use futures_util::future::{join, join_all};
use futures_util::poll;

use crate::at_once::{AtOnce, told};

/// A list of objects.
pub(crate) struct Rows<T>(pub(crate) Vec<T>);

impl<T> FromIterator<T> for Rows<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl<T: AtOnce> OutputType for Rows<T> {
    fn type_name() -> Cow<'static, str> {
        Vec::<T>::type_name()
    }

    fn qualified_type_name() -> String {
        Vec::<T>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<T>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        context: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        match told(context, self) {
            Some(told) => Ok(told),
            None => rows(context, &self.0).await,
        }
    }
}

/// A unit has units that have units: somewhere the state of all that must be put elsewhere.
pub(crate) type Answering<'a> = Pin<Box<dyn Future<Output = ServerResult<Value>> + Send + 'a>>;

fn rows<'a, T: ObjectType>(context: &'a ContextSelectionSet<'a>, rows: &'a [T]) -> Answering<'a> {
    let answer = move |at, row| async move {
        let context = context.with_index(at);
        object(&context, row).await.map_err(|error| context.set_error_path(error))
    };
    Box::pin(async move {
        let mut answers = Vec::with_capacity(rows.len());
        let mut waiting = Vec::new();
        // Most rows need nothing that is not there: they take turns in one place in memory.
        let mut place = None;
        for (at, row) in rows.iter().enumerate() {
            let mut answering = put(answer(at, row), place.take());
            if let Poll::Ready(answered) = poll!(answering.as_mut()) {
                answers.push(answered?);
                place = Some(answering);
            } else {
                answers.push(Value::Null);
                waiting.push(async move { (at, answering.await) });
            }
        }
        for (at, answered) in join_all(waiting).await {
            answers[at] = answered?;
        }
        Ok(Value::List(answers))
    })
}

fn put<F>(future: F, place: Option<Pin<Box<F>>>) -> Pin<Box<F>> {
    match place {
        Some(mut place) => {
            place.set(future);
            place
        }
        None => Box::pin(future),
    }
}

/// One object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct One<T>(pub(crate) T);

impl<T: AtOnce> OutputType for One<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(
        &self,
        context: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        match told(context, self) {
            Some(told) => Ok(told),
            None => one(context, &self.0).await,
        }
    }
}

pub(crate) fn one<'a, T: ObjectType>(
    context: &'a ContextSelectionSet<'a>,
    one: &'a T,
) -> Answering<'a> {
    Box::pin(object(context, one))
}

type Answers = IndexMap<Name, Value>;

async fn object<T: ObjectType>(
    context: &ContextSelectionSet<'_>,
    object: &T,
) -> ServerResult<Value> {
    let mut fields = Vec::with_capacity(context.item.node.items.len());
    select(context, object, &context.item.node, &mut fields)?;
    let answers = answers(context, object, &fields).await;
    Ok(if answers.is_empty() { Value::Null } else { Value::Object(answers) })
}

/// The answers to the fields, in their order. A field that waits does so here, while those after it
/// go on elsewhere.
async fn answers<T: ObjectType>(
    context: &ContextSelectionSet<'_>,
    object: &T,
    fields: &[&Positioned<Field>],
) -> Answers {
    let mut answers = Answers::with_capacity(fields.len());
    for (at, field) in fields.iter().enumerate() {
        let key = field.node.response_key().node.clone();
        if field.node.name.node == "__typename" {
            add(&mut answers, key, Value::String(object.introspection_type_name().into_owned()));
            continue;
        }
        let here = context.with_field(field);
        let mut answer = pin!(object.resolve_field(&here));
        let (answer, later) = match poll!(answer.as_mut()) {
            Poll::Ready(answer) => (answer, None),
            Poll::Pending => {
                let (answer, later) = join(answer, later(context, object, &fields[at + 1..])).await;
                (answer, Some(later))
            }
        };
        match answer {
            Ok(value) => add(&mut answers, key, value.unwrap_or_default()),
            Err(error) => context.add_error(error),
        }
        if let Some(later) = later {
            later.into_iter().for_each(|(key, value)| add(&mut answers, key, value));
            break;
        }
    }
    answers
}

fn later<'a, T: ObjectType>(
    context: &'a ContextSelectionSet<'a>,
    object: &'a T,
    fields: &'a [&'a Positioned<Field>],
) -> Pin<Box<dyn Future<Output = Answers> + Send + 'a>> {
    Box::pin(answers(context, object, fields))
}

/// Gathers the fields of a selection and of the fragments in it that are about objects of this kind.
/// Directives were applied before anything ran.
fn select<'a, T: ObjectType>(
    context: &ContextSelectionSet<'a>,
    object: &T,
    selection: &'a SelectionSet,
    fields: &mut Vec<&'a Positioned<Field>>,
) -> ServerResult<()> {
    for selection in &selection.items {
        let (condition, selected) = match &selection.node {
            Selection::Field(field) => {
                fields.push(field);
                continue;
            }
            Selection::InlineFragment(fragment) => {
                (fragment.node.type_condition.as_ref(), &fragment.node.selection_set)
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                let unknown = || ServerError::new(format!("no fragment {name}"), Some(spread.pos));
                let fragment = context.query_env.fragments.get(name).ok_or_else(unknown)?;
                (Some(&fragment.node.type_condition), &fragment.node.selection_set)
            }
        };
        let is_meant = condition.is_none_or(|condition| {
            let (wanted, name) =
                (condition.node.on.node.as_str(), object.introspection_type_name());
            let interfaces = context.schema_env.registry.implements.get(&*name);
            name == wanted || interfaces.is_some_and(|interfaces| interfaces.contains(wanted))
        });
        if is_meant {
            select(context, object, &selected.node, fields)?;
        }
    }
    Ok(())
}

/// Puts an answer down; what was asked for twice is put together (6.3.2 "Field Collection").
fn add(answers: &mut Answers, key: Name, answer: Value) {
    match answers.entry(key) {
        Entry::Vacant(entry) => {
            entry.insert(answer);
        }
        Entry::Occupied(entry) => merge(entry.into_mut(), answer),
    }
}

fn merge(known: &mut Value, answer: Value) {
    match (known, answer) {
        (Value::Object(known), Value::Object(more)) => {
            more.into_iter().for_each(|(key, value)| add(known, key, value));
        }
        (Value::List(known), Value::List(more)) => {
            known.iter_mut().zip(more).for_each(|(known, more)| merge(known, more));
        }
        _ => {}
    }
}
