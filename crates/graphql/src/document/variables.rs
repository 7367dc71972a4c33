//! Whether variables fit the types that a document declares for them. A document that was valid once
//! is valid with all that fit, and need not be gone through again. When in doubt, they don't.

use std::sync::{PoisonError, RwLock};

use async_graphql::parser::types::ExecutableDocument;
use async_graphql::registry::{MetaInputValue, MetaType, MetaTypeName, Registry};
use async_graphql::{Name, Value, Variables};

/// The variables of a document and their types, as `[Code!]!`.
#[derive(Debug)]
pub(super) enum Declared {
    /// Those of its only operation.
    One { variables: Vec<(Name, String)>, valid: RwLock<Vec<Nulls>> },
    /// Which ones count is for each request to say.
    Several,
}

/// Which variables are null, each by its bit. A null may come to where the schema wants none, if there is a
/// default; so it is only known to be valid once the document was found valid with it.
pub(super) type Nulls = u64;

/// The most that is remembered of a document.
const VALID_LIMIT: usize = 16;

impl Declared {
    pub(super) fn read(document: &ExecutableDocument) -> Self {
        let mut operations = document.operations.iter();
        let (Some((_, only)), None) = (operations.next(), operations.next()) else {
            return Self::Several;
        };
        let variables = only.node.variable_definitions.iter().map(|variable| {
            let variable = &variable.node;
            (variable.name.node.clone(), variable.var_type.node.to_string())
        });
        Self::One { variables: variables.collect(), valid: RwLock::default() }
    }

    /// Which of these variables are null, if all of them fit.
    pub(super) fn fit(&self, registry: &Registry, given: &Variables) -> Option<Nulls> {
        let Self::One { variables, .. } = self else { return None };
        let mut nulls = 0;
        for (at, (name, kind)) in variables.iter().enumerate() {
            let Some(value) = given.get(name) else { continue };
            if !fits(registry, kind, value) {
                return None;
            }
            if *value == Value::Null {
                nulls |= 1_u64.checked_shl(u32::try_from(at).ok()?)?;
            }
        }
        Some(nulls)
    }

    /// Whether the document is known to be valid with these nulls, and variables that fit.
    pub(super) fn are_valid(&self, nulls: Nulls) -> bool {
        let Self::One { valid, .. } = self else { return false };
        nulls == 0 || valid.read().unwrap_or_else(PoisonError::into_inner).contains(&nulls)
    }

    /// Remembers that the document was found valid with them.
    pub(super) fn note_valid(&self, nulls: Nulls) {
        let Self::One { valid, .. } = self else { return };
        let mut valid = valid.write().unwrap_or_else(PoisonError::into_inner);
        if nulls != 0 && valid.len() < VALID_LIMIT && !valid.contains(&nulls) {
            valid.push(nulls);
        }
    }
}

fn fits(registry: &Registry, kind: &str, value: &Value) -> bool {
    match (MetaTypeName::create(kind), value) {
        (MetaTypeName::NonNull(_), Value::Null) => false,
        (MetaTypeName::NonNull(kind), value) => fits(registry, kind, value),
        (_, Value::Null) => true,
        (MetaTypeName::List(kind), Value::List(items)) => {
            items.iter().all(|item| fits(registry, kind, item))
        }
        (MetaTypeName::List(kind), item) => fits(registry, kind, item),
        (MetaTypeName::Named(name), value) => match registry.types.get(name) {
            Some(MetaType::Scalar { is_valid, .. }) => {
                is_valid.as_ref().is_none_or(|is_valid| is_valid(value))
            }
            Some(MetaType::Enum { enum_values, .. }) => match value {
                Value::Enum(name) => enum_values.contains_key(name.as_str()),
                Value::String(name) => enum_values.contains_key(name),
                _ => false,
            },
            Some(MetaType::InputObject { input_fields, oneof, .. }) => {
                let Value::Object(members) = value else { return false };
                if *oneof && (members.len() != 1 || members.values().any(|one| *one == Value::Null))
                {
                    return false;
                }
                let may_be_left_out = |field: &MetaInputValue| {
                    field.default_value.is_some() || !MetaTypeName::create(&field.ty).is_non_null()
                };
                let mut given = 0;
                let all_fit =
                    input_fields.values().all(|field| match members.get(field.name.as_str()) {
                        Some(value) => {
                            given += 1;
                            fits(registry, &field.ty, value)
                        }
                        None => may_be_left_out(field),
                    });
                // What is given and no field of it would be one too many.
                all_fit && given == members.len()
            }
            _ => false,
        },
    }
}
