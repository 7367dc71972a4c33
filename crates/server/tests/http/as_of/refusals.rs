//! What can't be asked as of a moment: of what is to come.

use super::refusal;
use crate::harness::TestApp;
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(a_moment_to_come_is_refused_everywhere,);

const FUTURE: &str = r#"asOf: "2026-11-01T05:00:00.001Z""#;

async fn a_moment_to_come_is_refused_everywhere(engine: Engine) {
    let app = TestApp::start(engine).await;
    app.register(crate::harness::HAMLET).await;
    for field in [
        r#"household(code: "HG00000103", AS_OF) { code }"#,
        "households(AS_OF) { totalCount }",
        r#"unit(ref: { code: "92" }) { households(AS_OF) { totalCount } }"#,
        r#"unit(ref: { code: "92" }) { certificates(AS_OF) { issued } }"#,
        "certificateReports(AS_OF) { totalCount }",
        r#"certificateTotals(within: { code: "92" }, AS_OF) { issued }"#,
    ] {
        let asked = format!("{{ {} }}", field.replace("AS_OF", FUTURE));
        let refused = app.answer(&asked, json!({})).await;
        assert_eq!(refusal(&refused), ["BAD_USER_INPUT", "FUTURE_MOMENT"], "{field}: {refused}");
        let now = FUTURE.replace(".001Z", ".000Z");
        let told = app.answer(&format!("{{ {} }}", field.replace("AS_OF", &now)), json!({})).await;
        assert_eq!(told.get("errors"), None, "{field}");
    }
    let query = format!("{{ households({FUTURE}) {{ totalCount }} }}");
    let message = async |language: &str| {
        let request = app.post("/graphql").header("accept-language", language);
        let answer = request.json(&json!({ "query": query })).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["errors"][0]["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        message("en").await,
        "asOf: the moment is in the future; it is 2026-11-01T05:00:00.000Z now"
    );
    assert_eq!(
        message("vi").await,
        "asOf: thời điểm ở tương lai; bây giờ là 2026-11-01T05:00:00.000Z"
    );
}
