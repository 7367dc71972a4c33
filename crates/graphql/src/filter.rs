//! What the filters of lists have in common: values given once, and words to be searched.

use std::collections::BTreeSet;

use registry_domain::search::SearchText;

use crate::error::ApiError;

/// Each of those given once and in order, so that no list is longer than there are values; none given is
/// the same as no condition.
pub(crate) fn each_once<T, U: From<T> + Ord>(given: Option<Vec<T>>) -> Vec<U> {
    let given: BTreeSet<U> = given.into_iter().flatten().map(U::from).collect();
    given.into_iter().collect()
}

/// The words that names are searched for, 1…8 of them.
pub(crate) fn search(typed: Option<&str>) -> Result<Option<SearchText>, ApiError> {
    let search = typed.map(SearchText::parse).transpose();
    search.map_err(|rule| ApiError::Argument { name: "search", rule })
}
