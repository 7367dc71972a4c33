//! What one event changed: a line per record, and the root of the tree over the lines.
//!
//! A line is canonical JSON: `{"after":{…},"record":"household/7"}`, `null` after a removal; or
//! `{"hamlet_id":42,"read":"household/7"}` for personal data that was shown in clear; or
//! `{"hamlet_id":42,"left":"household/7"}` for a record that is elsewhere from then on.

use registry_domain::audit::{Digest, Frontier, leaf_hash};
use registry_domain::household::HouseholdNumber;
use registry_domain::unit::UnitId;

use super::record::{Recorded, RowWriter, write_record_name};
use crate::StoreError;
use crate::household::stored_number;
use crate::personal::Sealer;

/// Bytes that most lines have at the most.
const USUAL_LENGTH: usize = 512;

/// The lines of an event that is being made.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    text: Vec<u8>,
    tree: Frontier,
}

/// The lines of an event, made.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(super) lines: Vec<u8>,
    pub(super) size: i32,
    pub(super) root: Digest,
}

impl Changes {
    /// Notes how rows are from now on.
    pub(crate) fn written<E: Recorded>(
        &mut self,
        rows: &[E::Model],
        sealer: &Sealer,
    ) -> Result<(), StoreError> {
        let writer = RowWriter::<E>::new(sealer);
        self.text.reserve(rows.len() * USUAL_LENGTH);
        for row in rows {
            let begin = self.begin();
            self.text.extend_from_slice(b"{\"after\":");
            writer.write(row, &mut self.text)?;
            self.name::<E>(row, begin)?;
        }
        Ok(())
    }

    /// Notes that rows are gone.
    pub(crate) fn removed<E: Recorded>(&mut self, rows: &[E::Model]) -> Result<(), StoreError> {
        for row in rows {
            let begin = self.begin();
            self.text.extend_from_slice(b"{\"after\":null");
            self.name::<E>(row, begin)?;
        }
        Ok(())
    }

    /// Notes that the head of a household in a hamlet was shown in clear.
    pub(crate) fn read(&mut self, household: HouseholdNumber, hamlet: UnitId) {
        let number = stored_number(household);
        self.plain(&format!("{{\"hamlet_id\":{},\"read\":\"household/{number}\"}}", hamlet.get()));
    }

    /// Notes that a record, known by its number, was in a hamlet and is elsewhere now.
    pub(crate) fn left<E: Recorded>(&mut self, number: i32, hamlet: i32) {
        let table = E::default().table_name().to_owned();
        self.plain(&format!("{{\"hamlet_id\":{hamlet},\"left\":\"{table}/{number}\"}}"));
    }

    fn plain(&mut self, line: &str) {
        let begin = self.begin();
        self.text.extend_from_slice(line.as_bytes());
        self.end(begin);
    }

    /// How many lines there are.
    pub(crate) fn size(&self) -> usize {
        usize::try_from(self.tree.size()).unwrap_or(usize::MAX)
    }

    pub(crate) fn pack(&self) -> Packed {
        Packed {
            lines: lz4_flex::compress_prepend_size(&self.text),
            size: i32::try_from(self.tree.size()).unwrap_or(i32::MAX),
            root: self.tree.root(),
        }
    }

    fn begin(&mut self) -> usize {
        if !self.text.is_empty() {
            self.text.push(b'\n');
        }
        self.text.len()
    }

    fn name<E: Recorded>(&mut self, row: &E::Model, begin: usize) -> Result<(), StoreError> {
        self.text.extend_from_slice(b",\"record\":\"");
        write_record_name::<E>(row, &mut self.text)?;
        self.text.extend_from_slice(b"\"}");
        self.end(begin);
        Ok(())
    }

    fn end(&mut self, begin: usize) {
        self.tree.append(leaf_hash(&self.text[begin..]));
    }
}

/// The lines of a stored event, unpacked.
#[derive(Debug)]
pub(crate) struct Lines(String);

impl Lines {
    /// None if the bytes are damaged. `limit` bounds what a damaged length can ask for.
    pub(crate) fn unpack(packed: &[u8]) -> Option<Self> {
        let (length, _) = lz4_flex::block::uncompressed_size(packed).ok()?;
        if length > LIMIT {
            return None;
        }
        let text = lz4_flex::decompress_size_prepended(packed).ok()?;
        String::from_utf8(text).ok().map(Self)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.lines()
    }
}

/// More than any event has: bytes that a damaged length can't ask for.
const LIMIT: usize = 256 << 20;

/// What a line says about a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// The state of a record from then on.
    Written { record: &'a str, after: &'a str },
    /// The record is gone.
    Removed { record: &'a str },
    /// The personal data of a record was shown in clear.
    Read { record: &'a str },
    /// The record is no longer where it was.
    Left { record: &'a str },
}

impl<'a> Line<'a> {
    /// Reads a line by its outer form only, which canonical JSON makes certain.
    pub(crate) fn parse(line: &'a str) -> Option<Self> {
        if let Some(rest) = line.strip_prefix("{\"after\":") {
            let (after, record) = rest.strip_suffix("\"}")?.rsplit_once(",\"record\":\"")?;
            return Some(match after {
                "null" => Self::Removed { record },
                after => Self::Written { record, after },
            });
        }
        let line = line.strip_suffix("\"}")?;
        let read = line.rsplit_once(",\"read\":\"").map(|(_, record)| Self::Read { record });
        read.or_else(|| line.rsplit_once(",\"left\":\"").map(|(_, record)| Self::Left { record }))
    }

    /// The record that the line is about.
    pub(crate) const fn record(self) -> &'a str {
        match self {
            Self::Written { record, .. }
            | Self::Removed { record }
            | Self::Read { record }
            | Self::Left { record } => record,
        }
    }
}
