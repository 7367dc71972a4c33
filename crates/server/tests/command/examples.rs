//! Every operation in `examples/` runs against the demo province and answers as it did before; the page
//! `docs/article.md` is made of those in `examples/article/`, and `docs/as-of.md` shows one of the others.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::{Home, Server};
use crate::proofs;
use registry_testing::{Engine, on_both_engines};
use serde_json::{Value, json};

on_both_engines!(every_example_answers_on_the_demo_province);

/// Set to have `docs/article.md` written instead of compared.
const WRITE_PAGE: &str = "REGISTRY_WRITE_DOCS";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// An operation and its variables.
struct Example {
    name: String,
    text: String,
    variables: Value,
}

impl Example {
    fn read(path: &Path) -> Self {
        let variables = match fs::read_to_string(path.with_extension("json")) {
            Ok(text) => serde_json::from_str(&text).unwrap(),
            Err(_) => json!({}),
        };
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        Self { name, text: fs::read_to_string(path).unwrap(), variables }
    }

    fn writes(&self) -> bool {
        self.text.contains("\nmutation")
    }

    /// The data of its answer; it must not fail, nor be refused.
    async fn data(&self, server: &Server) -> Value {
        let answer = server.answer(&self.text, &self.variables).await;
        assert_eq!(answer.get("errors"), None, "{}: {answer:#}", self.name);
        answer["data"].clone()
    }
}

/// The operations by name: first those that read, so that they see the province as generated.
fn examples() -> Vec<Example> {
    let files = fs::read_dir(root().join("examples")).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|ending| ending == "graphql"));
    let mut found: Vec<_> = files.map(|path| Example::read(&path)).collect();
    found.sort_by_key(|example| (example.writes(), example.name.clone()));
    found
}

/// One row of what the article says: an operation that reads it, and one that writes it.
struct Row {
    name: String,
    reads: Example,
    writes: Example,
}

fn article() -> Vec<Row> {
    let folders = fs::read_dir(root().join("examples/article")).unwrap();
    let row = |folder: PathBuf| Row {
        name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
        reads: Example::read(&folder.join("read.graphql")),
        writes: Example::read(&folder.join("write.graphql")),
    };
    let mut rows: Vec<Row> = folders.map(|entry| row(entry.unwrap().path())).collect();
    rows.sort_by(|left, right| left.name.cmp(&right.name));
    rows
}

async fn every_example_answers_on_the_demo_province(engine: Engine) {
    let home = Home::new(engine).await;
    home.done(&["seed", "--scale", "small"]);
    let log_key = home.done(&["audit", "key"]).trim().parse().unwrap();
    let server = home.serve();
    let rows = article();
    let mut read = Vec::new();
    for row in &rows {
        read.push(row.reads.data(&server).await);
    }
    let examples = examples();
    assert!(!examples.is_empty());
    for example in &examples {
        let mut data = example.data(&server).await;
        if example.name.starts_with("audit_") {
            proofs::check(&example.name, &data, &log_key);
            data = proofs::settled(data);
        }
        insta::with_settings!({ snapshot_path => "answers", prepend_module_to_snapshot => false }, {
            insta::assert_json_snapshot!(example.name.as_str(), data);
        });
        if example.name == "as_of" {
            check_worked_example(example, &data);
        }
    }
    a_retry_is_answered_like_the_first(&server, &examples).await;
    let mut page = HEADING.to_owned();
    for (row, read) in rows.iter().zip(read) {
        let written = row.writes.data(&server).await;
        let payload = written.as_object().unwrap().values().next().unwrap();
        assert_eq!(payload["errors"], json!([]), "{}", row.name);
        page.push_str(&section(row, &read, &written));
    }
    check_page(&page);
    assert_eq!(server.stop(), Some(0));
    assert_eq!(home.done(&["rollup", "check"]), "no difference / không có sai lệch\n");
}

async fn a_retry_is_answered_like_the_first(server: &Server, examples: &[Example]) {
    let example = examples.iter().find(|example| example.name == "register_household").unwrap();
    assert_eq!(example.data(server).await["registerHousehold"]["replayed"], true);
}

const HEADING: &str = "\
# What the article says, and what the registry answers

*Xây dựng xã hội số, thu hẹp khoảng cách số* (Báo Hậu Giang, 07/06/2024) says what the province's digital society has.
Each section has an operation that reads it and one that writes it, and what they answer on the small demo province
(`registry seed --scale small`). The page is made by the tests from `examples/article/`; figures that were published stand
beside those that are computed from the records, never in their place.
";

/// A row as a section of the page: what its comments say, its operations, its answers.
fn section(row: &Row, read: &Value, written: &Value) -> String {
    let title = row.name.split_once('_').unwrap().1.replace('_', " ");
    let (says, reads) = prose(&row.reads.text);
    let (writes, mutation) = prose(&row.writes.text);
    let (says, told) = says.split_once(".\n").unwrap();
    let folder = format!("../examples/article/{}", row.name);
    format!(
        "\n## {}{}\n\n> {}.\n\n{}\n\n{}\n[Its variables]({folder}/read.json). The answer:\n\n{}\n{}\n\n{}\n{}\nThe answer:\n\n{}",
        title[..1].to_uppercase(),
        &title[1..],
        says.replace('\n', " "),
        told.replace('\n', " ").trim(),
        fenced("graphql", reads),
        fenced("json", &told_as_json(read, 0)),
        writes.replace('\n', " ").trim(),
        fenced("graphql", mutation),
        fenced("json", &told_as_json(&row.writes.variables, 0)),
        fenced("json", &told_as_json(written, 0)),
    )
}

/// JSON with what fits on a line on one line.
fn told_as_json(value: &Value, indent: usize) -> String {
    const WIDTH: usize = 110;
    let line = value.to_string();
    if indent + line.chars().count() <= WIDTH {
        return line;
    }
    let pad = " ".repeat(indent + 2);
    let (open, close, parts) = match value {
        Value::Object(members) => {
            let part = |(name, member): (&String, &Value)| {
                format!("{pad}\"{name}\": {}", told_as_json(member, indent + 2))
            };
            ("{", "}", members.iter().map(part).collect::<Vec<_>>())
        }
        Value::Array(items) => {
            let part = |item| format!("{pad}{}", told_as_json(item, indent + 2));
            ("[", "]", items.iter().map(part).collect())
        }
        _ => return line,
    };
    format!("{open}\n{}\n{}{close}", parts.join(",\n"), " ".repeat(indent))
}

fn fenced(language: &str, text: &str) -> String {
    format!("```{language}\n{}\n```\n", text.trim())
}

/// The comment that an operation begins with, and the operation.
fn prose(text: &str) -> (String, &str) {
    let comment = text.lines().take_while(|line| line.starts_with('#'));
    let length = comment.clone().map(|line| line.len() + 1).sum::<usize>();
    let lines: Vec<_> = comment.map(|line| line.trim_start_matches("# ")).collect();
    (format!("{}\n", lines.join("\n")), &text[length..])
}

/// The page by hand shows the operation as it is, and its answer.
fn check_worked_example(example: &Example, answer: &Value) {
    let page = fs::read_to_string(root().join("docs/as-of.md")).unwrap();
    let parts =
        [fenced("graphql", prose(&example.text).1), fenced("json", &told_as_json(answer, 0))];
    for part in parts {
        assert!(page.contains(&part), "docs/as-of.md is out of date; it should show:\n{part}");
    }
}

fn check_page(page: &str) {
    let path = root().join("docs/article.md");
    if std::env::var_os(WRITE_PAGE).is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, page).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "docs/article.md is out of date; run the test with {WRITE_PAGE}=1");
}
