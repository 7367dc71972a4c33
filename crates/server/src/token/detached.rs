//! Signatures of a request's body, sent beside it in `X-JWS-Signature`: JWS with the payload left
//! out (RFC 7515 appendix F) and not encoded (RFC 7797).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use registry_domain::access::PartnerCode;
use registry_domain::certificate::DetachedSignature;
use registry_persistence::{BodySignature, StoreError};
use serde_json::{Map, Value, json};

use super::Tokens;
use super::json::object;
use super::jwk::NamedKey;

/// The longest signature, in bytes.
const LENGTH_LIMIT: usize = 4 << 10;

/// Members that a header may have; anything else could change what the rest means.
const MEMBERS: [&str; 5] = ["alg", "b64", "crit", "kid", "typ"];

impl Tokens {
    /// Whether one of the partner's keys has signed `body`.
    pub(crate) async fn body_signature(
        &self,
        partner: Option<&PartnerCode>,
        shown: &str,
        body: &[u8],
    ) -> Result<BodySignature, StoreError> {
        let (Some(partner), Some(read)) = (partner, Shown::read(shown)) else {
            return Ok(BodySignature::Wrong);
        };
        let keys = self.store.partner_keys(partner).await?;
        let key = keys.iter().find(|key| key.kid == read.kid);
        let key = key.and_then(|key| NamedKey::from_jwk(&key.jwk)).map(|named| named.key);
        let signed = key.is_some_and(|key| {
            let message = [read.header.as_bytes(), b".", body].concat();
            read.algorithm == key.algorithm().name() && key.has_signed(&message, read.signature)
        });
        Ok(match std::str::from_utf8(body) {
            Ok(body) if signed => BodySignature::Verified(DetachedSignature {
                jws: shown.to_owned(),
                body: body.to_owned(),
            }),
            _ => BodySignature::Wrong,
        })
    }
}

/// A signature taken apart; nothing in it may be believed yet.
struct Shown<'text> {
    header: &'text str,
    signature: &'text str,
    algorithm: String,
    kid: String,
}

impl<'text> Shown<'text> {
    fn read(text: &'text str) -> Option<Self> {
        if text.len() > LENGTH_LIMIT {
            return None;
        }
        let (header, signature) = text.split_once("..")?;
        let members: Map<String, Value> = object(&URL_SAFE_NO_PAD.decode(header).ok()?)?;
        let known = members.keys().all(|name| MEMBERS.contains(&name.as_str()));
        let apart = members.get("b64") == Some(&json!(false))
            && members.get("crit") == Some(&json!(["b64"]));
        let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        (known && apart).then_some(())?;
        Some(Self { header, signature, algorithm: text("alg")?, kid: text("kid")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(header: &Value) -> String {
        format!("{}..c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(header.to_string()))
    }

    #[test]
    fn only_a_payload_that_is_apart_and_plain_is_understood() {
        let sound = json!({ "alg": "EdDSA", "kid": "a", "b64": false, "crit": ["b64"] });
        assert!(Shown::read(&shown(&sound)).is_some());
        for (name, value) in [
            ("b64", json!(true)),
            ("b64", Value::Null),
            ("crit", json!([])),
            ("crit", json!(["b64", "exp"])),
            ("jwk", json!({})),
            ("kid", json!(1)),
        ] {
            let mut header = sound.clone();
            header[name] = value;
            assert!(Shown::read(&shown(&header)).is_none(), "{header}");
        }
        assert!(Shown::read(&shown(&sound).replace("..", ".e30.")).is_none());
        assert!(Shown::read("").is_none());
    }
}
