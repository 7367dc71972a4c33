//! Just enough of HTTP/1.1 to ask one thing after another over one connection.

use std::io::{Error, ErrorKind};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::BenchError;

/// How much is read at once.
const CHUNK: usize = 65_536;

pub(crate) struct Connection {
    stream: TcpStream,
    host: String,
    read: Vec<u8>,
}

impl Connection {
    /// To a server's `host:port`.
    pub(crate) async fn open(host: &str) -> Result<Self, BenchError> {
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, host: host.to_owned(), read: Vec::with_capacity(CHUNK) })
    }

    /// Posts a body; the answer must be one without errors.
    pub(crate) async fn post(&mut self, path: &str, body: &str) -> Result<&[u8], BenchError> {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.host,
            body.len()
        );
        self.stream.write_all(format!("{head}{body}").as_bytes()).await?;
        self.read.clear();
        let (head, length) = loop {
            if let Some(found) = head_and_length(&self.read)? {
                break found;
            }
            self.more().await?;
        };
        while self.read.len() < head + length {
            self.more().await?;
        }
        let answer = &self.read[head..head + length];
        if self.read.starts_with(b"HTTP/1.1 200 ") && !is_faulty(answer) {
            return Ok(answer);
        }
        let told = String::from_utf8_lossy(&self.read);
        let told: String = told.chars().take(1_000).collect();
        let asked: String = body.chars().take(600).collect();
        Err(BenchError::failed(format!("{asked}\nwas answered: {told}")))
    }

    /// How long the registry says that the last answer took, in milliseconds; others don't say.
    pub(crate) fn server_ms(&self) -> Option<f64> {
        let end = self.read.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&self.read[..end]);
        let (_, time) = head.split_once("total;dur=")?;
        time.lines().next()?.trim().parse().ok()
    }

    /// The data of a JSON answer.
    pub(crate) async fn ask(&mut self, path: &str, body: &str) -> Result<Value, BenchError> {
        let answer = self.post(path, body).await?;
        let answer: Result<Value, _> = serde_json::from_slice(answer);
        let mut answer = answer.map_err(|error| BenchError::failed(error.to_string()))?;
        Ok(answer["data"].take())
    }

    async fn more(&mut self) -> Result<(), Error> {
        self.read.reserve(CHUNK);
        match self.stream.read_buf(&mut self.read).await? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// Where an answer's body begins, and how long it is, once its head is there.
fn head_and_length(read: &[u8]) -> Result<Option<(usize, usize)>, BenchError> {
    let end = read.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let Some(end) = end else { return Ok(None) };
    let head = String::from_utf8_lossy(&read[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length = length.and_then(|length| length.trim().parse().ok());
    let length = length
        .ok_or_else(|| BenchError::failed(format!("an answer that tells no length: {head}")))?;
    Ok(Some((end + 4, length)))
}

/// Payloads have a list of errors, too; it must be empty. What wrk looks for as well.
fn is_faulty(answer: &[u8]) -> bool {
    const ERRORS: &[u8] = b"\"errors\":[{";
    answer.windows(ERRORS.len()).any(|bytes| bytes == ERRORS)
}
