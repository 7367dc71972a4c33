use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::audit::{Digest, empty_root};

/// The example of golang.org/x/mod/sumdb/note.
const GO_VERIFIER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_SIGNER: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const GO_TEXT: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const GO_SIGNATURE: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

/// The example of C2SP signed-note.
const SPEC_VERIFIER: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const SPEC_NOTE: &str = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

/// What a public log of certificates published, cosigned by witnesses.
const LOG_VERIFIER: &str =
    "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f";
const WITNESS_VERIFIER: &str =
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2";
const LOG_NOTE: &str = "arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
";

fn verifier(text: &str) -> VerifierKey {
    text.parse().unwrap()
}

fn key(name: &str, signature_type: SignatureType) -> SigningKey {
    SigningKey::generate(name.parse().unwrap(), signature_type).unwrap()
}

fn log() -> SigningKey {
    key("example.vn/audit", SignatureType::Signature)
}

fn witness() -> SigningKey {
    key("witness.example.vn", SignatureType::Cosignature)
}

fn checkpoint() -> Checkpoint {
    Checkpoint::new("example.vn/audit".into(), 20_852_163, empty_root()).unwrap()
}

#[test]
fn the_published_key_signs_as_published() {
    let published = format!("{GO_TEXT}\n{GO_SIGNATURE}");
    let signer = SigningKey::from_text(GO_SIGNER).unwrap();
    assert_eq!(signer.verifier().to_string(), GO_VERIFIER);
    assert_eq!(signer.to_text().as_str(), GO_SIGNER);
    assert_eq!(signer.sign_note(GO_TEXT).unwrap().to_string(), published);
    let note: SignedNote = published.parse().unwrap();
    assert_eq!(note.text(), GO_TEXT);
    assert_eq!(verifier(GO_VERIFIER).verify(&note), Ok(Verified { at: None }));
    let note: SignedNote = SPEC_NOTE.parse().unwrap();
    assert_eq!(verifier(SPEC_VERIFIER).verify(&note), Ok(Verified { at: None }));
    let name = "PeterNeumann".parse().unwrap();
    assert_eq!(verifier(GO_VERIFIER).verify(&note), Err(NoteFault::Unsigned { name }));
}

#[test]
fn a_real_log_and_its_witness_are_verified() {
    let (checkpoint, note) = Checkpoint::open(LOG_NOTE, &verifier(LOG_VERIFIER)).unwrap();
    assert_eq!(checkpoint.origin(), "arche2025h1.staging.ct.transparency.dev");
    assert_eq!(checkpoint.size(), 1_432_088_532);
    assert_eq!(checkpoint.root().to_base64(), "U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=");
    let seen = verifier(WITNESS_VERIFIER).verify(&note);
    assert_eq!(seen, Ok(Verified { at: Some(1_779_573_024) }));
    let later = LOG_NOTE.replace("1432088532", "1432088533");
    let name = verifier(LOG_VERIFIER).name().clone();
    let fault = Err(NoteFault::WrongSignature { name });
    assert_eq!(Checkpoint::open(&later, &verifier(LOG_VERIFIER)), fault);
}

#[test]
fn no_mangled_key_is_taken() {
    for (text, is_key) in [
        (GO_VERIFIER, (|text| text.parse::<VerifierKey>().is_ok()) as fn(&str) -> bool),
        (GO_SIGNER, |text| SigningKey::from_text(text).is_ok()),
    ] {
        assert!(is_key(text));
        for from in 0..text.len() {
            for to in from..text.len() {
                assert!(!is_key(&text[from..to]), "{}", &text[from..to]);
            }
            let mut mangled = text.as_bytes().to_vec();
            mangled[from] += 1;
            let mangled = String::from_utf8(mangled).unwrap();
            assert!(!is_key(&mangled), "{mangled}");
        }
        assert!(!is_key(&format!("{text}\n")) && !is_key(&format!(" {text}")));
        assert!(!is_key(&text.replace("c74f20a3", "C74F20A3")));
    }
    for text in [
        // A longer key and an unknown type, with the ids that they would have.
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ] {
        assert_eq!(text.parse::<VerifierKey>(), Err(KeyFault::NotAVerifierKey));
    }
    for name in ["", "a b", "a+b", "a\u{a0}b", "a\u{2003}", "a\n", "\u{1}"] {
        assert_eq!(name.parse::<KeyName>(), Err(KeyFault::NotAName), "{name:?}");
    }
}

#[test]
fn a_private_key_is_not_shown() {
    let key = witness();
    let shown = format!("{key:?} {:?}", key.verifier());
    let text = key.to_text();
    // The base64 of the key may have a + in it.
    let secret = text.splitn(5, '+').nth(4).unwrap();
    assert_eq!(secret.len(), 44);
    assert!(!shown.contains(secret), "{shown}");
    assert_eq!(format!("{key:?}"), "SigningKey(witness.example.vn, …)");
    let again = SigningKey::from_text(&text).unwrap();
    assert_eq!(again.verifier(), key.verifier());
    assert_eq!(again.verifier().signature_type(), SignatureType::Cosignature);
    assert_ne!(witness().verifier(), key.verifier());
}

