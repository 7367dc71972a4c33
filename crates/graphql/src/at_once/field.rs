//! What is selected, read once for all objects of a list.

use async_graphql::ContextSelectionSet;
use async_graphql::parser::types::{Selection, SelectionSet};

/// A selected field, fragments written out.
pub(crate) struct Field<'document> {
    /// Its name in the answer.
    pub(super) key: &'document str,
    /// Its name in the schema.
    pub(crate) name: &'document str,
    pub(super) below: Vec<Self>,
}

impl<'document> Field<'document> {
    /// The fields of a selection; `None` if any has arguments or directives.
    pub(super) fn read(context: &ContextSelectionSet<'document>) -> Option<Vec<Self>> {
        let mut fields = Vec::new();
        gather(context, &context.item.node, &mut fields)?;
        Some(fields)
    }
}

/// An object is of one type, so a valid document has no fragment in it that is not meant for it.
fn gather<'document>(
    context: &ContextSelectionSet<'document>,
    selection: &'document SelectionSet,
    fields: &mut Vec<Field<'document>>,
) -> Option<()> {
    for selection in &selection.items {
        let (directives, selected) = match &selection.node {
            Selection::Field(field) => {
                let field = &field.node;
                if !field.arguments.is_empty() || !field.directives.is_empty() {
                    return None;
                }
                let key = field.response_key().node.as_str();
                // Nothing is selected below it: such documents are not told at once.
                if fields.iter().any(|known| known.key == key) {
                    continue;
                }
                let mut below = Vec::with_capacity(field.selection_set.node.items.len());
                gather(context, &field.selection_set.node, &mut below)?;
                fields.push(Field { key, name: field.name.node.as_str(), below });
                continue;
            }
            Selection::InlineFragment(fragment) => {
                (&fragment.node.directives, &fragment.node.selection_set)
            }
            Selection::FragmentSpread(spread) => {
                let fragment = context.query_env.fragments.get(&spread.node.fragment_name.node)?;
                (&spread.node.directives, &fragment.node.selection_set)
            }
        };
        if !directives.is_empty() {
            return None;
        }
        gather(context, &selected.node, fields)?;
    }
    Some(())
}
