//! What a verification can find wrong, each with its place.

use std::fmt;

/// A place where the log or the records are not what the signed tree says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditFinding {
    /// The database's key of the log is not the one that was expected.
    OtherKey,
    /// A checkpoint's text, signature or size is wrong.
    Checkpoint {
        /// The number of events that it is about.
        size: u64,
        /// What exactly.
        reason: String,
    },
    /// No event has this place, though later ones have theirs.
    EventMissing {
        /// The place, from 0.
        sequence: u64,
    },
    /// An event is not the one whose hash is in the tree.
    EventAltered {
        /// Its place, from 0.
        sequence: u64,
    },
    /// The changes of an event are not those that it names the root of.
    ChangesAltered {
        /// The event's place, from 0; none as long as it waits for one.
        sequence: Option<u64>,
        /// The event's number.
        event: i32,
    },
    /// The events up to here are not those that a checkpoint signs.
    OtherTree {
        /// The first event that may differ.
        from: u64,
        /// The size of the checkpoint: the first event that doesn't.
        size: u64,
    },
    /// A part of the stored tree doesn't follow from the events.
    Tile {
        /// Its level, from 0.
        level: u8,
        /// Its place in the level, from 0.
        place: u64,
    },
    /// A signed checkpoint knows more events than the database has.
    RolledBack {
        /// How many events there are.
        events: u64,
        /// How many there were.
        signed: u64,
    },
    /// Events have places that no checkpoint signs.
    Unsigned {
        /// The first of them.
        sequence: u64,
    },
    /// A record is not as its last event left it.
    RecordAltered {
        /// Table and key.
        record: String,
    },
    /// A record that no event wrote.
    RecordUnexplained {
        /// Table and key.
        record: String,
    },
    /// A record that events wrote is not there.
    RecordMissing {
        /// Table and key.
        record: String,
    },
    /// Rows that the engine can't read, or that are not in the form of their table.
    Unreadable {
        /// Which.
        part: String,
    },
    /// Events neither have a place nor wait for one.
    Unplaced {
        /// How many.
        events: u64,
    },
    /// Events have a place and wait for one as well: the log can't go on.
    PlacedAndWaiting {
        /// How many.
        events: u64,
    },
    /// Events that wait for their places are gone.
    WaitingMissing {
        /// How many.
        events: u64,
    },
    /// An event is not found by whom it is of, what was done or which token: it is filed under others.
    Misfiled {
        /// Its place, from 0.
        sequence: u64,
    },
    /// The index by which events are found is not what follows from the events.
    Index,
}

impl fmt::Display for AuditFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherKey => f.write_str(
                "the database has another log key than the one given / khoá nhật ký khác với khoá đã cho",
            ),
            Self::Checkpoint { size, reason } => write!(
                f,
                "checkpoint of {size} events: {reason} / điểm kiểm tra {size} sự kiện không hợp lệ"
            ),
            Self::EventMissing { sequence } => {
                write!(f, "event {sequence} is missing / thiếu sự kiện {sequence}")
            }
            Self::EventAltered { sequence } => {
                write!(f, "event {sequence} was altered / sự kiện {sequence} đã bị sửa")
            }
            Self::ChangesAltered { sequence: Some(sequence), .. } => write!(
                f,
                "the changes of event {sequence} were altered / nội dung thay đổi của sự kiện {sequence} đã bị sửa"
            ),
            Self::ChangesAltered { sequence: None, event } => write!(
                f,
                "the changes of waiting event no. {event} were altered / nội dung của sự kiện đang chờ số {event} đã bị sửa"
            ),
            Self::OtherTree { from, size } => write!(
                f,
                "events {from} to {size} (excluded) are not those that the checkpoint of {size} signs / các sự kiện từ {from} đến trước {size} không khớp điểm kiểm tra"
            ),
            Self::Tile { level, place } => write!(
                f,
                "tile {place} of level {level} doesn't follow from the events / ô {place} tầng {level} không khớp các sự kiện"
            ),
            Self::RolledBack { events, signed } => write!(
                f,
                "the database has {events} events, but a signed checkpoint knows {signed}: it was rolled back or events from {events} on were dropped / cơ sở dữ liệu đã bị khôi phục về bản cũ"
            ),
            Self::Unsigned { sequence } => write!(
                f,
                "events from {sequence} on have places that no checkpoint signs / các sự kiện từ {sequence} không có điểm kiểm tra"
            ),
            Self::RecordAltered { record } => write!(
                f,
                "{record} is not as its last event left it / bản ghi đã bị sửa ngoài nhật ký"
            ),
            Self::RecordUnexplained { record } => {
                write!(f, "{record} was written by no event / bản ghi không có sự kiện")
            }
            Self::RecordMissing { record } => {
                write!(f, "{record} is missing, and no event removed it / bản ghi bị mất")
            }
            Self::Unreadable { part } => {
                write!(f, "{part} can't be read / không đọc được")
            }
            Self::Unplaced { events } => write!(
                f,
                "{events} event(s) neither have a place nor wait for one / {events} sự kiện không có thứ tự trong nhật ký"
            ),
            Self::PlacedAndWaiting { events } => write!(
                f,
                "{events} event(s) have a place and wait for one as well / {events} sự kiện đã có thứ tự mà vẫn trong hàng chờ"
            ),
            Self::WaitingMissing { events } => write!(
                f,
                "{events} event(s) that wait for a place are missing / thiếu {events} sự kiện đang chờ"
            ),
            Self::Misfiled { sequence } => write!(
                f,
                "event {sequence} is filed under another actor, action or token (audit_place) / sự kiện {sequence} bị xếp sai chỗ"
            ),
            Self::Index => f.write_str(
                "the index of events (audit_mention) doesn't follow from the events / chỉ mục sự kiện không khớp",
            ),
        }
    }
}