#[test]
fn witnesses_sign_beside_the_log_and_their_signatures_are_merged() {
    let (log, first, second) = (log(), witness(), witness());
    let note = log.sign_note(&checkpoint().to_string()).unwrap();
    let seen = note.cosign(&first, 1).unwrap().cosign(&first, 1_700_000_000).unwrap();
    let merged = seen.merge(&note.cosign(&second, 5).unwrap()).unwrap().merge(&note).unwrap();
    assert_eq!(merged.to_string().lines().count(), 4 + 3);
    let read: SignedNote = merged.to_string().parse().unwrap();
    assert_eq!(read, merged);
    assert_eq!(log.verifier().verify(&read), Ok(Verified { at: None }));
    assert_eq!(first.verifier().verify(&read), Ok(Verified { at: Some(1_700_000_000) }));
    assert_eq!(second.verifier().verify(&read), Ok(Verified { at: Some(5) }));
    let twice = merged.merge(&note.cosign(&second, 9).unwrap()).unwrap();
    assert_eq!(second.verifier().verify(&twice), Ok(Verified { at: Some(9) }));
    let (opened, _) = Checkpoint::open(&read.to_string(), log.verifier()).unwrap();
    assert_eq!(opened, checkpoint());

    let other = log.sign_note("other\n").unwrap();
    assert_eq!(note.merge(&other), Err(NoteFault::OtherText));
    assert_eq!(other.cosign(&first, 1), Err(NoteFault::NotACheckpoint { line: 2 }));
    assert_eq!(note.cosign(&first, 1 << 63), Err(NoteFault::TimeOutside));
    let other_type =
        |key: &SigningKey| NoteFault::OtherType { name: key.verifier().name().clone() };
    assert_eq!(note.cosign(&log, 1), Err(other_type(&log)));
    assert_eq!(first.sign_note("a\n"), Err(other_type(&first)));
}

#[test]
fn what_is_not_a_note_is_refused_by_line() {
    let log = log();
    let good = log.sign_note("a\n\nb\n").unwrap().to_string();
    let line = good.lines().last().unwrap();
    let parse = |text: &str| text.parse::<SignedNote>().map(|note| note.to_string());
    assert_eq!(parse(&good), Ok(good.clone()));
    for (text, fault) in [
        (String::new(), NoteFault::BreaksOff { line: 1 }),
        ("a\n\nb".into(), NoteFault::BreaksOff { line: 3 }),
        (good.trim_end().into(), NoteFault::BreaksOff { line: 5 }),
        (good[..good.len() - 9].into(), NoteFault::BreaksOff { line: 5 }),
        ("a\nb\n".into(), NoteFault::NoSignatures),
        ("a\n\n".into(), NoteFault::NoSignatures),
        ("a\n\n\n".into(), NoteFault::NoSignatures),
        (format!("{good}\n"), NoteFault::NoSignatures),
        ("a\n\nb\n".into(), NoteFault::NotASignature { line: 3 }),
        (format!("{good}b\n"), NoteFault::NotASignature { line: 6 }),
        (good.replace("— ", "- "), NoteFault::NotASignature { line: 5 }),
        (good.replace("— ", "—  "), NoteFault::NotASignature { line: 5 }),
        (good.replace("audit ", "audit+ "), NoteFault::NotASignature { line: 5 }),
        (good.replace("audit ", "audit  "), NoteFault::NotASignature { line: 5 }),
        (format!("a\n\n{line} \n"), NoteFault::NotASignature { line: 3 }),
        ("a\n\n— b AAAAAA==\n".into(), NoteFault::NotASignature { line: 3 }),
        (good.replace('\n', "\r\n"), NoteFault::ControlCharacter { line: 1 }),
        (good.replace('b', "\t"), NoteFault::ControlCharacter { line: 3 }),
        (format!("a\n\n{}", format!("{line}\n").repeat(101)), NoteFault::TooLarge),
        (format!("{}\n\n{line}\n", "a".repeat(SIZE_LIMIT)), NoteFault::TooLarge),
    ] {
        assert_eq!(parse(&text), Err(fault), "{text}");
    }
    assert_eq!(log.sign_note("a"), Err(NoteFault::BreaksOff { line: 1 }));
    assert_eq!(log.sign_note("a\n\0\n"), Err(NoteFault::ControlCharacter { line: 2 }));
    let longest = format!("{}\n", "a".repeat(SIZE_LIMIT - 1));
    assert_eq!(log.sign_note(&longest), Err(NoteFault::TooLarge));
}

