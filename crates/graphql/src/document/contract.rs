//! What the schema says of each field: whom it is open to, what it gives and how long its list is.
//! Read once from the schema's own text, so that what is checked is what clients can read.

use std::collections::HashMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, ConstDirective, FieldDefinition, InputValueDefinition, OperationType, Type,
    TypeDefinition, TypeKind, TypeSystemDefinition,
};
use async_graphql::{InputType, Name, Positioned, Value};
use registry_domain::access::{Scope, Scopes};

use crate::access::AccessScope;

/// Whom a field is open to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Everyone.
    Open,
    /// Whoever holds one of these scopes.
    AnyOf(Scopes),
    /// Nobody, for the schema doesn't say.
    Undeclared,
}

/// How long a field's list is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListSize {
    /// If no argument tells.
    pub(super) assumed: usize,
    /// Paths into the arguments, like `input.surveys`; the first that is given tells.
    pub(super) slicing: Vec<String>,
}

/// What the schema says of one field.
#[derive(Debug)]
pub(super) struct FieldContract {
    pub(super) access: Access,
    /// The name of its type without lists and non-nulls.
    pub(super) gives: Name,
    pub(super) size: Option<ListSize>,
    /// What arguments cost that are given.
    pub(super) weights: Vec<(Name, usize)>,
}

/// What the schema says of all fields.
#[derive(Debug, Default)]
pub(super) struct Contract(HashMap<Name, HashMap<Name, FieldContract>>);

impl Contract {
    /// Reads the schema's text. What can't be read is open to nobody.
    pub(super) fn read(sdl: &str) -> Self {
        let Ok(document) = parse_schema(sdl) else {
            tracing::error!("the schema's own text can't be read");
            return Self::default();
        };
        let definitions = document.definitions.into_iter().filter_map(|definition| {
            let TypeSystemDefinition::Type(definition) = definition else { return None };
            let definition = definition.node;
            Some((definition.name.node.clone(), definition))
        });
        let definitions: HashMap<_, _> = definitions.collect();
        let fields = |definition: &TypeDefinition| {
            let access = type_access(&definitions, definition);
            let fields = fields_of(definition).iter().map(|field| {
                let field = &field.node;
                (
                    field.name.node.clone(),
                    FieldContract {
                        access: declared(&field.directives).unwrap_or(access),
                        gives: base(&field.ty.node).clone(),
                        size: size(field),
                        weights: weights(field),
                    },
                )
            });
            fields.collect()
        };
        Self(
            definitions
                .iter()
                .map(|(name, definition)| (name.clone(), fields(definition)))
                .collect(),
        )
    }

    /// What the schema says of `field` in `parent`.
    pub(super) fn field(&self, parent: &str, field: &str) -> Option<&FieldContract> {
        self.0.get(parent)?.get(field)
    }

    /// Where operations of a kind begin.
    pub(super) const fn root(kind: OperationType) -> &'static str {
        match kind {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        }
    }
}

fn fields_of(definition: &TypeDefinition) -> &[Positioned<FieldDefinition>] {
    match &definition.kind {
        TypeKind::Object(object) => &object.fields,
        TypeKind::Interface(interface) => &interface.fields,
        _ => &[],
    }
}

/// The access that a type gives to fields which say nothing. Connections and edges have no
/// declaration of their own: they are as open as what they list.
fn type_access(definitions: &HashMap<Name, TypeDefinition>, definition: &TypeDefinition) -> Access {
    if let Some(access) = declared(&definition.directives) {
        return access;
    }
    let name = definition.name.node.as_str();
    let listed = match name {
        "PageInfo" => return Access::Open,
        _ if name.ends_with("Connection") => "nodes",
        _ if name.ends_with("Edge") => "node",
        _ => return Access::Undeclared,
    };
    let node = fields_of(definition).iter().find(|field| field.node.name.node == listed);
    let node = node.and_then(|field| definitions.get(base(&field.node.ty.node)));
    node.and_then(|node| declared(&node.directives)).unwrap_or(Access::Undeclared)
}

fn declared(directives: &[Positioned<ConstDirective>]) -> Option<Access> {
    directives.iter().find_map(|directive| match directive.node.name.node.as_str() {
        "open" => Some(Access::Open),
        "needs" => {
            let scopes = directive.node.get_argument("anyOf")?;
            let scopes = Vec::<AccessScope>::parse(Some(scopes.node.clone())).ok()?;
            let scopes: Scopes = scopes.into_iter().map(Scope::from).collect();
            Some(if scopes == Scopes::NONE { Access::Undeclared } else { Access::AnyOf(scopes) })
        }
        _ => None,
    })
}

fn size(field: &FieldDefinition) -> Option<ListSize> {
    let directive =
        field.directives.iter().find(|directive| directive.node.name.node == "listSize")?;
    let argument = |name| {
        directive.node.get_argument(name).map(|value: &Positioned<Value>| value.node.clone())
    };
    Some(ListSize {
        assumed: argument("assumedSize")
            .and_then(|size| usize::parse(Some(size)).ok())
            .unwrap_or(1),
        slicing: argument("slicingArguments")
            .and_then(|names| Vec::<String>::parse(Some(names)).ok())
            .unwrap_or_default(),
    })
}

fn weights(field: &FieldDefinition) -> Vec<(Name, usize)> {
    let weight = |argument: &Positioned<InputValueDefinition>| {
        let mut directives = argument.node.directives.iter();
        let cost = directives.find(|directive| directive.node.name.node == "cost")?;
        let weight = cost.node.get_argument("weight")?.node.clone();
        let weight = String::parse(Some(weight)).ok()?.parse().ok()?;
        Some((argument.node.name.node.clone(), weight))
    };
    field.arguments.iter().filter_map(weight).collect()
}

fn base(of: &Type) -> &Name {
    match &of.base {
        BaseType::Named(name) => name,
        BaseType::List(item) => base(item),
    }
}
