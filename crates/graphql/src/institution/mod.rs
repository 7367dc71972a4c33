//! Schools and banks: the object, the list, what changes them, and what they fulfil or offer.

mod feature;
mod filter;
mod input;
mod object;
mod query;

pub(crate) use feature::FeatureMutation;
pub(crate) use input::InstitutionMutation;
pub(crate) use object::{Institution, one_institution};
pub(crate) use query::InstitutionQuery;
