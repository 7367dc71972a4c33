//! Checkpoints: what a log says of its tree, in three lines of a signed note.

use std::fmt;
use std::str::FromStr;

use super::{NoteFault, SignedNote, VerifierKey};
use crate::audit::digest::Digest;

/// Which log, how many rows, which root. C2SP tlog-checkpoint
/// (<https://c2sp.org/tlog-checkpoint>).
///
/// Lines that follow in a note's text are permitted and ignored: they stay in the note, and its
/// signatures cover them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Digest,
}

impl Checkpoint {
    /// What a log of this origin, one line of text, says of its tree.
    pub fn new(origin: String, size: u64, root: Digest) -> Result<Self, NoteFault> {
        if origin.is_empty() || origin.contains(|c: char| c < ' ') {
            return Err(NoteFault::NotACheckpoint { line: 1 });
        }
        Ok(Self { origin, size, root })
    }

    /// Reads a note that this key signed, and the checkpoint in it. Whether the origin is the one
    /// expected is for the caller to say.
    pub fn open(note: &str, key: &VerifierKey) -> Result<(Self, SignedNote), NoteFault> {
        let note: SignedNote = note.parse()?;
        key.verify(&note)?;
        Ok((note.text().parse()?, note))
    }

    /// The log: a text of one line that no other log has.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The rows of the tree.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree.
    #[must_use]
    pub const fn root(&self) -> Digest {
        self.root
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, self.root.to_base64())
    }
}

impl FromStr for Checkpoint {
    type Err = NoteFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut lines = text.split_inclusive('\n').map(|line| line.strip_suffix('\n'));
        let mut line = || lines.next().flatten();
        let origin = line().ok_or(NoteFault::NotACheckpoint { line: 1 })?;
        let size = line()
            .and_then(|digits| digits.parse().ok().filter(|size: &u64| size.to_string() == digits))
            .ok_or(NoteFault::NotACheckpoint { line: 2 })?;
        let root = line()
            .and_then(|base64| Digest::from_base64(base64).ok())
            .ok_or(NoteFault::NotACheckpoint { line: 3 })?;
        for (number, extension) in (4..).zip(lines) {
            if extension.is_none_or(str::is_empty) {
                return Err(NoteFault::NotACheckpoint { line: number });
            }
        }
        Self::new(origin.to_owned(), size, root)
    }
}
