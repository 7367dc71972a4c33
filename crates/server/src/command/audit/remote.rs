//! A log as it is served over HTTP, in the form of C2SP's tlog-tiles.

use http::{HeaderValue, StatusCode, Uri};
use registry_domain::audit::{
    Checkpoint, Digest, SignedNote, TILE_WIDTH, TileId, TileKind, TilePath, Tiles, VerifierKey,
    decode_entries,
};

use crate::error::ServerError;
use crate::fetch::{self, FetchError, HttpClient, Schemes};

/// The largest bundle: 256 entries of at most 64 KiB each.
const BUNDLE_LIMIT: usize = 17 << 20;

/// The largest checkpoint, with the signatures of many witnesses.
const NOTE_LIMIT: usize = 64 << 10;

/// A served log.
pub(super) struct RemoteLog {
    base: String,
    client: HttpClient,
    token: Option<HeaderValue>,
}

impl RemoteLog {
    /// A log below `url`, whose entries are read with `token`.
    pub(super) fn open(url: &str, token: Option<String>) -> Result<Self, ServerError> {
        let token = token.map(|token| {
            let bearer = HeaderValue::from_str(&format!("Bearer {}", token.trim()));
            bearer.map_err(|_| {
                ServerError::Configuration("the token is none / mã truy cập sai".into())
            })
        });
        Ok(Self {
            base: url.trim_end_matches('/').to_owned(),
            client: fetch::client(Schemes::of(url))?,
            token: token.transpose()?,
        })
    }

    /// The newest checkpoint, signed by `key`.
    pub(super) async fn checkpoint(
        &self,
        key: &VerifierKey,
    ) -> Result<(Checkpoint, SignedNote), ServerError> {
        let note = self.get("checkpoint", NOTE_LIMIT).await?;
        let note = String::from_utf8(note).map_err(|_| self.wrong("checkpoint"))?;
        Checkpoint::open(&note, key)
            .map_err(|fault| ServerError::Found(format!("{}/checkpoint: {fault}", self.base)))
    }

    /// The hashes of events, from one at the beginning of a tile to its end.
    pub(super) async fn hashes(&self, from: u64, size: u64) -> Result<Vec<Digest>, ServerError> {
        let path =
            part(TileKind::Hashes { level: 0 }, from, size).ok_or_else(|| self.wrong("tile"))?;
        let bytes = self.get(&path.to_string(), BUNDLE_LIMIT).await?;
        let (hashes, rest) = bytes.as_chunks::<32>();
        if hashes.len() == usize::from(path.width()) && rest.is_empty() {
            Ok(hashes.iter().copied().map(Digest::from_bytes).collect())
        } else {
            Err(self.wrong(&path.to_string()))
        }
    }

    /// The entries of events, from one at the beginning of a bundle to its end.
    pub(super) async fn entries(&self, from: u64, size: u64) -> Result<Vec<Vec<u8>>, ServerError> {
        let path = part(TileKind::Entries, from, size).ok_or_else(|| self.wrong("tile"))?;
        let bytes = self.get(&path.to_string(), BUNDLE_LIMIT).await?;
        match decode_entries(&bytes) {
            Ok(entries) if entries.len() == usize::from(path.width()) => {
                Ok(entries.into_iter().map(<[u8]>::to_vec).collect())
            }
            _ => Err(self.wrong(&path.to_string())),
        }
    }

    /// The tiles with these names, as far as a tree of this size has them.
    pub(super) async fn tiles(&self, ids: &[TileId], size: u64) -> Result<Tiles, ServerError> {
        let mut tiles = Tiles::default();
        for id in ids {
            let path = id.path(size).ok_or_else(|| self.wrong(&id.to_string()))?.to_string();
            let stored = self.get(&path, BUNDLE_LIMIT).await?;
            tiles.insert(*id, &stored).map_err(|_| self.wrong(&path))?;
        }
        Ok(tiles)
    }

    async fn get(&self, path: &str, limit: usize) -> Result<Vec<u8>, ServerError> {
        let address = format!("{}/{path}", self.base);
        let no_answer = |reason: String| ServerError::NoAnswer { address: address.clone(), reason };
        let uri: Uri = address.parse().map_err(|_| no_answer("no address / địa chỉ sai".into()))?;
        let answer = fetch::get(&self.client, &uri, self.token.as_ref(), limit).await;
        answer.map_err(|error| match error {
            // What a checkpoint signs must be there.
            FetchError::Status(StatusCode::NOT_FOUND) if path.starts_with("tile/") => {
                ServerError::Found(format!("{address} is missing / không có {address}"))
            }
            FetchError::Status(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => no_answer(
                format!("{error}: --token must name a file with a token that may read the log / cần mã truy cập có quyền audit:read"),
            ),
            error => no_answer(error.to_string()),
        })
    }

    fn wrong(&self, path: &str) -> ServerError {
        ServerError::Found(format!("{}/{path}: not in the right form / sai định dạng", self.base))
    }
}

/// The tile that begins with `from`, as wide as a list of `size` makes it.
fn part(kind: TileKind, from: u64, size: u64) -> Option<TilePath> {
    let id = TileId { level: 0, index: from / TILE_WIDTH };
    TilePath::new(kind, id.index, id.width(size))
}
