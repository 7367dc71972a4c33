//! Tokens that must not be accepted, each wrong in one thing.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use ring::hmac;
use serde_json::{Value, json};

use crate::forge::{ISSUER, NOW, Signer, claims, claims_with, encode};

/// Claims that are wrong, each in one thing.
pub fn wrong_claims() -> Vec<(&'static str, Value)> {
    let longest = 366 * 86_400;
    vec![
        ("without iss", json!({ "iss": null })),
        ("of another issuer", json!({ "iss": "https://evil.example" })),
        ("iss with a slash more", json!({ "iss": format!("{ISSUER}/") })),
        ("iss that is a list", json!({ "iss": [ISSUER] })),
        ("without aud", json!({ "aud": null })),
        ("for another audience", json!({ "aud": "other" })),
        ("for a list without us", json!({ "aud": ["other", "another"] })),
        ("for a list with a number", json!({ "aud": ["registry", 7] })),
        ("for an empty list", json!({ "aud": [] })),
        ("without sub", json!({ "sub": null })),
        ("sub that is a number", json!({ "sub": 7 })),
        ("empty sub", json!({ "sub": "" })),
        ("sub with a line break", json!({ "sub": "anna\nroot" })),
        ("client_id that is a number", json!({ "client_id": 7 })),
        ("without exp", json!({ "exp": null })),
        ("expired", json!({ "iat": NOW - 7_200, "nbf": NOW - 7_200, "exp": NOW - 31 })),
        ("exp that is a text", json!({ "exp": (NOW + 3_600).to_string() })),
        ("negative exp", json!({ "exp": -1 })),
        ("exp with a fraction", json!({ "exp": 1_793_512_800.5 })),
        ("exp at the end of time", json!({ "exp": i64::MAX })),
        ("exp beyond the longest life", json!({ "exp": NOW + longest + 1 })),
        ("exp before iat", json!({ "iat": NOW + 20, "exp": NOW + 10 })),
        ("without nbf", json!({ "nbf": null })),
        ("not valid yet", json!({ "nbf": NOW + 31 })),
        ("nbf that is true", json!({ "nbf": true })),
        ("without iat", json!({ "iat": null })),
        ("issued in the future", json!({ "iat": NOW + 31 })),
        ("without jti", json!({ "jti": null })),
        ("empty jti", json!({ "jti": "" })),
        ("jti with a control character", json!({ "jti": "a\u{7}" })),
        ("jti that is too long", json!({ "jti": "a".repeat(129) })),
        ("scope that is a list", json!({ "scope": ["registry:read"] })),
        ("read-only that writes", json!({ "scope": "households:write" })),
        ("read_only that is a text", json!({ "read_only": "false" })),
        ("report without a partner", json!({ "scope": "certificates:report", "read_only": false })),
        ("of an unknown partner", json!({ "scope": "", "partner": "MOBI" })),
        ("of a malformed partner", json!({ "scope": "", "partner": "vnpt'--" })),
        ("of a partner that reads", json!({ "partner": "VNPT" })),
        ("partner that is null in a list", json!({ "partner": [] })),
        ("of an unknown unit", json!({ "unit": "99999" })),
        ("of a unit of the past era", json!({ "unit": "31447" })),
        ("unit that is a number", json!({ "unit": 31441 })),
        ("unit and admin", json!({ "unit": "31441", "scope": "admin", "read_only": false })),
    ]
}

/// Headers that are wrong, each in one thing.
pub fn wrong_headers() -> Vec<(&'static str, Value)> {
    vec![
        ("alg none", json!({ "alg": "none" })),
        ("alg in lower case", json!({ "alg": "eddsa" })),
        ("alg of another key", json!({ "alg": "RS256" })),
        ("alg of a shared secret", json!({ "alg": "HS256" })),
        ("without alg", json!({ "alg": null })),
        ("without typ", json!({ "typ": null })),
        ("typ of an id token", json!({ "typ": "JWT" })),
        ("typ that is a list", json!({ "typ": ["at+jwt"] })),
        ("without kid", json!({ "kid": null })),
        ("empty kid", json!({ "kid": "" })),
        ("kid that is a path", json!({ "kid": "../../../../dev/null" })),
        ("kid that is SQL", json!({ "kid": "x' UNION SELECT 'secret' --" })),
        ("kid that is an address", json!({ "kid": "http://127.0.0.1:1/jwks.json" })),
        ("kid that is a number", json!({ "kid": 0 })),
        ("with jku", json!({ "jku": "https://evil.example/jwks.json" })),
        ("with x5u", json!({ "x5u": "https://evil.example/cert.pem" })),
        ("with jwk", json!({ "jwk": { "kty": "OKP", "crv": "Ed25519", "x": "AA" } })),
        ("with x5c", json!({ "x5c": ["MIIB"] })),
        ("with x5t", json!({ "x5t": "AA" })),
        ("with crit", json!({ "crit": ["exp"], "exp": NOW + 60 })),
        ("with unencoded payload", json!({ "crit": ["b64"], "b64": false })),
    ]
}

