//! How large a parsed document is once its fragments are written out. Found without writing them
//! out, because a few lines of fragments can stand for billions of fields.

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};

use super::refusal::{Measure, Refused};
use crate::SchemaSettings;

/// One selection set with its fragments written out.
#[derive(Debug, Default, Clone, Copy)]
struct Extent {
    /// Fields and fragments, at all levels.
    selections: usize,
    /// Fields at the first level.
    fields: usize,
    /// Fields inside fields.
    depth: usize,
    /// Selection sets inside selection sets, those of fragments too.
    nesting: usize,
}

/// Refuses a document that is too large, or whose fragments include each other in a circle.
pub(super) fn check(
    document: &ExecutableDocument,
    settings: &SchemaSettings,
) -> Result<(), Refused> {
    let mut fragments = Fragments { document, known: HashMap::new() };
    let mut selections = 0_usize;
    for (_, operation) in document.operations.iter() {
        let extent = fragments.extent(&operation.node.selection_set.node)?;
        selections = selections.saturating_add(extent.selections);
        Measure::Depth.within(settings.max_depth, extent.depth)?;
        Measure::Nesting.within(settings.max_nesting, extent.nesting)?;
        Measure::RootFields.within(settings.max_root_fields, extent.fields)?;
    }
    // Fragments that nothing uses are told of by validation, which must not run in circles.
    for name in document.fragments.keys() {
        fragments.fragment(name)?;
    }
    Measure::Selections.within(settings.max_selections, selections)
}

struct Fragments<'document> {
    document: &'document ExecutableDocument,
    /// None while a fragment is being measured.
    known: HashMap<&'document Name, Option<Extent>>,
}

impl<'document> Fragments<'document> {
    fn extent(&mut self, set: &'document SelectionSet) -> Result<Extent, Refused> {
        let mut whole = Extent::default();
        for selection in &set.items {
            let (inner, is_field) = match &selection.node {
                Selection::Field(field) => (self.extent(&field.node.selection_set.node)?, true),
                Selection::InlineFragment(inline) => {
                    (self.extent(&inline.node.selection_set.node)?, false)
                }
                Selection::FragmentSpread(spread) => {
                    (self.fragment(&spread.node.fragment_name.node)?, false)
                }
            };
            whole.selections = whole.selections.saturating_add(inner.selections).saturating_add(1);
            whole.fields = whole.fields.saturating_add(if is_field { 1 } else { inner.fields });
            whole.depth = whole.depth.max(inner.depth + usize::from(is_field));
            whole.nesting = whole.nesting.max(inner.nesting + 1);
        }
        Ok(whole)
    }

    /// A fragment that isn't there has no extent; validation tells of it.
    fn fragment(&mut self, name: &'document Name) -> Result<Extent, Refused> {
        match self.known.get(name) {
            Some(Some(extent)) => return Ok(*extent),
            Some(None) => return Err(Refused::CircularFragments),
            None => {}
        }
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(Extent::default());
        };
        self.known.insert(name, None);
        let extent = self.extent(&fragment.node.selection_set.node)?;
        self.known.insert(name, Some(extent));
        Ok(extent)
    }
}
