//! A page of a hundred members, each with its cursor.

use registry_domain::cursor::List;

use crate::{Prepared, Unprepared, prepared};

const PAGE: u32 = 100;

fn list() -> List {
    List::of(("households", Some("930"), [Some(true), None], "SURVEYED_ON"))
}

/// A household's number and the day of its survey, as bytes.
fn keys() -> impl Iterator<Item = Vec<u8>> {
    (0..PAGE).map(|number| [number.to_be_bytes(), (20_000 + number).to_be_bytes()].concat())
}

pub(crate) fn seal() -> Result<Prepared, Unprepared> {
    let list = list();
    Ok(prepared(move || keys().map(|key| list.seal(key)).collect::<Vec<_>>()))
}

pub(crate) fn open() -> Result<Prepared, Unprepared> {
    let list = list();
    let cursors: Vec<_> = keys().map(|key| list.seal(key)).collect();
    Ok(prepared(move || cursors.iter().filter_map(|cursor| list.open(cursor)).count()))
}
