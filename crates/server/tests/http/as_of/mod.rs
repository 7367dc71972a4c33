//! What was known at a moment, over HTTP: whatever was told then is told again as of then.

mod figures;
mod households;
mod listings;
mod refusals;
mod reports;

use crate::harness::TestApp;
use chrono::TimeDelta;
use registry_domain::time::Clock as _;
use serde_json::{Value, json};

/// What one query told, day by day, while things were recorded.
struct Diary<'app> {
    app: &'app TestApp,
    query: String,
    pages: Vec<(String, Value)>,
}

impl<'app> Diary<'app> {
    /// Of a query with the variable `$asOf`.
    fn of(app: &'app TestApp, query: &str) -> Self {
        Self { app, query: query.to_owned(), pages: Vec::new() }
    }

    async fn told(&self, as_of: Option<&str>) -> Value {
        self.app.data(&self.query, json!({ "asOf": as_of })).await
    }

    /// Writes down what is told now, which as of now is told too, and lets a day pass; what was told.
    async fn note(&mut self) -> Value {
        let now = self.app.database.clock.now().to_rfc3339();
        let told = self.told(None).await;
        assert_eq!(self.told(Some(&now)).await, told, "as of now, on {now}");
        if let Some((last, before)) = self.pages.last() {
            assert_ne!(*before, told, "nothing happened since {last}");
        }
        self.pages.push((now, told.clone()));
        pass_a_day(self.app);
        told
    }

    /// Every page is told again, at its moment and up to the next.
    async fn is_told_again(&self) {
        for (place, (moment, told)) in self.pages.iter().enumerate() {
            assert_eq!(self.told(Some(moment)).await, *told, "as of {moment}");
            if let Some((next, _)) = self.pages.get(place + 1) {
                let next: chrono::DateTime<chrono::Utc> = next.parse().unwrap();
                let before = (next - TimeDelta::microseconds(1)).to_rfc3339();
                assert_eq!(self.told(Some(&before)).await, *told, "as of {before}");
            }
        }
    }
}

fn pass_a_day(app: &TestApp) {
    let clock = &app.database.clock;
    clock.set(clock.now() + TimeDelta::days(1));
}

/// The code and rule of the first error of an answer.
fn refusal(answer: &Value) -> [&str; 2] {
    let extensions = &answer["errors"][0]["extensions"];
    ["code", "rule"].map(|name| extensions[name].as_str().unwrap_or_default())
}

/// Carries out a mutation of a household, survey or other record that answers with `errors` only.
async fn done(app: &TestApp, mutation: &str, input: Value) {
    let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let query = format!(
        "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ errors {{ code path message }} }} }}"
    );
    let told = app.data(&query, json!({ "input": input })).await;
    assert_eq!(told[mutation]["errors"], json!([]), "{mutation}");
}
