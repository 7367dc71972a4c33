//! How values stand in the log: canonical JSON (RFC 8785). A large event has thousands of them, so what
//! recurs is written without detours.

use std::io::Write as _;

use chrono::{Datelike as _, SecondsFormat, Timelike as _};
use registry_domain::digits::{write_day, write_time};
use registry_domain::time::{Date, Instant};
use sea_orm::Value;
use sha2::{Digest as _, Sha256};

use crate::StoreError;
use crate::personal::{KeyedHash, write_hex};

/// A value of a column: bytes as their SHA-256.
pub(super) fn write_value(value: Value, out: &mut Vec<u8>) -> Result<(), StoreError> {
    match value {
        Value::Bool(Some(value)) => write_json(&value, out),
        Value::SmallInt(Some(value)) => write_json(&value, out),
        Value::Int(Some(value)) => write_json(&value, out),
        Value::BigInt(Some(value)) => write_json(&value, out),
        // As text: the digits of a fraction are each language's own affair.
        Value::Double(Some(value)) => write_text(&value.to_string(), out),
        Value::String(Some(text)) => write_text(&text, out),
        Value::ChronoDate(Some(date)) => quoted(out, |out| write_date(date, out)),
        Value::ChronoDateTimeUtc(Some(at)) => quoted(out, |out| write_instant(at, out)),
        Value::Bytes(Some(bytes)) if bytes.is_empty() => write_text("", out),
        Value::Bytes(Some(bytes)) => quoted(out, |out| {
            out.extend_from_slice(b"sha256:");
            write_hex(&Sha256::digest(&bytes), out);
        }),
        Value::Bool(None)
        | Value::SmallInt(None)
        | Value::Int(None)
        | Value::BigInt(None)
        | Value::Double(None)
        | Value::String(None)
        | Value::ChronoDate(None)
        | Value::ChronoDateTimeUtc(None)
        | Value::Bytes(None) => out.extend_from_slice(b"null"),
        _ => return Err(StoreError::damaged("a column of a kind that the log doesn't know")),
    }
    Ok(())
}

/// What stands for text about a person.
pub(super) fn write_keyed_hash(hash: &KeyedHash, out: &mut Vec<u8>) {
    quoted(out, |out| {
        out.extend_from_slice(b"hmac:");
        write_hex(hash, out);
    });
}

/// A JSON string; escapes as RFC 8785 wants them, which is how `serde_json` writes them.
pub(super) fn write_text(text: &str, out: &mut Vec<u8>) {
    write_json(text, out);
}

/// A day as in ISO 8601, without quotes.
pub(super) fn write_date(date: Date, out: &mut Vec<u8>) {
    if has_four_digits(date) {
        write_day(date, out);
    } else {
        // Writing to memory can't fail.
        _ = write!(out, "{date}");
    }
}

/// An instant as in RFC 3339 to the microsecond, as both engines keep it, without quotes.
pub(super) fn write_instant(at: Instant, out: &mut Vec<u8>) {
    let (date, time) = (at.date_naive(), at.time());
    let is_leap_second = time.nanosecond() >= 1_000_000_000;
    if is_leap_second || !has_four_digits(date) {
        out.extend_from_slice(at.to_rfc3339_opts(SecondsFormat::Micros, true).as_bytes());
        return;
    }
    write_day(date, out);
    out.push(b'T');
    write_time(time, out);
    out.push(b'Z');
}

/// Whether its year has, as nearly all do.
fn has_four_digits(date: Date) -> bool {
    (0..10_000).contains(&date.year())
}

/// Puts what is written between quotes; it must need no escape.
pub(super) fn quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'"');
    write(out);
    out.push(b'"');
}

fn write_json(value: &(impl serde::Serialize + ?Sized), out: &mut Vec<u8>) {
    // Writing to memory can't fail.
    _ = serde_json::to_writer(out, value);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    fn any_instant() -> impl Strategy<Value = Instant> {
        // Years from -9999 to 19999; a leap second has more than a second's nanoseconds.
        let seconds = -377_000_000_000_i64..568_000_000_000;
        (seconds, 0..2_000_000_000_u32).prop_filter_map("no such instant", |(seconds, nanos)| {
            Instant::from_timestamp(seconds, nanos)
                .or_else(|| Instant::from_timestamp(seconds, nanos % 1_000_000_000))
        })
    }

    proptest! {
        #[test]
        fn days_and_instants_are_written_as_their_library_writes_them(at in any_instant()) {
            let date = at.date_naive();
            prop_assert_eq!(written(|out| write_date(date, out)), date.to_string());
            let expected = at.to_rfc3339_opts(SecondsFormat::Micros, true);
            prop_assert_eq!(written(|out| write_instant(at, out)), expected);
        }
    }

    #[test]
    fn bytes_are_told_by_their_digest() {
        let value = |bytes: &[u8]| {
            written(|out| write_value(Value::Bytes(Some(bytes.to_vec())), out).unwrap())
        };
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(value(b"abc"), format!("\"sha256:{abc}\""));
        assert_eq!(value(b""), "\"\"");
        assert_eq!(
            written(|out| write_keyed_hash(&[0x0f; 16], out)),
            format!("\"hmac:{}\"", "0f".repeat(16))
        );
    }
}
