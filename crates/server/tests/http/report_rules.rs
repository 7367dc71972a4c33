//! What is refused of certificate reports: every faulty row at once, nothing written.

use crate::forge::Signer;
use crate::harness::TestApp;
use crate::reporting::{Reporting, SUBMIT, communes, faults, report, submit, with};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use registry_testing::{Engine, on_both_engines};
use ring::signature::{ECDSA_P256_SHA256_FIXED, KeyPair as _, UnparsedPublicKey};
use serde_json::{Value, json};

on_both_engines!(
    every_faulty_row_is_told_at_once,
    a_month_must_be_over_or_present_and_agreed_on,
    a_total_is_judged_once_nothing_earlier_is_missing,
    a_renewed_agreement_makes_no_history_complete,
    a_commune_is_one_of_the_periods_boundaries,
    who_is_suspended_or_has_no_agreement_posts_nothing,
    a_signature_may_be_required_and_must_be_right,
);

async fn every_faulty_row_is_told_at_once(engine: Engine) {
    let all = Reporting::start(engine).await;
    let [first, second, third, fourth, fifth] =
        <[String; 5]>::try_from(communes(&all.admin, "2024-05", 5)).unwrap();
    let line = |unit: &str, issued: Value, renewed: Value, revoked: Value| json!({ "unit": unit, "issued": issued, "renewed": renewed, "revoked": revoked });
    let zero = || json!(0);
    let input = json!({
        "period": "2024-05",
        "cumulativeIssued": -1,
        "idempotencyKey": "faulty",
        "lines": [
            line(&first, json!(-1), zero(), zero()),
            line(&second, json!(1.5), json!(1_000_001), zero()),
            line(&third, json!(99_999_999_999_u64), zero(), json!("7")),
            line(&fourth, json!(1), zero(), zero()),
            line(&fourth, json!(2), zero(), zero()),
            line("00001", json!(1), zero(), zero()),
            line("3144", json!(1), zero(), zero()),
            line("31333001", json!(1), zero(), zero()),
            line("93", json!(1), zero(), zero()),
            line(&fifth, json!(1), zero(), zero()),
        ],
    });
    let told = submit(&all.vnpt, input).await;
    let rows: Vec<String> = told["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            let field = error["path"].as_array().unwrap().last().unwrap().as_str().unwrap();
            format!(
                "{} {field} {} {}",
                error["row"],
                error["value"],
                error["code"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            r#"null cumulativeIssued "-1" OUT_OF_RANGE"#,
            r#"0 issued "-1" OUT_OF_RANGE"#,
            r#"1 issued "1.5" OUT_OF_RANGE"#,
            r#"1 renewed "1000001" OUT_OF_RANGE"#,
            r#"2 issued "99999999999" OUT_OF_RANGE"#,
            r#"2 revoked "7" OUT_OF_RANGE"#,
            r#"5 unit "00001" UNKNOWN_UNIT"#,
            r#"6 unit "3144" MALFORMED"#,
            &format!(r#"4 unit "{fourth}" DUPLICATE_IN_BATCH"#),
            r#"7 unit "31333001" NOT_A_COMMUNE"#,
            r#"8 unit "93" NOT_A_COMMUNE"#,
        ],
        "{told:#}"
    );
    assert_eq!((&told["report"], &told["receipt"]), (&json!(null), &json!(null)));
    let empty = with(report(&all.admin, "2024-05", &[], 0), json!({}));
    assert_eq!(faults(&submit(&all.vnpt, empty).await), ["BATCH_EMPTY input.lines"]);
    let count = all.admin.data("{ certificateReports { totalCount } }", json!({})).await;
    assert_eq!(count["certificateReports"]["totalCount"], json!(0));
}

async fn a_month_must_be_over_or_present_and_agreed_on(engine: Engine) {
    let all = Reporting::start(engine).await;
    let told =
        async |period: &str| faults(&submit(&all.vnpt, report(&all.admin, period, &[1], 1)).await);
    assert_eq!(told("2026-12").await, ["FUTURE_PERIOD input.period"]);
    assert_eq!(told("2021-06").await, ["OUTSIDE_AGREEMENT input.period"]);
    assert_eq!(told("2026-11").await, [""; 0], "the present month can be told");
    let agreement = json!({ "reference": "02", "from": "2021-07-01", "until": "2025-01-01" });
    let update = "mutation($input: UpdatePartnerInput!) { updatePartner(input: $input) { errors { code path } } }";
    let input = json!({ "code": "VNPT", "agreement": agreement });
    all.admin.data(update, json!({ "input": input })).await;
    assert_eq!(told("2025-01").await, ["OUTSIDE_AGREEMENT input.period"]);
    let reversed = json!({ "reference": "02", "from": "2021-07-01", "until": "2021-07-01" });
    let input = json!({ "code": "VNPT", "agreement": reversed });
    let refused = all.admin.data(update, json!({ "input": input })).await;
    assert_eq!(faults(&refused["updatePartner"]), ["DATE_TOO_EARLY input.agreement.until"]);
}

async fn a_total_is_judged_once_nothing_earlier_is_missing(engine: Engine) {
    let all = Reporting::start(engine).await;
    let warnings = |told: &Value| {
        let mut codes = told["warnings"].as_array().unwrap().iter();
        codes.any(|warning| warning["code"] == "CONTROL_TOTAL_DIFFERS")
    };
    // August before July: the partner may know better.
    let august = submit(&all.vnpt, report(&all.admin, "2021-08", &[1_000], 3_000)).await;
    assert!(warnings(&august) && august["errors"] == json!([]), "{august:#}");
    let july = submit(&all.vnpt, report(&all.admin, "2021-07", &[2_000], 2_000)).await;
    assert!(!warnings(&july) && july["errors"] == json!([]), "{july:#}");
    // September after both: 5 per mille are tolerated.
    let told =
        async |total: u64| submit(&all.vnpt, report(&all.admin, "2021-09", &[1_000], total)).await;
    let refused = told(4_021).await;
    assert_eq!(faults(&refused), ["CONTROL_TOTAL_CONTRADICTS input.cumulativeIssued"]);
    assert_eq!(refused["errors"][0]["value"], json!("4021"));
    assert!(refused["errors"][0]["message"].as_str().unwrap().contains("4000"));
    let taken = told(4_020).await;
    assert!(warnings(&taken) && taken["errors"] == json!([]), "{taken:#}");
}

async fn a_renewed_agreement_makes_no_history_complete(engine: Engine) {
    let all = Reporting::start(engine).await;
    for (month, total) in [("2021-07", 10), ("2021-08", 20), ("2021-09", 30)] {
        all.taken(&all.vnpt, report(&all.admin, month, &[10], total)).await;
    }
    crate::reporting::agree(&all.admin, "VNPT", "2022-01-01").await;
    // January and February are missing; three older months don't stand for them.
    let march = submit(&all.vnpt, report(&all.admin, "2022-03", &[10], 900)).await;
    assert_eq!(march["errors"], json!([]), "{march:#}");
}

async fn a_commune_is_one_of_the_periods_boundaries(engine: Engine) {
    let all = Reporting::start(engine).await;
    // 31447 was Xã Vị Thuỷ until 2025-07-01; nobody has the code since.
    let line = json!([{ "unit": "31447", "issued": 1, "renewed": 0, "revoked": 0 }]);
    let input = |period: &str| json!({ "period": period, "lines": line, "cumulativeIssued": 1, "idempotencyKey": period });
    let told = submit(&all.vnpt, input("2025-07")).await;
    assert_eq!(faults(&told), ["UNKNOWN_UNIT input.lines.0.unit"]);
    let message = told["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("Xã Vị Thuỷ (… → 2025-07-01)"), "{message}");
    assert_eq!(faults(&submit(&all.vnpt, input("2025-06")).await), [""; 0]);
}

async fn who_is_suspended_or_has_no_agreement_posts_nothing(engine: Engine) {
    let app = TestApp::start(engine).await;
    let input = with(report(&app, "2024-05", &[1], 1), json!({ "partner": "VNPT" }));
    assert_eq!(faults(&submit(&app, input.clone()).await), ["OUTSIDE_AGREEMENT input.period"]);
    let update = r#"mutation { updatePartner(input: { code: "VNPT", suspended: true }) { partner { suspended } errors { code } } }"#;
    assert_eq!(
        app.data(update, json!({})).await["updatePartner"]["partner"]["suspended"],
        json!(true)
    );
    assert_eq!(
        faults(&submit(&app, input.clone()).await),
        ["PARTNER_SUSPENDED input.partner", "OUTSIDE_AGREEMENT input.period"]
    );
    let unknown = with(input.clone(), json!({ "partner": "MOBI" }));
    assert_eq!(faults(&submit(&app, unknown).await), ["UNKNOWN_PARTNER input.partner"]);
    let unnamed = with(input, json!({ "partner": null }));
    assert_eq!(faults(&submit(&app, unnamed).await), ["MALFORMED input.partner"]);
}

/// What a sender says is its signature of a body.
type Signing<'test> = &'test dyn Fn(&[u8]) -> String;

/// A report sent with whatever is said to be its signature.
async fn signed(partner: &TestApp, input: &Value, jws: impl Fn(&[u8]) -> String) -> Value {
    let body = json!({ "query": SUBMIT, "variables": { "input": input } }).to_string();
    let request = partner.post("/graphql").header("content-type", "application/json");
    let request = request.header("x-jws-signature", jws(body.as_bytes()));
    let answer: Value = request.body(body).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer.get("errors"), None, "{answer:#}");
    answer["data"]["submitCertificateReport"].clone()
}

fn detached(signer: &Signer, kid: &str, body: &[u8]) -> String {
    let header = json!({ "alg": signer.algorithm(), "kid": kid, "b64": false, "crit": ["b64"] });
    let header = URL_SAFE_NO_PAD.encode(header.to_string());
    let signature = signer.sign(&[header.as_bytes(), b".", body].concat());
    format!("{header}..{}", URL_SAFE_NO_PAD.encode(signature))
}

async fn a_signature_may_be_required_and_must_be_right(engine: Engine) {
    let all = Reporting::start(engine).await;
    let (own, other) = (Signer::p256(), Signer::ed25519());
    let keys = json!({ "keys": [own.jwk("a")] }).to_string();
    let set = "mutation($input: SetPartnerKeysInput!) { setPartnerKeys(input: $input) { errors { code } } }";
    all.admin.data(set, json!({ "input": { "partner": "VNPT", "jwkSet": keys } })).await;
    let require = r#"mutation { updatePartner(input: { code: "VNPT", signaturesRequired: true }) { errors { code } } }"#;
    all.admin.data(require, json!({})).await;

    let input = report(&all.admin, "2021-07", &[5], 5);
    assert_eq!(faults(&submit(&all.vnpt, input.clone()).await), ["SIGNATURE_MISSING input"]);
    let wrong: [Signing<'_>; 5] = [
        &|body| detached(&other, "a", body),
        &|body| detached(&own, "b", body),
        &|body| detached(&own, "a", &[body, b" "].concat()),
        &|body| detached(&own, "a", body).replace("..", ".e30."),
        &|_| "nonsense".to_owned(),
    ];
    for jws in wrong {
        assert_eq!(faults(&signed(&all.vnpt, &input, jws).await), ["SIGNATURE_WRONG input"]);
    }
    // A signature that nobody asked for must be right all the same.
    let viettel = signed(&all.viettel, &input, |body| detached(&own, "a", body)).await;
    assert_eq!(faults(&viettel), ["SIGNATURE_WRONG input"]);

    let told = signed(&all.vnpt, &input, |body| detached(&own, "a", body)).await;
    assert_eq!(told["errors"], json!([]), "{told:#}");
    let query = "{ certificateReports { nodes { signature { jws body } } } }";
    let data = all.vnpt.data(query, json!({})).await;
    let kept = &data["certificateReports"]["nodes"][0]["signature"];
    let (header, signature) = kept["jws"].as_str().unwrap().split_once("..").unwrap();
    let message = format!("{header}.{}", kept["body"].as_str().unwrap());
    let Signer::P256(pair) = &own else { panic!() };
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key());
    key.verify(message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
}
