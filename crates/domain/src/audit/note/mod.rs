//! Signed notes: a text and who signed it, on paper if need be.
//!
//! C2SP signed-note and tlog-cosignature (<https://c2sp.org/signed-note>,
//! <https://c2sp.org/tlog-cosignature>) with Ed25519. A note reads
//!
//! ```text
//! one or more lines of text
//!
//! — name base64
//! ```
//!
//! where the base64 holds the key's id and the signature of the text with its last line end.

mod checkpoint;
mod key;

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
pub use checkpoint::Checkpoint;
pub use key::{KeyFault, KeyName, SignatureType, SigningKey, VerifierKey};

use key::KeyId;

/// The largest note, in bytes.
const SIZE_LIMIT: usize = 64 << 10;
/// The most signatures of a note.
const SIGNATURE_LIMIT: usize = 100;
/// The latest time of a cosignature, in seconds since 1970.
const TIME_LIMIT: u64 = i64::MAX.unsigned_abs();

/// Why a note is refused. Lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteFault {
    /// The note is too large.
    #[error(
        "a note has at most 64 KiB and 100 signatures / ghi chú có tối đa 64 KiB và 100 chữ ký"
    )]
    TooLarge,
    /// A control character other than the line end.
    #[error("line {line} has a control character / dòng {line} có ký tự điều khiển")]
    ControlCharacter {
        /// The line.
        line: usize,
    },
    /// The text or the note breaks off: its last line has no end.
    #[error("the note breaks off in line {line} / ghi chú bị cắt ở dòng {line}")]
    BreaksOff {
        /// The last line.
        line: usize,
    },
    /// No signatures stand behind a blank line.
    #[error("no blank line with signatures behind it / không có dòng trống và chữ ký theo sau")]
    NoSignatures,
    /// A line behind the text is not a signature.
    #[error("line {line} is not a signature / dòng {line} không phải là chữ ký")]
    NotASignature {
        /// The line.
        line: usize,
    },
    /// The text is not a checkpoint.
    #[error(
        "line {line} is not what a checkpoint has there: origin, size, root / dòng {line} không đúng dạng checkpoint: nguồn, kích thước, gốc"
    )]
    NotACheckpoint {
        /// The line.
        line: usize,
    },
    /// The key did not sign the note.
    #[error("{name} with this key did not sign / {name} với khoá này không ký")]
    Unsigned {
        /// The key's name.
        name: KeyName,
    },
    /// A signature by the key's name and id is not of this key and text.
    #[error("the signature of {name} is wrong / chữ ký của {name} sai")]
    WrongSignature {
        /// The key's name.
        name: KeyName,
    },
    /// The key is for the other type of signatures.
    #[error(
        "the key of {name} is for another type of signatures / khoá của {name} dành cho loại chữ ký khác"
    )]
    OtherType {
        /// The key's name.
        name: KeyName,
    },
    /// The notes to be merged are about different texts.
    #[error("the notes have different texts / hai ghi chú có nội dung khác nhau")]
    OtherText,
    /// The time of a cosignature is beyond what fits.
    #[error("the time is beyond 2^63 - 1 seconds / thời điểm vượt quá 2^63 - 1 giây")]
    TimeOutside,
}

/// One signature, not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Signature {
    name: KeyName,
    id: KeyId,
    bytes: Vec<u8>,
}

/// A text with signatures, none of which is verified yet: [`VerifierKey::verify`] does that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<Signature>,
}

/// What a signature that was verified says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// When a witness saw it, in seconds since 1970: the latest, if it signed more than once.
    /// `None` for a log's own signature.
    pub at: Option<u64>,
}

impl SignedNote {
    /// The text, with its last line end and without the blank line behind it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The note with a cosignature by a witness's key, of this time in seconds since 1970, in the
    /// place of an earlier one. The text must be a checkpoint.
    pub fn cosign(&self, key: &SigningKey, time: u64) -> Result<Self, NoteFault> {
        let verifier = key.of_type(SignatureType::Cosignature)?;
        self.text.parse::<Checkpoint>()?;
        if time > TIME_LIMIT {
            return Err(NoteFault::TimeOutside);
        }
        let signature = key.sign(cosigned(time, &self.text).as_bytes());
        let bytes = [&time.to_be_bytes(), signature.as_slice()].concat();
        let mut note = self.clone();
        note.signatures.retain(|signature| !signature.claims(verifier));
        note.signatures.push(Signature::new(verifier, bytes));
        note.bounded()
    }

    /// The note with the signatures in the name of this key alone, verified or not.
    #[must_use]
    pub fn signed_by(&self, key: &VerifierKey) -> Self {
        let mut note = self.clone();
        note.signatures.retain(|signature| signature.claims(key));
        note
    }

    /// The note with the signatures of both; their texts must be equal.
    pub fn merge(&self, other: &Self) -> Result<Self, NoteFault> {
        if self.text != other.text {
            return Err(NoteFault::OtherText);
        }
        let mut note = self.clone();
        for signature in &other.signatures {
            if !note.signatures.contains(signature) {
                note.signatures.push(signature.clone());
            }
        }
        note.bounded()
    }

