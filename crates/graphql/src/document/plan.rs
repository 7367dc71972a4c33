//! What the operations of a validated document ask for: at every place, who may and what it costs.

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
    VariableDefinition,
};
use async_graphql::{Name, Value, Variables};
use async_graphql_value::Value as Literal;
use registry_domain::access::{AccessDenied, Mode, Principal, Scopes};

use super::contract::{Access, Contract, ListSize};
use super::refusal::Refused;
use crate::kept::of_figures;

/// The most refused places that are told.
const TOLD_PLACES: usize = 10;

/// The operations of a document.
#[derive(Debug)]
pub(super) struct Plan(Vec<Operation>);

/// One operation: a tree of the places in its answer.
#[derive(Debug)]
pub(super) struct Operation {
    name: Option<Name>,
    pub(super) kind: OperationType,
    places: Vec<Place>,
    /// It is a query that may be answered from figures alone.
    pub(super) of_figures: bool,
    /// An object is asked for twice in one place; the answers are put together.
    pub(super) repeats: bool,
    /// It is a query that says nothing of when to leave something out, and asks nothing about the schema.
    pub(super) straight: bool,
}

/// One selected field, its fragments written out.
#[derive(Debug)]
struct Place {
    /// Its name in the answer.
    key: Name,
    /// Its name in the schema.
    field: Name,
    access: Access,
    size: Size,
    /// What its arguments cost.
    extra: Vec<Extra>,
    below: Vec<Place>,
}

/// What an argument costs if it is given.
#[derive(Debug)]
struct Extra {
    weight: usize,
    /// The variable that may give it, and whether it does by default; none if the document gives it.
    variable: Option<(Name, bool)>,
}

/// How many items a place holds, as far as the document tells.
#[derive(Debug)]
struct Size {
    /// The first that gives a number counts.
    told: Vec<Told>,
    assumed: usize,
}

/// A number in the document, or where the variables hold one.
#[derive(Debug)]
enum Told {
    Here(usize),
    Variable { name: Name, path: Vec<Name>, default: Option<usize> },
}

impl Plan {
    /// Reads a document that was validated and measured: its fragments end and are few. `unconditional` if it
    /// has no directive.
    pub(super) fn read(
        contract: &Contract,
        document: &ExecutableDocument,
        unconditional: bool,
    ) -> Self {
        let operations = document.operations.iter().map(|(name, operation)| {
            let operation = &operation.node;
            let reading = Reading { contract, document, operation };
            let root = Name::new(Contract::root(operation.ty));
            let places = reading.places(Some(&root), &operation.selection_set.node);
            let is_query = operation.ty == OperationType::Query;
            let of_schema = |place: &Place| matches!(&*place.field, "__schema" | "__type");
            Operation {
                name: name.cloned(),
                kind: operation.ty,
                of_figures: is_query && of_figures(places.iter().map(|place| &place.field)),
                repeats: repeat(&places),
                straight: is_query && unconditional && !places.iter().any(of_schema),
                places,
            }
        });
        Self(operations.collect())
    }

    /// The operation that a request means.
    pub(super) fn operation(&self, wanted: Option<&str>) -> Result<&Operation, Refused> {
        match (wanted, self.0.as_slice()) {
            (None, [only]) => Ok(only),
            (None, _) => Err(Refused::OperationNotNamed),
            (Some(wanted), all) => {
                let named = |operation: &&Operation| operation.name.as_deref() == Some(wanted);
                all.iter().find(named).ok_or(Refused::UnknownOperation)
            }
        }
    }
}

impl Operation {
    /// How many fields it asks for, lists counted by their length.
    pub(super) fn cost(&self, variables: &Variables) -> usize {
        sum(self.places.iter().map(|place| place.cost(variables)))
    }

