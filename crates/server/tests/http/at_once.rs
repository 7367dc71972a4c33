//! What is told at once is told as it is field by field, to the letter.

use crate::commerce::stocked;
use crate::harness::{HAMLET, survey};
use crate::reporting::{Reporting, report};
use registry_testing::{Engine, on_both_engines};
use serde_json::json;

on_both_engines!(an_answer_is_the_same_to_the_letter_by_either_way);

const UNIT: &str = "__typename id code level title name validFrom validTo";

/// Documents with every field that can be told at once, and some that can't be, or only with what is beside them.
fn documents(code: &str) -> Vec<String> {
    let line = format!(
        "hamlet {{ {UNIT} parent {{ {UNIT} parent {{ {UNIT} parent {{ name parent {{ name }} }} }} }} }}"
    );
    let household = format!(
        "id code {line} members adults workingAge status registeredOn effectiveOn version surveyedOn"
    );
    let page = "pageInfo { __typename hasPreviousPage hasNextPage startCursor endCursor }";
    let seller = format!("seller {{ __typename id code kind name {line} }}");
    let product = format!("product {{ id code name category {seller} }}");
    let marketplace = "marketplace { code name validFrom validTo version }";
    let listing =
        format!("id code priceVnd status listedOn again: code {product} {seller} {marketplace}");
    let facets =
        "facets { marketplace { marketplace { code name } count } category { category count }
        stars { stars count } unit { unit { name } count } }";
    let figures = "code numerator denominator value status quality coverage on month boundariesOn";
    vec![
        format!("{{ household(code: \"{code}\") {{ {household} }} }}"),
        format!("{{ household(code: \"{code}\") {{ code head {{ name masked }} ...Own }} }}
            fragment Own on Household {{ code ... on Household {{ members }} ... {{ adults }} ...Known }}
            fragment Known on Node {{ id }}"),
        format!("{{ households(first: 2) {{ {page} nodes {{ {household} }} edges {{ cursor node {{ {household} }} }} }} }}"),
        format!("{{ households(first: 2, filter: {{ hasFibre: true }}) {{ totalCount {page} nodes {{ code connectivity {{ surveyedOn }} }} }} }}"),
        "{ households(first: 2, filter: { hasFibre: true, surveyedBefore: \"1990-01-01\" }) { nodes { code } edges { cursor } } }".into(),
        format!("{{ units(filter: {{ level: COMMUNE }}, first: 3) {{ totalCount {page} nodes {{ {UNIT} children(first: 2) {{ nodes {{ {UNIT} }} }} }} }} }}"),
        format!("{{ unit(ref: {{ code: \"92\" }}) {{ {UNIT} parent {{ name }} ancestors {{ name }} }} }}"),
        format!("{{ listings(first: 7) {{ {page} totalCount nodes {{ {listing} }} {facets} }} }}"),
        format!("{{ listings(first: 7, search: \"khom\") {{ {page} nodes {{ {listing} }} }} }}"),
        format!("{{ listings(first: 7) {{ totalCount edges {{ cursor node {{ url ocopStars version {listing} }} }} {facets} }} }}"),
        format!("{{ listings(first: 7) {{ nodes {{ code }} facets {{ unit(level: DISTRICT, on: \"2024-06-30\") {{ unit {{ {UNIT} }} count }} }} }} }}"),
        format!("{{ marketplaces {{ totalCount nodes {{ code name validFrom validTo version }} }} }}"),
        format!("{{ sellers(first: 2) {{ nodes {{ code {line} household {{ code }} }} }} }}"),
        "{ certificateTotals(within: { code: \"92\" }, groupBy: [PARTNER, PERIOD, COMMUNE]) {
            __typename partner { __typename code name } unit { code name } period issued renewed revoked reports status quality } }".into(),
        format!("{{ indicators(unit: {{ code: \"92\" }}) {{ {figures} }} }}"),
        format!("{{ indicators(unit: {{ code: \"92\" }}, on: \"2024-06-30\") {{ {figures} definition target {{ value }} }} }}"),
        "{ indicatorSeries(code: HOUSEHOLD_FIBRE, unit: { code: \"92\" }, from: \"2024-04\", to: \"2024-08\") {
            month numerator denominator value status quality coverage } }".into(),
    ]
}

/// Asks for an object twice, so that nothing is told at once, and what it says beside the rest.
const TWICE: &str = " serviceConfig { maxDepth } serviceConfig { maxDepth }";
const BESIDE: &str = "\"serviceConfig\":{\"maxDepth\":20}";

async fn an_answer_is_the_same_to_the_letter_by_either_way(engine: Engine) {
    let all = Reporting::start(engine).await;
    let input = report(&all.admin, "2024-05", &[3, 5, 8], 16);
    all.taken(&all.vnpt, input).await;
    let mut code = String::new();
    for _ in 0..3 {
        code = all.admin.register(HAMLET).await;
        all.admin.survey(survey(&code, "2024-06-15")).await;
    }
    stocked(&all.admin).await;
    for document in documents(&code) {
        let told = async |document: &str| {
            let answer = all.admin.send(document, json!({})).await.text().await.unwrap();
            assert!(!answer.contains("\"errors\""), "{document}\n{answer}");
            answer
        };
        let at_once = told(&document).await;
        assert!(at_once.contains(':'), "{document}");
        let end = document.find("\n            fragment").unwrap_or(document.len());
        let (operation, fragments) = document.split_at(end);
        let operation = operation.trim_end().strip_suffix('}').unwrap();
        let by_field = told(&format!("{operation}{TWICE} }}{fragments}")).await;
        // What an operation begins with comes in any order.
        let [before, after] = [format!("{BESIDE},"), format!(",{BESIDE}")];
        let by_field = by_field.replacen(&before, "", 1).replacen(&after, "", 1);
        assert_eq!(at_once, by_field, "{document}");
    }
}
