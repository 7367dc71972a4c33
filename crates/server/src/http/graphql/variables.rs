//! Reading variables: JSON into GraphQL values. A batch says the same few names in every row; each is made once.

use std::collections::HashSet;
use std::fmt;

use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, Value, Variables};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use serde_json::value::RawValue;

/// Reads an object.
pub(super) fn read(object: &RawValue) -> serde_json::Result<Variables> {
    let mut names = HashSet::new();
    let mut json = serde_json::Deserializer::from_str(object.get());
    Reading(&mut names).deserialize(&mut json).map(Variables::from_value)
}

/// What reads a value, and the names that were read so far.
struct Reading<'a>(&'a mut HashSet<Name>);

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = Value;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Reading(&mut *self.0))? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = IndexMap::new();
        while let Some(name) = members.next_key_seed(ReadingName(&mut *self.0))? {
            object.insert(name, members.next_value_seed(Reading(&mut *self.0))?);
        }
        Ok(Value::Object(object))
    }
}

/// What reads the name of a member.
struct ReadingName<'a>(&'a mut HashSet<Name>);

impl<'de> DeserializeSeed<'de> for ReadingName<'_> {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Name, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for ReadingName<'_> {
    type Value = Name;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("the name of a member")
    }

    fn visit_str<E>(self, name: &str) -> Result<Name, E> {
        if let Some(known) = self.0.get(name) {
            return Ok(known.clone());
        }
        let name = Name::new(name);
        self.0.insert(name.clone());
        Ok(name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn variables_are_what_async_graphql_would_read() {
        let rows =
            json!([{ "a": 1, "b": -2, "c": 0.5 }, { "b": "x\n", "a": null, "d": [true, []] }]);
        let text = json!({ "rows": rows, "a": { "a": {} }, "large": u64::MAX }).to_string();
        let raw = RawValue::from_string(text.clone()).unwrap();
        assert_eq!(read(&raw).unwrap(), serde_json::from_str::<Variables>(&text).unwrap());
    }
}