    /// The places that `principal` may not have. What lies below a refused place isn't told.
    pub(super) fn refused(&self, principal: &Principal) -> Vec<Refused> {
        let mut refused = Vec::new();
        let writes = self.kind == OperationType::Mutation;
        let read_only = !principal.is_anonymous() && principal.grant().mode() == Mode::ReadOnly;
        for place in &self.places {
            let mut path = vec![place.key.clone()];
            if writes && read_only {
                refused.push(Refused::Denied {
                    denied: AccessDenied::ReadOnly,
                    needs: place.needs(),
                    path,
                });
            } else {
                place.refuse(principal, &mut path, &mut refused);
            }
        }
        refused.truncate(TOLD_PLACES);
        refused
    }
}

impl Operation {
    /// The fields of the schema that it begins with, whatever the request calls them.
    pub(super) fn entry_points(&self) -> impl Iterator<Item = &Name> {
        self.places.iter().map(|place| &place.field)
    }
}

impl Place {
    fn cost(&self, variables: &Variables) -> usize {
        let below = sum(self.below.iter().map(|place| place.cost(variables)));
        let extra = sum(self.extra.iter().map(|extra| extra.cost(variables)));
        let own = extra.saturating_add(1);
        self.size.count(variables).saturating_mul(below).saturating_add(own)
    }

    const fn needs(&self) -> Scopes {
        match self.access {
            Access::AnyOf(scopes) => scopes,
            Access::Open | Access::Undeclared => Scopes::NONE,
        }
    }

    fn refuse(&self, principal: &Principal, path: &mut Vec<Name>, refused: &mut Vec<Refused>) {
        if refused.len() >= TOLD_PLACES {
            return;
        }
        match self.access {
            Access::Undeclared => return refused.push(Refused::Undeclared { path: path.clone() }),
            Access::AnyOf(needs) => {
                if let Err(denied) = any_of(principal, needs) {
                    return refused.push(Refused::Denied { denied, needs, path: path.clone() });
                }
            }
            Access::Open => {}
        }
        for place in &self.below {
            path.push(place.key.clone());
            place.refuse(principal, path, refused);
            path.pop();
        }
    }
}

/// Whether any of the scopes will do; if none, what the first would have given.
fn any_of(principal: &Principal, needs: Scopes) -> Result<(), AccessDenied> {
    let mut answers = needs.iter().map(|scope| principal.require(scope));
    let first = answers.next().unwrap_or(Ok(()));
    if first.is_err() && answers.any(|answer| answer.is_ok()) { Ok(()) } else { first }
}

impl Extra {
    fn cost(&self, variables: &Variables) -> usize {
        let is_given = self.variable.as_ref().is_none_or(|(name, default)| {
            variables.get(name).map_or(*default, |value| *value != Value::Null)
        });
        if is_given { self.weight } else { 0 }
    }
}

impl Size {
    const fn one() -> Self {
        Self { told: Vec::new(), assumed: 1 }
    }

    fn count(&self, variables: &Variables) -> usize {
        let told = self.told.iter().find_map(|told| match told {
            Told::Here(count) => Some(*count),
            Told::Variable { name, path, default } => match variables.get(name) {
                Some(value) => length(value, path),
                None => *default,
            },
        });
        told.unwrap_or(self.assumed)
    }
}

/// The walk through one operation.
struct Reading<'document> {
    contract: &'document Contract,
    document: &'document ExecutableDocument,
    operation: &'document OperationDefinition,
}

