//! Where an export goes.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path as FilePath, PathBuf};

use crate::error::ServerError;

/// Standard output, or a file that only stands under its name when it is whole: a table that ends early
/// looks like any other.
#[derive(Debug)]
pub(super) enum Destination {
    /// For the next program.
    StandardOutput,
    /// For keeping.
    File {
        /// What is being written.
        open: File,
        /// Its name until it is whole.
        at: PathBuf,
        /// Its name in the end, if it is another.
        becomes: Option<PathBuf>,
    },
}

impl Destination {
    /// `-` is standard output.
    pub(super) fn open(path: &FilePath) -> Result<Self, ServerError> {
        if path == FilePath::new("-") {
            return Ok(Self::StandardOutput);
        }
        // Not the link is replaced, but what it leads to.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let known = fs::metadata(&path).ok();
        // Devices and pipes stay what they are.
        let (at, becomes) = match &known {
            Some(known) if !known.is_file() => (path, None),
            _ => {
                let mut part = path.clone().into_os_string();
                part.push(".part");
                (PathBuf::from(part), Some(path))
            }
        };
        let opened = || {
            let open = File::create(&at)?;
            if let Some(known) = known.filter(|_| becomes.is_some()) {
                open.set_permissions(known.permissions())?;
            }
            Ok(open)
        };
        let open = opened().map_err(ServerError::file(at.as_path()))?;
        Ok(Self::File { open, at, becomes })
    }

    /// Adds some rows.
    pub(super) fn write(&mut self, rows: &[u8]) -> Result<(), ServerError> {
        match self {
            Self::StandardOutput => {
                let mut out = io::stdout().lock();
                let written = out.write_all(rows).and_then(|()| out.flush());
                written.map_err(ServerError::file("-"))
            }
            Self::File { open, at, .. } => {
                open.write_all(rows).map_err(ServerError::file(at.as_path()))
            }
        }
    }

    /// Whether nobody reads what is written any more.
    pub(super) fn was_left(&self, error: &ServerError) -> bool {
        let broken = |reason: &io::Error| reason.kind() == io::ErrorKind::BrokenPipe;
        match (self, error) {
            (Self::StandardOutput, ServerError::File { reason, .. }) => broken(reason),
            _ => false,
        }
    }

    /// All is written: the file gets its name.
    pub(super) fn keep(self) -> Result<(), ServerError> {
        match self {
            Self::File { open, at, becomes: Some(path) } => {
                let kept = open.sync_all().and_then(|()| fs::rename(at, &path));
                kept.map_err(ServerError::file(path))
            }
            Self::StandardOutput | Self::File { becomes: None, .. } => Ok(()),
        }
    }

    /// Not all is written: what there is is worth nothing.
    pub(super) fn discard(self) {
        if let Self::File { at, becomes: Some(_), .. } = self {
            // The failure that led here is told; a file that is left over says by its name what it is.
            _ = fs::remove_file(at);
        }
    }
}
