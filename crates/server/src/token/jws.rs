//! Signed texts in compact form (RFC 7515), taken apart more strictly than a library would. Knows no claims.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::Reason;
use super::json::object;
use super::jwk::PublicKey;

/// The longest token, in bytes.
const LENGTH_LIMIT: usize = 8 << 10;

/// Header members by which a token would bring its own key, or change what the rest means.
const REFUSED_MEMBERS: [&str; 7] = ["crit", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256"];

/// A text whose signature was not looked at yet: nothing in it may be believed.
#[derive(Debug)]
pub(super) struct Unverified<'text> {
    /// What kind of token it says it is.
    pub(super) kind: Option<String>,
    algorithm: String,
    /// Which key it says it was signed with.
    pub(super) kid: String,
    /// What it says.
    pub(super) claims: Map<String, Value>,
    signed: &'text str,
    /// In base64url.
    signature: &'text str,
}

impl<'text> Unverified<'text> {
    pub(super) fn read(text: &'text str) -> Result<Self, Reason> {
        if text.len() > LENGTH_LIMIT {
            return Err(Reason::Form("too long"));
        }
        let parts = text.rsplit_once('.').and_then(|(signed, signature)| {
            let (header, payload) = signed.split_once('.')?;
            (!payload.contains('.')).then_some((header, payload, signed, signature))
        });
        let (header, payload, signed, signature) = parts.ok_or(Reason::Form("not three parts"))?;
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let members = |part: &str| object(&decoded(part)?);
        let header = members(header).ok_or(Reason::Form("header"))?;
        if REFUSED_MEMBERS.iter().any(|name| header.contains_key(*name)) {
            return Err(Reason::Form("header member that is not accepted"));
        }
        let kind = match header.get("typ") {
            None => None,
            Some(Value::String(kind)) => Some(kind.clone()),
            Some(_) => return Err(Reason::Form("typ")),
        };
        Ok(Self {
            kind,
            algorithm: member(&header, "alg")?,
            kid: member(&header, "kid")?,
            claims: members(payload).ok_or(Reason::Form("payload"))?,
            signed,
            signature,
        })
    }

    /// Whether `key` signed it. The key says by which algorithm; the token must say the same.
    pub(super) fn verify(&self, key: &PublicKey) -> Result<(), Reason> {
        if self.algorithm != key.algorithm().name() {
            return Err(Reason::Algorithm);
        }
        if key.has_signed(self.signed.as_bytes(), self.signature) {
            Ok(())
        } else {
            Err(Reason::Signature)
        }
    }
}

fn member(header: &Map<String, Value>, name: &'static str) -> Result<String, Reason> {
    header.get(name).and_then(Value::as_str).map(str::to_owned).ok_or(Reason::Form(name))
}