impl Reading<'_> {
    /// The places that a selection set makes in an object of type `parent`; none of the schema's
    /// types if it is the schema itself that is asked about.
    fn places(&self, parent: Option<&Name>, set: &SelectionSet) -> Vec<Place> {
        let places = set.items.iter().map(|selection| match &selection.node {
            Selection::Field(field) => vec![self.place(parent, &field.node)],
            Selection::InlineFragment(inline) => {
                let condition = inline.node.type_condition.as_ref();
                let on = condition.map(|condition| &condition.node.on.node);
                self.places(
                    parent.map(|parent| on.unwrap_or(parent)),
                    &inline.node.selection_set.node,
                )
            }
            Selection::FragmentSpread(spread) => {
                let fragment = self.document.fragments.get(&spread.node.fragment_name.node);
                fragment.map_or_else(Vec::new, |fragment| {
                    let on = &fragment.node.type_condition.node.on.node;
                    self.places(parent.map(|_| on), &fragment.node.selection_set.node)
                })
            }
        });
        places.flatten().collect()
    }

    fn place(&self, parent: Option<&Name>, field: &Field) -> Place {
        let name = field.name.node.as_str();
        let known = parent.and_then(|parent| self.contract.field(parent, name));
        // Names that begin so are the language's own: they tell of the schema, which is public.
        let is_own = parent.is_none() || name.starts_with("__");
        Place {
            key: field.response_key().node.clone(),
            field: field.name.node.clone(),
            access: match known {
                Some(known) => known.access,
                None if is_own => Access::Open,
                None => Access::Undeclared,
            },
            size: known
                .and_then(|known| known.size.as_ref())
                .map_or_else(Size::one, |size| self.size(field, size)),
            extra: known.map_or_else(Vec::new, |known| self.extra(field, &known.weights)),
            below: self.places(known.map(|known| &known.gives), &field.selection_set.node),
        }
    }

    fn extra(&self, field: &Field, weights: &[(Name, usize)]) -> Vec<Extra> {
        let extra = weights.iter().filter_map(|(argument, weight)| {
            let variable = match &field.get_argument(argument)?.node {
                Literal::Null => return None,
                Literal::Variable(name) => {
                    let default = self.definition(name).and_then(VariableDefinition::default_value);
                    let by_default = default.is_some_and(|value| *value != Value::Null);
                    Some((name.clone(), by_default))
                }
                _ => None,
            };
            Some(Extra { weight: *weight, variable })
        });
        extra.collect()
    }

    fn definition(&self, variable: &Name) -> Option<&VariableDefinition> {
        let mut definitions = self.operation.variable_definitions.iter();
        let found = definitions.find(|definition| definition.node.name.node == *variable);
        found.map(|definition| &definition.node)
    }

    fn size(&self, field: &Field, size: &ListSize) -> Size {
        let told = size.slicing.iter().filter_map(|path| {
            let mut path = path.split('.').map(Name::new);
            let argument = field.get_argument(&path.next()?)?;
            self.told(&argument.node, path.collect())
        });
        Size { told: told.collect(), assumed: size.assumed }
    }

    fn told(&self, value: &Literal, mut path: Vec<Name>) -> Option<Told> {
        match value {
            Literal::Variable(name) => {
                let default = self.definition(name)?.default_value();
                let default = default.and_then(|value| length(value, &path));
                Some(Told::Variable { name: name.clone(), path, default })
            }
            Literal::Object(members) if !path.is_empty() => {
                let member = members.get(&path.remove(0))?;
                self.told(member, path)
            }
            Literal::List(items) if path.is_empty() => Some(Told::Here(items.len())),
            Literal::Number(number) if path.is_empty() => Some(Told::Here(
                number
                    .as_i64()
                    .map_or(usize::MAX, |count| usize::try_from(count).unwrap_or_default()),
            )),
            _ => None,
        }
    }
}

/// The number at the end of a path, or the length of the list there.
fn length(value: &Value, path: &[Name]) -> Option<usize> {
    match (value, path) {
        (Value::Object(members), [name, rest @ ..]) => length(members.get(name)?, rest),
        (Value::List(items), []) => Some(items.len()),
        (Value::Number(number), []) => {
            Some(number.as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or_default())
        }
        _ => None,
    }
}

/// Whether any object is asked for twice in one place.
fn repeat(places: &[Place]) -> bool {
    let objects = || places.iter().filter(|place| !place.below.is_empty());
    let mut keys: Vec<_> = objects().map(|place| &place.key).collect();
    keys.sort_unstable();
    keys.windows(2).any(|pair| pair[0] == pair[1]) || objects().any(|place| repeat(&place.below))
}

fn sum(costs: impl Iterator<Item = usize>) -> usize {
    costs.fold(0, usize::saturating_add)
}
