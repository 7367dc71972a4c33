//! Objects that are in memory, told at once: written down as JSON, field by field, instead of made into
//! values by a step of async-graphql for each.
//!
//! What has to wait, takes arguments or fails isn't told this way: then the whole object or list is left to
//! `in_order`, and the answer is the same. Whatever is told here may be asked, since a document is judged
//! before anything runs.

mod field;
mod value;
mod written;

use std::sync::Arc;

use async_graphql::connection::EmptyFields;
use async_graphql::resolver_utils::EnumType;
use async_graphql::{ContextSelectionSet, ObjectType, OutputType, Value};
use registry_domain::time::{Date, Instant};
use registry_domain::unit::{UnitTree, Units};

use crate::session::Session;
pub(crate) use field::Field;
pub use written::{never_ran, written};

/// An object, some of whose fields can be told at once.
pub(crate) trait AtOnce: ObjectType {
    /// Tells one field; `None` if it can't be told this way.
    fn tell(&self, _field: &Field<'_>, _to: &mut Teller<'_>) -> Option<()> {
        None
    }
}

impl<T: AtOnce> AtOnce for &T {
    fn tell(&self, field: &Field<'_>, to: &mut Teller<'_>) -> Option<()> {
        T::tell(self, field, to)
    }
}

impl AtOnce for EmptyFields {}

/// What a field gives, if it can be told at once.
pub(crate) trait Told {
    /// Tells it, as far as `below` selects of it; `None` if that can't be told this way.
    fn told(&self, below: &[Field<'_>], to: &mut Teller<'_>) -> Option<()>;
}

/// Writes one answer, or a part of one.
pub(crate) struct Teller<'told> {
    pub(crate) session: &'told Session,
    pub(crate) units: &'told Units,
    /// The last that was looked at; mostly all are on one day.
    tree: Option<(Date, Arc<UnitTree>)>,
    /// Once it was looked up.
    today: Option<Date>,
    json: Vec<u8>,
}

/// About how many bytes one object takes.
const USUAL: usize = 256;

/// What the selection tells of a value, as a value that is written down already; `None` if it can't be told
/// at once.
pub(crate) fn told<T: Told>(context: &ContextSelectionSet<'_>, value: &T) -> Option<Value> {
    let session: &Session = context.data_opt::<Arc<Session>>()?;
    if !session.at_once {
        return None;
    }
    let below = Field::read(context)?;
    let units = session.reader.units();
    let json = Vec::with_capacity(USUAL);
    let mut to = Teller { session, units: &units, tree: None, today: None, json };
    value.told(&below, &mut to)?;
    Some(Value::Binary(to.json.into()))
}

impl Teller<'_> {
    /// Tells what a field gives.
    pub(crate) fn put<T: Told + ?Sized>(&mut self, field: &Field<'_>, value: &T) -> Option<()> {
        value.told(&field.below, self)
    }

    /// Tells a value of an enumeration.
    pub(crate) fn word<T: EnumType>(&mut self, word: T) -> Option<()> {
        let known = T::items().iter().find(|item| item.value == word)?;
        self.bytes(b"\"");
        self.bytes(known.name.as_bytes());
        self.bytes(b"\"");
        Some(())
    }

    /// The day in the province at the moment asked about, else today.
    pub(crate) fn day(&mut self, as_of: Option<Instant>) -> Date {
        match as_of {
            None => *self.today.get_or_insert_with(|| self.session.day(None)),
            Some(_) => self.session.day(as_of),
        }
    }

    /// The hierarchy on a day.
    pub(crate) fn tree(&mut self, on: Date) -> &UnitTree {
        let known = self.tree.take().filter(|(day, _)| *day == on);
        &self.tree.insert(known.unwrap_or_else(|| (on, self.units.tree(on)))).1
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.json.extend_from_slice(bytes);
    }

    fn object<T: AtOnce>(&mut self, object: &T, fields: &[Field<'_>]) -> Option<()> {
        let mut before = b'{';
        for field in fields {
            self.json.push(before);
            before = b',';
            self.bytes(b"\"");
            // Names have nothing to escape.
            self.bytes(field.key.as_bytes());
            self.bytes(b"\":");
            if field.name == "__typename" {
                self.put(field, &*<T as OutputType>::type_name())?;
            } else {
                object.tell(field, self)?;
            }
        }
        self.bytes(b"}");
        Some(())
    }
}