    fn bounded(self) -> Result<Self, NoteFault> {
        let fits = self.signatures.len() <= SIGNATURE_LIMIT && self.to_string().len() <= SIZE_LIMIT;
        if fits { Ok(self) } else { Err(NoteFault::TooLarge) }
    }
}

impl Signature {
    fn new(key: &VerifierKey, bytes: Vec<u8>) -> Self {
        Self { name: key.name().clone(), id: key.id(), bytes }
    }

    /// Whether it says to be of this key.
    fn claims(&self, key: &VerifierKey) -> bool {
        self.name == *key.name() && self.id == key.id()
    }

    fn parse(line: &str) -> Option<Self> {
        let (name, base64) = line.strip_prefix("— ")?.split_once(' ')?;
        let decoded = STANDARD.decode(base64).ok()?;
        let (id, bytes) = decoded.split_first_chunk()?;
        let bytes = Some(bytes.to_vec()).filter(|bytes| !bytes.is_empty())?;
        Some(Self { name: name.parse().ok()?, id: *id, bytes })
    }
}

impl SigningKey {
    /// Signs a text of whole lines as a log does.
    pub fn sign_note(&self, text: &str) -> Result<SignedNote, NoteFault> {
        let verifier = self.of_type(SignatureType::Signature)?;
        check_lines(text)?;
        let signatures = vec![Signature::new(verifier, self.sign(text.as_bytes()))];
        SignedNote { text: text.to_owned(), signatures }.bounded()
    }

    fn of_type(&self, wanted: SignatureType) -> Result<&VerifierKey, NoteFault> {
        let verifier = self.verifier();
        if verifier.signature_type() == wanted {
            Ok(verifier)
        } else {
            Err(NoteFault::OtherType { name: verifier.name().clone() })
        }
    }
}

impl VerifierKey {
    /// Checks that this key signed the note, and that nothing in its name is forged. Signatures of
    /// other keys don't count, for or against.
    pub fn verify(&self, note: &SignedNote) -> Result<Verified, NoteFault> {
        let name = || self.name().clone();
        let times: Vec<_> = note
            .signatures
            .iter()
            .filter(|signature| signature.claims(self))
            .map(|signature| {
                self.verified(&note.text, &signature.bytes)
                    .ok_or_else(|| NoteFault::WrongSignature { name: name() })
            })
            .collect::<Result<_, _>>()?;
        let latest = times.into_iter().max_by_key(|verified| verified.at);
        latest.ok_or_else(|| NoteFault::Unsigned { name: name() })
    }

    fn verified(&self, text: &str, bytes: &[u8]) -> Option<Verified> {
        let (at, signed) = match self.signature_type() {
            SignatureType::Signature => (None, self.signed(text.as_bytes(), bytes)),
            SignatureType::Cosignature => {
                let (time, signature) = bytes.split_first_chunk()?;
                let time = Some(u64::from_be_bytes(*time)).filter(|time| *time <= TIME_LIMIT)?;
                (Some(time), self.signed(cosigned(time, text).as_bytes(), signature))
            }
        };
        signed.then_some(Verified { at })
    }
}

/// What a witness signs.
fn cosigned(time: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

/// The line that a part of a text ends in.
fn line_of(part: &str) -> usize {
    1 + part.matches('\n').count()
}

/// Whole lines, not too many bytes, no control characters.
fn check_lines(text: &str) -> Result<(), NoteFault> {
    if text.len() > SIZE_LIMIT {
        return Err(NoteFault::TooLarge);
    }
    if let Some((before, _)) = text.split_once(|c: char| c < ' ' && c != '\n') {
        return Err(NoteFault::ControlCharacter { line: line_of(before) });
    }
    if text.ends_with('\n') { Ok(()) } else { Err(NoteFault::BreaksOff { line: line_of(text) }) }
}

impl FromStr for SignedNote {
    type Err = NoteFault;

    /// Reads the one form that is written: at most 64 KiB and 100 signatures.
    fn from_str(note: &str) -> Result<Self, Self::Err> {
        check_lines(note)?;
        let (text, signatures) = note.rsplit_once("\n\n").ok_or(NoteFault::NoSignatures)?;
        let lines = signatures.strip_suffix('\n').ok_or(NoteFault::NoSignatures)?;
        if line_of(lines) > SIGNATURE_LIMIT {
            return Err(NoteFault::TooLarge);
        }
        let first = line_of(text) + 2;
        let signatures = lines.split('\n').zip(first..).map(|(line, number)| {
            Signature::parse(line).ok_or(NoteFault::NotASignature { line: number })
        });
        Ok(Self { text: format!("{text}\n"), signatures: signatures.collect::<Result<_, _>>()? })
    }
}

impl fmt::Display for SignedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|Signature { name, id, bytes }| {
            writeln!(f, "— {name} {}", STANDARD.encode([id, bytes.as_slice()].concat()))
        })
    }
}

#[cfg(test)]
mod tests;