/// Texts that are no token of ours, or one that was changed.
pub fn wrong_texts(signer: &Signer, kid: &str, valid: &str) -> Vec<(&'static str, String)> {
    let (signed, signature) = valid.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let header_text = signer.header(kid).to_string();
    let claims_text = claims().to_string();
    let other = signer.token(kid, &claims_with(&json!({ "jti": "other" })));
    let foreign = Signer::ed25519();
    let Signer::Ed25519(own) = signer else { unreachable!() };
    let public = ring::signature::KeyPair::public_key(own).as_ref();
    let secret = hmac::Key::new(hmac::HMAC_SHA256, public);
    let hs_header = encode(json!({ "typ": "at+jwt", "alg": "HS256", "kid": kid }).to_string());
    let hs_tag = encode(hmac::sign(&secret, format!("{hs_header}.{payload}").as_bytes()));
    let mut flipped = URL_SAFE_NO_PAD.decode(signature).unwrap();
    flipped[17] ^= 4;
    let none = encode(json!({ "typ": "at+jwt", "alg": "none", "kid": kid }).to_string());
    let huge = claims_with(&json!({ "filler": "a".repeat(8_000) }));
    let twice = |text: &str, member: &str| text.replacen('{', &format!("{{{member},"), 1);
    let rsa = Signer::rsa();
    vec![
        ("nothing", String::new()),
        ("a word", "token".into()),
        ("three dots", "...".into()),
        ("alg none without a signature", format!("{none}.{payload}.")),
        ("empty signature", format!("{signed}.")),
        ("no signature", signed.into()),
        ("signed by the public key as a secret", format!("{hs_header}.{payload}.{hs_tag}")),
        ("signed by a foreign key under our kid", foreign.token(kid, &claims())),
        ("signed by a foreign RSA key under our kid", rsa.token(kid, &claims())),
        ("signed under an unknown kid", signer.token("unknown", &claims())),
        ("signature of another token", format!("{signed}.{}", other.rsplit_once('.').unwrap().1)),
        ("one bit flipped", format!("{signed}.{}", encode(flipped))),
        (
            "payload changed",
            format!(
                "{header}.{}.{signature}",
                encode(claims_with(&json!({ "scope": "admin" })).to_string())
            ),
        ),
        ("truncated", valid[..valid.len() - 2].into()),
        ("an extra part", format!("{valid}.{signature}")),
        ("five parts, as an encrypted one", format!("{header}.a.b.c.{signature}")),
        ("padded", format!("{signed}.{}", URL_SAFE.encode(signer.sign(signed.as_bytes())))),
        ("with a plus and a slash", format!("{signed}.{}", STANDARD_NO_PAD.encode([0xfb; 64]))),
        ("with a line break within", format!("{header}.%0A{payload}.{signature}")),
        ("too long", signer.token(kid, &huge)),
        ("a claim twice", signer.raw(&header_text, &twice(&claims_text, r#""sub":"root""#))),
        (
            "a claim twice deep inside",
            signer.raw(&header_text, &twice(&claims_text, r#""x":{"a":1,"a":2}"#)),
        ),
        (
            "a header member twice",
            signer.raw(&twice(&header_text, r#""alg":"none""#), &claims_text),
        ),
        (
            "exp beyond any number",
            signer.raw(&header_text, &claims_text.replace(&(NOW + 3_600).to_string(), "1e999")),
        ),
        ("a payload that is a list", signer.raw(&header_text, "[]")),
        ("a payload that is a text", signer.raw(&header_text, "claims")),
        ("a header that is a list", signer.raw("[]", &claims_text)),
        (
            "a header with something after it",
            signer.raw(&format!("{header_text} {{}}"), &claims_text),
        ),
        ("deep nesting", signer.raw(&header_text, &format!("{{\"a\":{}", "[".repeat(3_000)))),
    ]
}
