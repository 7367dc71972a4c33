//! What can be asked of the log and isn't there.

use crate::fault::Language;

/// The place of an event in the log, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(pub u64);

/// Why the log has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message(Language::English))]
pub enum LogFault {
    /// No event has this place in a tree of this size.
    NoEvent {
        /// The place asked for, from 0.
        sequence: u64,
        /// How many events the tree has.
        size: u64,
    },
    /// An event has no such line.
    NoChange {
        /// The line asked for, from 0.
        index: u32,
        /// How many lines there are.
        size: u64,
    },
    /// The log is not that long yet.
    NoTree {
        /// The size asked for.
        size: u64,
        /// The size of the newest checkpoint.
        newest: u64,
    },
    /// No checkpoint was signed of this size, or none at all.
    NoCheckpoint {
        /// The size asked for.
        size: Option<u64>,
    },
    /// A tree can't be consistent with a later one.
    Backwards {
        /// The earlier size, as asked for.
        from: u64,
        /// The later size, as asked for.
        to: u64,
    },
    /// A note is about no checkpoint of this log.
    UnknownCheckpoint,
    /// A witness's signature is missing or wrong.
    Cosignature(String),
}

impl LogFault {
    /// What is wrong and what to do.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        match language {
            Language::English => self.english(),
            Language::Vietnamese => self.vietnamese(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::NoEvent { sequence, size } => {
                format!("event {sequence} is not among the {size} events of this tree")
            }
            Self::NoChange { index, size } => {
                format!("the event has {size} changes, none with the number {index}")
            }
            Self::NoTree { size, newest } => {
                format!(
                    "the newest checkpoint is of {newest} events; there is no tree of {size} yet"
                )
            }
            Self::NoCheckpoint { size: Some(size) } => {
                format!("no checkpoint was signed of {size} events; ask for the newest")
            }
            Self::NoCheckpoint { size: None } => {
                "no checkpoint was signed yet; ask again in a few seconds".to_owned()
            }
            Self::Backwards { from, to } => {
                format!("`from` ({from}) must not be larger than `to` ({to})")
            }
            Self::UnknownCheckpoint => "the log has no checkpoint with this very text".to_owned(),
            Self::Cosignature(fault) => format!("the witness's signature: {fault}"),
        }
    }

    fn vietnamese(&self) -> String {
        match self {
            Self::NoEvent { sequence, size } => {
                format!("sự kiện {sequence} không nằm trong {size} sự kiện của cây này")
            }
            Self::NoChange { index, size } => {
                format!("sự kiện có {size} thay đổi, không có số {index}")
            }
            Self::NoTree { size, newest } => {
                format!("điểm kiểm tra mới nhất có {newest} sự kiện; chưa có cây {size} sự kiện")
            }
            Self::NoCheckpoint { size: Some(size) } => {
                format!("không có điểm kiểm tra nào cho {size} sự kiện; hãy lấy điểm mới nhất")
            }
            Self::NoCheckpoint { size: None } => {
                "chưa có điểm kiểm tra; hãy hỏi lại sau vài giây".to_owned()
            }
            Self::Backwards { from, to } => {
                format!("`from` ({from}) không được lớn hơn `to` ({to})")
            }
            Self::UnknownCheckpoint => "nhật ký không có điểm kiểm tra này".to_owned(),
            Self::Cosignature(fault) => format!("chữ ký của nhân chứng: {fault}"),
        }
    }
}
