//! Where tiles and bundles of entries are found.

use std::fmt;
use std::str::FromStr;

use super::FULL;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileKind {
    /// Hashes of the tree.
    Hashes {
        /// How many full tiles stand one above the other below it, 0 to 63.
        level: u8,
    },
    /// The rows themselves.
    Entries,
}

/// The path of a tile: `tile/<level>/<index>` or `tile/entries/<index>`, with `.p/<width>` behind
/// it as long as it is not full. The index stands in groups of three digits, `x001/x234/067`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TilePath {
    kind: TileKind,
    index: u64,
    width: u16,
}

/// The text was not the path of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a tile's path is like tile/0/x001/234, tile/1/000.p/7 or tile/entries/000 / đường dẫn có dạng tile/0/x001/234, tile/1/000.p/7 hoặc tile/entries/000"
)]
pub struct NotATilePath;

impl TilePath {
    /// The path of a tile of 1 to 256 hashes or entries on a level from 0 to 63; else `None`.
    #[must_use]
    pub const fn new(kind: TileKind, index: u64, width: u16) -> Option<Self> {
        match kind {
            TileKind::Hashes { level: 64.. } => None,
            _ if width == 0 || width > FULL => None,
            _ => Some(Self { kind, index, width }),
        }
    }

    /// What the tile holds.
    #[must_use]
    pub const fn kind(self) -> TileKind {
        self.kind
    }

    /// The tile's place within its level, from 0.
    #[must_use]
    pub const fn index(self) -> u64 {
        self.index
    }

    /// How much the tile holds, 1 to 256.
    #[must_use]
    pub const fn width(self) -> u16 {
        self.width
    }
}

/// Writes the path of a full tile.
pub(super) fn write(f: &mut fmt::Formatter<'_>, kind: TileKind, index: u64) -> fmt::Result {
    match kind {
        TileKind::Hashes { level } => write!(f, "tile/{level}")?,
        TileKind::Entries => f.write_str("tile/entries")?,
    }
    let digits = index.to_string();
    let length = digits.len().next_multiple_of(3);
    for (at, digit) in format!("{digits:0>length$}").char_indices() {
        match at % 3 {
            0 if at + 3 < length => write!(f, "/x{digit}")?,
            0 => write!(f, "/{digit}")?,
            _ => write!(f, "{digit}")?,
        }
    }
    Ok(())
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, self.kind, self.index)?;
        if self.width == FULL { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

impl FromStr for TilePath {
    type Err = NotATilePath;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (kind, place) = text.strip_prefix("tile/")?.split_once('/')?;
            let kind = match kind {
                "entries" => TileKind::Entries,
                level => TileKind::Hashes { level: level.parse().ok()? },
            };
            let (index, width) = match place.split_once(".p/") {
                Some((index, width)) => (index, width.parse().ok()?),
                None => (place, FULL),
            };
            let index = index.replace(['x', '/'], "").parse().ok()?;
            Self::new(kind, index, width)
        };
        // A path has one form, so that no tile is fetched or kept under two names.
        read().filter(|path| path.to_string() == text).ok_or(NotATilePath)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        let path = |kind, index, width| TilePath::new(kind, index, width).unwrap().to_string();
        assert_eq!(path(TileKind::Hashes { level: 0 }, 0, 256), "tile/0/000");
        assert_eq!(path(TileKind::Hashes { level: 1 }, 999, 17), "tile/1/999.p/17");
        assert_eq!(path(TileKind::Entries, 1_234_067, 256), "tile/entries/x001/x234/067");
        assert_eq!(path(TileKind::Entries, 1_000, 1), "tile/entries/x001/000.p/1");
        assert_eq!(
            path(TileKind::Hashes { level: 63 }, u64::MAX, 255),
            "tile/63/x018/x446/x744/x073/x709/x551/615.p/255"
        );
    }

    #[test]
    fn what_is_written_otherwise_is_refused() {
        for text in [
            "",
            "tile",
            "tile/0",
            "tile/0/",
            "/tile/0/000",
            "tile/00/000",
            "tile/+1/000",
            "tile/64/000",
            "tile/300/000",
            "tile/-1/000",
            "tile/x/000",
            "tile/0/0",
            "tile/0/00",
            "tile/0/0000",
            "tile/0/x000/000",
            "tile/0/x000",
            "tile/0/001/234",
            "tile/0/X001/234",
            "tile/0/x1/234",
            "tile/0/x001/x234",
            "tile/0/x001//234",
            "tile/0/x001/234/",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
            "tile/0/000.p/0",
            "tile/0/000.p/00",
            "tile/0/000.p/07",
            "tile/0/000.p/+7",
            "tile/0/000.p/256",
            "tile/0/000.p/257",
            "tile/0/000.p/",
            "tile/0/000.p/1.p/1",
            "tile/0/000.p",
            "tile/0/000 ",
            "tile/0/٠٠١",
            "tile/Entries/000",
        ] {
            assert_eq!(text.parse::<TilePath>(), Err(NotATilePath), "{text}");
        }
        assert_eq!(TilePath::new(TileKind::Entries, 0, 0), None);
        assert_eq!(TilePath::new(TileKind::Entries, 0, 257), None);
        assert_eq!(TilePath::new(TileKind::Hashes { level: 64 }, 0, 1), None);
    }

    proptest! {
        #[test]
        fn a_path_survives_its_text_form(level in 0u8..=64, shift in 0u32..64, index: u64, width in 1u16..=256) {
            let kind = if level < 64 { TileKind::Hashes { level } } else { TileKind::Entries };
            let path = TilePath::new(kind, index >> shift, width).unwrap();
            prop_assert_eq!(path.to_string().parse(), Ok(path));
        }

        #[test]
        fn any_text_is_a_path_or_is_refused(text in "tile/([0-9]{1,2}|entries)/[x0-9/]{0,12}(\\.p/[0-9]{0,3})?") {
            if let Ok(path) = text.parse::<TilePath>() {
                prop_assert_eq!(path.to_string(), text);
            }
        }
    }
}