#[test]
fn what_is_not_a_checkpoint_is_refused_by_line() {
    let root = empty_root().to_base64();
    let good = format!("a b\n0\n{root}\n");
    assert_eq!(good.parse::<Checkpoint>().unwrap().to_string(), good);
    let extended = format!("{good}extension\n");
    assert_eq!(extended.parse::<Checkpoint>(), good.parse());
    let largest = good.replace("\n0\n", "\n18446744073709551615\n");
    assert_eq!(largest.parse::<Checkpoint>().unwrap().size(), u64::MAX);
    for (text, line) in [
        (String::new(), 1),
        (format!("\n0\n{root}\n"), 1),
        (format!("a\tb\n0\n{root}\n"), 1),
        ("a".into(), 1),
        ("a\n".into(), 2),
        (good.replace("\n0\n", "\n00\n"), 2),
        (good.replace("\n0\n", "\n+1\n"), 2),
        (good.replace("\n0\n", "\n-1\n"), 2),
        (good.replace("\n0\n", "\n 1\n"), 2),
        (good.replace("\n0\n", "\n\n"), 2),
        (good.replace("\n0\n", "\n18446744073709551616\n"), 2),
        ("a\n0\n".into(), 3),
        (good.trim_end().into(), 3),
        (good.replace(&root, root.trim_end_matches('=')), 3),
        (good.replace(&root, "AAAA"), 3),
        (format!("{good}\n"), 4),
        (format!("{good}x\n\ny\n"), 5),
        (format!("{good}x"), 4),
    ] {
        assert_eq!(text.parse::<Checkpoint>(), Err(NoteFault::NotACheckpoint { line }), "{text}");
    }
    let fault = Err(NoteFault::NotACheckpoint { line: 1 });
    assert_eq!(Checkpoint::new("a\n5".into(), 1, empty_root()), fault);
}

proptest! {
    #[test]
    fn a_note_survives_its_text_form(text in "([a-zăêơ— +]{0,9}\n){1,6}", time in 0..=TIME_LIMIT, size: u64) {
        let (log, witness) = (log(), witness());
        let note = log.sign_note(&text).unwrap();
        prop_assert_eq!(note.to_string().parse(), Ok(note.clone()));
        prop_assert_eq!(log.verifier().verify(&note), Ok(Verified { at: None }));
        let told = Checkpoint::new("a".into(), size, Digest::from_bytes([7; 32])).unwrap();
        prop_assert_eq!(told.to_string().parse(), Ok(told.clone()));
        let note = log.sign_note(&told.to_string()).unwrap().cosign(&witness, time).unwrap();
        let note: SignedNote = note.to_string().parse().unwrap();
        prop_assert_eq!(witness.verifier().verify(&note), Ok(Verified { at: Some(time) }));
    }

    #[test]
    fn any_altered_byte_is_refused(at: Index, by in 1u8..=255, cut: Index) {
        let mut altered = LOG_NOTE.as_bytes().to_vec();
        altered.truncate(LOG_NOTE.find("— witness1").unwrap());
        let whole = altered.clone();
        let at = at.index(altered.len());
        altered[at] ^= by;
        if let Ok(text) = String::from_utf8(altered) {
            prop_assert!(Checkpoint::open(&text, &verifier(LOG_VERIFIER)).is_err(), "{}", text);
        }
        let part = String::from_utf8_lossy(&whole[..cut.index(whole.len())]);
        prop_assert!(Checkpoint::open(&part, &verifier(LOG_VERIFIER)).is_err());
        prop_assert!(part.parse::<SignedNote>().is_err());
    }

    #[test]
    fn an_altered_cosignature_is_refused(at: Index, by in 1u8..=255) {
        let mut note: SignedNote = LOG_NOTE.parse().unwrap();
        let bytes = &mut note.signatures.last_mut().unwrap().bytes;
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        let name = "remora.n621.de".parse().unwrap();
        prop_assert_eq!(verifier(WITNESS_VERIFIER).verify(&note), Err(NoteFault::WrongSignature { name }));
    }

    #[test]
    fn any_text_is_read_or_refused(
        text in "[a—+ =\n]{0,60}|\\PC{0,40}", lines in "(— [a+]{0,2} [A=]{0,12}\n){0,3}",
    ) {
        for text in [text.clone(), format!("{text}\n{lines}"), format!("a\n\n{text}"), lines] {
            if let Ok(note) = text.parse::<SignedNote>() {
                prop_assert_eq!(note.to_string(), text.clone());
            }
            if let Ok(key) = text.parse::<VerifierKey>() {
                prop_assert_eq!(key.to_string(), text.clone());
            }
            prop_assert!(text.parse::<Checkpoint>().is_err());
            prop_assert!(SigningKey::from_text(&text).is_err());
        }
    }
}
