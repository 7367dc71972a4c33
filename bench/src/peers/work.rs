//! The works: what each contestant is sent for it.

use serde_json::{Value, json};

use super::contestant::Who;

/// Something that users do.
pub(crate) struct Work {
    /// As in the file names of `works/`.
    pub(crate) name: &'static str,
    pub(crate) told: &'static str,
    pub(crate) entries: Vec<Entry>,
}

/// How one contestant does a work.
pub(crate) struct Entry {
    pub(crate) who: Who,
    /// What is different from its usual way.
    pub(crate) variant: Option<&'static str>,
    pub(crate) path: &'static str,
    pub(crate) requests: Requests,
}

/// What is sent.
pub(crate) enum Requests {
    /// These, again and again.
    Cycle(Vec<String>),
    /// Each once: how many were used, and how many there are; made when needed.
    Once { used: usize, count: usize, body: Box<dyn Fn(usize) -> String> },
}

impl Entry {
    pub(crate) fn new(who: Who, path: &'static str, requests: Requests) -> Self {
        Self { who, variant: None, path, requests }
    }

    /// As results name it.
    pub(crate) fn label(&self) -> String {
        match self.variant {
            Some(variant) => format!("{}, {variant}", self.who.name()),
            None => self.who.name().to_owned(),
        }
    }
}

impl Requests {
    /// The next bodies to send, at most so many.
    pub(crate) fn next(&self, limit: usize) -> Vec<String> {
        match self {
            Self::Cycle(bodies) => bodies.clone(),
            Self::Once { used, count, body } => (*used..*count).take(limit).map(body).collect(),
        }
    }

    /// Notes that so many were sent.
    pub(crate) fn sent(&mut self, number: usize) {
        if let Self::Once { used, count, .. } = self {
            *used = (*used + number).min(*count);
        }
    }

    /// How many different ones there are.
    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Cycle(bodies) => bodies.len(),
            Self::Once { count, .. } => *count,
        }
    }
}

/// A GraphQL request.
pub(crate) fn operation(document: &str, variables: &Value) -> String {
    json!({ "query": document, "variables": variables }).to_string()
}

/// Where every contestant but the floor listens.
pub(crate) const GRAPHQL: &str = "/graphql";

/// A document of the registry or of `PostGraphile`.
macro_rules! document {
    ($who:literal, $name:literal) => {
        include_str!(concat!("../../works/", $who, "/", $name, ".graphql"))
    };
}
pub(crate) use document;
