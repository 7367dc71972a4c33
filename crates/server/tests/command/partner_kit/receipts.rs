//! Receipts that are not to be believed.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use registry_testing::{Engine, on_both_engines};
use serde_json::Value;

use super::{Kit, Province, SCRIPTS, SHELL, new_key};

on_both_engines!(a_receipt_that_was_tampered_with_does_not_verify);

async fn a_receipt_that_was_tampered_with_does_not_verify(engine: Engine) {
    let province = Province::new(engine).await;
    let first = province.kit(SHELL);
    assert_eq!(first.posted("2025-08", &[]).code, Some(0));
    let receipt = first.read("receipts/VNPT-2025-08-1.jws");
    let content = first.read("receipts/VNPT-2025-08-1.json");
    let token = province.home.done(&["token", "issue", "--role", "partner", "--partner", "VNPT"]);
    let other = new_key(&province.home.file("other.pem"));
    let others = Kit::new(SHELL, &other, "").run(&["jwks"]).out;
    let kid = member(&receipt, 0, "kid");
    for script in SCRIPTS {
        let kit = province.kit(script);
        let says = |jws: &str, content: &str, more: &[&str]| {
            kit.write("a.jws", jws);
            kit.write("a.json", content);
            let ended = kit.run(&[&["verify", "a.jws"], more].concat());
            (ended.code, ended.err.rsplit(": ").next().unwrap().trim_end().to_owned())
        };
        let wrong = |why: &str| (Some(4), why.to_owned());
        assert_eq!(says(&receipt, &content, &[]), (Some(0), String::new()), "{script}");
        let elsewhere = wrong("it is about something else than a.json");
        assert_eq!(says(&receipt, &content.replacen("27", "28", 1), &[]), elsewhere, "{script}");
        let forged = changed(&receipt, 1, |claims| claims["revision"] = 2.into());
        let signature = wrong("the signature is wrong");
        assert_eq!(says(&forged, &content, &[]), signature, "{script}");
        // Signed by the same key for another purpose.
        let header = wrong("its header is not a receipt's");
        assert_eq!(says(token.trim(), &content, &[]), header, "{script}");
        let unsigned = changed(&receipt, 0, |header| header["alg"] = "none".into());
        assert_eq!(says(&unsigned, &content, &[]), header, "{script}");
        assert_eq!(says("no receipt", &content, &[]), wrong("it is not a JWS"), "{script}");
        let unknown = changed(&receipt, 0, |header| header["kid"] = "nobody".into());
        let no_key = wrong("the registry has no such key");
        assert_eq!(says(&unknown, &content, &[]), no_key, "{script}");
        kit.write("keys.json", others.replace("machine-1", &kid));
        let foreign = says(&receipt, &content, &["--jwks", "keys.json"]);
        assert_eq!(foreign, signature, "{script}");

        // Another receipt of this name is evidence; it is not written over.
        fs::create_dir(kit.file("receipts")).unwrap();
        kit.write("receipts/VNPT-2025-08-1.jws", "another");
        let refused = kit.posted("2025-08", &[]);
        assert_eq!(refused.code, Some(4), "{script}: {refused:?}");
        assert_eq!(kit.read("receipts/VNPT-2025-08-1.jws"), "another", "{script}");
    }
}

/// A member of a part of a JWS.
fn member(jws: &str, part: usize, name: &str) -> String {
    let part = jws.split('.').nth(part).unwrap();
    let members: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    members[name].as_str().unwrap().to_owned()
}

/// A JWS with a part changed and its signature kept.
fn changed(jws: &str, part: usize, change: impl FnOnce(&mut Value)) -> String {
    let mut parts: Vec<_> = jws.trim().split('.').map(str::to_owned).collect();
    let mut members =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&parts[part]).unwrap()).unwrap();
    change(&mut members);
    parts[part] = URL_SAFE_NO_PAD.encode(members.to_string());
    parts.join(".")
}
