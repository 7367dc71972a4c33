//! How an answer is written down: its values as JSON, with what was told at once put in as it is.

use async_graphql::{Response, Value};
use serde_json::Result;

/// Whether the faults were found before anything ran: then errors have no path.
#[must_use]
pub fn never_ran(response: &Response) -> bool {
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// An answer as JSON in UTF-8; without `data` if nothing ran, as the specification has it (GraphQL,
/// October 2021, 7.1).
///
/// # Errors
/// If a value is none of JSON.
pub fn written(response: &Response) -> Result<Vec<u8>> {
    let mut json = Vec::with_capacity(match &response.data {
        Value::Object(members) => members.values().map(length).sum::<usize>() + BESIDE,
        _ => BESIDE,
    });
    json.push(b'{');
    if !never_ran(response) {
        json.extend_from_slice(b"\"data\":");
        write(&response.data, &mut json)?;
    }
    if !response.errors.is_empty() {
        if json.len() > 1 {
            json.push(b',');
        }
        json.extend_from_slice(b"\"errors\":");
        serde_json::to_writer(&mut json, &response.errors)?;
    }
    json.push(b'}');
    Ok(json)
}

/// Room for what stands beside long values.
const BESIDE: usize = 256;

fn length(value: &Value) -> usize {
    if let Value::Binary(told) = value { told.len() } else { 0 }
}

/// Writes one value. No scalar of the schema is binary: only what was told at once is.
pub(super) fn write(value: &Value, json: &mut Vec<u8>) -> Result<()> {
    match value {
        Value::Null => json.extend_from_slice(b"null"),
        Value::Boolean(truth) => serde_json::to_writer(json, truth)?,
        Value::Number(number) => serde_json::to_writer(json, number)?,
        Value::String(text) => serde_json::to_writer(json, text)?,
        Value::Enum(name) => serde_json::to_writer(json, name.as_str())?,
        Value::Binary(told) => json.extend_from_slice(told),
        Value::List(items) => {
            json.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    json.push(b',');
                }
                write(item, json)?;
            }
            json.push(b']');
        }
        Value::Object(members) => {
            json.push(b'{');
            for (at, (key, member)) in members.iter().enumerate() {
                if at > 0 {
                    json.push(b',');
                }
                serde_json::to_writer(&mut *json, key.as_str())?;
                json.push(b':');
                write(member, json)?;
            }
            json.push(b'}');
        }
    }
    Ok(())
}
