//! Values of an input that are judged row by row: what is wrong with one is told with the rest.

use async_graphql::registry::Registry;
use async_graphql::{InputType, InputValueError, InputValueResult, Value};

/// A value as it was sent, and what it was understood as. In the schema it is a plain `T`.
#[derive(Debug, Clone)]
pub(crate) struct Told<T> {
    sent: Value,
    understood: Option<T>,
}

impl<T: Copy> Told<T> {
    /// What it was understood as; `None` if it is no such value.
    pub(crate) const fn understood(&self) -> Option<T> {
        self.understood
    }
}

impl<T: InputType> InputType for Told<T> {
    type RawValueType = Self;

    fn type_name() -> std::borrow::Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let sent = value.unwrap_or_default();
        if sent == Value::Null {
            return Err(InputValueError::expected_type(sent));
        }
        Ok(Self { understood: T::parse(Some(sent.clone())).ok(), sent })
    }

    fn to_value(&self) -> Value {
        self.sent.clone()
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}
