//! What is wrong with an input: where (path), which rule, and what to do, in Vietnamese or English.
//!
//! All faults of an input are collected before it is refused. Messages never repeat personal data.

mod message;
mod rule;

use std::fmt;

pub use rule::{Expected, Rule, RuleCode};

/// The language of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Language {
    /// Tiếng Việt; the default.
    #[default]
    Vietnamese,
    /// English.
    English,
}

impl Language {
    /// Picks the language from an HTTP `Accept-Language` value; Vietnamese unless English weighs more.
    #[must_use]
    pub fn from_accept_language(value: &str) -> Self {
        let weight = |wanted: &str| {
            value
                .split(',')
                .filter_map(|range| {
                    let mut parts = range.split(';');
                    let tag = parts.next()?.trim().to_ascii_lowercase();
                    let matches = tag == wanted || tag.starts_with(&format!("{wanted}-"));
                    let quality = parts.find_map(|part| part.trim().strip_prefix("q="));
                    matches.then(|| quality.map_or(Some(1.0), |text| text.parse::<f32>().ok()))?
                })
                .fold(0.0, f32::max)
        };
        if weight("en") > weight("vi") { Self::English } else { Self::Vietnamese }
    }
}

/// One step into an input.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A named field, as the API spells it.
    Field(&'static str),
    /// A place in a list, from 0.
    Index(usize),
}

/// Where in an input a fault lies, from the outside in.
#[derive(Debug, Clone, PartialEq, Eq, Default, PartialOrd, Ord)]
pub struct Path(Vec<Step>);

impl Path {
    /// The input as a whole.
    #[must_use]
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// The path to the field `name` of what this path points at.
    #[must_use]
    pub fn field(&self, name: &'static str) -> Self {
        self.step(Step::Field(name))
    }

    /// The path to item `index` of the list this path points at.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.step(Step::Index(index))
    }

    fn step(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The steps from the outside in.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Field(name) if at == 0 => write!(f, "{name}")?,
                Step::Field(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// One broken rule at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub path: Path,
    /// Which rule.
    pub rule: Rule,
}

/// Everything that is wrong with one input.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Notes that `rule` is broken at `path`.
    pub fn push(&mut self, path: Path, rule: Rule) {
        self.0.push(Fault { path, rule });
    }

    /// Keeps the value of a check, or notes its fault.
    pub fn keep<T>(&mut self, path: Path, checked: Result<T, Rule>) -> Option<T> {
        checked.map_err(|rule| self.push(path, rule)).ok()
    }

    /// Takes over the faults of another input that was found below `self`.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// `value` if nothing was noted, else the faults.
    pub fn or<T>(self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self),
        }
    }

    /// Whether nothing was noted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The faults in the order found.
    #[must_use]
    pub fn as_slice(&self) -> &[Fault] {
        &self.0
    }
}

impl IntoIterator for Faults {
    type Item = Fault;
    type IntoIter = std::vec::IntoIter<Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_vietnamese_unless_english_weighs_more() {
        let pick = Language::from_accept_language;
        assert_eq!(pick(""), Language::Vietnamese);
        assert_eq!(pick("fr, de;q=0.5"), Language::Vietnamese);
        assert_eq!(pick("en-GB,en;q=0.9"), Language::English);
        assert_eq!(pick("vi-VN,vi;q=0.9,en;q=0.8"), Language::Vietnamese);
        assert_eq!(pick("vi;q=0.3,en;q=0.8"), Language::English);
    }

    #[test]
    fn a_path_reads_like_the_input() {
        let path = Path::root().field("surveys").index(2).field("surveyedOn");
        assert_eq!(path.to_string(), "surveys[2].surveyedOn");
    }
}
