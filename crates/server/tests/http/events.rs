//! GraphQL over server-sent events.

use registry_testing::{Engine, on_both_engines};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::harness::{HAMLET, REGISTER, TestApp, household, survey};

on_both_engines!(changed_figures_come_as_events);

const LISTEN: &str =
    "subscription { indicatorsChanged(unit: { codeOn: { code: \"92\", on: \"2026-11-01\" } },
    codes: [HOUSEHOLD_FIBRE]) { numerator denominator } }";

/// Events, one after another.
struct Events {
    response: Response,
    read: String,
}

impl Events {
    async fn of(app: &TestApp, query: &str) -> Self {
        let request = app.post("/graphql").header("accept", "text/event-stream");
        Self::from(request.json(&json!({ "query": query })).send().await.unwrap())
    }

    fn from(response: Response) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, read: String::new() }
    }

    /// The next event, its name and data; `None` at the end.
    async fn next(&mut self) -> Option<(String, String)> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name));
                    line.unwrap_or_default().trim_start().to_owned()
                };
                let found = (field("event:"), field("data:"));
                self.read = rest.into();
                if found.0.is_empty() {
                    continue;
                }
                return Some(found);
            }
            let more = self.response.chunk().await.unwrap()?;
            self.read.push_str(std::str::from_utf8(&more).unwrap());
        }
    }

    async fn answer(&mut self) -> Value {
        let (name, data) = self.next().await.unwrap();
        assert_eq!(name, "next");
        serde_json::from_str(&data).unwrap()
    }

    async fn assert_complete(&mut self) {
        assert_eq!(self.next().await, Some(("complete".into(), String::new())));
        assert_eq!(self.next().await, None);
    }
}

fn figures(numerator: i32, denominator: i32) -> Value {
    let figures = json!([{ "numerator": numerator, "denominator": denominator }]);
    json!({ "data": { "indicatorsChanged": figures } })
}

async fn changed_figures_come_as_events(engine: Engine) {
    let app = TestApp::start(engine).await;
    let mut events = Events::of(&app, LISTEN).await;
    assert_eq!(events.answer().await, figures(0, 0));
    let household = app.register(HAMLET).await;
    app.survey(survey(&household, "2026-10-01")).await;
    assert_eq!(events.answer().await, figures(1, 1));
}

#[tokio::test]
async fn what_ends_by_itself_completes() {
    let app = TestApp::start(Engine::Sqlite).await;
    let mut events = Events::of(&app, "{ __typename }").await;
    assert_eq!(events.answer().await, json!({ "data": { "__typename": "Query" } }));
    events.assert_complete().await;
    let mut events = Events::of(&app, "{ nothing }").await;
    assert_eq!(events.answer().await["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    events.assert_complete().await;
}

#[tokio::test]
async fn subscriptions_come_by_get_and_mutations_do_not() {
    let app = TestApp::start(Engine::Sqlite).await;
    let get = async |query: &str| {
        let request = app.get("/graphql").header("accept", "text/event-stream");
        request.query(&[("query", query)]).send().await.unwrap()
    };
    assert_eq!(Events::from(get(LISTEN).await).answer().await, figures(0, 0));
    let mutation = get("mutation { closeHousehold(input: {}) { replayed } }").await;
    assert_eq!(mutation.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn mutations_come_by_post() {
    let app = TestApp::start(Engine::Sqlite).await;
    let request = app.post("/graphql").header("accept", "text/event-stream");
    let body = json!({ "query": REGISTER, "variables": { "input": household(HAMLET) } });
    let mut events = Events::from(request.json(&body).send().await.unwrap());
    assert_eq!(events.answer().await["data"]["registerHousehold"]["errors"], json!([]));
    events.assert_complete().await;
}

#[tokio::test]
async fn a_subscription_needs_a_way_that_can_tell_more_than_once() {
    let app = TestApp::start(Engine::Sqlite).await;
    let request = app.post("/graphql").header("accept", "application/graphql-response+json");
    let response = request.json(&json!({ "query": LISTEN })).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn whoever_takes_json_as_gladly_gets_json() {
    let app = TestApp::start(Engine::Sqlite).await;
    let accept = "application/graphql-response+json, application/json, text/event-stream";
    let request = app.post("/graphql").header("accept", accept);
    let response = request.json(&json!({ "query": "{ __typename }" })).send().await.unwrap();
    let kind = response.headers()["content-type"].to_str().unwrap();
    assert!(kind.starts_with("application/graphql-response+json"), "{kind}");
}

#[tokio::test]
async fn a_leaving_server_ends_events_without_completing_them() {
    let mut app = TestApp::start(Engine::Sqlite).await;
    let mut events = Events::of(&app, LISTEN).await;
    assert_eq!(events.answer().await, figures(0, 0));
    app.stop();
    assert_eq!(events.next().await, None);
}
